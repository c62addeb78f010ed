//! When a sentence says that a pause ends.

use super::{
    class::{Class, Set},
    hits::Hit,
    pause::End,
    sentence::Sentence,
};

const UNTIL: Set = Set::of(&[Class::Until]);
const DATED: Set = Set::of(&[Class::Day, Class::Month, Class::Ahead, Class::Someday]);
const SMALL: Set = Set::of(&[Class::Small, Class::Filler, Class::Me]);
const UNIT: Set = Set::of(&[Class::Unit]);
const FOR: Set = Set::of(&[Class::For]);
const NUMBER: Set = Set::of(&[Class::Number]);

/// The end that the sentence names; none when it names none.
pub(super) fn end(sentence: &Sentence<'_>) -> Option<End> {
    by_date(sentence).or_else(|| by_length(sentence))
}

fn by_date(sentence: &Sentence<'_>) -> Option<End> {
    if sentence.near(UNTIL, DATED, 3).is_some() {
        let named = |class| sentence.hits.iter().find(|hit| hit.meaning.class == class);
        return Some(
            None.or_else(|| named(Class::Ahead).map(ahead))
                .or_else(|| named(Class::Month).map(|hit| month(sentence, hit)))
                .or_else(|| named(Class::Day).map(|hit| End::Weekday(hit.meaning.value)))
                .unwrap_or(End::Unsaid),
        );
    }
    // "Until 5", "until the exams are over": a pause, but no date.
    let until = sentence.hits.iter().filter(|hit| hit.is(UNTIL));
    let open = until.clone().any(|hit| !is_small(sentence, hit));
    open.then_some(End::Unsaid)
        .or_else(|| Some(ahead(sentence.hits.iter().find(|hit| is_alone(hit))?)))
}

/// Whether a phrase is also a small word that says nothing of time: "to", "for".
fn is_small(sentence: &Sentence<'_>, hit: &Hit) -> bool {
    let twin = |twin: &&Hit| twin.from == hit.from && twin.to == hit.to && twin.is(SMALL);
    sentence.hits.iter().copied().any(|hit| twin(&hit))
}

/// Times that say so without "until": "this week", "today".
fn is_alone(hit: &Hit) -> bool {
    hit.meaning.class == Class::Ahead && hit.meaning.value >= 10
}

fn ahead(hit: &&Hit) -> End {
    match hit.meaning.value % 10 {
        1 => End::Days(1),
        2 => End::Weekday(1),
        3 => End::NextMonth,
        4 => End::NextYear,
        5 => End::Weekday(6),
        _ => End::Unsaid,
    }
}

/// "Until August", "until 20 August".
fn month(sentence: &Sentence<'_>, month: &Hit) -> End {
    let beside =
        |hit: &&&Hit| hit.is(NUMBER) && hit.first <= month.last + 1 && hit.last + 1 >= month.first;
    let day = sentence
        .hits
        .iter()
        .find(beside)
        .map(|hit| hit.meaning.value);
    match day {
        Some(day @ 1..=31) => End::Date {
            day,
            month: month.meaning.value,
        },
        Some(_) | None => End::Month(month.meaning.value),
    }
}

fn by_length(sentence: &Sentence<'_>) -> Option<End> {
    if !sentence.holds(Class::For) && !sentence.holds(Class::Pause) && sentence.words > 8 {
        return None;
    }
    let unit = sentence.hits.iter().find(|hit| hit.is(UNIT))?;
    let beside = |hit: &&&Hit| {
        hit.is(NUMBER) && hit.last <= unit.first + 1 && hit.last + 2 >= unit.first
            || hit.is(NUMBER) && hit.first == unit.last
    };
    let number = sentence.hits.iter().rfind(beside);
    let mut lengths = sentence.hits.iter().filter(|hit| hit.is(FOR));
    if number.is_none() && !lengths.any(|hit| !is_small(sentence, hit)) {
        return None;
    }
    let count = number.map_or(1, |hit| u32::from(hit.meaning.value).max(1));
    Some(match unit.meaning.value {
        1 => End::Hours(count),
        2 => End::Days(count),
        3 => End::Days(count * 7),
        4 => End::Months(count),
        5 => End::Months(count * 12),
        _ => End::Unsaid,
    })
}

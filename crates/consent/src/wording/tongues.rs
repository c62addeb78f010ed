//! What a sentence asks for, by the languages that know its words.

use super::{
    class::{Class, Set},
    grammar::{self, Finding, Wish},
    hits::Hit,
    lexicon::COMMON,
    sentence::Sentence,
};

/// What says nothing about the subject of a message, only about its language.
const VAGUE: Set = Set::of(&[Class::Filler, Class::Small, Class::Number]);
/// What a plain refusal is made of.
const PLAIN: Set = Set::of(&[
    Class::Cease,
    Class::Cancel,
    Class::Send,
    Class::Write,
    Class::Receive,
    Class::Message,
    Class::Promo,
    Class::Not,
    Class::Want,
    Class::More,
    Class::NoMore,
    Class::Me,
    Class::All,
    Class::Utterly,
    Class::Leave,
    Class::LeaveAll,
    Class::Alone,
    Class::Reproof,
    Class::Filler,
    Class::Small,
    Class::Please,
]);

/// Without any of these a sentence asks for nothing.
const SAYS: Set = Set::of(&[
    Class::Cease,
    Class::Cancel,
    Class::Not,
    Class::NoMore,
    Class::Leave,
    Class::LeaveAll,
    Class::Alone,
    Class::Doubt,
    Class::Only,
    Class::Keep,
    Class::Topic,
    Class::Pause,
    Class::Erase,
    Class::Erasure,
    Class::Wrong,
]);
/// The places of [`Language::ALL`], and that of [`COMMON`].
const LANGUAGES: usize = 32;

/// What turns a wish into another.
const TURNING: Set = Set::of(&[
    Class::Only,
    Class::Keep,
    Class::Until,
    Class::For,
    Class::Day,
    Class::Month,
    Class::Number,
    Class::Unit,
    Class::Ahead,
    Class::Someday,
    Class::Ask,
    Class::If,
    Class::Other,
    Class::Limit,
    Class::Wrong,
    Class::Data,
]);
const THINGS: Set = Set::of(&[Class::Goods, Class::News]);
const LEAVING: Set = Set::of(&[Class::Leave, Class::LeaveAll, Class::Cease, Class::NoMore]);
const WISHING: Set = Set::of(&[
    Class::Cease,
    Class::Cancel,
    Class::Send,
    Class::Write,
    Class::Receive,
    Class::Message,
    Class::Promo,
    Class::Not,
    Class::Want,
    Class::More,
    Class::NoMore,
    Class::Me,
    Class::All,
    Class::Utterly,
    Class::Leave,
    Class::LeaveAll,
    Class::Please,
    Class::Reproof,
]);

/// What a sentence asks for in the languages that know most of its words.
pub(super) fn judge(hits: &[Hit], (words, asks): (u32, bool)) -> Option<(Finding, u8)> {
    let spoken = spoken(hits);
    let fewest = words.saturating_sub(spoken.iter().map(|one| one.known).max()?);
    let mut best: Option<(Finding, u8)> = None;
    for (language, one) in (0..).zip(&spoken) {
        if !one.present.meets(SAYS) {
            continue;
        }
        let sentence = sentence(hits, language, (words, asks));
        let Some(mut finding) = grammar::judge(&sentence) else {
            continue;
        };
        // Another language knows more of it: what looks like a wish here may be something else there.
        let foreign = sentence.unknown > fewest + 1 + words / 8;
        // What its words do not account for may turn a refusal around.
        let refuses = matches!(finding.wish, Wish::Stop | Wish::StopAll);
        if foreign || (refuses && sentence.unexplained > 0) {
            finding.wish = Wish::Review;
        }
        let weight = finding.wish.weight();
        if best.is_none_or(|(best, _)| best.wish.weight() < weight) {
            best = Some((finding, language));
        }
    }
    best
}

/// What one language knows of a sentence.
#[derive(Clone, Copy)]
struct Spoken {
    present: Set,
    /// How many of the words it knows, and up to where they were counted.
    known: u32,
    reached: u32,
}

/// What every language knows of a sentence. Words of every language are known in those that know any other.
fn spoken(hits: &[Hit]) -> [Spoken; LANGUAGES] {
    let mut spoken = [Spoken {
        present: Set::NONE,
        known: 0,
        reached: 0,
    }; LANGUAGES];
    let mut any = 0_u32;
    for hit in hits.iter().filter(|hit| !hit.is(VAGUE)) {
        any |= 1 << hit.meaning.language;
    }
    if any & !(1 << COMMON) != 0 {
        any &= !(1 << COMMON);
    }
    for hit in hits {
        let count = |one: &mut Spoken| {
            one.present.add(hit.meaning.class);
            one.known += hit.last.max(one.reached) - hit.first.max(one.reached);
            one.reached = one.reached.max(hit.last);
        };
        if hit.meaning.language == COMMON {
            spoken.iter_mut().for_each(count);
        } else if let Some(one) = spoken.get_mut(usize::from(hit.meaning.language)) {
            count(one);
        }
    }
    for (language, one) in spoken.iter_mut().enumerate() {
        if any & (1 << language) == 0 {
            (one.present, one.known) = (Set::NONE, 0);
        }
    }
    spoken
}

fn sentence(hits: &[Hit], language: u8, (words, asks): (u32, bool)) -> Sentence<'_> {
    let hits = meant(hits, language);
    let mut present = Set::NONE;
    let (mut reached, mut count) = (0, 0);
    for hit in &hits {
        present.add(hit.meaning.class);
        count += hit.last.max(reached) - hit.first.max(reached);
        reached = reached.max(hit.last);
    }
    let unexplained = words.saturating_sub(explained(&hits));
    Sentence {
        unexplained,
        language,
        hits,
        present,
        words,
        unknown: words.saturating_sub(count),
        asks,
    }
}

/// The hits of one language. What would turn a wish around does not where it is a part of a longer phrase that
/// wishes: the "only" in a word for "stop", the "until" in one for "receive".
fn meant(hits: &[Hit], language: u8) -> Vec<&Hit> {
    let known = |hit: &&Hit| hit.meaning.language == COMMON || hit.meaning.language == language;
    let hits = hits.iter().filter(known);
    let mut kept: Vec<&Hit> = Vec::new();
    // How far such phrases reach, and the one that reaches there.
    let mut wish = (0, (0, 0));
    let mut leave = (0, (0, 0));
    for hit in hits {
        let within = |(reached, last): (usize, (usize, usize))| {
            hit.to <= reached && last != (hit.from, hit.to)
        };
        if hit.is(TURNING) && within(wish) || hit.is(THINGS) && within(leave) {
            continue;
        }
        if hit.is(WISHING) && hit.to > wish.0 {
            wish = (hit.to, (hit.from, hit.to));
        }
        if hit.is(LEAVING) && hit.to > leave.0 {
            leave = (hit.to, (hit.from, hit.to));
        }
        kept.push(hit);
    }
    kept
}

/// How many words say what a refusal may say, and no more.
fn explained(hits: &[&Hit]) -> u32 {
    let (mut reached, mut count) = (0, 0);
    // The longest phrase so far that says something else.
    let mut other = 0..0;
    for same in hits.chunk_by(|a, b| (a.from, a.to) == (b.from, b.to)) {
        let Some(hit) = same.first() else { continue };
        if !same.iter().any(|hit| hit.is(PLAIN)) {
            if hit.to > other.end {
                other = hit.from..hit.to;
            }
        } else if hit.from < other.start || hit.to > other.end {
            count += hit.last.max(reached) - hit.first.max(reached);
            reached = reached.max(hit.last);
        }
    }
    count
}

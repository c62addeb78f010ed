//! One message, tier after tier.

use std::ops::Range;

use super::{
    Context, How, Match, Reading, Setting,
    class::{Class, Set},
    grammar::{self, Finding, Wish},
    hits::{self, Hit},
    keywords::{self, Keywords, List},
    language::Language,
    lexicon::{COMMON, Lexicon},
    pause::End,
    sentence::Sentence,
    text::Text,
};

const FILLER: Set = Set::of(&[Class::Filler]);
/// What says nothing about the subject of a message, only about its language.
const VAGUE: Set = Set::of(&[Class::Filler, Class::Small, Class::Number]);
/// Signs that the whole message is not meant as it sounds: a joke, or a text of ours quoted.
const NOT_MEANT: Set = Set::of(&[Class::Joke, Class::Footer]);
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

/// DEBUG
pub(super) fn debug_hits(keywords: &Keywords, message: &str) -> Vec<(String, u8, String, u32, bool)> {
    let text = Text::fold(message);
    let hits = hits::find((&text, message), keywords.languages.bits(), &[]);
    hits.iter().map(|h| (format!("{:?}", h.meaning.class), h.meaning.language, text.folded.get(h.from..h.to).unwrap_or_default().to_owned(), h.last - h.first, text.folded.contains('?'))).collect()
}

pub(super) fn read(keywords: &Keywords, message: &str, context: &Context<'_>) -> Reading {
    if context.forwarded {
        return Reading::Nothing;
    }
    let reader = Reader {
        keywords,
        message,
        context,
    };
    if let Some(whole) = keywords::whole(message) {
        let all = trimmed(message);
        if let Some(reading) = reader.keyword(&whole, &all, How::Keyword) {
            return reading;
        }
    }
    let mut text = Text::fold(message);
    if is_staccato(&text.folded) {
        text = Text::fold(&legato(message));
    }
    let written = (&text, message);
    let hits = hits::find(written, keywords.languages.bits(), context.footers);
    if hits
        .first()
        .is_some_and(|hit| hit.meaning.class == Class::Forward && hit.first <= 1)
    {
        return Reading::Nothing;
    }
    let core = core(&text, &hits, 0..text.folded.len());
    if let Some(reading) = reader.padded(&text, &core) {
        return reading;
    }
    reader.sentences(&text, &hits)
}

/// "No. More. Messages." is one sentence; a "please" before it may be two words.
fn is_staccato(folded: &str) -> bool {
    let mut sentences = 0;
    let single = parts(folded).all(|(part, _)| {
        let words = hits::words(folded.get(part).unwrap_or_default()).count();
        sentences += usize::from(words > 0);
        words < 2 || (words < 4 && sentences == 1)
    });
    single && sentences > 2
}

/// The message without its full stops, each letter where it was.
fn legato(message: &str) -> String {
    let blank = |c: char| match c {
        '.' | '!' => " ",
        '।' | '。' | '！' => "   ",
        _ => "",
    };
    let mut text = String::with_capacity(message.len());
    for c in message.chars() {
        match blank(c) {
            "" => text.push(c),
            blank => text.push_str(blank),
        }
    }
    text
}

fn trimmed(message: &str) -> Range<usize> {
    let start = message.len() - message.trim_start().len();
    start..start + message.trim().len()
}

struct Reader<'a> {
    keywords: &'a Keywords,
    message: &'a str,
    context: &'a Context<'a>,
}

/// What is left of a text without its padding.
struct Core {
    letters: String,
    at: Range<usize>,
}

/// Words of so many letters are too near to others.
const SHORT: usize = 5;
/// Longer ones are no keywords.
const CORE_BYTES_MAX: usize = 256;

/// The words of a part of the text that are no padding, run together.
fn core(text: &Text, hits: &[Hit], part: Range<usize>) -> Core {
    let mut letters = String::new();
    let mut at = part.start..part.start;
    let mut reached = 0;
    let mut fillers = hits.iter().filter(|hit| hit.is(FILLER)).peekable();
    let folded = text.folded.get(part.clone()).unwrap_or_default();
    for word in hits::words(folded) {
        let word = word.start + part.start..word.end + part.start;
        while let Some(filler) = fillers.next_if(|filler| filler.from <= word.start) {
            reached = reached.max(filler.to);
        }
        if reached >= word.end {
            continue;
        }
        // In scripts without spaces the padding is inside of the word.
        let mut from = word.start.max(reached);
        while let Some(filler) = fillers.next_if(|filler| filler.from < word.end) {
            letters.push_str(text.folded.get(from..filler.from).unwrap_or_default());
            if from < filler.from {
                at.end = filler.from;
            }
            reached = reached.max(filler.to);
            from = from.max(reached);
        }
        if letters.is_empty() {
            at.start = from;
        }
        if from < word.end {
            letters.push_str(text.folded.get(from..word.end).unwrap_or_default());
            at.end = word.end;
        }
        if letters.len() > CORE_BYTES_MAX {
            break;
        }
    }
    Core { letters, at }
}

impl Reader<'_> {
    fn found(&self, at: Range<usize>, rule: String, how: How) -> Match {
        let span = self.message.get(at.clone()).unwrap_or_default().to_owned();
        Match {
            span,
            at,
            rule,
            language: None,
            how,
            named: None,
        }
    }

    /// A whole message or clause that is a keyword, folded without spaces.
    fn keyword(&self, folded: &str, at: &Range<usize>, how: How) -> Option<Reading> {
        if let Some((list, word)) = self.keywords.listed(folded) {
            let found = |list: &str| self.found(at.clone(), format!("{list}:{word}"), how);
            return Some(match list {
                List::StopAll => Reading::StopAll(found("stop_all")),
                List::Stop => Reading::Stop(found("stop")),
                List::Start => Reading::Start(found("start")),
                // "Cancel please" may be about an order.
                List::Doubtful if how != How::Keyword => Reading::Review(found("stop")),
                List::Doubtful => match self.context.setting {
                    Setting::InAnswer => Reading::Review(found("stop")),
                    Setting::Alone => Reading::Stop(found("stop")),
                },
            });
        }
        let active = self.keywords.languages.bits();
        let written = self.message.get(at.clone()).unwrap_or_default();
        let meanings = Lexicon::get().keyword(folded).iter();
        let mut spoken = meanings
            .filter(|meaning| meaning.fits(written))
            // Without its accents a short word may be any other.
            .filter(|meaning| meaning.marks == 0 || folded.len() > SHORT || !written.is_ascii())
            .filter(|meaning| meaning.language == COMMON || active & (1 << meaning.language) != 0);
        let meaning = spoken
            .clone()
            .find(|meaning| meaning.class == Class::KeyStop);
        let meaning = meaning.or_else(|| spoken.next())?;
        if self.keywords.ignores(folded) {
            return None;
        }
        let language = language(meaning.language);
        let code = language.map_or("any", Language::code);
        let found = |list: &str| Match {
            language,
            ..self.found(at.clone(), format!("{code}:{list}:{folded}"), how)
        };
        let class = meaning.class;
        let bare = how == How::Keyword && self.context.setting == Setting::Alone;
        Some(if class == Class::KeyStop || (class == Class::KeyCancel && bare) {
            Reading::Stop(found("stop"))
        } else if class == Class::KeyAll {
            Reading::StopAll(found("stop_all"))
        } else if class == Class::KeyStart {
            Reading::Start(found("start"))
        } else if class == Class::KeyHelp {
            Reading::Help(found("help"))
        } else if class == Class::KeyPause {
            Reading::Pause(found("pause"), End::Unsaid)
        } else {
            Reading::Review(found("review"))
        })
    }

    /// A keyword in company of padding, or with one slip.
    fn padded(&self, text: &Text, core: &Core) -> Option<Reading> {
        let at = text.original(core.at.clone());
        if let Some(reading) = self.keyword(&core.letters, &at, How::Wording) {
            return Some(reading);
        }
        if self.keywords.ignores(&core.letters) {
            return None;
        }
        let word = Lexicon::get().mistyped_keyword(&core.letters)?;
        let written = self.message.get(at.clone()).unwrap_or_default();
        let mut meanings = Lexicon::get().keyword(word).iter();
        let meaning = meanings.find(|meaning| meaning.fits(written))?;
        let active = self.keywords.languages.bits();
        let spoken = meaning.language == COMMON || active & (1 << meaning.language) != 0;
        let found = self.found(at, format!("typo:{word}"), How::Wording);
        spoken.then_some(Reading::Stop(found))
    }

    fn sentences(&self, text: &Text, hits: &[Hit]) -> Reading {
        let mut best: Option<(Finding, u8)> = None;
        let mut clause = None;
        let mut rest = hits;
        for (part, asks) in parts(&text.folded) {
            let begin = rest.partition_point(|hit| hit.from < part.start);
            let end = rest.partition_point(|hit| hit.from < part.end);
            let inside = rest.get(begin..end).unwrap_or_default();
            rest = rest.get(end..).unwrap_or_default();
            let words = text.word(part.end) - text.word(part.start);
            let found = judge(inside, (words, asks));
            // The first clause that is a keyword speaks for the others.
            if clause.is_none() {
                clause = self.clauses(text, hits, part);
            }
            for (finding, language) in found.into_iter().chain(clause) {
                let weight = finding.wish.weight();
                if best.is_none_or(|(best, _)| best.wish.weight() < weight) {
                    best = Some((finding, language));
                }
            }
        }
        let Some((mut finding, number)) = best else {
            return Reading::Nothing;
        };
        let quoted = |quote: &Range<usize>| quote.contains(&finding.from);
        let joke = hits.iter().any(|hit| hit.is(NOT_MEANT));
        if joke || (text.quotes.iter().any(quoted) && !all_quoted(text, hits)) {
            finding.wish = Wish::Review;
        }
        let language = language(number);
        let code = language.map_or("any", Language::code);
        let at = text.original(finding.from..finding.to);
        let found = Match {
            language,
            ..self.found(at, format!("{code}:{}:{}", finding.rule, debug_unknown(text, hits, number, finding.from)), How::Wording)
        };
        match finding.wish {
            Wish::Review => Reading::Review(found),
            Wish::Stop => Reading::Stop(found),
            Wish::StopAll => Reading::StopAll(found),
            Wish::Pause(end) => Reading::Pause(found, end),
            Wish::Topic => Reading::Topic(found),
            Wish::WrongNumber => Reading::WrongNumber(found),
            Wish::Erasure => Reading::Erasure(found),
        }
    }

    /// A clause of a sentence that is a keyword by itself: "how often must I say it, STOP".
    fn clauses(&self, text: &Text, hits: &[Hit], part: Range<usize>) -> Option<(Finding, u8)> {
        let folded = text.folded.get(part.clone())?;
        let mut from = part.start;
        for clause in folded.split([',', '.', '?']) {
            let here = from..from + clause.len();
            from = here.end + 1;
            if clause.len() > CORE_BYTES_MAX {
                continue;
            }
            let begin = hits.partition_point(|hit| hit.from < here.start);
            let end = hits.partition_point(|hit| hit.from < here.end);
            let core = core(text, hits.get(begin..end)?, here.clone());
            if core.letters.is_empty() {
                continue;
            }
            let at = text.original(core.at.clone());
            let reading = self.keyword(&core.letters, &at, How::Wording);
            if !matches!(reading, Some(Reading::Stop(_) | Reading::StopAll(_))) {
                continue;
            }
            let finding = Finding {
                wish: Wish::Review,
                rule: "keyword_clause",
                from: core.at.start,
                to: core.at.end,
            };
            return Some((finding, COMMON));
        }
        None
    }
}

/// The sentences of a folded text, and whether they end with a question mark.
fn parts(folded: &str) -> impl Iterator<Item = (Range<usize>, bool)> {
    let mut from = 0;
    folded.split_inclusive(['.', '?']).map(move |part| {
        let here = from..from + part.len();
        from = here.end;
        (here, part.ends_with('?'))
    })
}

/// Whether everything but padding stands in quotation marks.
fn all_quoted(text: &Text, hits: &[Hit]) -> bool {
    text.folded.len() <= CORE_BYTES_MAX
        && hits::words(&text.folded).all(|word| {
            let inside = |range: &Range<usize>| range.contains(&word.start);
            let mut padding = hits.iter().filter(|hit| hit.is(FILLER));
            text.quotes.iter().any(inside)
                || padding.any(|hit| (hit.from..hit.to).contains(&word.start))
        })
}

fn language(number: u8) -> Option<Language> {
    Language::ALL.get(usize::from(number)).copied()
}

/// What a sentence asks for in the languages that know most of its words.
fn judge(hits: &[Hit], (words, asks): (u32, bool)) -> Option<(Finding, u8)> {
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
    // The end of the longest phrase so far that says something else, and where it began.
    let (mut from, mut other) = (0, 0);
    for (at, hit) in hits.iter().enumerate() {
        if !hit.is(PLAIN) {
            let twin = |twin: &&Hit| twin.from == hit.from && twin.to == hit.to && twin.is(PLAIN);
            let before = hits.get(..at).unwrap_or_default().iter().rev();
            let mut beside = before
                .take_while(|near| near.from == hit.from)
                .chain(hits.get(at..).unwrap_or_default().iter().take_while(|near| near.from == hit.from));
            if !beside.any(|near| twin(near)) && hit.to > other {
                (from, other) = (hit.from, hit.to);
            }
            continue;
        }
        let inside = from <= hit.from && hit.to <= other;
        if !inside {
            count += hit.last.max(reached) - hit.first.max(reached);
            reached = reached.max(hit.last);
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_at_their_marks() {
        let found: Vec<(Range<usize>, bool)> = parts(" a , b ? c . d").collect();
        assert_eq!(found, [(0..8, true), (8..12, false), (12..14, false)]);
    }
}

fn debug_unknown(text: &Text, hits: &[Hit], language: u8, at: usize) -> String {
    use std::fmt::Write;
    let words = text.word(text.folded.len());
    let all = sentence(hits, language, (words, false));
    let (mut here, mut gaps) = (0, String::new());
    for (part, asks) in parts(&text.folded) {
        if part.contains(&at) {
            let begin = hits.partition_point(|hit| hit.from < part.start);
            let end = hits.partition_point(|hit| hit.from < part.end);
            let s = sentence(hits.get(begin..end).unwrap_or_default(), language, (text.word(part.end) - text.word(part.start), asks));
            here = s.unexplained;
            for w in hits::words(&text.folded[part.clone()]) {
                let w = w.start + part.start..w.end + part.start;
                if !s.hits.iter().any(|h| h.is(PLAIN) && h.from <= w.start && h.to >= w.end) {
                    let other: Vec<String> = s.hits.iter().filter(|h| h.from < w.end && h.to > w.start).map(|h| format!("{:?}", h.meaning.class)).collect();
                    let _ = write!(gaps, " <{}:{}>", &text.folded[w], other.join(","));
                }
            }
        }
    }
    let mut out = format!("s{}m{}w{}:{gaps} ##", here, all.unexplained, words);
    for hit in &all.hits {
        let _ = write!(out, " {:?}({})", hit.meaning.class, text.folded.get(hit.from..hit.to).unwrap_or_default().replace(' ', "_"));
    }
    out
}

//! One message, tier after tier.

use std::ops::Range;

use super::{
    Context, How, Match, Reading, Setting,
    class::{Class, Set},
    grammar::{Finding, Wish},
    hits::{self, Hit},
    keywords::{self, Keywords, List},
    language::Language,
    lexicon::{COMMON, Lexicon},
    pause::End,
    text::Text,
    tongues,
};

const FILLER: Set = Set::of(&[Class::Filler]);
/// Signs that the whole message is not meant as it sounds: a joke, or a text of ours quoted.
const NOT_MEANT: Set = Set::of(&[Class::Joke, Class::Footer]);
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
        Some(
            if class == Class::KeyStop || (class == Class::KeyCancel && bare) {
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
            },
        )
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
            let found = tongues::judge(inside, (words, asks));
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
            ..self.found(at, format!("{code}:{}", finding.rule), How::Wording)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_at_their_marks() {
        let found: Vec<(Range<usize>, bool)> = parts(" a , b ? c . d").collect();
        assert_eq!(found, [(0..8, true), (8..12, false), (12..14, false)]);
    }
}

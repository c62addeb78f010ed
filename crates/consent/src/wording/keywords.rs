//! The words that count by themselves, as the business edits them.

use super::{
    How, Match, Named, OPT_OUT_PAYLOAD, Reading,
    fold::{self, fold},
    language::Languages,
    offer::WAYS_OUT,
};
use crate::scope::Category;

/// The words that count, kept in capitals as people see them, and the languages that are understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keywords {
    /// Stop words.
    pub stop: Vec<String>,
    /// Words that stop everything.
    pub stop_all: Vec<String>,
    /// Words that begin again.
    pub start: Vec<String>,
    /// Labels and payloads of buttons that mean stop.
    pub stop_buttons: Vec<String>,
    /// The languages whose own words and sentences are understood.
    pub languages: Languages,
    /// Whole messages that those languages know, and that shall mean nothing here.
    pub ignored: Vec<String>,
}

/// The words that no edit takes away: the person must always have them, whatever the lists say.
pub const ALWAYS_STOP: [&str; 2] = ["STOP", "UNSUBSCRIBE"];
/// The words for everything that no edit takes away.
pub const ALWAYS_STOP_ALL: [&str; 1] = ["STOP ALL"];

/// Stop words that answer many questions: in an answer they go to a person.
const DOUBTFUL_IN_ANSWER: [&str; 3] = ["END", "QUIT", "CANCEL"];

/// Longer texts are not keywords: letters and digits, after folding. A word with a hundred exclamation marks is one.
const KEYWORD_CHARS_MAX: usize = 64;

impl Default for Keywords {
    fn default() -> Self {
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            stop: list(&[
                "STOP",
                "UNSUBSCRIBE",
                "END",
                "QUIT",
                "REVOKE",
                "OPT OUT",
                "CANCEL",
            ]),
            stop_all: list(&["STOP ALL"]),
            start: list(&["START", "UNSTOP"]),
            stop_buttons: list(&[
                "STOP PROMOTIONS",
                "STOP OFFERS",
                "STOP MARKETING",
                "STOP MARKETING MESSAGES",
                "OPT OUT OF MARKETING MESSAGES",
                "NO MORE OFFERS",
            ]),
            languages: Languages::ALL,
            ignored: Vec::new(),
        }
    }
}

impl Keywords {
    /// The lists as they are kept: trimmed, in capitals, each word once, and with those that cannot be removed.
    #[must_use]
    pub fn tidied(self) -> Self {
        let tidy = |words: Vec<String>, always: &[&str]| {
            let mut kept: Vec<String> = Vec::new();
            let all = always.iter().map(|word| (*word).to_owned()).chain(words);
            for word in all
                .map(|word| word.trim().to_uppercase())
                .filter(|word| !fold(word).is_empty())
            {
                if !kept.iter().any(|other| fold(other) == fold(&word)) {
                    kept.push(word);
                }
            }
            kept
        };
        Self {
            stop: tidy(self.stop, &ALWAYS_STOP),
            stop_all: tidy(self.stop_all, &ALWAYS_STOP_ALL),
            start: tidy(self.start, &[]),
            stop_buttons: tidy(self.stop_buttons, &[]),
            languages: self.languages,
            ignored: tidy(self.ignored, &[]),
        }
    }

    /// The list that a whole message is in, and the word there. The message is folded, without spaces.
    pub(super) fn listed(&self, folded: &str) -> Option<(List, &str)> {
        let stop_all = || self.find_stop_all(folded).map(|word| (List::StopAll, word));
        let stop = || {
            let word = self.find_stop(folded)?;
            let doubtful = find(&DOUBTFUL_IN_ANSWER, folded).is_some();
            Some((if doubtful { List::Doubtful } else { List::Stop }, word))
        };
        let start = || find(&self.start, folded).map(|word| (List::Start, word));
        stop_all().or_else(stop).or_else(start)
    }

    /// Whether a whole message, folded, shall mean nothing.
    pub(super) fn ignores(&self, folded: &str) -> bool {
        find(&self.ignored, folded).is_some()
    }

    fn find_stop<'a>(&'a self, folded: &str) -> Option<&'a str> {
        find(&self.stop, folded).or_else(|| find(&ALWAYS_STOP, folded))
    }

    fn find_stop_all<'a>(&'a self, folded: &str) -> Option<&'a str> {
        find(&self.stop_all, folded).or_else(|| find(&ALWAYS_STOP_ALL, folded))
    }

    /// Reads a tap on a button: by its payload, else by its label. A button is never in doubt: somebody
    /// of the business wrote it to be understood.
    #[must_use]
    pub fn read_button(&self, payload: &str, label: &str) -> Reading {
        let matched = |rule: &str, how: How, named: Option<Named>| Match {
            span: label.to_owned(),
            at: 0..label.len(),
            rule: format!("button:{rule}"),
            language: None,
            how,
            named,
        };
        if let Some(rest) = payload.strip_prefix(OPT_OUT_PAYLOAD) {
            return match rest {
                ":all" => Reading::StopAll(matched(payload, How::Button, None)),
                _ => Reading::Stop(matched(payload, How::Button, named(rest))),
            };
        }
        for text in [payload, label] {
            let Some(folded) = whole(text) else { continue };
            if let Some(word) = self.find_stop_all(&folded) {
                return Reading::StopAll(matched(word, How::ButtonWord, None));
            }
            if let Some(word) = find(&self.stop_buttons, &folded) {
                return Reading::Stop(matched(word, How::Button, None));
            }
            if let Some(word) = find(&WAYS_OUT.map(|way| way.button), &folded) {
                return Reading::Stop(matched(word, How::Button, None));
            }
            if let Some(word) = self.find_stop(&folded) {
                return Reading::Stop(matched(word, How::ButtonWord, None));
            }
        }
        Reading::Nothing
    }
}

/// Which list a word is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Stop,
    /// A stop word that answers many questions.
    Doubtful,
    StopAll,
    Start,
}

/// What follows [`OPT_OUT_PAYLOAD`]; none when it names nothing that we know.
fn named(rest: &str) -> Option<Named> {
    match rest.strip_prefix(":topic:") {
        Some(id) => id.parse().ok().map(Named::Topic),
        None => Category::read(rest.strip_prefix(':')?).map(Named::Category),
    }
}

/// A whole message, folded, where it is short enough to be a keyword.
pub(super) fn whole(text: &str) -> Option<String> {
    let folded: String = fold::folded(text).take(KEYWORD_CHARS_MAX + 1).collect();
    let short = folded.chars().count() <= KEYWORD_CHARS_MAX;
    (short && !folded.is_empty()).then_some(folded)
}

fn find<'a, S: AsRef<str>>(words: &'a [S], folded: &str) -> Option<&'a str> {
    words
        .iter()
        .map(AsRef::as_ref)
        .find(|word| fold::is_folded(word, folded))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wording::Setting;

    #[test]
    fn the_words_that_everybody_has_count_even_where_the_lists_are_empty() {
        let none = Keywords {
            stop: vec![],
            stop_all: vec![],
            start: vec![],
            stop_buttons: vec![],
            languages: Languages::NONE,
            ignored: vec![],
        };
        for text in ["stop", "Unsubscribe!", "Stop all"] {
            assert_ne!(
                none.read(text, Setting::InAnswer),
                Reading::Nothing,
                "{text}"
            );
            assert_ne!(none.read_button("x", text), Reading::Nothing, "{text}");
        }
        let tidied = none.tidied();
        assert_eq!(tidied.stop, ["STOP", "UNSUBSCRIBE"]);
        assert_eq!(tidied.stop_all, ["STOP ALL"]);
    }

    #[test]
    fn a_word_is_kept_in_capitals_and_still_matches_as_it_was_written() {
        let words = [
            "schließen",
            " ŝtopp ",
            "στοπς",
            "ıptal",
            "रोको",
            "بَس",
            "ストップ",
            "Cœur",
            "…",
        ];
        let mut keywords = Keywords::default();
        keywords.stop.extend(words.map(str::to_owned));
        let tidied = keywords.tidied();
        for word in words.into_iter().filter(|word| *word != "…") {
            let read = tidied.read(word, Setting::Alone);
            assert!(matches!(read, Reading::Stop(_)), "{word}");
        }
        assert_eq!(tidied.clone().tidied(), tidied);
        assert_eq!(tidied.read("…", Setting::Alone), Reading::Nothing);
    }

    #[test]
    fn a_language_can_be_switched_off_and_a_word_be_ignored() {
        let baja = |keywords: &Keywords| keywords.read("Baja", Setting::Alone).verdict();
        assert_eq!(baja(&Keywords::default()), "stop");
        let without = Keywords {
            languages: Languages::NONE,
            ..Keywords::default()
        };
        assert_eq!(baja(&without), "none");
        let ignored = Keywords {
            ignored: vec!["BAJA".to_owned(), "STOP".to_owned()],
            ..Keywords::default()
        };
        assert_eq!(baja(&ignored), "none");
        assert_eq!(ignored.read("stop", Setting::Alone).verdict(), "stop");
    }

    #[test]
    fn a_hundred_exclamation_marks_hide_no_stop() {
        let keywords = Keywords::default();
        let loud = format!("STOP{}", "!".repeat(4_000));
        assert!(matches!(
            keywords.read(&loud, Setting::Alone),
            Reading::Stop(_)
        ));
        let store = keywords.read("stop by the store", Setting::Alone);
        assert_eq!(store, Reading::Nothing);
        assert_eq!(keywords.read("", Setting::Alone), Reading::Nothing);
    }

    #[test]
    fn end_quit_and_cancel_in_an_answer_are_for_a_person_to_read() {
        let keywords = Keywords::default();
        for word in ["End.", "QUIT", "cancel"] {
            assert!(
                matches!(keywords.read(word, Setting::Alone), Reading::Stop(_)),
                "{word}"
            );
            assert!(
                matches!(keywords.read(word, Setting::InAnswer), Reading::Review(_)),
                "{word}"
            );
        }
        assert!(matches!(
            keywords.read("stop", Setting::InAnswer),
            Reading::Stop(_)
        ));
    }

    #[test]
    fn a_button_says_by_its_payload_what_it_stops() {
        let id = "0198c0de-0000-7000-8000-000000000001";
        for (rest, want) in [
            ("", None),
            (":marketing", Some(Named::Category(Category::Marketing))),
            (
                &format!(":topic:{id}"),
                Some(Named::Topic(id.parse().unwrap())),
            ),
            (":topic:none", None),
            (":later", None),
        ] {
            let read = Keywords::default().read_button(&format!("{OPT_OUT_PAYLOAD}{rest}"), "Yes");
            let Reading::Stop(matched) = read else {
                panic!("{rest}: {read:?}")
            };
            assert_eq!((matched.named, matched.how), (want, How::Button), "{rest}");
        }
        let all = Keywords::default().read_button("consent:v1:optout:all", "No more");
        assert!(matches!(all, Reading::StopAll(_)));
    }
}

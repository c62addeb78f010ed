//! From text to intent, first tier: the whole message is a keyword.
//!
//! A word counts in any case, width, accent, punctuation or company of emoji, but only alone: "STOP 12345" and
//! "stop by the store" are not keywords (DESIGN section 7).

pub mod fold;

use fold::fold;

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// Stop marketing, or what policy lets a plain STOP cover.
    Stop(Match),
    /// Stop everything.
    StopAll(Match),
    /// Begin again.
    Start(Match),
    /// A stop word that may be meant otherwise: a person decides.
    Review(Match),
    /// Nothing about consent.
    Nothing,
}

/// What was matched, and by which rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The matched part of the message, as it was written.
    pub span: String,
    /// The rule: the list and the word in it.
    pub rule: String,
}

/// What a message answers: some words mean something else in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// Written by itself.
    Alone,
    /// Written in answer to something that we sent.
    InAnswer,
}

/// The words that count, kept in capitals as people see them.
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
}

/// The words that no edit takes away: the person must always have them.
pub const ALWAYS_STOP: [&str; 2] = ["STOP", "UNSUBSCRIBE"];
/// The words for everything that no edit takes away.
pub const ALWAYS_STOP_ALL: [&str; 1] = ["STOP ALL"];

/// Stop words that answer many questions: in an answer they go to a person.
const DOUBTFUL_IN_ANSWER: [&str; 3] = ["END", "QUIT", "CANCEL"];

/// The payload that our own opt-out buttons carry; a scope may follow: `:all`, `:marketing`, `:topic:<id>`.
pub const OPT_OUT_PAYLOAD: &str = "consent:v1:optout";

/// Longer texts are not keywords, and are not folded: characters.
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
        }
    }

    /// Reads a message that somebody wrote.
    #[must_use]
    pub fn read(&self, text: &str, setting: Setting) -> Reading {
        let Some(folded) = folded(text) else {
            return Reading::Nothing;
        };
        let matched = |list: &str, word: &str| Match {
            span: text.trim().to_owned(),
            rule: format!("{list}:{word}"),
        };
        if let Some(word) = find(&self.stop_all, &folded) {
            return Reading::StopAll(matched("stop_all", word));
        }
        if let Some(word) = find(&self.stop, &folded) {
            let doubtful = DOUBTFUL_IN_ANSWER.iter().any(|other| fold(other) == folded);
            return match setting {
                Setting::InAnswer if doubtful => Reading::Review(matched("stop", word)),
                Setting::Alone | Setting::InAnswer => Reading::Stop(matched("stop", word)),
            };
        }
        match find(&self.start, &folded) {
            Some(word) => Reading::Start(matched("start", word)),
            None => Reading::Nothing,
        }
    }

    /// Reads a tap on a button: by its payload, else by its label. A button is never in doubt: somebody
    /// of the business wrote it to be understood.
    #[must_use]
    pub fn read_button(&self, payload: &str, label: &str) -> Reading {
        let matched = |rule: &str| Match {
            span: label.to_owned(),
            rule: format!("button:{rule}"),
        };
        if let Some(rest) = payload.strip_prefix(OPT_OUT_PAYLOAD) {
            return match rest {
                ":all" => Reading::StopAll(matched(payload)),
                _ => Reading::Stop(matched(payload)),
            };
        }
        for text in [payload, label] {
            let Some(folded) = folded(text) else { continue };
            if let Some(word) = find(&self.stop_all, &folded) {
                return Reading::StopAll(matched(word));
            }
            if let Some(word) =
                find(&self.stop_buttons, &folded).or_else(|| find(&self.stop, &folded))
            {
                return Reading::Stop(matched(word));
            }
        }
        Reading::Nothing
    }
}

fn folded(text: &str) -> Option<String> {
    let short = text.chars().take(KEYWORD_CHARS_MAX + 1).count() <= KEYWORD_CHARS_MAX;
    short
        .then(|| fold(text))
        .filter(|folded| !folded.is_empty())
}

fn find<'a>(words: &'a [String], folded: &str) -> Option<&'a str> {
    words
        .iter()
        .find(|word| fold(word) == folded)
        .map(String::as_str)
}

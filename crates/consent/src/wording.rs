//! From text to intent: what a customer's message asks for (DESIGN section 7, `docs/wording.md`).
//!
//! In tiers: the whole message is a keyword; a sentence asks to be left out by the grammar of its language; what may
//! be meant so goes to a person. Only the first two act by themselves, and nothing but a START keyword opts in.

mod class;
pub mod fold;
mod grammar;
mod hits;
pub mod keywords;
pub mod language;
mod lexicon;
pub mod offer;
pub mod pause;
mod reader;
pub mod score;
mod sentence;
mod text;
mod tongues;
mod typo;
mod until;

use std::ops::Range;

use self::{keywords::Keywords, language::Language, pause::End};
use crate::{id::TopicId, scope::Category};

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// Stop marketing, or what policy lets a plain STOP cover.
    Stop(Match),
    /// Stop everything.
    StopAll(Match),
    /// Begin again.
    Start(Match),
    /// What can be done here?
    Help(Match),
    /// Some topics, not others.
    Topic(Match),
    /// Stop until then.
    Pause(Match, End),
    /// Erase what you know of me.
    Erasure(Match),
    /// The number has another owner now.
    WrongNumber(Match),
    /// What may be a stop and may be meant otherwise: a person decides.
    Review(Match),
    /// Nothing about consent.
    Nothing,
}

impl Reading {
    /// The word for it in scores and evidence.
    #[must_use]
    pub const fn verdict(&self) -> &'static str {
        match self {
            Self::Stop(_) => "stop",
            Self::StopAll(_) => "stop_all",
            Self::Start(_) => "start",
            Self::Help(_) => "help",
            Self::Topic(_) => "topic",
            Self::Pause(..) => "pause",
            Self::Erasure(_) => "erasure",
            Self::WrongNumber(_) => "wrong_number",
            Self::Review(_) => "review",
            Self::Nothing => "none",
        }
    }

    /// What was matched; none where nothing was.
    #[must_use]
    pub const fn found(&self) -> Option<&Match> {
        match self {
            Self::Stop(found)
            | Self::StopAll(found)
            | Self::Start(found)
            | Self::Help(found)
            | Self::Topic(found)
            | Self::Pause(found, _)
            | Self::Erasure(found)
            | Self::WrongNumber(found)
            | Self::Review(found) => Some(found),
            Self::Nothing => None,
        }
    }
}

/// What was matched, and by which rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The matched part of the message, as it was written.
    pub span: String,
    /// Where that part stands in the message, in bytes.
    pub at: Range<usize>,
    /// The rule: the list and the word in it, or the language and the rule of its grammar.
    pub rule: String,
    /// The language that it was understood in; none for words of every language and for the business's own lists.
    pub language: Option<Language>,
    /// By what the person said it.
    pub how: How,
    /// What a button named as its own scope; none of a plain word.
    pub named: Option<Named>,
}

/// By what the person said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// A message that is nothing but a keyword.
    Keyword,
    /// A message in the person's own words.
    Wording,
    /// A tap on a button that was made to stop.
    Button,
    /// A tap on a button whose label is a plain stop word.
    ButtonWord,
}

impl How {
    /// The word for the source in the evidence.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Keyword => "keyword",
            Self::Wording => "wording",
            Self::Button | Self::ButtonWord => "button",
        }
    }
}

/// The scope that the payload of one of our own opt-out buttons names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// One category.
    Category(Category),
    /// One topic.
    Topic(TopicId),
}

/// What a message answers: some words mean something else in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// Written by itself.
    Alone,
    /// Written in answer to something that we sent.
    InAnswer,
}

/// What surrounds a message, as far as its meaning depends on it.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// What it answers.
    pub setting: Setting,
    /// Whether it was forwarded: then the words may be somebody else's.
    pub forwarded: bool,
    /// The footers of our own messages: who quotes them says nothing by it.
    pub footers: &'a [&'a str],
}

impl From<Setting> for Context<'_> {
    fn from(setting: Setting) -> Self {
        Self {
            setting,
            forwarded: false,
            footers: &[],
        }
    }
}

/// The payload that our own opt-out buttons carry; a scope may follow: `:all`, `:marketing`, `:topic:<id>`.
pub const OPT_OUT_PAYLOAD: &str = "consent:v1:optout";

impl Keywords {
    /// Reads a message that somebody wrote.
    #[must_use]
    pub fn read<'a>(&self, text: &str, context: impl Into<Context<'a>>) -> Reading {
        reader::read(self, text, &context.into())
    }
}

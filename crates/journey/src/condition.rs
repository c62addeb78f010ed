//! Conditions: what a branch asks, and what may end a wait.

use consent::{scope::Category, wording::fold::fold};
use jiff::civil::Date;
use serde::{Serialize, Serializer};

use crate::{
    facts::Facts,
    id::StepId,
    known::{Became, Known},
};

/// A condition on the person and on what happened so far.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Each of them.
    All(Vec<Condition>),
    /// At least one of them.
    Any(Vec<Condition>),
    /// Everything else.
    Not(Box<Condition>),
    /// They have this tag.
    Tag(String),
    /// Something about an attribute.
    Attribute(Asked),
    /// Something about what the event that began the journey brought along.
    Event(Asked),
    /// Something about the answer that a step took; compared without case and accents.
    Answer(Answered),
    /// Whether a step's message was sent, or its webhook answered well.
    Outcome(Outcome),
    /// Whether they may be sent messages of a category now.
    Consent(Consent),
    /// Whether the customer service window is open.
    Window(Window),
    /// Their language begins so: `pt` holds for `pt-BR` too.
    Language(String),
}

/// A question about a value by its name.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Asked {
    /// The name.
    pub key: String,
    /// The question.
    #[serde(flatten)]
    pub test: Test,
}

/// A question about an answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answered {
    /// The step that took it.
    pub step: StepId,
    /// The question.
    #[serde(flatten)]
    pub test: Test,
}

/// Exactly one question about a value. What is not set meets only `is_not` and `is_set: false`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// It is this.
    Is(String),
    /// It is something else, or nothing.
    IsNot(String),
    /// It has this in it, in either case.
    Contains(String),
    /// It is a number less than this one.
    Less(f64),
    /// It is a number greater than this one.
    Greater(f64),
    /// It is a day before this one.
    #[serde(serialize_with = "written")]
    Before(Date),
    /// It is a day after this one.
    #[serde(serialize_with = "written")]
    After(Date),
    /// Whether there is a value.
    IsSet(bool),
}

/// A question about what became of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The step.
    pub step: StepId,
    /// What became of it.
    pub is: Became,
}

/// A question about consent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Consent {
    /// The category.
    #[serde(serialize_with = "category")]
    pub category: Category,
    /// What is asked.
    pub is: Verdict,
}

/// What the rules of consent say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It may be sent.
    Allow,
    /// It may not.
    Deny,
}

/// How the customer service window is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// Anything may be answered.
    Open,
    /// Only templates may be sent.
    Closed,
}

impl Verdict {
    /// The word in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }
}

impl Window {
    /// The word in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

impl Condition {
    /// Whether it holds.
    #[must_use]
    pub fn holds(&self, facts: &Facts, known: &Known) -> bool {
        match self {
            Self::All(all) => all.iter().all(|one| one.holds(facts, known)),
            Self::Any(any) => any.iter().any(|one| one.holds(facts, known)),
            Self::Not(one) => !one.holds(facts, known),
            Self::Tag(tag) => facts.tags.contains(tag),
            Self::Attribute(asked) => asked.test.passes(value(facts.attributes.get(&asked.key))),
            Self::Event(asked) => asked.test.passes(value(known.given.get(&asked.key))),
            Self::Answer(asked) => asked
                .test
                .passes_folded(value(known.answers.get(&asked.step))),
            Self::Outcome(asked) => known.became(&asked.step) == Some(asked.is),
            Self::Consent(asked) => facts.allows(asked.category) == (asked.is == Verdict::Allow),
            Self::Window(asked) => facts.window_open == (*asked == Window::Open),
            Self::Language(wanted) => facts
                .language
                .as_deref()
                .is_some_and(|tag| begins(tag, wanted)),
        }
    }
}

impl Test {
    /// Whether a value passes, letter by letter; numbers and days as what they are.
    #[must_use]
    pub fn passes(&self, value: Option<&str>) -> bool {
        let number = || value.and_then(number);
        let day = || value.and_then(day);
        match self {
            Self::Is(wanted) => value.is_some_and(|value| same(value, wanted)),
            Self::IsNot(wanted) => !value.is_some_and(|value| same(value, wanted)),
            Self::Contains(part) => {
                value.is_some_and(|value| value.to_lowercase().contains(&part.to_lowercase()))
            }
            Self::Less(than) => number().is_some_and(|number| number < *than),
            Self::Greater(than) => number().is_some_and(|number| number > *than),
            Self::Before(than) => day().is_some_and(|day| day < *than),
            Self::After(than) => day().is_some_and(|day| day > *than),
            Self::IsSet(wanted) => value.is_some() == *wanted,
        }
    }

    /// As [`Test::passes`], but words are compared as people type them: without case, accents and punctuation.
    #[must_use]
    pub fn passes_folded(&self, value: Option<&str>) -> bool {
        match self {
            Self::Is(wanted) => value.is_some_and(|value| typed(value, wanted)),
            Self::IsNot(wanted) => !value.is_some_and(|value| typed(value, wanted)),
            Self::Contains(part) => value.is_some_and(|value| {
                let (value, part) = (fold(value), fold(part));
                !part.is_empty() && value.contains(&part)
            }),
            Self::Less(_)
            | Self::Greater(_)
            | Self::Before(_)
            | Self::After(_)
            | Self::IsSet(_) => self.passes(value),
        }
    }
}

/// Whether two texts are one to somebody who types: a text of signs alone, as an emoji, is compared as it is.
#[must_use]
pub fn typed(one: &str, other: &str) -> bool {
    let folded = fold(one);
    if folded.is_empty() {
        one.trim() == other.trim()
    } else {
        folded == fold(other)
    }
}

/// What is blank counts as not set.
fn value(found: Option<&String>) -> Option<&str> {
    found
        .map(String::as_str)
        .filter(|value| !value.trim().is_empty())
}

fn same(value: &str, wanted: &str) -> bool {
    let (value, wanted) = (value.trim(), wanted.trim());
    value == wanted
        || number(value).is_some_and(|value| {
            number(wanted).is_some_and(|wanted| value.total_cmp(&wanted).is_eq())
        })
}

/// A plain number: digits, perhaps a sign before and a fraction behind.
fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse().ok().filter(|_| plain && text.len() <= 16)
}

fn day(text: &str) -> Option<Date> {
    let text = text.trim();
    text.parse().ok().filter(|_| text.len() == 10)
}

fn begins(tag: &str, wanted: &str) -> bool {
    let plain = |text: &str| text.to_ascii_lowercase().replace('_', "-");
    let (tag, wanted) = (plain(tag), plain(wanted));
    tag.strip_prefix(&wanted)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

fn written<S: Serializer>(day: &Date, writer: S) -> Result<S::Ok, S::Error> {
    writer.collect_str(day)
}

fn category<S: Serializer>(category: &Category, writer: S) -> Result<S::Ok, S::Error> {
    writer.serialize_str(category.word())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_days_are_compared_as_what_they_are() {
        assert!(Test::Less(10.0).passes(Some("9")));
        assert!(!Test::Less(10.0).passes(Some("nine")));
        assert!(Test::Is("42".to_owned()).passes(Some("42.0")));
        assert!(Test::Before(Date::constant(2026, 3, 1)).passes(Some("2026-02-28")));
        assert!(!Test::After(Date::constant(2026, 3, 1)).passes(Some("2026-03-01")));
        assert!(!Test::Is("007".to_owned()).passes(Some("7a")));
    }

    #[test]
    fn what_is_not_set_is_nothing_but_something_else() {
        for (test, passes) in [
            (Test::Is(String::new()), false),
            (Test::IsNot("x".to_owned()), true),
            (Test::Contains(String::new()), false),
            (Test::Greater(-1.0), false),
            (Test::IsSet(false), true),
        ] {
            assert_eq!(test.passes(None), passes, "{test:?}");
            assert_eq!(test.passes_folded(None), passes, "{test:?}");
        }
    }

    #[test]
    fn answers_are_compared_as_people_type_them() {
        assert!(Test::Is("Sim".to_owned()).passes_folded(Some(" SIM! ")));
        assert!(Test::Contains("café".to_owned()).passes_folded(Some("um CAFE por favor")));
        assert!(typed("👍", "👍"));
        assert!(!typed("👍", "👎"));
    }

    #[test]
    fn a_language_holds_for_its_regions() {
        assert!(begins("pt-BR", "pt"));
        assert!(begins("pt_BR", "pt-br"));
        assert!(!begins("pt", "pt-BR"));
        assert!(!begins("ptx", "pt"));
    }
}

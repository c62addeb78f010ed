//! Reads conditions.

use consent::scope::Category;
use jiff::civil::Date;

use super::json::{Members, Node};
use crate::{
    condition::{Answered, Asked, Condition, Consent, Outcome, Test, Verdict, Window},
    id::StepId,
    known::Became,
    limits::{CONDITION_DEPTH_MAX, CONDITIONS_MAX, NAME_CHARS_MAX, VALUE_CHARS_MAX},
};

const KINDS: [&str; 11] = [
    "all",
    "any",
    "not",
    "tag",
    "attribute",
    "event",
    "answer",
    "outcome",
    "consent",
    "window",
    "language",
];
const TESTS: [&str; 8] = [
    "is", "is_not", "contains", "less", "greater", "before", "after", "is_set",
];

pub(super) fn condition(node: Node<'_>) -> Option<Condition> {
    let mut left = CONDITIONS_MAX;
    one(node, 1, &mut left)
}

fn one(node: Node<'_>, depth: usize, left: &mut usize) -> Option<Condition> {
    if depth > CONDITION_DEPTH_MAX {
        node.fault(format!(
            "conditions lie too deep in each other: want at most {CONDITION_DEPTH_MAX} levels"
        ));
        return None;
    }
    let Some(fewer) = left.checked_sub(1) else {
        node.fault(format!(
            "too many conditions: want at most {CONDITIONS_MAX}"
        ));
        return None;
    };
    *left = fewer;
    let members = node.object()?;
    let found = members.one(&KINDS);
    members.done()?;
    let (kind, node) = found?;
    Some(match kind {
        "all" => Condition::All(several(&node, depth, left)?),
        "any" => Condition::Any(several(&node, depth, left)?),
        "not" => Condition::Not(Box::new(one(node, depth + 1, left)?)),
        "tag" => Condition::Tag(node.line(NAME_CHARS_MAX)?),
        "attribute" => Condition::Attribute(asked(node)?),
        "event" => Condition::Event(asked(node)?),
        "answer" => Condition::Answer(answered(node)?),
        "outcome" => Condition::Outcome(outcome(node)?),
        "consent" => Condition::Consent(consent(node)?),
        "window" => {
            Condition::Window(node.word(&[("open", Window::Open), ("closed", Window::Closed)])?)
        }
        _ => Condition::Language(language(&node)?),
    })
}

fn several(node: &Node<'_>, depth: usize, left: &mut usize) -> Option<Vec<Condition>> {
    let nodes = node.list(CONDITIONS_MAX)?;
    if nodes.is_empty() {
        node.fault("`all` and `any` join conditions: want at least one");
        return None;
    }
    // Each is read, so that each is told of; one that is wrong spoils the whole.
    let read: Vec<_> = nodes
        .into_iter()
        .map(|node| one(node, depth + 1, left))
        .collect();
    read.into_iter().collect()
}

fn asked(node: Node<'_>) -> Option<Asked> {
    let members = node.object()?;
    let key = members.need("key").and_then(|node| attribute(&node));
    let test = test(&members);
    members.done()?;
    Some(Asked {
        key: key?,
        test: test?,
    })
}

fn answered(node: Node<'_>) -> Option<Answered> {
    let members = node.object()?;
    let step = members.need("step").and_then(|node| id(&node));
    let test = test(&members);
    members.done()?;
    Some(Answered {
        step: step?,
        test: test?,
    })
}

fn outcome(node: Node<'_>) -> Option<Outcome> {
    let members = node.object()?;
    let step = members.need("step").and_then(|node| id(&node));
    let words = [("done", Became::Done), ("failed", Became::Failed)];
    let is = members.need("is").and_then(|node| node.word(&words));
    members.done()?;
    Some(Outcome {
        step: step?,
        is: is?,
    })
}

fn consent(node: Node<'_>) -> Option<Consent> {
    let members = node.object()?;
    let categories = Category::ALL.map(|category| (category.word(), category));
    let category = members
        .need("category")
        .and_then(|node| node.word(&categories));
    let words = [("allow", Verdict::Allow), ("deny", Verdict::Deny)];
    let is = members.need("is").and_then(|node| node.word(&words));
    members.done()?;
    Some(Consent {
        category: category?,
        is: is?,
    })
}

fn test(members: &Members<'_>) -> Option<Test> {
    let (question, node) = members.one(&TESTS)?;
    Some(match question {
        "is" => Test::Is(node.line(VALUE_CHARS_MAX)?),
        "is_not" => Test::IsNot(node.line(VALUE_CHARS_MAX)?),
        "contains" => Test::Contains(node.line(VALUE_CHARS_MAX)?),
        "less" => Test::Less(node.number()?),
        "greater" => Test::Greater(node.number()?),
        "before" => Test::Before(day(&node)?),
        "after" => Test::After(day(&node)?),
        _ => Test::IsSet(node.flag()?),
    })
}

fn day(node: &Node<'_>) -> Option<Date> {
    let text = node.text()?;
    let found = text.parse().ok().filter(|_| text.len() == 10);
    if found.is_none() {
        node.fault("want a day like 2026-11-22");
    }
    found
}

fn language(node: &Node<'_>) -> Option<String> {
    let text = node.text()?;
    if is_language(text) {
        return Some(text.to_owned());
    }
    node.fault("want a language like pt or pt-BR");
    None
}

/// Whether a text looks like a language: letters, then parts of letters and digits.
pub(super) fn is_language(text: &str) -> bool {
    let mut parts = text.split(['-', '_']);
    let first = parts.next().unwrap_or_default();
    let plain = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    (2..=3).contains(&first.len())
        && first.bytes().all(|byte| byte.is_ascii_lowercase())
        && parts.clone().count() <= 4
        && parts.all(plain)
}

/// The name of an attribute, or of a value that an event brings.
pub(super) fn attribute(node: &Node<'_>) -> Option<String> {
    let name = node.line(NAME_CHARS_MAX)?;
    if name.contains([':', '{', '}', '|']) {
        node.fault("want a name without `:`, `|` and braces");
        return None;
    }
    Some(name)
}

/// The id of a step.
pub(super) fn id(node: &Node<'_>) -> Option<StepId> {
    match StepId::read(node.text()?) {
        Ok(id) => Some(id),
        Err(error) => {
            node.fault(error.to_string());
            None
        }
    }
}

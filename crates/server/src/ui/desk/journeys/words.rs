//! Triggers, steps and conditions of a journey in the reader's words.

use consent::reason::Code;
use journey::{
    condition::{Condition, Test},
    span::Span,
    step::{Act, Ask, IfNot, Wait},
    trigger::{Again, Trigger},
};

use crate::{services::journeys::way, ui::desk::Desk};

/// What a step says on its card.
#[derive(Debug, Default)]
pub struct Said {
    /// What it does, in a sentence.
    pub title: String,
    /// The text that it sends.
    pub quote: Option<String>,
    /// The buttons or choices below the text.
    pub choices: Vec<String>,
    /// What else is to be known of it.
    pub notes: Vec<String>,
}

/// What lets somebody in.
pub fn trigger(desk: &Desk, trigger: &Trigger) -> String {
    match trigger {
        Trigger::Joined { form: None } => desk.say("journeys-enter-joined"),
        Trigger::Joined { form: Some(form) } => {
            desk.say_with("journeys-enter-form", &[("form", form)])
        }
        Trigger::TagAdded { tag } => desk.say_with("journeys-enter-tag", &[("tag", tag)]),
        Trigger::AttributeChanged {
            attribute,
            to: None,
        } => desk.say_with("journeys-enter-attribute", &[("attribute", attribute)]),
        Trigger::AttributeChanged {
            attribute,
            to: Some(to),
        } => desk.say_with(
            "journeys-enter-attribute-to",
            &[("attribute", attribute), ("value", to)],
        ),
        Trigger::Event { name } => desk.say_with("journeys-enter-event", &[("event", name)]),
        Trigger::Date(rule) => {
            let day = shifted(desk, rule.days, &rule.attribute);
            let id = if rule.yearly {
                "journeys-enter-yearly"
            } else {
                "journeys-enter-date"
            };
            desk.say_with(id, &[("day", &day), ("time", &rule.time.to_string())])
        }
        Trigger::Keyword { words } => {
            desk.say_with("journeys-enter-keyword", &[("words", &words.join(", "))])
        }
        Trigger::AdReferral { ad: None } => desk.say("journeys-enter-ad"),
        Trigger::AdReferral { ad: Some(ad) } => {
            desk.say_with("journeys-enter-this-ad", &[("ad", ad)])
        }
    }
}

/// A day by its distance from the day in an attribute.
fn shifted(desk: &Desk, days: i16, attribute: &str) -> String {
    let count = usize::from(days.unsigned_abs());
    let far = desk.count("journeys-span-days", count);
    let what = [("attribute", attribute), ("days", far.as_str())];
    match days {
        0 => desk.say_with("journeys-day-of", what.get(..1).unwrap_or_default()),
        1.. => desk.say_with("journeys-day-after", &what),
        _ => desk.say_with("journeys-day-before", &what),
    }
}

/// Who may come again.
pub fn again(desk: &Desk, again: Again) -> String {
    match again {
        Again::Never => desk.say("journeys-again-never"),
        Again::Outside => desk.say("journeys-again-outside"),
        Again::AfterDays(days) => {
            desk.count("journeys-again-days", usize::try_from(days).unwrap_or(0))
        }
    }
}

/// A length of time.
pub fn span(desk: &Desk, span: Span) -> String {
    let (count, unit) = span.parts();
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    desk.count(&format!("journeys-span-{unit}"), count)
}

/// What a kind of step is called.
pub fn kind(desk: &Desk, kind: &str) -> String {
    desk.say(&format!("journeys-kind-{}", kind.replace('_', "-")))
}

/// What a variable of a template is called.
pub fn variable(desk: &Desk, name: &str) -> String {
    match name.strip_prefix("header.") {
        Some(name) => desk.say_with("journeys-variable-header", &[("name", name)]),
        None => desk.say_with("journeys-variable-named", &[("name", name)]),
    }
}

/// What a step says.
pub fn step(desk: &Desk, act: &Act) -> Said {
    let title = title(desk, act);
    let notes = match act.if_not() {
        Some(IfNot::Continue) => vec![desk.say("journeys-goes-on")],
        Some(IfNot::End) | None => Vec::new(),
    };
    let said = Said {
        title,
        notes,
        ..Said::default()
    };
    match act {
        Act::SendTemplate(send) => {
            let each = send.variables.iter();
            let filled = each.map(|(name, text)| {
                let name = variable(desk, name);
                format!("{name}: {}", text.as_str())
            });
            Said {
                notes: filled.chain(said.notes).collect(),
                ..said
            }
        }
        Act::SendMessage(send) => Said {
            quote: Some(send.text.as_str().to_owned()),
            choices: send.buttons.clone(),
            ..said
        },
        Act::Ask(ask) => Said {
            quote: Some(ask.text.as_str().to_owned()),
            choices: ask.choices.clone(),
            notes: asked(desk, ask).into_iter().chain(said.notes).collect(),
            ..said
        },
        Act::HandToAgent(hand) => Said {
            notes: hand
                .note
                .iter()
                .map(|note| note.as_str().to_owned())
                .collect(),
            ..said
        },
        Act::Wait(_)
        | Act::WaitUntil(_)
        | Act::Branch(_)
        | Act::AddTag(_)
        | Act::RemoveTag(_)
        | Act::SetAttribute(_)
        | Act::CallWebhook(_)
        | Act::End(_) => said,
    }
}

fn asked(desk: &Desk, ask: &Ask) -> Vec<String> {
    let tries = (ask.tries > 1).then(|| desk.count("journeys-say-tries", usize::from(ask.tries)));
    let kept = ask.save_as.as_deref();
    let kept = kept.map(|name| desk.say_with("journeys-say-save", &[("attribute", name)]));
    tries.into_iter().chain(kept).collect()
}

fn title(desk: &Desk, act: &Act) -> String {
    match act {
        Act::SendTemplate(send) => desk.say_with(
            "journeys-say-template",
            &[("template", &send.template), ("language", &send.language)],
        ),
        Act::SendMessage(_) => desk.say("journeys-say-message"),
        Act::Ask(ask) => {
            let span = span(desk, ask.within);
            desk.say_with("journeys-say-ask", &[("span", &span)])
        }
        Act::Wait(wait) => waits(desk, wait),
        Act::WaitUntil(wait) => {
            desk.say_with("journeys-say-until", &[("time", &wait.time.to_string())])
        }
        Act::Branch(_) => desk.say("journeys-say-branch"),
        Act::AddTag(tag) => desk.say_with("journeys-say-add-tag", &[("tag", &tag.tag)]),
        Act::RemoveTag(tag) => desk.say_with("journeys-say-remove-tag", &[("tag", &tag.tag)]),
        Act::SetAttribute(set) => {
            let value = set.value.as_str();
            let id = if value.trim().is_empty() {
                "journeys-say-clear"
            } else {
                "journeys-say-set"
            };
            desk.say_with(id, &[("attribute", &set.attribute), ("value", value)])
        }
        Act::CallWebhook(call) => {
            desk.say_with("journeys-say-webhook", &[("webhook", &call.webhook)])
        }
        Act::HandToAgent(hand) => match &hand.agent {
            Some(agent) => desk.say_with("journeys-say-hand-to", &[("agent", agent)]),
            None => desk.say("journeys-say-hand"),
        },
        Act::End(_) => desk.say("journeys-say-end"),
    }
}

fn waits(desk: &Desk, wait: &Wait) -> String {
    let span = span(desk, wait.span);
    let when = wait.or_when.as_ref().map(|when| condition(desk, when));
    match (wait.or_reply, when) {
        (false, None) => desk.say_with("journeys-say-wait", &[("span", &span)]),
        (true, None) => desk.say_with("journeys-say-wait-reply", &[("span", &span)]),
        (false, Some(when)) => desk.say_with(
            "journeys-say-wait-when",
            &[("span", &span), ("condition", &when)],
        ),
        (true, Some(when)) => desk.say_with(
            "journeys-say-wait-both",
            &[("span", &span), ("condition", &when)],
        ),
    }
}

/// What a condition says, as the rest of a sentence that begins with "if".
pub fn condition(desk: &Desk, one: &Condition) -> String {
    match one {
        Condition::All(all) => joined(desk, all, "journeys-if-and"),
        Condition::Any(any) => joined(desk, any, "journeys-if-or"),
        Condition::Not(inner) => {
            let inner = condition(desk, inner);
            desk.say_with("journeys-if-not", &[("condition", &inner)])
        }
        Condition::Tag(tag) => desk.say_with("journeys-if-tag", &[("tag", tag)]),
        Condition::Attribute(asked) => {
            let what = desk.say_with("journeys-if-attribute", &[("attribute", &asked.key)]);
            test(desk, &what, &asked.test)
        }
        Condition::Event(asked) => {
            let what = desk.say_with("journeys-if-event", &[("key", &asked.key)]);
            test(desk, &what, &asked.test)
        }
        Condition::Answer(asked) => {
            let what = desk.say_with("journeys-if-answer", &[("step", asked.step.as_str())]);
            test(desk, &what, &asked.test)
        }
        Condition::Outcome(asked) => {
            let id = format!("journeys-if-outcome-{}", asked.is.word());
            desk.say_with(&id, &[("step", asked.step.as_str())])
        }
        Condition::Consent(asked) => {
            let category = desk.category(asked.category.word());
            let id = format!("journeys-if-consent-{}", asked.is.word());
            desk.say_with(&id, &[("category", &category)])
        }
        Condition::Window(window) => desk.say(&format!("journeys-if-window-{}", window.word())),
        Condition::Language(language) => {
            desk.say_with("journeys-if-language", &[("language", language)])
        }
    }
}

fn joined(desk: &Desk, all: &[Condition], word: &str) -> String {
    let word = desk.say(word);
    let each = all.iter().map(|one| match one {
        Condition::All(_) | Condition::Any(_) => format!("({})", condition(desk, one)),
        Condition::Not(_)
        | Condition::Tag(_)
        | Condition::Attribute(_)
        | Condition::Event(_)
        | Condition::Answer(_)
        | Condition::Outcome(_)
        | Condition::Consent(_)
        | Condition::Window(_)
        | Condition::Language(_) => condition(desk, one),
    });
    each.collect::<Vec<_>>().join(&format!(" {word} "))
}

fn test(desk: &Desk, what: &str, test: &Test) -> String {
    let (word, value) = match test {
        Test::Is(value) => ("is", value.clone()),
        Test::IsNot(value) => ("is-not", value.clone()),
        Test::Contains(value) => ("contains", value.clone()),
        Test::Less(number) => ("less", number.to_string()),
        Test::Greater(number) => ("greater", number.to_string()),
        Test::Before(day) => ("before", day.to_string()),
        Test::After(day) => ("after", day.to_string()),
        Test::IsSet(true) => ("is-set", String::new()),
        Test::IsSet(false) => ("is-unset", String::new()),
    };
    let asks = desk.say_with(&format!("journeys-asks-{word}"), &[("value", &value)]);
    format!("{what} {asks}")
}

/// Why somebody is outside, or something was refused, in words: what we say ourselves in the reader's language, everything else as it was
/// reported.
pub fn why(desk: &Desk, code: Option<&str>, why: Option<&str>) -> Option<String> {
    if let Some(code) = code.and_then(Code::read) {
        return Some(desk.why(code.word()));
    }
    why.map(|why| match way::reason(why) {
        Some(word) => desk.say(&format!("journeys-why-{}", word.replace('_', "-"))),
        None => why.to_owned(),
    })
}

//! Reads definitions and steps from JSON.

use std::{cell::RefCell, collections::BTreeMap};

use consent::id::NumberId;
use serde_json::Value;

use super::{
    Definition, Format, Head, check,
    conditions::{attribute, condition, id, is_language},
    json::{Members, Node},
};
use crate::{
    condition::typed,
    date::DateRule,
    fault::Fault,
    limits::{
        ADDRESS_CHARS_MAX, AGAIN_DAYS_MAX, ASKED_CHARS_MAX, BUTTON_CHARS_MAX, BUTTONS_MAX,
        CHOICE_CHARS_MAX, CHOICES_MAX, KEYWORDS_MAX, NAME_CHARS_MAX, SHIFT_DAYS_MAX, STEPS_MAX,
        TEMPLATE_CHARS_MAX, TEXT_CHARS_MAX, TRIES_MAX, VALUE_CHARS_MAX, VARIABLES_MAX, WAYS_MAX,
    },
    span::{DayTime, Span},
    step::{
        Act, Ask, Branch, CallWebhook, End, HandToAgent, IfNot, SendMessage, SendTemplate,
        SetAttribute, Step, Tag, Wait, WaitUntil, Way,
    },
    text::Text,
    trigger::{Again, Trigger},
};

/// Longest text of a definition, in bytes.
const BYTES_MAX: usize = 1_000_000;

pub(super) fn definition(text: &str) -> Result<Definition, Vec<Fault>> {
    let found = whole(text, |node| {
        let members = node.object()?;
        let head = head(&members);
        let steps = members.need("steps").and_then(|node| steps(&node));
        members.done()?;
        Some(Definition {
            head: head?,
            steps: steps?,
        })
    })?;
    let faults = check::faults(&found.steps);
    if faults.is_empty() {
        Ok(found)
    } else {
        Err(faults)
    }
}

pub(super) fn step(text: &str) -> Result<Step, Vec<Fault>> {
    whole(text, one_step)
}

fn whole<T>(text: &str, read: impl FnOnce(Node<'_>) -> Option<T>) -> Result<T, Vec<Fault>> {
    let alone = |say| {
        vec![Fault {
            place: String::new(),
            step: None,
            say,
        }]
    };
    if text.len() > BYTES_MAX {
        return Err(alone(format!(
            "the text is too long: want at most {BYTES_MAX} bytes"
        )));
    }
    let value: Value =
        serde_json::from_str(text).map_err(|error| alone(format!("this is no JSON: {error}")))?;
    let faults = RefCell::default();
    let found = read(Node::root(&value, &faults));
    match (found, faults.into_inner()) {
        (Some(found), faults) if faults.is_empty() => Ok(found),
        (_, faults) => Err(faults),
    }
}

fn head(members: &Members<'_>) -> Option<Head> {
    let format = members.need("format").and_then(|node| node.whole(1, 1));
    let name = members
        .need("name")
        .and_then(|node| node.line(NAME_CHARS_MAX));
    let number = members.or("number", None, |node| number(&node).map(Some));
    let trigger = members.need("trigger").and_then(trigger);
    let again = members.or("again", Again::Never, again);
    format?;
    Some(Head {
        format: Format,
        name: name?,
        number: number?,
        trigger: trigger?,
        again: again?,
    })
}

fn number(node: &Node<'_>) -> Option<NumberId> {
    match node.text()?.parse::<NumberId>() {
        Ok(number) => Some(number),
        Err(error) => {
            node.fault(error.to_string());
            None
        }
    }
}

fn trigger(node: Node<'_>) -> Option<Trigger> {
    let members = node.object()?;
    let kinds = Trigger::KINDS.map(|kind| (kind, kind));
    let kind = members.need("kind")?.word(&kinds)?;
    let named =
        |member: &'static str| members.or(member, None, |node| node.line(NAME_CHARS_MAX).map(Some));
    let must = |member: &'static str| members.need(member)?.line(NAME_CHARS_MAX);
    let found = match kind {
        "joined" => named("form").map(|form| Trigger::Joined { form }),
        "tag_added" => must("tag").map(|tag| Trigger::TagAdded { tag }),
        "attribute_changed" => {
            let attribute = members.need("attribute").and_then(|node| attribute(&node));
            let to = members.or("to", None, |node| node.line(VALUE_CHARS_MAX).map(Some));
            attribute
                .zip(to)
                .map(|(attribute, to)| Trigger::AttributeChanged { attribute, to })
        }
        "event" => must("name").map(|name| Trigger::Event { name }),
        "date" => date(&members).map(Trigger::Date),
        "keyword" => members
            .need("words")
            .and_then(|node| labels(&node, 1, KEYWORDS_MAX, |_| NAME_CHARS_MAX))
            .map(|words| Trigger::Keyword { words }),
        _ => named("ad").map(|ad| Trigger::AdReferral { ad }),
    };
    members.done()?;
    found
}

fn date(members: &Members<'_>) -> Option<DateRule> {
    let max = i64::from(SHIFT_DAYS_MAX);
    let attribute = members.need("attribute").and_then(|node| attribute(&node));
    let days = members.or("days", 0, |node| i16::try_from(node.whole(-max, max)?).ok());
    let time = members.need("time").and_then(|node| day_time(&node));
    let yearly = members.or("yearly", false, |node| node.flag());
    Some(DateRule {
        attribute: attribute?,
        days: days?,
        time: time?,
        yearly: yearly?,
    })
}

fn again(node: Node<'_>) -> Option<Again> {
    if node.is_text() {
        return node.word(&[("never", Again::Never), ("outside", Again::Outside)]);
    }
    let members = node.object()?;
    let max = i64::from(AGAIN_DAYS_MAX);
    let days = members
        .need("after_days")
        .and_then(|node| node.whole(1, max));
    members.done()?;
    Some(Again::AfterDays(u32::try_from(days?).ok()?))
}

fn steps(node: &Node<'_>) -> Option<Vec<Step>> {
    let read: Vec<_> = node.list(STEPS_MAX)?.into_iter().map(one_step).collect();
    read.into_iter().collect()
}

fn one_step(node: Node<'_>) -> Option<Step> {
    let node = match node.id() {
        Some(id) => node.of(&id),
        None => node,
    };
    let members = node.object()?;
    let id = members.need("id").and_then(|node| id(&node));
    let kinds = Act::KINDS.map(|kind| (kind, kind));
    let kind = members.need("kind")?.word(&kinds)?;
    let act = match kind {
        "send_template" => send_template(&members).map(Act::SendTemplate),
        "send_message" => send_message(&members).map(Act::SendMessage),
        "ask" => ask(&members).map(Act::Ask),
        "wait" => wait(&members).map(Act::Wait),
        "wait_until" => {
            let time = members.need("time").and_then(|node| day_time(&node));
            time.map(|time| Act::WaitUntil(WaitUntil { time }))
        }
        "branch" => branch(&members).map(Act::Branch),
        "add_tag" => tag(&members).map(Act::AddTag),
        "remove_tag" => tag(&members).map(Act::RemoveTag),
        "set_attribute" => set_attribute(&members).map(Act::SetAttribute),
        "call_webhook" => call_webhook(&members).map(Act::CallWebhook),
        "hand_to_agent" => hand_to_agent(&members).map(Act::HandToAgent),
        _ => Some(Act::End(End {})),
    };
    members.done()?;
    Some(Step { id: id?, act: act? })
}

fn hand_to_agent(members: &Members<'_>) -> Option<HandToAgent> {
    let agent = members.or("agent", None, |node| address(&node).map(Some));
    let note = members.or("note", None, |node| {
        message(&node, VALUE_CHARS_MAX).map(Some)
    });
    Some(HandToAgent {
        agent: agent?,
        note: note?,
    })
}

/// What somebody of the staff signs in with. Whether there is such a member, the server looks.
fn address(node: &Node<'_>) -> Option<String> {
    let text = node.line(ADDRESS_CHARS_MAX)?;
    let parts = text.split_once('@');
    let whole =
        |(name, host): (&str, &str)| !name.is_empty() && !host.is_empty() && !host.contains('@');
    if text.contains(char::is_whitespace) || !parts.is_some_and(whole) {
        node.fault("want an e-mail address, like ana@shop.example");
        return None;
    }
    Some(text)
}

fn send_template(members: &Members<'_>) -> Option<SendTemplate> {
    let template = members
        .need("template")
        .and_then(|node| template_name(&node));
    let language = members
        .need("language")
        .and_then(|node| template_language(&node));
    let variables = members.or("variables", BTreeMap::new(), |node| variables(&node));
    let if_not_sent = if_not(members, "if_not_sent");
    Some(SendTemplate {
        template: template?,
        language: language?,
        variables: variables?,
        if_not_sent: if_not_sent?,
    })
}

fn template_name(node: &Node<'_>) -> Option<String> {
    let name = node.line(TEMPLATE_CHARS_MAX)?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !name.chars().all(plain) {
        node.fault("want the name of a template: a to z, 0 to 9 and `_`");
        return None;
    }
    Some(name)
}

fn template_language(node: &Node<'_>) -> Option<String> {
    let text = node.text()?;
    if !is_language(text) {
        node.fault("want the language of a template, like en_US");
        return None;
    }
    Some(text.to_owned())
}

fn variables(node: &Node<'_>) -> Option<BTreeMap<String, Text>> {
    let mut found = Some(BTreeMap::new());
    for (name, node) in node.entries(VARIABLES_MAX)? {
        if let Some(say) = super::json::line_fault(name, NAME_CHARS_MAX) {
            node.fault(format!("this is no name of a variable: {say}"));
            found = None;
        }
        let text = message(&node, VALUE_CHARS_MAX);
        found = found.zip(text).map(|(mut found, text)| {
            found.insert(name.to_owned(), text);
            found
        });
    }
    found
}

fn send_message(members: &Members<'_>) -> Option<SendMessage> {
    let label = |_| BUTTON_CHARS_MAX;
    let buttons = members.or("buttons", Vec::new(), |node| {
        labels(&node, 0, BUTTONS_MAX, label)
    });
    let plain = buttons.as_ref().is_none_or(Vec::is_empty);
    let max = if plain {
        TEXT_CHARS_MAX
    } else {
        ASKED_CHARS_MAX
    };
    let text = members.need("text").and_then(|node| message(&node, max));
    let if_not_sent = if_not(members, "if_not_sent");
    Some(SendMessage {
        text: text?,
        buttons: buttons?,
        if_not_sent: if_not_sent?,
    })
}

fn ask(members: &Members<'_>) -> Option<Ask> {
    let label = |count| {
        if count > BUTTONS_MAX {
            CHOICE_CHARS_MAX
        } else {
            BUTTON_CHARS_MAX
        }
    };
    let choices = members.or("choices", Vec::new(), |node| {
        labels(&node, 0, CHOICES_MAX, label)
    });
    let free = choices.as_ref().is_none_or(Vec::is_empty);
    let max = if free {
        TEXT_CHARS_MAX
    } else {
        ASKED_CHARS_MAX
    };
    let text = members.need("text").and_then(|node| message(&node, max));
    let within = members.or("within", Span::DAY, span);
    let tries = members.or("tries", 1, |node| {
        u8::try_from(node.whole(1, i64::from(TRIES_MAX))?).ok()
    });
    let save_as = members.or("save_as", None, |node| attribute(&node).map(Some));
    let if_not_sent = if_not(members, "if_not_sent");
    Some(Ask {
        text: text?,
        choices: choices?,
        within: within?,
        tries: tries?,
        save_as: save_as?,
        if_not_sent: if_not_sent?,
    })
}

fn wait(members: &Members<'_>) -> Option<Wait> {
    let span = members.need("for").and_then(span);
    let or_reply = members.or("or_reply", false, |node| node.flag());
    let or_when = members.or("or_when", None, |node| condition(node).map(Some));
    Some(Wait {
        span: span?,
        or_reply: or_reply?,
        or_when: or_when?,
    })
}

fn branch(members: &Members<'_>) -> Option<Branch> {
    let ways = members.need("ways").and_then(|node| {
        let ways = node.list(WAYS_MAX)?;
        if ways.is_empty() {
            node.fault("a branch needs at least one way");
        }
        let read: Vec<_> = ways.into_iter().map(way).collect();
        read.into_iter().collect()
    });
    let otherwise = members.or("otherwise", Vec::new(), |node| steps(&node));
    Some(Branch {
        ways: ways?,
        otherwise: otherwise?,
    })
}

fn way(node: Node<'_>) -> Option<Way> {
    let members = node.object()?;
    let when = members.need("when").and_then(condition);
    let steps = members.need("steps").and_then(|node| steps(&node));
    members.done()?;
    Some(Way {
        when: when?,
        steps: steps?,
    })
}

fn tag(members: &Members<'_>) -> Option<Tag> {
    Some(Tag {
        tag: members.need("tag")?.line(NAME_CHARS_MAX)?,
    })
}

fn set_attribute(members: &Members<'_>) -> Option<SetAttribute> {
    let attribute = members.need("attribute").and_then(|node| attribute(&node));
    let value = members
        .need("value")
        .and_then(|node| text(&node, VALUE_CHARS_MAX));
    Some(SetAttribute {
        attribute: attribute?,
        value: value?,
    })
}

fn call_webhook(members: &Members<'_>) -> Option<CallWebhook> {
    let webhook = members
        .need("webhook")
        .and_then(|node| node.line(NAME_CHARS_MAX));
    let if_failed = if_not(members, "if_failed");
    Some(CallWebhook {
        webhook: webhook?,
        if_failed: if_failed?,
    })
}

fn if_not(members: &Members<'_>, name: &'static str) -> Option<IfNot> {
    let words = IfNot::ALL.map(|one| (one.word(), one));
    members.or(name, IfNot::End, |node| node.word(&words))
}

fn span(node: Node<'_>) -> Option<Span> {
    let members = node.object()?;
    let found = members.one(&Span::UNITS);
    members.done()?;
    let (unit, node) = found?;
    let count = node.whole(1, i64::from(u32::MAX))?;
    let span = u32::try_from(count)
        .ok()
        .and_then(|count| Span::read(unit, count));
    if span.is_none() {
        node.fault("want a minute to 365 days");
    }
    span
}

fn day_time(node: &Node<'_>) -> Option<DayTime> {
    let found = DayTime::read(node.text()?);
    if found.is_none() {
        node.fault("want a time of the day, from 00:00 to 23:59");
    }
    found
}

/// A text with holes that may come out empty.
fn text(node: &Node<'_>, max: usize) -> Option<Text> {
    let source = node.text()?;
    if source.chars().count() > max || source.contains('\0') {
        node.fault(format!("want at most {max} characters, without U+0000"));
        return None;
    }
    match Text::read(source) {
        Ok(text) => Some(text),
        Err(say) => {
            node.fault(say);
            None
        }
    }
}

/// A text that says something to everybody.
fn message(node: &Node<'_>, max: usize) -> Option<Text> {
    let text = text(node, max)?;
    if text.may_be_empty() {
        node.fault("for somebody of whom nothing is known this would be empty: want words, or a variable like {{first_name|there}}");
        return None;
    }
    Some(text)
}

/// Labels, so many at least and at most, no two of which are one to somebody who types. How long each may be depends on
/// how many there are.
fn labels(
    node: &Node<'_>,
    min: usize,
    max: usize,
    chars_max: impl Fn(usize) -> usize,
) -> Option<Vec<String>> {
    let nodes = node.list(max)?;
    if nodes.len() < min {
        node.fault(format!("want at least {min}"));
        return None;
    }
    let chars_max = chars_max(nodes.len());
    let mut found: Vec<String> = Vec::new();
    let mut good = true;
    for node in nodes {
        match node.line(chars_max) {
            Some(label) if found.iter().any(|other| typed(other, &label)) => {
                node.fault(format!(
                    "`{label}` is there before: who types could not choose"
                ));
                good = false;
            }
            Some(label) => found.push(label),
            None => good = false,
        }
    }
    good.then_some(found)
}

//! The steps of a journey.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    condition::Condition,
    id::StepId,
    span::{DayTime, Span},
    text::Text,
};

/// A step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// Its id, one of its kind in the journey.
    pub id: StepId,
    /// What it does.
    #[serde(flatten)]
    pub act: Act,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Act {
    /// Sends a template.
    SendTemplate(SendTemplate),
    /// Sends a message within the customer service window.
    SendMessage(SendMessage),
    /// Asks a question and waits for the answer.
    Ask(Ask),
    /// Waits for a while.
    Wait(Wait),
    /// Waits until the person's clock shows a time.
    WaitUntil(WaitUntil),
    /// Goes the first way whose condition holds.
    Branch(Branch),
    /// Gives a tag.
    AddTag(Tag),
    /// Takes a tag away.
    RemoveTag(Tag),
    /// Sets an attribute.
    SetAttribute(SetAttribute),
    /// Calls a webhook of the business and waits for its answer.
    CallWebhook(CallWebhook),
    /// Hands the conversation to an agent, and ends: from there on people talk.
    HandToAgent(HandToAgent),
    /// Ends the journey.
    End(End),
}

/// Sends a template.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SendTemplate {
    /// The name of the template.
    pub template: String,
    /// The language of the template, as Meta writes it: `en_US`.
    pub language: String,
    /// What stands in its variables, by their names or numbers.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, Text>,
    /// What happens when it is not sent.
    #[serde(skip_serializing_if = "IfNot::is_end")]
    pub if_not_sent: IfNot,
}

/// Sends a message.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SendMessage {
    /// The text.
    pub text: Text,
    /// Labels of buttons, none to three.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<String>,
    /// What happens when it is not sent.
    #[serde(skip_serializing_if = "IfNot::is_end")]
    pub if_not_sent: IfNot,
}

/// Asks a question.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ask {
    /// The question.
    pub text: Text,
    /// The answers to choose from; none for an answer in the person's own words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// How long to wait for the answer.
    #[serde(skip_serializing_if = "is_day")]
    pub within: Span,
    /// How often the question is put, when the answers are none of the choices.
    #[serde(skip_serializing_if = "is_one")]
    pub tries: u8,
    /// The attribute that keeps the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub save_as: Option<String>,
    /// What happens when it is not sent.
    #[serde(skip_serializing_if = "IfNot::is_end")]
    pub if_not_sent: IfNot,
}

/// Waits for a while.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Wait {
    /// How long.
    #[serde(rename = "for")]
    pub span: Span,
    /// Whether a message from the person ends the wait.
    #[serde(skip_serializing_if = "is_false")]
    pub or_reply: bool,
    /// What ends the wait as soon as it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub or_when: Option<Condition>,
}

/// Waits until the person's clock shows a time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WaitUntil {
    /// The time; when it is just now, there is no wait.
    pub time: DayTime,
}

/// Goes the first way whose condition holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Branch {
    /// The ways, asked in this order.
    pub ways: Vec<Way>,
    /// What is done when no condition holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub otherwise: Vec<Step>,
}

/// One way of a branch. At its end the journey goes on behind the branch.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Way {
    /// When it is taken.
    pub when: Condition,
    /// What is done on it.
    pub steps: Vec<Step>,
}

/// Gives a tag or takes it away.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tag {
    /// The tag.
    pub tag: String,
}

/// Sets an attribute.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SetAttribute {
    /// The attribute.
    pub attribute: String,
    /// Its value.
    pub value: Text,
}

/// Calls a webhook.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CallWebhook {
    /// Its name among the webhooks of the business; the address and its secret are no part of a journey.
    pub webhook: String,
    /// What happens when it does not answer well.
    #[serde(skip_serializing_if = "IfNot::is_end")]
    pub if_failed: IfNot,
}

/// Hands the conversation to an agent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HandToAgent {
    /// The member of the staff who takes it over, by the address that they sign in with; none for whoever is free.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// What the agent should know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

/// Ends the journey.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct End {}

/// What happens when a send is denied or fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IfNot {
    /// The journey ends and names the error.
    #[default]
    End,
    /// The journey goes on.
    Continue,
}

impl IfNot {
    /// Both.
    pub const ALL: [Self; 2] = [Self::End, Self::Continue];

    /// The word in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::End => "end",
            Self::Continue => "continue",
        }
    }

    fn is_end(&self) -> bool {
        *self == Self::End
    }
}

impl Act {
    /// Every kind, as JSON names it.
    pub const KINDS: [&str; 12] = [
        "send_template",
        "send_message",
        "ask",
        "wait",
        "wait_until",
        "branch",
        "add_tag",
        "remove_tag",
        "set_attribute",
        "call_webhook",
        "hand_to_agent",
        "end",
    ];

    /// The kind, as JSON names it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::SendTemplate(_) => "send_template",
            Self::SendMessage(_) => "send_message",
            Self::Ask(_) => "ask",
            Self::Wait(_) => "wait",
            Self::WaitUntil(_) => "wait_until",
            Self::Branch(_) => "branch",
            Self::AddTag(_) => "add_tag",
            Self::RemoveTag(_) => "remove_tag",
            Self::SetAttribute(_) => "set_attribute",
            Self::CallWebhook(_) => "call_webhook",
            Self::HandToAgent(_) => "hand_to_agent",
            Self::End(_) => "end",
        }
    }

    /// What happens when it is not done; none for what cannot fail.
    #[must_use]
    pub const fn if_not(&self) -> Option<IfNot> {
        match self {
            Self::SendTemplate(send) => Some(send.if_not_sent),
            Self::SendMessage(send) => Some(send.if_not_sent),
            Self::Ask(ask) => Some(ask.if_not_sent),
            Self::CallWebhook(call) => Some(call.if_failed),
            Self::Wait(_)
            | Self::WaitUntil(_)
            | Self::Branch(_)
            | Self::AddTag(_)
            | Self::RemoveTag(_)
            | Self::SetAttribute(_)
            | Self::HandToAgent(_)
            | Self::End(_) => None,
        }
    }

    /// Whether what the person writes is kept under the step's id.
    #[must_use]
    pub fn takes_answer(&self) -> bool {
        match self {
            Self::Ask(_) => true,
            Self::Wait(wait) => wait.or_reply,
            Self::SendTemplate(_)
            | Self::SendMessage(_)
            | Self::WaitUntil(_)
            | Self::Branch(_)
            | Self::AddTag(_)
            | Self::RemoveTag(_)
            | Self::SetAttribute(_)
            | Self::CallWebhook(_)
            | Self::HandToAgent(_)
            | Self::End(_) => false,
        }
    }

    /// The texts that are filled for each person.
    #[must_use]
    pub fn texts(&self) -> Vec<&Text> {
        match self {
            Self::SendTemplate(send) => send.variables.values().collect(),
            Self::SendMessage(send) => vec![&send.text],
            Self::Ask(ask) => vec![&ask.text],
            Self::SetAttribute(set) => vec![&set.value],
            Self::HandToAgent(hand) => hand.note.iter().collect(),
            Self::Wait(_)
            | Self::WaitUntil(_)
            | Self::Branch(_)
            | Self::AddTag(_)
            | Self::RemoveTag(_)
            | Self::CallWebhook(_)
            | Self::End(_) => Vec::new(),
        }
    }

    /// Whether nothing behind it in its list is ever reached.
    #[must_use]
    pub const fn is_last(&self) -> bool {
        matches!(self, Self::HandToAgent(_) | Self::End(_))
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}

fn is_one(count: &u8) -> bool {
    *count == 1
}

fn is_day(span: &Span) -> bool {
    *span == Span::DAY
}

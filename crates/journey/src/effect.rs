//! What a journey wants done. The server saves effects with the new state and carries each out at most once.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::id::StepId;

/// What names one effect for ever: the run, the step and which time it is, as `<run>/<step>/<count>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(String);

impl Key {
    /// How the payload of every button of a journey begins.
    pub const PAYLOAD: &str = "journey:";

    /// The key of a step's effect for the so manieth time.
    #[must_use]
    pub fn of(run: &str, step: &StepId, count: u8) -> Self {
        Self(format!("{run}/{step}/{count}"))
    }

    /// The key of what keeps a step's answer.
    #[must_use]
    pub fn of_answer(run: &str, step: &StepId) -> Self {
        Self(format!("{run}/{step}/answer"))
    }

    /// A key as it was kept.
    #[must_use]
    pub fn kept(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The step, when the key is of this run.
    #[must_use]
    pub fn step(&self, run: &str) -> Option<StepId> {
        let (step, _) = self
            .0
            .strip_prefix(run)?
            .strip_prefix('/')?
            .split_once('/')?;
        StepId::read(step).ok()
    }

    /// What a button of this effect carries back.
    #[must_use]
    pub fn payload(&self, index: usize) -> String {
        format!("{}{}/{index}", Self::PAYLOAD, self.0)
    }

    /// Which button a payload is of, when it is one of this effect.
    #[must_use]
    pub fn pressed(&self, payload: &str) -> Option<usize> {
        let index = payload.strip_prefix(Self::PAYLOAD)?.strip_prefix(&self.0)?;
        index.strip_prefix('/')?.parse().ok()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An answer to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// What it says.
    pub label: String,
    /// What comes back when it is tapped.
    pub payload: String,
}

/// What is to be done. The journey waits for the outcome of the first four; the others belong to the server's own
/// transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// Send a template, through the gate.
    SendTemplate {
        /// Its key.
        key: Key,
        /// The template.
        template: String,
        /// Its language.
        language: String,
        /// What stands in its variables.
        variables: BTreeMap<String, String>,
    },
    /// Send a message, through the gate.
    SendMessage {
        /// Its key.
        key: Key,
        /// The text.
        text: String,
        /// Its buttons, none to three.
        buttons: Vec<Choice>,
    },
    /// Ask a question, through the gate: up to three choices are buttons, more are a list.
    Ask {
        /// Its key.
        key: Key,
        /// The question.
        text: String,
        /// The answers to choose from; none for free words.
        choices: Vec<Choice>,
    },
    /// Call a webhook of the business.
    CallWebhook {
        /// Its key.
        key: Key,
        /// The webhook, by its name.
        webhook: String,
        /// The answers taken so far, by step.
        answers: BTreeMap<StepId, String>,
        /// What the event that began the journey brought along.
        given: BTreeMap<String, String>,
    },
    /// Give a tag.
    AddTag {
        /// Its key.
        key: Key,
        /// The tag.
        tag: String,
    },
    /// Take a tag away.
    RemoveTag {
        /// Its key.
        key: Key,
        /// The tag.
        tag: String,
    },
    /// Set an attribute. A value that does not fit the attribute's kind is the server's to refuse.
    SetAttribute {
        /// Its key.
        key: Key,
        /// The attribute.
        attribute: String,
        /// Its value; empty takes it away.
        value: String,
    },
    /// Hand the conversation to an agent.
    HandToAgent {
        /// Its key.
        key: Key,
        /// What the agent should know.
        note: String,
        /// Who of the staff takes it over, by the address that they sign in with; none for whoever is free.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent: Option<String>,
    },
}

impl Effect {
    /// The key.
    #[must_use]
    pub const fn key(&self) -> &Key {
        match self {
            Self::SendTemplate { key, .. }
            | Self::SendMessage { key, .. }
            | Self::Ask { key, .. }
            | Self::CallWebhook { key, .. }
            | Self::AddTag { key, .. }
            | Self::RemoveTag { key, .. }
            | Self::SetAttribute { key, .. }
            | Self::HandToAgent { key, .. } => key,
        }
    }

    /// Whether the journey waits for what becomes of it.
    #[must_use]
    pub const fn is_awaited(&self) -> bool {
        match self {
            Self::SendTemplate { .. }
            | Self::SendMessage { .. }
            | Self::Ask { .. }
            | Self::CallWebhook { .. } => true,
            Self::AddTag { .. }
            | Self::RemoveTag { .. }
            | Self::SetAttribute { .. }
            | Self::HandToAgent { .. } => false,
        }
    }
}

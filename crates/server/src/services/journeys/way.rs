//! One person's way through a journey, as it is kept.

use std::sync::Arc;

use consent::{id::ContactId, reason::Code, time::Timestamp};
use journey::{
    definition::Definition,
    effect::{Effect, Key},
    state::State,
    visit::{Ending, Passed, Visit},
};
use serde::{Deserialize, Serialize};
use store::journey::{
    effect::{self, EffectLine},
    run::{self, RunLine, VisitLine},
};
use uuid::Uuid;

use crate::{error::Error, services::gate::tie::dated, vault::sha256};

/// What is remembered of a way.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Memory {
    /// How much happened so far.
    pub(super) passed: i64,
    /// How many journeys stand behind each other as the cause of this one.
    #[serde(default)]
    pub(super) depth: u8,
    /// Where they are.
    pub(super) state: State,
}

impl Memory {
    pub(super) fn read(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text).map_err(Error::internal)
    }
}

/// A way, with what is to be written of it.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub(super) line: RunLine,
    pub(super) memory: Memory,
    pub(super) definition: Arc<Definition>,
    pub(super) is_new: bool,
    pub(super) is_changed: bool,
    pub(super) visits: Vec<VisitLine>,
    pub(super) effects: Vec<EffectLine>,
}

impl Way {
    pub(super) fn of(line: RunLine, definition: Arc<Definition>) -> Result<Self, Error> {
        Ok(Self {
            memory: Memory::read(&line.memory)?,
            line,
            definition,
            is_new: false,
            is_changed: false,
            visits: Vec::new(),
            effects: Vec::new(),
        })
    }

    pub(super) const fn is_inside(&self) -> bool {
        matches!(self.line.state, run::State::Running)
    }

    /// Notes what was passed.
    pub(super) fn pass(&mut self, visits: Vec<Visit>) {
        for visit in visits {
            self.memory.passed += 1;
            self.visits.push(VisitLine {
                contact: self.line.contact,
                run: self.line.id,
                place: self.memory.passed,
                step: visit.step.map(|step| step.to_string()).unwrap_or_default(),
                at: visit.at,
                result: word(&visit.passed),
                note: serde_json::to_string(&visit.passed).ok(),
            });
        }
    }

    /// Takes the person to where they are now.
    pub(super) fn go(&mut self, state: State, now: Timestamp) {
        self.is_changed = true;
        self.line.due = state.due();
        if let Some(how) = state.ended() {
            let was_inside = self.is_inside();
            let (ended, why) = ending(how);
            // Whoever left by a no has left, unless we learn what stopped them.
            if was_inside || matches!(ended, run::State::Failed | run::State::Refused) {
                self.line.state = ended;
                self.line.why = why;
            }
            self.line.ended = self.line.ended.or(Some(now));
            self.line.due = None;
        }
        self.memory.state = state;
    }

    /// Something to be done outside, or that was done.
    pub(super) fn want(&mut self, effect: &Effect, (state, due): (effect::State, Timestamp)) {
        self.effects.push(EffectLine {
            contact: self.line.contact,
            id: id_of(self.line.id, effect.key()),
            key: effect.key().to_string(),
            run: self.line.id,
            kind: kind(effect).to_owned(),
            body: serde_json::to_string(effect).unwrap_or_default(),
            state,
            tries: 0,
            due,
            attempt: None,
            outcome: None,
        });
    }

    /// The row as it is to be.
    pub(super) fn row(&self) -> Result<RunLine, Error> {
        Ok(RunLine {
            memory: serde_json::to_string(&self.memory).map_err(Error::internal)?,
            ..self.line.clone()
        })
    }
}

/// The id of an effect: made of its key, so that it is the same on every node and after every crash.
#[must_use]
pub(super) fn id_of(run: Uuid, key: &Key) -> Uuid {
    dated(run, &sha256(key.as_str().as_bytes()))
}

/// Somebody who is about to enter.
pub(super) fn entering(
    (contact, id): (ContactId, Uuid),
    (journey, version): (Uuid, i64),
    now: Timestamp,
) -> RunLine {
    RunLine {
        contact,
        id,
        journey,
        version,
        state: run::State::Running,
        memory: String::new(),
        due: None,
        entered: now,
        ended: None,
        why: None,
        cas: 0,
    }
}

/// A way that ends because its version cannot be read any more.
pub(super) fn lost(line: RunLine, now: Timestamp) -> RunLine {
    RunLine {
        state: run::State::Failed,
        due: None,
        ended: Some(now),
        why: Some("unreadable".to_owned()),
        ..line
    }
}

fn ending(how: &Ending) -> (run::State, Option<String>) {
    match how {
        Ending::Done | Ending::HandedOver => (run::State::Ended, None),
        Ending::OptedOut { sentence } => (run::State::Left, Some(sentence.clone())),
        Ending::Stopped { code, words, .. } if is_refusal(code) => {
            (run::State::Refused, Some(words.clone()))
        }
        Ending::Stopped { words, .. } => (run::State::Failed, Some(words.clone())),
        Ending::Lost => (run::State::Failed, Some("lost".to_owned())),
    }
}

/// Whether this is the code of a refusal by the gate, not of an error.
pub(super) fn is_refusal(code: &str) -> bool {
    Code::read(code).is_some()
}

/// What happened at a step, in the word that JSON has for it.
pub(super) fn word(passed: &Passed) -> String {
    let value = serde_json::to_value(passed).unwrap_or_default();
    let word = value.get("is").and_then(serde_json::Value::as_str);
    word.unwrap_or_default().to_owned()
}

const fn kind(effect: &Effect) -> &'static str {
    match effect {
        Effect::SendTemplate { .. } => "send_template",
        Effect::SendMessage { .. } => "send_message",
        Effect::Ask { .. } => "ask",
        Effect::CallWebhook { .. } => "call_webhook",
        Effect::AddTag { .. } => "add_tag",
        Effect::RemoveTag { .. } => "remove_tag",
        Effect::SetAttribute { .. } => "set_attribute",
        Effect::HandToAgent { .. } => "hand_to_agent",
    }
}

/// Why somebody is out, without a code: the word that the table has, and the sentence that answers have.
const REASONS: [(&str, &str); 10] = [
    ("opt_out", "They opted out."),
    ("platform_stop", "They switched offers off in WhatsApp."),
    ("hold", "Messages to them are on hold."),
    ("blocked", "They blocked the business."),
    (
        "identity_changed",
        "Their number may belong to somebody else now.",
    ),
    ("erasure", "They were erased."),
    (
        "merged",
        "They turned out to be somebody who is inside already.",
    ),
    ("emptied", "Everybody was taken out."),
    (
        "unreadable",
        "The version that they entered with cannot be read any more.",
    ),
    (
        "lost",
        "The version that they entered with has no such step.",
    ),
];

/// Why somebody left, as a sentence, from the word that the table has.
#[must_use]
pub(super) fn sentence(why: &str) -> &str {
    let found = REASONS.iter().find(|(word, _)| *word == why);
    found.map_or(why, |(_, sentence)| *sentence)
}

/// The word for a reason that we word ourselves, from the word or the sentence; none for what somebody else said.
#[must_use]
pub fn reason(why: &str) -> Option<&'static str> {
    let found = REASONS
        .iter()
        .find(|(word, sentence)| *word == why || *sentence == why);
    found.map(|(word, _)| *word)
}

//! What the tests share: journeys from a few lines of JSON, and somebody who walks through them.

use consent::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use journey::{
    advance::{Advance, advance},
    definition::Definition,
    effect::{Effect, Key},
    facts::Facts,
    happening::{Happening, What},
    id::StepId,
    state::State,
    visit::{Ending, Passed, Visit},
};
use serde_json::{Value, json};

pub const MINUTE: i64 = MINUTE_MS;
pub const HOUR: i64 = HOUR_MS;
pub const DAY: i64 = DAY_MS;
/// 2026-11-23T10:00:00Z, a Monday.
pub const START: Timestamp = Timestamp::from_millis(1_795_428_000_000);

/// A journey of these steps that anybody enters.
pub fn journey(steps: &Value) -> Definition {
    let text = json!({"format": 1, "name": "Test", "trigger": {"kind": "joined"}, "steps": steps});
    Definition::read(&text.to_string()).unwrap()
}

pub fn id(text: &str) -> StepId {
    StepId::read(text).unwrap()
}

/// Somebody on their way.
pub struct Ana<'a> {
    pub definition: &'a Definition,
    pub state: State,
    pub facts: Facts,
    pub now: Timestamp,
    pub visits: Vec<Visit>,
    pub last: Option<Advance>,
}

impl<'a> Ana<'a> {
    /// Has just entered.
    pub fn enters(definition: &'a Definition, facts: Facts) -> Self {
        let mut ana = Self {
            definition,
            state: State::enter("run", 7, &[("amount".to_owned(), "42".to_owned())].into()),
            facts,
            now: START,
            visits: Vec::new(),
            last: None,
        };
        let _ = ana.told(&Happening::Entered);
        ana
    }

    /// Something happens; gives what is to be done.
    pub fn told(&mut self, happening: &Happening) -> Vec<Effect> {
        let next = advance(
            self.definition,
            &self.state,
            happening,
            &self.facts,
            self.now,
        );
        self.state = next.state.clone();
        self.visits.extend(next.visits.clone());
        let effects = next.effects.clone();
        self.last = Some(next);
        effects
    }

    /// What was to be done when something last happened.
    pub fn effects(&self) -> &[Effect] {
        &self.last.as_ref().unwrap().effects
    }

    pub fn writes(&mut self, text: &str) -> Vec<Effect> {
        self.told(&Happening::Replied {
            text: text.to_owned(),
            payload: None,
        })
    }

    pub fn taps(&mut self, payload: &str) -> Vec<Effect> {
        let payload = Some(payload.to_owned());
        self.told(&Happening::Replied {
            text: "label".to_owned(),
            payload,
        })
    }

    /// What was awaited has this outcome.
    pub fn outcome(&mut self, what: What) -> Vec<Effect> {
        let key = self.state.awaited().unwrap();
        self.told(&Happening::Outcome { key, what })
    }

    pub fn accepted(&mut self) -> Vec<Effect> {
        self.outcome(What::Accepted)
    }

    pub fn later(&mut self, ms: i64) -> Vec<Effect> {
        self.now = self.now.plus_millis(ms);
        self.told(&Happening::TimeCame)
    }

    pub fn ended(&self) -> Option<&Ending> {
        self.state.ended()
    }

    /// What happened at a step, in order.
    pub fn passed(&self, step: &str) -> Vec<&Passed> {
        let of = |visit: &&Visit| visit.step.as_ref().is_some_and(|id| id.as_str() == step);
        self.visits
            .iter()
            .filter(of)
            .map(|visit| &visit.passed)
            .collect()
    }
}

/// Meta's own words for 131050.
pub fn stopped_at_meta() -> What {
    What::Failed {
        code: "131050".to_owned(),
        words: "User has stopped receiving marketing messages from this business".to_owned(),
    }
}

pub fn key(text: &str) -> Key {
    Key::kept(text)
}

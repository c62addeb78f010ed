//! Where somebody is in a journey, and what is remembered of their way.

use std::collections::BTreeMap;

use consent::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    effect::Key,
    id::StepId,
    known::Known,
    limits::{GIVEN_MAX, NAME_CHARS_MAX, VALUE_CHARS_MAX},
    stamp,
    visit::Ending,
};

/// Where somebody is in a journey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The run: what one entry of one person is called.
    run: String,
    /// The version of the definition that they entered with. It never changes: only that version may carry them on.
    version: u32,
    /// Where they are.
    place: Place,
    /// What is remembered.
    #[serde(flatten)]
    known: Known,
}

/// Where somebody is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case", deny_unknown_fields)]
pub enum Place {
    /// Before the first step.
    Door,
    /// At a step.
    Step {
        /// The step.
        step: StepId,
        /// What is waited for.
        #[serde(rename = "for")]
        waiting: Waiting,
        /// When the wait ends at the latest.
        #[serde(with = "stamp")]
        until: Timestamp,
        /// How often the step was begun.
        count: u8,
    },
    /// Outside.
    Out {
        /// How it ended.
        how: Ending,
    },
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Waiting {
    /// The time, and whatever else the step says may end the wait.
    Time,
    /// The outcome of what the step began.
    Outcome,
    /// The answer to the question.
    Answer,
}

impl State {
    /// Somebody who is about to enter a version of a journey, with what the event brought along: the first fifty values,
    /// each cut after 1,024 characters.
    #[must_use]
    pub fn enter(run: &str, version: u32, given: &BTreeMap<String, String>) -> Self {
        let named = given
            .iter()
            .filter(|(key, _)| key.chars().count() <= NAME_CHARS_MAX);
        let cut = |value: &String| value.chars().take(VALUE_CHARS_MAX).collect();
        let given = named
            .take(GIVEN_MAX)
            .map(|(key, value)| (key.clone(), cut(value)))
            .collect();
        Self {
            run: run.to_owned(),
            version,
            place: Place::Door,
            known: Known {
                given,
                ..Known::default()
            },
        }
    }

    /// Reads what [`State::write`] wrote.
    ///
    /// # Errors
    /// When it is something else.
    pub fn read(text: &str) -> Result<Self, BadState> {
        serde_json::from_str(text).map_err(|error| BadState(error.to_string()))
    }

    /// The state as compact JSON.
    #[must_use]
    pub fn write(&self) -> String {
        // Maps with text for keys, and numbers: there is nothing that JSON could not hold.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What this entry of this person is called.
    #[must_use]
    pub fn run(&self) -> &str {
        &self.run
    }

    /// The version of the definition that they entered with.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// Where they are.
    #[must_use]
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// What is remembered.
    #[must_use]
    pub const fn known(&self) -> &Known {
        &self.known
    }

    /// When [`crate::happening::Happening::TimeCame`] is to be told, if nothing else happens before; none for whoever is outside.
    #[must_use]
    pub const fn due(&self) -> Option<Timestamp> {
        match &self.place {
            Place::Door | Place::Out { .. } => None,
            Place::Step { until, .. } => Some(*until),
        }
    }

    /// The effect whose outcome is awaited: what an opt-out cancels, where it was only queued.
    #[must_use]
    pub fn awaited(&self) -> Option<Key> {
        match &self.place {
            Place::Step {
                step,
                waiting: Waiting::Outcome,
                count,
                ..
            } => Some(Key::of(&self.run, step, *count)),
            Place::Door | Place::Step { .. } | Place::Out { .. } => None,
        }
    }

    /// How it ended; none for whoever is inside.
    #[must_use]
    pub const fn ended(&self) -> Option<&Ending> {
        match &self.place {
            Place::Door | Place::Step { .. } => None,
            Place::Out { how } => Some(how),
        }
    }

    /// The same person at another place.
    pub(crate) fn moved(&self, place: Place, known: Known) -> Self {
        Self {
            run: self.run.clone(),
            version: self.version,
            place,
            known,
        }
    }
}

/// A text that is no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no state of a journey: {0}")]
pub struct BadState(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_as_it_was_written() {
        let step = StepId::read("s1").unwrap();
        let given = [("amount".to_owned(), "42".to_owned())].into();
        let mut known = State::enter("r", 3, &given).known;
        known.answers.insert(step.clone(), "yes".to_owned());
        known.done.insert(step.clone(), false);
        let places = [
            Place::Door,
            Place::Step {
                step: step.clone(),
                waiting: Waiting::Answer,
                until: Timestamp::from_millis(-5),
                count: 2,
            },
            Place::Out {
                how: Ending::Stopped {
                    step,
                    code: "131050".to_owned(),
                    words: "W".to_owned(),
                },
            },
        ];
        for place in places {
            let state = State::enter("r", 3, &given).moved(place, known.clone());
            assert_eq!(
                State::read(&state.write()).unwrap(),
                state,
                "{}",
                state.write()
            );
        }
        assert!(State::read("{}").is_err());
    }

    #[test]
    fn what_an_event_brings_has_limits() {
        let many = (0..99)
            .map(|i| (format!("k{i}"), "x".repeat(9_999)))
            .collect();
        let state = State::enter("r", 1, &many);
        assert_eq!(state.known.given.len(), GIVEN_MAX);
        assert!(
            state
                .known
                .given
                .values()
                .all(|value| value.len() == VALUE_CHARS_MAX)
        );
    }
}

//! What is remembered of somebody's way through a journey.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::StepId;

/// What became of a step that could fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Became {
    /// It was done, as far as we know by now.
    Done,
    /// It was denied, or failed.
    Failed,
}

impl Became {
    /// The word in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

/// What is remembered of somebody's way.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// The answers that steps took.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub answers: BTreeMap<StepId, String>,
    /// What the event that began the journey brought along.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub given: BTreeMap<String, String>,
    /// What became of the steps that could fail: whether they are done.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub done: BTreeMap<StepId, bool>,
}

impl Known {
    /// What became of a step, where that is known.
    #[must_use]
    pub fn became(&self, step: &StepId) -> Option<Became> {
        self.done
            .get(step)
            .map(|done| if *done { Became::Done } else { Became::Failed })
    }
}

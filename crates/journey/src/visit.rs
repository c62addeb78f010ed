//! The steps that somebody passed, for the list of executions.

use consent::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{id::StepId, stamp};

/// Something that a step did or that happened at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Visit {
    /// The step; none for the journey as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<StepId>,
    /// When.
    #[serde(with = "stamp")]
    pub at: Timestamp,
    /// What.
    pub passed: Passed,
}

/// What happened at a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
pub enum Passed {
    /// The person entered the journey.
    Entered,
    /// The step's send or call was handed over, and its outcome is awaited.
    Begun,
    /// It was taken by Meta, or answered well.
    Accepted,
    /// The gate refused it.
    Denied {
        /// The code of the refusal.
        code: String,
        /// Its sentence.
        sentence: String,
    },
    /// It failed.
    Failed {
        /// The code of the error.
        code: String,
        /// The error in the words of whoever reported it.
        words: String,
    },
    /// Nobody knows whether it arrived.
    Unknown,
    /// A wait began.
    Waiting {
        /// When it ends at the latest.
        #[serde(with = "stamp")]
        until: Timestamp,
    },
    /// The time of a wait came.
    TimeCame,
    /// What a wait was also waiting for came to hold.
    CameToHold,
    /// The person answered.
    Answered {
        /// Their words, or the choice as the question spells it.
        text: String,
    },
    /// The answer was none of the choices, and the question is put again.
    AskedAgain {
        /// What they wrote.
        text: String,
    },
    /// Nobody answered in time.
    NoAnswer,
    /// A branch went this way.
    Took {
        /// Which way, from 0; none for `otherwise`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        way: Option<usize>,
    },
    /// A tag or an attribute was set, or an agent was called.
    Done,
    /// The journey ended.
    Ended {
        /// How.
        how: Ending,
    },
}

/// How a journey ended for somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "snake_case", deny_unknown_fields)]
pub enum Ending {
    /// It came to its end.
    Done,
    /// An agent took over.
    HandedOver,
    /// The person opted out.
    OptedOut {
        /// What they refused.
        sentence: String,
    },
    /// A step could not be done.
    Stopped {
        /// The step.
        step: StepId,
        /// The code of the error or the refusal.
        code: String,
        /// The error as Meta words it, or the sentence of the refusal.
        words: String,
    },
    /// The definition has no such step: state and definition are not of one version.
    Lost,
}

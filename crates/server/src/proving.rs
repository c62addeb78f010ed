//! How far a proof of the whole database is that somebody asked for, and what came of the last one.

use std::sync::{Mutex, PoisonError};

use consent::time::Timestamp;

/// What is known of the proof that was asked for last.
#[derive(Debug, Default)]
pub struct Proving(Mutex<Phase>);

/// How far it is.
#[derive(Debug, Clone, Default)]
pub enum Phase {
    /// Nobody asked since the start.
    #[default]
    Never,
    /// It is under way.
    Running {
        /// Since when.
        since: Timestamp,
        /// What is being looked at, in words.
        stage: &'static str,
        /// How much of that is done.
        done: u64,
        /// Of how much.
        total: u64,
    },
    /// It came to its end.
    Done {
        /// When.
        at: Timestamp,
        /// With what.
        report: Outcome,
    },
    /// The database did not answer all of it.
    Failed {
        /// When.
        at: Timestamp,
    },
}

/// What came of a proof.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Whether everything fits.
    pub holds: bool,
    /// Entries of the log.
    pub log_size: u64,
    /// Entries under the newest signed checkpoint.
    pub signed: u64,
    /// Events that were compared with their evidence.
    pub events: u64,
    /// Contacts whose standing was folded again.
    pub contacts: u64,
    /// Contacts who were erased.
    pub erased: u64,
    /// How many things do not fit.
    pub found: u64,
    /// The first of them, in words.
    pub told: Vec<String>,
}

impl Proving {
    /// What is known now.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Notes how far it is.
    pub fn set(&self, state: Phase) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// Whether it could begin: only one runs at a time.
    pub fn begin(&self, since: Timestamp) -> bool {
        let mut phase = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*phase, Phase::Running { .. }) {
            return false;
        }
        *phase = Phase::Running {
            since,
            stage: "",
            done: 0,
            total: 0,
        };
        true
    }
}

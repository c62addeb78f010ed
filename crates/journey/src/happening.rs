//! What happens to somebody inside a journey.

use serde::{Deserialize, Serialize};

use crate::effect::Key;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "happening", rename_all = "snake_case", deny_unknown_fields)]
pub enum Happening {
    /// They entered.
    Entered,
    /// The time came that [`crate::state::State::due`] named.
    TimeCame,
    /// They wrote.
    Replied {
        /// What they wrote, or the label that they tapped.
        text: String,
        /// What the button carried.
        #[serde(default)]
        payload: Option<String>,
    },
    /// Something became of an effect.
    Outcome {
        /// The key of the effect.
        key: Key,
        /// What became of it.
        what: What,
    },
    /// They refused something: whatever it was, every journey ends.
    OptedOut {
        /// What they refused, as a sentence for the list of executions.
        sentence: String,
    },
    /// Their tags, attributes or consents changed.
    Changed,
}

/// What became of an effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
pub enum What {
    /// Meta took it, or the webhook answered well. It may still fail afterwards.
    Accepted,
    /// The gate refused it.
    Denied {
        /// The code of the refusal.
        code: String,
        /// Its sentence.
        sentence: String,
    },
    /// It failed, at once or later.
    Failed {
        /// The code of the error: Meta's number, or a word of ours.
        code: String,
        /// The error in the words of whoever reported it.
        words: String,
    },
    /// Nobody knows whether it arrived: it is never sent again.
    Unknown,
}

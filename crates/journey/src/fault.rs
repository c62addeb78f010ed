//! What is wrong with a definition, and where.

use std::fmt;

use crate::id::StepId;

/// One thing that is wrong with a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where: a JSON pointer (RFC 6901), as `/steps/0/text`; empty for the whole.
    pub place: String,
    /// The step that it lies in, where that has an id.
    pub step: Option<StepId>,
    /// What is wrong and what was wanted, as a sentence without a capital.
    pub say: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.step {
            Some(step) if self.place.is_empty() => write!(f, "step `{step}`: {}", self.say),
            Some(step) => write!(f, "step `{step}` ({}): {}", self.place, self.say),
            None if self.place.is_empty() => f.write_str(&self.say),
            None => write!(f, "{}: {}", self.place, self.say),
        }
    }
}

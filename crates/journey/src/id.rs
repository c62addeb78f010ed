//! Ids of steps: short, so that they can stand in keys and addresses as they are.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::limits::ID_CHARS_MAX;

/// The id of a step, one of its kind in a journey.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct StepId(Box<str>); // INVARIANT: 1 to 40 of a to z, 0 to 9, `_` and `-`, a letter first.

impl StepId {
    /// Reads an id.
    ///
    /// # Errors
    /// When it is none, with what was wanted.
    pub fn read(text: &str) -> Result<Self, BadStepId> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
        let begins = text.starts_with(|c: char| c.is_ascii_lowercase());
        if begins && text.len() <= ID_CHARS_MAX && text.chars().all(plain) {
            Ok(Self(text.into()))
        } else {
            Err(BadStepId(text.chars().take(ID_CHARS_MAX).collect()))
        }
    }

    /// The id `s<number>`.
    #[must_use]
    pub fn numbered(number: u32) -> Self {
        Self(format!("s{number}").into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for StepId {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        Self::read(&String::deserialize(reader)?).map_err(de::Error::custom)
    }
}

/// A text that is no id of a step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an id: want 1 to 40 of a to z, 0 to 9, `_` and `-`, a letter first, like s1")]
pub struct BadStepId(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_short_and_plain() {
        for good in ["s1", "ask_colour", "a-b", &"a".repeat(40)] {
            assert_eq!(StepId::read(good).unwrap().as_str(), good);
        }
        for bad in ["", "1s", "S1", "a b", "ä", "a/b", &"a".repeat(41)] {
            assert!(StepId::read(bad).is_err(), "{bad}");
        }
    }
}

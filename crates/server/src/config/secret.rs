//! A secret value: written out, or pointed to with `env:NAME` or `file:PATH`.

use std::fmt;

use serde::{Deserialize, Deserializer, de::Error};

/// A secret. Its value shows only where it is asked for by name.
#[derive(Clone)]
pub struct Secret {
    value: String,
    literal: bool,
}

impl Secret {
    /// A secret that we made ourselves.
    #[must_use]
    pub const fn made(value: String) -> Self {
        Self {
            value,
            literal: false,
        }
    }

    /// The value.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.value
    }

    /// Whether it stands in the settings themselves, where others may read it.
    #[must_use]
    pub const fn is_literal(&self) -> bool {
        self.literal
    }

    /// Reads what the settings say: the secret itself, `env:NAME` or `file:PATH`.
    ///
    /// # Errors
    /// A sentence, when the variable or the file is not there.
    pub fn read(text: &str) -> Result<Self, String> {
        if let Some(name) = text.strip_prefix("env:") {
            let value = variable(name)
                .ok_or_else(|| format!("the environment has no `{name}`, which holds a secret"))?;
            return Ok(Self {
                value,
                literal: false,
            });
        }
        if let Some(path) = text.strip_prefix("file:") {
            let value = std::fs::read_to_string(path)
                .map_err(|cause| format!("cannot read the secret in `{path}`: {cause}"))?;
            return Ok(Self {
                value: value.trim_end_matches(['\r', '\n']).to_owned(),
                literal: false,
            });
        }
        Ok(Self {
            value: text.to_owned(),
            literal: true,
        })
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "the settings are the one place that reads the environment"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::read(&text).map_err(D::Error::custom)
    }
}

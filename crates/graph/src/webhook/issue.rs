//! An error as webhooks carry it: in a status, in a message, or for the whole account.

use serde_json::Value;

use crate::loose::{self, Object};

/// One error. Decide by `code` and `details`; the title is not stable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// Meta's code, as in [`crate::fault::meaning`].
    pub code: i64,
    /// A short name for it.
    pub title: Option<String>,
    /// What happened, in Meta's words.
    pub details: Option<String>,
}

impl Issue {
    /// The errors of a status or message; those without a code are left out.
    pub(super) fn list(item: &Object) -> Vec<Self> {
        loose::list(item, "errors")
            .iter()
            .filter_map(Self::of)
            .collect()
    }

    /// One error.
    pub(super) fn of(value: &Value) -> Option<Self> {
        let error = value.as_object()?;
        let details = loose::object(error, "error_data")
            .and_then(|data| loose::text(data, "details"))
            .or_else(|| loose::text(error, "details"));
        Some(Self {
            code: loose::integer(error, "code")?,
            title: loose::text(error, "title").or_else(|| loose::text(error, "message")),
            details,
        })
    }
}

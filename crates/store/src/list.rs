//! Lists as one parameter: a JSON array that either database unpacks with `json_each`.

use serde_json::Value;
use uuid::Uuid;

/// A JSON array of objects, ready to be bound.
pub(crate) struct List(String);

impl List {
    pub(crate) fn of(rows: impl IntoIterator<Item = Value>) -> Self {
        Self(Value::Array(rows.into_iter().collect()).to_string())
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

/// An id as `unhex` reads it.
pub(crate) fn hex(id: Uuid) -> String {
    id.as_simple().to_string()
}

/// An optional id as `unhex` reads it.
pub(crate) fn maybe_hex(id: Option<Uuid>) -> Option<String> {
    id.map(hex)
}

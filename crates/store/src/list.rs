//! The door for everything that is bound: lists as one parameter, which either database unpacks with `jsonb_each`,
//! and texts without the one character that PostgreSQL does not take.

use std::{borrow::Cow, collections::HashMap, fmt::Write as _, hash::Hash};

use serde_json::Value;
use uuid::Uuid;

/// A JSON array of flat objects, ready to be bound. Its texts are clean.
pub(crate) struct List(String);

impl List {
    pub(crate) fn of(rows: impl IntoIterator<Item = Value>) -> Self {
        let mut text = String::from("[");
        // Row by row: thousands of them at once in pieces would cost more than all the writing.
        for mut row in rows {
            for field in row
                .as_object_mut()
                .into_iter()
                .flat_map(|row| row.values_mut())
            {
                if let Value::String(text) = field
                    && let Cow::Owned(cleaned) = clean(text)
                {
                    *text = cleaned;
                }
            }
            if text.len() > 1 {
                text.push(',');
            }
            let _ = write!(text, "{row}");
        }
        text.push(']');
        Self(text)
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    pub(crate) fn into_text(self) -> String {
        self.0
    }
}

/// A text as both databases keep it: U+0000 is legal in JSON and in no text of PostgreSQL, and carries no meaning.
/// What stands escaped in a JSON text is untouched.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', ""))
    } else {
        Cow::Borrowed(text)
    }
}

/// [`clean`] for what may be missing.
pub(crate) fn clean_some(text: Option<&str>) -> Option<Cow<'_, str>> {
    text.map(clean)
}

/// A clean text with something in it, or none.
pub(crate) fn filled(text: Option<&str>) -> Option<Cow<'_, str>> {
    clean_some(text).filter(|text| !text.trim().is_empty())
}

/// Of several items with one key only the last: no statement may touch a row twice.
pub(crate) fn last_of_each<T, K: Hash + Eq>(items: &[T], key: impl Fn(&T) -> K) -> Vec<&T> {
    let last: HashMap<K, usize> = items
        .iter()
        .enumerate()
        .map(|(at, item)| (key(item), at))
        .collect();
    let keep = |(at, item): &(usize, &T)| last.get(&key(item)) == Some(at);
    items
        .iter()
        .enumerate()
        .filter(keep)
        .map(|(_, item)| item)
        .collect()
}

/// Where a page ends that begins with the newest: before this id, or before nothing that exists.
pub(crate) fn before(id: Option<Uuid>) -> Vec<u8> {
    id.map_or_else(|| vec![0xff; 17], |id| id.as_bytes().to_vec())
}

/// Bytes as `unhex` reads them.
pub(crate) fn hex_of(bytes: impl AsRef<[u8]>) -> String {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    let bytes = bytes.as_ref();
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        for half in [byte >> 4, byte & 15] {
            text.push(char::from(
                DIGITS.get(usize::from(half)).copied().unwrap_or(b'0'),
            ));
        }
    }
    text
}

/// An id as `unhex` reads it.
pub(crate) fn hex(id: Uuid) -> String {
    id.as_simple().to_string()
}

/// An optional id as `unhex` reads it.
pub(crate) fn maybe_hex(id: Option<Uuid>) -> Option<String> {
    id.map(hex)
}

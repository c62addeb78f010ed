//! What kind of value each attribute holds: checked wherever one is set, and offered wherever one is asked for.

use std::collections::{BTreeMap, BTreeSet};

use consent::event::StaffAct;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    app::{App, House},
    error::Error,
    services::keys::staff_event,
};

/// Attributes with a kind, and listed, at the most.
pub const KEYS_MAX: u32 = 500;
/// People with an attribute are counted up to here.
pub const USES_MAX: u32 = 10_000;
/// Longest name of an attribute, in characters.
const KEY_CHARS_MAX: usize = 64;
/// Longest number, in characters: so many digits are exact.
const NUMBER_CHARS_MAX: usize = 16;

/// The kinds of all attributes that have one.
pub type Kinds = BTreeMap<String, Kind>;

/// What kind of value an attribute holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A number, as `42` or `-3.5`.
    Number,
    /// A day, as `2026-11-22`.
    Date,
    /// `true` or `false`.
    Boolean,
}

/// The kind of an attribute, as it is told.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KindBody {
    /// `text`, `number`, `date` or `boolean`.
    #[schema(example = "number")]
    pub kind: String,
}

/// An attribute.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AttributeAnswer {
    /// What it is called.
    pub key: String,
    /// `text`, `number`, `date` or `boolean`; null where nobody said, and any text will do.
    pub kind: Option<&'static str>,
    /// How many people have it, counted up to 10,000.
    pub used: i64,
    /// How many of them have a value that is not of this kind: such values stay, and no comparison finds them.
    pub unfit: usize,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Text, Self::Number, Self::Date, Self::Boolean];

    /// The word used in JSON and tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Date => "date",
            Self::Boolean => "boolean",
        }
    }

    /// Reads [`Kind::word`].
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// What such a value looks like.
    const fn example(self) -> &'static str {
        match self {
            Self::Text => "any text",
            Self::Number => "a number like 42 or -3.5",
            Self::Date => "a day like 2026-11-22",
            Self::Boolean => "true or false",
        }
    }

    /// A value as it is kept; none when it is not of this kind.
    #[must_use]
    pub fn value(self, text: &str) -> Option<String> {
        let short = text.trim();
        match self {
            Self::Text => Some(text.to_owned()),
            Self::Number => number(short).map(|_| short.to_owned()),
            Self::Date => {
                let day: Date = short.parse().ok().filter(|_| short.len() == 10)?;
                Some(day.to_string())
            }
            Self::Boolean => ["true", "false"]
                .into_iter()
                .find(|word| short.eq_ignore_ascii_case(word))
                .map(str::to_owned),
        }
    }
}

/// A plain number: digits, perhaps a sign before and a fraction behind; no more of them than are exact.
#[must_use]
pub fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let plain = all(whole) && all(part) && (whole == "0" || !whole.starts_with('0'));
    if plain && text.len() <= NUMBER_CHARS_MAX {
        text.parse().ok()
    } else {
        None
    }
}

/// A value as it is kept, where the attribute has a kind.
///
/// # Errors
/// [`Error::Invalid`] for `attributes`, saying what was wanted.
pub fn fitting(kinds: &Kinds, key: &str, value: &str) -> Result<String, Error> {
    let Some(kind) = kinds.get(key) else {
        return Ok(value.to_owned());
    };
    kind.value(value).ok_or_else(|| {
        let message = format!(
            "attribute `{key}` holds a {}: `{value}` is none, want {}",
            kind.word(),
            kind.example()
        );
        Error::field("attributes", message)
    })
}

/// The kinds of all attributes that have one.
///
/// # Errors
/// When the database does not answer.
pub async fn kinds(app: &House) -> Result<Kinds, Error> {
    let types = app.store.attribute_types().await?;
    let read = |(key, kind): (String, String)| Some((key, Kind::read(&kind)?));
    Ok(types.into_iter().filter_map(read).collect())
}

/// Every attribute that has a kind or that somebody has, by name.
///
/// # Errors
/// When the database does not answer.
pub async fn list(app: &House) -> Result<Vec<AttributeAnswer>, Error> {
    let kinds = kinds(app).await?;
    let mut keys: BTreeSet<String> = kinds.keys().cloned().collect();
    keys.extend(app.store.attribute_keys(KEYS_MAX).await?);
    let mut all = Vec::with_capacity(keys.len());
    for key in keys {
        let used = app.store.count_attribute(&key, USES_MAX).await?;
        all.push(AttributeAnswer {
            kind: kinds.get(&key).map(|kind| kind.word()),
            used,
            unfit: 0,
            key,
        });
    }
    Ok(all)
}

/// One attribute.
///
/// # Errors
/// [`Error::NotFound`] when it has no kind and nobody has it; when the database does not answer.
pub async fn show(app: &House, key: &str) -> Result<AttributeAnswer, Error> {
    let kinds = kinds(app).await?;
    let kind = kinds.get(key).copied();
    let values = app.store.attribute_values(key, USES_MAX).await?;
    if kind.is_none() && values.is_empty() {
        return Err(Error::NotFound("attribute"));
    }
    let unfit = values
        .iter()
        .filter(|value| kind.is_some_and(|kind| kind.value(value).is_none()));
    Ok(AttributeAnswer {
        key: key.to_owned(),
        kind: kind.map(Kind::word),
        used: i64::try_from(values.len()).unwrap_or(i64::MAX),
        unfit: unfit.count(),
    })
}

/// Says what kind of value an attribute holds. Values that people have already stay as they are; the answer says how many do not fit.
///
/// # Errors
/// [`Error::Invalid`] for a kind that is none, a bad name or too many; when the database does not answer.
pub async fn set(
    app: &App,
    key: &str,
    body: &KindBody,
    actor: &str,
) -> Result<AttributeAnswer, Error> {
    let kind = Kind::read(&body.kind).ok_or_else(|| {
        let words = Kind::ALL.map(Kind::word).join(", ");
        Error::field(
            "kind",
            format!("`{}` is not a kind of value: want {words}", body.kind),
        )
    })?;
    key_name(key)?;
    let types = app.store.attribute_types().await?;
    let room = usize::try_from(KEYS_MAX).unwrap_or(usize::MAX);
    if types.len() >= room && !types.iter().any(|(known, _)| known == key) {
        return Err(Error::Conflict(format!(
            "there are {KEYS_MAX} attributes with a kind: take one away first"
        )));
    }
    let mut tx = app.store.begin().await?;
    tx.set_attribute_type(key, kind.word()).await?;
    let note = format!("{key} {}", kind.word());
    staff_event(app, &mut tx, StaffAct::AttributeChanged, actor, &note).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    show(app, key).await
}

/// Forgets what kind of value an attribute holds. The values stay, and any text will do from now on.
///
/// # Errors
/// [`Error::NotFound`] when it has no kind; when the database does not answer.
pub async fn forget(app: &App, key: &str, actor: &str) -> Result<(), Error> {
    let mut tx = app.store.begin().await?;
    if !tx.drop_attribute_type(key).await? {
        return Err(Error::NotFound("attribute"));
    }
    staff_event(app, &mut tx, StaffAct::AttributeChanged, actor, key).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    Ok(())
}

/// A name that an attribute may have.
///
/// # Errors
/// [`Error::Invalid`] for `key`.
pub fn key_name(key: &str) -> Result<(), Error> {
    let length = key.chars().count();
    let is_plain = key.trim() == key && !key.contains(':') && !key.chars().any(char::is_control);
    if is_plain && (1..=KEY_CHARS_MAX).contains(&length) {
        return Ok(());
    }
    let message = format!(
        "`{key}` is no name for an attribute: want 1 to {KEY_CHARS_MAX} characters without `:`"
    );
    Err(Error::field("key", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_of_its_kind_or_refused() {
        for (kind, text, kept) in [
            (Kind::Text, " x ", Some(" x ")),
            (Kind::Number, " 42 ", Some("42")),
            (Kind::Number, "-3.50", Some("-3.50")),
            (Kind::Number, "007", None),
            (Kind::Number, "1e3", None),
            (Kind::Number, "1,5", None),
            (Kind::Number, "+1", None),
            (Kind::Number, ".5", None),
            (Kind::Number, "12345678901234567", None),
            (Kind::Date, "2024-02-29", Some("2024-02-29")),
            (Kind::Date, "2023-02-29", None),
            (Kind::Date, "29/02/2024", None),
            (Kind::Date, "2024-02-29T10:00", None),
            (Kind::Boolean, "TRUE", Some("true")),
            (Kind::Boolean, "yes", None),
        ] {
            assert_eq!(kind.value(text).as_deref(), kept, "{kind:?} {text}");
        }
    }
}

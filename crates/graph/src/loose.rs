//! Reading JSON as Meta writes it: integers or strings for ids and times alike, members that come and go.

use std::{borrow::Cow, fmt};

use consent::{alias::Bsuid, phone::Phone, time::Timestamp};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value, value::RawValue};

/// A JSON object.
pub(crate) type Object = Map<String, Value>;

/// The members of an object, not yet read. Repeated keys are all there, in order.
pub(crate) struct Members<'a>(pub(crate) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Members<'a> {
    /// Reads an object; nothing inside its members is looked at.
    pub(crate) fn read(raw: &'a RawValue) -> Option<Self> {
        Self::of(raw.get())
    }

    pub(crate) fn of(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The first member with this name that is not null.
    pub(crate) fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0
            .iter()
            .find(|(key, raw)| key == name && raw.get() != "null")
            .map(|(_, raw)| *raw)
    }

    /// The text of a member, when it is a string or an integer.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        value(self.get(name)?).ok().as_ref().and_then(as_text)
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Walk;
        impl<'de> Visitor<'de> for Walk {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::with_capacity(map.size_hint().unwrap_or(8));
                while let Some((key, raw)) = map.next_entry::<Key<'de>, &RawValue>()? {
                    members.push((key.0, raw));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Walk)
    }
}

/// A key, borrowed unless it was written with escapes.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Walk;
        impl<'de> Visitor<'de> for Walk {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(key)))
            }

            fn visit_str<E>(self, key: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }
        }
        deserializer.deserialize_str(Walk)
    }
}

/// The items of an array, not yet read; a lone object counts as an array of one.
pub(crate) fn items(raw: &RawValue) -> Option<Vec<&RawValue>> {
    match raw.get().as_bytes().first() {
        Some(b'[') => serde_json::from_str(raw.get()).ok(),
        Some(b'{') => Some(vec![raw]),
        _ => None,
    }
}

/// Reads one value. Half an emoji (a lone surrogate) becomes U+FFFD instead of costing the message.
pub(crate) fn value(raw: &RawValue) -> Result<Value, serde_json::Error> {
    serde_json::from_str(raw.get()).or_else(|error| match mended(raw.get()) {
        Some(text) => serde_json::from_str(&text),
        None => Err(error),
    })
}

/// The same text with every lone surrogate escape replaced; none when there is none.
fn mended(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut changed = false;
    while let Some(at) = rest.find('\\') {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        let (kept, length) = match unit(tail) {
            Some(0xD800..=0xDBFF)
                if matches!(tail.get(6..).and_then(unit), Some(0xDC00..=0xDFFF)) =>
            {
                (tail.get(..12)?, 12)
            }
            Some(0xD800..=0xDFFF) => {
                changed = true;
                ("\\ufffd", 6)
            }
            Some(_) => (tail.get(..6)?, 6),
            None => (tail.get(..2)?, 2),
        };
        out.push_str(kept);
        rest = tail.get(length..)?;
    }
    out.push_str(rest);
    changed.then_some(out)
}

/// The code unit of a `\uXXXX` escape at the start of `text`.
fn unit(text: &str) -> Option<u16> {
    u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

/// A member that is there and not null.
pub(crate) fn get<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    object.get(name).filter(|value| !value.is_null())
}

/// A member as text: a string, or an integer with all its digits.
pub(crate) fn text(object: &Object, name: &str) -> Option<String> {
    as_text(get(object, name)?)
}

/// A member that is a string and not empty, or an integer: an id.
pub(crate) fn id(object: &Object, name: &str) -> Option<String> {
    text(object, name).filter(|id| !id.is_empty())
}

/// A member that is an object.
pub(crate) fn object<'a>(object: &'a Object, name: &str) -> Option<&'a Object> {
    get(object, name)?.as_object()
}

/// A member that is an array; empty when it is not.
pub(crate) fn list<'a>(object: &'a Object, name: &str) -> &'a [Value] {
    get(object, name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// A member that is true.
pub(crate) fn flag(object: &Object, name: &str) -> bool {
    match get(object, name) {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(word)) => word == "true",
        _ => false,
    }
}

/// A member that is an integer, or a string of one.
pub(crate) fn integer(object: &Object, name: &str) -> Option<i64> {
    match get(object, name)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A member that is a time in seconds, as integer or string.
pub(crate) fn time(object: &Object, name: &str) -> Option<Timestamp> {
    as_time(get(object, name)?)
}

/// A time in seconds, as integer or string. Nothing before 2001 or after 5138: that is no time of a message.
pub(crate) fn as_time(value: &Value) -> Option<Timestamp> {
    const SECONDS: std::ops::Range<i64> = 1_000_000_000..100_000_000_000;
    let seconds = match value {
        Value::Number(number) => number.as_i64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    SECONDS
        .contains(&seconds)
        .then(|| Timestamp::from_seconds(seconds))
}

/// A member that is a telephone number: Meta's digits as they are, anything else as people write it.
pub(crate) fn phone(object: &Object, name: &str) -> Option<Phone> {
    let text = text(object, name)?;
    Phone::from_digits(&text).or_else(|| text.parse().ok())
}

/// A member that is a business-scoped user id.
pub(crate) fn bsuid(object: &Object, name: &str) -> Option<Bsuid> {
    text(object, name)?.parse().ok()
}

/// A string, or an integer with all its digits. A number that JSON readers round is not an id.
/// U+0000 is legal in JSON but not in every database, and no word needs it: it is left out.
pub(crate) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.contains('\0') => Some(text.replace('\0', "")),
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Value, serde_json::Error> {
        value(&RawValue::from_string(text.to_owned()).unwrap())
    }

    #[test]
    fn half_an_emoji_does_not_cost_the_message() {
        for (text, want) in [
            (r#""STOP \ud83d""#, "STOP \u{fffd}"),
            (r#""\ude00 STOP""#, "\u{fffd} STOP"),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
            (r#""\ud83d\n""#, "\u{fffd}\n"),
            (r#""\\ud83d""#, "\\ud83d"),
            (r#""\u0000""#, "\0"),
        ] {
            assert_eq!(read(text).unwrap(), Value::from(want), "{text}");
        }
    }

    #[test]
    fn ids_and_times_may_be_numbers_or_strings() {
        let value = read(r#"{"a":18446744073709551615,"b":"x","c":1.5,"d":null,"t":1795341600,"u":"1795341600","v":"soon","w":-1}"#).unwrap();
        let object = value.as_object().unwrap();
        assert_eq!(text(object, "a").unwrap(), "18446744073709551615");
        assert_eq!(text(object, "b").unwrap(), "x");
        assert_eq!((text(object, "c"), text(object, "d")), (None, None));
        let at = Some(Timestamp::from_seconds(1_795_341_600));
        assert_eq!((time(object, "t"), time(object, "u")), (at, at));
        assert_eq!((time(object, "v"), time(object, "w")), (None, None));
    }
}

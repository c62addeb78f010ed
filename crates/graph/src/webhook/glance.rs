//! A first look at a body, many times cheaper than reading it: is there anything in it but what became of messages?

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, Visitor},
};

/// Whether a body holds statuses without errors and nothing else, each of them readable, so that it cannot say no. In doubt it does not.
///
/// Who is flooded with statuses turns them away by this, and keeps the processor for the others.
#[must_use]
pub fn is_only_statuses(bytes: &[u8]) -> bool {
    serde_json::from_slice::<Looked<Body>>(bytes).is_ok()
}

/// An object whose members are looked at one by one.
trait Look: Default {
    /// Looks at a member. Fails where it may be something else.
    fn member<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error>;

    /// Whether everything was there that must be.
    fn is_whole(&self) -> bool;
}

/// The whole body: what stands beside the entries is read by nobody.
#[derive(Default)]
struct Body {
    has_entries: bool,
}

#[derive(Default)]
struct Entry {
    has_changes: bool,
}

#[derive(Default)]
struct Change {
    has_field: bool,
    has_value: bool,
}

/// Members that are not named here may be anything, and so this is no body of statuses.
#[derive(Default)]
struct Value {
    has_statuses: bool,
}

/// A status that has no member `errors`: one may say that somebody switched marketing off (facts section 6).
#[derive(Default)]
struct Status {
    has_id: bool,
    has_status: bool,
    has_timestamp: bool,
}

impl Look for Body {
    fn member<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "entry" => list::<Entry, A>(&mut self.has_entries, map),
            _ => ignore(map),
        }
    }

    fn is_whole(&self) -> bool {
        self.has_entries
    }
}

impl Look for Entry {
    fn member<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "changes" => list::<Change, A>(&mut self.has_changes, map),
            _ => ignore(map),
        }
    }

    fn is_whole(&self) -> bool {
        self.has_changes
    }
}

impl Look for Change {
    fn member<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "field" => {
                let field: &str = map.next_value()?;
                once(&mut self.has_field, field == "messages")
            }
            "value" => {
                map.next_value::<Looked<Value>>()?;
                once(&mut self.has_value, true)
            }
            _ => ignore(map),
        }
    }

    fn is_whole(&self) -> bool {
        self.has_field && self.has_value
    }
}

impl Look for Value {
    fn member<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "statuses" => list::<Status, A>(&mut self.has_statuses, map),
            "messaging_product" | "metadata" | "contacts" => ignore(map),
            _ => Err(A::Error::custom("something else")),
        }
    }

    fn is_whole(&self) -> bool {
        self.has_statuses
    }
}

impl Look for Status {
    fn member<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        let mut word = |seen: &mut bool, fits: fn(&str) -> bool| {
            let word: &str = map.next_value()?;
            once(seen, fits(word))
        };
        match name {
            "id" => word(&mut self.has_id, |id| !id.trim().is_empty()),
            "status" => word(&mut self.has_status, |status| !status.trim().is_empty()),
            // Ten digits: from 2001 to 2286.
            "timestamp" => word(&mut self.has_timestamp, |time| {
                time.len() == 10
                    && !time.starts_with('0')
                    && time.bytes().all(|byte| byte.is_ascii_digit())
            }),
            "errors" => Err(A::Error::custom("it has errors")),
            _ => ignore(map),
        }
    }

    fn is_whole(&self) -> bool {
        self.has_id && self.has_status && self.has_timestamp
    }
}

fn ignore<'de, A: MapAccess<'de>>(map: &mut A) -> Result<(), A::Error> {
    map.next_value::<IgnoredAny>().map(|_| ())
}

fn list<'de, T: Look, A: MapAccess<'de>>(seen: &mut bool, map: &mut A) -> Result<(), A::Error> {
    map.next_value::<Vec<Looked<T>>>()?;
    once(seen, true)
}

/// Of two members with one name nobody knows which is meant.
fn once<E: Error>(seen: &mut bool, fits: bool) -> Result<(), E> {
    if *seen || !fits {
        return Err(E::custom("not what a status has"));
    }
    *seen = true;
    Ok(())
}

/// Something that was looked at and found to be nothing else.
struct Looked<T>(PhantomData<T>);

impl<'de, T: Look> Deserialize<'de> for Looked<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self(PhantomData))
    }
}

impl<'de, T: Look> Visitor<'de> for Looked<T> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of a body of statuses")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut look = T::default();
        // A name that is written with escapes is not borrowed: then this is in doubt.
        while let Some(name) = map.next_key::<&str>()? {
            look.member(name, &mut map)?;
        }
        if look.is_whole() {
            Ok(self)
        } else {
            Err(A::Error::custom("something is missing"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhook::{Notice, read};

    /// What the whole reading says.
    fn read_whole(bytes: &[u8]) -> bool {
        read(bytes).is_ok_and(|delivery| {
            delivery.bad.is_empty()
                && delivery.items.iter().all(
                    |item| matches!(&item.notice, Notice::Status(status) if status.issues.is_empty()),
                )
        })
    }

    fn body(value: &str) -> String {
        format!(
            r#"{{"object":"whatsapp_business_account","entry":[{{"id":"1","changes":[{{"field":"messages","value":{value}}}]}}]}}"#
        )
    }

    const STATUS: &str = r#"{"id":"wamid.a","status":"sent","timestamp":"1795341600","recipient_id":"447700900123"}"#;

    #[test]
    fn a_body_of_statuses_is_told_from_all_others() {
        let only = body(&format!(
            r#"{{"messaging_product":"whatsapp","metadata":{{}},"statuses":[{STATUS},{STATUS}]}}"#
        ));
        assert!(is_only_statuses(only.as_bytes()));
        for value in [
            format!(r#"{{"statuses":[{STATUS}],"messages":[]}}"#),
            format!(r#"{{"statuses":[{STATUS}],"user_preferences":[]}}"#),
            format!(r#"{{"statuses":[{STATUS}],"anything_new":1}}"#),
            format!(
                r#"{{"statuses":[{}]}}"#,
                STATUS.replace("\"id\"", "\"errors\":[],\"id\"")
            ),
            format!(
                r#"{{"statuses":[{}]}}"#,
                STATUS.replace("\"id\"", "\"\\u0065rrors\":[{\"code\":131050}],\"id\"")
            ),
            r#"{"messages":[]}"#.to_owned(),
            "[]".to_owned(),
        ] {
            assert!(!is_only_statuses(body(&value).as_bytes()), "{value}");
        }
        for text in [
            "",
            "{",
            "[]",
            "{\"entry\":{}}",
            &only[1..],
            &only[..only.len() - 1],
        ] {
            assert!(!is_only_statuses(text.as_bytes()), "{text}");
        }
        let field = only.replace("\"messages\"", "\"calls\"");
        assert!(
            !is_only_statuses(field.as_bytes()),
            "those of calls are others"
        );
        let doubtful = [
            ("\"id\":\"wamid.a\",", ""),
            ("\"status\":\"sent\",", ""),
            ("\"1795341600\"", "\"soon\""),
            ("\"1795341600\"", "null"),
        ];
        for (there, instead) in doubtful {
            let broken = only.replacen(there, instead, 1);
            assert_ne!(broken, only);
            assert!(
                !is_only_statuses(broken.as_bytes()),
                "it may be anything: {broken}"
            );
        }
        let arrays = format!(
            r#"{{"entry":[[[{{"field":"messages","value":{{"statuses":[{STATUS}]}}}}]]]}}"#
        );
        assert!(!is_only_statuses(arrays.as_bytes()), "these are no objects");
        let two = only.replace("\"entry\":", "\"entry\":[],\"entry\":");
        assert!(!is_only_statuses(two.as_bytes()), "which one is meant?");
    }

    #[test]
    fn what_it_says_of_a_body_is_what_reading_says() {
        for value in [
            format!(r#"{{"statuses":[{STATUS}]}}"#),
            format!(r#"{{"contacts":[{{"wa_id":"447700900123"}}],"statuses":[{STATUS}]}}"#),
            format!(r#"{{"statuses":[{STATUS}],"errors":[{{"code":130429}}]}}"#),
            r#"{"messages":[{"from":"447700900123","id":"wamid.x","timestamp":"1795341600","type":"text","text":{"body":"STOP"}}]}"#.to_owned(),
        ] {
            let body = body(&value);
            assert_eq!(is_only_statuses(body.as_bytes()), read_whole(body.as_bytes()), "{value}");
        }
    }
}

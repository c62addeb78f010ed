//! A first look at a body, many times cheaper than reading it: is there anything in it but what became of messages?

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, Visitor},
};

/// Whether a body holds statuses without errors and nothing else, so that it cannot say no. In doubt it does not.
///
/// Who is flooded with statuses turns them away by this, and keeps the processor for the others.
#[must_use]
pub fn is_only_statuses(bytes: &[u8]) -> bool {
    serde_json::from_slice::<Body>(bytes).is_ok()
}

#[derive(Deserialize)]
struct Body {
    #[allow(dead_code, reason = "reading it is the look")]
    entry: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[allow(dead_code, reason = "reading it is the look")]
    changes: Vec<Change>,
}

#[derive(Deserialize)]
struct Change {
    #[allow(dead_code, reason = "reading it is the look")]
    value: Value,
}

/// Members that are not named here may be anything, and so this is no body of statuses.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "reading them is the look")]
struct Value {
    #[serde(default)]
    messaging_product: IgnoredAny,
    #[serde(default)]
    metadata: IgnoredAny,
    #[serde(default)]
    contacts: IgnoredAny,
    statuses: Vec<Status>,
}

/// A status that has no member `errors`: one may say that somebody switched marketing off (facts section 6).
struct Status;

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Look)
    }
}

struct Look;

impl<'de> Visitor<'de> for Look {
    type Value = Status;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a status without errors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Status, A::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum Member {
            Errors,
            #[serde(other)]
            Other,
        }
        while let Some(member) = map.next_key()? {
            match member {
                Member::Errors => return Err(A::Error::custom("it has errors")),
                Member::Other => map.next_value::<IgnoredAny>()?,
            };
        }
        Ok(Status)
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

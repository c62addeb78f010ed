//! A single part of a body, cut out with the frame that it needs to be read by itself.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::Place;

type Members<'a> = BTreeMap<String, &'a RawValue>;

/// The members of a value that its items cannot be read without.
const FRAME: [&str; 4] = [
    "messaging_product",
    "metadata",
    "contacts",
    "phone_number_id",
];

/// A body that holds nothing but the part at `place`, byte for byte, with account, number and field around it. None
/// when the place is not there.
#[must_use]
pub fn cut(raw: &[u8], place: Place) -> Option<String> {
    let text = String::from_utf8_lossy(raw);
    let body: Members<'_> = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
    let entries: Vec<&RawValue> = serde_json::from_str(body.get("entry")?.get()).ok()?;
    let entry = *entries.get(place.entry)?;
    Some(format!(r#"{{"entry":[{}]}}"#, entry_part(entry, place)?))
}

fn entry_part(entry: &RawValue, place: Place) -> Option<String> {
    let Some(change) = place.change else {
        return Some(entry.get().to_owned());
    };
    let mut members: Members<'_> = serde_json::from_str(entry.get()).ok()?;
    let changes: Vec<&RawValue> = serde_json::from_str(members.remove("changes")?.get()).ok()?;
    let change = change_part(changes.get(change)?, place)?;
    Some(object(&members, &[("changes", format!("[{change}]"))]))
}

fn change_part(change: &RawValue, place: Place) -> Option<String> {
    let (Some(list), Some(item)) = (place.list, place.item) else {
        return Some(change.get().to_owned());
    };
    let mut members: Members<'_> = serde_json::from_str(change.get()).ok()?;
    let inner = members.remove("value").unwrap_or(change);
    let mut value: Members<'_> = serde_json::from_str(inner.get()).ok()?;
    let items: Vec<&RawValue> = serde_json::from_str(value.get(list)?.get()).ok()?;
    let item = items.get(item)?.get();
    value.retain(|name, _| FRAME.contains(&name.as_str()));
    let value = object(&value, &[(list, format!("[{item}]"))]);
    members.retain(|name, _| name == "field");
    Some(object(&members, &[("value", value)]))
}

fn object(members: &Members<'_>, more: &[(&str, String)]) -> String {
    let kept = members.iter().map(|(name, raw)| (name.as_str(), raw.get()));
    let more = more.iter().map(|(name, text)| (*name, text.as_str()));
    let parts = kept.chain(more).map(|(name, text)| {
        let name = serde_json::Value::from(name);
        format!("{name}:{text}")
    });
    format!("{{{}}}", parts.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_cut_out_with_its_account_number_and_contacts_and_no_other_item() {
        let raw = br#"{"object":"x","entry":[{"id":"1","changes":[]},{"id":"2","changes":[{"field":"messages","value":{
            "metadata":{"phone_number_id":"9"},"contacts":[{"wa_id":"447700900123"}],"messages":[{"id":"a"},{"id":"b\ud800"}]}}]}]}"#;
        let place = Place {
            entry: 1,
            change: Some(0),
            list: Some("messages"),
            item: Some(1),
        };
        let want = r#"{"entry":[{"id":"2","changes":[{"field":"messages","value":{"contacts":[{"wa_id":"447700900123"}],"metadata":{"phone_number_id":"9"},"messages":[{"id":"b\ud800"}]}}]}]}"#;
        assert_eq!(cut(raw, place).as_deref(), Some(want));
        let whole = Place {
            entry: 0,
            ..Place::default()
        };
        assert_eq!(
            cut(raw, whole).as_deref(),
            Some(r#"{"entry":[{"id":"1","changes":[]}]}"#)
        );
        assert_eq!(
            cut(
                raw,
                Place {
                    entry: 7,
                    ..Place::default()
                }
            ),
            None
        );
        assert_eq!(cut(b"no", Place::default()), None);
    }
}

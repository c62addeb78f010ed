//! Bodies bent at random: nothing panics, and what was left whole is still read.

use graph::{
    callback::restore_callbacks,
    message::{self, Endpoint},
    webhook::{self, Notice},
};
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

const GOLDEN: [&str; 8] = [
    include_str!("../golden/01_text_stop.json"),
    include_str!("../golden/09_interactive_nfm_reply_flow.json"),
    include_str!("../golden/15_edit_coexistence.json"),
    include_str!("../golden/18_system_user_changed_number.json"),
    include_str!("../golden/21_status_sent_priced.json"),
    include_str!("../golden/28_user_preferences_stop.json"),
    include_str!("../golden/30_batch_mixed_two_wabas.json"),
    include_str!("../golden/32_template_category_impending.json"),
];
const SEND: &str = include_str!("../golden/38_send_request_template.json");

fn read_all(bytes: &[u8]) {
    let _ = webhook::read(bytes);
    for endpoint in [Endpoint::Messages, Endpoint::MarketingMessages] {
        if let Ok(message::Request::Message(message)) = message::read(bytes, endpoint, None) {
            assert!(!message.recipients().is_empty());
            // What is sent reads back as what was checked.
            let again = message::read(&message.with_callback("ours"), endpoint, None).unwrap();
            let message::Request::Message(again) = again else {
                panic!("a message")
            };
            assert_eq!(
                (again.recipients(), &again.kind),
                (message.recipients(), &message.kind)
            );
            assert_eq!(again.fingerprint(), message.fingerprint());
        }
    }
    for given in [None, Some("mine".to_owned())] {
        let restored = restore_callbacks(bytes, |_| Some(given.clone()));
        let whole = serde_json::from_slice::<Value>(bytes).is_ok();
        if let (Some(restored), true) = (restored, whole) {
            serde_json::from_slice::<Value>(&restored).unwrap();
        }
    }
}

/// Every value inside, by its path.
fn paths(value: &Value, here: &str, found: &mut Vec<String>) {
    found.push(here.to_owned());
    match value {
        Value::Object(members) => {
            for (key, inner) in members {
                paths(inner, &format!("{here}/{key}"), found);
            }
        }
        Value::Array(items) => {
            for (at, inner) in items.iter().enumerate() {
                paths(inner, &format!("{here}/{at}"), found);
            }
        }
        _ => {}
    }
}

/// Removes or replaces what stands at the path.
fn bend(body: &mut Value, path: &str, with: Option<Value>) {
    match (path.rsplit_once('/'), with) {
        (_, Some(with)) => {
            if let Some(place) = body.pointer_mut(path) {
                *place = with;
            }
        }
        (Some((parent, last)), None) => match body.pointer_mut(parent) {
            Some(Value::Object(members)) => {
                members.remove(last);
            }
            Some(Value::Array(items)) => {
                items.remove(last.parse().unwrap());
            }
            _ => {}
        },
        (None, None) => {}
    }
}

fn odd() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        Just(None),
        Just(Some(json!(null))),
        Just(Some(json!([]))),
        Just(Some(json!({}))),
        Just(Some(json!([[{"a": 1}]]))),
        Just(Some(json!(true))),
        Just(Some(json!(-1.5e300))),
        any::<i64>().prop_map(|number| Some(json!(number))),
        ".{0,20}".prop_map(|text| Some(json!(text))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn flipped_and_cut_bytes_never_panic(
        which in 0..=GOLDEN.len(),
        flips in vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<prop::sample::Index>(),
        cuts in any::<bool>(),
    ) {
        let mut bytes = GOLDEN.get(which).unwrap_or(&SEND).as_bytes().to_vec();
        for (at, flip) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
        }
        if cuts {
            bytes.truncate(cut.index(bytes.len() + 1));
        }
        read_all(&bytes);
    }

    #[test]
    fn a_bent_entry_never_costs_the_entry_beside_it(
        which in 0..GOLDEN.len(),
        at in any::<prop::sample::Index>(),
        with in odd(),
        first in any::<bool>(),
    ) {
        let whole: Value = serde_json::from_str(GOLDEN[0]).unwrap();
        let bent: Value = serde_json::from_str(GOLDEN[which]).unwrap();
        let mut entry = bent["entry"][0].clone();
        let mut all = Vec::new();
        paths(&entry, "", &mut all);
        let path = all[at.index(all.len())].clone();
        bend(&mut entry, &path, with);
        let sibling = whole["entry"][0].clone();
        let entries = if first { json!([sibling, entry]) } else { json!([entry, sibling]) };
        let body = json!({"entry": entries}).to_string();
        read_all(body.as_bytes());
        let delivery = webhook::read(body.as_bytes()).unwrap();
        let place = usize::from(!first);
        let kept = delivery.items.iter().any(|item| {
            item.place.entry == place
                && matches!(&item.notice, Notice::Message(message) if message.id == "wamid.ZGVtbzp0ZXh0LXN0b3A=")
        });
        prop_assert!(kept, "{path}: {delivery:?}");
    }

    #[test]
    fn a_bent_message_never_costs_the_message_beside_it_and_is_never_lost(
        at in any::<prop::sample::Index>(),
        with in odd(),
    ) {
        let mut body: Value = serde_json::from_str(GOLDEN[0]).unwrap();
        let messages = "/entry/0/changes/0/value/messages";
        let mut sibling = body.pointer(messages).unwrap()[0].clone();
        sibling["id"] = json!("wamid.sibling");
        let mut all = Vec::new();
        paths(&body.pointer(messages).unwrap()[0], &format!("{messages}/0"), &mut all);
        let path = all[at.index(all.len())].clone();
        let removed = with.is_none() && path.ends_with("/messages/0");
        body.pointer_mut(messages).unwrap().as_array_mut().unwrap().push(sibling);
        bend(&mut body, &path, with);
        let delivery = webhook::read(body.to_string().as_bytes()).unwrap();
        let kept = delivery.items.iter().any(|item| {
            matches!(&item.notice, Notice::Message(message) if message.id == "wamid.sibling")
        });
        prop_assert!(kept, "{path}: {delivery:?}");
        // Understood or quarantined: every item of the list is one or the other.
        let count = delivery.items.len() + delivery.bad.len();
        prop_assert_eq!(count, if removed { 1 } else { 2 }, "{}", path);
    }

    #[test]
    fn a_bent_send_is_refused_or_sent_as_it_was_read(at in any::<prop::sample::Index>(), with in odd()) {
        let mut body: Value = serde_json::from_str(SEND).unwrap();
        let mut all = Vec::new();
        paths(&body, "", &mut all);
        let path = all[at.index(all.len())].clone();
        bend(&mut body, &path, with);
        read_all(body.to_string().as_bytes());
    }
}

//! Webhooks as they should not be, and are: what is odd is read, what is broken costs only itself.

use graph::webhook::{Delivery, Notice, Unreadable, content::Content, read, said::Said};
use serde_json::{Value, json};

use crate::deliver::{AT, change, deliver, message, text};

#[test]
fn one_bad_message_among_999_good_ones_costs_only_itself() {
    let broken = [
        json!({"from": "447700900123", "timestamp": AT, "type": "text", "text": {"body": "STOP"}}),
        json!({"from": "447700900123", "id": "w", "type": "text", "text": {"body": "STOP"}}),
        json!({"from": "447700900123", "id": "w", "timestamp": "soon", "type": "text", "text": {"body": "STOP"}}),
        json!({"from": "447700900123", "id": "w", "timestamp": AT, "type": "text"}),
        json!({"from": "447700900123", "id": "w", "timestamp": AT, "type": "text", "text": {"body": ["STOP"]}}),
        json!({"from": "447700900123", "id": "w", "timestamp": AT, "type": "image", "image": {"caption": {}}}),
        json!({"from": "447700900123", "id": "w", "timestamp": AT, "type": "button", "button": {}}),
        json!({"from": "447700900123", "id": "w", "timestamp": AT, "type": "interactive", "interactive": {"type": "button_reply"}}),
        json!({"id": "w", "timestamp": AT, "type": "text", "text": {"body": "STOP"}}),
        json!({"from": "nobody", "id": "w", "timestamp": AT, "type": "text", "text": {"body": "STOP"}}),
        json!("STOP"),
        json!(null),
    ];
    for bad in broken {
        let mut messages: Vec<Value> = (0..999).map(|id| text(id, "hello")).collect();
        messages.insert(500, bad.clone());
        let delivery = change("messages", json!({"messages": messages}));
        assert_eq!(
            (delivery.items.len(), delivery.bad.len()),
            (999, 1),
            "{bad}"
        );
        let kept = &delivery.bad[0];
        assert_eq!(
            kept.place.to_string(),
            "entry[0].changes[0].value.messages[500]"
        );
        assert_eq!(
            (kept.raw.as_str(), kept.field.as_str()),
            (bad.to_string().as_str(), "messages")
        );
        assert!(!kept.reason.is_empty());
    }
}

#[test]
fn a_bad_entry_or_change_or_list_costs_only_itself() {
    let good = json!({"field": "messages", "value": {"messages": [text(1, "hi")]}});
    for bad in [
        json!(7),
        json!({}),
        json!({"field": "messages"}),
        json!({"field": "messages", "value": "STOP"}),
        json!({"field": "messages", "value": {"messages": "STOP"}}),
        json!({"field": "user_preferences", "value": {"metadata": {}}}),
        json!({"field": "message_template_status_update", "value": {"event": "PAUSED"}}),
        json!({"field": "account_update", "value": {}}),
    ] {
        let body =
            json!({"entry": [{"id": "1", "changes": [bad, good]}, {"id": "2", "changes": [good]}]});
        let delivery = deliver(&body);
        assert_eq!((delivery.items.len(), delivery.bad.len()), (2, 1), "{bad}");
        assert!(
            bad.to_string().contains(delivery.bad[0].raw.as_str()),
            "{bad}"
        );
    }
    for bad in [
        json!(7),
        json!({"id": "1"}),
        json!({"id": "1", "changes": 7}),
    ] {
        let body = json!({"entry": [bad, {"id": "2", "changes": [good]}]});
        let delivery = deliver(&body);
        assert_eq!((delivery.items.len(), delivery.bad.len()), (1, 1), "{bad}");
    }
}

#[test]
fn a_body_without_entries_is_unreadable_as_a_whole() {
    for body in ["", "{", "[]", "7", "\u{0}", "{}x"] {
        assert!(
            matches!(read(body.as_bytes()), Err(Unreadable::NotJson(_))),
            "{body}"
        );
    }
    for body in ["{}", r#"{"entry":null}"#, r#"{"entry":"x"}"#] {
        assert_eq!(read(body.as_bytes()), Err(Unreadable::NoEntry), "{body}");
    }
    assert_eq!(read(br#"{"entry":[]}"#).unwrap(), Delivery::default());
}

#[test]
fn the_field_and_the_account_are_found_in_odd_places() {
    let value = json!({"messages": [text(1, "hi")], "metadata": {"phone_number_id": 1099, "display_phone_number": 12_025_550_100_u64}});
    let mut inside = value.clone();
    inside["field"] = json!("messages");
    inside["object"] = json!("whatsapp_business_account");
    for entry in [
        json!({"id": "2099", "changes": [{"field": "messages", "value": value}]}),
        json!({"id": 2099, "changes": {"field": "messages", "value": value}}),
        json!({"id": "2099", "field": "messages", "changes": [{"value": value}]}),
        json!({"id": "2099", "object": "x", "changes": [{"value": inside}]}),
        json!({"id": "2099", "changes": [inside]}),
        json!({"id": "2099", "field": "messages", "value": value}),
    ] {
        let delivery = deliver(&json!({"entry": [entry]}));
        let item = &delivery.items[0];
        assert!(matches!(item.notice, Notice::Message(_)), "{entry}");
        assert_eq!(item.origin.account.as_deref(), Some("2099"), "{entry}");
        assert_eq!(item.origin.field, "messages", "{entry}");
        assert_eq!(item.origin.number.as_ref().unwrap().as_str(), "1099");
        assert_eq!(item.origin.display.as_deref(), Some("12025550100"));
    }
    let partner = json!({"event": "PARTNER_ADDED", "waba_info": {"waba_id": "2077"}});
    assert_eq!(
        change("account_update", partner).items[0]
            .origin
            .account
            .as_deref(),
        Some("2077")
    );
}

#[test]
fn a_stop_is_found_under_standby_and_among_broken_characters() {
    let delivery = change("standby", json!({"messages": [text(1, "STOP")]}));
    assert!(delivery.items[0].origin.standby && delivery.bad.is_empty());
    let body = r#"{"entry":[{"id":"1","changes":[{"field":"messages","value":{"contacts":[{"profile":{"name":"\ud83d"},"wa_id":"447700900123"}],"messages":[{"from":"447700900123","id":"w","timestamp":1795341600,"type":"text","text":{"body":"STOP\u0000 \udc00"}}]}}]}]}"#;
    let delivery = read(body.as_bytes()).unwrap();
    match &delivery.items[0].notice {
        Notice::Message(message) => {
            assert_eq!(message.content.said(), Some(Said::Typed("STOP \u{fffd}")));
            assert_eq!(message.from.name.as_deref(), Some("\u{fffd}"));
        }
        other => panic!("{other:?}"),
    }
    let mut bytes = body.replace("STOP", "ST?P").into_bytes();
    let at = bytes.iter().position(|b| *b == b'?').unwrap();
    bytes[at] = 0xff;
    assert_eq!(read(&bytes).unwrap().items.len(), 1);
}

#[test]
fn what_is_unknown_is_counted_and_kept() {
    let mut odd = text(1, "hi");
    odd["novelty"] = json!(1);
    let poll = json!({"from": "447700900123", "id": "w2", "timestamp": AT, "type": "poll", "poll": {"name": "?"}});
    let delivery = change(
        "messages",
        json!({"messages": [odd, poll], "extra": [1, 2]}),
    );
    assert_eq!((delivery.items.len(), delivery.bad.len()), (3, 0));
    for name in ["message.novelty", "type.poll", "value.extra"] {
        assert_eq!(
            delivery.unknown.get(name),
            Some(&1),
            "{:?}",
            delivery.unknown
        );
    }
    let poll = Content::Other {
        kind: "poll".to_owned(),
        raw: r#"{"name":"?"}"#.to_owned(),
    };
    assert!(
        matches!(&delivery.items[1].notice, Notice::Message(message) if message.content == poll)
    );
    assert!(
        matches!(&delivery.items[2].notice, Notice::Other { name, raw } if name == "messages.extra" && raw == "[1,2]")
    );
    let delivery = change("tracking_events", json!({"a": 1}));
    assert!(
        matches!(&delivery.items[0].notice, Notice::Other { name, raw } if name == "tracking_events" && raw == r#"{"a":1}"#)
    );
    let many: Vec<Value> = (0..500)
        .map(|n| json!({"field": format!("f{n}"), "value": {}}))
        .collect();
    let delivery = deliver(&json!({"entry": [{"id": "1", "changes": many}]}));
    assert_eq!((delivery.items.len(), delivery.unknown.len()), (500, 101));
}

#[test]
fn a_message_without_type_is_read_by_its_only_content() {
    let mut item = text(1, "STOP");
    item.as_object_mut().unwrap().remove("type");
    assert_eq!(message(item).content.said(), Some(Said::Typed("STOP")));
    let bare = json!({"from": "447700900123", "id": "w", "timestamp": AT});
    assert!(matches!(message(bare).content, Content::Other { kind, .. } if kind == "untyped"));
}

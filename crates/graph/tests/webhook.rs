//! Webhooks as they should not be, and are: what is odd is read, what is broken costs only itself.

use consent::{phone::Phone, time::Timestamp};
use graph::webhook::{
    Delivery, Notice, Unreadable, account::AccountNews, business::Direction, change::Changed,
    content::Content, inbound::Message, news::News, preference::Wish, read, said::Said,
    status::State,
};
use serde_json::{Value, json};

const AT: i64 = 1_795_341_600;

fn deliver(body: &Value) -> Delivery {
    read(body.to_string().as_bytes()).unwrap()
}

/// One change under one entry.
fn change(field: &str, value: Value) -> Delivery {
    deliver(&json!({"entry": [{"id": "2099", "changes": [{"field": field, "value": value}]}]}))
}

fn one(delivery: Delivery) -> Notice {
    assert!(delivery.bad.is_empty(), "{:?}", delivery.bad);
    let [item] = <[_; 1]>::try_from(delivery.items).unwrap();
    item.notice
}

fn text(id: usize, body: &str) -> Value {
    json!({"from": "447700900123", "id": format!("wamid.{id}"), "timestamp": AT.to_string(), "type": "text", "text": {"body": body}})
}

fn message(item: Value) -> Message {
    match one(change("messages", json!({"messages": [item]}))) {
        Notice::Message(message) => *message,
        other => panic!("{other:?}"),
    }
}

fn system(item: Value) -> Notice {
    one(change("messages", json!({"messages": [item]})))
}

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

#[test]
fn contexts_referrals_and_replies_are_read() {
    let with = |rest: Value| {
        let mut item = json!({"from": "447700900123", "id": "w", "timestamp": AT});
        item.as_object_mut()
            .unwrap()
            .extend(rest.as_object().unwrap().clone());
        message(item)
    };
    let forwarded = with(
        json!({"type": "text", "text": {"body": "STOP"}, "context": {"forwarded": true, "frequently_forwarded": true}}),
    );
    let context = forwarded.context.unwrap();
    assert!(context.forwarded && context.frequently_forwarded && context.id.is_none());
    let group = with(json!({"type": "text", "text": {"body": "x"}, "group_id": "g1"}));
    assert_eq!(group.group.as_deref(), Some("g1"));
    let call = with(
        json!({"type": "interactive", "interactive": {"type": "call_permission_reply", "call_permission_reply": {"response": "accept", "expiration_timestamp": AT}}}),
    );
    assert!(matches!(
        call.content,
        Content::CallPermission {
            expires: Some(_),
            ..
        }
    ));
    let flow = with(
        json!({"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {"response_json": "no json"}}}),
    );
    assert!(matches!(
        flow.content,
        Content::FlowReply { fields: None, .. }
    ));
    let cards = json!([{"origin": "other", "phones": [{"phone": "+44 7700 900124"}, {"phone": "?"}]}, {"origin": "contact_request", "phones": [{"wa_id": "447700900123"}]}]);
    match with(json!({"type": "contacts", "contacts": cards})).content {
        Content::Contacts(cards) => {
            assert_eq!((cards[0].own, cards[0].phones.len()), (false, 1));
            assert!(
                cards[1].own
                    && cards[1].phones[0].phone.map(Phone::digits).as_deref()
                        == Some("447700900123")
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_number_change_is_read_in_every_shape() {
    let old = "447700900123";
    for (kind, from, system_part, what) in [
        (
            "user_changed_number",
            Some(old),
            json!({"wa_id": "447700900456"}),
            Changed::Number,
        ),
        (
            "user_changed_number",
            Some(old),
            json!({"body": "User changed from x changed from 447700900123 to 447700900456"}),
            Changed::Number,
        ),
        (
            "user_changed_number",
            None,
            json!({"body": "User Ana changed from +447700900123 to +447700900456."}),
            Changed::Number,
        ),
        (
            "customer_changed_number",
            Some(old),
            json!({"new_wa_id": "447700900456"}),
            Changed::Number,
        ),
        (
            "customer_changed_number",
            None,
            json!({"customer": old, "wa_id": "447700900456"}),
            Changed::Number,
        ),
    ] {
        let mut part = system_part.clone();
        part["type"] = json!(kind);
        let mut item = json!({"id": "w", "timestamp": AT, "type": "system", "system": part});
        if let Some(from) = from {
            item["from"] = json!(from);
        }
        match system(item) {
            Notice::Change(change) => {
                assert_eq!(change.what, what);
                assert_eq!(change.before.phone.unwrap().digits(), old, "{system_part}");
                assert_eq!(
                    change.after.phone.unwrap().digits(),
                    "447700900456",
                    "{system_part}"
                );
            }
            other => panic!("{other:?}"),
        }
    }
    let ids = json!({"type": "user_changed_number", "wa_id": "447700900456", "user_id": "GB.2", "previous_user_id": "GB.1", "parent_user_id": "GB.ENT.2", "previous_parent_user_id": "GB.ENT.1"});
    match system(json!({"from": old, "id": "w", "timestamp": AT, "type": "system", "system": ids}))
    {
        Notice::Change(change) => {
            assert_eq!(
                (change.before.aliases().len(), change.after.aliases().len()),
                (3, 3)
            );
            assert_eq!(change.after.parent.unwrap().as_str(), "GB.ENT.2");
        }
        other => panic!("{other:?}"),
    }
    let told =
        json!({"type": "user_changed_user_id", "body": "User Ana changed from GB.1 to GB.2"});
    match system(json!({"id": "w", "timestamp": AT, "type": "system", "system": told})) {
        Notice::Change(change) => assert_eq!(
            (
                change.what,
                change.before.bsuid.unwrap().as_str(),
                change.after.bsuid.unwrap().as_str()
            ),
            (Changed::UserId, "GB.1", "GB.2")
        ),
        other => panic!("{other:?}"),
    }
    let nothing = json!({"id": "w", "timestamp": AT, "type": "system", "system": {"type": "user_changed_number"}});
    assert_eq!(
        change("messages", json!({"messages": [nothing]})).bad.len(),
        1
    );
}

#[test]
fn older_system_messages_are_read() {
    for kind in ["customer_identity_changed", "user_identity_changed"] {
        let part = json!({"type": kind, "customer": "447700900123", "identity": "h2"});
        match system(
            json!({"from": "447700900123", "id": "w", "timestamp": AT, "type": "system", "system": part}),
        ) {
            Notice::Change(change) => {
                assert_eq!(change.what, Changed::Identity);
                assert_eq!(
                    (change.before.phone, change.after.identity.as_deref()),
                    (change.after.phone, Some("h2"))
                );
            }
            other => panic!("{other:?}"),
        }
    }
    let part = json!({"type": "user_preference_changed", "marketing": "stop"});
    match system(
        json!({"from": "447700900123", "id": "w", "timestamp": AT, "type": "system", "system": part}),
    ) {
        Notice::Preference(preference) => assert_eq!(preference.wish, Wish::Stop),
        other => panic!("{other:?}"),
    }
    let part = json!({"type": "novelty"});
    let unknown = system(json!({"id": "w", "timestamp": AT, "type": "system", "system": part}));
    assert!(matches!(unknown, Notice::Other { name, .. } if name == "messages.system.novelty"));
}

#[test]
fn preferences_are_read_with_any_name_and_kept_when_their_value_is_new() {
    let contacts = json!([{"wa_id": "447700900123", "user_id": "GB.1"}]);
    for (item, contacts) in [
        (json!({"wa_id": "447700900123"}), json!(null)),
        (
            json!({"wa_id": 447_700_900_123_u64, "category": "marketing_messages"}),
            json!([]),
        ),
        (json!({"user_id": "GB.1"}), contacts.clone()),
        (json!({}), contacts.clone()),
    ] {
        for (word, wish) in [("stop", Wish::Stop), ("resume", Wish::Resume)] {
            for at in [json!(AT), json!(AT.to_string())] {
                let mut item = item.clone();
                item["value"] = json!(word);
                item["timestamp"] = at;
                match one(change(
                    "user_preferences",
                    json!({"contacts": contacts, "user_preferences": [item]}),
                )) {
                    Notice::Preference(preference) => {
                        assert_eq!(
                            (preference.wish, preference.at),
                            (wish, Timestamp::from_seconds(AT))
                        );
                        assert_eq!(preference.who.phone.unwrap().digits(), "447700900123");
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
    }
    for bad in [
        json!({"wa_id": "447700900123", "value": "pause", "timestamp": AT}),
        json!({"wa_id": "447700900123", "timestamp": AT}),
        json!({"wa_id": "447700900123", "value": "stop"}),
        json!({"value": "stop", "timestamp": AT}),
        json!({"wa_id": "447700900123", "value": "stop", "category": "utility_messages", "timestamp": AT}),
    ] {
        let good = json!({"wa_id": "447700900124", "value": "stop", "timestamp": AT});
        let delivery = change("user_preferences", json!({"user_preferences": [bad, good]}));
        assert_eq!((delivery.items.len(), delivery.bad.len()), (1, 1), "{bad}");
    }
}

#[test]
fn statuses_of_groups_and_of_calls_are_told_apart() {
    let status = json!({"id": "w", "status": "played", "timestamp": AT, "recipient_id": "g1", "recipient_type": "group", "recipient_participant_id": "447700900123", "conversation": {"id": "c", "expiration_timestamp": AT.to_string(), "origin": {"type": "service"}}, "template_id": 9_007_199_254_740_993_u64});
    match one(change("messages", json!({"statuses": [status]}))) {
        Notice::Status(status) => {
            assert_eq!(
                (status.state, status.group.as_deref()),
                (State::Played, Some("g1"))
            );
            assert_eq!(status.recipient.phone.unwrap().digits(), "447700900123");
            assert_eq!(status.template.as_deref(), Some("9007199254740993"));
            assert!(status.conversation.unwrap().expires.is_some());
        }
        other => panic!("{other:?}"),
    }
    let ringing = json!({"id": "c1", "type": "call", "status": "RINGING", "timestamp": AT, "recipient_id": "447700900123"});
    assert!(matches!(
        one(change("calls", json!({"statuses": [ringing]}))),
        Notice::Other { .. }
    ));
}

#[test]
fn only_a_call_by_the_person_is_inbound() {
    for (direction, from, to, want) in [
        (
            json!("USER_INITIATED"),
            "447700900123",
            "12025550100",
            Direction::Inbound,
        ),
        (
            json!("BUSINESS_INITIATED"),
            "12025550100",
            "447700900123",
            Direction::Outbound,
        ),
        (
            json!(null),
            "447700900123",
            "12025550100",
            Direction::Inbound,
        ),
        (
            json!(null),
            "12025550100",
            "447700900123",
            Direction::Outbound,
        ),
    ] {
        let call = json!({"id": "c", "from": from, "to": to, "event": "connect", "timestamp": AT, "direction": direction});
        let value = json!({"metadata": {"display_phone_number": "12025550100"}, "calls": [call]});
        match one(change("calls", value)) {
            Notice::Call(call) => {
                assert_eq!(call.direction, want);
                assert_eq!(call.who.phone.unwrap().digits(), "447700900123");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn template_news_goes_by_content_and_keeps_ids_and_languages_exact() {
    let with = |rest: Value| {
        let mut value = json!({"message_template_id": 9_007_199_254_740_993_u64, "message_template_name": "a", "message_template_language": "en-US"});
        value
            .as_object_mut()
            .unwrap()
            .extend(rest.as_object().unwrap().clone());
        value
    };
    for (field, rest, want) in [
        (
            "message_template_status_update",
            json!({"previous_quality_score": "GREEN", "new_quality_score": "RED"}),
            "quality",
        ),
        (
            "message_template_status_update",
            json!({"event": "REINSTATED", "reason": null}),
            "usable",
        ),
        (
            "message_template_status_update",
            json!({"event": "DISABLED", "reason": "SCAM"}),
            "unusable",
        ),
        (
            "template_category_update",
            json!({"new_category": "UTILITY", "correct_category": "MARKETING"}),
            "announced",
        ),
        (
            "template_category_update",
            json!({"previous_category": "UTILITY", "new_category": "MARKETING", "correct_category": "MARKETING"}),
            "done",
        ),
        (
            "template_correct_category_detection",
            json!({"category": "UTILITY", "correct_category": "MARKETING"}),
            "wrong",
        ),
        (
            "message_template_components_update",
            json!({"message_template_element": "Hi"}),
            "components",
        ),
    ] {
        match one(change(field, with(rest))) {
            Notice::Template(told) => {
                assert_eq!(told.id.as_deref(), Some("9007199254740993"));
                assert_eq!(told.language.as_deref(), Some("en_US"));
                let got = match told.news {
                    News::Quality { .. } => "quality",
                    News::Status { status, .. } if status.usable() => "usable",
                    News::Status { .. } => "unusable",
                    News::CategoryAnnounced { .. } => "announced",
                    News::CategoryDone { .. } => "done",
                    News::CategoryWrong { .. } => "wrong",
                    News::Components => "components",
                };
                assert_eq!(got, want);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn news_about_accounts_is_read_and_handovers_are_kept() {
    for (field, value) in [
        (
            "business_capability_update",
            json!({"max_daily_conversations_per_business": 2000, "max_phone_numbers_per_waba": 25}),
        ),
        (
            "business_capability_update",
            json!({"max_daily_conversations_per_business": "TIER_2K"}),
        ),
        (
            "account_alerts",
            json!({"alert_info": {"alert_severity": "WARNING", "alert_type": "x"}}),
        ),
        ("account_review_update", json!({"decision": "APPROVED"})),
        (
            "security",
            json!({"display_phone_number": "12025550100", "event": "PIN_CHANGED"}),
        ),
        (
            "business_username_updates",
            json!({"display_phone_number": "12025550100", "username": "shop", "status": "approved"}),
        ),
        (
            "account_update",
            json!({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}}),
        ),
    ] {
        assert!(
            matches!(one(change(field, value.clone())), Notice::Account(_)),
            "{field} {value}"
        );
    }
    let capability = json!({"max_daily_conversations_per_business": -1});
    match one(change("business_capability_update", capability)) {
        Notice::Account(AccountNews::Capability { daily, .. }) => {
            assert_eq!(daily.as_deref(), Some("-1"))
        }
        other => panic!("{other:?}"),
    }
    for value in [
        json!({"messaging_handovers": [{"user_id": "GB.1", "timestamp": AT}]}),
        json!({"from": "447700900123", "timestamp": AT, "control_passed": {}}),
    ] {
        match one(change("messaging_handovers", value)) {
            Notice::Handover(handover) => assert!(handover.who.is_known() && handover.at.is_some()),
            other => panic!("{other:?}"),
        }
    }
    let click = json!({"action_type": "marketing_messages_link_click", "timestamp": AT, "marketing_messages_link_click_data": {"click_id": "1"}});
    assert!(matches!(
        one(change("messages", json!({"user_actions": [click]}))),
        Notice::UserAction(_)
    ));
}

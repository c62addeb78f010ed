//! Every kind of notice, in every shape that was ever seen.

use consent::{phone::Phone, time::Timestamp};
use graph::webhook::{
    Notice, account::AccountNews, business::Direction, change::Changed, content::Content,
    news::News, preference::Wish, status::State,
};
use serde_json::{Value, json};

use crate::deliver::{AT, change, message, one, system};

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
}

#[test]
fn ids_before_and_after_a_change_are_read_from_members_or_from_the_sentence() {
    let old = "447700900123";
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

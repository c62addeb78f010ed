//! What people do, and what the business is told of it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{ADA, ADA_ID, House, NUMBER, WABA, template, text};

#[tokio::test]
async fn offers_switched_off_stop_marketing_by_a_failed_status_and_nothing_else() {
    let house = House::open().await;
    house.customer("ada", "offers", json!({"on": false})).await;
    let told = house.told("user_preferences").await;
    let at = &told[0]["user_preferences"][0]["timestamp"];
    assert!(at.is_i64(), "an integer here, unlike elsewhere");
    assert_eq!(
        told[0]["user_preferences"],
        json!([{
            "wa_id": ADA, "user_id": ADA_ID, "detail": "User requested to stop marketing messages",
            "category": "marketing_messages", "value": "stop", "timestamp": at
        }])
    );
    let (status, answer) = house.send(template(ADA, "spring_sale", "")).await;
    assert_eq!(
        (status, &answer["messages"][0]["message_status"]),
        (200, &json!("accepted"))
    );
    house.sent(template(ADA, "order_note", "packed")).await;
    let values = house.told("messages").await;
    let failed = values
        .iter()
        .find(|value| value["statuses"][0]["status"] == "failed")
        .unwrap();
    assert_eq!(failed.get("contacts"), None);
    assert_eq!(failed["statuses"][0].get("recipient_user_id"), None);
    assert_eq!(failed["statuses"][0]["recipient_id"], ADA);
    assert_eq!(failed["statuses"][0]["errors"][0]["code"], 131_050);
    let chat = house.chat("ada").await;
    assert_eq!((chat.len(), &chat[0]["category"]), (1, &json!("utility")));
    house.customer("ada", "offers", json!({"on": true})).await;
    house.sent(template(ADA, "spring_sale", "")).await;
    assert_eq!(house.chat("ada").await.len(), 2);
    assert_eq!(
        house.told("user_preferences").await[1]["user_preferences"][0]["value"],
        "resume"
    );
}

#[tokio::test]
async fn people_who_cannot_be_reached_fail_with_the_reason() {
    let house = House::open().await;
    house.sent(text(ADA, "no window yet")).await;
    house.customer("ada", "capped", json!({"on": true})).await;
    house.sent(template(ADA, "spring_sale", "")).await;
    house.customer("ada", "block", json!({})).await;
    house.sent(template(ADA, "order_note", "x")).await;
    house
        .customer("sam", "undeliverable", json!({"on": true}))
        .await;
    house.sent(template("12025550142", "spring_sale", "")).await;
    let mut someone_else = template("447700900188", "order_note", "x");
    someone_else["recipient_identity_key_hash"] = json!("old");
    house.sent(someone_else).await;
    let codes: Vec<Value> = house
        .statuses()
        .await
        .iter()
        .map(|status| status["errors"][0]["code"].clone())
        .collect();
    assert_eq!(codes, [131_047, 131_049, 130_403, 131_026, 137_000]);
}

#[tokio::test]
async fn with_sync_refusals_the_same_is_answered_at_once() {
    let house = House::open().await;
    house.set(json!({"refusals": "sync"})).await;
    house.customer("ada", "offers", json!({"on": false})).await;
    let (status, answer) = house.send(template(ADA, "spring_sale", "")).await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(131_050)));
    assert!(house.statuses().await.is_empty());
}

#[tokio::test]
async fn whoever_writes_may_be_answered_for_a_day() {
    let house = House::open().await;
    house.customer("ada", "say", json!({"text": "hi"})).await;
    house.sent(text(ADA, "hello")).await;
    assert_eq!(house.statuses().await.len(), 3);
    house
        .control(Method::POST, "clock", json!({"advance_ms": 86_400_000}))
        .await;
    house.sent(text(ADA, "still there?")).await;
    assert_eq!(house.statuses().await[3]["errors"][0]["code"], 131_047);
}

#[tokio::test]
async fn a_tap_carries_payload_label_and_the_message_it_belongs_to() {
    let house = House::open().await;
    let plain = house.sent(template(ADA, "spring_sale", "")).await;
    house.quiet().await;
    house
        .customer("ada", "tap", json!({"button": "Stop promotions"}))
        .await;
    let mut chosen = template(ADA, "autumn_sale", "Ada");
    let button = json!({"type": "button", "sub_type": "quick_reply", "index": "0", "parameters": [{"type": "payload", "payload": "out:1"}]});
    chosen["template"]["components"]
        .as_array_mut()
        .unwrap()
        .push(button);
    house.sent(chosen).await;
    house.quiet().await;
    house.customer("ada", "tap", json!({"index": 0})).await;
    let taps: Vec<Value> = said(&house).await;
    assert_eq!(
        taps[0]["button"],
        json!({"payload": "Stop promotions", "text": "Stop promotions"})
    );
    assert_eq!(
        taps[0]["context"],
        json!({"from": "12025550100", "id": plain})
    );
    assert_eq!(
        taps[1]["button"],
        json!({"payload": "out:1", "text": "Stop promotions"})
    );
    let (status, _) = house
        .control(Method::POST, "customers/ada/tap", json!({"button": "nope"}))
        .await;
    assert_eq!(status, 409);
}

#[tokio::test]
async fn buttons_and_lists_are_answered_with_their_ids() {
    let house = House::open().await;
    house.customer("ada", "say", json!({"text": "hi"})).await;
    let send = |interactive: Value| json!({"messaging_product": "whatsapp", "to": ADA, "type": "interactive", "interactive": interactive});
    house.sent(send(json!({"type": "button", "body": {"text": "Join?"}, "action": {"buttons": [{"type": "reply", "reply": {"id": "yes", "title": "Yes"}}]}}))).await;
    let rows = json!([{"title": "All", "rows": [{"id": "orders", "title": "Orders only", "description": "No offers"}]}]);
    house.sent(send(json!({"type": "list", "body": {"text": "What?"}, "action": {"button": "Choose", "sections": rows}}))).await;
    house.quiet().await;
    house.customer("ada", "tap", json!({"button": "Yes"})).await;
    house
        .customer("ada", "pick", json!({"row": "orders"}))
        .await;
    let said = said(&house).await;
    assert_eq!(
        said[1]["interactive"],
        json!({"type": "button_reply", "button_reply": {"id": "yes", "title": "Yes"}})
    );
    assert_eq!(
        said[2]["interactive"],
        json!({"type": "list_reply", "list_reply": {"id": "orders", "title": "Orders only", "description": "No offers"}})
    );
}

#[tokio::test]
async fn every_kind_of_message_has_its_shape() {
    let house = House::open().await;
    house.sent(template(ADA, "spring_sale", "")).await;
    house.quiet().await;
    for (action, args) in [
        ("say", json!({"text": "Hi, I saw your ad", "ad": true})),
        ("image", json!({"caption": "stop"})),
        ("react", json!({"emoji": "👍"})),
        ("react", json!({})),
        ("flow", json!({"response": {"marketing": false}})),
        ("order", json!({"text": "soon"})),
        ("share_contact", json!({})),
        ("unsupported", json!({})),
        ("say", json!({"text": "STOP"})),
        ("edit", json!({"text": "stop by tomorrow"})),
        ("revoke", json!({})),
    ] {
        house.customer("ada", action, args).await;
    }
    let said = said(&house).await;
    let kinds: Vec<&Value> = said.iter().map(|message| &message["type"]).collect();
    let expected = [
        "text",
        "image",
        "reaction",
        "reaction",
        "interactive",
        "order",
        "contacts",
        "unsupported",
        "text",
        "edit",
        "revoke",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(said[0]["referral"]["source_type"], "ad");
    let keys: Vec<&String> = said[1]["image"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["caption", "mime_type", "sha256", "id", "url"]);
    assert_eq!(said[2]["reaction"]["emoji"], "👍");
    assert_eq!(said[3]["reaction"].get("emoji"), None);
    assert_eq!(
        said[4]["interactive"]["nfm_reply"]["response_json"],
        r#"{"marketing":false}"#
    );
    assert_eq!(said[6]["contacts"][0]["phones"][0]["wa_id"], ADA);
    assert_eq!(said[7]["errors"][0]["code"], 131_051);
    assert_eq!(said[9]["edit"]["original_message_id"], said[8]["id"]);
    assert_eq!(
        said[10]["revoke"],
        json!({"original_message_id": said[8]["id"]})
    );
    assert!(said.iter().all(|message| message["from"] == ADA
        && message["from_user_id"] == ADA_ID
        && message["timestamp"].is_string()));
}

#[tokio::test]
async fn a_click_on_an_ad_is_told_with_the_first_message() {
    let house = House::open().await;
    let ad = json!({"source_id": "120900000000000077", "headline": "Tulips", "body": "Ask us", "ctwa_clid": "ARAclick7"});
    for ad in [
        ad,
        json!({"media_type": "video", "ctwa_clid": null, "welcome_message": null}),
        json!({"source_type": "post"}),
        json!(false),
    ] {
        let args = json!({"text": "Hi, I saw your ad", "ad": ad});
        house.customer("ada", "say", args).await;
    }
    let said = said(&house).await;
    let told = &said[0]["referral"];
    assert_eq!(
        (
            &told["source_id"],
            &told["headline"],
            &told["body"],
            &told["ctwa_clid"]
        ),
        (
            &json!("120900000000000077"),
            &json!("Tulips"),
            &json!("Ask us"),
            &json!("ARAclick7")
        )
    );
    let keys: Vec<&String> = said[1]["referral"].as_object().unwrap().keys().collect();
    let in_a_status = [
        "source_url",
        "source_id",
        "source_type",
        "body",
        "headline",
        "media_type",
        "video_url",
        "thumbnail_url",
    ];
    assert_eq!(keys, in_a_status, "an ad shown in a status has no click id");
    assert_eq!(said[2]["referral"]["source_type"], "post");
    assert_eq!(said[3].get("referral"), None);
    for ad in [
        json!("yes"),
        json!({"click": "x"}),
        json!({"source_type": "reel"}),
    ] {
        let args = json!({"text": "hi", "ad": ad});
        let (status, _) = house.control(Method::POST, "customers/ada/say", args).await;
        assert_eq!(status, 422);
    }
}

#[tokio::test]
async fn a_new_number_is_told_without_contacts_and_reached_from_then_on() {
    let house = House::open().await;
    let done = house
        .customer("ada", "change_number", json!({"phone": "+44 7700 900456"}))
        .await;
    let value = house.told("messages").await.remove(0);
    assert_eq!(value.get("contacts"), None);
    let message = &value["messages"][0];
    assert_eq!(
        (&message["type"], &message["from"]),
        (&json!("system"), &json!(ADA))
    );
    assert_eq!(
        message["system"],
        json!({
            "body": format!("User Ada Example changed from {ADA} to 447700900456"), "wa_id": "447700900456",
            "type": "user_changed_number", "user_id": done["bsuid"], "previous_user_id": ADA_ID
        })
    );
    house
        .sent(template("447700900456", "spring_sale", ""))
        .await;
    assert_eq!(house.chat("ada").await.len(), 1);
    house.customer("ada", "change_user_id", json!({})).await;
    let values = house.told("messages").await;
    let changed = &values.last().unwrap()["messages"][0];
    assert_eq!(
        (changed.get("from"), &changed["system"]["type"]),
        (None, &json!("user_changed_user_id"))
    );
    assert_eq!(changed["system"]["previous_user_id"], done["bsuid"]);
}

#[tokio::test]
async fn a_recycled_number_belongs_to_somebody_else() {
    let house = House::open().await;
    let (_, ada) = house
        .control(Method::GET, "customers/ada", Value::Null)
        .await;
    let new = house
        .customer("ada", "recycle", json!({"name": "Newton New"}))
        .await;
    assert_eq!(
        (&new["wa_id"], new["bsuid"] == ada["bsuid"]),
        (&json!(ADA), false)
    );
    assert!(house.heard.posts().is_empty(), "nobody is told");
    let mut body = template(ADA, "spring_sale", "");
    body["recipient_identity_key_hash"] = ada["identity_key_hash"].clone();
    house.sent(body).await;
    let statuses = house.statuses().await;
    assert_eq!(statuses[0]["errors"][0]["code"], 137_000);
    assert_eq!(
        statuses[0]["recipient_identity_key_hash"],
        ada["identity_key_hash"]
    );
    house.sent(template(ADA, "spring_sale", "")).await;
    assert_eq!(house.chat("newton").await.len(), 1);
}

#[tokio::test]
async fn an_offline_phone_gets_its_messages_later_and_reads_when_it_may() {
    let house = House::open().await;
    house.customer("ada", "online", json!({"on": false})).await;
    house.customer("ada", "reads", json!({"on": false})).await;
    house.sent(template(ADA, "spring_sale", "")).await;
    assert_eq!(names(&house).await, ["sent"]);
    house.customer("ada", "online", json!({"on": true})).await;
    assert_eq!(names(&house).await, ["sent", "delivered"]);
    house.customer("ada", "reads", json!({"on": true})).await;
    assert_eq!(names(&house).await, ["sent", "delivered", "read"]);
}

#[tokio::test]
async fn the_business_does_not_hear_whom_it_blocked() {
    let house = House::open().await;
    let user = json!({"messaging_product": "whatsapp", "block_users": [{"user": ADA}]});
    let edge = format!("{NUMBER}/block_users");
    let (_, early) = house.graph(Method::POST, &edge, user.clone()).await;
    assert_eq!(
        early["block_users"]["failed_users"][0]["errors"][0]["code"],
        139_100
    );
    house.customer("ada", "say", json!({"text": "hi"})).await;
    let (_, done) = house.graph(Method::POST, &edge, user).await;
    assert_eq!(done["block_users"]["added_users"][0]["wa_id"], ADA);
    assert_eq!(
        house
            .customer("ada", "say", json!({"text": "hello?"}))
            .await["heard"],
        false
    );
    assert_eq!(said(&house).await.len(), 1);
}

#[tokio::test]
async fn a_message_typed_in_the_phone_app_comes_as_an_echo() {
    let house = House::open().await;
    house
        .customer("ada", "echo", json!({"text": "by hand"}))
        .await;
    let told = house.told("smb_message_echoes").await;
    let echo = &told[0]["message_echoes"][0];
    assert_eq!(
        (&echo["from"], &echo["to"], &echo["to_user_id"]),
        (&json!("12025550100"), &json!(ADA), &json!(ADA_ID))
    );
    assert_eq!(house.heard.posts().len(), 1);
    let body: Value = serde_json::from_slice(&house.heard.posts()[0].0).unwrap();
    assert_eq!(body["entry"][0]["id"], WABA);
}

async fn said(house: &House) -> Vec<Value> {
    let values = house.told("messages").await;
    values
        .iter()
        .filter_map(|value| value["messages"].get(0))
        .cloned()
        .collect()
}

async fn names(house: &House) -> Vec<String> {
    let statuses = house.statuses().await;
    statuses
        .iter()
        .map(|status| status["status"].as_str().unwrap().to_owned())
        .collect()
}

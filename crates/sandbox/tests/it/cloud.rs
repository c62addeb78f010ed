//! The Graph API: sends, templates, numbers, media.

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{ADA, ADA_ID, House, NOOR_ID, NUMBER, WABA, template, text};

#[tokio::test]
async fn an_accepted_template_is_answered_as_meta_does_and_runs_through_its_statuses() {
    let house = House::open().await;
    let mut body = template("+44 7700 900123", "spring_sale", "");
    body["biz_opaque_callback_data"] = json!("send:1");
    let (status, answer) = house.send(body).await;
    assert_eq!(status, 200);
    assert_eq!(
        answer["contacts"],
        json!([{"input": "+44 7700 900123", "wa_id": ADA}])
    );
    assert_eq!(answer["messages"][0]["message_status"], "accepted");
    let wamid = &answer["messages"][0]["id"];
    let statuses = house.statuses().await;
    let names: Vec<&Value> = statuses.iter().map(|status| &status["status"]).collect();
    assert_eq!(names, ["sent", "delivered", "read"]);
    let sent = &statuses[0];
    let seconds = &sent["timestamp"];
    assert!(seconds.is_string());
    assert_eq!(
        *sent,
        json!({
            "id": wamid, "status": "sent", "timestamp": seconds, "recipient_id": ADA, "recipient_user_id": ADA_ID,
            "biz_opaque_callback_data": "send:1",
            "pricing": {"billable": true, "pricing_model": "PMP", "type": "regular", "category": "marketing"}
        })
    );
    assert_eq!(statuses[2].get("pricing"), None);
}

#[tokio::test]
async fn a_bad_token_is_401_with_code_190() {
    let house = House::open().await;
    for token in [None, Some("wrong")] {
        let mut request = house.request(Method::POST, &format!("/v25.0/{NUMBER}/messages"));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request
            .json(&template(ADA, "spring_sale", ""))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 401);
        let body: Value = response.json().await.unwrap();
        assert_eq!(
            (&body["error"]["code"], &body["error"]["type"]),
            (&json!(190), &json!("OAuthException"))
        );
    }
    assert!(house.chat("ada").await.is_empty());
}

#[tokio::test]
async fn what_is_wrong_with_a_send_is_told_by_its_code() {
    let house = House::open().await;
    let mut too_long = template(ADA, "spring_sale", "");
    too_long["biz_opaque_callback_data"] = json!("x".repeat(513));
    let no_content = json!({"messaging_product": "whatsapp", "to": ADA, "type": "text"});
    let no_product = json!({"to": ADA, "type": "text", "text": {"body": "x"}});
    let picture = json!({"messaging_product": "whatsapp", "to": ADA, "type": "image", "image": {"id": "404"}});
    let poll = json!({"messaging_product": "whatsapp", "to": ADA, "type": "poll", "poll": {}});
    let mut direct = text(ADA, "x");
    direct["category"] = json!("marketing");
    for (body, status, code) in [
        (template(ADA, "nope", ""), 404, 132_001),
        (template(ADA, "spring_sale", "one too many"), 400, 132_000),
        (template(ADA, "order_note", ""), 400, 132_000),
        (template("12", "spring_sale", ""), 400, 131_009),
        (template("12025550100", "spring_sale", ""), 400, 131_021),
        (too_long, 400, 131_009),
        (no_content, 400, 131_008),
        (no_product, 400, 100),
        (picture, 400, 131_009),
        (poll, 400, 100),
        (direct, 400, 100),
    ] {
        let (got, answer) = house.send(body.clone()).await;
        assert_eq!(
            (got, &answer["error"]["code"]),
            (status, &json!(code)),
            "{body}"
        );
    }
    let (status, answer) = house
        .graph(Method::POST, "1/messages", text(ADA, "x"))
        .await;
    assert_eq!(
        (status, &answer["error"]["error_subcode"]),
        (400, &json!(33))
    );
}

#[tokio::test]
async fn a_template_that_meta_paused_is_refused_and_the_business_hears_of_it() {
    let house = House::open().await;
    let args = json!({"language": "en_GB", "status": "PAUSED"});
    house
        .control(Method::POST, "templates/autumn_sale/status", args)
        .await;
    assert_eq!(
        house.send(template(ADA, "autumn_sale", "Ada")).await.1["error"]["code"],
        132_015
    );
    let told = house.told("message_template_status_update").await;
    assert_eq!(told[0]["event"], "PAUSED");
    assert_eq!(told[0]["message_template_id"], 509_900_000_000_001_u64);
    assert_eq!(told[0]["other_info"]["title"], "FIRST_PAUSE");
}

#[tokio::test]
async fn a_category_changes_only_when_the_change_is_done() {
    let house = House::open().await;
    let change = |when: &str| json!({"language": "en_GB", "to": "MARKETING", "when": when});
    house
        .control(
            Method::POST,
            "templates/order_note/category",
            change("announced"),
        )
        .await;
    house.sent(template(ADA, "order_note", "a")).await;
    house
        .control(
            Method::POST,
            "templates/order_note/category",
            change("done"),
        )
        .await;
    house.sent(template(ADA, "order_note", "b")).await;
    let told = house.told("template_category_update").await;
    assert_eq!(
        (&told[0]["new_category"], &told[0]["correct_category"]),
        (&json!("UTILITY"), &json!("MARKETING"))
    );
    assert_eq!(
        (&told[1]["previous_category"], &told[1]["new_category"]),
        (&json!("UTILITY"), &json!("MARKETING"))
    );
    let statuses = house.statuses().await;
    let prices: Vec<&Value> = statuses
        .iter()
        .filter(|s| s["status"] == "sent")
        .map(|s| &s["pricing"]["category"])
        .collect();
    assert_eq!(prices, ["utility", "marketing"]);
}

#[tokio::test]
async fn marketing_messages_takes_marketing_templates_only() {
    let house = House::open().await;
    let edge = format!("{NUMBER}/marketing_messages");
    assert_eq!(
        house
            .graph(Method::POST, &edge, template(ADA, "spring_sale", ""))
            .await
            .0,
        200
    );
    assert_eq!(
        house
            .graph(Method::POST, &edge, template(ADA, "order_note", "x"))
            .await
            .1["error"]["code"],
        134_100
    );
    assert_eq!(
        house.graph(Method::POST, &edge, text(ADA, "x")).await.1["error"]["code"],
        100
    );
    assert_eq!(
        house.statuses().await[0]["pricing"]["category"],
        "marketing_lite"
    );
}

#[tokio::test]
async fn direct_send_reaches_people_outside_the_window() {
    let house = House::open().await;
    let mut body = text(ADA, "Your parcel is at the door");
    body["category"] = json!("utility");
    house.sent(body).await;
    let statuses = house.statuses().await;
    assert_eq!(
        (&statuses[0]["status"], &statuses[0]["pricing"]["category"]),
        (&json!("sent"), &json!("utility"))
    );
    let (_, made) = house
        .graph(
            Method::GET,
            &format!("{WABA}/message_templates?source=AUTO_GENERATED"),
            Value::Null,
        )
        .await;
    assert_eq!(made["data"][0]["id"], statuses[0]["template_id"]);
}

#[tokio::test]
async fn a_person_without_a_phone_is_reached_by_user_id_and_shown_by_it() {
    let house = House::open().await;
    let (_, answer) = house.send(template(NOOR_ID, "spring_sale", "")).await;
    assert_eq!(
        answer["contacts"],
        json!([{"input": NOOR_ID, "user_id": NOOR_ID}])
    );
    let values = house.told("messages").await;
    assert_eq!(
        values[1]["contacts"],
        json!([{"profile": {"name": "Noor Haddad", "username": "noor.haddad"}, "user_id": NOOR_ID}])
    );
    assert_eq!(values[1]["statuses"][0].get("recipient_id"), None);
    assert_eq!(
        values[0]["contacts"][0]["profile"].get("username"),
        None,
        "only on delivered and read"
    );
    house.customer("noor", "say", json!({"text": "stop"})).await;
    let said = house.told("messages").await.pop().unwrap();
    assert_eq!(said["messages"][0].get("from"), None);
    assert_eq!(said["messages"][0]["from_user_id"], NOOR_ID);
    let code = json!({"messaging_product": "whatsapp", "recipient": NOOR_ID, "type": "template", "template": {"name": "login_code", "language": {"code": "en_US"}}});
    assert_eq!(house.send(code).await.1["error"]["code"], 131_062);
}

#[tokio::test]
async fn a_brazilian_and_a_mexican_number_are_answered_in_whatsapps_form() {
    let house = House::open().await;
    for (input, wa_id) in [
        ("5551998765432", "555198765432"),
        ("555198765432", "555198765432"),
        ("525555550103", "5215555550103"),
    ] {
        let (_, answer) = house.send(template(input, "spring_sale", "")).await;
        assert_eq!(
            answer["contacts"][0],
            json!({"input": input, "wa_id": wa_id})
        );
    }
    assert_eq!(house.chat("ana").await.len(), 2);
}

#[tokio::test]
async fn a_receipt_is_no_message() {
    let house = House::open().await;
    let id = house.customer("ada", "say", json!({"text": "hi"})).await["id"].clone();
    let body = json!({"messaging_product": "whatsapp", "status": "read", "message_id": id, "typing_indicator": {"type": "text"}});
    assert_eq!(house.send(body).await, (200, json!({"success": true})));
    assert_eq!(house.chat("ada").await[0]["state"], "read");
    let unknown =
        json!({"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.none"});
    assert_eq!(house.send(unknown).await.0, 400);
}

#[tokio::test]
async fn templates_come_in_pages_until_there_is_no_next() {
    let house = House::open().await;
    let mut address = format!("{WABA}/message_templates?fields=name,language,category&limit=5");
    let mut seen = Vec::new();
    loop {
        let (status, page) = house.graph(Method::GET, &address, Value::Null).await;
        assert_eq!(status, 200);
        let items = page["data"].as_array().unwrap().clone();
        assert!(
            items
                .iter()
                .all(|item| item.get("components").is_none() && item["id"].is_string())
        );
        seen.extend(
            items
                .iter()
                .map(|item| item["id"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["paging"]["next"].as_str() else {
            break;
        };
        address = next.split_once("/v25.0/").unwrap().1.to_owned();
    }
    seen.sort();
    let all = seen.len();
    seen.dedup();
    let seeded = house.meta.options.templates.len();
    assert_eq!((all, seen.len()), (seeded, seeded));
    let (_, found) = house
        .graph(
            Method::GET,
            &format!("{WABA}/message_templates?name=login&status=APPROVED"),
            Value::Null,
        )
        .await;
    assert_eq!(found["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_new_template_is_reviewed_and_can_be_deleted() {
    let house = House::open().await;
    let new = json!({"name": "hello", "language": "en_GB", "category": "UTILITY", "components": [{"type": "BODY", "text": "Hi"}]});
    let edge = format!("{WABA}/message_templates");
    let (status, made) = house.graph(Method::POST, &edge, new.clone()).await;
    assert_eq!((status, &made["status"]), (200, &json!("PENDING")));
    assert_eq!(
        house.told("message_template_status_update").await[0]["event"],
        "APPROVED"
    );
    house.sent(template(ADA, "hello", "")).await;
    assert_eq!(
        house.graph(Method::POST, &edge, new).await.1["error"]["error_subcode"],
        2_388_024
    );
    assert_eq!(
        house
            .graph(Method::DELETE, &format!("{edge}?name=hello"), Value::Null)
            .await
            .1,
        json!({"success": true})
    );
    assert_eq!(house.send(template(ADA, "hello", "")).await.0, 404);
}

#[tokio::test]
async fn numbers_and_media_can_be_read() {
    let house = House::open().await;
    let (_, numbers) = house
        .graph(Method::GET, &format!("{WABA}/phone_numbers"), Value::Null)
        .await;
    assert_eq!(numbers["data"][0]["id"], NUMBER);
    let (_, number) = house
        .graph(
            Method::GET,
            &format!("{NUMBER}?fields=display_phone_number,health_status{{entities}}"),
            Value::Null,
        )
        .await;
    let keys: Vec<&String> = number.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["id", "display_phone_number", "health_status"]);
    let file = reqwest::multipart::Part::bytes(b"picture".to_vec())
        .file_name("a.png")
        .mime_str("image/png")
        .unwrap();
    let form = reqwest::multipart::Form::new()
        .text("messaging_product", "whatsapp")
        .part("file", file);
    let request = house
        .request(Method::POST, &format!("/v25.0/{NUMBER}/media"))
        .bearer_auth(house.token());
    let made: Value = request
        .multipart(form)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let id = made["id"].as_str().unwrap();
    let (_, item) = house.graph(Method::GET, id, Value::Null).await;
    assert_eq!(
        (&item["mime_type"], &item["file_size"]),
        (&json!("image/png"), &json!(7))
    );
    let path = item["url"]
        .as_str()
        .unwrap()
        .replace(&house.meta.base_url(), "");
    assert_eq!(
        house
            .request(Method::GET, &path)
            .send()
            .await
            .unwrap()
            .status(),
        401
    );
    let bytes = house
        .request(Method::GET, &path)
        .bearer_auth(house.token())
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    assert_eq!(&bytes[..], b"picture");
    house.customer("ada", "say", json!({"text": "hi"})).await;
    house.sent(json!({"messaging_product": "whatsapp", "to": ADA, "type": "image", "image": {"id": id}})).await;
    assert_eq!(house.graph(Method::DELETE, id, Value::Null).await.0, 200);
    assert_eq!(house.graph(Method::GET, id, Value::Null).await.0, 400);
}

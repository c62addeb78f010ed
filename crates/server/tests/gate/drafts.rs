//! Drafts: changed by whoever may, approved as they are, and never changed once somebody is drawn.

use axum::http::StatusCode;
use consent::id::ContactId;
use serde_json::{Value, json};

use server::services::{staff::Role, templates};

use crate::{
    campaign_pages::{Person, WHOLE, typed},
    campaigns::{Desk, body, phone, until},
    house::House,
};

fn people(count: usize) -> Vec<String> {
    (0..count).map(phone).collect()
}

async fn change(house: &House, desk: &Desk, path: &str, more: Value) -> (StatusCode, Value) {
    let answer = desk.ask(house, "PUT", path, &body(more)).await;
    (answer.status, answer.body)
}

async fn total(house: &House, desk: &Desk, path: &str) -> Value {
    let look = desk.post(house, &format!("{path}/preflight")).await;
    look.body["total"].clone()
}

async fn changes_until_it_begins(house: House) {
    let (ana, bea) = (Desk::of(&house, "ana").await, Desk::of(&house, "bea").await);
    for number in people(6) {
        house.opt_in(&number).await;
    }
    let path = ana
        .make(&house, json!({ "audience": { "numbers": people(4) } }))
        .await;
    bea.post(&house, &format!("{path}/approve")).await;
    let seen = ana.get(&house, &path).await;
    assert_eq!(seen["approved_by"], "bea", "{seen}");
    let wider = json!({ "name": "Winter", "audience": { "numbers": people(5) }, "pace": 7 });
    let (status, changed) = change(&house, &ana, &path, wider).await;
    assert_eq!(status, StatusCode::OK, "{changed}");
    assert_eq!(changed["approved_by"], Value::Null, "it was of four people");
    assert_eq!(
        (&changed["name"], &changed["pace"]),
        (&json!("Winter"), &json!(7))
    );
    assert_eq!(total(&house, &ana, &path).await, 5);
    let stale = format!("{path}?version={}", seen["version"]);
    let same_list = json!({ "audience": { "list_of": seen["id"] } });
    let (status, told) = change(&house, &ana, &stale, same_list.clone()).await;
    assert_eq!(status, StatusCode::CONFLICT, "{told}");
    let (status, changed) = change(&house, &bea, &path, same_list).await;
    assert_eq!(status, StatusCode::OK, "{changed}");
    assert_eq!(
        (&changed["name"], &changed["changed_by"]),
        (&json!("Autumn"), &json!("bea"))
    );
    assert_eq!(
        total(&house, &ana, &path).await,
        5,
        "the list stays as it is"
    );
    let own = bea.post(&house, &format!("{path}/approve")).await;
    assert_eq!(own.status, StatusCode::CONFLICT, "it is hers now: {own:?}");
    let stale = format!("{path}/approve?version={}", seen["version"]);
    let other = ana.post(&house, &stale).await;
    assert_eq!(
        other.status,
        StatusCode::CONFLICT,
        "not what ana saw: {other:?}"
    );
    let unapproved = ana.post(&house, &format!("{path}/start")).await;
    assert_eq!(unapproved.status, StatusCode::CONFLICT, "{unapproved:?}");
    ana.post(&house, &format!("{path}/approve")).await;
    let stale = format!("{path}/start?version={}", seen["version"]);
    assert_eq!(ana.post(&house, &stale).await.status, StatusCode::CONFLICT);
    ana.start(&house, &path).await;
    let numbers = json!({ "audience": { "numbers": people(6) } });
    let (status, told) = change(&house, &ana, &path, numbers).await;
    assert_eq!(status, StatusCode::CONFLICT, "{told}");
    assert!(
        told["detail"].as_str().unwrap().contains("only a draft"),
        "{told}"
    );
    let done = until(&house, &ana, &path, "done").await;
    assert_eq!(done["counts"]["accepted"], 5, "{done}");
    let log = house.app.store.history(ContactId::HOUSE).await.unwrap();
    let acts = log.iter().filter(|line| line.kind == "campaign_changed");
    assert_eq!(acts.count(), 6, "made, changed and approved twice, begun");
}

#[tokio::test]
async fn a_draft_is_changed_until_it_begins_on_sqlite() {
    changes_until_it_begins(House::with(|config| config.campaigns.approval_above = 3).await).await;
}

#[tokio::test]
async fn a_draft_is_changed_until_it_begins_on_postgres() {
    let house = House::on_postgres_with(|config| config.campaigns.approval_above = 3).await;
    changes_until_it_begins(house).await;
}

#[tokio::test]
async fn a_list_is_copied_until_its_audience_is_drawn_and_then_nothing_changes() {
    let house = House::open().await;
    let desk = Desk::of(&house, "ana").await;
    let path = desk
        .make(&house, json!({ "audience": { "csv": "phone,first_name\n+447700900001,Ana\n+447700900002,\n" } }))
        .await;
    let id = path.rsplit('/').next().unwrap();
    let like = json!({ "audience": { "list_of": id } });
    let copy = desk.make(&house, like.clone()).await;
    let shown = desk.get(&house, &format!("{copy}/preview")).await;
    assert!(
        shown["items"][0]["text"].as_str().unwrap().contains("Ana"),
        "{shown}"
    );
    assert_eq!(total(&house, &desk, &copy).await, 2);
    let drawn = desk.post(&house, &format!("{path}/draw")).await;
    assert_eq!(drawn.status, StatusCode::OK, "{drawn:?}");
    let (status, told) = change(&house, &desk, &path, like.clone()).await;
    assert_eq!(status, StatusCode::CONFLICT, "{told}");
    let refused = desk
        .ask(&house, "POST", "/api/v1/campaigns", &body(like))
        .await;
    assert_eq!(
        refused.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{refused:?}"
    );
    assert!(
        refused.body.to_string().contains("audience.list_of"),
        "{refused:?}"
    );
    let after = desk.get(&house, &path).await;
    assert_eq!(
        (&after["name"], &after["version"]),
        (&json!("Autumn"), &json!(2))
    );
}

/// The sale with a picture above, a button that leads to a page of the person's own, and a quick reply.
async fn dress(house: &House, header: &str) {
    let parts = json!([{"type": "HEADER", "format": header}, {"type": "BODY", "text": "Hi {{1}}"},
        {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Stop promotions"},
        {"type": "URL", "text": "My page", "url": "https://shop.example/p/{{1}}"}]}]);
    let parts = json!({"components": parts, "language": "en_US"});
    house
        .control("/sandbox/templates/autumn_sale/components", &parts)
        .await;
    templates::refresh(&house.app).await.unwrap();
}

#[tokio::test]
async fn a_template_with_a_picture_and_a_page_of_ones_own_is_sent_as_meta_wants_it() {
    let house = House::open().await;
    let desk = Desk::of(&house, "ana").await;
    dress(&house, "IMAGE").await;
    house.opt_in(&phone(1)).await;
    let csv = format!("phone,code\n{},x y\n", phone(1));
    let with = |variables: Value| json!({ "audience": { "csv": csv }, "variables": variables });
    for (variables, field) in [
        (
            json!({ "body": ["you"], "buttons": ["{{code}}"] }),
            "variables.file",
        ),
        (
            json!({ "body": ["you"], "buttons": ["{{code}}"], "file": { "link": "ftp://x" } }),
            "variables.file",
        ),
        (
            json!({ "body": ["you"], "file": { "id": "1" } }),
            "variables.buttons",
        ),
    ] {
        let refused = desk
            .ask(&house, "POST", "/api/v1/campaigns", &body(with(variables)))
            .await;
        assert_eq!(
            refused.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{refused:?}"
        );
        assert!(refused.body.to_string().contains(field), "{refused:?}");
    }
    let whole = json!({ "body": ["you"], "buttons": ["{{code}}"], "file": { "link": "https://shop.example/a.png" } });
    let path = desk.make(&house, with(whole)).await;
    let shown = desk.get(&house, &format!("{path}/preview")).await;
    let one = &shown["items"][0];
    assert_eq!(one["file"], "https://shop.example/a.png", "{one}");
    assert_eq!(
        one["buttons"][1]["to"], "https://shop.example/p/x y",
        "{one}"
    );
    desk.start(&house, &path).await;
    until(&house, &desk, &path, "done").await;
    let sent = house.arrived().await;
    let sent: Value = serde_json::from_str(sent[0]["body"].as_str().unwrap()).unwrap();
    let wanted = json!([
        {"type": "header", "parameters": [{"type": "image", "image": {"link": "https://shop.example/a.png"}}]},
        {"type": "body", "parameters": [{"type": "text", "text": "you"}]},
        {"type": "button", "sub_type": "url", "index": "1", "parameters": [{"type": "text", "text": "x%20y"}]},
    ]);
    assert_eq!(sent["template"]["components"], wanted, "{sent}");
    let counts = desk.get(&house, &path).await["counts"].clone();
    assert_eq!(counts["accepted"], 1, "{counts}");
}

#[tokio::test]
async fn a_template_that_got_other_parts_is_not_sent_and_cards_are_refused_at_once() {
    let house = House::open().await;
    let desk = Desk::of(&house, "ana").await;
    house.opt_in(&phone(1)).await;
    let path = desk
        .make(&house, json!({ "audience": { "numbers": [phone(1)] } }))
        .await;
    dress(&house, "VIDEO").await;
    desk.start(&house, &path).await;
    let done = until(&house, &desk, &path, "done").await;
    assert_eq!(done["counts"]["skipped"], 1, "{done}");
    dress(&house, "LOCATION").await;
    let variables = json!({ "body": ["you"], "buttons": ["a"] });
    let more = json!({ "audience": { "numbers": [phone(1)] }, "variables": variables });
    let refused = desk
        .ask(&house, "POST", "/api/v1/campaigns", &body(more))
        .await;
    assert_eq!(
        refused.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{refused:?}"
    );
    assert!(
        refused.body.to_string().contains("cannot fill"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn the_form_asks_for_a_document_and_for_the_end_of_an_address_and_shows_them() {
    let house = House::open().await;
    dress(&house, "DOCUMENT").await;
    house.opt_in(&phone(1)).await;
    let marketer = Person::of(&house, Role::Marketer).await;
    let pick = marketer.get("/campaigns/new?find=autumn").await;
    assert!(pick.contains("autumn_sale (en_US)"), "{pick}");
    let query = "account=209900000000001&template=autumn_sale&language=en_US";
    let form = marketer.get(&format!("/campaigns/new?{query}")).await;
    for field in ["a.body.0", "a.button.1", "a.file", "a.filename"] {
        assert!(
            form.contains(&format!("name=\"{field}\"")),
            "{field}: {form}"
        );
    }
    let number = phone(1);
    let more = [("numbers", number.as_str()), ("a.button.1", "{{code|all}}")];
    let bare = marketer.make(&[&WHOLE[..], &more].concat(), None).await;
    assert_eq!(bare.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        bare.text.contains("a file above its text (document)"),
        "{}",
        bare.text
    );
    let file = [("a.file", "123"), ("a.filename", "List.pdf")];
    let made = marketer
        .make(&[&WHOLE[..], &more, &file].concat(), None)
        .await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let page = marketer.get(&format!("{}?whole=1", made.to)).await;
    assert!(page.contains("https://shop.example/p/all"), "{page}");
    let again = marketer.get(&format!("{}/edit", made.to)).await;
    let fields = ["a.button.1", "a.file", "a.filename"].map(|field| typed(&again, field));
    assert_eq!(fields, ["{{code|all}}", "123", "List.pdf"]);
}

//! The inbox: what people write stands in their conversation, and what is answered goes through the gate, once.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use consent::{event::Fact, id::ContactId, scope::Scope};
use futures::StreamExt;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use server::services::{inbox::live, staff};
use tower::ServiceExt;

use crate::{
    house::NUMBER,
    inbox_desk::{Desk, pairs},
    member::cookie,
};

const ADA: &str = "447700900123";
const BEN: &str = "447700900188";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_is_a_line_in_the_conversation_behind_the_words_that_said_it() {
    for desk in Desk::both().await {
        desk.hear(ADA, "1", "Where is my order?").await;
        desk.hear(ADA, "2", "STOP").await;
        let page = desk.get("/conversations").await;
        let line = &page["items"][0];
        assert_eq!(
            (&line["unread"], &line["state"]),
            (&json!(2), &json!("open"))
        );
        assert_eq!(line["address"], "+447700900123");
        assert_eq!(
            (&line["window"]["open"], &line["consent"]),
            (&json!(true), &json!("opted_out"))
        );
        assert_eq!(line["last"]["text"], "STOP");
        let talk = desk.newest().await;
        let want = [
            ("message", "Where is my order?"),
            ("message", "STOP"),
            ("event", "opt_out"),
        ];
        assert_eq!(desk.said(&talk).await, pairs(&want));
        let shown = desk.get(&talk).await;
        let layers = &shown["layers"];
        assert_eq!(
            (&layers["opted_in"], &layers["with_us"]["state"]),
            (&json!(false), &json!("opted_out"))
        );
        assert_eq!(layers["with_us"]["source"], "keyword");
        assert_eq!(layers["at_whatsapp"]["state"], "open");
        let read = desk.post(&format!("{talk}/read"), json!({})).await;
        assert_eq!(read.status, StatusCode::NO_CONTENT);
        assert_eq!(desk.get(&talk).await["unread"], 0);
        let page = desk.get(&format!("{talk}/messages?limit=1")).await;
        let next = page["next"].as_str().unwrap();
        let page = desk
            .get(&format!("{talk}/messages?limit=1&cursor={next}"))
            .await;
        assert_eq!(page["items"][0]["text"], "STOP");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outside_the_window_a_text_is_refused_and_templates_are_offered() {
    for desk in Desk::both().await {
        let contact = desk.house.opt_in(BEN).await;
        let talk = format!("/conversations/{contact}/{NUMBER}");
        let offers = desk.get(&format!("{talk}/offers")).await;
        assert_eq!(offers["text"]["code"], "window_closed");
        assert_eq!(
            offers["text"]["lifted_by"],
            "It ends when the customer writes to the business."
        );
        let templates = offers["templates"].as_array().unwrap();
        let note = templates
            .iter()
            .find(|one| one["name"] == "order_note" && one["language"] == "en_US");
        let note = note.unwrap();
        assert_eq!(
            (&note["verdict"]["allow"], &note["category"]),
            (&json!(true), &json!("utility"))
        );
        assert_eq!(note["body_gaps"], json!(["1"]));
        let body = json!({"token": "a", "text": "Hello?"});
        let sent = desk.post(&format!("{talk}/messages"), body).await;
        assert_eq!(
            (sent.status, &sent.body["state"]),
            (StatusCode::CREATED, &json!("denied")),
            "{}",
            sent.body
        );
        assert_eq!(sent.body["code"], "window_closed");
        assert!(sent.body["lifted_by"].is_string());
        assert!(desk.house.arrived().await.is_empty());
        let filled =
            json!({"name": "order_note", "language": "en_US", "body": ["It is on its way."]});
        let body = json!({"token": "b", "template": filled});
        let sent = desk.post(&format!("{talk}/messages"), body).await;
        assert_eq!(sent.body["state"], "accepted", "{}", sent.body);
        let arrived = desk.house.arrived().await;
        assert_eq!(arrived.len(), 1);
        let page = desk.get(&format!("{talk}/messages")).await;
        let newest = &page["items"][0];
        assert_eq!(newest["text"], "A note on your order: It is on its way.");
        assert_eq!(
            (&newest["by"], &newest["template"]["name"]),
            (&json!("agent"), &json!("order_note"))
        );
        let missing =
            json!({"token": "c", "template": {"name": "order_note", "language": "en_US"}});
        let answer = desk.post(&format!("{talk}/messages"), missing).await;
        assert_eq!(
            answer.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "a gap that nothing fills"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_refused_marketing_gets_no_template_of_it_and_is_told_why_not() {
    let desk = Desk::open().await;
    desk.house.record(BEN, Fact::OptIn(Scope::MARKETING)).await;
    let contact = desk.house.opt_out(BEN).await;
    let talk = format!("/conversations/{contact}/{NUMBER}");
    let offers = desk.get(&format!("{talk}/offers?search=AUTUMN")).await;
    let offered = offers["templates"].as_array().unwrap();
    assert!(!offered.is_empty() && offered.iter().all(|one| one["name"] == "autumn_sale"));
    assert_eq!(offered[0]["verdict"]["code"], "opted_out_category");
    let filled = json!({"name": "autumn_sale", "language": "en_US", "body": ["Ben"]});
    let sent = desk
        .post(
            &format!("{talk}/messages"),
            json!({"token": "a", "template": filled}),
        )
        .await;
    assert_eq!(sent.body["code"], "opted_out_category", "{}", sent.body);
    assert_eq!(
        sent.body["lifted_by"],
        "Only the customer can lift this, by agreeing again."
    );
    assert!(desk.house.arrived().await.is_empty());
    let page = desk.get(&format!("{talk}/messages")).await;
    let refused = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["state"] == "denied");
    assert!(
        refused.unwrap()["reason"].is_string(),
        "the refusal stands in the conversation"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_that_is_sent_twice_goes_once() {
    for desk in Desk::both().await {
        desk.hear(ADA, "1", "Hello").await;
        let talk = desk.newest().await;
        let path = format!("{talk}/messages");
        let body = json!({"token": "one", "text": "Good morning <b>Ada</b>"});
        let (first, second) = tokio::join!(
            desk.post(&path, body.clone()),
            desk.post(&path, body.clone())
        );
        let third = desk.post(&path, body).await;
        assert_eq!(
            (&first.body["id"], &second.body["id"]),
            (&third.body["id"], &third.body["id"])
        );
        assert_eq!(
            (third.status, &third.body["repeated"]),
            (StatusCode::OK, &json!(true))
        );
        assert_eq!(desk.house.arrived().await.len(), 1);
        let other = desk
            .post(&path, json!({"token": "one", "text": "Good evening"}))
            .await;
        assert_eq!(other.status, StatusCode::CONFLICT);
        let said = desk.said(&talk).await;
        assert_eq!(
            said,
            pairs(&[("message", "Hello"), ("message", "Good morning <b>Ada</b>")])
        );
        let line = desk.get(&talk).await;
        assert_eq!(
            (&line["unread"], &line["last"]["direction"]),
            (&json!(0), &json!("out"))
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_changes_hands_is_closed_and_opened_by_the_next_message() {
    let desk = Desk::open().await;
    desk.hear(ADA, "1", "Hello").await;
    let talk = desk.newest().await;
    let nobody = json!({"member": uuid::Uuid::now_v7()});
    let unknown = desk.post(&format!("{talk}/assign"), nobody).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    let body = json!({"text": "Wants a refund."});
    let note = desk.post(&format!("{talk}/notes"), body).await;
    assert_eq!(
        (note.status, &note.body["author"]),
        (StatusCode::CREATED, &json!("agent"))
    );
    let closed = desk.post(&format!("{talk}/close"), json!({})).await;
    assert_eq!(closed.body["state"], "closed");
    assert_eq!(desk.get("/conversations").await["items"], json!([]));
    let found = desk.get("/conversations?state=closed&search=example").await;
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    desk.hear(ADA, "2", "Are you there?").await;
    assert_eq!(desk.get(&talk).await["state"], "open");
    let want = [
        ("message", "Hello"),
        ("note", "Wants a refund."),
        ("message", "Are you there?"),
    ];
    assert_eq!(desk.said(&talk).await, pairs(&want));
    let id = note.body["id"].as_str().unwrap();
    let gone = desk
        .call("DELETE", &format!("{talk}/notes/{id}"), &Value::Null)
        .await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    let text = json!({"title": "Hours", "body": "From 9 to 5."});
    let made = desk.post("/quick_replies", text.clone()).await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!(
        desk.post("/quick_replies", text.clone()).await.status,
        StatusCode::CONFLICT
    );
    let path = format!("/quick_replies/{}", made.body["id"].as_str().unwrap());
    let body = json!({"title": "Hours", "body": "From 10 to 6."});
    assert_eq!(
        desk.call("PUT", &path, &body).await.body["body"],
        "From 10 to 6."
    );
    assert_eq!(
        desk.get("/quick_replies").await["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let removed = desk.call("DELETE", &path, &Value::Null).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_are_found_to_be_one_have_one_conversation_with_all_that_was_said() {
    for desk in Desk::both().await {
        desk.hear(BEN, "1", "Hello from my old number").await;
        let old = desk.newest().await;
        desk.post(
            &format!("{old}/notes"),
            json!({"text": "Prefers mornings."}),
        )
        .await;
        desk.hear(ADA, "2", "Hello from the new one").await;
        let talk = desk.newest().await;
        let contact = talk.split('/').nth(2).unwrap();
        let body = json!({"alias": format!("+{BEN}"), "evidence": {"source": "customer_account"}, "merge": true});
        let merged = desk
            .post(&format!("/contacts/{contact}/aliases"), body)
            .await;
        assert!(merged.status.is_success(), "{}", merged.body);
        let page = desk.get("/conversations").await;
        let items = page["items"].as_array().unwrap();
        assert_eq!(items.len(), 1);
        let talk = desk.newest().await;
        let mut said = desk.said(&talk).await;
        said.sort();
        let mut want = pairs(&[
            ("message", "Hello from my old number"),
            ("message", "Hello from the new one"),
            ("note", "Prefers mornings."),
        ]);
        want.sort();
        assert_eq!(said, want);
        assert_eq!(items[0]["unread"], 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_person_leaves_no_conversation() {
    let desk = Desk::open().await;
    desk.hear(ADA, "1", "Hello").await;
    let talk = desk.newest().await;
    desk.post(&format!("{talk}/notes"), json!({"text": "Lives in Leeds."}))
        .await;
    let contact = talk.split('/').nth(2).unwrap().to_owned();
    let gone = desk
        .call("DELETE", &format!("/contacts/{contact}"), &Value::Null)
        .await;
    assert_eq!(gone.status, StatusCode::OK);
    let answer = desk.call("GET", &talk, &Value::Null).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let id: ContactId = contact.parse().unwrap();
    assert!(
        desk.house
            .app
            .store
            .notes(id, None, 9)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_watches_is_told_which_conversation_changed_until_the_house_closes() {
    for desk in Desk::both().await {
        let request = Request::get("/api/v1/inbox/live")
            .header(header::AUTHORIZATION, format!("Bearer {}", desk.key))
            .body(Body::empty())
            .unwrap();
        let answer = desk.house.router.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/event-stream");
        let mut told = answer.into_body().into_data_stream();
        let mut next = async || {
            let piece = tokio::time::timeout(Duration::from_secs(10), told.next()).await;
            let piece = piece.expect("something is told");
            piece.map(|bytes| String::from_utf8(bytes.unwrap().to_vec()).unwrap())
        };
        assert!(next().await.unwrap().starts_with("event: hello"));
        desk.hear(ADA, "1", "Hello").await;
        live::step(&desk.house.app).await.unwrap();
        let talk = desk.newest().await;
        let contact = talk.split('/').nth(2).unwrap();
        let news = next().await.unwrap();
        assert!(
            news.starts_with("event: changed") && news.contains(contact),
            "{news}"
        );
        assert!(!news.contains("Hello"), "names and nothing else");
        live::step(&desk.house.app).await.unwrap();
        desk.house.app.live.close();
        assert_eq!(next().await, None, "nothing new, then the end");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_show_what_is_said_as_text_and_send_what_is_typed() {
    let desk = Desk::open().await;
    desk.hear(ADA, "1", "<script>alert(1)</script>").await;
    let talk = desk.newest().await.replace("/conversations", "/inbox");
    let agent = cookie(&desk.house.app, staff::Role::Agent).await;
    let page = |path: String, cookie: String| {
        let router = desk.house.router.clone();
        async move {
            let request = Request::get(path).header(header::COOKIE, cookie);
            let answer = router
                .oneshot(request.body(Body::empty()).unwrap())
                .await
                .unwrap();
            let status = answer.status();
            let bytes = answer.into_body().collect().await.unwrap().to_bytes();
            (status, String::from_utf8(bytes.to_vec()).unwrap())
        }
    };
    let (status, list) = page("/inbox".to_owned(), agent.clone()).await;
    assert_eq!(status, StatusCode::OK);
    assert!(list.contains("&#60;script&#62;") && !list.contains("<script>alert"));
    let (status, text) = page(talk.clone(), agent.clone()).await;
    assert_eq!(status, StatusCode::OK);
    assert!(text.contains("+447700900123") && text.contains("Opt-in: false"));
    assert!(text.contains("data-until=") && text.contains("order_note"));
    assert!(text.len() < 150_000, "{} bytes", text.len());
    let field = |name: &str| {
        let begin = format!("name=\"{name}\" value=\"");
        text.split(&begin)
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned()
    };
    let form = format!(
        "csrf={}&token={}&text=Good+morning",
        field("csrf"),
        field("token")
    );
    for csrf in ["csrf=wrong", &form] {
        let request = Request::post(format!("{talk}/reply"))
            .header(header::COOKIE, &agent)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(csrf.to_owned()));
        let answer = desk.house.call(request.unwrap()).await;
        let want = if csrf == form {
            StatusCode::SEE_OTHER
        } else {
            StatusCode::FORBIDDEN
        };
        assert_eq!(answer.status, want);
    }
    assert_eq!(desk.house.arrived().await.len(), 1);
    let viewer = cookie(&desk.house.app, staff::Role::Viewer).await;
    let (status, seen) = page(talk.clone(), viewer).await;
    assert_eq!(status, StatusCode::OK);
    assert!(!seen.contains("447700900123"), "numbers are masked");
    assert!(!seen.contains("/reply\""), "and nothing can be sent");
    let (status, _) = page("/inbox/texts".to_owned(), agent).await;
    assert_eq!(status, StatusCode::OK);
}

//! The code in the chat that opens a person's own history to them: it leaves through the gate, like everything.

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use consent::{event::Fact, id::ContactId, register::Heard, scope::Scope};
use serde_json::json;
use server::{
    app::App,
    services::{cast::Cast, policy, preferences::link},
};
use tower::ServiceExt;

use crate::house::{House, NUMBER};

const ADA: &str = "447700900123";

/// What a page answered.
pub struct Seen {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

pub async fn post(house: &House, path: &str, form: &str) -> Seen {
    let request = Request::post(path)
        .body(Body::from(form.to_owned()))
        .unwrap();
    let response = house.router.clone().oneshot(request).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    Seen {
        status,
        headers,
        text: String::from_utf8(bytes.to_vec()).unwrap(),
    }
}

/// Ada, who agreed to offers, and the path of her page.
pub async fn ada(house: &House) -> (ContactId, String) {
    let contact = house.opt_in(ADA).await;
    let alias = consent::alias::Alias::Phone(ADA.parse().unwrap());
    let _ = house.app.address.set("http://127.0.0.1:1".to_owned());
    let made = link::link(&house.app, contact, &alias, house.app.clock.now()).unwrap();
    let path = made
        .url
        .strip_prefix("http://127.0.0.1:1")
        .unwrap()
        .to_owned();
    (contact, path)
}

/// Ada writes to us: in the simulated WhatsApp, and as we hear of it.
pub async fn writes(house: &House, contact: ContactId) {
    house
        .control("/sandbox/customers/ada/say", &json!({ "text": "hello" }))
        .await;
    let app: &App = &house.app;
    let at = Some(app.clock.now());
    let heard = Heard {
        last: at,
        benign: at,
        ..Heard::default()
    };
    let rules = policy::current(app).await.unwrap();
    let mut tx = app.store.begin().await.unwrap();
    let mut cast = Cast::gather(app, &mut tx, &[]).await.unwrap();
    cast.admit(&mut tx, &[contact]).await.unwrap();
    cast.hear(contact, &NUMBER.parse().unwrap(), &heard);
    cast.save(&mut tx, &rules).await.unwrap();
    tx.commit().await.unwrap();
}

/// The code in the last message that reached the simulated WhatsApp.
pub async fn code(house: &House) -> String {
    let arrived = house.arrived().await;
    let body = arrived.last().unwrap()["body"].as_str().unwrap().to_owned();
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    let text = body["text"]["body"].as_str().unwrap().to_owned();
    assert!(text.starts_with("Your code for your page with "), "{text}");
    let digits: String = text.chars().filter(char::is_ascii_digit).take(6).collect();
    digits
}

pub fn proof(page: &str) -> String {
    let rest = page.split("name=\"proof\" value=\"").nth(1).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_code_from_the_chat_opens_the_history_and_lets_things_be_switched_on() {
    let house = House::open().await;
    let (contact, path) = ada(&house).await;
    house.record(ADA, Fact::OptOut(Scope::MARKETING)).await;
    let closed = post(&house, &format!("{path}/code"), "").await;
    assert!(closed.text.contains("only within 24 hours after you wrote"));
    assert_eq!(house.arrived().await.len(), 0);
    writes(&house, contact).await;
    let sent = post(&house, &format!("{path}/code"), "").await;
    assert!(sent.text.contains("We have sent a code"), "{}", sent.text);
    let again = post(&house, &format!("{path}/code"), "").await;
    assert!(again.text.contains("You have just been sent a code"));
    assert_eq!(house.arrived().await.len(), 1, "one code, not two");
    let code = code(&house).await;
    let other = format!("code={}", (code.parse::<u32>().unwrap() + 1) % 1_000_000);
    let wrong = post(&house, &format!("{path}/history"), &other).await;
    assert!(wrong.text.contains("That is not the code") && !wrong.text.contains("name=\"proof\""));
    let open = post(&house, &format!("{path}/history"), &format!("code={code}")).await;
    for said in [
        "You refused: All offers and news",
        "You agreed: All offers and news",
        "Receipt number",
    ] {
        assert!(open.text.contains(said), "{said} is not in {}", open.text);
    }
    assert!(!open.text.contains(ADA));
    let used = post(&house, &format!("{path}/history"), &format!("code={code}")).await;
    assert!(used.text.contains("used up or too old"));
    let proof = proof(&open.text);
    let other = link::link(
        &house.app,
        house.opt_in("447700900124").await,
        &consent::alias::Alias::Phone("447700900124".parse().unwrap()),
        house.app.clock.now(),
    );
    let other = other.unwrap().url.replace("http://127.0.0.1:1", "");
    let turned =
        |proof: &str| format!("proof={proof}&closed=category:marketing&keep=category:marketing");
    post(&house, &other, &turned(&proof)).await;
    let tampered = proof.replace(['A', 'B', 'C', 'D', 'E', 'F'], "G");
    let refused = post(&house, &path, &turned(&tampered)).await;
    assert!(refused.text.contains("is over. Please ask for a new code"));
    assert_eq!(events(&house, contact).await, ["opt_in", "opt_out"]);
    let done = post(&house, &path, &turned(&proof)).await;
    assert_eq!(done.status, StatusCode::OK);
    assert!(done.text.contains("Saved.") && done.text.contains("name=\"proof\""));
    assert_eq!(
        events(&house, contact).await,
        ["opt_in", "opt_out", "opt_in"]
    );
    post(&house, &path, &turned(&proof)).await;
    assert_eq!(
        events(&house, contact).await.len(),
        3,
        "a repeat makes no event"
    );
    let offer = house
        .send(&crate::house::template(ADA, "autumn_sale"))
        .await;
    assert_eq!(offer.status, StatusCode::OK, "{offer:?}");
}

#[tokio::test]
async fn a_code_cannot_be_guessed_for_long() {
    let house = House::open().await;
    let (contact, path) = ada(&house).await;
    writes(&house, contact).await;
    post(&house, &format!("{path}/code"), "").await;
    let code = code(&house).await;
    let wrong = format!("code={}", (code.parse::<u32>().unwrap() + 1) % 1_000_000);
    for _ in 0..5 {
        let seen = post(&house, &format!("{path}/history"), &wrong).await;
        assert!(seen.text.contains("That is not the code"));
    }
    let right = post(&house, &format!("{path}/history"), &format!("code={code}")).await;
    assert!(right.text.contains("used up or too old") && !right.text.contains("name=\"proof\""));
}

async fn events(house: &House, contact: ContactId) -> Vec<String> {
    let history = house.app.store.history(contact).await.unwrap();
    history.into_iter().map(|line| line.kind).collect()
}

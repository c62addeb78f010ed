//! The phones page as a browser without script meets it.

use reqwest::{Method, Response, header};
use sandbox::options::Gateway;
use serde_json::json;

use crate::house::{ADA, House, template};

pub async fn enter(house: &House) -> String {
    let link = house.meta.phones_url().unwrap();
    let answer = house
        .request(Method::GET, &link.replace(&house.meta.base_url(), ""))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (
            answer.status().as_u16(),
            &answer.headers()[header::LOCATION]
        ),
        (303, &header::HeaderValue::from_static("/phones"))
    );
    let cookie = answer.headers()[header::SET_COOKIE]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    cookie.split(';').next().unwrap().to_owned()
}

pub async fn page(house: &House, cookie: &str) -> String {
    let answer = house
        .request(Method::GET, "/phones")
        .header(header::COOKIE, cookie)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    answer.text().await.unwrap()
}

pub async fn post(house: &House, cookie: &str, path: &str, form: &[(&str, &str)]) -> Response {
    let request = house
        .request(Method::POST, path)
        .header(header::COOKIE, cookie);
    request
        .header(header::ORIGIN, house.meta.base_url())
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(encoded(form))
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_link_opens_once_and_the_session_stays() {
    let house = House::open().await;
    let first = format!("/phones?token={}", house.meta.options.page_token);
    assert_eq!(
        house
            .request(Method::GET, "/phones")
            .send()
            .await
            .unwrap()
            .status(),
        403
    );
    assert_eq!(
        house
            .request(Method::GET, &first)
            .send()
            .await
            .unwrap()
            .status(),
        303
    );
    assert_eq!(
        house
            .request(Method::GET, &first)
            .send()
            .await
            .unwrap()
            .status(),
        403
    );
    let cookie = enter(&house).await;
    assert!(page(&house, &cookie).await.contains("Ada Example"));
    assert!(
        page(&house, &cookie)
            .await
            .contains("Offers and announcements")
    );
    let wrong = house
        .request(Method::GET, "/phones")
        .header(header::COOKIE, "sandbox_session_1=x")
        .send()
        .await
        .unwrap();
    assert_eq!(wrong.status(), 403);
}

#[tokio::test]
async fn the_policy_forbids_everything_inline() {
    let house = House::open().await;
    let cookie = enter(&house).await;
    let answer = house
        .request(Method::GET, "/phones")
        .header(header::COOKIE, &cookie)
        .send()
        .await
        .unwrap();
    let policy = answer.headers()[header::CONTENT_SECURITY_POLICY]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"));
    let html = answer.text().await.unwrap();
    assert!(!html.contains("style=") && !html.contains("onclick") && !html.contains("<style"));
}

#[tokio::test]
async fn plain_forms_write_tap_and_switch() {
    let house = House::open().await;
    let cookie = enter(&house).await;
    house.sent(template(ADA, "spring_sale", "")).await;
    house.quiet().await;
    let said = post(
        &house,
        &cookie,
        "/phones/do/ada/say",
        &[("text", "<b>hello</b>")],
    )
    .await;
    assert_eq!(
        (
            said.status().as_u16(),
            said.headers()[header::LOCATION].to_str().unwrap()
        ),
        (303, "/phones#phone-ada")
    );
    post(
        &house,
        &cookie,
        "/phones/do/ada/tap",
        &[("button", "Stop promotions")],
    )
    .await;
    post(&house, &cookie, "/phones/do/ada/offers", &[("on", "false")]).await;
    let html = page(&house, &cookie).await;
    assert!(
        html.contains("&#60;b&#62;hello") && !html.contains("<b>hello"),
        "words of customers are escaped"
    );
    assert!(html.contains("offers off"));
    assert_eq!(house.told("user_preferences").await.len(), 1);
    let without = house
        .request(Method::POST, "/phones/do/ada/say")
        .body("text=x")
        .send()
        .await
        .unwrap();
    assert_eq!(without.status(), 403);
}

#[tokio::test]
async fn the_business_sends_through_the_gateway_and_its_answer_is_shown() {
    let house = House::open().await;
    let cookie = enter(&house).await;
    let form = |what: &'static str| {
        [
            ("to", "ada"),
            ("what", what),
            ("marketing", "spring_sale"),
            ("utility", "order_update"),
            ("text", "hi"),
        ]
    };
    post(&house, &cookie, "/phones/send", &form("marketing")).await;
    assert!(page(&house, &cookie).await.contains("No gateway is set"));
    // The simulator itself stands in for the gateway.
    let api_key = house.token().to_owned();
    house.meta.set_gateway(Gateway {
        base_url: house.meta.base_url(),
        api_key,
    });
    post(&house, &cookie, "/phones/send", &form("utility")).await;
    assert_eq!(house.chat("ada").await[0]["category"], "utility");
    post(&house, &cookie, "/phones/send", &form("text")).await;
    house.quiet().await;
    assert!(
        page(&house, &cookie)
            .await
            .contains("Accepted, then failed · 131047")
    );
    house.set(json!({"refusals": "sync"})).await;
    house.customer("ada", "offers", json!({"on": false})).await;
    post(&house, &cookie, "/phones/send", &form("marketing")).await;
    let html = page(&house, &cookie).await;
    assert!(html.contains("Refused · 131050 · HTTP 400"));
    assert_eq!(
        house.chat("ada").await.len(),
        1,
        "what was refused does not arrive"
    );
}

#[tokio::test]
async fn news_arrive_as_events() {
    let house = House::open().await;
    let cookie = enter(&house).await;
    let request = house
        .request(Method::GET, "/phones/events")
        .header(header::COOKIE, &cookie);
    let mut events = request.send().await.unwrap();
    let mut heard = String::new();
    while !heard.contains("event: ready") {
        heard.push_str(std::str::from_utf8(&events.chunk().await.unwrap().unwrap()).unwrap());
    }
    house.customer("ada", "say", json!({"text": "hi"})).await;
    while !heard.contains("event: chat\ndata: ada") {
        heard.push_str(std::str::from_utf8(&events.chunk().await.unwrap().unwrap()).unwrap());
    }
}

fn encoded(form: &[(&str, &str)]) -> String {
    let url = reqwest::Url::parse_with_params("http://form.invalid", form).unwrap();
    url.query().unwrap_or_default().to_owned()
}

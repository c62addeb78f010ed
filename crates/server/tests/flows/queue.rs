//! What waits for a person: doubtful words hold marketing until somebody, or the customer, decides.

use axum::http::StatusCode;
use consent::scope::Category;
use serde_json::{Value, json};

use crate::house::{ADA, House};

async fn agree(house: &House) {
    let told = json!({ "to": ADA, "kind": "opt_in", "scope": { "category": "marketing" },
        "evidence": { "source": "web_form", "wording": "Yes" } });
    house.api("POST", "/api/v1/events", Some(told)).await;
}

/// A word that means something else in an answer.
async fn doubt(house: &House) -> Value {
    agree(house).await;
    house.says(ADA, "Help").await;
    let help = house.newest(ADA).await;
    let answer = json!({ "text": "cancel", "reply_to": help["id"] });
    house.hears(ADA, "say", answer).await;
    assert_eq!(house.may(ADA, Category::Marketing).await, "held");
    let (_, open) = house.api("GET", "/api/v1/reviews", None).await;
    assert_eq!(open["items"].as_array().unwrap().len(), 1, "{open}");
    open["items"][0].clone()
}

async fn decide(house: &House, item: &Value, verdict: &str) -> (StatusCode, Value) {
    let path = format!("/api/v1/reviews/{}/decide", item["id"].as_str().unwrap());
    let body = json!({ "verdict": verdict, "reason": "I read it." });
    house.api("POST", &path, Some(body)).await
}

#[tokio::test]
async fn a_doubtful_word_waits_and_the_customer_is_asked() {
    let house = House::open().await;
    let item = doubt(&house).await;
    assert_eq!(
        (&item["text"], &item["state"]),
        (&json!("cancel"), &json!("open"))
    );
    assert_eq!(item["asked"]["category"], json!("service"), "{item}");
    let question = house.newest(ADA).await;
    assert!(
        question["body"]
            .as_str()
            .unwrap()
            .contains("stop getting offers")
    );
    house
        .hears(ADA, "tap", json!({ "button": "Keep everything" }))
        .await;
    assert_eq!(house.may(ADA, Category::Marketing).await, "allow");
    let path = format!("/api/v1/reviews/{}", item["id"].as_str().unwrap());
    let (_, item) = house.api("GET", &path, None).await;
    assert_eq!(
        (&item["verdict"], &item["decided_by"]),
        (&json!("none"), &json!("customer"))
    );
}

#[tokio::test]
async fn the_customers_own_stop_decides_as_well() {
    let house = House::open().await;
    let item = doubt(&house).await;
    house
        .hears(ADA, "tap", json!({ "button": "Stop offers" }))
        .await;
    assert_eq!(
        house.may(ADA, Category::Marketing).await,
        "opted_out_category"
    );
    let (status, _) = decide(&house, &item, "none").await;
    assert_eq!(
        status,
        StatusCode::OK,
        "the stop of a button is not the review's to take back"
    );
    assert_eq!(
        house.may(ADA, Category::Marketing).await,
        "opted_out_category"
    );
}

#[tokio::test]
async fn a_person_decides_and_may_change_their_mind() {
    let house = House::open().await;
    let item = doubt(&house).await;
    let (status, decided) = decide(&house, &item, "stop").await;
    assert_eq!(status, StatusCode::OK, "{decided}");
    assert_eq!(
        (&decided["state"], &decided["decided_by"]),
        (&json!("decided"), &json!("Mia"))
    );
    assert_eq!(
        house.may(ADA, Category::Marketing).await,
        "opted_out_category"
    );
    let (status, _) = decide(&house, &item, "none").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(house.may(ADA, Category::Marketing).await, "allow");
    for (verdict, reason, want) in [("perhaps", "x", 422), ("none", " ", 422)] {
        let path = format!("/api/v1/reviews/{}/decide", item["id"].as_str().unwrap());
        let body = json!({ "verdict": verdict, "reason": reason });
        let (status, _) = house.api("POST", &path, Some(body)).await;
        assert_eq!(status, want);
    }
    let (status, _) = house.api("GET", "/api/v1/reviews?state=later", None).await;
    assert_eq!(status, 422);
}

#[tokio::test]
async fn a_stop_that_was_read_wrongly_is_taken_back_and_a_keyword_never() {
    let house = House::open().await;
    agree(&house).await;
    house
        .says(ADA, "please don't send me any more offers")
        .await;
    assert_eq!(
        house.may(ADA, Category::Marketing).await,
        "opted_out_category"
    );
    let (_, acted) = house.api("GET", "/api/v1/reviews?state=acted", None).await;
    let item = acted["items"][0].clone();
    assert_eq!(item["kind"], json!("stop"), "{acted}");
    let (status, answer) = decide(&house, &item, "none").await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(house.may(ADA, Category::Marketing).await, "allow");
    house.says(ADA, "STOP").await;
    let (_, acted) = house.api("GET", "/api/v1/reviews?state=acted", None).await;
    assert!(
        acted["items"].as_array().unwrap().is_empty(),
        "a keyword is nobody's to take back"
    );
}

#[tokio::test]
async fn a_wish_to_be_forgotten_waits_for_a_person_who_grants_it() {
    let house = House::open().await;
    agree(&house).await;
    house.says(ADA, "please delete all my data").await;
    assert_eq!(house.may(ADA, Category::Marketing).await, "held");
    let (_, open) = house.api("GET", "/api/v1/reviews", None).await;
    let item = open["items"][0].clone();
    assert_eq!(item["kind"], json!("erasure"), "{open}");
    assert!(
        house.newest(ADA).await["body"]
            .as_str()
            .unwrap()
            .contains("erase")
    );
    let contact = house.contact(ADA).await;
    let (status, answer) = decide(&house, &item, "erasure").await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let (_, shown) = house
        .api("GET", &format!("/api/v1/contacts/{contact}"), None)
        .await;
    assert!(shown["erased_at"].is_string(), "{shown}");
    assert_ne!(house.may(ADA, Category::Marketing).await, "allow");
}

#[tokio::test]
async fn a_pause_ends_by_itself_or_with_start_and_a_wrong_number_voids_what_was_agreed() {
    let house = House::open().await;
    agree(&house).await;
    house.says(ADA, "no more offers until Monday please").await;
    assert_eq!(house.may(ADA, Category::Marketing).await, "held");
    let told = house.newest(ADA).await;
    assert!(
        told["body"]
            .as_str()
            .unwrap()
            .contains("No offers from us until 20"),
        "{told}"
    );
    house.says(ADA, "START").await;
    assert_eq!(house.may(ADA, Category::Marketing).await, "allow");
    house.says(ADA, "wrong number, I don't know you").await;
    let kinds = house.kinds(ADA).await;
    assert!(
        kinds
            .iter()
            .any(|kind| kind.starts_with("identity_changed")),
        "{kinds:?}"
    );
    assert_ne!(house.may(ADA, Category::Marketing).await, "allow");
}

/// It is in a template of the sandbox, so it is read from Meta before anybody writes.
#[tokio::test]
async fn a_customer_who_quotes_our_own_footer_says_nothing_with_it() {
    let house = House::open().await;
    agree(&house).await;
    let quote = "“Not interested? Tap Stop promotions.”";
    house.says(ADA, quote).await;
    assert_eq!(house.may(ADA, Category::Marketing).await, "allow");
    house
        .says(ADA, &format!("{quote} OK, stop promotions"))
        .await;
    assert_ne!(house.may(ADA, Category::Marketing).await, "allow");
}

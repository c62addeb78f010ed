//! What we say is so, and what waits is decided by nobody's leave but the person's, in the order in which they spoke.

use consent::scope::Category;
use serde_json::{Value, json};
use server::services::flows::{
    pump,
    ticket::{Choice, Ticket},
};

use crate::house::{ADA, House, tap, text};

async fn agree(house: &House) {
    let told = json!({ "to": ADA, "kind": "opt_in", "scope": { "category": "marketing" },
        "evidence": { "source": "web_form", "wording": "Yes" } });
    house.api("POST", "/api/v1/events", Some(told)).await;
}

async fn topic(house: &House, name: &str) -> String {
    let topic = json!({ "name": name, "category": "marketing" });
    let (_, topic) = house.api("POST", "/api/v1/topics", Some(topic)).await;
    topic["id"].as_str().unwrap().to_owned()
}

async fn topic_may_come(house: &House, topic: &str) -> bool {
    let about = json!({ "to": ADA, "category": "marketing", "topic": topic });
    let (_, answer) = house.api("POST", "/api/v1/check", Some(about)).await;
    answer["allow"] == json!(true)
}

async fn newest_words(house: &House) -> String {
    let newest = house.newest(ADA).await;
    newest["body"].as_str().unwrap_or_default().to_owned()
}

/// A button of a template that says what it refuses.
fn pressed(id: &str, at: &str, payload: &str) -> Value {
    json!({ "from": ADA, "id": id, "timestamp": at, "type": "button",
        "button": { "payload": payload, "text": "No more" } })
}

#[tokio::test]
async fn a_narrower_word_leaves_the_doubtful_one_to_a_person() {
    let house = House::open().await;
    let shoes = topic(&house, "Shoes").await;
    agree(&house).await;
    house.says(ADA, "hello there").await;
    let at = house.seconds_ago(1);
    let doubtful = text(
        ADA,
        "wamid.doubt",
        &at,
        "maybe it is time to stop this whole thing",
    );
    assert_eq!(house.posts(json!([doubtful])).await, 200);
    assert_eq!(house.may(ADA, Category::Marketing).await, "held");
    let payload = format!("consent:v1:optout:topic:{shoes}");
    let narrow = pressed("wamid.narrow", &house.seconds_ago(0), &payload);
    assert_eq!(house.posts(json!([narrow])).await, 200);
    assert_eq!(house.may(ADA, Category::Marketing).await, "held");
    let (_, open) = house.api("GET", "/api/v1/reviews", None).await;
    assert_eq!(open["items"].as_array().unwrap().len(), 1, "{open}");
    pump::step(&house.app).await.unwrap();
    let bubbles = house.phone(ADA).await;
    let mut words = bubbles.iter().filter_map(|bubble| bubble["body"].as_str());
    assert!(words.any(|words| words.contains("no more messages of this kind")));
}

#[tokio::test]
async fn what_they_said_before_neither_frees_what_waits_nor_ends_a_pause() {
    let house = House::open().await;
    agree(&house).await;
    let doubtful = text(
        ADA,
        "wamid.doubt",
        &house.seconds_ago(60),
        "maybe it is time to stop this whole thing",
    );
    assert_eq!(house.posts(json!([doubtful])).await, 200);
    let late = text(ADA, "wamid.late", &house.seconds_ago(120), "START");
    assert_eq!(house.posts(json!([late])).await, 200);
    assert_eq!(house.may(ADA, Category::Marketing).await, "held");
    pump::step(&house.app).await.unwrap();
    assert!(!newest_words(&house).await.contains("Thank you"));
    let start = text(ADA, "wamid.start", &house.seconds_ago(10), "START");
    assert_eq!(house.posts(json!([start])).await, 200);
    assert_eq!(house.may(ADA, Category::Marketing).await, "allow");

    let pause = text(
        ADA,
        "wamid.pause",
        &house.seconds_ago(5),
        "please stop until Monday",
    );
    let older = text(ADA, "wamid.older", &house.seconds_ago(8), "START");
    assert_eq!(house.posts(json!([pause, older])).await, 200);
    assert_eq!(house.may(ADA, Category::Marketing).await, "held");
    let newer = text(ADA, "wamid.newer", &house.seconds_ago(2), "START");
    assert_eq!(house.posts(json!([newer])).await, 200);
    assert_eq!(house.may(ADA, Category::Marketing).await, "allow");
}

#[tokio::test]
async fn a_stop_in_answer_to_an_order_says_that_both_end() {
    let house = House::open().await;
    agree(&house).await;
    let order = sandbox::seed::message(ADA, "order_update", Some("4711"));
    let path = "/v23.0/109900000000001/messages";
    let (status, sent) = house.api("POST", path, Some(order)).await;
    assert_eq!(status, 200, "{sent}");
    let answer = json!({ "text": "STOP", "reply_to": house.newest(ADA).await["id"] });
    house.hears(ADA, "say", answer).await;
    assert_eq!(
        house.may(ADA, Category::Utility).await,
        "opted_out_category"
    );
    let words = newest_words(&house).await;
    assert!(!words.contains("still come"), "{words}");
    assert!(words.contains("like the one you answered"), "{words}");
}

#[tokio::test]
async fn start_says_thank_you_only_when_offers_come() {
    let house = House::open().await;
    agree(&house).await;
    let hold = json!({ "to": ADA, "kind": "hold", "scope": { "category": "marketing" } });
    let (status, told) = house.api("POST", "/api/v1/events", Some(hold)).await;
    assert!(status.is_success(), "{told}");
    house.says(ADA, "START").await;
    assert_eq!(house.may(ADA, Category::Marketing).await, "held");
    let words = newest_words(&house).await;
    assert!(!words.contains("Thank you"), "{words}");
}

#[tokio::test]
async fn no_thanks_takes_nothing_away_that_they_asked_for() {
    let house = House::open().await;
    let shoes = topic(&house, "Shoes").await;
    let told = json!({ "to": ADA, "kind": "opt_in", "scope": { "topic": shoes },
        "evidence": { "source": "web_form", "wording": "Yes" } });
    house.api("POST", "/api/v1/events", Some(told)).await;
    house.says(ADA, "START").await;
    house
        .hears(ADA, "tap", json!({ "button": "No, thanks" }))
        .await;
    assert!(topic_may_come(&house, &shoes).await);
    assert!(newest_words(&house).await.contains("nothing changes"));
}

#[tokio::test]
async fn a_no_after_the_yes_is_a_stop_and_is_confirmed_as_one() {
    let house = House::open().await;
    house.says(ADA, "START").await;
    house
        .hears(ADA, "tap", json!({ "button": "Yes, please" }))
        .await;
    assert_eq!(house.may(ADA, Category::Marketing).await, "allow");
    house.later(2).await;
    house
        .hears(ADA, "tap", json!({ "button": "No, thanks" }))
        .await;
    assert_eq!(
        house.may(ADA, Category::Marketing).await,
        "opted_out_category"
    );
    let words = newest_words(&house).await;
    assert!(words.contains("no more offers"), "{words}");
}

#[tokio::test]
async fn a_form_with_a_strange_choice_waits_and_topics_are_named() {
    let house = House::open().await;
    let (shoes, hats) = (topic(&house, "Shoes").await, topic(&house, "Hats").await);
    agree(&house).await;
    let form = json!({ "form": { "id": "700000000000001", "screen": "CHOICES" } });
    house.flows(form).await;
    house.says(ADA, "menu").await;
    let question = house.replies(ADA).await.remove(0).id;
    let contact = house.contact(ADA).await;
    let choice = Choice::Form;
    let token = Ticket { question, choice }.write(&house.app.vault, contact);
    let strange = json!({ "response": { "flow_token": token, "choice": "stop-offers" } });
    house.hears(ADA, "flow", strange).await;
    assert_eq!(house.may(ADA, Category::Marketing).await, "held");

    house.later(2).await;
    let both =
        json!({ "response": { "flow_token": token, "choice": "keep", "topics": [shoes, hats] } });
    house.hears(ADA, "flow", both).await;
    assert_eq!(house.may(ADA, Category::Marketing).await, "allow");
    let words = newest_words(&house).await;
    assert!(
        words.contains("“Shoes, Hats”") && words.contains("from time to time"),
        "{words}"
    );
}

#[tokio::test]
async fn words_to_a_group_open_nothing_and_a_thread_that_is_not_ours_gets_no_answer() {
    let house = House::open().await;
    agree(&house).await;
    let stop = text(ADA, "wamid.stop", &house.seconds_ago(2), "stop");
    assert_eq!(house.posts_to("standby", json!([stop])).await, 200);
    assert_eq!(
        house.may(ADA, Category::Marketing).await,
        "opted_out_category"
    );
    let mut start = text(ADA, "wamid.group", &house.seconds_ago(1), "START");
    start["group_id"] = json!("120363000000000001");
    assert_eq!(house.posts(json!([start])).await, 200);
    assert_eq!(
        house.may(ADA, Category::Marketing).await,
        "opted_out_category"
    );
    let mut passed_on = text(ADA, "wamid.forwarded", &house.seconds_ago(0), "MENU");
    passed_on["context"] = json!({ "forwarded": true });
    assert_eq!(house.posts(json!([passed_on])).await, 200);
    pump::step(&house.app).await.unwrap();
    assert!(house.replies(ADA).await.is_empty());
    assert!(house.phone(ADA).await.is_empty());
}

#[tokio::test]
async fn a_stop_that_was_read_wrongly_is_taken_back_whole() {
    let house = House::open().await;
    agree(&house).await;
    let order = sandbox::seed::message(ADA, "order_update", Some("4711"));
    let path = "/v23.0/109900000000001/messages";
    house.api("POST", path, Some(order)).await;
    let words = "please don't send me any more messages";
    let answer = json!({ "text": words, "reply_to": house.newest(ADA).await["id"] });
    house.hears(ADA, "say", answer).await;
    assert_ne!(house.may(ADA, Category::Utility).await, "allow");
    let (_, acted) = house.api("GET", "/api/v1/reviews?state=acted", None).await;
    let id = acted["items"][0]["id"].as_str().unwrap();
    let body = json!({ "verdict": "none", "reason": "It was about something else." });
    let path = format!("/api/v1/reviews/{id}/decide");
    let (status, told) = house.api("POST", &path, Some(body)).await;
    assert_eq!(status, 200, "{told}");
    for category in [Category::Utility, Category::Marketing] {
        assert_eq!(house.may(ADA, category).await, "allow", "{category:?}");
    }
}

#[tokio::test]
async fn a_button_of_ours_with_a_strange_number_is_nobodys() {
    let house = House::open().await;
    agree(&house).await;
    let strange = tap(
        ADA,
        "wamid.strange",
        &house.seconds_ago(0),
        ("cq1.nothing", "Hello"),
    );
    assert_eq!(house.posts(json!([strange])).await, 200);
    assert_eq!(house.may(ADA, Category::Marketing).await, "allow");
}

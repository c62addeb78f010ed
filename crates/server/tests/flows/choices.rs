//! Menus, questions, topics and forms: what a tap changes, and what it does not.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use consent::scope::Category;
use serde_json::{Value, json};
use server::{
    clock::Clock,
    services::flows::{
        pump,
        ticket::{Choice, Ticket},
    },
};
use store::reply::ReplyState;

use crate::house::{ADA, House, LUZ, tap};

fn titles(bubble: &Value) -> Vec<&str> {
    let buttons = bubble["buttons"].as_array().unwrap();
    buttons
        .iter()
        .map(|button| button["text"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn start_from_a_stranger_waits_for_a_second_yes() {
    let house = House::open().await;
    house.says(ADA, "START").await;
    let question = house.newest(ADA).await;
    assert_eq!(titles(&question), ["Yes, please", "No, thanks"]);
    assert_eq!(house.may(ADA, Category::Marketing).await, "consent_pending");
    house
        .hears(ADA, "tap", json!({ "button": "Yes, please" }))
        .await;
    assert_eq!(house.may(ADA, Category::Marketing).await, "allow");
    let told = house.newest(ADA).await;
    assert!(
        told["body"].as_str().unwrap().contains("from time to time"),
        "{told}"
    );
    let contact = house.contact(ADA).await;
    let timeline = format!("/api/v1/contacts/{contact}/timeline");
    let (_, timeline) = house.api("GET", &timeline, None).await;
    let text = timeline.to_string();
    assert!(
        text.contains("Would you like to get offers and news from us here"),
        "{text}"
    );
}

#[tokio::test]
async fn an_old_yes_and_a_yes_after_a_no_count_for_nothing() {
    let house = House::open().await;
    house.says(ADA, "START").await;
    house
        .hears(ADA, "tap", json!({ "button": "No, thanks" }))
        .await;
    assert_eq!(
        house.may(ADA, Category::Marketing).await,
        "opted_out_category"
    );
    house
        .hears(ADA, "tap", json!({ "button": "Yes, please" }))
        .await;
    assert_eq!(
        house.may(ADA, Category::Marketing).await,
        "opted_out_category"
    );
    // A question of long ago, with the right tag.
    let contact = house.contact(ADA).await;
    let old = Ticket {
        question: server::services::flows::answer::id_of(
            "wamid.old",
            house.app.clock.now().plus_millis(-8 * 86_400_000),
        ),
        choice: Choice::Yes,
    };
    let id = old.write(&house.app.vault, contact);
    let before = house.kinds(ADA).await;
    let message = tap(ADA, "wamid.t", &house.seconds_ago(0), (&id, "Yes, please"));
    assert_eq!(house.posts(json!([message])).await, 200);
    assert_eq!(house.kinds(ADA).await, before);
}

#[tokio::test]
async fn the_menu_offers_four_ways_and_each_is_confirmed() {
    let house = House::open().await;
    house.says(ADA, "Menu").await;
    let menu = house.newest(ADA).await;
    let rows = [
        "Stop offers",
        "Only order updates",
        "Stop everything",
        "Keep everything",
    ];
    assert_eq!(titles(&menu), rows);
    house
        .hears(ADA, "pick", json!({ "row": "Keep everything" }))
        .await;
    assert_eq!(house.kinds(ADA).await, Vec::<String>::new());
    assert!(
        house.newest(ADA).await["body"]
            .as_str()
            .unwrap()
            .contains("nothing changes")
    );
    house
        .hears(ADA, "pick", json!({ "row": "Stop everything" }))
        .await;
    assert_eq!(house.may(ADA, Category::Utility).await, "opted_out_all");
    assert!(
        house.newest(ADA).await["body"]
            .as_str()
            .unwrap()
            .contains("not write to you")
    );
    house
        .hears(ADA, "pick", json!({ "row": "Only order updates" }))
        .await;
    assert_eq!(house.may(ADA, Category::Utility).await, "allow");
    assert_ne!(house.may(ADA, Category::Marketing).await, "allow");
    assert_eq!(
        house.kinds(ADA).await,
        ["opt_out button", "opt_out button", "opt_in button"]
    );
}

#[tokio::test]
async fn help_is_answered_and_each_answer_can_be_switched_off_and_put_in_other_words() {
    let house = House::open().await;
    house.says(ADA, "Help!").await;
    assert!(
        house.newest(ADA).await["body"]
            .as_str()
            .unwrap()
            .contains("STOP ALL")
    );
    house
        .flows(json!({ "texts": [
            { "language": "en", "words": { "stopped": "Gone. START brings it back." } },
            { "language": "en", "number": "109900000000001", "words": { "often": "on Mondays" } } ] }))
        .await;
    house.says(ADA, "stop").await;
    assert_eq!(
        house.newest(ADA).await["body"],
        json!("Gone. START brings it back.")
    );
    house.says(ADA, "start").await;
    assert!(
        house.newest(ADA).await["body"]
            .as_str()
            .unwrap()
            .contains("on Mondays")
    );
    house
        .flows(json!({ "confirmations": false, "help": false }))
        .await;
    let before = house.phone(ADA).await.len();
    house.says(ADA, "stop").await;
    house.says(ADA, "help").await;
    assert_eq!(house.phone(ADA).await.len(), before);
    let states = house.states(ADA).await;
    assert!(
        states.contains(&("stopped".to_owned(), ReplyState::Off)),
        "{states:?}"
    );
    assert_eq!(
        house.may(ADA, Category::Marketing).await,
        "opted_out_category"
    );
}

#[tokio::test]
async fn settings_that_make_no_sense_are_refused_with_the_field() {
    let house = House::open().await;
    for (body, field) in [
        (
            json!({ "texts": [{ "language": "en", "words": { "nonsense": "x" } }] }),
            "texts.words",
        ),
        (
            json!({ "texts": [{ "language": "en", "words": { "yes": "far too long for a button" } }] }),
            "texts.words",
        ),
        (
            json!({ "texts": [{ "language": "en", "words": { "help": "{nobody}" } }] }),
            "texts.words",
        ),
        (
            json!({ "texts": [{ "language": "english!", "words": {} }] }),
            "texts.language",
        ),
        (
            json!({ "texts": [{ "language": "en", "number": "1", "words": {} }] }),
            "texts.number",
        ),
        (json!({ "language": "xx" }), "language"),
        (json!({ "menu_words": ["!"] }), "menu_words"),
        (json!({ "question_days": 0 }), "question_days"),
        (json!({ "form": { "id": "abc", "screen": "A" } }), "form"),
        (
            json!({ "reminder": { "every_days": 1, "number": "109900000000001", "template": "t", "language": "en" } }),
            "reminder.every_days",
        ),
        (json!({ "colour": "red" }), "colour"),
    ] {
        let (status, answer) = house.api("PUT", "/api/v1/flows", Some(body.clone())).await;
        assert_eq!(status, 422, "{body}: {answer}");
        assert!(answer.to_string().contains(field), "{body}: {answer}");
    }
    let (_, shown) = house.api("GET", "/api/v1/flows", None).await;
    assert_eq!(shown["version"], json!(0));
    house.flows(json!({ "version": 0 })).await;
    let (status, _) = house
        .api("PUT", "/api/v1/flows", Some(json!({ "version": 0 })))
        .await;
    assert_eq!(status, 409);
}

#[tokio::test]
async fn a_form_is_understood_by_its_token_alone() {
    let house = House::open().await;
    let topic = json!({ "name": "Shoes", "category": "marketing" });
    let (_, topic) = house.api("POST", "/api/v1/topics", Some(topic)).await;
    house
        .flows(json!({ "form": { "id": "700000000000001", "screen": "CHOICES" } }))
        .await;
    house.says(ADA, "menu").await;
    let question = house.replies(ADA).await.remove(0).id;
    let contact = house.contact(ADA).await;
    let choice = Choice::Form;
    let token = Ticket { question, choice }.write(&house.app.vault, contact);
    let filled = json!({ "response": { "flow_token": token, "choice": "stop_offers", "topics": [topic["id"]] } });
    for forged in ["", "cq1.x", &token.replace("form", "keep")] {
        let filled = json!({ "response": { "flow_token": forged, "choice": "stop_all" } });
        house.hears(ADA, "flow", filled).await;
    }
    assert!(house.kinds(ADA).await.is_empty());
    house.hears(ADA, "flow", filled).await;
    assert_eq!(
        house.may(ADA, Category::Marketing).await,
        "opted_out_category"
    );
    let about = json!({ "to": ADA, "category": "marketing", "topic": topic["id"] });
    let (_, answer) = house.api("POST", "/api/v1/check", Some(about)).await;
    assert_eq!(answer["allow"], json!(true), "{answer}");
}

const BEN: &str = "447700900188";
const MONTH_MS: i64 = 31 * 24 * 3_600_000;

#[tokio::test]
async fn reminders_go_to_those_who_agreed_and_through_the_gate() {
    let hand = Arc::new(AtomicI64::new(Clock::Real.now().millis()));
    let house = House::open_at(Clock::Stepped(Arc::clone(&hand))).await;
    for (who, kind) in [(ADA, "opt_in"), (LUZ, "opt_in"), (BEN, "opt_out")] {
        let told = json!({ "to": format!("+{who}"), "kind": kind, "scope": { "category": "marketing" },
            "evidence": { "source": "web_form", "wording": "Yes" } });
        house.api("POST", "/api/v1/events", Some(told)).await;
    }
    let reminder = json!({ "every_days": 30, "number": "109900000000001",
        "template": "spring_sale", "language": "en_GB" });
    house.flows(json!({ "reminder": reminder })).await;
    assert_eq!(remind(&house).await, 0, "whoever agreed today needs none");

    hand.fetch_add(MONTH_MS, Ordering::SeqCst);
    assert_eq!(remind(&house).await, 2, "the two who agreed");
    let stop =
        json!({ "to": format!("+{LUZ}"), "kind": "opt_out", "scope": { "category": "marketing" } });
    house.api("POST", "/api/v1/events", Some(stop)).await;
    pump::step(&house.app).await.unwrap();
    assert_eq!(
        house.newest(ADA).await["template"],
        json!("spring_sale (en_GB)"),
        "it comes"
    );
    for refused in [LUZ, BEN] {
        assert!(house.phone(refused).await.is_empty(), "{refused}");
    }
    assert_eq!(remind(&house).await, 0, "and once in that time");
    hand.fetch_add(MONTH_MS, Ordering::SeqCst);
    assert_eq!(remind(&house).await, 1, "and again after it");
}

async fn remind(house: &House) -> usize {
    server::services::flows::remind::step(&house.app)
        .await
        .unwrap()
}

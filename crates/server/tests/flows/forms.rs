//! Joining by a form, whose number anybody may have typed.

use consent::{event::source, scope::Category};
use serde_json::json;
use server::services::{
    flows::pump,
    forms,
    join::{self, Application, Applied, Fault, Shown},
};

use crate::{
    house::{ADA, House, LUZ},
    joins::{event, form, policy, texts, wording},
};

const PAGE: &str = "https://gate.example.com/join/spring";

/// Fills in the form for a number.
async fn fills_in(house: &House, number: &str, ticket: Option<&str>) -> (Applied, String) {
    let form = forms::find(&house.app, "spring").await.unwrap().unwrap();
    let shown = Shown {
        text: "Join us | [ ] offers from our shop, weekly".to_owned(),
        language: "en".to_owned(),
    };
    let fresh = join::ticket(&house.app, &form, &shown).unwrap();
    let ticket = ticket.unwrap_or(&fresh);
    let topics = house.app.store.topics().await.unwrap();
    let ticked = form.choices(&topics);
    let application = Application {
        form: &form,
        shown: &shown,
        ticket,
        number,
        email: "",
        ticked: &ticked[..1],
        page: PAGE,
        address: Some("192.0.2.7".parse().unwrap()),
        is_trapped: false,
    };
    let applied = join::apply(&house.app, &application).await.unwrap();
    (applied, ticket.to_owned())
}

/// The first message that a page leads to.
fn first_message(applied: &Applied) -> String {
    let Applied::Next(next) = applied else {
        panic!("{applied:?}");
    };
    let (_, query) = next.chat.as_ref().unwrap().split_once("?text=").unwrap();
    let query = format!("text={query}");
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.next().unwrap().1.into_owned()
}

#[tokio::test]
async fn a_form_alone_opts_nobody_in_and_the_message_of_its_own_number_does() {
    let house = House::open().await;
    form(&house, json!({})).await;
    let (applied, _) = fills_in(&house, &format!("+{ADA}"), None).await;
    assert_eq!(house.may(ADA, Category::Marketing).await, "consent_pending");
    assert!(
        house.phone(ADA).await.is_empty(),
        "nobody is written to who has not written"
    );
    let asked = event(&house, ADA, "opt_in_requested").await;
    assert_eq!(asked["source"], source::FORM);
    assert_eq!(asked["evidence"]["ip"], "192.0.2.7");
    assert_eq!(asked["evidence"]["page"], PAGE);
    assert_eq!(
        wording(&house, &asked).await["text"],
        "Join us | [ ] offers from our shop, weekly"
    );
    // Somebody else's message with that code is a message with a code, and no second yes.
    let message = first_message(&applied);
    house.says(LUZ, &message).await;
    assert_eq!(house.may(LUZ, Category::Marketing).await, "consent_pending");
    assert_eq!(house.may(ADA, Category::Marketing).await, "consent_pending");
    house.says(ADA, &message).await;
    assert_eq!(house.may(ADA, Category::Marketing).await, "allow");
    let agreed = event(&house, ADA, "opt_in").await;
    assert_eq!(agreed["source"], source::CHAT_LINK);
    let said = wording(&house, &agreed).await;
    assert_eq!(
        said["text"],
        "Hello! I would like to get your messages: offers from our shop, weekly."
    );
    let told = house.newest(ADA).await;
    assert!(
        told["body"]
            .as_str()
            .unwrap()
            .contains("offers from our shop"),
        "{told}"
    );
}

#[tokio::test]
async fn whoever_wrote_lately_is_asked_in_the_chat_and_whoever_said_stop_is_not() {
    let house = House::open().await;
    form(&house, json!({})).await;
    house.says(ADA, "hello there").await;
    house.says(LUZ, "STOP").await;
    for who in [ADA, LUZ] {
        let before = house.phone(who).await.len();
        fills_in(&house, &format!("+{who}"), None).await;
        pump::step(&house.app).await.unwrap();
        let asked = house.phone(who).await.len() - before;
        assert_eq!(asked, usize::from(who == ADA), "{who}");
    }
    let asked = house.newest(ADA).await;
    house
        .hears(ADA, "tap", json!({ "button": asked["buttons"][0]["text"] }))
        .await;
    assert_eq!(house.may(ADA, Category::Marketing).await, "allow");
    assert_eq!(
        house.may(LUZ, Category::Marketing).await,
        "opted_out_category"
    );
}

#[tokio::test]
async fn a_form_that_is_sent_again_or_too_often_or_forged_changes_nothing() {
    let house = House::open().await;
    form(&house, json!({})).await;
    let (first, ticket) = fills_in(&house, &format!("+{ADA}"), None).await;
    let before = house.kinds(ADA).await;
    let (again, _) = fills_in(&house, &format!("+{ADA}"), Some(&ticket)).await;
    assert_eq!(
        first_message(&again),
        first_message(&first),
        "a second click sees what the first one saw"
    );
    assert_eq!(house.kinds(ADA).await, before);
    let (_, _) = fills_in(&house, "+447700900999", Some(&ticket)).await;
    let found = house
        .app
        .store
        .find(&["p:447700900999".to_owned()])
        .await
        .unwrap();
    assert_eq!(found, [], "a ticket is good for one form");
    let (forged, _) = fills_in(&house, &format!("+{ADA}"), Some("AAAA")).await;
    assert_eq!(forged, Applied::Refused);
    let (unreadable, _) = fills_in(&house, "12", None).await;
    assert_eq!(unreadable, Applied::Again(vec![Fault::Number]));
    // Beyond three a day the page is the same, and nobody is asked any more.
    for _ in 0..5 {
        let (applied, _) = fills_in(&house, &format!("+{ADA}"), None).await;
        first_message(&applied);
    }
    let requests = house.kinds(ADA).await;
    let requests = requests
        .iter()
        .filter(|kind| kind.starts_with("opt_in_requested"));
    assert_eq!(requests.count(), 3);
}

#[tokio::test]
async fn a_form_that_asks_no_second_time_lifts_nobodys_refusal() {
    let house = House::open().await;
    policy(&house, json!({ "double_opt_in": "never" })).await;
    form(&house, json!({})).await;
    house.says(LUZ, "STOP").await;
    for (who, want) in [(ADA, "allow"), (LUZ, "opted_out_category")] {
        fills_in(&house, &format!("+{who}"), None).await;
        assert_eq!(house.may(who, Category::Marketing).await, want);
    }
}

#[tokio::test]
async fn a_stranger_is_written_to_once_however_often_their_number_is_typed() {
    let house = House::open().await;
    let template = json!({ "name": "confirm_subscription", "language": "en_GB" });
    form(&house, json!({ "question_template": template })).await;
    for _ in 0..3 {
        fills_in(&house, &format!("+{ADA}"), None).await;
        pump::step(&house.app).await.unwrap();
    }
    let phone = house.phone(ADA).await;
    assert_eq!(phone.len(), 1, "{phone:?}");
    house
        .hears(
            ADA,
            "tap",
            json!({ "button": phone[0]["buttons"][0]["text"] }),
        )
        .await;
    assert_eq!(house.may(ADA, Category::Marketing).await, "allow");
    let agreed = event(&house, ADA, "opt_in").await;
    let shown = wording(&house, &agreed).await;
    let words = phone[0]["body"].as_str().unwrap();
    assert!(
        shown["text"].as_str().unwrap().contains(words),
        "{shown} {words}"
    );
    // A template whose first button says no, or that is no utility template, puts no question.
    let wrong = json!({ "slug": "wrong", "texts": texts("weekly"),
        "question_template": { "name": "autumn_sale", "language": "en_GB" } });
    let (status, answer) = house.api("POST", "/api/v1/forms", Some(wrong)).await;
    assert_eq!(
        (status.as_u16(), &answer["field"]),
        (422, &json!("question_template")),
        "{answer}"
    );
}

//! Joining: by a code in a first message, by a form whose number anybody may have typed, by an advertisement.

use consent::{
    event::{Fact, source},
    scope::Category,
};
use serde_json::{Value, json};
use server::services::{
    flows::pump,
    forms,
    join::{self, Application, Applied, Fault, Shown},
};

use crate::house::{ADA, House, LUZ, text};

const PAGE: &str = "https://gate.example.com/join/spring";

/// A form in English and Spanish, about offers as such and one topic.
async fn form(house: &House, more: Value) -> Value {
    let topic = json!({ "name": "Shoes", "category": "marketing",
        "translations": { "es": { "name": "Zapatos" } } });
    let (_, topic) = house.api("POST", "/api/v1/topics", Some(topic)).await;
    let mut body =
        json!({ "slug": "spring", "topics": ["marketing", topic["id"]], "texts": texts("weekly") });
    let more = more.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(more);
    let (status, form) = house.api("POST", "/api/v1/forms", Some(body)).await;
    assert_eq!(status, 201, "{form}");
    form
}

fn texts(often: &str) -> Value {
    json!({
        "en": { "title": "Join us", "kind": "offers from our shop", "frequency": often },
        "es": { "title": "Únete", "kind": "ofertas de la tienda", "frequency": "cada semana" },
    })
}

async fn link(house: &House, language: &str) -> Value {
    let body = json!({ "name": "Poster", "language": language });
    let (status, link) = house
        .api("POST", "/api/v1/forms/spring/links", Some(body))
        .await;
    assert_eq!(status, 201, "{link}");
    link
}

async fn policy(house: &House, body: Value) {
    let (status, answer) = house.api("PUT", "/api/v1/policy", Some(body)).await;
    assert_eq!(status, 200, "{answer}");
}

fn message(link: &Value) -> &str {
    link["message"].as_str().unwrap()
}

/// The newest event of a kind in somebody's timeline.
async fn event(house: &House, who: &str, kind: &str) -> Value {
    let contact = house.contact(who).await;
    let path = format!("/api/v1/contacts/{contact}/timeline");
    let (_, timeline) = house.api("GET", &path, None).await;
    let items = timeline["items"].as_array().unwrap();
    let found = items.iter().find(|item| item["kind"] == kind);
    found.unwrap_or_else(|| panic!("{timeline}")).clone()
}

/// The wording that an event names by its hash.
async fn wording(house: &House, event: &Value) -> Value {
    let hash = event["evidence"]["wording_sha256"].as_str().unwrap();
    let (status, wording) = house
        .api("GET", &format!("/api/v1/wordings/{hash}"), None)
        .await;
    assert_eq!(status, 200, "{wording}");
    wording
}

#[tokio::test]
async fn who_scans_a_code_is_asked_in_its_language_and_the_yes_names_what_was_shown() {
    let house = House::open().await;
    form(&house, json!({})).await;
    let poster = link(&house, "es").await;
    assert!(
        poster["url"]
            .as_str()
            .unwrap()
            .starts_with("https://wa.me/12025550100?text=%C2%A1Hola"),
        "{poster}"
    );
    house.says(ADA, message(&poster)).await;
    assert_eq!(house.may(ADA, Category::Marketing).await, "consent_pending");
    let asked = house.newest(ADA).await;
    let question = asked["body"].as_str().unwrap();
    for said in ["ofertas de la tienda, Zapatos", "cada semana", "STOP"] {
        assert!(question.contains(said), "{said}: {question}");
    }
    house
        .hears(ADA, "tap", json!({ "button": asked["buttons"][0]["text"] }))
        .await;
    assert_eq!(house.may(ADA, Category::Marketing).await, "allow");
    let agreed = event(&house, ADA, "opt_in").await;
    assert_eq!(agreed["evidence"]["locale"], "es");
    assert_eq!(agreed["evidence"]["page"], "Poster");
    let shown = wording(&house, &agreed).await;
    assert!(
        shown["text"].as_str().unwrap().starts_with(question),
        "{shown}"
    );
    assert_eq!(
        (&shown["locale"], &shown["form"], &shown["version"]),
        (&json!("es"), &json!("spring"), &json!(1))
    );
    let told = house.newest(ADA).await;
    assert!(
        told["body"].as_str().unwrap().contains("cada semana"),
        "{told}"
    );

    // Another version is asked about in its own words, and what was agreed to keeps the old ones.
    let (_, changed) = house
        .api(
            "PUT",
            "/api/v1/forms/spring",
            Some(json!({ "texts": texts("daily"), "topics": ["marketing"] })),
        )
        .await;
    assert_eq!(changed["version"], 2, "{changed}");
    assert_eq!(
        wording(&house, &event(&house, ADA, "opt_in").await).await,
        shown
    );
    let english = link(&house, "en").await;
    house.says(LUZ, message(&english)).await;
    let asked = house.newest(LUZ).await;
    assert!(asked["body"].as_str().unwrap().contains("daily"), "{asked}");
    let (_, versions) = house
        .api("GET", "/api/v1/forms/spring/versions", None)
        .await;
    assert_eq!(versions["items"][0]["texts"]["en"]["frequency"], "weekly");
}

#[tokio::test]
async fn a_no_a_forwarded_code_a_changed_one_and_one_that_is_over_open_nothing() {
    let house = House::open().await;
    form(&house, json!({})).await;
    let poster = link(&house, "en").await;
    house.says(ADA, message(&poster)).await;
    let asked = house.newest(ADA).await;
    house
        .hears(ADA, "tap", json!({ "button": asked["buttons"][1]["text"] }))
        .await;
    assert_ne!(house.may(ADA, Category::Marketing).await, "allow");

    let code = poster["code"].as_str().unwrap();
    let last = code.chars().last().unwrap();
    let other = if last == 'A' { 'B' } else { 'A' };
    let forged = message(&poster).replace(code, &format!("{}{other}", &code[..code.len() - 1]));
    house.says(LUZ, &forged).await;
    assert_eq!(house.may(LUZ, Category::Marketing).await, "no_consent");
    let mut forwarded = text(
        LUZ,
        "wamid.forwarded",
        &house.seconds_ago(0),
        message(&poster),
    );
    forwarded["context"] = json!({ "forwarded": true });
    assert_eq!(house.posts(json!([forwarded])).await, 200);
    assert_eq!(house.may(LUZ, Category::Marketing).await, "no_consent");

    let path = format!("/api/v1/forms/spring/links/{code}");
    let (status, ended) = house
        .api("PATCH", &path, Some(json!({ "retired": true })))
        .await;
    assert_eq!(status, 200, "{ended}");
    house.says(LUZ, message(&poster)).await;
    assert_eq!(house.may(LUZ, Category::Marketing).await, "no_consent");
    let (_, _) = house
        .api("PATCH", &path, Some(json!({ "retired": false })))
        .await;
    let (_, _) = house
        .api(
            "PATCH",
            "/api/v1/forms/spring",
            Some(json!({ "retired": true })),
        )
        .await;
    house.says(LUZ, message(&poster)).await;
    assert_eq!(house.may(LUZ, Category::Marketing).await, "no_consent");
}

#[tokio::test]
async fn where_policy_takes_the_message_for_the_yes_only_its_own_words_are_one() {
    let house = House::open().await;
    policy(&house, json!({ "double_opt_in": "typed" })).await;
    form(&house, json!({})).await;
    let poster = link(&house, "en").await;
    let changed = format!(
        "no thanks, what is this? {}",
        poster["code"].as_str().unwrap()
    );
    house.says(LUZ, &changed).await;
    assert_eq!(house.may(LUZ, Category::Marketing).await, "consent_pending");
    house.says(ADA, message(&poster)).await;
    assert_eq!(house.may(ADA, Category::Marketing).await, "allow");
    let agreed = event(&house, ADA, "opt_in").await;
    assert_eq!(agreed["source"], source::CHAT_LINK);
    let shown = wording(&house, &agreed).await;
    assert_eq!(
        shown["text"],
        "Hello! I would like to get your messages: offers from our shop, weekly."
    );
    // A STOP in the same breath is a STOP.
    house.later(2).await;
    house.says(ADA, "STOP").await;
    assert_eq!(
        house.may(ADA, Category::Marketing).await,
        "opted_out_category"
    );
    house.later(2).await;
    house.says(ADA, message(&poster)).await;
    assert_eq!(
        house.may(ADA, Category::Marketing).await,
        "allow",
        "a yes of their own, later"
    );
}

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
    assert_eq!(
        agreed["evidence"]["wording_sha256"],
        asked["evidence"]["wording_sha256"]
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
    let mut refused = 0;
    for _ in 0..5 {
        let (applied, _) = fills_in(&house, &format!("+{ADA}"), None).await;
        refused += usize::from(applied == Applied::Refused);
    }
    assert_eq!(
        refused, 3,
        "three a day for one number, the first among them"
    );
    let requests = house.kinds(ADA).await;
    let requests = requests
        .iter()
        .filter(|kind| kind.starts_with("opt_in_requested"));
    assert_eq!(requests.count(), 3);
}

#[tokio::test]
async fn a_form_without_kind_and_frequency_cannot_be_saved() {
    let house = House::open().await;
    for (texts, field) in [
        (
            json!({ "en": { "title": "A", "frequency": "weekly" } }),
            "texts.en.kind",
        ),
        (
            json!({ "en": { "title": "A", "kind": "offers", "frequency": " " } }),
            "texts.en.frequency",
        ),
        (
            json!({ "fr": { "title": "A", "kind": "offers", "frequency": "weekly" } }),
            "texts",
        ),
        (json!({}), "texts"),
        (
            json!({ "en": { "title": "A", "kind": "offers", "frequency": "weekly", "message": "STOP" } }),
            "texts.en.message",
        ),
    ] {
        let body = json!({ "slug": "a", "texts": texts });
        let (status, answer) = house.api("POST", "/api/v1/forms", Some(body)).await;
        assert_eq!(
            (status.as_u16(), &answer["field"]),
            (422, &json!(field)),
            "{answer}"
        );
    }
    for slug in ["", "Spring", "a b", "confirm", "-a"] {
        let body = json!({ "slug": slug, "texts": texts("weekly") });
        let (status, _) = house.api("POST", "/api/v1/forms", Some(body)).await;
        assert_eq!(status, 422, "{slug}");
    }
    form(&house, json!({})).await;
    let again = json!({ "slug": "spring", "texts": texts("weekly") });
    let (status, _) = house.api("POST", "/api/v1/forms", Some(again)).await;
    assert_eq!(status, 409);
}

/// Ada writes after a click on an advertisement.
async fn clicks(house: &House) {
    let ad = json!({ "source_id": "77", "source_url": "https://fb.me/77", "headline": "Boots, half price",
        "body": "Ask us", "ctwa_clid": "click-1" });
    let said = json!({ "text": "Is this still on?", "ad": ad });
    house.hears(ADA, "say", said).await;
}

#[tokio::test]
async fn a_click_on_an_advertisement_is_recorded_and_is_what_policy_says() {
    for (ads, want) in [
        ("recorded", "no_consent"),
        ("request", "consent_pending"),
        ("consent", "allow"),
    ] {
        let house = House::open().await;
        policy(&house, json!({ "ads": ads })).await;
        clicks(&house).await;
        assert_eq!(house.may(ADA, Category::Marketing).await, want);
        let click = event(&house, ADA, "referral").await;
        let note = click["evidence"]["note"].as_str().unwrap();
        for said in ["ad", "77", "Boots, half price", "click-1"] {
            assert!(note.contains(said), "{note}");
        }
        let contact = house.contact(ADA).await;
        let history = house.app.store.history(contact).await.unwrap();
        assert!(history.iter().any(|line| line.fact == Some(Fact::Referral)));
        if ads == "request" {
            let asked = house.newest(ADA).await;
            house
                .hears(ADA, "tap", json!({ "button": asked["buttons"][0]["text"] }))
                .await;
            assert_eq!(house.may(ADA, Category::Marketing).await, "allow");
        }
    }
}

#[tokio::test]
async fn an_advertisement_never_opens_what_was_refused() {
    let house = House::open().await;
    policy(&house, json!({ "ads": "consent" })).await;
    house.says(ADA, "STOP").await;
    clicks(&house).await;
    assert_eq!(
        house.may(ADA, Category::Marketing).await,
        "opted_out_category"
    );
}

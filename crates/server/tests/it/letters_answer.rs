//! What the reader of a question by e-mail decides, and what nobody else can.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use server::services::{
    forms,
    join::{self, Application, Applied, Shown},
    letters::token::TOKEN_CHARS,
    preferences::choice::Choice,
};

use crate::{
    house::House,
    post::{WORDING, ask, open, path, pump, verdict},
    sink::{Mood, Sink},
};

const ANA: &str = "ana@example.org";
const PHONE: &str = "+447700900123";

/// Somebody typed the address, and the letter has arrived.
async fn asked(house: &House, sink: &Sink) -> String {
    ask(house, ANA).await;
    pump(house).await;
    path(sink.letters().last().unwrap(), "/join/confirm/")
}

async fn contact_of(house: &House, text: &str) -> Value {
    let query: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let page = house.get(&format!("/api/v1/contacts?search={query}")).await;
    page.expect(200).json()["items"][0].clone()
}

fn kinds(events: &[Value]) -> Vec<(String, String)> {
    let word = |event: &Value, name: &str| event[name].as_str().unwrap_or_default().to_owned();
    let pairs = events
        .iter()
        .map(|event| (word(event, "kind"), word(event, "source")));
    pairs.collect()
}

#[tokio::test]
async fn looking_changes_nothing_and_the_button_records_the_yes_with_what_was_shown() {
    let (house, sink) = open(Mood::Takes).await;
    let path = asked(&house, &sink).await;
    for _ in 0..3 {
        let page = house.see(&path).await.expect(200).text();
        for line in WORDING.lines() {
            assert!(page.contains(&format!("<p>{line}</p>")), "{page}");
        }
        assert!(page.contains("name=\"answer\" value=\"yes\""));
    }
    house.form(&path, "").await.expect(200);
    house.form(&path, "answer=perhaps").await.expect(200);
    assert_eq!(verdict(&house, ANA, "marketing").await, "no_consent");
    assert!(contact_of(&house, ANA).await.is_null());

    let page = house.form(&path, "answer=yes").await.expect(200).text();
    assert!(
        page.contains("You agreed to get e-mail from Example Shop."),
        "{page}"
    );
    assert_eq!(verdict(&house, ANA, "marketing").await, "allow");
    let contact = contact_of(&house, ANA).await;
    assert_eq!(contact["aliases"][0]["value"], ANA);
    let id = contact["id"].as_str().unwrap().to_owned();
    let events = house.events(&id).await;
    let mut found = kinds(&events);
    found.sort();
    let by_email = |kind: &str| (kind.to_owned(), "email_link".to_owned());
    assert_eq!(found, [by_email("alias_linked"), by_email("opt_in")]);
    let yes = events
        .iter()
        .find(|event| event["kind"] == "opt_in")
        .unwrap();
    assert_eq!(yes["scope"]["channel"], "email");
    // By e-mail alone: nothing else was asked.
    let body = json!({"to": ANA, "category": "marketing", "channel": "sms"});
    let answer = house.post("/api/v1/check", body).await.expect(200).json();
    assert_eq!(answer["code"], "no_consent");

    house.form(&path, "answer=yes").await.expect(200);
    assert_eq!(house.events(&id).await.len(), 2, "a repeat makes no event");
    let page = house.see(&path).await.expect(200).text();
    assert!(!page.contains("value=\"yes\""), "it is settled");
}

#[tokio::test]
async fn a_yes_gets_a_receipt_whose_one_click_ends_it() {
    let (house, sink) = open(Mood::Takes).await;
    let confirm = asked(&house, &sink).await;
    house.form(&confirm, "answer=yes").await.expect(200);
    pump(&house).await;
    let letters = sink.letters();
    assert_eq!(letters.len(), 2);
    let receipt = &letters[1];
    assert!(receipt.contains("Subject: What you agreed to: e-mail from Example Shop\r\n"));
    assert!(receipt.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
    let line = receipt
        .lines()
        .find(|line| line.starts_with("List-Unsubscribe: "));
    let url = line.unwrap().strip_prefix("List-Unsubscribe: <").unwrap();
    let url = url.strip_suffix('>').unwrap();
    let one_click = url.strip_prefix(crate::house::PUBLIC).unwrap();
    house.see(one_click).await.expect(303);
    house
        .form(one_click, "List-Unsubscribe=Two-Clicks")
        .await
        .expect(400);
    assert_eq!(verdict(&house, ANA, "marketing").await, "allow");
    house
        .form(one_click, "List-Unsubscribe=One-Click")
        .await
        .expect(200);
    assert_eq!(
        verdict(&house, ANA, "marketing").await,
        "opted_out_category"
    );
    assert_eq!(verdict(&house, ANA, "utility").await, "allow");
    let id = contact_of(&house, ANA).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let events = house.events(&id).await;
    let no = events
        .iter()
        .find(|event| event["kind"] == "opt_out")
        .unwrap();
    assert_eq!(no["source"], "email_link");
    // The button of a refused list refuses it once.
    house
        .form(one_click, "List-Unsubscribe=One-Click")
        .await
        .expect(200);
    assert_eq!(house.events(&id).await.len(), events.len());
}

#[tokio::test]
async fn one_click_reaches_as_far_as_policy_says() {
    for (spreads, elsewhere) in [
        ("every_channel", "opted_out_category"),
        ("its_channel", "allow"),
    ] {
        let (house, _sink) = open(Mood::Takes).await;
        let mut policy = house.get("/api/v1/policy").await.expect(200).json();
        policy["refusal_spreads"] = json!(spreads);
        house
            .send("PUT", "/api/v1/policy", policy)
            .await
            .expect(200);
        let event = house.opt_in(PHONE).await;
        let contact = event["contact"].as_str().unwrap();
        let linking = format!("/api/v1/contacts/{contact}/aliases");
        let body = json!({"alias": ANA, "evidence": {"source": "customer_account"}});
        house.post(&linking, body).await.expect(201);
        let making = format!("/api/v1/contacts/{contact}/preference_link");
        let made = house
            .post(&making, json!({"to": ANA}))
            .await
            .expect(201)
            .json();
        let header = made["headers"]["List-Unsubscribe"].as_str().unwrap();
        assert_eq!(
            header,
            format!("<{}/unsubscribe>", made["url"].as_str().unwrap())
        );
        assert_eq!(
            made["headers"]["List-Unsubscribe-Post"],
            "List-Unsubscribe=One-Click"
        );
        let url = header.trim_matches(['<', '>']);
        let one_click = url.strip_prefix(crate::house::PUBLIC).unwrap();
        house
            .form(one_click, "List-Unsubscribe=One-Click")
            .await
            .expect(200);
        assert_eq!(
            verdict(&house, ANA, "marketing").await,
            "opted_out_category"
        );
        assert_eq!(house.marketing(PHONE).await, elsewhere, "{spreads}");
    }
}

#[tokio::test]
async fn a_changed_or_old_token_opens_the_page_that_says_nothing() {
    let (house, sink) = open(Mood::Takes).await;
    let path = asked(&house, &sink).await;
    let token = path.strip_prefix("/join/confirm/").unwrap();
    assert_eq!(token.len(), TOKEN_CHARS);
    let unknown = house.see("/join/confirm/nothing").await.expect(404);
    let bytes = URL_SAFE_NO_PAD.decode(token).unwrap();
    let mut others: Vec<String> = (0..bytes.len())
        .map(|place| {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            URL_SAFE_NO_PAD.encode(changed)
        })
        .collect();
    others.extend([
        token.to_uppercase(),
        format!("{token}A"),
        token[1..].to_owned(),
    ]);
    for other in others {
        let other = format!("/join/confirm/{other}");
        assert_eq!(house.see(&other).await.expect(404).bytes, unknown.bytes);
        let said = house.form(&other, "answer=yes").await.expect(404);
        assert_eq!(said.bytes, unknown.bytes);
    }
    // A preference link is no key to a question.
    let contact = house.opt_in(PHONE).await;
    let link = house.link(contact["contact"].as_str().unwrap()).await;
    let link = link.replace("/p/", "/join/confirm/");
    house.form(&link, "answer=yes").await.expect(404);
    house.pass(Duration::from_secs(7 * 86_400));
    let said = house.form(&path, "answer=yes").await.expect(404);
    assert_eq!(said.bytes, unknown.bytes);
    assert_eq!(verdict(&house, ANA, "marketing").await, "no_consent");
}

#[tokio::test]
async fn a_form_on_another_site_answers_nothing() {
    let (house, sink) = open(Mood::Takes).await;
    let path = asked(&house, &sink).await;
    let request = axum::http::Request::post(&path)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "cross-site")
        .body(axum::body::Body::from("answer=yes"));
    house.raw(request.unwrap()).await.expect(403);
    assert_eq!(verdict(&house, ANA, "marketing").await, "no_consent");
}

#[tokio::test]
async fn whoever_says_that_it_was_not_them_gets_no_letter_again() {
    let (house, sink) = open(Mood::Takes).await;
    let path = asked(&house, &sink).await;
    let page = house.form(&path, "answer=no").await.expect(200).text();
    assert!(
        page.contains("no longer writes to your e-mail address"),
        "{page}"
    );
    assert_eq!(verdict(&house, ANA, "utility").await, "opted_out_all");
    ask(&house, ANA).await;
    pump(&house).await;
    assert_eq!(sink.letters().len(), 1);
    // The reader may think again.
    house.pass(Duration::from_secs(1));
    house.form(&path, "answer=yes").await.expect(200);
    assert_eq!(verdict(&house, ANA, "marketing").await, "allow");
}

#[tokio::test]
async fn an_address_typed_beside_somebody_elses_number_does_not_become_theirs() {
    let (house, sink) = open(Mood::Takes).await;
    let victim = house.opt_in(PHONE).await;
    let victim = victim["contact"].as_str().unwrap();
    let body = json!({"slug": "spring", "ask_email": true, "texts": {"en": {"title": "Offers",
        "kind": "Offers of our garden shop", "frequency": "at most once a week"}}});
    house.post("/api/v1/forms", body).await.expect(201);
    let app = &house.app;
    let form = forms::find(app, "spring").await.unwrap().unwrap();
    let shown = Shown {
        text: WORDING.to_owned(),
        language: "en".to_owned(),
    };
    let ticket = join::ticket(app, &form, &shown).unwrap();
    let ticked = [Choice::read("category:marketing", &[]).unwrap()];
    let application = Application {
        form: &form,
        shown: &shown,
        ticket: &ticket,
        number: PHONE,
        email: ANA,
        ticked: &ticked,
        page: "https://gate.example.com/join/spring",
        address: None,
        is_trapped: false,
    };
    let applied = join::apply(app, &application).await.unwrap();
    let Applied::Next(next) = applied else {
        panic!("{applied:?}")
    };
    assert!(next.by_email);
    pump(&house).await;
    let confirm = path(&sink.letters()[0], "/join/confirm/");
    house.form(&confirm, "answer=yes").await.expect(200);
    assert_eq!(verdict(&house, ANA, "marketing").await, "allow");
    let reader = contact_of(&house, ANA).await;
    assert_ne!(reader["id"], victim);
    let known = house.get(&format!("/api/v1/contacts/{victim}")).await;
    let known = known.expect(200).json();
    assert_eq!(known["aliases"].as_array().unwrap().len(), 1, "{known}");
    pump(&house).await;
    let receipt = sink.letters().pop().unwrap();
    let own = path(&receipt, "/p/").replace("/unsubscribe", "");
    let own = house.see(&own).await.expect(200).text();
    assert!(!own.contains("web form"), "the victim's page: {own}");
}

#[tokio::test]
async fn a_link_in_an_old_mail_still_stops_whoever_was_found_to_be_somebody_else() {
    let (house, _sink) = open(Mood::Takes).await;
    let by_mail = house.opt_in(ANA).await["contact"]
        .as_str()
        .unwrap()
        .to_owned();
    let making = format!("/api/v1/contacts/{by_mail}/preference_link");
    let made = house.post(&making, json!({"to": ANA})).await.expect(201);
    let url = made.json()["url"].as_str().unwrap().to_owned();
    let one_click = format!(
        "{}/unsubscribe",
        url.strip_prefix(crate::house::PUBLIC).unwrap()
    );
    let by_phone = house.opt_in(PHONE).await["contact"]
        .as_str()
        .unwrap()
        .to_owned();
    let linking = format!("/api/v1/contacts/{by_phone}/aliases");
    let body = json!({"alias": ANA, "evidence": {"source": "customer_account"}, "merge": true});
    house.post(&linking, body).await.expect(201);
    house
        .form(&one_click, "List-Unsubscribe=One-Click")
        .await
        .expect(200);
    assert_eq!(
        verdict(&house, ANA, "marketing").await,
        "opted_out_category"
    );
}

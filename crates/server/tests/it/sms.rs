//! Text messages that Twilio hands on: what people refuse by SMS is refused, and what they agree to is agreed for SMS.

use axum::{
    body::Body,
    http::{Request, header},
};
use serde_json::{Value, json};
use sms::{
    form::Form,
    signature::{HEADER, Token, sign},
};

use crate::house::{Answer, House, PUBLIC};

pub const ANA: &str = "+447700900123";
pub const BIA: &str = "+447700900124";
pub const SHOP: &str = "+447700900900";
pub const TOKEN: &str = "twilio-token";
pub const PATH: &str = "/webhooks/sms";
/// With the token before this one, which Twilio may still sign with.
pub const SETTINGS: &str = "[sms]\nauth_tokens = [\"twilio-token\", \"old-token\"]\n";
pub const ANSWER: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Response></Response>"#;

/// A request, as Twilio writes its body.
pub fn body(pairs: &[(&str, &str)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs);
    form.finish()
}

/// A message, with more parameters.
pub fn text(sid: &str, from: &str, words: &str, more: &[(&str, &str)]) -> String {
    let usual = [
        ("ToCountry", "GB"),
        ("SmsMessageSid", sid),
        ("NumMedia", "0"),
        ("FromCity", ""),
        ("SmsSid", sid),
        ("SmsStatus", "received"),
        ("Body", words),
        ("To", SHOP),
        ("NumSegments", "1"),
        ("MessageSid", sid),
        ("AccountSid", "AC00000000000000000000000000000001"),
        ("From", from),
        ("ApiVersion", "2010-04-01"),
    ];
    body(&[&usual, more].concat())
}

/// A status of a message to somebody.
pub fn status(sid: &str, to: &str, error: &str) -> String {
    body(&[
        ("MessageSid", sid),
        ("SmsSid", sid),
        ("MessageStatus", "undelivered"),
        ("SmsStatus", "undelivered"),
        ("To", to),
        ("From", SHOP),
        ("ErrorCode", error),
        ("AccountSid", "AC00000000000000000000000000000001"),
    ])
}

pub fn signature(token: &str, url: &str, body: &str) -> String {
    let form = Form::read(body.as_bytes()).unwrap();
    sign(&Token::new(token).unwrap(), url, &form)
}

pub async fn post(house: &House, path: &str, body: &str, signature: Option<&str>) -> Answer {
    let mut request = Request::post(path).header(
        header::CONTENT_TYPE,
        "application/x-www-form-urlencoded; charset=UTF-8",
    );
    if let Some(signature) = signature {
        request = request.header(HEADER, signature);
    }
    house
        .raw(request.body(Body::from(body.to_owned())).unwrap())
        .await
}

/// What Twilio hears to a request that it signed, which must be nothing.
pub async fn hands_on(house: &House, body: &str) {
    house.pass(std::time::Duration::from_secs(1));
    let signature = signature(TOKEN, &format!("{PUBLIC}{PATH}"), body);
    let answer = post(house, PATH, body, Some(&signature)).await.expect(200);
    assert_eq!(answer.text(), ANSWER);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "text/xml");
}

/// The verdicts about marketing on WhatsApp and by SMS.
pub async fn verdicts(house: &House, to: &str) -> [String; 2] {
    let mut found = [String::new(), String::new()];
    for (channel, found) in ["whatsapp", "sms"].into_iter().zip(&mut found) {
        let body = json!({"to": to, "category": "marketing", "channel": channel});
        let answer = house.post("/api/v1/check", body).await.expect(200).json();
        *found = answer["code"].as_str().unwrap_or("allow").to_owned();
    }
    found
}

pub async fn contact(house: &House, to: &str) -> Option<String> {
    let body = json!({"to": to, "category": "marketing"});
    let answer = house.post("/api/v1/check", body).await.expect(200).json();
    answer["contact"].as_str().map(str::to_owned)
}

/// What is known of somebody, newest first.
pub async fn events(house: &House, to: &str) -> Vec<Value> {
    match contact(house, to).await {
        Some(contact) => house.events(&contact).await,
        None => Vec::new(),
    }
}

async fn policy(house: &House, body: Value) {
    house.send("PUT", "/api/v1/policy", body).await.expect(200);
}

const REFUSED: &str = "opted_out_category";

#[tokio::test]
async fn stop_by_sms_ends_marketing_everywhere_before_twilio_has_its_answer() {
    let sqlite = House::open_with(SETTINGS).await;
    for house in [sqlite, House::open_postgres_with(SETTINGS).await] {
        house.opt_in(ANA).await;
        assert_eq!(verdicts(&house, ANA).await, ["allow", "allow"]);
        let stop = text("SM01", ANA, " Stop! ", &[]);
        hands_on(&house, &stop).await;
        assert_eq!(verdicts(&house, ANA).await, [REFUSED, REFUSED]);
        let event = &events(&house, ANA).await[0];
        assert_eq!(event["kind"], "opt_out");
        assert_eq!(event["source"], "sms_message");
        assert_eq!(event["clock"], "ours");
        let evidence = &event["evidence"];
        assert_eq!(evidence["message_id"], "SM01", "{event}");
        assert_eq!(evidence["span"], "Stop!", "{event}");
        assert!(evidence["rule"].is_string(), "{event}");
        let sha = hex::encode(server::vault::sha256(stop.as_bytes()));
        assert_eq!(evidence["raw_sha256"], sha, "{event}");
        house.close().await;
    }
}

#[tokio::test]
async fn a_refusal_keeps_to_its_channel_where_policy_says_so() {
    let house = House::open_with(SETTINGS).await;
    policy(
        &house,
        json!({"version": 1, "refusal_spreads": "its_channel"}),
    )
    .await;
    for who in [ANA, BIA] {
        house.opt_in(who).await;
    }
    hands_on(&house, &text("SM01", ANA, "stop", &[])).await;
    assert_eq!(verdicts(&house, ANA).await, ["allow", REFUSED]);
    // Through Twilio as well as through Meta: what is said on WhatsApp is said there.
    hands_on(
        &house,
        &text("SM02", &format!("whatsapp:{BIA}"), "stop", &[]),
    )
    .await;
    assert_eq!(verdicts(&house, BIA).await, [REFUSED, "allow"]);
    hands_on(&house, &status("SM03", BIA, "21610")).await;
    assert_eq!(verdicts(&house, BIA).await, [REFUSED, REFUSED]);
}

#[tokio::test]
async fn start_by_sms_opens_sms_and_nothing_else() {
    let house = House::open_with(SETTINGS).await;
    house.opt_in(ANA).await;
    hands_on(&house, &text("SM01", ANA, "STOP", &[])).await;
    hands_on(&house, &text("SM02", ANA, "START", &[])).await;
    assert_eq!(verdicts(&house, ANA).await, [REFUSED, "allow"]);
    let event = &events(&house, ANA).await[0];
    assert_eq!(
        (&event["kind"], &event["scope"]["channel"]),
        (&json!("opt_in"), &json!("sms"))
    );
    // From a stranger it is a wish that waits.
    hands_on(&house, &text("SM03", BIA, "START", &[])).await;
    assert_eq!(events(&house, BIA).await[0]["kind"], "opt_in_requested");
    assert_eq!(verdicts(&house, BIA).await[0], "no_consent");
}

#[tokio::test]
async fn a_message_has_its_effect_once_however_often_it_comes() {
    let sqlite = House::open_with(SETTINGS).await;
    for house in [sqlite, House::open_postgres_with(SETTINGS).await] {
        house.opt_in(ANA).await;
        let [stop, start] =
            [("SM01", "STOP"), ("SM02", "START")].map(|(sid, words)| text(sid, ANA, words, &[]));
        hands_on(&house, &stop).await;
        hands_on(&house, &start).await;
        hands_on(&house, &text("SM03", ANA, "STOP ALL", &[])).await;
        let before = events(&house, ANA).await;
        hands_on(&house, &start).await;
        hands_on(&house, &stop).await;
        // Signed again, for another address of ours or by another token: it is the same message.
        hands_on(&house, &text("SM02", ANA, "START", &[("Extra", "1")])).await;
        // The same signature under another name of the message: a letter moved from a name to a value.
        let moved = start.replace("&MessageSid=SM02", "&MessageSid=SM02NumMedia0");
        let moved = moved.replace("&NumMedia=0", "");
        let url = format!("{PUBLIC}{PATH}");
        assert_eq!(
            signature(TOKEN, &url, &moved),
            signature(TOKEN, &url, &start)
        );
        hands_on(&house, &moved).await;
        assert_eq!(events(&house, ANA).await, before);
        house.close().await;
    }
}

#[tokio::test]
async fn twice_at_one_moment_is_once() {
    let sqlite = House::open_with(SETTINGS).await;
    for house in [sqlite, House::open_postgres_with(SETTINGS).await] {
        house.opt_in(ANA).await;
        let before = events(&house, ANA).await.len();
        let stop = text("SM01", ANA, "STOP", &[]);
        tokio::join!(
            hands_on(&house, &stop),
            hands_on(&house, &stop),
            hands_on(&house, &stop),
            hands_on(&house, &stop)
        );
        assert_eq!(events(&house, ANA).await.len(), before + 1);
        house.close().await;
    }
}

#[tokio::test]
async fn a_refusal_that_twilio_holds_is_one_here_and_no_news_when_it_is_known() {
    let house = House::open_with(SETTINGS).await;
    house.opt_in(ANA).await;
    hands_on(&house, &status("SM01", ANA, "30003")).await;
    hands_on(&house, &status("SM02", ANA, "")).await;
    assert_eq!(verdicts(&house, ANA).await, ["allow", "allow"]);
    hands_on(&house, &status("SM03", ANA, "21610")).await;
    assert_eq!(verdicts(&house, ANA).await, [REFUSED, REFUSED]);
    let known = events(&house, ANA).await;
    assert_eq!(known[0]["evidence"]["rule"], "twilio:21610");
    assert_eq!(known[0]["source"], "sms_message");
    hands_on(&house, &status("SM03", ANA, "21610")).await;
    hands_on(&house, &status("SM04", ANA, "21610")).await;
    assert_eq!(events(&house, ANA).await, known);
    hands_on(&house, &status("SM05", BIA, "21610")).await;
    assert_eq!(verdicts(&house, BIA).await, [REFUSED, REFUSED]);
}

#[tokio::test]
async fn what_twilio_takes_a_message_for_counts_where_our_reader_is_silent() {
    let house = House::open_with(SETTINGS).await;
    house.opt_in(ANA).await;
    let sent = |sid: &'static str, words: &'static str, kind: &'static str| {
        text(sid, ANA, words, &[("OptOutType", kind)])
    };
    hands_on(&house, &sent("SM01", "Zebra", "HELP")).await;
    assert_eq!(verdicts(&house, ANA).await, ["allow", "allow"]);
    hands_on(&house, &sent("SM02", "Zebra", "STOP")).await;
    assert_eq!(verdicts(&house, ANA).await, [REFUSED, REFUSED]);
    let event = &events(&house, ANA).await[0];
    assert_eq!(event["evidence"]["rule"], "twilio:OptOutType=STOP");
    assert_eq!(event["evidence"]["span"], "Zebra");
    hands_on(&house, &sent("SM03", "Giraffe", "START")).await;
    assert_eq!(verdicts(&house, ANA).await, [REFUSED, "allow"]);
    // Where one of the two refuses, the message does.
    hands_on(&house, &sent("SM04", "START", "STOP")).await;
    assert_eq!(verdicts(&house, ANA).await, [REFUSED, REFUSED]);
    hands_on(&house, &sent("SM05", "START", "START")).await;
    hands_on(&house, &sent("SM06", "stop", "START")).await;
    assert_eq!(verdicts(&house, ANA).await, [REFUSED, REFUSED]);
    // A wish to be forgotten is one still, beside the refusal.
    hands_on(&house, &sent("SM07", "please delete all my data", "STOP")).await;
    let open = house.get("/api/v1/reviews").await.expect(200).json();
    assert_eq!(open["items"][0]["kind"], "erasure", "{open}");
}

#[tokio::test]
async fn what_is_in_doubt_waits_for_a_person_and_a_later_stop_decides_it() {
    let house = House::open_with(SETTINGS).await;
    house.opt_in(ANA).await;
    hands_on(&house, &text("SM01", ANA, "not interested", &[])).await;
    assert_eq!(verdicts(&house, ANA).await, ["held", "held"]);
    let open = house.get("/api/v1/reviews").await.expect(200).json();
    let item = &open["items"][0];
    for (member, want) in [
        ("kind", "review"),
        ("text", "not interested"),
        ("number", ""),
        ("message", "SM01"),
    ] {
        assert_eq!(item[member], want, "{item}");
    }
    hands_on(&house, &text("SM02", ANA, "STOP", &[])).await;
    let item = house
        .get(&format!("/api/v1/reviews/{}", item["id"].as_str().unwrap()))
        .await;
    let item = item.expect(200).json();
    assert_eq!(
        (&item["state"], &item["verdict"], &item["decided_by"]),
        (&json!("decided"), &json!("stop"), &json!("customer"))
    );
    assert_eq!(verdicts(&house, ANA).await, [REFUSED, REFUSED]);
}

#[tokio::test]
async fn a_stop_in_the_persons_own_words_may_be_taken_back_and_a_keyword_never() {
    let house = House::open_with(SETTINGS).await;
    for (who, sid, words) in [
        (ANA, "SM01", "please don't send me any more offers"),
        (BIA, "SM02", "STOP"),
    ] {
        house.opt_in(who).await;
        hands_on(&house, &text(sid, who, words, &[])).await;
        assert_eq!(verdicts(&house, who).await, [REFUSED, REFUSED]);
    }
    assert_eq!(events(&house, ANA).await[0]["source"], "sms_wording");
    let acted = house
        .get("/api/v1/reviews?state=acted")
        .await
        .expect(200)
        .json();
    let items = acted["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{acted}");
    let path = format!(
        "/api/v1/reviews/{}/decide",
        items[0]["id"].as_str().unwrap()
    );
    let body = json!({"verdict": "none", "reason": "They meant the parcel."});
    house.post(&path, body).await.expect(200);
    assert_eq!(verdicts(&house, ANA).await, ["allow", "allow"]);
}

#[tokio::test]
async fn a_stranger_who_says_stop_stays_refused_when_they_are_imported_later() {
    let house = House::open_with(SETTINGS).await;
    hands_on(&house, &text("SM01", ANA, "STOP", &[])).await;
    let evidence = json!({"source": "old_list", "wording": "Yes"});
    let claim = json!({"to": ANA, "kind": "opt_in", "evidence": evidence, "occurred_at": "2026-11-01T00:00:00Z"});
    assert_eq!(house.event(claim).await["in_force"], false);
    assert_eq!(verdicts(&house, ANA).await, [REFUSED, REFUSED]);
}

#[tokio::test]
async fn what_says_nothing_about_consent_leaves_nothing() {
    let house = House::open_with(SETTINGS).await;
    for (sid, from, words) in [
        ("SM01", ANA, "hello"),
        ("SM02", ANA, "HELP"),
        ("SM03", ANA, ""),
        ("SM04", "60777", "STOP"),
        ("SM05", "MyBank", "STOP"),
        ("SM06", "messenger:447700900123", "STOP"),
    ] {
        hands_on(&house, &text(sid, from, words, &[])).await;
    }
    hands_on(&house, &status("SM07", "whatsapp:MyBank", "21610")).await;
    let page = house.get("/api/v1/contacts").await.expect(200).json();
    assert_eq!(page["items"], json!([]));
}

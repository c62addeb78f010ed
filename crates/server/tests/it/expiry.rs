//! Opt-ins that expire by source and country, at every door that decides.

use std::time::Duration;

use consent::{permit::Recipient, request::Template, scope::Category, wish::Wish};
use serde_json::{Value, json};
use server::services::{
    gate::{self, Answer, Ask},
    preferences::sheet,
};

use crate::{
    api::problem,
    house::{House, NUMBER},
};

/// In Germany.
const ANA: &str = "+4915112345678";
/// In France.
const BIA: &str = "+33612345678";
/// In the United Kingdom, by the id that WhatsApp gave her: no number is known.
const CLEO: &str = "GB.70012345678901234567";

const DAY: Duration = Duration::from_secs(86_400);

fn rules() -> Value {
    json!({"opt_in_days": 300, "expiry": [
        {"source": "web_form", "country": "DE", "days": 30},
        {"source": "import", "days": 60},
        {"country": "GB", "days": 90},
    ]})
}

#[tokio::test]
async fn consent_expires_by_source_and_country_at_every_door() {
    for house in [House::open().await, House::open_postgres().await] {
        // Only where one process writes there is an index.
        let remembers = house.app.store.file().is_some();
        let ana = house.opt_in(ANA).await;
        house.opt_in(BIA).await;
        house.opt_in(CLEO).await;
        let run = house.post("/api/v1/policy/dry-run", rules()).await;
        assert_eq!(run.expect(200).json()["newly_blocked"], 0);
        house.pass(29 * DAY);
        let kept = house.send("PUT", "/api/v1/policy", rules()).await;
        assert_eq!(kept.expect(200).json()["expiry"], rules()["expiry"]);
        if remembers {
            house.remember().await;
        }
        everywhere(&house, &ana, "allow").await;
        assert_eq!(house.sifted(&[ANA, BIA]).await, [ANA, BIA]);
        house.pass(DAY);
        everywhere(&house, &ana, "consent_expired").await;
        assert_eq!(house.sifted(&[ANA, BIA]).await, [BIA]);
        assert_eq!(house.marketing(BIA).await, "allow");
        house.pass(59 * DAY);
        assert_eq!(house.marketing(CLEO).await, "allow");
        house.pass(DAY);
        assert_eq!(house.marketing(CLEO).await, "consent_expired");
        let run = house.post("/api/v1/policy/dry-run", json!({})).await;
        assert_eq!(run.expect(200).json()["newly_allowed"], 2);
        house.opt_in(ANA).await;
        everywhere(&house, &ana, "allow").await;
        house.close().await;
    }
}

#[tokio::test]
async fn an_import_that_is_too_old_already_is_kept_and_said_not_to_count() {
    let house = House::open().await;
    house
        .send("PUT", "/api/v1/policy", rules())
        .await
        .expect(200);
    // 70 days before the clock of the tests.
    let body = |to: &str, source: &str| json!({"to": to, "kind": "opt_in", "occurred_at": "2026-09-13T10:00:00Z", "evidence": {"source": source, "wording": "Yes"}});
    let old = house.event(body(BIA, "import")).await;
    assert_eq!(
        (&old["in_force"], &old["code"]),
        (&json!(false), &json!("consent_expired"))
    );
    let form = house.event(body(CLEO, "shop")).await;
    assert_eq!(form["in_force"], true);
    let german = house.event(body(ANA, "web_form")).await;
    assert_eq!(german["code"], "consent_expired");
}

#[tokio::test]
async fn rules_that_make_no_sense_are_refused_with_the_field() {
    let house = House::open().await;
    for (rule, field) in [
        (json!({"source": "import", "days": 0}), "expiry.days"),
        (json!({"country": "Germany", "days": 9}), "expiry.country"),
        (json!({"days": 9}), "expiry"),
    ] {
        let body = json!({ "expiry": [rule] });
        let answer = house.send("PUT", "/api/v1/policy", body).await.expect(422);
        assert_eq!(problem(&answer)["field"], field);
    }
    assert_eq!(house.get("/api/v1/policy").await.json()["version"], 1);
}

/// What the check, the gate, the explanation and the person's own page say of marketing to Ana.
async fn everywhere(house: &House, opt_in: &Value, want: &str) {
    assert_eq!(house.marketing(ANA).await, want);
    let contact = opt_in["contact"].as_str().unwrap();
    let path = format!("/api/v1/contacts/{contact}/explain?category=marketing");
    let explained = house.get(&path).await.expect(200).json();
    let verdict = &explained["verdicts"][0];
    assert_eq!(verdict["code"].as_str().unwrap_or("allow"), want);
    assert_eq!(verdict["because"][0]["kind"], "opt_in");
    let ask = Ask {
        recipients: vec![Recipient::Phone(ANA.parse().unwrap())],
        number: NUMBER.parse().unwrap(),
        category: Category::Marketing,
        topic: None,
        template: Template::Usable,
        named: None,
        fingerprint: [7; 32],
        callback: None,
        said: None,
        tie: None,
    };
    let said = match gate::enter(&house.app, &ask).await.unwrap() {
        Answer::Admitted(_) => "allow",
        Answer::Refused(refused) => refused.denial.code.word(),
        Answer::Claimed(_) | Answer::Repeat(_) | Answer::Unwanted => panic!("nobody claimed it"),
    };
    assert_eq!(said, want);
    let line = house.app.store.contact(contact.parse().unwrap()).await;
    let line = line.unwrap().unwrap();
    let page = sheet::read(&house.app, &line, "en").await.unwrap();
    let offers = &page.sections[0].whole;
    assert_eq!(offers.wish.is_on(), want == "allow");
    assert_eq!(matches!(offers.wish, Wish::Expired(_)), want != "allow");
}

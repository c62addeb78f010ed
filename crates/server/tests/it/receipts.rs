//! Receipts: what a person agreed to, as programs get it.

use std::time::Duration;

use axum::{body::Body, http::Request};
use consent::{
    event::{Clock as Dated, Evidence, Fact, source},
    id::ContactId,
    scope::Scope,
};
use serde_json::{Value, json};
use server::{
    services::{
        cast::{Cast, Draft},
        keys::Role,
        policy, verify,
    },
    vault,
};
use store::form::{FormLine, FormVersion, WordingLine};
use uuid::Uuid;

use crate::house::{House, NUMBER};

const ANA: &str = "+447700900123";
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);
const SHOWN: &str = "Ofertas y novedades\nUna vez por semana, como mucho.\n[ ] Sí, quiero ofertas.";

async fn receipts(house: &House, contact: &str) -> Vec<Value> {
    let path = format!("/api/v1/contacts/{contact}/receipts");
    let page = house.get(&path).await.expect(200).json();
    assert_eq!(page["next"], Value::Null);
    page["items"].as_array().unwrap().clone()
}

fn states(receipt: &Value) -> Vec<&str> {
    let events = receipt["events"].as_array().unwrap().iter();
    events
        .map(|event| event["event_state"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_receipt_says_what_was_agreed_to_and_what_the_business_did_not_state() {
    for house in [House::open().await, House::open_postgres().await] {
        let event = house.opt_in(ANA).await;
        let (id, contact) = (
            event["id"].as_str().unwrap(),
            event["contact"].as_str().unwrap(),
        );
        let all = receipts(&house, contact).await;
        assert_eq!(all.len(), 1);
        let path = format!("/api/v1/contacts/{contact}/receipts/{id}");
        let one = house.get(&path).await.expect(200).json();
        assert_eq!(all[0], one);
        assert_eq!(one["schema"], "urn:consentry:schema:consent-receipt:1");
        assert_eq!(
            (
                &one["header"]["record_id"],
                &one["header"]["pii_principal_id"]
            ),
            (&json!(id), &json!(contact))
        );
        assert_eq!(
            (&one["state"], &one["in_force"]),
            (&json!("given"), &json!(true))
        );
        let processing = &one["processing"];
        assert_eq!(processing["purposes"][0]["purpose"], "Offers and news");
        assert_eq!(processing["collection_method"], "web_form");
        assert_eq!(processing["jurisdiction"], "GB");
        assert_eq!(one["parties"][0]["party_name"], "Example Shop");
        for (place, name) in [
            (processing, "privacy_notice"),
            (processing, "language"),
            (processing, "retention_period"),
            (&processing["purposes"][0], "frequency"),
            (&one["parties"][0], "party_address"),
            (&one["wording"], "page"),
        ] {
            assert_eq!(place[name], "not stated", "{name}");
        }
        assert_eq!(processing["storage_locations"], json!(["not stated"]));
        let words = "Yes, send me offers.";
        let hash = hex::encode(vault::sha256(words.as_bytes()));
        assert_eq!(one["wording"]["text"], words);
        assert_eq!(one["wording"]["sha256"], hash.as_str());
        assert!(!one.to_string().contains("7700900123"), "never a number");
        house.number().await;
        let proof = &house.get(&path).await.expect(200).json()["evidence"];
        let index = &proof["leaf_index"];
        let url = proof["proof_url"].as_str().unwrap();
        let path = url.strip_prefix(crate::house::PUBLIC).unwrap();
        let opened = house.get(path).await.expect(200).json();
        assert_eq!((&opened["event"], &opened["index"]), (&json!(id), index));
        assert_eq!(opened["key"], proof["log_key"]);
        let read = house.key_for(Role::Read).await;
        let request = house.request(
            "GET",
            &format!("/api/v1/contacts/{contact}/receipts"),
            Some(&read),
        );
        house
            .raw(request.body(Body::empty()).unwrap())
            .await
            .expect(200);
        house.close().await;
    }
}

#[tokio::test]
async fn what_became_of_a_consent_is_told_in_the_order_of_time() {
    let house = House::open().await;
    let asked = house
        .event(json!({"to": ANA, "kind": "opt_in_requested"}))
        .await;
    house.pass(MINUTE);
    let first = house.opt_in(ANA).await;
    let contact = first["contact"].as_str().unwrap().to_owned();
    let topic = json!({"name": "shoes", "category": "marketing"});
    let topic = house.post("/api/v1/topics", topic).await.expect(201).json();
    house.pass(MINUTE);
    let part = json!({"to": ANA, "kind": "opt_out", "scope": {"topic": topic["id"]}});
    house.event(part).await;
    let one = &receipts(&house, &contact).await[0];
    assert_eq!(states(one), ["requested", "given", "withdrawn_in_part"]);
    assert_eq!(one["events"][0]["event_id"], asked["id"]);
    assert_eq!(
        (&one["state"], &one["in_force"]),
        (&json!("withdrawn_in_part"), &json!(true))
    );
    let before = one["header"]["receipt_id"].clone();

    house.pass(MINUTE);
    let refused = house
        .event(json!({"to": ANA, "kind": "opt_out",
        "evidence": {"source": "staff"}}))
        .await;
    let one = &receipts(&house, &contact).await[0];
    assert_eq!(one["state"], "withdrawn");
    assert_ne!(
        one["header"]["receipt_id"], before,
        "another receipt of the same record"
    );
    assert_eq!(house.marketing(ANA).await, "opted_out_category");
    // Staff had the wrong person: the refusal does not count, and the receipt says so.
    house.pass(MINUTE);
    house
        .event(json!({"kind": "retract", "event": refused["id"]}))
        .await;
    let one = &receipts(&house, &contact).await[0];
    assert_eq!(
        states(one),
        [
            "requested",
            "given",
            "withdrawn_in_part",
            "withdrawn",
            "restored"
        ]
    );
    assert_eq!(one["state"], "withdrawn_in_part");

    house.pass(MINUTE);
    let second = house.opt_in(ANA).await;
    house.pass(MINUTE);
    house.opt_out(ANA).await;
    let all = receipts(&house, &contact).await;
    assert_eq!(all.len(), 2, "a record for each consent, newest first");
    assert_eq!(all[0]["header"]["record_id"], second["id"]);
    assert_eq!(
        (&all[0]["state"], states(&all[0])),
        (&json!("withdrawn"), vec!["given", "withdrawn"])
    );
    assert_eq!(all[1]["state"], "renewed");
    assert_eq!(states(&all[1]).last(), Some(&"renewed"));
    house.pass(MINUTE);
    house
        .event(json!({"kind": "retract", "event": second["id"]}))
        .await;
    assert_eq!(receipts(&house, &contact).await[0]["state"], "invalidated");
}

#[tokio::test]
async fn a_consent_that_lasts_as_long_as_policy_says_ends_by_itself() {
    let house = House::open().await;
    house
        .send("PUT", "/api/v1/policy", json!({"opt_in_days": 30}))
        .await
        .expect(200);
    let event = house.opt_in(ANA).await;
    let contact = event["contact"].as_str().unwrap();
    let one = &receipts(&house, contact).await[0];
    assert_eq!(one["events"][0]["validity_duration"], "P30D");
    house.pass(31 * DAY);
    let one = &receipts(&house, contact).await[0];
    assert_eq!(
        (&one["state"], &one["in_force"]),
        (&json!("expired"), &json!(false))
    );
    let end = &one["events"][1];
    assert_eq!(
        (&end["event_type"], &end["event_id"], &end["event_time"]),
        (
            &json!("expiry"),
            &Value::Null,
            &json!("2026-12-22T10:00:00Z")
        )
    );
    assert_eq!(house.marketing(ANA).await, "consent_expired");
}

/// Ana agreed on a form that was changed since.
async fn joined(house: &House) -> String {
    let event = house
        .event(json!({"to": ANA, "kind": "opt_in_requested"}))
        .await;
    let contact = event["contact"].as_str().unwrap().to_owned();
    let id: ContactId = contact.parse().unwrap();
    let now = house.app.clock.now();
    let body = |frequency: &str| {
        json!({"texts": {"es": {"title": "Primavera", "kind": "ofertas", "frequency": frequency}}})
            .to_string()
    };
    let version = |version, frequency| FormVersion {
        version,
        body: body(frequency),
        actor: "mia".to_owned(),
        at: now,
    };
    let form = FormLine {
        id: Uuid::now_v7(),
        slug: "primavera".to_owned(),
        version: version(1, "una vez por semana"),
        created: now,
        retired: None,
    };
    let hash = vault::sha256(SHOWN.as_bytes());
    let wording = WordingLine {
        sha256: hash,
        text: SHOWN.to_owned(),
        locale: "es".to_owned(),
        form: Some((form.id, 1)),
        at: now,
    };
    let rules = policy::current(&house.app).await.unwrap();
    let mut tx = house.app.store.begin().await.unwrap();
    tx.add_form(&form).await.unwrap();
    tx.add_form_version(form.id, &version(2, "cada día"))
        .await
        .unwrap();
    tx.keep_wordings(&[wording]).await.unwrap();
    let mut cast = Cast::gather(&house.app, &mut tx, &[]).await.unwrap();
    cast.admit(&mut tx, &[id]).await.unwrap();
    let evidence = Evidence {
        source: source::FORM.to_owned(),
        wording_sha256: Some(hash),
        page: Some("https://gate.example.com/join/primavera".to_owned()),
        locale: Some("es".to_owned()),
        ..Evidence::default()
    };
    cast.record(Draft {
        contact: id,
        fact: Fact::OptIn(Scope::MARKETING),
        clock: Dated::Ours,
        at: now,
        evidence,
    })
    .unwrap();
    cast.save(&mut tx, &rules).await.unwrap();
    tx.commit().await.unwrap();
    contact
}

#[tokio::test]
async fn what_a_form_showed_is_found_again_by_its_hash_wherever_evidence_is_shown() {
    for house in [House::open().await, House::open_postgres().await] {
        let contact = joined(&house).await;
        let hash = hex::encode(vault::sha256(SHOWN.as_bytes()));
        let one = &receipts(&house, &contact).await[0];
        let wording = &one["wording"];
        assert_eq!(
            (&wording["text"], &wording["sha256"]),
            (&json!(SHOWN), &json!(hash))
        );
        assert_eq!(wording["form"], json!({"slug": "primavera", "version": 1}));
        let purpose = &one["processing"]["purposes"][0];
        assert_eq!(
            (&purpose["frequency"], &purpose["message_kind"]),
            (&json!("una vez por semana"), &json!("ofertas"))
        );
        let evidence = &house.events(&contact).await[0]["evidence"];
        assert_eq!(
            (&evidence["wording"], &evidence["wording_sha256"]),
            (&json!(SHOWN), &json!(hash))
        );
        let report = verify::whole(&house.app, &mut |_, _, _| {}).await.unwrap();
        assert!(report.holds() && report.wordings == 1, "{:?}", report.told);
        house.close().await;
    }
}

#[tokio::test]
async fn words_of_callers_have_their_hash_in_the_timeline() {
    let house = House::open().await;
    let event = house.opt_in(ANA).await;
    let events = house.events(event["contact"].as_str().unwrap()).await;
    let hash = hex::encode(vault::sha256("Yes, send me offers.".as_bytes()));
    assert_eq!(events[0]["evidence"]["wording_sha256"], hash.as_str());
}

#[tokio::test]
async fn there_is_no_receipt_of_what_is_no_consent_or_somebody_elses() {
    let house = House::open().await;
    let refused = house.opt_out(ANA).await;
    let contact = refused["contact"].as_str().unwrap();
    assert!(receipts(&house, contact).await.is_empty());
    let other = house.opt_in("+447700900124").await;
    for event in [&refused, &other] {
        let id = event["id"].as_str().unwrap();
        let path = format!("/api/v1/contacts/{contact}/receipts/{id}");
        house.get(&path).await.expect(404);
    }
    let nobody = Uuid::now_v7();
    house
        .get(&format!("/api/v1/contacts/{nobody}/receipts"))
        .await
        .expect(404);
    let bare = Request::get(format!("/api/v1/contacts/{contact}/receipts"));
    house
        .raw(bare.body(Body::empty()).unwrap())
        .await
        .expect(401);
}

#[tokio::test]
async fn the_schema_is_there_without_a_key_and_is_strict() {
    let house = House::open().await;
    let answer = house.see("/api/v1/receipts/schema").await.expect(200);
    assert_eq!(answer.headers["content-type"], "application/schema+json");
    let schema = answer.json();
    let scope = json!({"category": "marketing", "channel": "sms", "number": NUMBER});
    let evidence = json!({"source": "web_form", "wording": "Yes"});
    let body = json!({"to": ANA, "kind": "opt_in", "scope": scope, "evidence": evidence});
    let event = house.event(body).await;
    let one = &receipts(&house, event["contact"].as_str().unwrap()).await[0];
    fits(&schema, &schema, one, "receipt");
}

/// Members are those that the schema names, no more and no fewer. What they hold, a validator looks at elsewhere.
fn fits(root: &Value, schema: &Value, value: &Value, place: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.strip_prefix("#/$defs/").unwrap();
        return fits(root, &root["$defs"][name], value, place);
    }
    if let (Some(members), Some(object)) = (schema["properties"].as_object(), value.as_object()) {
        assert_eq!(schema["additionalProperties"], false, "{place}");
        let want: Vec<&String> = members.keys().collect();
        let mut have: Vec<&String> = object.keys().collect();
        have.sort();
        let mut sorted = want.clone();
        sorted.sort();
        assert_eq!(have, sorted, "{place}");
        for (name, member) in members {
            fits(root, member, &object[name], &format!("{place}.{name}"));
        }
    }
    for item in value.as_array().into_iter().flatten() {
        fits(root, &schema["items"], item, &format!("{place}[]"));
    }
}

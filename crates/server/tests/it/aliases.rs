//! One person, several addresses.

use serde_json::{Value, json};
use server::services::keys::Role;

use crate::house::House;

const ANA: &str = "+447700900123";
const MAIL: &str = "ana@example.com";

async fn ana(house: &House) -> (String, String) {
    let event = house.opt_in(ANA).await;
    let contact = event["contact"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/contacts/{contact}/aliases");
    (contact, path)
}

fn body(alias: &str) -> Value {
    json!({"alias": alias, "evidence": {"source": "customer_account", "note": "order 4711"}})
}

fn held(contact: &Value) -> Vec<String> {
    let aliases = contact["aliases"].as_array().unwrap().iter();
    let held = aliases.filter(|alias| alias["until"].is_null());
    let held = held.map(|alias| alias["value"].as_str().unwrap().to_owned());
    let mut held: Vec<String> = held.collect();
    held.sort();
    held
}

#[tokio::test]
async fn an_address_is_linked_with_how_the_caller_knows() {
    for house in [House::open().await, House::open_postgres().await] {
        let (contact, path) = ana(&house).await;
        let made = house
            .post(&path, body("Ana@Example.com"))
            .await
            .expect(201)
            .json();
        assert_eq!(held(&made), [ANA, MAIL]);
        let again = house.post(&path, body(MAIL)).await.expect(200).json();
        assert_eq!(held(&again), [ANA, MAIL]);
        let events = house.events(&contact).await;
        let linked: Vec<&Value> = events
            .iter()
            .filter(|event| event["kind"] == "alias_linked")
            .collect();
        assert_eq!(linked.len(), 1, "{events:?}");
        assert_eq!(linked[0]["source"], "customer_account");
        // Their yes was to everything, so it holds by e-mail too.
        assert_eq!(house.marketing(MAIL).await, "allow");
        house.close().await;
    }
}

#[tokio::test]
async fn an_address_without_a_source_or_a_contact_is_refused() {
    let house = House::open().await;
    let (_, path) = ana(&house).await;
    for (asked, field) in [
        (json!({"alias": MAIL}), "evidence.source"),
        (json!({"alias": MAIL, "evidence": {}}), "evidence.source"),
        (
            json!({"alias": MAIL, "evidence": {"source": "email_link"}}),
            "evidence.source",
        ),
        (
            json!({"alias": "nobody", "evidence": {"source": "x"}}),
            "alias",
        ),
        (
            json!({"alias": MAIL, "evidence": {"source": "x"}, "merged": true}),
            "merged",
        ),
    ] {
        let said = house.post(&path, asked.clone()).await.expect(422).json();
        assert_eq!(said["field"], field, "{asked}");
    }
    let nobody = format!("/api/v1/contacts/{}/aliases", uuid::Uuid::now_v7());
    house.post(&nobody, body(MAIL)).await.expect(404);
    for (role, want) in [(Role::App, 201), (Role::Read, 403)] {
        let key = house.key_for(role).await;
        let request = house
            .request("POST", &path, Some(&key))
            .header("content-type", "application/json")
            .body(axum::body::Body::from(body(MAIL).to_string()));
        house.raw(request.unwrap()).await.expect(want);
    }
}

#[tokio::test]
async fn two_contacts_become_one_only_when_it_is_said_and_refusals_go_along() {
    let house = House::open().await;
    let (contact, path) = ana(&house).await;
    let other = house
        .event(json!({"to": MAIL, "kind": "opt_out", "scope": {"all": true}}))
        .await;
    assert_ne!(other["contact"], contact.as_str());
    let said = house.post(&path, body(MAIL)).await.expect(409).json();
    let detail = said["detail"].as_str().unwrap();
    assert!(
        detail.contains(other["contact"].as_str().unwrap()),
        "{detail}"
    );
    assert_eq!(house.marketing(ANA).await, "allow");
    let mut merging = body(MAIL);
    merging["merge"] = json!(true);
    let made = house.post(&path, merging).await.expect(201).json();
    assert_eq!(made["id"], contact.as_str());
    assert_eq!(held(&made), [ANA, MAIL]);
    assert_eq!(house.marketing(ANA).await, "opted_out_all");
    assert_eq!(house.marketing(MAIL).await, "opted_out_all");
}

#[tokio::test]
async fn permission_follows_a_merge_only_where_policy_says_so() {
    for (follows, want) in [("never", "no_consent"), ("same_person", "allow")] {
        let house = House::open().await;
        let mut policy = house.get("/api/v1/policy").await.expect(200).json();
        policy["permission_follows"] = json!(follows);
        house
            .send("PUT", "/api/v1/policy", policy)
            .await
            .expect(200);
        house.opt_in(ANA).await;
        let asked = json!({"to": MAIL, "kind": "opt_in_requested"});
        let mail = house.event(asked).await;
        let path = format!(
            "/api/v1/contacts/{}/aliases",
            mail["contact"].as_str().unwrap()
        );
        let mut merging = body(ANA);
        merging["merge"] = json!(true);
        house.post(&path, merging).await.expect(201);
        let verdict = house.marketing(ANA).await;
        let verdict = if verdict == "consent_pending" {
            "no_consent"
        } else {
            verdict.as_str()
        };
        assert_eq!(verdict, want, "{follows}");
    }
}

#[tokio::test]
async fn an_address_that_was_erased_brings_its_refusal_along() {
    let house = House::open().await;
    let gone = house.event(json!({"to": MAIL, "kind": "opt_out"})).await;
    let erasing = format!("/api/v1/contacts/{}", gone["contact"].as_str().unwrap());
    house.delete(&erasing).await.expect(200);
    let (_, path) = ana(&house).await;
    house.post(&path, body(MAIL)).await.expect(201);
    assert_eq!(house.marketing(MAIL).await, "opted_out_all");
    assert_eq!(house.marketing(ANA).await, "opted_out_all");
}

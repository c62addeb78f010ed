//! Events, contacts and proofs over HTTP.

use ledger::key::Verifier;
use serde_json::json;

use crate::house::House;

const ANA: &str = "+447700900123";

#[tokio::test]
async fn an_opt_in_needs_evidence_and_an_opt_out_none() {
    let house = House::open().await;
    for (evidence, field) in [
        (json!({"source": "web_form"}), "evidence.wording"),
        (json!({"wording": "Yes"}), "evidence.source"),
        (
            json!({"source": "web_form", "wording": "Yes", "colour": "red"}),
            "evidence.colour",
        ),
        (
            json!({"source": "keyword", "wording": "Yes"}),
            "evidence.source",
        ),
    ] {
        let body = json!({"to": ANA, "kind": "opt_in", "evidence": evidence});
        let answer = house.post("/api/v1/events", body).await.expect(422).json();
        assert_eq!(answer["field"], field);
    }
    let event = house.opt_out(ANA).await;
    assert_eq!(event["in_force"], true);
    let path = format!("/api/v1/ledger/proof/{}", event["id"].as_str().unwrap());
    let proof = house.get(&path).await.expect(200).text();
    assert!(proof.contains(&format!("index {}", event["seq"])));
    let retract = json!({"kind": "retract", "event": event["id"]});
    house.post("/api/v1/events", retract).await.expect(409);
}

#[tokio::test]
async fn what_is_not_in_force_says_so() {
    for house in [House::open().await, House::open_postgres().await] {
        house.opt_out(ANA).await;
        house.pass(std::time::Duration::from_secs(60));
        let evidence = json!({"source": "web_form", "wording": "Yes"});
        let claim = json!({"to": ANA, "kind": "opt_in", "evidence": evidence, "occurred_at": "2026-11-22T10:00:30Z"});
        let claim = house.event(claim).await;
        assert_eq!(
            (&claim["in_force"], &claim["code"]),
            (&json!(false), &json!("opted_out_category"))
        );
        let early = json!({"to": "+447700900199", "kind": "opt_in", "evidence": evidence, "occurred_at": "2026-11-22T12:00:00Z"});
        let early = house.event(early).await;
        assert_eq!(early["in_force"], false);
        assert_eq!(house.marketing("+447700900199").await, "no_consent");
        assert_eq!(house.opt_in(ANA).await["in_force"], true);
        assert_eq!(house.marketing(ANA).await, "allow");
        house.close().await;
    }
}

#[tokio::test]
async fn the_same_idempotency_key_gets_the_first_answer() {
    let house = House::open().await;
    let send = async |body: String| {
        let request = house.request("POST", "/api/v1/events", None);
        let request = request
            .header("content-type", "application/json")
            .header("idempotency-key", "one");
        house.raw(request.body(body.into()).unwrap()).await
    };
    let body = json!({"to": ANA, "kind": "opt_out"}).to_string();
    let first = send(body.clone()).await.expect(201);
    assert_eq!(first.bytes, send(body).await.expect(201).bytes);
    send(json!({"to": ANA, "kind": "hold"}).to_string())
        .await
        .expect(409);
}

#[tokio::test]
async fn a_batch_keeps_order_and_a_bad_line_costs_no_other() {
    let house = House::open().await;
    let evidence = json!({"source": "web_form", "wording": "Yes"});
    let text = format!(
        "{}\n{{}}\n{}\n",
        json!({"to": ANA, "kind": "opt_in", "evidence": evidence}),
        json!({"to": ANA, "kind": "opt_out"}),
    );
    let answer = house
        .post_as("/api/v1/events/batch", "application/x-ndjson", text)
        .await;
    let lines = answer.expect(200).lines();
    assert_eq!(
        [
            &lines[0]["status"],
            &lines[1]["status"],
            &lines[2]["status"]
        ],
        [201, 422, 201]
    );
    assert_eq!(lines[0]["contact"], lines[2]["contact"]);
    assert_eq!(house.marketing(ANA).await, "opted_out_category");
}

#[tokio::test]
async fn whoever_is_erased_stays_refused_and_the_log_still_proves() {
    for house in [House::open().await, House::open_postgres().await] {
        let event = house.opt_in(ANA).await;
        house.number().await;
        let proof = format!("/api/v1/ledger/proof/{}", event["id"].as_str().unwrap());
        let opened = house
            .get(&format!("{proof}?opening=true"))
            .await
            .expect(200)
            .json();
        assert!(opened["facts"].as_str().unwrap().contains("web_form"));
        let path = format!("/api/v1/contacts/{}", event["contact"].as_str().unwrap());
        let edit = json!({"attributes": {"plan": "gold"}, "tags": ["vip"]});
        let edited = house.send("PATCH", &path, edit).await.expect(200).json();
        assert_eq!(
            (&edited["attributes"]["plan"], &edited["tags"]),
            (&json!("gold"), &json!(["vip"]))
        );
        house
            .send("PATCH", &path, json!({"tags": ["opted-out"]}))
            .await
            .expect(422);
        let found = house
            .get("/api/v1/contacts?attribute=plan:gold&tag=vip")
            .await
            .expect(200)
            .json();
        assert_eq!(found["items"][0]["aliases"][0]["value"], ANA);
        let why = house
            .get(&format!("{path}/explain?category=marketing"))
            .await
            .expect(200)
            .json();
        assert_eq!(why["verdicts"][0]["because"][0]["kind"], "opt_in");
        let past = format!("{path}/explain?category=marketing&at=2026-11-22T09:00:00Z");
        assert_eq!(
            house.get(&past).await.expect(200).json()["verdicts"][0]["code"],
            "no_consent"
        );
        let items = house
            .get(&format!("{path}/timeline"))
            .await
            .expect(200)
            .json();
        assert_eq!(
            items["items"][1]["evidence"]["wording"],
            "Yes, send me offers."
        );
        erase(&house, &path, &proof).await;
        house.close().await;
    }
}

/// The person is erased: refused for good, and the log proves as before.
async fn erase(house: &House, path: &str, proof: &str) {
    house.delete(path).await.expect(200);
    assert_eq!(house.marketing(ANA).await, "opted_out_all");
    house.opt_in(ANA).await;
    assert_eq!(house.marketing(ANA).await, "opted_out_all");
    house.number().await;
    let text = house.get(proof).await.expect(200).text();
    let key: Verifier = house
        .get("/api/v1/ledger/key")
        .await
        .text()
        .trim()
        .parse()
        .unwrap();
    let parsed: ledger::tlog_proof::TlogProof = text.parse().unwrap();
    ledger::verify::proof(&text, &parsed.extra.unwrap(), &[key]).unwrap();
    let opened = house
        .get(&format!("{proof}?opening=true"))
        .await
        .expect(200)
        .json();
    assert!(opened["facts"].is_null() && opened["salts"].is_null());
    house
        .get("/api/v1/ledger/tile/entries/000.p/1")
        .await
        .expect(200);
    house.get("/api/v1/ledger/tile/0/000.p/1").await.expect(200);
    house.get("/api/v1/ledger/tile/0/000").await.expect(404);
}

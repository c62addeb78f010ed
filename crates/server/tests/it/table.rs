//! The table of customers over the API: filters, the switch and its evidence, many at once, one at a glance.

use serde_json::{Value, json};

use crate::house::{Answer, House, NUMBER};

const ANA: &str = "+447700900123";
const BIA: &str = "+447700900124";

async fn houses() -> [House; 2] {
    [House::open().await, House::open_postgres().await]
}

fn id(event: &Value) -> String {
    event["contact"].as_str().unwrap().to_owned()
}

async fn table(house: &House, query: &str) -> Vec<String> {
    let page = house.get(&format!("/api/v1/contacts/table?{query}")).await;
    let page = page.expect(200).json();
    let items = page["items"].as_array().unwrap();
    items
        .iter()
        .map(|row| row["address"].as_str().unwrap().to_owned())
        .collect()
}

fn field(answer: &Answer) -> String {
    answer.json()["field"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

/// What a contact is at WhatsApp, written as a webhook would.
async fn stop_at_whatsapp(house: &House, contact: &str) {
    use consent::{
        event::{Event, Evidence, Fact},
        id::EventId,
        time::Timestamp,
    };
    let app = &house.app;
    let contact = contact.parse().unwrap();
    let policy = server::services::policy::current(app).await.unwrap();
    let mut tx = app.store.begin().await.unwrap();
    let mut cast = server::services::cast::Cast::gather(app, &mut tx, &[])
        .await
        .unwrap();
    cast.admit(&mut tx, &[contact]).await.unwrap();
    let event = Event {
        id: EventId::new(app.clock.id()),
        contact,
        fact: Fact::PlatformStop(NUMBER.parse().unwrap()),
        clock: consent::event::Clock::Meta,
        at: Timestamp::from_millis(crate::house::START_MS),
        received: app.clock.now(),
        evidence: Evidence {
            source: "platform".to_owned(),
            ..Evidence::default()
        },
    };
    cast.record(server::services::cast::Draft {
        contact,
        fact: event.fact,
        clock: event.clock,
        at: event.at,
        evidence: event.evidence,
    })
    .unwrap();
    cast.save(&mut tx, &policy).await.unwrap();
    tx.commit().await.unwrap();
}

async fn pages_and_mistakes(house: &House) {
    let page = house
        .get("/api/v1/contacts/table?limit=1")
        .await
        .expect(200)
        .json();
    let next = page["next"].as_str().unwrap();
    assert_eq!(table(house, &format!("limit=1&cursor={next}")).await, [BIA]);
    let row = &page["items"][0];
    assert_eq!(
        (&row["ours"]["state"], &row["ours"]["source"]),
        (&json!("opted_in"), &json!("web_form"))
    );
    assert_eq!(row["platform"]["state"], "stopped");
    assert_eq!(row["platform"]["since"], "2026-11-22T10:00:00Z");
    for (query, status, at) in [
        ("consent=yes", 422, "consent"),
        ("platform=closed", 422, "platform"),
        ("topic=nothing", 422, "topic"),
        ("attribute=york", 422, "attribute"),
        ("changed_from=yesterday", 422, "changed_from"),
        ("color=red", 400, "color"),
        ("consent=none&consent=none", 400, "consent"),
        ("cursor=x", 400, "cursor"),
        ("limit=many", 400, "limit"),
    ] {
        let answer = house
            .get(&format!("/api/v1/contacts?{query}"))
            .await
            .expect(status);
        assert_eq!(field(&answer), at, "{query}");
    }
}

#[tokio::test]
async fn a_table_is_narrowed_by_both_states_topic_source_tag_and_day() {
    for house in houses().await {
        let ana = id(&house.opt_in(ANA).await);
        let bia = id(&house.opt_out(BIA).await);
        let topic = house
            .post(
                "/api/v1/topics",
                json!({"name": "Offers", "category": "marketing"}),
            )
            .await
            .expect(201)
            .json();
        house
            .event(json!({"to": BIA, "kind": "opt_out", "scope": {"topic": "Offers"}}))
            .await;
        // Ana is the one who was changed last.
        house.pass(std::time::Duration::from_secs(1));
        stop_at_whatsapp(&house, &ana).await;
        let edit = json!({"tags": {"add": ["vip"]}, "attributes": {"city": "York"}});
        house
            .send("PATCH", &format!("/api/v1/contacts/{ana}"), edit)
            .await
            .expect(200);
        for (query, wanted) in [
            ("", vec![ANA, BIA]),
            ("consent=opted_in", vec![ANA]),
            ("consent=opted_out", vec![BIA]),
            ("platform=stopped", vec![ANA]),
            ("platform=open&consent=opted_out", vec![BIA]),
            ("source=web_form", vec![ANA]),
            ("topic=Offers", vec![BIA]),
            ("topic=Offers&consent=opted_in", vec![]),
            ("tag=vip&attribute=city:York", vec![ANA]),
            ("tag=vip&tag=opted-out", vec![]),
            ("search=900124", vec![BIA]),
            ("search=%2B44%207700%20900123", vec![ANA]),
            (
                "changed_from=2026-11-22&changed_to=2026-11-22",
                vec![ANA, BIA],
            ),
            ("changed_to=2026-11-21", vec![]),
            ("created_from=2026-11-22T10:00:01Z", vec![]),
            ("search=", vec![ANA, BIA]),
        ] {
            assert_eq!(table(&house, query).await, wanted, "{query}");
            let count = house.get(&format!("/api/v1/contacts/count?{query}")).await;
            let count = count.expect(200).json();
            assert_eq!(
                count,
                json!({"count": wanted.len(), "exact": true}),
                "{query}"
            );
        }
        assert_eq!(
            table(&house, &format!("topic={}", topic["id"].as_str().unwrap())).await,
            [BIA]
        );
        pages_and_mistakes(&house).await;
        let shown = house.get(&format!("/api/v1/contacts/{bia}")).await.json();
        assert_eq!(shown["source"], "api");
        house.close().await;
    }
}

async fn without_evidence(house: &House, path: &str) {
    for (body, at) in [
        (json!({"consent": "opted_in"}), "evidence.source"),
        (
            json!({"consent": "opted_in", "evidence": {"source": "fair"}}),
            "evidence.wording",
        ),
        (
            json!({"consent": "opted_in", "evidence": {"source": "keyword", "wording": "Yes"}}),
            "evidence.source",
        ),
        (
            json!({"consent": "opted_in", "evidence": {"source": "fair"}, "file": "00"}),
            "file",
        ),
        (json!({"consent": "maybe"}), "consent"),
    ] {
        let answer = house.send("PUT", path, body).await.expect(422);
        assert_eq!(field(&answer), at);
    }
}

#[tokio::test]
async fn opting_in_demands_evidence_and_opting_out_nothing() {
    for house in houses().await {
        let ana = id(&house.opt_out(ANA).await);
        let path = format!("/api/v1/contacts/{ana}/consent");
        without_evidence(&house, &path).await;
        assert_eq!(house.marketing(ANA).await, "opted_out_category");
        let files = format!("/api/v1/contacts/{ana}/files");
        let kept = house
            .post_as(
                &format!("{files}?name=..%2Fscan.pdf"),
                "application/pdf",
                "%PDF-1.7 signed",
            )
            .await
            .expect(201)
            .json();
        assert_eq!(
            (&kept["name"], &kept["bytes"]),
            (&json!("scan.pdf"), &json!(15))
        );
        let hash = kept["sha256"].as_str().unwrap();
        let file = house.get(&format!("{files}/{hash}")).await.expect(200);
        assert_eq!(file.text(), "%PDF-1.7 signed");
        assert_eq!(file.headers["content-type"], "application/pdf");
        assert_eq!(file.headers["content-disposition"], "attachment");
        house.pass(std::time::Duration::from_secs(1));
        let body = json!({"consent": "opted_in", "evidence": {"source": "fair"}, "file": hash});
        let done = house.send("PUT", &path, body).await.expect(201).json();
        assert_eq!(done["in_force"], true);
        let newest = &house.events(&ana).await[0];
        let note = newest["evidence"]["note"].as_str().unwrap();
        assert!(note.contains(hash) && note.contains("scan.pdf"), "{note}");
        // What they switched off in WhatsApp stands beside it.
        stop_at_whatsapp(&house, &ana).await;
        let body = json!({"consent": "opted_in", "evidence": {"source": "fair", "wording": "Yes"}});
        let done = house.send("PUT", &path, body).await.expect(201).json();
        assert_eq!(
            (&done["in_force"], &done["code"]),
            (&json!(false), &json!("platform_opt_out"))
        );
        let done = house
            .send("PUT", &path, json!({"consent": "opted_out"}))
            .await
            .expect(201)
            .json();
        assert_eq!(done["in_force"], true);
        let newest = &house.events(&ana).await[0];
        assert_eq!(
            (&newest["kind"], &newest["source"]),
            (&json!("opt_out"), &json!("staff"))
        );
        // Erased, the file is gone, and there is nobody to switch.
        house
            .delete(&format!("/api/v1/contacts/{ana}"))
            .await
            .expect(200);
        house.get(&format!("{files}/{hash}")).await.expect(404);
        house
            .send("PUT", &path, json!({"consent": "opted_out"}))
            .await
            .expect(404);
        house
            .post_as(&format!("{files}?name=a"), "text/plain", "a")
            .await
            .expect(404);
        house.close().await;
    }
}

async fn nothing_to_do(house: &House, path: &str) {
    for (body, at) in [
        (
            json!({"filter": {}, "action": "opt_in", "expect": 4}),
            "evidence.source",
        ),
        (json!({"filter": {}, "action": "tag"}), "tag"),
        (
            json!({"filter": {}, "action": "tag", "tag": "opted-out"}),
            "tags",
        ),
        (
            json!({"filter": {}, "action": "opt_out", "tag": "x"}),
            "tag",
        ),
        (json!({"filter": {}, "action": "erase"}), "action"),
        (
            json!({"filter": {"colour": "red"}, "action": "opt_out"}),
            "filter.colour",
        ),
    ] {
        let answer = house.post(path, body).await.expect(422);
        assert_eq!(field(&answer), at);
    }
}

#[tokio::test]
async fn many_are_changed_only_when_as_many_as_were_counted() {
    for house in houses().await {
        let mut ids = Vec::new();
        for n in 0..3 {
            ids.push(id(&house.opt_in(&format!("+44770090020{n}")).await));
        }
        house.opt_out(BIA).await;
        let path = "/api/v1/contacts/bulk";
        let tag = |expect: Option<u32>| json!({"filter": {"consent": "opted_in"}, "action": "tag", "tag": "spring", "expect": expect});
        let counted = house.post(path, tag(None)).await.expect(200).json();
        assert_eq!(
            (&counted["count"], &counted["done"]),
            (&json!(3), &json!(false))
        );
        assert!(table(&house, "tag=spring").await.is_empty());
        house.post(path, tag(Some(4))).await.expect(409);
        let done = house.post(path, tag(Some(3))).await.expect(200).json();
        assert_eq!((&done["changed"], &done["done"]), (&json!(3), &json!(true)));
        let again = house.post(path, tag(Some(3))).await.expect(200).json();
        assert_eq!(
            (&again["changed"], &again["unchanged"]),
            (&json!(0), &json!(3))
        );
        let newest = &house.events(&ids[0]).await[0];
        assert_eq!(newest["kind"], "contact_edited");
        let out = json!({"filter": {"tag": ["spring"]}, "action": "opt_out", "expect": 3});
        let done = house.post(path, out.clone()).await.expect(200).json();
        assert_eq!(done["changed"], 3);
        assert_eq!(house.marketing("+447700900200").await, "opted_out_category");
        // Said again, it proves nothing more.
        let again = house.post(path, out).await.expect(200).json();
        assert_eq!(
            (&again["changed"], &again["unchanged"]),
            (&json!(0), &json!(3))
        );
        stop_at_whatsapp(&house, &ids[1]).await;
        house.pass(std::time::Duration::from_secs(60));
        let evidence = json!({"source": "fair", "wording": "Yes, offers"});
        let back = json!({"filter": {"tag": ["spring"]}, "action": "opt_in", "evidence": evidence, "expect": 3});
        let done = house.post(path, back).await.expect(200).json();
        assert_eq!(
            (&done["changed"], &done["not_in_force"]),
            (&json!(3), &json!(1))
        );
        let untag = json!({"filter": {}, "action": "untag", "tag": "spring", "expect": 4});
        let done = house.post(path, untag).await.expect(200).json();
        assert_eq!(
            (&done["changed"], &done["unchanged"]),
            (&json!(3), &json!(1))
        );
        nothing_to_do(&house, path).await;
        house.close().await;
    }
}

#[tokio::test]
async fn a_glance_shows_each_topic_and_number_now_and_then_and_an_export_everything() {
    for house in houses().await {
        let ana = id(&house.opt_in(ANA).await);
        house
            .post(
                "/api/v1/topics",
                json!({"name": "Offers", "category": "marketing"}),
            )
            .await
            .expect(201);
        house.pass(std::time::Duration::from_secs(600));
        house.opt_out(ANA).await;
        let path = format!("/api/v1/contacts/{ana}");
        let now = house
            .get(&format!("{path}/glance"))
            .await
            .expect(200)
            .json();
        assert_eq!(
            (&now["consent"], &now["platform"]),
            (&json!("opted_out"), &json!("open"))
        );
        let row = &now["rows"][0];
        assert_eq!(
            (&row["category"], &row["topic"]),
            (&json!("marketing"), &Value::Null)
        );
        let cells = row["cells"].as_array().unwrap();
        assert_eq!(cells.len(), 4, "two numbers, text messages and e-mail");
        assert_eq!(
            (&cells[0]["allow"], &cells[0]["code"]),
            (&json!(false), &json!("opted_out_category"))
        );
        assert_eq!(
            now["rows"].as_array().unwrap().last().unwrap()["name"],
            "Offers"
        );
        let then = house
            .get(&format!("{path}/glance?at=2026-11-22T10:05:00Z"))
            .await
            .expect(200)
            .json();
        assert_eq!(then["consent"], "opted_in");
        assert_eq!(then["rows"][0]["cells"][0]["allow"], true);
        house
            .get(&format!("{path}/glance?at=then"))
            .await
            .expect(422);
        let export = house
            .get(&format!("{path}/export"))
            .await
            .expect(200)
            .json();
        assert_eq!(export["contact"]["id"], ana.as_str());
        let kinds: Vec<&str> = export["timeline"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["kind"].as_str().unwrap())
            .collect();
        assert!(
            kinds.contains(&"opt_in") && kinds.contains(&"opt_out"),
            "{kinds:?}"
        );
        assert_eq!(export["receipts"].as_array().unwrap().len(), 1);
        assert!(export["explanation"]["verdicts"].is_array());
        house.close().await;
    }
}

#[tokio::test]
async fn a_dry_run_says_what_blocks_and_what_blocked() {
    for house in houses().await {
        for n in 0..12 {
            house.opt_in(&format!("+4477009003{n:02}")).await;
        }
        house
            .event(json!({"to": BIA, "kind": "opt_in_requested"}))
            .await;
        house.pass(std::time::Duration::from_hours(48));
        let run = house
            .post("/api/v1/policy/dry-run", json!({"opt_in_days": 1}))
            .await
            .expect(200)
            .json();
        assert_eq!(run["checked"], 13);
        assert_eq!(run["blocked_by"], json!({"consent_expired": 12}));
        assert_eq!(
            (&run["newly_blocked"], &run["newly_allowed"]),
            (&json!(12), &json!(0))
        );
        assert_eq!(run["samples"].as_array().unwrap().len(), 10);
        let run = house
            .post("/api/v1/policy/dry-run", json!({"opt_in_needed": []}))
            .await
            .expect(200)
            .json();
        assert_eq!(run["allowed_from"], json!({"consent_pending": 1}));
        house.close().await;
    }
}

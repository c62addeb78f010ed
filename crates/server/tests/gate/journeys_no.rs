//! Every way to say no ends a journey: at once, before anything else happens.

use axum::http::StatusCode;
use consent::time::DAY_MS;
use serde_json::{Value, json};

use crate::{
    house::template,
    journey_stage::{Stage, joined, sale},
};

/// Somebody's way through the journey of these tests, or null where there is none any more.
async fn way(stage: &Stage, path: &str, contact: &str) -> Value {
    let page = stage.desk.get(&format!("{path}/runs?limit=50")).await;
    let all = page["items"].as_array().unwrap();
    let theirs = all.iter().find(|run| run["contact"] == *contact);
    theirs.cloned().unwrap_or(Value::Null)
}

/// Meta says that a message of ours failed.
async fn fails(stage: &Stage, phone: &str, code: i64) {
    let sent = stage
        .desk
        .house
        .send(&template(phone, "order_update"))
        .await;
    let wamid = sent.body["messages"][0]["id"].as_str().unwrap();
    let at = stage.desk.house.app.clock.now().millis() / 1000;
    stage
        .desk
        .tell(
            json!({"statuses": [{"id": wamid, "status": "failed", "timestamp": at.to_string(),
            "recipient_id": phone, "errors": [{"code": code, "title": "No."}]}]}),
        )
        .await;
}

/// Says no in one of the ways.
async fn no(stage: &Stage, how: &str, (phone, contact): (&str, &str)) {
    let desk = &stage.desk;
    let at = desk.house.app.clock.now().millis() / 1000;
    match how {
        "a keyword" => desk.hear(phone, "no1", "STOP").await,
        "a button" => {
            let tap = json!({"from": phone, "id": "wamid.no2", "timestamp": at.to_string(), "type": "button",
                "button": {"payload": "Stop promotions", "text": "Stop promotions"}});
            desk.tell(json!({"contacts": [{"wa_id": phone}], "messages": [tap]}))
                .await;
        }
        "the switch in WhatsApp" => {
            let news = json!({"contacts": [{"wa_id": phone}], "user_preferences": [{"wa_id": phone, "value": "stop",
                "detail": "User requested to stop marketing messages", "category": "marketing_messages", "timestamp": at}]});
            desk.tell_of("user_preferences", news).await;
        }
        "131050" => fails(stage, phone, 131_050).await,
        "a block" => fails(stage, phone, 130_403).await,
        "a new owner of the number" => fails(stage, phone, 137_000).await,
        "the API" => {
            let event = json!({"to": format!("+{phone}"), "kind": "opt_out", "scope": {"category": "utility"}});
            let told = desk.post("/events", event).await;
            assert_eq!(told.status, StatusCode::CREATED, "{}", told.body);
        }
        "a bulk act" => {
            let tag = json!({"tags": {"add": ["leaving"]}});
            desk.call("PATCH", &format!("/contacts/{contact}"), &tag)
                .await;
            let act = json!({"filter": {"tag": ["leaving"]}, "action": "opt_out", "expect": 1});
            let done = desk.post("/contacts/bulk", act).await;
            assert_eq!(done.body["changed"], 1, "{}", done.body);
        }
        "erasure" => {
            let path = format!("/contacts/{contact}");
            let gone = desk.call("DELETE", &path, &Value::Null).await;
            assert!(gone.status.is_success(), "{}", gone.body);
        }
        other => panic!("nobody says no by {other}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_way_to_say_no_ends_a_journey_before_anything_else_happens() {
    let ways = [
        "a keyword",
        "a button",
        "the switch in WhatsApp",
        "131050",
        "a block",
        "a new owner of the number",
        "the API",
        "a bulk act",
        "erasure",
    ];
    for stage in Stage::both().await {
        let order = json!({"id": "s3", "kind": "send_template", "template": "order_update", "language": "en_US",
            "variables": {"1": "Ada"}, "if_not_sent": "continue"});
        let wait = json!({"id": "s1", "kind": "wait", "for": {"days": 1}});
        let mut offer = sale("s2");
        offer["if_not_sent"] = json!("continue");
        let path = stage.publish(joined(), json!([wait, offer, order])).await;
        let mut people = Vec::new();
        for at in 0..ways.len() {
            let phone = format!("44770090030{at}");
            let contact = stage.desk.house.opt_in(&phone).await.to_string();
            people.push((phone, contact));
        }
        stage.go().await;
        for (how, (phone, contact)) in ways.iter().zip(&people) {
            assert_eq!(way(&stage, &path, contact).await["state"], "running");
            no(&stage, how, (phone, contact)).await;
            let left = way(&stage, &path, contact).await;
            assert!(left["state"] == "left" || left.is_null(), "{how}: {left}");
            assert_eq!(left.is_null(), *how == "erasure", "{how}: {left}");
        }
        let then = stage.arrived().await;
        stage.pass(2 * DAY_MS).await;
        assert_eq!(stage.arrived().await, then, "nothing after the last no");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_no_while_a_message_is_under_way_ends_it_and_nothing_is_noted_that_was_not_done() {
    for stage in Stage::both().await {
        let tag = json!({"id": "s2", "kind": "add_tag", "tag": "welcomed"});
        let path = stage
            .publish(joined(), json!([sale("s1"), tag, sale("s3")]))
            .await;
        let phone = "447700900123";
        let ada = stage.desk.house.opt_in(phone).await;
        stage.desk.house.fault("hang", &json!({ "ms": 400 })).await;
        let no = async {
            while stage.arrived().await == 0 {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            stage.desk.house.opt_out(phone).await;
        };
        let ((), ()) = tokio::join!(no, stage.go());
        stage.pass(DAY_MS).await;
        let run = stage.newest(&path).await;
        assert_eq!(run["state"], "left", "{run}");
        let steps: Vec<&str> = run["visits"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|visit| visit["step"].as_str())
            .collect();
        assert!(steps.iter().all(|step| *step == "s1"), "{run}");
        let last = run["visits"].as_array().unwrap().last().unwrap();
        assert_eq!(last["end"], "opted_out", "{run}");
        assert_eq!(
            stage.tags(ada).await,
            json!(["opted-out"]),
            "and no welcome"
        );
        assert_eq!(stage.arrived().await, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_way_says_when_and_through_what_somebody_left_and_what_they_had_been_sent() {
    for stage in Stage::both().await {
        let wait = json!({"id": "s2", "kind": "wait", "for": {"days": 2}});
        let path = stage.publish(joined(), json!([sale("s1"), wait])).await;
        stage.desk.house.opt_in("447700900123").await;
        stage.go().await;
        stage.pass(1_000).await;
        stage.desk.hear("447700900123", "no9", "STOP").await;
        stage.go().await;
        let run = stage.newest(&path).await;
        let last = run["visits"].as_array().unwrap().last().unwrap();
        assert_eq!(
            (&last["is"], &last["end"], &last["source"], &last["words"]),
            (
                &json!("ended"),
                &json!("opted_out"),
                &json!("keyword"),
                &json!("They opted out.")
            ),
        );
        assert_eq!(last["at"], run["ended_at"]);
        let sent = &run["effects"][0];
        assert_eq!(sent["template"], "autumn_sale (en_US)");
        assert!(sent["text"].as_str().unwrap().contains("friend"), "{sent}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_by_the_gate_is_counted_as_one_and_not_as_an_error() {
    for stage in Stage::both().await {
        let hello = json!({"kind": "keyword", "words": ["hello"]});
        let path = stage.publish(hello, json!([sale("s1")])).await;
        stage.desk.hear("447700900123", "m1", "hello").await;
        stage.go().await;
        let run = stage.newest(&path).await;
        assert_eq!(
            (&run["state"], &run["code"]),
            (&json!("refused"), &json!("no_consent"))
        );
        let counts = &stage.desk.get(&path).await["counts"];
        assert_eq!(
            (&counts["refused"], &counts["failed"]),
            (&json!(1), &json!(0))
        );
    }
}

#[tokio::test]
async fn a_journey_without_steps_is_not_published() {
    let stage = Stage::open().await;
    let empty = crate::journey_stage::definition(joined(), json!([]));
    let refused = stage.unpublished(empty).await;
    assert_eq!(
        refused["faults"][0]["say"],
        "the journey has no steps yet: want at least one"
    );
}

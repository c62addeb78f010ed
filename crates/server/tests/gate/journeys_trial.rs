//! A journey that is tried out is refused what it would be refused in earnest.

use serde_json::{Value, json};

use crate::journey_stage::{Stage, definition, joined, sale};

const ADA: &str = "447700900123";

/// What became of a trial of these steps with this script: each step's outcome with its code, and how it ended.
async fn tried(
    stage: &Stage,
    (trigger, steps): (Value, Value),
    script: Value,
) -> (Vec<String>, Value) {
    let body = json!({"definition": definition(trigger, steps)});
    let made = stage.desk.post("/journeys", body).await;
    let path = format!("/journeys/{}", made.body["id"].as_str().unwrap());
    let run = stage.desk.post(&format!("{path}/rehearse"), script).await;
    assert_eq!(run.status, 200, "{}", run.body);
    let lines = run.body["lines"].as_array().unwrap().iter();
    let told = lines.filter_map(|line| {
        let is = line["visit"]["is"].as_str()?;
        let code = line["visit"]["code"].as_str().unwrap_or_default();
        let is_outcome = matches!(is, "accepted" | "denied" | "failed" | "answered");
        is_outcome.then(|| format!("{is} {code}").trim().to_owned())
    });
    (told.collect(), run.body["end"].clone())
}

fn hello(id: &str) -> Value {
    json!({"id": id, "kind": "send_message", "text": "Hello"})
}

#[tokio::test]
async fn a_trial_without_consent_is_refused_as_the_gate_would_refuse_it() {
    let stage = Stage::open().await;
    let steps = json!([sale("s1")]);
    for (facts, told, end) in [
        (json!({}), "accepted", "done"),
        (json!({"allowed": ["marketing"]}), "accepted", "done"),
        (
            json!({"allowed": ["utility"]}),
            "denied no_consent",
            "refused",
        ),
    ] {
        let script = json!({"facts": facts});
        let found = tried(&stage, (joined(), steps.clone()), script).await;
        assert_eq!(found, (vec![told.to_owned()], json!(end)), "{facts}");
    }
    let scripted = json!({"facts": {"allowed": []}, "outcomes": {"s1": {"is": "accepted"}}});
    let (told, _) = tried(&stage, (joined(), steps), scripted).await;
    assert_eq!(
        told,
        ["denied no_consent"],
        "no script talks the gate round"
    );
    assert_eq!(stage.arrived().await, 0);
}

#[tokio::test]
async fn a_trial_on_somebody_who_said_stop_is_refused() {
    let stage = Stage::open().await;
    let ada = stage.desk.house.opt_in(ADA).await;
    let script = json!({"contact": ada.to_string()});
    let steps = || (joined(), json!([sale("s1")]));
    let (told, end) = tried(&stage, steps(), script.clone()).await;
    assert_eq!((told, end), (vec!["accepted".to_owned()], json!("done")));
    stage.desk.hear(ADA, "stop1", "STOP").await;
    let (told, end) = tried(&stage, steps(), script).await;
    assert_eq!(told, ["denied opted_out_category"]);
    assert_eq!(end, "refused");
}

#[tokio::test]
async fn whoever_writes_stop_in_a_trial_leaves_it() {
    let stage = Stage::open().await;
    let steps =
        json!([{"id": "s1", "kind": "wait", "for": {"days": 2}, "or_reply": true}, sale("s2")]);
    for (says, told, end) in [
        ("Good morning", vec!["answered", "accepted"], "done"),
        ("stop", vec![], "opted_out"),
        ("Please don't send me any more offers", vec![], "opted_out"),
    ] {
        let script = json!({"beats": [{"after_minutes": 60, "says": says}]});
        let found = tried(&stage, (joined(), steps.clone()), script).await;
        let told: Vec<String> = told.into_iter().map(str::to_owned).collect();
        assert_eq!(found, (told, json!(end)), "{says}");
    }
}

#[tokio::test]
async fn a_message_in_own_words_is_refused_outside_of_the_window_in_a_trial() {
    let stage = Stage::open().await;
    let closed = json!({"facts": {"window": "closed"}});
    let (told, _) = tried(&stage, (joined(), json!([hello("s1")])), closed.clone()).await;
    assert_eq!(told, ["denied window_closed"]);
    // It opens when they write, and closes a day later by itself.
    let steps = json!([{"id": "s1", "kind": "wait", "for": {"days": 9}, "or_reply": true}, hello("s2"),
        {"id": "s3", "kind": "wait", "for": {"days": 1}}, hello("s4")]);
    let script =
        json!({"facts": {"window": "closed"}, "beats": [{"after_minutes": 60, "says": "Hi"}]});
    let (told, end) = tried(&stage, (joined(), steps), script).await;
    assert_eq!(told, ["answered", "accepted", "denied window_closed"]);
    assert_eq!(end, "refused");
}

#[tokio::test]
async fn a_trial_knows_which_templates_are_there() {
    let stage = Stage::open().await;
    let missing =
        json!([{"id": "s1", "kind": "send_template", "template": "no_such", "language": "en_US"}]);
    let (told, end) = tried(&stage, (joined(), missing), json!({})).await;
    assert_eq!(
        (told, end),
        (vec!["failed template_missing".to_owned()], json!("stopped"))
    );
    let made = stage.desk.post(
        "/journeys",
        json!({"definition": definition(joined(), json!([sale("s1")]))}),
    );
    let path = format!("/journeys/{}", made.await.body["id"].as_str().unwrap());
    let script = json!({"facts": {"attributes": {"first_name": "Ana"}}});
    let run = stage.desk.post(&format!("{path}/rehearse"), script).await;
    let text = run.body["lines"].as_array().unwrap().iter();
    let text = text
        .filter_map(|line| line["text"].as_str())
        .next()
        .unwrap();
    assert!(text.contains("Ana") && !text.contains("{{"), "{text}");
}

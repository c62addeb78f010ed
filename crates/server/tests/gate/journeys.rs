//! Journeys, end to end: who enters, what they get, and that nobody gets anything after a no.

use std::sync::{Arc, atomic::Ordering};

use axum::{Router, body::Bytes, http::HeaderMap, http::StatusCode, routing::post};
use consent::time::{DAY_MS, MINUTE_MS, Timestamp};
use graph::{
    message,
    signature::{AppSecret, sign},
};
use serde_json::{Value, json};
use server::{
    config::{Secret, Webhook},
    services::{
        campaigns::compose,
        gate::tie::Tie,
        journeys::{dates, drive},
        send::{self, Keep, Passed, Wish},
    },
};

use crate::{
    house::NUMBER,
    journey_stage::{Stage, definition, joined, passed, sale},
};

const ADA: &str = "447700900123";
const BEN: &str = "447700900188";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_joins_is_welcomed_waits_answers_and_is_tagged() {
    for stage in Stage::both().await {
        let steps = json!([sale("s1"), {"id": "s2", "kind": "wait", "for": {"days": 1}},
            {"id": "s3", "kind": "ask", "text": "Do you like it?", "choices": ["Yes", "No"], "save_as": "likes"},
            {"id": "s4", "kind": "branch", "ways": [{"when": {"answer": {"step": "s3", "is": "yes"}},
                "steps": [{"id": "s5", "kind": "add_tag", "tag": "fan"}]}],
                "otherwise": [{"id": "s6", "kind": "add_tag", "tag": "cool"}]},
            {"id": "s7", "kind": "hand_to_agent", "note": "They like it: {{answer:s3|unknown}}"}]);
        let path = stage.publish(joined(), steps).await;
        let ada = stage.desk.house.opt_in(ADA).await;
        stage.go().await;
        let arrived = stage.desk.house.arrived().await;
        assert_eq!(arrived.len(), 1);
        assert!(arrived[0]["body"].as_str().unwrap().contains("friend"));
        let run = stage.newest(&path).await;
        assert_eq!(
            (&run["state"], &run["step"]),
            (&json!("running"), &json!("s2"))
        );
        assert_eq!(passed(&run), ["entered", "begun", "accepted", "waiting"]);
        stage.pass(DAY_MS / 2).await;
        stage.desk.hear(ADA, "1", "Hello").await;
        stage.pass(DAY_MS / 2).await;
        assert_eq!(stage.arrived().await, 2, "{}", stage.newest(&path).await);
        assert_eq!(stage.newest(&path).await["waiting"], "answer");
        stage.desk.hear(ADA, "2", "yes!").await;
        stage.go().await;
        let run = stage.newest(&path).await;
        assert_eq!(run["state"], "ended", "{run}");
        assert_eq!(run["answers"]["s3"], "Yes");
        assert_eq!(
            run["visits"].as_array().unwrap().last().unwrap()["end"],
            "handed_over"
        );
        assert_eq!(stage.tags(ada).await, json!(["fan"]));
        let shown = stage.desk.get(&format!("/contacts/{ada}")).await;
        assert_eq!(shown["attributes"]["likes"], "Yes");
        let page = stage.desk.get("/conversations").await;
        assert_eq!(page["items"][0]["state"], "open");
        stage.desk.house.opt_in(ADA).await;
        stage.pass(DAY_MS).await;
        assert_eq!(
            stage.arrived().await,
            2,
            "nobody enters twice unless it says so"
        );
        assert_eq!(stage.desk.get(&path).await["counts"]["ended"], 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_opts_out_has_left_when_that_is_acknowledged() {
    for stage in Stage::both().await {
        let order = json!({"id": "s2", "kind": "send_template", "template": "order_update", "language": "en_US",
            "variables": {"1": "Ada"}});
        let steps = json!([{"id": "s1", "kind": "wait", "for": {"minutes": 5}}, order]);
        let path = stage.publish(joined(), steps).await;
        for n in 0..12 {
            stage.desk.house.opt_in(&format!("4477009002{n:02}")).await;
        }
        stage.go().await;
        stage.hand.fetch_add(5 * MINUTE_MS, Ordering::SeqCst);
        let out = async {
            for n in 0..12 {
                stage.desk.house.opt_out(&format!("4477009002{n:02}")).await;
            }
            stage.arrived().await
        };
        let (then, ()) = tokio::join!(out, stage.go());
        stage.pass(DAY_MS).await;
        assert_eq!(stage.arrived().await, then, "nothing after the last no");
        let page = stage.desk.get(&format!("{path}/runs?limit=50")).await;
        let runs = page["items"].as_array().unwrap();
        assert_eq!(runs.len(), 12);
        assert!(runs.iter().all(|run| run["state"] != "running"), "{page}");
        stage.desk.house.opt_in(ADA).await;
        stage.go().await;
        stage.desk.house.opt_out(ADA).await;
        let run = stage.newest(&path).await;
        assert_eq!(
            (&run["state"], &run["why"]),
            (&json!("left"), &json!("They opted out."))
        );
        stage.pass(DAY_MS).await;
        assert_eq!(stage.arrived().await, then, "an order update neither");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_inside_keep_the_version_that_they_entered_with() {
    for stage in Stage::both().await {
        let tagged = |tag: &str| json!([{"id": "s1", "kind": "wait", "for": {"days": 1}}, {"id": "s2", "kind": "add_tag", "tag": tag}]);
        let path = stage.publish(joined(), tagged("one")).await;
        let ada = stage.desk.house.opt_in(ADA).await;
        stage.go().await;
        let cas = stage.desk.get(&path).await["cas"].clone();
        let draft = json!({"definition": definition(joined(), tagged("two")), "cas": cas});
        let saved = stage
            .desk
            .call("PUT", &format!("{path}/draft"), &draft)
            .await;
        assert_eq!(saved.status, StatusCode::OK, "{}", saved.body);
        let late = stage
            .desk
            .call("PUT", &format!("{path}/draft"), &draft)
            .await;
        assert_eq!(
            late.status,
            StatusCode::CONFLICT,
            "somebody else was faster"
        );
        let seen = json!({"cas": saved.body["cas"]});
        let live = stage.desk.post(&format!("{path}/publish"), seen).await;
        assert_eq!(live.body["version"], 2, "{}", live.body);
        let ben = stage.desk.house.opt_in(BEN).await;
        stage.go().await;
        let stopped = stage.desk.post(&format!("{path}/stop"), json!({})).await;
        assert_eq!(stopped.body["state"], "stopped", "{}", stopped.body);
        stage.desk.house.opt_in("447700900155").await;
        stage.pass(DAY_MS).await;
        assert_eq!(stage.tags(ada).await, json!(["one"]));
        assert_eq!(stage.tags(ben).await, json!(["two"]));
        let counts = &stage.desk.get(&path).await["counts"];
        assert_eq!(
            counts["ended"], 2,
            "nobody entered after the stop: {counts}"
        );
        let versions = stage.desk.get(&format!("{path}/versions")).await;
        assert_eq!(versions["items"].as_array().unwrap().len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_dead_process_had_sent_is_not_sent_again() {
    for stage in Stage::both().await {
        let app = &stage.desk.house.app;
        let path = stage.publish(joined(), json!([sale("s1")])).await;
        let ada = stage.desk.house.opt_in(ADA).await;
        assert_eq!(drive::hear(app).await.unwrap(), 1);
        let run = stage.newest(&path).await["id"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        let effect = app.store.effects(ada, run).await.unwrap().remove(0);
        let number = NUMBER.parse().unwrap();
        let to = consent::permit::Recipient::Phone(ADA.parse().unwrap());
        let gaps = (vec!["1".to_owned()], vec!["friend".to_owned()]);
        let fill = message::Fill {
            body: (&gaps.0, &gaps.1),
            ..message::Fill::default()
        };
        let wish = Wish {
            route: compose::route(app, &number),
            account: "209900000000001".to_owned(),
            outgoing: message::filled(&to, ("autumn_sale", "en_US"), fill).unwrap(),
            topic: None,
            token: app.token.clone().unwrap(),
            keep: Keep::Nothing,
        };
        let tie = Tie {
            reply: effect.id,
            confirms: Vec::new(),
            until: Timestamp::from_millis(i64::MAX),
            run: Some((ada, run)),
        };
        let sent = send::answer(app, wish, tie).await.unwrap();
        assert!(matches!(sent, Passed::Sent(_)), "{sent:?}");
        assert_eq!(stage.arrived().await, 1, "and there the process died");
        stage.go().await;
        assert_eq!(stage.arrived().await, 1);
        let run = stage.newest(&path).await;
        assert_eq!(
            passed(&run),
            ["entered", "begun", "accepted", "ended"],
            "{run}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_meta_refuses_later_stops_it_in_metas_words() {
    for stage in Stage::both().await {
        let steps =
            json!([sale("s1"), {"id": "s2", "kind": "wait", "for": {"days": 1}}, sale("s3")]);
        let path = stage.publish(joined(), steps).await;
        stage.desk.house.opt_in(ADA).await;
        stage.go().await;
        let run = stage.newest(&path).await;
        let attempt = run["effects"][0]["attempt"].as_str().unwrap();
        let id = consent::id::AttemptId::new(attempt.parse().unwrap());
        let store = &stage.desk.house.app.store;
        let found = store.find_messages(&[id], &[]).await.unwrap();
        let wamid = found[0].wamid.clone().unwrap();
        let at = stage.desk.house.app.clock.now().millis() / 1000;
        let words = "User has stopped receiving marketing messages from this business";
        stage
            .desk
            .tell(json!({"statuses": [{"id": wamid, "status": "failed", "timestamp": at.to_string(),
                "recipient_id": ADA, "errors": [{"code": 131_050, "title": "Unable to deliver the message.",
                "error_data": {"details": words}}]}]}))
            .await;
        let run = stage.newest(&path).await;
        assert_eq!(run["state"], "left", "at once: {run}");
        stage.go().await;
        let run = stage.newest(&path).await;
        assert_eq!(
            (&run["state"], &run["code"], &run["why"], &run["step"]),
            (
                &json!("failed"),
                &json!("131050"),
                &json!(words),
                &json!("s1")
            ),
            "{run}"
        );
        stage.pass(DAY_MS).await;
        assert_eq!(stage.arrived().await, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_a_tag_an_attribute_a_word_and_a_day_let_people_in_once() {
    for stage in Stage::both().await {
        let tagged = |tag: &str| json!([{"id": "s1", "kind": "add_tag", "tag": tag}]);
        let paid = json!({"kind": "event", "name": "paid"});
        let paid = stage
        .publish(paid, json!([{"id": "s1", "kind": "set_attribute", "attribute": "last_order", "value": "{{event:order|none}}"}]))
        .await;
        stage
            .publish(json!({"kind": "tag_added", "tag": "vip"}), tagged("by_tag"))
            .await;
        let plan = json!({"kind": "attribute_changed", "attribute": "plan", "to": "gold"});
        stage.publish(plan, tagged("by_attribute")).await;
        stage
            .publish(
                json!({"kind": "keyword", "words": ["more, please"]}),
                tagged("by_word"),
            )
            .await;
        let born = json!({"kind": "date", "attribute": "born", "time": "09:00", "yearly": true});
        stage.publish(born, tagged("by_day")).await;
        let ada = stage.desk.house.opt_in(ADA).await;
        stage.go().await;
        let event = json!({"to": "+447700900123", "name": "paid", "data": {"order": "A-1"}});
        let told = stage.desk.post("/journeys/events", event).await;
        assert_eq!(
            (told.status, &told.body["journeys"]),
            (StatusCode::ACCEPTED, &json!(1))
        );
        let nobody = json!({"to": "+447700900000", "name": "paid"});
        let nobody = stage.desk.post("/journeys/events", nobody).await;
        assert_eq!(nobody.status, StatusCode::NOT_FOUND);
        let edit =
            json!({"tags": {"add": ["vip"]}, "attributes": {"plan": "gold", "born": "1990-11-20"}});
        let edited = stage
            .desk
            .call("PATCH", &format!("/contacts/{ada}"), &edit)
            .await;
        assert_eq!(edited.status, StatusCode::OK, "{}", edited.body);
        stage.desk.hear(ADA, "1", "More please!").await;
        stage.go().await;
        assert_eq!(
            stage.tags(ada).await,
            json!(["by_attribute", "by_tag", "by_word", "vip"])
        );
        assert_eq!(stage.newest(&paid).await["given"]["order"], "A-1");
        let shown = stage.desk.get(&format!("/contacts/{ada}")).await;
        assert_eq!(shown["attributes"]["last_order"], "A-1");
        // 20 November 2026, ten in the morning in London.
        stage.hand.store(1_795_168_800_000, Ordering::SeqCst);
        for _ in 0..2 {
            dates::step(&stage.desk.house.app).await.unwrap();
            stage.go().await;
        }
        assert!(
            stage
                .tags(ada)
                .await
                .as_array()
                .unwrap()
                .contains(&json!("by_day"))
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_keeps_it_from_being_published_and_a_script_tries_it_out() {
    let stage = Stage::open().await;
    let steps = json!([
        {"id": "s1", "kind": "send_template", "template": "no_such", "language": "en_US"},
        {"id": "s2", "kind": "call_webhook", "webhook": "crm"},
        {"id": "s3", "kind": "send_template", "template": "autumn_sale", "language": "en_US", "variables": {"2": "x"}},
        {"id": "s4", "kind": "wait", "for": {"days": 2}, "or_reply": true},
        {"id": "s5", "kind": "add_tag", "tag": "fan"}]);
    let trigger = json!({"kind": "keyword", "words": ["hello", "stop"]});
    let body = json!({"definition": definition(trigger, steps)});
    let made = stage.desk.post("/journeys", body).await;
    let path = format!("/journeys/{}", made.body["id"].as_str().unwrap());
    let seen = json!({"cas": made.body["cas"]});
    let refused = stage.desk.post(&format!("{path}/publish"), seen).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let faults = refused.body["faults"].as_array().unwrap();
    let places: Vec<&str> = faults
        .iter()
        .map(|one| one["place"].as_str().unwrap())
        .collect();
    let want = [
        "/trigger/words/1",
        "/steps/0/template",
        "/steps/1/webhook",
        "/steps/2/template",
        "/steps/2/template",
    ];
    assert_eq!(places, want, "{}", refused.body);
    // What cannot be sent stops a trial as well.
    let script = json!({"start_at": "2026-11-22T09:00:00Z"});
    let tried = stage.desk.post(&format!("{path}/rehearse"), script).await;
    assert_eq!(tried.body["end"], "stopped", "{}", tried.body);
    let last = tried.body["lines"].as_array().unwrap().last().unwrap();
    assert_eq!(last["visit"]["code"], "template_missing");
    assert_eq!(last["at"], "2026-11-22T09:00:00Z");
    let bad = json!({"definition": {"format": 1, "name": "", "trigger": {"kind": "joined"}, "steps": []}});
    let bad = stage.desk.post("/journeys", bad).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(bad.body["faults"][0]["place"], "/name");
    assert_eq!(stage.arrived().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_is_called_signed_and_again_when_it_fails() {
    let calls: Arc<std::sync::Mutex<Vec<(HeaderMap, Bytes)>>> = Arc::default();
    let kept = Arc::clone(&calls);
    let hook = move |headers: HeaderMap, body: Bytes| async move {
        let mut calls = kept.lock().unwrap();
        calls.push((headers, body));
        if calls.len() == 1 {
            StatusCode::BAD_GATEWAY
        } else {
            StatusCode::OK
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let router = Router::new().route("/hook", post(hook));
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let stage = Stage::with(|config| {
        config.journeys.webhooks = vec![Webhook {
            name: "crm".to_owned(),
            url,
            secret: Secret::made("hook secret".to_owned()),
        }];
    })
    .await;
    let steps = json!([{"id": "s1", "kind": "call_webhook", "webhook": "crm"}, {"id": "s2", "kind": "add_tag", "tag": "called"}]);
    let path = stage.publish(joined(), steps).await;
    let ada = stage.desk.house.opt_in(ADA).await;
    for _ in 0..500 {
        stage.pass(1_000).await;
        if stage.newest(&path).await["state"] == "ended" {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(stage.tags(ada).await, json!(["called"]));
    let calls = calls.lock().unwrap().clone();
    assert_eq!(calls.len(), 2, "once in vain, once well");
    let secret = AppSecret::new("hook secret").unwrap();
    for (headers, body) in &calls {
        assert_eq!(
            headers["x-consentry-signature"],
            sign(&secret, body).as_str()
        );
        let body: Value = serde_json::from_slice(body).unwrap();
        assert_eq!(headers["x-consentry-key"], body["key"].as_str().unwrap());
        assert_eq!(body["contact"], ada.to_string());
    }
    server.abort();
}

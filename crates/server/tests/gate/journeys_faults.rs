//! Journeys when something is wrong: with one of them, with what is kept, or with the moment.

use std::sync::atomic::Ordering;

use axum::http::StatusCode;
use consent::{
    event::{Clock, Evidence, Fact},
    scope::{Channel, Scope},
    time::{DAY_MS, MINUTE_MS},
};
use serde_json::{Value, json};
use server::{
    config::{Secret, Webhook},
    services::{
        cast::{Cast, Draft},
        journeys::dates,
        policy,
    },
};
use store::journey::run::{RunLine, Save};
use uuid::Uuid;

use crate::journey_stage::{Stage, definition, joined, sale};

const ADA: &str = "447700900123";
const BEN: &str = "447700900188";
/// 20 November 2026, two minutes to nine in the morning in London.
const TWO_TO_NINE: i64 = 1_795_165_080_000;

fn waits(tag: &str) -> Value {
    json!([{"id": "s1", "kind": "wait", "for": {"days": 1}}, {"id": "s2", "kind": "add_tag", "tag": tag}])
}

fn id_of(path: &str) -> Uuid {
    path.rsplit('/').next().unwrap().parse().unwrap()
}

/// Publishes what no door would take, as an older version of the program may have.
async fn force(stage: &Stage, path: &str, definition: &str) -> i64 {
    let app = &stage.desk.house.app;
    let line = app.store.journey(id_of(path)).await.unwrap().unwrap();
    let mut tx = app.store.begin().await.unwrap();
    let at = (app.clock.now(), "test");
    let version = tx.publish((line.id, line.cas), definition, at).await;
    tx.commit().await.unwrap();
    version.unwrap().unwrap()
}

/// The row of somebody's newest way.
async fn row(stage: &Stage, path: &str) -> RunLine {
    let store = &stage.desk.house.app.store;
    store.runs(id_of(path), None, 1).await.unwrap().remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journey_that_cannot_be_read_any_more_stops_no_other_one() {
    for stage in Stage::both().await {
        let broken = stage.publish(joined(), waits("one")).await;
        let good = stage.publish(joined(), waits("two")).await;
        let ada = stage.desk.house.opt_in(ADA).await;
        stage.go().await;
        let version = force(&stage, &broken, "{\"format\": 99}").await;
        let inside = RunLine {
            id: stage.desk.house.app.clock.id(),
            version,
            ..row(&stage, &broken).await
        };
        let mut tx = stage.desk.house.app.store.begin().await.unwrap();
        tx.enter(&[inside]).await.unwrap();
        tx.commit().await.unwrap();
        let ben = stage.desk.house.opt_in(BEN).await;
        stage.go().await;
        stage.desk.hear(ADA, "1", "Hello").await;
        stage.pass(DAY_MS).await;
        assert_eq!(stage.tags(ada).await, json!(["one", "two"]));
        assert_eq!(stage.tags(ben).await, json!(["two"]), "nobody enters it");
        assert_eq!(stage.newest(&good).await["state"], "ended");
        let lost = stage.newest(&broken).await;
        assert_eq!(lost["state"], "failed", "{lost}");
        let why = "The version that they entered with cannot be read any more.";
        assert_eq!(lost["why"], why, "{lost}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_way_that_cannot_be_read_is_put_off_and_nobody_waits_for_it() {
    for stage in Stage::both().await {
        let path = stage.publish(joined(), waits("late")).await;
        stage.desk.house.opt_in(ADA).await;
        stage.go().await;
        let store = &stage.desk.house.app.store;
        let spoilt = RunLine {
            memory: "{}".to_owned(),
            ..row(&stage, &path).await
        };
        let save = Save {
            run: &spoilt,
            visits: &[],
            effects: &[],
        };
        let mut tx = store.begin().await.unwrap();
        assert!(tx.save_run(save).await.unwrap());
        tx.commit().await.unwrap();
        let ben = stage.desk.house.opt_in(BEN).await;
        stage.go().await;
        stage.pass(DAY_MS).await;
        assert_eq!(stage.tags(ben).await, json!(["late"]));
        let now = stage.desk.house.app.clock.now();
        assert!(store.due_runs(now, 10).await.unwrap().is_empty());
        let later = now.plus_millis(DAY_MS);
        assert_eq!(store.due_runs(later, 10).await.unwrap().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_joins_by_an_opt_in_for_another_channel_or_one_that_is_taken_back_at_once() {
    let stage = Stage::open().await;
    let path = stage.publish(joined(), json!([sale("s1")])).await;
    let app = &stage.desk.house.app;
    let by_sms = Scope {
        channel: Some(Channel::Sms),
        ..Scope::MARKETING
    };
    stage.desk.house.record(BEN, Fact::OptIn(by_sms)).await;
    let ada = stage.desk.house.record(ADA, Fact::Referral).await;
    let policy = policy::current(app).await.unwrap();
    let mut tx = app.store.begin().await.unwrap();
    let mut cast = Cast::gather(app, &mut tx, &[]).await.unwrap();
    cast.admit(&mut tx, &[ada]).await.unwrap();
    for fact in [Fact::OptIn(Scope::MARKETING), Fact::OptOut(Scope::ALL)] {
        let draft = Draft {
            contact: ada,
            fact,
            clock: Clock::Ours,
            at: app.clock.now(),
            evidence: Evidence::default(),
        };
        cast.record(draft).unwrap();
    }
    cast.save(&mut tx, &policy).await.unwrap();
    tx.commit().await.unwrap();
    stage.go().await;
    let page = stage.desk.get(&format!("{path}/runs")).await;
    assert_eq!(page["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_that_came_a_moment_before_a_new_version_is_not_lost() {
    for stage in Stage::both().await {
        let born = json!({"kind": "date", "attribute": "born", "time": "09:00"});
        let tag = json!([{"id": "s1", "kind": "add_tag", "tag": "born"}]);
        let path = stage.publish(born.clone(), tag).await;
        let app = &stage.desk.house.app;
        let mut people = Vec::new();
        for (phone, day) in [(ADA, "2026-11-20"), (BEN, "2026-11-21")] {
            let who = stage.desk.house.opt_in(phone).await;
            let edit = json!({"attributes": {"born": day}});
            let path = format!("/contacts/{who}");
            assert_eq!(
                stage.desk.call("PATCH", &path, &edit).await.status,
                StatusCode::OK
            );
            people.push(who);
        }
        let publish = async || {
            let seen = json!({"cas": stage.desk.get(&path).await["cas"]});
            let live = stage.desk.post(&format!("{path}/publish"), seen).await;
            assert_eq!(live.status, StatusCode::OK, "{}", live.body);
        };
        stage.hand.store(TWO_TO_NINE, Ordering::SeqCst);
        dates::step(app).await.unwrap();
        stage.hand.fetch_add(4 * MINUTE_MS, Ordering::SeqCst);
        publish().await;
        dates::step(app).await.unwrap();
        stage.go().await;
        assert_eq!(stage.tags(people[0]).await, json!(["born"]));
        let stopped = stage.desk.post(&format!("{path}/stop"), json!({})).await;
        assert_eq!(stopped.status, StatusCode::OK);
        stage.hand.fetch_add(DAY_MS, Ordering::SeqCst);
        publish().await;
        dates::step(app).await.unwrap();
        stage.go().await;
        assert_eq!(
            stage.tags(people[1]).await,
            json!([]),
            "their day came while nobody could enter"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_whose_address_is_not_safe_any_more_is_not_called() {
    let stage = Stage::with(|config| {
        config.journeys.webhooks = vec![Webhook {
            name: "crm".to_owned(),
            url: "http://192.0.2.1/hook".to_owned(),
            secret: Secret::made("hook secret".to_owned()),
        }];
    })
    .await;
    let path = stage.publish(joined(), waits("x")).await;
    let steps = json!([{"id": "s1", "kind": "call_webhook", "webhook": "crm"}]);
    force(&stage, &path, &definition(joined(), steps).to_string()).await;
    stage.desk.house.opt_in(ADA).await;
    for _ in 0..500 {
        stage.pass(1_000).await;
        if stage.newest(&path).await["state"] == "failed" {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(stage.newest(&path).await["code"], "webhook_unsafe");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn journeys_that_begin_each_other_and_themselves_come_to_rest() {
    for stage in Stage::both().await {
        let again = async |trigger: Value, steps: Value| {
            let mut body = definition(trigger, steps);
            body["again"] = json!("outside");
            let made = stage
                .desk
                .post("/journeys", json!({"definition": body}))
                .await;
            let path = format!("/journeys/{}", made.body["id"].as_str().unwrap());
            let seen = json!({"cas": made.body["cas"]});
            let live = stage.desk.post(&format!("{path}/publish"), seen).await;
            assert_eq!(live.status, StatusCode::OK, "{}", live.body);
            path
        };
        let swap = |from: &str, to: &str| json!([{"id": "s1", "kind": "remove_tag", "tag": from}, {"id": "s2", "kind": "add_tag", "tag": to}]);
        let tag = |tag: &str| json!({"kind": "tag_added", "tag": tag});
        let ping = again(tag("ping"), swap("ping", "pong")).await;
        let pong = again(tag("pong"), swap("pong", "ping")).await;
        let grow = json!({"kind": "attribute_changed", "attribute": "n"});
        let more =
            json!([{"id": "s1", "kind": "set_attribute", "attribute": "n", "value": "{{n|}}x"}]);
        let grows = again(grow, more).await;
        let ada = stage.desk.house.opt_in(ADA).await;
        let edit = json!({"tags": {"add": ["ping"]}, "attributes": {"n": "x"}});
        let path = format!("/contacts/{ada}");
        stage.desk.call("PATCH", &path, &edit).await;
        stage.go().await;
        let count = async |path: &str| {
            let page = stage.desk.get(&format!("{path}/runs")).await;
            page["items"].as_array().unwrap().len()
        };
        assert_eq!(count(&ping).await + count(&pong).await, 5);
        assert_eq!(count(&grows).await, 5);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_who_drive_at_one_time_send_everything_once() {
    for stage in Stage::both().await {
        let tag = json!({"id": "s2", "kind": "add_tag", "tag": "had_it"});
        let path = stage.publish(joined(), json!([sale("s1"), tag])).await;
        let mut people = Vec::new();
        for n in 0..12 {
            people.push(stage.desk.house.opt_in(&format!("4477009004{n:02}")).await);
        }
        tokio::join!(stage.go(), stage.go());
        stage.pass(10 * MINUTE_MS).await;
        assert_eq!(stage.arrived().await, people.len());
        let counts = &stage.desk.get(&path).await["counts"];
        assert_eq!(counts["ended"], 12, "{counts}");
    }
}

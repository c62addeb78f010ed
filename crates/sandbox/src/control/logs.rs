//! What happened, for tests: arrivals, deliveries, counters, and whether anything is still on its way.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Query, State},
};
use serde_json::{Value, json};

use crate::{app::App, ring::Ring};

const LINES_DEFAULT: usize = 1_000;
const LINES_MAX: usize = 10_000;
const IDLE_DEFAULT_MS: u64 = 5_000;
const IDLE_MAX_MS: u64 = 60_000;
const IDLE_LOOK_MS: u64 = 2;

type Asked = Query<HashMap<String, String>>;

pub async fn state(State(app): State<Arc<App>>) -> Json<Value> {
    let world = app.world();
    Json(json!({
        "base_url": app.base_url(), "business": app.options.business, "accounts": world.accounts,
        "callback": world.callback, "gateway": world.gateway.as_ref().map(|gateway| &gateway.base_url),
        "customers": world.customers.len(), "templates": world.templates.len(), "counts": world.counts,
        "jobs": world.jobs.len(), "webhooks_queued": world.outbox.queued(), "webhooks_in_flight": world.outbox.in_flight,
        "idle": world.is_idle(), "now": app.clock.now(), "simulated_ms": app.clock.simulated_ms(),
    }))
}

/// Oldest first; `after` is a sequence number, `edge`, `verdict`, `to` and `limit` narrow.
pub async fn sent(State(app): State<Arc<App>>, Query(asked): Asked) -> Json<Value> {
    let world = app.world();
    let is = |key: &str, has: &str| asked.get(key).is_none_or(|wanted| wanted == has);
    let to = asked.get("to");
    Json(page(&world.sent, &asked, |line| {
        is("edge", &line.edge)
            && is("verdict", line.verdict.unwrap_or("none"))
            && to.is_none_or(|to| line.body.as_ref().is_some_and(|body| names(body, to)))
    }))
}

fn names(body: &str, to: &str) -> bool {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    ["to", "recipient"]
        .iter()
        .any(|key| crate::json::loose(&body, key).is_some_and(|found| found == to))
}

/// Oldest first; `after` and `limit` narrow.
pub async fn webhooks(State(app): State<Arc<App>>, Query(asked): Asked) -> Json<Value> {
    Json(page(&app.world().outbox.log, &asked, |_| true))
}

fn page<T: serde::Serialize>(
    ring: &Ring<T>,
    asked: &HashMap<String, String>,
    fits: impl Fn(&T) -> bool,
) -> Value {
    let number = |key: &str| asked.get(key).and_then(|text| text.parse::<u64>().ok());
    let limit = number("limit")
        .and_then(|limit| usize::try_from(limit).ok())
        .unwrap_or(LINES_DEFAULT)
        .min(LINES_MAX);
    let first = number("after").map_or(0, |seq| seq + 1);
    let lines = ring
        .iter()
        .filter(|(seq, line)| *seq >= first && fits(line))
        .take(limit);
    let items: Vec<Value> = lines.map(|(seq, line)| with_seq(seq, line)).collect();
    json!({"items": items, "next_seq": ring.next_seq(), "forgotten": ring.forgotten()})
}

fn with_seq<T: serde::Serialize>(seq: u64, line: &T) -> Value {
    let mut value = json!({"seq": seq});
    crate::json::overlay(&mut value, serde_json::to_value(line).unwrap_or_default());
    value
}

/// Answers once every status, webhook and retry is through, or when `timeout_ms` is over.
pub async fn idle(State(app): State<Arc<App>>, Query(asked): Asked) -> Json<Value> {
    let asked_ms = asked
        .get("timeout_ms")
        .and_then(|ms| ms.parse().ok())
        .unwrap_or(IDLE_DEFAULT_MS)
        .min(IDLE_MAX_MS);
    let end_ns = app
        .clock
        .mono_ns()
        .saturating_add(asked_ms.saturating_mul(1_000_000));
    loop {
        let idle = app.world().is_idle();
        if idle || app.clock.mono_ns() >= end_ns || *app.gone.borrow() {
            return Json(json!({"idle": idle}));
        }
        tokio::time::sleep(Duration::from_millis(IDLE_LOOK_MS)).await;
    }
}

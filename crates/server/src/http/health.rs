//! Liveness, readiness and metrics.

use std::sync::{OnceLock, atomic::Ordering};

use axum::{
    Json, Router,
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
    routing::get,
};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde_json::json;

use crate::{app::App, error::Error};

// The recorder of a process is one by the design of the `metrics` crate.
static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();

/// The routes of this door.
pub fn routes() -> Router<App> {
    recorder();
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .route("/metrics", get(measure))
}

/// Counts a request by route, method and status.
pub async fn count(request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let route = path.map_or("unknown", MatchedPath::as_str).to_owned();
    let method = request.method().to_string();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::counter!("consentry_http_requests_total", "route" => route, "method" => method, "status" => status)
        .increment(1);
    response
}

/// Alive: the process answers.
async fn alive() -> Json<serde_json::Value> {
    Json(json!({ "status": "alive" }))
}

/// Ready: the database answers, and templates have been asked for once.
async fn ready(State(app): State<App>) -> Response {
    let mut reasons = Vec::new();
    if app.store.ping().await.is_err() {
        reasons.push("the database does not answer");
    }
    if !app.templates_tried.load(Ordering::Acquire) {
        reasons.push("the templates have not been synchronised yet");
    }
    if reasons.is_empty() {
        return Json(json!({ "status": "ready" })).into_response();
    }
    let body = Json(json!({ "status": "not_ready", "reasons": reasons }));
    (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
}

/// Everything that is counted, as Prometheus reads it.
async fn measure(State(app): State<App>) -> Response {
    if let Err(error) = gauge(&app).await {
        tracing::warn!(%error, "some metrics could not be read");
    }
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    let handle = recorder();
    handle.run_upkeep();
    ([(header::CONTENT_TYPE, kind)], handle.render()).into_response()
}

#[allow(
    clippy::cast_precision_loss,
    reason = "a gauge is a float; counts of rows stay far below 2^53"
)]
async fn gauge(app: &App) -> Result<(), Error> {
    let store = &app.store;
    metrics::gauge!("consentry_contacts").set(store.count_contacts().await? as f64);
    metrics::gauge!("consentry_quarantine_open").set(store.count_quarantine().await? as f64);
    metrics::gauge!("consentry_relay_backlog").set(store.count_relays().await? as f64);
    metrics::gauge!("consentry_log_size").set(store.head().await?.size as f64);
    Ok(())
}

fn recorder() -> &'static PrometheusHandle {
    METRICS.get_or_init(|| {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        // Somebody who embeds us may have a recorder of their own: then theirs counts, and ours shows nothing.
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another recorder of metrics is installed: /metrics stays empty");
        }
        metrics::describe_counter!(
            "consentry_webhook_signature_failures_total",
            "Webhooks whose signature was wrong or missing."
        );
        metrics::counter!("consentry_webhook_signature_failures_total").absolute(0);
        metrics::describe_counter!("consentry_verdicts_total", "Verdicts, by door and code.");
        metrics::describe_counter!(
            "consentry_preference_page_total",
            "Visits of preference pages, by what came of them."
        );
        metrics::describe_counter!(
            "consentry_sms_total",
            "What Twilio sent, by what came of it."
        );
        metrics::describe_counter!(
            "consentry_http_requests_total",
            "Requests, by route and status."
        );
        metrics::describe_gauge!("consentry_contacts", "Contacts that were not erased.");
        metrics::describe_gauge!(
            "consentry_quarantine_open",
            "Webhooks that could not be understood."
        );
        metrics::describe_gauge!(
            "consentry_relay_backlog",
            "Webhooks that wait to be handed on."
        );
        metrics::describe_gauge!(
            "consentry_database_lossy",
            "Ways in which PostgreSQL may lose what we acknowledged."
        );
        metrics::describe_gauge!("consentry_log_size", "Entries of the log.");
        handle
    })
}

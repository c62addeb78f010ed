//! The scene around the people: settings, faults, templates, addresses, the watch.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::{
    app::App,
    control::refuse,
    json,
    options::Gateway,
    outgoing::trick::Trick,
    page::door,
    settings::Settings,
    webhook::{outbox::Update, post},
};

const FORWARD_MAX_MS: i64 = 400 * 24 * 60 * 60 * 1_000;

pub async fn settings(State(app): State<Arc<App>>) -> Json<Settings> {
    Json(app.world().settings.clone())
}

pub async fn change_settings(State(app): State<Arc<App>>, Json(patch): Json<Value>) -> Response {
    let mut world = app.world();
    match world.settings.patched(patch) {
        Ok(new) => {
            if new.webhooks.seed != world.settings.webhooks.seed {
                world.dice = crate::secret::Dice::new(new.webhooks.seed);
            }
            world.settings = new.clone();
            app.bells.post.notify_one();
            Json(new).into_response()
        }
        Err(error) => refuse(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()),
    }
}

pub async fn faults(State(app): State<Arc<App>>) -> Json<Value> {
    Json(json!({"items": app.world().tricks.iter().collect::<Vec<_>>()}))
}

pub async fn add_fault(State(app): State<Arc<App>>, Json(trick): Json<Trick>) -> Response {
    let added = trick
        .check()
        .and_then(|trick| app.world().tricks.add(trick));
    match added {
        Ok(()) => (StatusCode::CREATED, Json(json!({"added": true}))).into_response(),
        Err(why) => refuse(StatusCode::UNPROCESSABLE_ENTITY, why),
    }
}

pub async fn clear_faults(State(app): State<Arc<App>>) -> StatusCode {
    app.world().tricks.clear();
    StatusCode::NO_CONTENT
}

pub async fn direct_template(
    State(app): State<Arc<App>>,
    Path((name, what)): Path<(String, String)>,
    Json(args): Json<Value>,
) -> Response {
    match app.world().direct_template(&name, &what, &args) {
        Ok(done) => Json(done).into_response(),
        Err(why) => refuse(StatusCode::UNPROCESSABLE_ENTITY, why),
    }
}

/// `{"url", "verify"?: true, "verify_token"?}`: with `verify` the address is kept only if it proves itself.
pub async fn set_callback(State(app): State<Arc<App>>, Json(body): Json<Value>) -> Response {
    let url = json::text(&body, "url").map(str::to_owned);
    if let Some(url) = url
        .as_deref()
        .filter(|_| json::field(&body, "verify") == Some(&Value::Bool(true)))
    {
        let token = json::text(&body, "verify_token").unwrap_or(&app.options.verify_token);
        if let Err(why) = post::handshake(&app, url, token).await {
            return refuse(StatusCode::BAD_GATEWAY, why);
        }
    }
    app.world().callback = url.clone();
    app.bells.post.notify_one();
    Json(json!({"callback": url})).into_response()
}

pub async fn set_gateway(State(app): State<Arc<App>>, Json(gateway): Json<Gateway>) -> StatusCode {
    let mut world = app.world();
    world.gateway = Some(gateway);
    world.pulse(None);
    StatusCode::NO_CONTENT
}

/// Webhooks of the caller's making: `updates` (field and value, all in one POST), or a whole `body`.
pub async fn emit(State(app): State<Arc<App>>, Json(body): Json<Value>) -> Response {
    let mut world = app.world();
    if let Some(text) = json::text(&body, "body") {
        let parcel = world.post_raw(Bytes::from(text.to_owned()));
        return Json(json!({"parcel": parcel})).into_response();
    }
    let first = world
        .accounts
        .first()
        .map_or_else(String::new, |account| account.id.clone());
    let read = json::list(&body, "updates").iter().map(|item| {
        Some(Update {
            account: json::text(item, "account").unwrap_or(&first).to_owned(),
            field: json::text(item, "field")?.to_owned(),
            value: json::field(item, "value")?.clone(),
            time: json::field(item, "time").and_then(Value::as_i64),
        })
    });
    let Some(updates) = read
        .collect::<Option<Vec<_>>>()
        .filter(|updates| !updates.is_empty())
    else {
        return refuse(
            StatusCode::UNPROCESSABLE_ENTITY,
            "want `updates`, each with field and value, or `body`",
        );
    };
    world.hold_together();
    updates.into_iter().for_each(|update| world.publish(update));
    Json(json!({"updates": world.release_together()})).into_response()
}

pub async fn clock(State(app): State<Arc<App>>) -> Json<Value> {
    Json(json!({"now": app.clock.now(), "simulated_ms": app.clock.simulated_ms()}))
}

pub async fn advance(State(app): State<Arc<App>>, Json(body): Json<Value>) -> Response {
    let ms = json::field(&body, "advance_ms")
        .and_then(Value::as_i64)
        .filter(|ms| (0..=FORWARD_MAX_MS).contains(ms));
    let Some(ms) = ms else {
        return refuse(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("`advance_ms`: want 0 to {FORWARD_MAX_MS}"),
        );
    };
    let ahead_ms = app.clock.advance(ms);
    Json(json!({"ahead_ms": ahead_ms, "simulated_ms": app.clock.simulated_ms()})).into_response()
}

pub async fn page_link(State(app): State<Arc<App>>) -> Response {
    match door::new_link(&app) {
        Ok(url) => (StatusCode::CREATED, Json(json!({"url": url}))).into_response(),
        Err(error) => refuse(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}

pub async fn reset(State(app): State<Arc<App>>) -> Response {
    match app.world().reset() {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(why) => refuse(StatusCode::INTERNAL_SERVER_ERROR, why),
    }
}

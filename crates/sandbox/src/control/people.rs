//! Customers over the control API: make them, let them act, look at their phones.

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
    app::App, control::refuse, customer::Customer, json, options::NewCustomer, refusal::Refusal,
};

const ACTIONS_MAX: usize = 1_000;

pub async fn list(State(app): State<Arc<App>>) -> Json<Value> {
    let world = app.world();
    Json(json!({"items": world.customers.iter().map(Customer::summary).collect::<Vec<_>>()}))
}

pub async fn create(State(app): State<Arc<App>>, Json(new): Json<NewCustomer>) -> Response {
    match app.world().add_customer(&new).map(Customer::summary) {
        Ok(summary) => (StatusCode::CREATED, Json(summary)).into_response(),
        Err(why) => refuse(StatusCode::UNPROCESSABLE_ENTITY, why),
    }
}

pub async fn show(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let world = app.world();
    let found = world
        .customer(&id)
        .ok_or_else(|| Refusal::Unknown(format!("there is no customer `{id}`")))?;
    Ok(Json(found.summary()))
}

pub async fn remove(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    let mut world = app.world();
    world
        .customer(&id)
        .ok_or_else(|| Refusal::Unknown(format!("there is no customer `{id}`")))?;
    world.customers.retain(|customer| customer.id != id);
    world.pulse(None);
    Ok(StatusCode::NO_CONTENT)
}

pub async fn act(
    State(app): State<Arc<App>>,
    Path((id, action)): Path<(String, String)>,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let args = if body.is_empty() {
        json!({})
    } else {
        serde_json::from_slice(&body)
            .map_err(|e| Refusal::Wrong(format!("the body is not JSON: {e}")))?
    };
    let args = with_base(&app, args);
    Ok(Json(app.world().act(&id, &action, &args)?))
}

pub async fn messages(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let world = app.world();
    let found = world
        .customer(&id)
        .ok_or_else(|| Refusal::Unknown(format!("there is no customer `{id}`")))?;
    Ok(Json(json!({"items": found.chat})))
}

/// Several actions whose webhooks share one POST. The first that is refused ends the batch; what was done is told.
pub async fn batch(State(app): State<Arc<App>>, Json(body): Json<Value>) -> Response {
    let actions = json::list(&body, "actions");
    if actions.is_empty() || actions.len() > ACTIONS_MAX {
        return refuse(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("`actions`: want 1 to {ACTIONS_MAX}"),
        );
    }
    let mut world = app.world();
    world.hold_together();
    let mut results = Vec::new();
    let mut refused = None;
    for action in actions {
        let (who, verb) = (
            json::text(action, "customer").unwrap_or_default(),
            json::text(action, "do").unwrap_or_default(),
        );
        match world.act(who, verb, &with_base(&app, action.clone())) {
            Ok(done) => results.push(done),
            Err(refusal) => {
                refused = Some(refusal);
                break;
            }
        }
    }
    let updates = world.release_together();
    drop(world);
    match refused {
        Some(refusal) => refusal.into_response(),
        None => Json(json!({"results": results, "updates": updates})).into_response(),
    }
}

/// Pictures are fetched from the simulator itself.
fn with_base(app: &App, mut args: Value) -> Value {
    if let Some(args) = args.as_object_mut() {
        args.insert("base_url".to_owned(), json!(app.base_url()));
    }
    args
}

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
    app::App, camera, control::refuse, customer::Customer, json, options::NewCustomer,
    refusal::Refusal,
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
    Ok(Json(world.known(&id)?.summary()))
}

pub async fn remove(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    let mut world = app.world();
    world.known(&id)?;
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
    let args = prepared(&app, &action, args).await?;
    Ok(Json(app.world().act(&id, &action, &args)?))
}

pub async fn messages(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let world = app.world();
    Ok(Json(json!({"items": world.known(&id)?.chat})))
}

/// Several actions whose webhooks share one POST. The first that is refused ends the batch; what was done is told.
pub async fn batch(
    State(app): State<Arc<App>>,
    Json(body): Json<Value>,
) -> Result<Response, Refusal> {
    let actions = json::list(&body, "actions");
    if actions.is_empty() || actions.len() > ACTIONS_MAX {
        return Err(Refusal::Wrong(format!(
            "`actions`: want 1 to {ACTIONS_MAX}"
        )));
    }
    let mut all = Vec::new();
    for action in actions {
        let verb = json::text(action, "do").unwrap_or_default();
        all.push((verb, prepared(&app, verb, action.clone()).await?));
    }
    let mut world = app.world();
    world.hold_together();
    let mut results = Vec::new();
    let mut refused = None;
    for (verb, args) in &all {
        let who = json::text(args, "customer").unwrap_or_default();
        match world.act(who, verb, args) {
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
        Some(refusal) => Err(refusal),
        None => Ok(Json(json!({"results": results, "updates": updates})).into_response()),
    }
}

/// Pictures that are sent are fetched from the simulator itself; those that are scanned are read before the world waits.
async fn prepared(app: &App, action: &str, mut args: Value) -> Result<Value, Refusal> {
    if let Some(args) = args.as_object_mut() {
        args.insert("base_url".to_owned(), json!(app.base_url()));
    }
    if action == "scan" {
        args = camera::look(args).await?;
    }
    Ok(args)
}

//! `/{account}/subscribed_apps`: without it an account is silent; an override takes its `messages` elsewhere.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
};
use serde_json::{Value, json};

use crate::{
    app::App,
    cloud::{fault::Fault, node::Caller, templates::known},
    json,
    webhook::{outbox::Subscription, post},
};

const APP_ID: &str = "709900000000001";
const CALLBACK_MAX: usize = 200;

pub async fn list(
    State(app): State<Arc<App>>,
    Path((_, account)): Path<(String, String)>,
    _caller: Caller,
) -> Result<Json<Value>, Fault> {
    let world = app.world();
    known(&world, &account)?;
    let data: Vec<Value> = world.subscriptions.get(&account).into_iter().map(|subscription| {
        let mut line = json!({"whatsapp_business_api_data": {"id": APP_ID, "link": app.base_url(), "name": "Sandbox app"}});
        if let Some(url) = &subscription.override_callback {
            json::overlay(&mut line, json!({"override_callback_uri": url}));
        }
        line
    }).collect();
    Ok(Json(json!({"data": data})))
}

pub async fn subscribe(
    State(app): State<Arc<App>>,
    Path((_, account)): Path<(String, String)>,
    _caller: Caller,
    body: Bytes,
) -> Result<Json<Value>, Fault> {
    known(&app.world(), &account)?;
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let url = json::text(&body, "override_callback_uri").map(str::to_owned);
    if let Some(url) = &url {
        if url.len() > CALLBACK_MAX {
            return Err(Fault::invalid(format!(
                "override_callback_uri: want at most {CALLBACK_MAX} characters"
            )));
        }
        let token = json::text(&body, "verify_token")
            .ok_or_else(|| Fault::invalid("the parameter verify_token is required"))?;
        let proved = post::handshake(&app, url, token).await;
        proved.map_err(|why| Fault {
            code: 2_200,
            ..Fault::invalid(format!("callback verification failed: {why}"))
        })?;
    }
    app.world().subscriptions.insert(
        account,
        Subscription {
            override_callback: url,
        },
    );
    Ok(Json(json!({"success": true})))
}

pub async fn unsubscribe(
    State(app): State<Arc<App>>,
    Path((_, account)): Path<(String, String)>,
    _caller: Caller,
) -> Result<Json<Value>, Fault> {
    let mut world = app.world();
    known(&world, &account)?;
    world.subscriptions.remove(&account);
    Ok(Json(json!({"success": true})))
}

//! The control API under `/sandbox`: people, what they do, what goes wrong, and the logs. README.md has the table.

pub mod guard;
mod logs;
mod people;
mod scene;

use std::sync::Arc;

use axum::{
    Json, Router,
    http::StatusCode,
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::json;

use crate::{app::App, refusal::Refusal};

pub fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .route("/state", get(logs::state))
        .route("/sent", get(logs::sent))
        .route("/webhooks", get(logs::webhooks))
        .route("/webhooks/emit", post(scene::emit))
        .route("/idle", get(logs::idle))
        .route("/customers", get(people::list).post(people::create))
        .route("/customers/{id}", get(people::show).delete(people::remove))
        .route("/customers/{id}/{action}", post(people::act))
        .route("/phones/{id}/messages", get(people::messages))
        .route("/batch", post(people::batch))
        .route(
            "/settings",
            get(scene::settings).patch(scene::change_settings),
        )
        .route(
            "/faults",
            get(scene::faults)
                .post(scene::add_fault)
                .delete(scene::clear_faults),
        )
        .route("/templates/{name}/{what}", post(scene::direct_template))
        .route("/callback", post(scene::set_callback))
        .route("/gateway", post(scene::set_gateway))
        .route("/clock", get(scene::clock).post(scene::advance))
        .route("/page_link", post(scene::page_link))
        .route("/reset", post(scene::reset))
        .layer(middleware::from_fn_with_state(
            app.clone(),
            guard::holder_of_the_token,
        ))
}

/// `{"error": ...}` with a sentence.
pub fn refuse(status: StatusCode, why: impl Into<String>) -> Response {
    (status, Json(json!({"error": why.into()}))).into_response()
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Unknown(why) => refuse(StatusCode::NOT_FOUND, why),
            Self::Wrong(why) => refuse(StatusCode::UNPROCESSABLE_ENTITY, why),
            Self::Conflict(why) => refuse(StatusCode::CONFLICT, why),
        }
    }
}

//! The settings of the flows: which answers go out, and in which words.

use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    flows::Flows,
    http::{
        auth::{Admin, Reader},
        body::{JsonBody, parse},
        problem::{Kind, Problem},
    },
    services::flows::setting,
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show, replace))
}

/// The version that a caller saw, where the body says it.
#[derive(Deserialize)]
struct Seen {
    version: Option<i64>,
}

/// The settings in force.
#[utoipa::path(get, path = "/api/v1/flows", tag = "flows", responses((status = 200, body = Flows)))]
async fn show(State(app): State<App>, _: Reader) -> Result<Json<Flows>, Problem> {
    Ok(Json(setting::current(&app).await?.as_ref().clone()))
}

/// Puts settings in force. Absent members take their defaults; a `version` other than the current one is a conflict.
#[utoipa::path(put, path = "/api/v1/flows", tag = "flows", request_body = Flows,
    responses((status = 200, body = Flows)))]
async fn replace(
    State(app): State<App>,
    Admin(caller): Admin,
    body: JsonBody<Flows>,
) -> Result<Json<Flows>, Problem> {
    let current = setting::current(&app).await?.version;
    let seen = parse::<Seen>(&body.bytes)?.version.unwrap_or(current);
    if seen != current {
        let detail =
            format!("version `{seen}` is not in force: version {current} is, read it again");
        return Err(Problem::of(Kind::Conflict, detail).at("version"));
    }
    let replaced = setting::replace(&app, body.value, &caller.name).await?;
    Ok(Json(replaced.as_ref().clone()))
}

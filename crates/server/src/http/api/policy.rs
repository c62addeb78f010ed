//! The policy in force.

use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    http::{
        auth::{Admin, Reader},
        body::{JsonBody, parse},
        problem::{Kind, Problem},
    },
    services::{
        dry_run::{self, DryRun},
        policy,
        policy_json::{self, PolicyBody},
    },
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show, replace))
        .routes(routes!(dry_run))
}

/// The version that a caller saw, where the body says it.
#[derive(Deserialize)]
struct Seen {
    version: Option<u64>,
}

/// The policy in force.
#[utoipa::path(get, path = "/api/v1/policy", tag = "policy", responses((status = 200, body = PolicyBody)))]
async fn show(State(app): State<App>, _: Reader) -> Result<Json<PolicyBody>, Problem> {
    Ok(Json(policy_json::body(&*policy::current(&app).await?)))
}

/// Puts a policy in force. Absent members take their defaults; a `version` other than the current one is a conflict.
#[utoipa::path(put, path = "/api/v1/policy", tag = "policy", request_body = PolicyBody,
    responses((status = 200, body = PolicyBody)))]
async fn replace(
    State(app): State<App>,
    Admin(caller): Admin,
    body: JsonBody<PolicyBody>,
) -> Result<Json<PolicyBody>, Problem> {
    let new = policy::read(&app, &body.value).await?;
    let current = policy::current(&app).await?.version;
    let seen = parse::<Seen>(&body.bytes)?.version.unwrap_or(current);
    if seen != current {
        let detail =
            format!("version `{seen}` is not in force: version {current} is, read it again");
        return Err(Problem::of(Kind::Conflict, detail).at("version"));
    }
    let replaced = policy::replace(&app, new, &caller.name).await?;
    Ok(Json(policy_json::body(&replaced)))
}

/// What a policy would change about marketing, over all contacts. Quiet hours are left out.
#[utoipa::path(post, path = "/api/v1/policy/dry-run", tag = "policy", request_body = PolicyBody,
    responses((status = 200, body = DryRun)))]
async fn dry_run(
    State(app): State<App>,
    _: Admin,
    body: JsonBody<PolicyBody>,
) -> Result<Json<DryRun>, Problem> {
    let new = policy::read(&app, &body.value).await?;
    Ok(Json(dry_run::run(&app, &new).await?))
}

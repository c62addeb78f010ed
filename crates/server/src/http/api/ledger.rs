//! The log, for people who do not trust us.

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use consent::id::EventId;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    app::App,
    error::Error,
    http::{
        auth::{Admin, Reader},
        body::{Path, Query},
        problem::Problem,
    },
    services::{
        keys::{Caller, Role},
        proof::{self, OpenedProof},
        verification::{self, VerificationAnswer},
    },
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(checkpoint))
        .routes(routes!(key))
        .routes(routes!(of_event))
        .routes(routes!(tile))
        .routes(routes!(verification, verify))
}

/// What a proof is to carry.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ProofQuery {
    /// Whether to give JSON with what opens the leaf. Needs the role `admin`.
    opening: Option<bool>,
}

/// The newest checkpoint: a signed note as C2SP tlog-checkpoint writes it.
#[utoipa::path(get, path = "/api/v1/ledger/checkpoint", tag = "ledger",
    responses((status = 200, body = String, content_type = "text/plain")))]
async fn checkpoint(State(app): State<App>, _: Reader) -> Result<String, Problem> {
    Ok(proof::checkpoint(&app).await?.note)
}

/// The key that checkpoints are signed with.
#[utoipa::path(get, path = "/api/v1/ledger/key", tag = "ledger",
    responses((status = 200, body = String, content_type = "text/plain")))]
async fn key(State(app): State<App>, _: Reader) -> String {
    format!("{}\n", proof::key(&app))
}

/// The proof that an event stands in the log: C2SP tlog-proof text whose `extra` is the leaf.
#[utoipa::path(get, path = "/api/v1/ledger/proof/{event}", tag = "ledger",
    params(("event" = String, Path), ProofQuery),
    responses((status = 200, content((String = "text/plain"), (OpenedProof = "application/json")))))]
async fn of_event(
    State(app): State<App>,
    Reader(caller): Reader,
    Path(event): Path<Uuid>,
    Query(query): Query<ProofQuery>,
) -> Result<Response, Problem> {
    let event = EventId::new(event);
    if query.opening.unwrap_or(false) {
        let () = may_open(&caller)?;
        return Ok(Json(proof::opened(&app, event).await?).into_response());
    }
    Ok(proof::of_event(&app, event).await?.into_response())
}

/// A tile of hashes, or with `entries/` a bundle of leaves, as C2SP tlog-tiles names them.
#[utoipa::path(get, path = "/api/v1/ledger/tile/{*path}", tag = "ledger",
    params(("path" = String, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream")))]
async fn tile(
    State(app): State<App>,
    _: Reader,
    Path(path): Path<String>,
) -> Result<Response, Problem> {
    let bytes = proof::resource(&app, &format!("tile/{path}")).await?;
    let forever = HeaderValue::from_static("private, max-age=31536000, immutable");
    let kind = HeaderValue::from_static("application/octet-stream");
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, forever),
    ];
    Ok((headers, bytes).into_response())
}

/// How far the proof of everything is that was asked for last, or what came of it.
#[utoipa::path(get, path = "/api/v1/ledger/verify", tag = "ledger",
    responses((status = 200, body = VerificationAnswer)))]
async fn verification(State(app): State<App>, _: Reader) -> Json<VerificationAnswer> {
    Json(verification::answer(&app))
}

/// Begins to prove everything: each row against the log. One runs at a time.
#[utoipa::path(post, path = "/api/v1/ledger/verify", tag = "ledger",
    responses((status = 202, body = VerificationAnswer)))]
async fn verify(State(app): State<App>, _: Admin) -> (StatusCode, Json<VerificationAnswer>) {
    verification::start(&app);
    (StatusCode::ACCEPTED, Json(verification::answer(&app)))
}

/// What opens a leaf names a person.
fn may_open(caller: &Caller) -> Result<(), Error> {
    if caller.role == Role::Admin {
        Ok(())
    } else {
        Err(Error::Forbidden(Role::Admin.word()))
    }
}

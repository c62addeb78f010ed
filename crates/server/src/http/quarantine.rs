//! What could not be understood: to look at, and to try again.

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};
use store::inbox::QuarantineLine;
use uuid::Uuid;

use crate::{
    app::App,
    clock::rfc3339,
    error::Error,
    services::{
        keys::{self, Role},
        quarantine,
    },
};

/// How many a page shows when nobody says.
const PAGE: u32 = 50;

/// The routes of this door.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/quarantine", get(list))
        .route("/api/v1/quarantine/{id}", get(one))
        .route("/api/v1/quarantine/{id}/retry", post(retry))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    cursor: Option<Uuid>,
    limit: Option<u32>,
}

async fn list(
    State(app): State<App>,
    headers: HeaderMap,
    Query(page): Query<Page>,
) -> Result<Json<Value>, Fault> {
    allowed(&app, &headers, Role::Read).await?;
    let limit = page.limit.unwrap_or(PAGE).clamp(1, quarantine::PAGE_MAX);
    let lines = quarantine::list(&app, page.cursor, limit).await?;
    let next = lines
        .last()
        .filter(|_| u32::try_from(lines.len()).is_ok_and(|count| count == limit));
    let items: Vec<Value> = lines.iter().map(item).collect();
    Ok(Json(
        json!({ "items": items, "next": next.map(|line| line.id) }),
    ))
}

async fn one(
    State(app): State<App>,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
) -> Result<Json<Value>, Fault> {
    allowed(&app, &headers, Role::Admin).await?;
    let part = quarantine::one(&app, id).await?;
    let mut shown = item(&part.line);
    if let Some(shown) = shown.as_object_mut() {
        shown.insert("raw".to_owned(), json!(part.text));
    }
    Ok(Json(shown))
}

async fn retry(
    State(app): State<App>,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
) -> Result<Json<Value>, Fault> {
    allowed(&app, &headers, Role::Admin).await?;
    let line = quarantine::retry(&app, id).await?;
    Ok(Json(item(&line)))
}

fn item(line: &QuarantineLine) -> Value {
    json!({
        "id": line.id,
        "received_at": rfc3339(line.received),
        "sha256": hex::encode(&line.sha256),
        "path": line.path,
        "reason": line.reason,
        "state": line.state,
        "retried_at": line.retried.map(rfc3339),
    })
}

async fn allowed(app: &App, headers: &HeaderMap, least: Role) -> Result<(), Error> {
    let header = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let key = header
        .and_then(|value| value.strip_prefix("Bearer "))
        .ok_or(Error::Unauthorized)?;
    let caller = keys::authenticate(app, key.trim()).await?;
    if caller.role >= least {
        Ok(())
    } else {
        Err(Error::Forbidden(least.word()))
    }
}

struct Fault(Error);

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let (status, kind) = match &self.0 {
            Error::Invalid { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
            Error::Unauthorized => (StatusCode::UNAUTHORIZED, "unauthorized"),
            Error::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden"),
            Error::NotFound(_) => (StatusCode::NOT_FOUND, "not_found"),
            Error::Conflict(_) => (StatusCode::CONFLICT, "conflict"),
            Error::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            Error::Internal(cause) => {
                tracing::error!(?cause, "request failed");
                (StatusCode::INTERNAL_SERVER_ERROR, "internal")
            }
        };
        let body = json!({ "type": kind, "title": self.0.to_string(), "status": status.as_u16() });
        (
            status,
            [(header::CONTENT_TYPE, "application/problem+json")],
            body.to_string(),
        )
            .into_response()
    }
}

//! What could not be understood: to look at, and to try again.

use axum::{Json, extract::State};
use serde::Serialize;
use store::inbox::QuarantineLine;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    app::App,
    clock::rfc3339,
    http::{
        auth::{Admin, Reader},
        body::{Path, Query},
        page::{self, Page, PageQuery},
        problem::Problem,
    },
    services::quarantine,
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(one))
        .routes(routes!(retry))
}

/// A part of a signed body that could not be understood.
#[derive(Debug, Serialize, ToSchema)]
struct QuarantineAnswer {
    /// Its id.
    id: String,
    /// When it came.
    received_at: String,
    /// SHA-256 of the whole body.
    sha256: String,
    /// Where in the body it stood.
    path: String,
    /// Why it was not understood.
    reason: String,
    /// `open` or `done`.
    state: String,
    /// When it was last tried again.
    retried_at: Option<String>,
    /// The part itself; only where one is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<String>,
}

impl From<&QuarantineLine> for QuarantineAnswer {
    fn from(line: &QuarantineLine) -> Self {
        Self {
            id: line.id.to_string(),
            received_at: rfc3339(line.received),
            sha256: hex::encode(&line.sha256),
            path: line.path.clone(),
            reason: line.reason.clone(),
            state: line.state.clone(),
            retried_at: line.retried.map(rfc3339),
            raw: None,
        }
    }
}

/// What could not be understood, newest first.
#[utoipa::path(get, path = "/api/v1/quarantine", tag = "quarantine", params(PageQuery),
    responses((status = 200, body = Page<QuarantineAnswer>)))]
async fn list(
    State(app): State<App>,
    _: Reader,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<QuarantineAnswer>>, Problem> {
    let limit = page::limit(query.limit)?;
    let after = query.cursor.as_deref().map(page::read_cursor).transpose()?;
    let lines = quarantine::list(&app, after, limit + 1).await?;
    let items = lines.iter().map(QuarantineAnswer::from).collect();
    Ok(Json(Page::cut(items, limit, |item: &QuarantineAnswer| {
        item.id.clone()
    })))
}

/// One of them, with the part itself.
#[utoipa::path(get, path = "/api/v1/quarantine/{id}", tag = "quarantine", params(("id" = String, Path)),
    responses((status = 200, body = QuarantineAnswer)))]
async fn one(
    State(app): State<App>,
    _: Admin,
    Path(id): Path<Uuid>,
) -> Result<Json<QuarantineAnswer>, Problem> {
    let part = quarantine::one(&app, id).await?;
    let raw = Some(part.text);
    Ok(Json(QuarantineAnswer {
        raw,
        ..QuarantineAnswer::from(&part.line)
    }))
}

/// Reads it again, with today's reader. What is understood now is in force when this answers.
#[utoipa::path(post, path = "/api/v1/quarantine/{id}/retry", tag = "quarantine", params(("id" = String, Path)),
    responses((status = 200, body = QuarantineAnswer)))]
async fn retry(
    State(app): State<App>,
    _: Admin,
    Path(id): Path<Uuid>,
) -> Result<Json<QuarantineAnswer>, Problem> {
    let line = quarantine::retry(&app, id).await?;
    Ok(Json(QuarantineAnswer::from(&line)))
}

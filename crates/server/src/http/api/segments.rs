//! Segments: kept, counted, and who is in them.

use axum::{Json, extract::State, http::StatusCode};
use consent::id::ContactId;
use store::segment;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    app::App,
    http::{
        auth::{Admin, Reader},
        body::{JsonBody, Path, Query},
        page::{self, Page, PageQuery},
        problem::Problem,
    },
    services::{
        contacts::ContactAnswer,
        segments::{self, CountAnswer, CountBody, SegmentAnswer, SegmentBody},
    },
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(count))
        .routes(routes!(show, change, remove))
        .routes(routes!(contacts))
}

/// Segments: those that are always there, then the others by name.
#[utoipa::path(get, path = "/api/v1/segments", tag = "segments", params(PageQuery),
    responses((status = 200, body = Page<SegmentAnswer>)))]
async fn list(
    State(app): State<App>,
    _: Reader,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<SegmentAnswer>>, Problem> {
    let limit = page::limit(query.limit)?;
    let items = segments::list(&app).await?;
    Ok(Json(Page::slice(items, query.cursor.as_deref(), limit)?))
}

/// Makes a segment.
#[utoipa::path(post, path = "/api/v1/segments", tag = "segments", request_body = SegmentBody,
    responses((status = 201, body = SegmentAnswer)))]
async fn create(
    State(app): State<App>,
    Admin(caller): Admin,
    body: JsonBody<SegmentBody>,
) -> Result<(StatusCode, Json<SegmentAnswer>), Problem> {
    let made = segments::create(&app, &body.value, &caller.name).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Counts who meets a condition now; nothing is kept.
#[utoipa::path(post, path = "/api/v1/segments/count", tag = "segments", request_body = CountBody,
    responses((status = 200, body = CountAnswer)))]
async fn count(
    State(app): State<App>,
    _: Reader,
    body: JsonBody<CountBody>,
) -> Result<Json<CountAnswer>, Problem> {
    Ok(Json(segments::count(&app, &body.value.condition).await?))
}

/// A segment, counted now.
#[utoipa::path(get, path = "/api/v1/segments/{id}", tag = "segments", params(("id" = String, Path)),
    responses((status = 200, body = SegmentAnswer)))]
async fn show(
    State(app): State<App>,
    _: Reader,
    Path(id): Path<String>,
) -> Result<Json<SegmentAnswer>, Problem> {
    Ok(Json(segments::show(&app, &id).await?))
}

/// Changes a segment.
#[utoipa::path(put, path = "/api/v1/segments/{id}", tag = "segments", params(("id" = String, Path)),
    request_body = SegmentBody, responses((status = 200, body = SegmentAnswer)))]
async fn change(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(id): Path<String>,
    body: JsonBody<SegmentBody>,
) -> Result<Json<SegmentAnswer>, Problem> {
    let changed = segments::change(&app, &id, &body.value, &caller.name).await?;
    Ok(Json(changed))
}

/// Removes a segment; the people in it stay.
#[utoipa::path(delete, path = "/api/v1/segments/{id}", tag = "segments", params(("id" = String, Path)),
    responses((status = 204)))]
async fn remove(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    segments::remove(&app, &id, &caller.name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who is in a segment now, oldest first.
#[utoipa::path(get, path = "/api/v1/segments/{id}/contacts", tag = "segments",
    params(("id" = String, Path), PageQuery), responses((status = 200, body = Page<ContactAnswer>)))]
async fn contacts(
    State(app): State<App>,
    _: Reader,
    Path(id): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<ContactAnswer>>, Problem> {
    let limit = page::limit(query.limit)?;
    let after: Option<Uuid> = query.cursor.as_deref().map(page::read_cursor).transpose()?;
    let page = segment::Page {
        after: after.map(ContactId::new),
        limit: limit + 1,
    };
    let items = segments::contacts(&app, &id, &page).await?;
    Ok(Json(Page::cut(items, limit, |item| item.id.clone())))
}

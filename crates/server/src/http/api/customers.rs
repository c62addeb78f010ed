//! What staff does with customers: the table, the switch and its evidence, many at once, one at a glance, and everything of one.

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use consent::id::ContactId;
use jiff::tz::TimeZone;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::contacts::filter;
use crate::{
    app::App,
    http::{
        auth::{Admin, Reader},
        body::{JsonBody, Path, Query, read_all},
        page::{Page, PageQuery},
        problem::Problem,
    },
    services::{
        bulk::{self, BulkAnswer, BulkBody},
        customer::{self, Export, Glance, GlanceQuery},
        enclosures::{self, FILE_BYTES_MAX, FileAnswer},
        record::Recorded,
        roster::{self, Row, ask::FilterBody},
        switch::{self, SwitchBody},
    },
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(table))
        .routes(routes!(many))
        .routes(routes!(set))
        .routes(routes!(keep, files))
        .routes(routes!(file))
        .routes(routes!(glance))
        .routes(routes!(export))
}

/// The name of a file.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct NameQuery {
    /// The name of the file.
    name: String,
}

/// The table of customers, newest changed first: both states, each with since when and how.
#[utoipa::path(get, path = "/api/v1/contacts/table", tag = "contacts", params(FilterBody, PageQuery),
    responses((status = 200, body = Page<Row>)))]
async fn table(
    State(app): State<App>,
    _: Reader,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Json<Page<Row>>, Problem> {
    let page = roster::page(&app, &filter(&app, query).await?).await?;
    Ok(Json(Page {
        items: page.rows,
        next: page.next.map(|place| place.to_string()),
    }))
}

/// Does one thing to everybody whom a filter means. Without `expect` nothing is done but counting; with it everything, when
/// the count is still that.
#[utoipa::path(post, path = "/api/v1/contacts/bulk", tag = "contacts", request_body = BulkBody,
    responses((status = 200, body = BulkAnswer)))]
async fn many(
    State(app): State<App>,
    Admin(caller): Admin,
    body: JsonBody<BulkBody>,
) -> Result<Json<BulkAnswer>, Problem> {
    let done = bulk::run(&app, &body.value, &TimeZone::UTC, &caller.name).await?;
    Ok(Json(done))
}

/// Sets our side of one contact. Opting in needs evidence: its source, and the wording or a file. Opting out needs nothing.
#[utoipa::path(put, path = "/api/v1/contacts/{id}/consent", tag = "contacts", params(("id" = String, Path)),
    request_body = SwitchBody, responses((status = 201, body = Recorded)))]
async fn set(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(id): Path<Uuid>,
    body: JsonBody<SwitchBody>,
) -> Result<(StatusCode, Json<Recorded>), Problem> {
    let recorded = switch::set(&app, ContactId::new(id), &body.value, &caller.name).await?;
    Ok((StatusCode::CREATED, Json(recorded)))
}

/// Keeps a file that proves an opt-in of a contact: the body is the file.
#[utoipa::path(post, path = "/api/v1/contacts/{id}/files", tag = "contacts", params(("id" = String, Path), NameQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = FileAnswer)))]
async fn keep(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(id): Path<Uuid>,
    Query(query): Query<NameQuery>,
    request: Request,
) -> Result<(StatusCode, Json<FileAnswer>), Problem> {
    let bytes = read_all(request.into_body(), FILE_BYTES_MAX).await?;
    let file = (query.name.as_str(), &*bytes);
    let kept = enclosures::keep(&app, ContactId::new(id), file, &caller.name).await?;
    Ok((StatusCode::CREATED, Json(kept)))
}

/// The files that prove opt-ins of a contact, the oldest first.
#[utoipa::path(get, path = "/api/v1/contacts/{id}/files", tag = "contacts", params(("id" = String, Path)),
    responses((status = 200, body = Page<FileAnswer>)))]
async fn files(
    State(app): State<App>,
    _: Reader,
    Path(id): Path<Uuid>,
) -> Result<Json<Page<FileAnswer>>, Problem> {
    let items = enclosures::list(&app, ContactId::new(id)).await?;
    Ok(Json(Page { items, next: None }))
}

/// A file that proves an opt-in, by its SHA-256: to be saved, never shown.
#[utoipa::path(get, path = "/api/v1/contacts/{id}/files/{sha256}", tag = "contacts",
    params(("id" = String, Path), ("sha256" = String, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream")))]
async fn file(
    State(app): State<App>,
    _: Reader,
    Path((id, sha256)): Path<(Uuid, String)>,
) -> Result<Response, Problem> {
    let file = enclosures::open(&app, ContactId::new(id), &sha256).await?;
    let kind = HeaderValue::from_static(file.kind);
    let saved = HeaderValue::from_static("attachment");
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, saved),
    ];
    Ok((headers, file.bytes).into_response())
}

/// The state of a contact by topic, channel and number at a glance; now or at a past moment.
#[utoipa::path(get, path = "/api/v1/contacts/{id}/glance", tag = "contacts",
    params(("id" = String, Path), GlanceQuery), responses((status = 200, body = Glance)))]
async fn glance(
    State(app): State<App>,
    _: Reader,
    Path(id): Path<Uuid>,
    Query(query): Query<GlanceQuery>,
) -> Result<Json<Glance>, Problem> {
    Ok(Json(
        customer::glance(&app, ContactId::new(id), &query).await?,
    ))
}

/// Everything that is kept of a contact, as one document. That it was handed out is kept in the log.
#[utoipa::path(get, path = "/api/v1/contacts/{id}/export", tag = "contacts", params(("id" = String, Path)),
    responses((status = 200, body = Export)))]
async fn export(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(id): Path<Uuid>,
) -> Result<Json<Export>, Problem> {
    Ok(Json(
        customer::export(&app, ContactId::new(id), &caller.name).await?,
    ))
}

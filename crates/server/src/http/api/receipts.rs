//! Receipts: what people agreed to, shaped after ISO/IEC TS 27560, with what makes it provable.

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use consent::id::{ContactId, EventId};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    app::App,
    http::{
        auth::Reader,
        body::{Path, Query},
        page::{self, Page, PageQuery},
        problem::Problem,
    },
    services::receipts::{self, document::Receipt},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(schema))
}

/// A receipt for each consent of a contact, newest consent first.
#[utoipa::path(get, path = "/api/v1/contacts/{id}/receipts", tag = "receipts",
    params(("id" = String, Path), PageQuery), responses((status = 200, body = Page<Receipt>)))]
async fn list(
    State(app): State<App>,
    _: Reader,
    Path(id): Path<Uuid>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Receipt>>, Problem> {
    let limit = page::limit(query.limit)?;
    let all = receipts::of_contact(&app, ContactId::new(id)).await?;
    Ok(Json(Page::slice(all, query.cursor.as_deref(), limit)?))
}

/// The receipt for one consent: `event` is the opt-in.
#[utoipa::path(get, path = "/api/v1/contacts/{id}/receipts/{event}", tag = "receipts",
    params(("id" = String, Path), ("event" = String, Path)), responses((status = 200, body = Receipt)))]
async fn show(
    State(app): State<App>,
    _: Reader,
    Path((id, event)): Path<(Uuid, Uuid)>,
) -> Result<Json<Receipt>, Problem> {
    let receipt = receipts::one(&app, ContactId::new(id), EventId::new(event)).await?;
    Ok(Json(receipt))
}

/// The JSON schema that every receipt keeps to (draft 2020-12). Needs no key.
#[utoipa::path(get, path = "/api/v1/receipts/schema", tag = "receipts", security(()),
    responses((status = 200, body = Object, content_type = "application/schema+json")))]
async fn schema() -> Response {
    let kind = HeaderValue::from_static("application/schema+json");
    ([(header::CONTENT_TYPE, kind)], receipts::JSON_SCHEMA).into_response()
}

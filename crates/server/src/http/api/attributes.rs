//! Attributes, and what kind of value each holds.

use axum::{Json, extract::State, http::StatusCode};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    http::{
        auth::{Admin, Reader},
        body::{JsonBody, Path, Query},
        page::{self, Page, PageQuery},
        problem::Problem,
    },
    services::attributes::{self, AttributeAnswer, KindBody},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show, set, forget))
}

/// Attributes that have a kind or that somebody has, by name.
#[utoipa::path(get, path = "/api/v1/attributes", tag = "attributes", params(PageQuery),
    responses((status = 200, body = Page<AttributeAnswer>)))]
async fn list(
    State(app): State<App>,
    _: Reader,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<AttributeAnswer>>, Problem> {
    let limit = page::limit(query.limit)?;
    let items = attributes::list(&app).await?;
    Ok(Json(Page::slice(items, query.cursor.as_deref(), limit)?))
}

/// An attribute, with how many values do not fit its kind.
#[utoipa::path(get, path = "/api/v1/attributes/{key}", tag = "attributes", params(("key" = String, Path)),
    responses((status = 200, body = AttributeAnswer)))]
async fn show(
    State(app): State<App>,
    _: Reader,
    Path(key): Path<String>,
) -> Result<Json<AttributeAnswer>, Problem> {
    Ok(Json(attributes::show(&app, &key).await?))
}

/// Says what kind of value an attribute holds.
#[utoipa::path(put, path = "/api/v1/attributes/{key}", tag = "attributes", params(("key" = String, Path)),
    request_body = KindBody, responses((status = 200, body = AttributeAnswer)))]
async fn set(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(key): Path<String>,
    body: JsonBody<KindBody>,
) -> Result<Json<AttributeAnswer>, Problem> {
    let answer = attributes::set(&app, &key, &body.value, &caller.name).await?;
    Ok(Json(answer))
}

/// Forgets what kind of value an attribute holds; the values stay.
#[utoipa::path(delete, path = "/api/v1/attributes/{key}", tag = "attributes", params(("key" = String, Path)),
    responses((status = 204)))]
async fn forget(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(key): Path<String>,
) -> Result<StatusCode, Problem> {
    attributes::forget(&app, &key, &caller.name).await?;
    Ok(StatusCode::NO_CONTENT)
}

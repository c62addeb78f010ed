//! Texts that agents send with one click.

use axum::{Json, extract::State, http::StatusCode};
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
    services::quick_replies::{self, QuickReplyAnswer, QuickReplyBody},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(change, remove))
}

/// Every quick reply, by title.
#[utoipa::path(get, path = "/api/v1/quick_replies", tag = "inbox", params(PageQuery),
    responses((status = 200, body = Page<QuickReplyAnswer>)))]
async fn list(
    State(app): State<App>,
    _: Reader,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<QuickReplyAnswer>>, Problem> {
    let limit = page::limit(query.limit)?;
    let all = quick_replies::list(&app).await?;
    Ok(Json(Page::slice(all, query.cursor.as_deref(), limit)?))
}

/// Makes a quick reply.
#[utoipa::path(post, path = "/api/v1/quick_replies", tag = "inbox", request_body = QuickReplyBody,
    responses((status = 201, body = QuickReplyAnswer)))]
async fn create(
    State(app): State<App>,
    Admin(caller): Admin,
    body: JsonBody<QuickReplyBody>,
) -> Result<(StatusCode, Json<QuickReplyAnswer>), Problem> {
    let made = quick_replies::create(&app, &body.value, &caller.name).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Changes a quick reply.
#[utoipa::path(put, path = "/api/v1/quick_replies/{id}", tag = "inbox", params(("id" = String, Path)),
    request_body = QuickReplyBody, responses((status = 200, body = QuickReplyAnswer)))]
async fn change(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(id): Path<Uuid>,
    body: JsonBody<QuickReplyBody>,
) -> Result<Json<QuickReplyAnswer>, Problem> {
    let changed = quick_replies::change(&app, id, &body.value, &caller.name).await?;
    Ok(Json(changed))
}

/// Removes a quick reply.
#[utoipa::path(delete, path = "/api/v1/quick_replies/{id}", tag = "inbox", params(("id" = String, Path)),
    responses((status = 204)))]
async fn remove(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    quick_replies::remove(&app, id, &caller.name).await?;
    Ok(StatusCode::NO_CONTENT)
}

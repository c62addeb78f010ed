//! What waits for a person to read and decide.

use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    app::App,
    http::{
        auth::{Admin, Reader},
        body::{JsonBody, Path, Query},
        page::{self, Page},
        problem::Problem,
    },
    services::reviews::{self, DecideBody, ReviewAnswer},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(one))
        .routes(routes!(decide))
}

/// Which of them.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// `open` (the default), `acted` or `decided`.
    state: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Items on the page, 1 to 500.
    limit: Option<u32>,
}

/// What waits for a person, newest first; or what was acted on or decided.
#[utoipa::path(get, path = "/api/v1/reviews", tag = "reviews", params(ListQuery),
    responses((status = 200, body = Page<ReviewAnswer>)))]
async fn list(
    State(app): State<App>,
    _: Reader,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<ReviewAnswer>>, Problem> {
    let limit = page::limit(query.limit)?;
    let after = query.cursor.as_deref().map(page::read_cursor).transpose()?;
    let state = query.state.as_deref().unwrap_or(reviews::OPEN);
    let items = reviews::list(&app, state, after, limit + 1).await?;
    Ok(Json(Page::cut(items, limit, |item| item.id.clone())))
}

/// One of them.
#[utoipa::path(get, path = "/api/v1/reviews/{id}", tag = "reviews", params(("id" = String, Path)),
    responses((status = 200, body = ReviewAnswer)))]
async fn one(
    State(app): State<App>,
    _: Reader,
    Path(id): Path<Uuid>,
) -> Result<Json<ReviewAnswer>, Problem> {
    Ok(Json(reviews::show(&app, id).await?))
}

/// Decides one. The decision is in force when this answers; what was read wrongly is taken back.
#[utoipa::path(post, path = "/api/v1/reviews/{id}/decide", tag = "reviews", params(("id" = String, Path)),
    request_body = DecideBody, responses((status = 200, body = ReviewAnswer)))]
async fn decide(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(id): Path<Uuid>,
    body: JsonBody<DecideBody>,
) -> Result<Json<ReviewAnswer>, Problem> {
    let decided = reviews::decide(&app, id, &body.value, &caller.name).await?;
    Ok(Json(decided))
}

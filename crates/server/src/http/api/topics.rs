//! Topics: their words in each language, who speaks first, and the end of one.

use axum::{Json, extract::State, http::StatusCode};
use consent::id::TopicId;
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
    services::topics::{self, ChangeBody, TopicAnswer, TopicBody},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change))
}

/// Topics, oldest first.
#[utoipa::path(get, path = "/api/v1/topics", tag = "topics", params(PageQuery),
    responses((status = 200, body = Page<TopicAnswer>)))]
async fn list(
    State(app): State<App>,
    _: Reader,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<TopicAnswer>>, Problem> {
    let limit = page::limit(query.limit)?;
    let items = topics::list(&app).await?;
    Ok(Json(Page::slice(items, query.cursor.as_deref(), limit)?))
}

/// Makes a topic.
#[utoipa::path(post, path = "/api/v1/topics", tag = "topics", request_body = TopicBody,
    responses((status = 201, body = TopicAnswer)))]
async fn create(
    State(app): State<App>,
    Admin(caller): Admin,
    body: JsonBody<TopicBody>,
) -> Result<(StatusCode, Json<TopicAnswer>), Problem> {
    let topic = topics::create(&app, &body.value, &caller.name).await?;
    Ok((StatusCode::CREATED, Json(topic)))
}

/// A topic.
#[utoipa::path(get, path = "/api/v1/topics/{id}", tag = "topics", params(("id" = String, Path)),
    responses((status = 200, body = TopicAnswer)))]
async fn show(
    State(app): State<App>,
    _: Reader,
    Path(id): Path<Uuid>,
) -> Result<Json<TopicAnswer>, Problem> {
    Ok(Json(topics::show(&app, TopicId::new(id)).await?))
}

/// Renames, translates, retires a topic, or says who speaks first.
#[utoipa::path(patch, path = "/api/v1/topics/{id}", tag = "topics", params(("id" = String, Path)),
    request_body = ChangeBody, responses((status = 200, body = TopicAnswer)))]
async fn change(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(id): Path<Uuid>,
    body: JsonBody<ChangeBody>,
) -> Result<Json<TopicAnswer>, Problem> {
    let topic = topics::change(&app, TopicId::new(id), &body.value, &caller.name).await?;
    Ok(Json(topic))
}

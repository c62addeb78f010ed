//! Templates: what Meta says of them, what they look like, making one, and the topic that one is bound to.

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    http::{
        auth::{Admin, Reader},
        body::{JsonBody, Path, Query},
        page::{self, Page, PageQuery},
        problem::Problem,
    },
    services::templates::{
        bind,
        create::{self, CreateBody},
        remove,
        shelf::{self, TemplateAnswer, TemplateDetail},
    },
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, make))
        .routes(routes!(show, attach, delete))
}

/// A template's topic.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BindBody {
    /// The id or the name of the topic; null for none.
    #[serde(deserialize_with = "told")]
    topic: Option<String>,
}

/// Null is a wish, an absent member a mistake: without a default serde tells them apart.
fn told<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer)
}

/// Templates, by name and language.
#[utoipa::path(get, path = "/api/v1/templates", tag = "templates", params(PageQuery),
    responses((status = 200, body = Page<TemplateAnswer>)))]
async fn list(
    State(app): State<App>,
    _: Reader,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<TemplateAnswer>>, Problem> {
    let limit = page::limit(query.limit)?;
    let items = shelf::list(&app).await?;
    Ok(Json(Page::slice(items, query.cursor.as_deref(), limit)?))
}

/// Makes a template at Meta and hands it in for review.
#[utoipa::path(post, path = "/api/v1/templates", tag = "templates", request_body = CreateBody,
    responses((status = 201, body = TemplateAnswer)))]
async fn make(
    State(app): State<App>,
    Admin(caller): Admin,
    body: JsonBody<CreateBody>,
) -> Result<(StatusCode, Json<TemplateAnswer>), Problem> {
    let made = create::create(&app, &body.value, &caller.name).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// A template, with what became of it.
#[utoipa::path(get, path = "/api/v1/templates/{id}", tag = "templates", params(("id" = String, Path)),
    responses((status = 200, body = TemplateDetail)))]
async fn show(
    State(app): State<App>,
    _: Reader,
    Path(id): Path<String>,
) -> Result<Json<TemplateDetail>, Problem> {
    Ok(Json(shelf::show(&app, &id).await?))
}

/// Binds a template to a topic, or to none.
#[utoipa::path(patch, path = "/api/v1/templates/{id}", tag = "templates", params(("id" = String, Path)),
    request_body = BindBody, responses((status = 200, body = TemplateAnswer)))]
async fn attach(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(id): Path<String>,
    body: JsonBody<BindBody>,
) -> Result<Json<TemplateAnswer>, Problem> {
    let topic = body.value.topic.as_deref();
    Ok(Json(bind::bind(&app, &id, topic, &caller.name).await?))
}

/// Deletes a template in one language at Meta. Its name cannot be used again for thirty days.
#[utoipa::path(delete, path = "/api/v1/templates/{id}", tag = "templates", params(("id" = String, Path)),
    responses((status = 204)))]
async fn delete(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    remove::remove(&app, &id, &caller.name).await?;
    Ok(StatusCode::NO_CONTENT)
}

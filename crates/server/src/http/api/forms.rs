//! Opt-in forms, the links and codes that lead to them, and what people were shown.

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
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
    services::{
        forms::{
            self, FormAnswer, FormBody,
            link::{self, LinkAnswer, LinkBody, LinkChange},
        },
        wordings::{self, WordingAnswer},
    },
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, replace, retire))
        .routes(routes!(versions))
        .routes(routes!(links, create_link))
        .routes(routes!(change_link))
        .routes(routes!(wording))
}

/// Whether a form is in use.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FormChange {
    /// `true`: nobody can join by it any more. `false`: it is taken up again.
    retired: bool,
}

/// Forms, oldest first.
#[utoipa::path(get, path = "/api/v1/forms", tag = "forms", params(PageQuery),
    responses((status = 200, body = Page<FormAnswer>)))]
async fn list(
    State(app): State<App>,
    _: Reader,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<FormAnswer>>, Problem> {
    let limit = page::limit(query.limit)?;
    let items = forms::list(&app).await?;
    Ok(Json(Page::slice(items, query.cursor.as_deref(), limit)?))
}

/// Makes a form. It has to say which kind of messages come, and how often.
#[utoipa::path(post, path = "/api/v1/forms", tag = "forms", request_body = FormBody,
    responses((status = 201, body = FormAnswer)))]
async fn create(
    State(app): State<App>,
    Admin(caller): Admin,
    body: JsonBody<FormBody>,
) -> Result<(StatusCode, Json<FormAnswer>), Problem> {
    let form = forms::create(&app, body.value, &caller.name).await?;
    Ok((StatusCode::CREATED, Json(form)))
}

/// A form.
#[utoipa::path(get, path = "/api/v1/forms/{slug}", tag = "forms", params(("slug" = String, Path)),
    responses((status = 200, body = FormAnswer)))]
async fn show(
    State(app): State<App>,
    _: Reader,
    Path(slug): Path<String>,
) -> Result<Json<FormAnswer>, Problem> {
    Ok(Json(forms::show(&app, &slug).await?))
}

/// Gives a form other words: a new version. Absent members take their defaults; what people agreed to before stays as it was.
#[utoipa::path(put, path = "/api/v1/forms/{slug}", tag = "forms", params(("slug" = String, Path)),
    request_body = FormBody, responses((status = 200, body = FormAnswer)))]
async fn replace(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(slug): Path<String>,
    body: JsonBody<FormBody>,
) -> Result<Json<FormAnswer>, Problem> {
    let form = forms::replace(&app, &slug, body.value, &caller.name).await?;
    Ok(Json(form))
}

/// Ends a form, or takes it up again.
#[utoipa::path(patch, path = "/api/v1/forms/{slug}", tag = "forms", params(("slug" = String, Path)),
    request_body = FormChange, responses((status = 200, body = FormAnswer)))]
async fn retire(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(slug): Path<String>,
    body: JsonBody<FormChange>,
) -> Result<Json<FormAnswer>, Problem> {
    let form = forms::retire(&app, &slug, body.value.retired, &caller.name).await?;
    Ok(Json(form))
}

/// Every version of a form, oldest first.
#[utoipa::path(get, path = "/api/v1/forms/{slug}/versions", tag = "forms",
    params(("slug" = String, Path), PageQuery), responses((status = 200, body = Page<FormAnswer>)))]
async fn versions(
    State(app): State<App>,
    _: Reader,
    Path(slug): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<FormAnswer>>, Problem> {
    let limit = page::limit(query.limit)?;
    let items = forms::versions(&app, &slug).await?;
    Ok(Json(Page::slice(items, query.cursor.as_deref(), limit)?))
}

/// The links of a form, oldest first.
#[utoipa::path(get, path = "/api/v1/forms/{slug}/links", tag = "forms",
    params(("slug" = String, Path), PageQuery), responses((status = 200, body = Page<LinkAnswer>)))]
async fn links(
    State(app): State<App>,
    _: Reader,
    Path(slug): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<LinkAnswer>>, Problem> {
    let limit = page::limit(query.limit)?;
    let items = link::list(&app, &slug).await?;
    Ok(Json(Page::slice(items, query.cursor.as_deref(), limit)?))
}

/// Makes a link into the chat, with its code, its pictures and a sheet to print.
#[utoipa::path(post, path = "/api/v1/forms/{slug}/links", tag = "forms", params(("slug" = String, Path)),
    request_body = LinkBody, responses((status = 201, body = LinkAnswer)))]
async fn create_link(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(slug): Path<String>,
    body: JsonBody<LinkBody>,
) -> Result<(StatusCode, Json<LinkAnswer>), Problem> {
    let made = link::create(&app, &slug, &body.value, &caller.name).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Ends a link, or takes it up again.
#[utoipa::path(patch, path = "/api/v1/forms/{slug}/links/{code}", tag = "forms",
    params(("slug" = String, Path), ("code" = String, Path)), request_body = LinkChange,
    responses((status = 200, body = LinkAnswer)))]
async fn change_link(
    State(app): State<App>,
    Admin(caller): Admin,
    Path((slug, code)): Path<(String, String)>,
    body: JsonBody<LinkChange>,
) -> Result<Json<LinkAnswer>, Problem> {
    let changed = link::retire(&app, (&slug, &code), &body.value, &caller.name).await?;
    Ok(Json(changed))
}

/// What people were shown, word for word, by its hash.
#[utoipa::path(get, path = "/api/v1/wordings/{sha256}", tag = "forms", params(("sha256" = String, Path)),
    responses((status = 200, body = WordingAnswer)))]
async fn wording(
    State(app): State<App>,
    _: Reader,
    Path(sha256): Path<String>,
) -> Result<Json<WordingAnswer>, Problem> {
    Ok(Json(wordings::show(&app, &sha256).await?))
}

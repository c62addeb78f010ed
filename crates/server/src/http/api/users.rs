//! The members of the staff.

use axum::{Json, extract::State, http::StatusCode};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    app::App,
    http::{
        auth::Admin,
        body::{JsonBody, Path},
        page::Page,
        problem::Problem,
    },
    services::staff::members::{self, Invited, UserAnswer, UserBody, UserChange},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change, remove))
        .routes(routes!(reset))
}

/// Everybody who works with the dashboard.
#[utoipa::path(get, path = "/api/v1/users", tag = "users", responses((status = 200, body = Page<UserAnswer>)))]
async fn list(State(app): State<App>, _: Admin) -> Result<Json<Page<UserAnswer>>, Problem> {
    let items = members::list(&app).await?;
    Ok(Json(Page { items, next: None }))
}

/// Invites somebody. The link is shown once.
#[utoipa::path(post, path = "/api/v1/users", tag = "users", request_body = UserBody,
    responses((status = 201, body = Invited)))]
async fn create(
    State(app): State<App>,
    Admin(caller): Admin,
    body: JsonBody<UserBody>,
) -> Result<(StatusCode, Json<Invited>), Problem> {
    let invited = members::create(&app, &body.value, &caller.name).await?;
    Ok((StatusCode::CREATED, Json(invited)))
}

/// A member of the staff.
#[utoipa::path(get, path = "/api/v1/users/{id}", tag = "users", params(("id" = String, Path)),
    responses((status = 200, body = UserAnswer)))]
async fn show(
    State(app): State<App>,
    _: Admin,
    Path(id): Path<Uuid>,
) -> Result<Json<UserAnswer>, Problem> {
    Ok(Json(members::show(&app, id).await?))
}

/// Renames a member or gives them another role. Another role ends their sessions.
#[utoipa::path(patch, path = "/api/v1/users/{id}", tag = "users", params(("id" = String, Path)),
    request_body = UserChange, responses((status = 200, body = UserAnswer)))]
async fn change(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(id): Path<Uuid>,
    body: JsonBody<UserChange>,
) -> Result<Json<UserAnswer>, Problem> {
    let changed = members::change(&app, id, &body.value, &caller.name).await?;
    Ok(Json(changed))
}

/// Removes a member and signs them out.
#[utoipa::path(delete, path = "/api/v1/users/{id}", tag = "users", params(("id" = String, Path)),
    responses((status = 204)))]
async fn remove(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    members::remove(&app, id, &caller.name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a member a new link, for a password or an authenticator that was lost. Both are gone, and the member is signed
/// out.
#[utoipa::path(post, path = "/api/v1/users/{id}/reset", tag = "users", params(("id" = String, Path)),
    responses((status = 200, body = Invited)))]
async fn reset(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(id): Path<Uuid>,
) -> Result<Json<Invited>, Problem> {
    Ok(Json(members::reset(&app, id, &caller.name).await?))
}

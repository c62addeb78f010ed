//! API keys.

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use store::house::KeyLine;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    app::App,
    clock,
    error::Error,
    http::{
        auth::Admin,
        body::{JsonBody, Path, Query},
        page::{self, Page, PageQuery},
        problem::Problem,
    },
    services::keys::{self, NewKey, Role},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(revoke))
}

/// A key to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeyBody {
    /// What people call it.
    name: String,
    /// `admin`, `app` or `read`.
    role: String,
}

/// A key, without the key itself.
#[derive(Debug, Serialize, ToSchema)]
struct KeyAnswer {
    /// Its id.
    id: String,
    /// What people call it.
    name: String,
    /// `admin`, `app` or `read`.
    role: String,
    /// When it was made.
    created_at: String,
    /// When it was revoked, if it was.
    revoked_at: Option<String>,
}

/// A key at the only moment when it can be seen.
#[derive(Debug, Serialize, ToSchema)]
struct NewKeyAnswer {
    /// Its id.
    id: String,
    /// What people call it.
    name: String,
    /// What it may do.
    role: &'static str,
    /// The key itself.
    key: String,
}

impl From<KeyLine> for KeyAnswer {
    fn from(line: KeyLine) -> Self {
        Self {
            id: line.id.to_string(),
            name: line.name,
            role: line.role,
            created_at: clock::rfc3339(line.created),
            revoked_at: line.revoked.map(clock::rfc3339),
        }
    }
}

impl From<NewKey> for NewKeyAnswer {
    fn from(new: NewKey) -> Self {
        Self {
            id: new.id.to_string(),
            name: new.name,
            role: new.role.word(),
            key: new.key,
        }
    }
}

/// Every key, without the keys themselves.
#[utoipa::path(get, path = "/api/v1/keys", tag = "keys", params(PageQuery),
    responses((status = 200, body = Page<KeyAnswer>)))]
async fn list(
    State(app): State<App>,
    _: Admin,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<KeyAnswer>>, Problem> {
    let limit = page::limit(query.limit)?;
    let items = keys::list(&app).await?.into_iter().map(KeyAnswer::from);
    let items = items.collect();
    Ok(Json(Page::slice(items, query.cursor.as_deref(), limit)?))
}

/// Makes a key. It is shown this once.
#[utoipa::path(post, path = "/api/v1/keys", tag = "keys", request_body = KeyBody,
    responses((status = 201, body = NewKeyAnswer)))]
async fn create(
    State(app): State<App>,
    Admin(caller): Admin,
    body: JsonBody<KeyBody>,
) -> Result<(StatusCode, Json<NewKeyAnswer>), Problem> {
    let word = &body.value.role;
    let wanted = || format!("`{word}` is not a role: want admin, app or read");
    let role = Role::read(word).ok_or_else(|| Error::field("role", wanted()))?;
    let new = keys::create(&app, &body.value.name, role, &caller.name).await?;
    Ok((StatusCode::CREATED, Json(new.into())))
}

/// Revokes a key, at once.
#[utoipa::path(delete, path = "/api/v1/keys/{id}", tag = "keys", params(("id" = String, Path)),
    responses((status = 204)))]
async fn revoke(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    keys::revoke(&app, id, &caller.name).await?;
    Ok(StatusCode::NO_CONTENT)
}

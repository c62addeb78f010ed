//! Who is asking: API keys in the Authorization header.
//!
//! A key of role `read` may look at everything and ask for verdicts, which change nothing; `app` may use the gateway
//! and ask for verdicts; `admin` may do everything.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};

use crate::{
    app::App,
    error::Error,
    http::problem::Problem,
    services::keys::{self, Caller, Role},
};

/// Somebody who may look: `read` or `admin`.
pub struct Reader(pub Caller);

/// Somebody who may ask for verdicts: any role.
pub struct Checker(pub Caller);

/// Somebody who may tell us who somebody is: `app` or `admin`.
pub struct Teller(pub Caller);

/// Somebody who may do everything: `admin`.
pub struct Admin(pub Caller);

impl FromRequestParts<App> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        allowed(&parts.headers, app, &[Role::Read, Role::Admin])
            .await
            .map(Self)
    }
}

impl FromRequestParts<App> for Checker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        allowed(&parts.headers, app, &Role::ALL).await.map(Self)
    }
}

impl FromRequestParts<App> for Teller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        allowed(&parts.headers, app, &[Role::App, Role::Admin])
            .await
            .map(Self)
    }
}

impl FromRequestParts<App> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        allowed(&parts.headers, app, &[Role::Admin]).await.map(Self)
    }
}

/// The token in `Authorization: Bearer …`, if there is one.
#[must_use]
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim())
        .filter(|token| !token.is_empty())
}

async fn allowed(headers: &HeaderMap, app: &App, roles: &[Role]) -> Result<Caller, Problem> {
    let key = bearer(headers).ok_or(Error::Unauthorized)?;
    let caller = keys::authenticate(app, key).await?;
    let lowest = roles.first().map_or("admin", |role| role.word());
    if roles.contains(&caller.role) {
        Ok(caller)
    } else {
        Err(Error::Forbidden(lowest).into())
    }
}

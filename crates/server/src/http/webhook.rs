//! The door for Meta: verification and webhooks.

use axum::Router;

use crate::app::App;

/// The routes of this door.
#[must_use]
pub fn routes() -> Router<App> {
    Router::new()
}

//! Our own API, under /api/v1, and its description.

use axum::Router;

use crate::app::App;

/// The routes of this door.
#[must_use]
pub fn routes() -> Router<App> {
    Router::new()
}

//! The first page: what needs somebody.

use askama::Template;
use axum::{Router, extract::State, http::StatusCode, response::Response, routing::get};

use super::{Desk, refusal::Refusal};
use crate::{app::App, ui::notice::shown};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/", get(show))
}

#[derive(Template)]
#[template(path = "desk/home.html")]
struct Page {
    desk: Desk,
}

async fn show(State(_): State<App>, desk: Desk) -> Result<Response, Refusal> {
    Ok(shown(StatusCode::OK, &Page { desk }))
}

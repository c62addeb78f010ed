//! One page that leads to every page of settings.

use askama::Template;
use axum::{Router, http::StatusCode, response::Response, routing::get};

use super::{
    Desk,
    nav::{self, Item},
    refusal::Refusal,
};
use crate::{services::staff::Power, ui::notice::shown};

pub(super) fn routes() -> Router<crate::app::App> {
    Router::new().route("/settings", get(show))
}

/// A page of settings, and what it is for.
struct Way {
    page: Item,
    note: Option<String>,
}

#[derive(Template)]
#[template(path = "desk/settings.html")]
struct Page {
    desk: Desk,
    ways: Vec<Way>,
}

async fn show(desk: Desk) -> Result<Response, Refusal> {
    desk.need(Power::See)?;
    let ways = nav::settings(&desk).into_iter().map(|page| {
        let end = page.href.rsplit('/').next().unwrap_or_default();
        let id = format!("settings-{end}");
        Way {
            note: desk.frame.voice.knows(&id).then(|| desk.say(&id)),
            page,
        }
    });
    let page = Page {
        ways: ways.collect(),
        desk,
    };
    Ok(shown(StatusCode::OK, &page))
}

//! Links and codes of a form: made for a poster or a letter, and ended.

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use consent::time::Timestamp;
use jiff::civil::Date;

use super::{Desk, Page, Posted, Power, Refusal, fault};
use crate::{
    app::App,
    clock,
    services::forms::link::{self, LinkBody, LinkChange},
    ui::notice::shown,
};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/forms/{slug}/links", post(create))
        .route("/forms/{slug}/links/{code}/retire", post(retire))
}

/// A link as somebody typed it.
#[derive(Debug, Default)]
pub(super) struct Typed {
    pub name: String,
    pub language: String,
    pub until: String,
}

async fn create(
    State(app): State<App>,
    Path(slug): Path<String>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Market)?;
    let text = |name: &str| form.get(name).unwrap_or_default().trim().to_owned();
    let typed = Typed {
        name: text("name"),
        language: text("language"),
        until: text("until"),
    };
    let body = LinkBody {
        name: typed.name.clone(),
        language: Some(typed.language.clone()).filter(|tag| !tag.is_empty()),
        expires_at: until(&desk, &typed.until),
    };
    match link::create(&app, &slug, &body, desk.actor()).await {
        Ok(_) => Ok(Redirect::to(&format!("/forms/{slug}?linked=1")).into_response()),
        Err(error) => {
            let fault = Some(fault::of(&desk, error)?);
            let page = Page {
                typed,
                fault,
                ..Page::of(&app, desk, &slug).await?
            };
            Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

/// The end of a day on the reader's clock, as the API writes it; what is no day goes on as it is, and is refused there.
fn until(desk: &Desk, text: &str) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    let next = text
        .parse::<Date>()
        .ok()
        .and_then(|day| day.tomorrow().ok());
    let ends = next.and_then(|day| day.to_zoned(desk.frame.voice.zone().clone()).ok());
    let ends = ends.map(|at| Timestamp::from_millis(at.timestamp().as_millisecond()));
    Some(ends.map_or_else(|| text.to_owned(), clock::rfc3339))
}

async fn retire(
    State(app): State<App>,
    Path((slug, code)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Market)?;
    let change = LinkChange {
        retired: form.get("act") == Some("retire"),
    };
    link::retire(&app, (&slug, &code), &change, desk.actor()).await?;
    Ok(Redirect::to(&format!("/forms/{slug}#links")).into_response())
}

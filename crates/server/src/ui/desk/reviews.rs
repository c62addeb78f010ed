//! Messages that wait for somebody to say what they meant: each leads to its conversation, where that is said.

use askama::Template;
use axum::{
    Router,
    extract::{OriginalUri, State},
    http::StatusCode,
    response::Response,
    routing::get,
};
use consent::id::ContactId;
use uuid::Uuid;

use super::{Desk, refusal::Refusal, table::dialog::who};
use crate::{
    app::App,
    error::Error,
    services::{
        contacts,
        reviews::{self, ReviewAnswer},
        roster,
        staff::Power,
    },
    ui::{form::Form, notice::shown},
};

const HERE: &str = "/reviews";
/// Messages on a page.
const ROWS: u32 = 40;

pub(super) fn routes() -> Router<App> {
    Router::new().route(HERE, get(show))
}

/// A message as it is shown.
struct Row {
    href: String,
    who: String,
    text: Option<String>,
    kind: String,
    time: String,
    machine: String,
}

#[derive(Template)]
#[template(path = "desk/reviews.html")]
struct Page {
    desk: Desk,
    rows: Vec<Row>,
    next: Option<String>,
}

async fn show(
    State(app): State<App>,
    desk: Desk,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, Refusal> {
    desk.need(Power::See)?;
    let query = Form::of(uri.query().unwrap_or_default().as_bytes());
    let after: Option<Uuid> = match query.get("cursor") {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| Refusal::NotFound)?),
    };
    let mut waiting = reviews::list(&app, reviews::OPEN, after, ROWS + 1).await?;
    let rows = usize::try_from(ROWS).unwrap_or(usize::MAX);
    let is_more = waiting.len() > rows;
    waiting.truncate(rows);
    let last = waiting.last().filter(|_| is_more);
    let next = last.map(|last| desk.to(&format!("{HERE}?cursor={}", last.id)));
    let mut shown_rows = Vec::with_capacity(waiting.len());
    for review in waiting {
        shown_rows.push(row(&app, &desk, review).await?);
    }
    let page = Page {
        desk,
        rows: shown_rows,
        next,
    };
    Ok(shown(StatusCode::OK, &page))
}

async fn row(app: &App, desk: &Desk, review: ReviewAnswer) -> Result<Row, Error> {
    let contact: Uuid = review.contact.parse().map_err(Error::internal)?;
    let line = contacts::line(app, ContactId::new(contact)).await?;
    let person = roster::row(app, &line).await?;
    let kind = format!("review-kind-{}", review.kind.replace('_', "-"));
    Ok(Row {
        href: desk.to(&format!("/inbox/{contact}/{}", review.number)),
        who: who(desk, &person),
        text: review.text,
        kind: desk.say(&kind),
        time: desk.told(&review.said_at),
        machine: review.said_at,
    })
}

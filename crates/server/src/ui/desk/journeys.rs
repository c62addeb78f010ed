//! Journeys: the list of them, and the pages that make, change, publish, try and follow one. Every page is plain forms.

mod asker;
mod cards;
mod conditions;
mod draft;
mod editor;
mod examples;
mod fields;
mod head;
pub mod inside;
mod passed;
mod runs;
mod steps;
mod tries;
mod versions;
mod ways;
mod words;

use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    http::StatusCode,
    response::Response,
    routing::get,
};
use journey::definition::Definition;
use serde::Deserialize;
use uuid::Uuid;

use super::{Desk, refusal::Refusal};
use crate::{
    app::App,
    services::{
        journeys::{
            self,
            body::{CountsAnswer, JourneyAnswer},
        },
        staff::Power,
    },
    ui::notice::shown,
};

/// Journeys on one page of the list.
const LIST: u32 = 25;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/journeys", get(list))
        .route("/journeys/new", get(head::begin).post(head::make))
        .route("/journeys/{id}", get(editor::show).post(editor::act))
        .route("/journeys/{id}/head", get(head::show).post(head::change))
        .route("/journeys/{id}/add", get(steps::begin).post(steps::add))
        .route(
            "/journeys/{id}/steps/{step}",
            get(steps::show).post(steps::change),
        )
        .route(
            "/journeys/{id}/steps/{step}/ways/{way}",
            get(ways::show).post(ways::change),
        )
        .route("/journeys/{id}/try", get(tries::begin).post(tries::play))
        .route("/journeys/{id}/versions/{version}", get(versions::show))
        .route("/journeys/{id}/runs", get(runs::list))
        .route("/journeys/{id}/runs/{run}", get(runs::show))
}

#[derive(Template)]
#[template(path = "desk/journeys.html")]
struct List {
    desk: Desk,
    lines: Vec<Line>,
    /// Journeys to begin with, while there is none.
    examples: Vec<examples::Example>,
    next: Option<String>,
    is_first: bool,
}

/// A journey of the list.
struct Line {
    journey: JourneyAnswer,
    trigger: String,
    counts: CountsAnswer,
    /// Whether people enter it and cannot get through.
    ails: bool,
}

impl List {
    fn state(&self, word: &str) -> String {
        state(&self.desk, word)
    }

    fn tone(&self, word: &str) -> &'static str {
        tone(word)
    }
}

#[derive(Debug, Deserialize)]
struct After {
    cursor: Option<Uuid>,
}

async fn list(
    State(app): State<App>,
    desk: Desk,
    Query(asked): Query<After>,
) -> Result<Response, Refusal> {
    desk.need(Power::See)?;
    let page = journeys::list(&app, asked.cursor, LIST).await?;
    let is_full = u32::try_from(page.len()).unwrap_or(u32::MAX) == LIST;
    let next = page.last().filter(|_| is_full).map(|last| last.id.clone());
    let mut lines = Vec::new();
    for one in page {
        let id = Uuid::parse_str(&one.id).unwrap_or_default();
        let journey = journeys::show(&app, id).await?;
        let trigger = Definition::read(&journey.draft.to_string());
        lines.push(Line {
            trigger: trigger.map_or_else(
                |_| String::new(),
                |definition| words::trigger(&desk, &definition.head().trigger),
            ),
            counts: journey.counts.unwrap_or_default(),
            ails: !journeys::ails(&app, &journey).await?.is_empty(),
            journey,
        });
    }
    let examples = if lines.is_empty() {
        examples::all(&app, &desk).await?
    } else {
        Vec::new()
    };
    let page = List {
        desk,
        lines,
        examples,
        next,
        is_first: asked.cursor.is_none(),
    };
    Ok(shown(StatusCode::OK, &page))
}

/// What the state of a journey, or of somebody's way through one, is called.
fn state(desk: &Desk, word: &str) -> String {
    desk.say(&format!("journeys-state-{word}"))
}

/// How a state looks.
fn tone(word: &str) -> &'static str {
    match word {
        "live" | "ended" => "good",
        "running" => "info",
        "failed" => "bad",
        "stopped" | "left" | "refused" => "warn",
        _ => "",
    }
}

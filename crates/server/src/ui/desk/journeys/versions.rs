//! A version of a journey as it was published: to be read, never changed.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use uuid::Uuid;

use super::{
    cards::{self, Card},
    draft, words,
};
use crate::{
    app::App,
    services::{
        journeys::{
            self,
            body::{JourneyAnswer, VersionAnswer},
        },
        staff::Power,
    },
    ui::{
        desk::{Desk, refusal::Refusal},
        notice::shown,
    },
};

#[derive(Template)]
#[template(path = "desk/journey_version.html")]
struct Page {
    desk: Desk,
    journey: JourneyAnswer,
    version: VersionAnswer,
    trigger: String,
    again: String,
    cards: Vec<Card>,
    json: String,
}

impl Page {
    fn own(&self) -> String {
        self.desk.to(&format!("/journeys/{}", self.journey.id))
    }

    fn heading(&self) -> String {
        let version = self.version.version.to_string();
        self.desk
            .say_with("journeys-version", &[("version", &version)])
    }

    fn may_edit(&self) -> bool {
        false
    }
}

/// The page.
pub(super) async fn show(
    State(app): State<App>,
    desk: Desk,
    Path((id, version)): Path<(Uuid, i64)>,
) -> Result<Response, Refusal> {
    desk.need(Power::See)?;
    let journey = journeys::show(&app, id).await?;
    let versions = journeys::versions(&app, id).await?;
    let found = versions.into_iter().find(|one| one.version == version);
    let version = found.ok_or(Refusal::NotFound)?;
    let definition = draft::read(&version.definition.to_string())?;
    let page = Page {
        trigger: words::trigger(&desk, &definition.head().trigger),
        again: words::again(&desk, definition.head().again),
        cards: cards::of(&desk, &definition, &Vec::new()),
        json: definition.write(),
        journey,
        version,
        desk,
    };
    Ok(shown(StatusCode::OK, &page))
}

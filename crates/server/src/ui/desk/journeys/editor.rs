//! The page of one journey: its steps as a list that is changed in place, what keeps it from being published, its versions.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use journey::{
    edit::{self, Edited},
    id::StepId,
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    cards::{self, Card},
    draft::{self, Draft, Faults},
    state, tone, words,
};
use crate::{
    app::App,
    services::{
        journeys::{
            self,
            body::{CountsAnswer, JourneyAnswer, VersionAnswer},
        },
        staff::Power,
    },
    ui::{
        desk::{Desk, posted::Posted, refusal::Refusal},
        form::Form,
        notice::shown,
    },
};

#[derive(Template)]
#[template(path = "desk/journey.html")]
struct Page {
    desk: Desk,
    journey: JourneyAnswer,
    trigger: String,
    again: String,
    cards: Vec<Card>,
    /// What keeps it from being published, beside what is wrong at steps.
    lacks: Vec<String>,
    versions: Vec<VersionAnswer>,
    /// What keeps people from getting through the version that they enter by.
    ails: Vec<String>,
    /// What was just done.
    said: Option<String>,
    /// Why the last change was not made.
    faults: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    said: Option<String>,
}

impl Page {
    async fn of(app: &App, desk: Desk, id: Uuid) -> Result<Self, Refusal> {
        let Draft {
            journey,
            definition,
        } = draft::load(app, id).await?;
        let lacks = journeys::faults(app, id).await?;
        let lacks: Faults = draft::answered(&desk, &lacks);
        let cards = cards::of(&desk, &definition, &lacks);
        let shown: usize = cards.iter().map(|card| card.faults.len()).sum();
        let elsewhere = lacks.iter().filter(|(step, _)| {
            shown == 0 || !cards.iter().any(|card| Some(&card.step) == step.as_ref())
        });
        Ok(Self {
            trigger: words::trigger(&desk, &definition.head().trigger),
            again: words::again(&desk, definition.head().again),
            lacks: elsewhere.map(|(_, say)| say.clone()).collect(),
            versions: journeys::versions(app, id).await?,
            ails: ails(app, &desk, &journey).await?,
            cards,
            journey,
            desk,
            said: None,
            faults: Vec::new(),
        })
    }

    fn own(&self) -> String {
        self.desk.to(&format!("/journeys/{}", self.journey.id))
    }

    fn state(&self) -> String {
        state(&self.desk, self.journey.state)
    }

    fn tone(&self) -> &'static str {
        tone(self.journey.state)
    }

    fn counts(&self) -> CountsAnswer {
        self.journey.counts.unwrap_or_default()
    }

    fn may_edit(&self) -> bool {
        self.desk.may(Power::Market)
    }

    /// How many things keep it from being published.
    fn lacking(&self) -> usize {
        let at_steps: usize = self.cards.iter().map(|card| card.faults.len()).sum();
        at_steps + self.lacks.len()
    }

    /// Whether the draft says what people enter by.
    fn is_published(&self) -> bool {
        let newest = self.versions.first();
        self.journey.state == "live"
            && newest.is_some_and(|newest| newest.definition == self.journey.draft)
    }

    fn inside(&self, version: &VersionAnswer) -> String {
        let count = usize::try_from(version.inside).unwrap_or_default();
        self.desk.count("journeys-inside", count)
    }
}

/// What keeps people from getting through, each once.
async fn ails(app: &App, desk: &Desk, journey: &JourneyAnswer) -> Result<Vec<String>, Refusal> {
    let ails = journeys::ails(app, journey).await?;
    let mut all: Vec<String> = Vec::new();
    for (step, say) in draft::answered(desk, &ails) {
        let say = match step {
            Some(step) => format!("{step}: {say}"),
            None => say,
        };
        if !all.contains(&say) {
            all.push(say);
        }
    }
    Ok(all)
}

/// The page.
pub(super) async fn show(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    desk.need(Power::See)?;
    let mut page = Page::of(&app, desk, id).await?;
    page.said = match asked.said.as_deref() {
        Some("published") => Some(page.desk.say("journeys-said-published")),
        Some("stopped") => Some(page.desk.say("journeys-said-stopped")),
        Some("left") => Some(page.desk.say("journeys-said-left")),
        _ => None,
    };
    Ok(shown(StatusCode::OK, &page))
}

/// What was pressed on it: a step moved or taken out, or the whole published or stopped.
pub(super) async fn act(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Market)?;
    let act = form.get("act").unwrap_or_default();
    let own = format!("/journeys/{id}");
    let done = match act {
        "publish" => {
            let published = journeys::publish(&app, (id, draft::seen(&form)), desk.actor()).await?;
            match published {
                Ok(_) => return Ok(Redirect::to(&format!("{own}?said=published")).into_response()),
                Err(faults) => Err(draft::answered(&desk, &faults)),
            }
        }
        "stop" => {
            journeys::stop(&app, id, desk.actor()).await?;
            return Ok(Redirect::to(&format!("{own}?said=stopped")).into_response());
        }
        "leave" => {
            journeys::leave(&app, id, desk.actor()).await?;
            return Ok(Redirect::to(&format!("{own}?said=left")).into_response());
        }
        _ => move_one(&app, (&desk, &form), id, act).await?,
    };
    match done {
        Ok(()) => {
            let step = act.rsplit(':').next().unwrap_or_default();
            let step = StepId::read(step).map_or_else(|_| String::new(), |id| format!("#{id}"));
            Ok(Redirect::to(&format!("{own}{step}")).into_response())
        }
        Err(faults) => {
            let mut page = Page::of(&app, desk, id).await?;
            page.faults = faults.into_iter().map(|(_, say)| say).collect();
            Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

async fn move_one(
    app: &App,
    (desk, form): (&Desk, &Form),
    id: Uuid,
    act: &str,
) -> Result<Result<(), Faults>, Refusal> {
    let before = draft::load(app, id).await?.definition;
    let (word, rest) = act.split_once(':').unwrap_or((act, ""));
    let (step, way) = rest.split_once(':').unwrap_or((rest, ""));
    let step = StepId::read(step).map_err(|_| Refusal::NotFound)?;
    let edited: Edited = match word {
        "up" => edit::move_up(&before, &step),
        "down" => edit::move_down(&before, &step),
        "remove" => edit::remove(&before, &step),
        "drop" => {
            let way = way.parse().map_err(|_| Refusal::NotFound)?;
            edit::remove_way(&before, &step, way)
        }
        _ => return Err(Refusal::NotFound),
    };
    draft::keep(app, (desk, form), id, edited).await
}

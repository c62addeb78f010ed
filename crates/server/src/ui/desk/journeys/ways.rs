//! The page of one way of a branch: the condition under which it is taken.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use journey::{
    condition::Condition,
    definition,
    edit::{self, Edited},
    id::StepId,
    step::{Act, Branch},
};
use serde_json::json;
use uuid::Uuid;

use super::{
    asker::Asker,
    conditions::Asking,
    draft::{self, Draft},
};
use crate::{
    app::App,
    error::Error,
    services::{attributes, staff::Power},
    ui::{
        desk::{Desk, posted::Posted, refusal::Refusal},
        notice::shown,
    },
};

#[derive(Template)]
#[template(path = "desk/journey_way.html")]
struct Page {
    desk: Desk,
    id: Uuid,
    name: String,
    cas: i64,
    here: String,
    is_new: bool,
    asker: Asker,
    keys: Vec<String>,
    faults: Vec<String>,
}

/// Which way of which branch; none for one more.
struct Way {
    branch: StepId,
    at: Option<usize>,
}

impl Way {
    fn read(draft: &Draft, step: &str, way: &str) -> Result<(Self, Asking), Refusal> {
        let branch = StepId::read(step).map_err(|_| Refusal::NotFound)?;
        let found = of(draft, &branch).ok_or(Refusal::NotFound)?;
        if way == "new" {
            return Ok((Self { branch, at: None }, Asking::nothing()));
        }
        let at: usize = way.parse().map_err(|_| Refusal::NotFound)?;
        let way = found.ways.get(at).ok_or(Refusal::NotFound)?;
        let asking = Asking::of(&way.when);
        Ok((
            Self {
                branch,
                at: Some(at),
            },
            asking,
        ))
    }

    fn put(&self, draft: &Draft, when: Condition) -> Edited {
        match self.at {
            Some(at) => edit::set_when(&draft.definition, &self.branch, at, when),
            None => edit::add_way(&draft.definition, &self.branch, when),
        }
    }
}

fn of<'a>(draft: &'a Draft, branch: &StepId) -> Option<&'a Branch> {
    match &draft.definition.find(branch)?.act {
        Act::Branch(branch) => Some(branch),
        _ => None,
    }
}

impl Page {
    async fn of(
        app: &App,
        (desk, here): (&Desk, String),
        (id, draft): (Uuid, &Draft),
        asking: Asking,
    ) -> Result<Self, Refusal> {
        let keys = app.store.attribute_keys(attributes::KEYS_MAX).await;
        Ok(Self {
            id,
            name: draft.journey.name.clone(),
            cas: draft.journey.cas,
            is_new: here.ends_with("/new"),
            here: desk.to(&here),
            asker: Asker::of(desk, &draft.definition, asking),
            keys: keys.map_err(Error::from)?,
            faults: Vec::new(),
            desk: desk.clone(),
        })
    }

    fn journey(&self) -> String {
        self.desk.to(&format!("/journeys/{}", self.id))
    }
}

/// The form of a way.
pub(super) async fn show(
    State(app): State<App>,
    desk: Desk,
    Path((id, step, way)): Path<(Uuid, String, String)>,
) -> Result<Response, Refusal> {
    desk.need(Power::Market)?;
    let draft = draft::load(&app, id).await?;
    let (_, asking) = Way::read(&draft, &step, &way)?;
    let here = format!("/journeys/{id}/steps/{step}/ways/{way}");
    let page = Page::of(&app, (&desk, here), (id, &draft), asking).await?;
    Ok(shown(StatusCode::OK, &page))
}

/// Gives a way another condition, or a branch one way more.
pub(super) async fn change(
    State(app): State<App>,
    Path((id, step, way)): Path<(Uuid, String, String)>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Market)?;
    let draft = draft::load(&app, id).await?;
    let (place, _) = Way::read(&draft, &step, &way)?;
    let mut asking = Asking::read(&form);
    let pressed = asking.press(form.get("act").unwrap_or_default(), &form);
    let faults = if pressed {
        Vec::new()
    } else {
        match condition(&asking) {
            Ok(when) => {
                let edited = place.put(&draft, when);
                match draft::keep(&app, (&desk, &form), id, edited).await? {
                    Ok(()) => {
                        let to = format!("/journeys/{id}#{step}");
                        return Ok(Redirect::to(&to).into_response());
                    }
                    Err(faults) => faults,
                }
            }
            Err(None) => vec![(None, desk.say("journeys-condition-missing"))],
            Err(Some(faults)) => draft::told(&desk, &faults),
        }
    };
    let here = format!("/journeys/{id}/steps/{step}/ways/{way}");
    let mut page = Page::of(&app, (&desk, here), (id, &draft), asking).await?;
    page.faults = faults.into_iter().map(|(_, say)| say).collect();
    let status = if page.faults.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    Ok(shown(status, &page))
}

/// A condition, read as the first way of a branch that has nothing else; no faults where nothing is asked.
fn condition(asking: &Asking) -> Result<Condition, Option<Vec<journey::fault::Fault>>> {
    let when = asking.value().ok_or(None)?;
    let ways = json!([{ "when": when, "steps": [] }]);
    let text = json!({ "id": "s1", "kind": "branch", "ways": ways }).to_string();
    let read = definition::step(&text).map_err(Some)?;
    match read.act {
        Act::Branch(branch) => branch
            .ways
            .into_iter()
            .next()
            .map(|way| way.when)
            .ok_or(None),
        _ => Err(None),
    }
}

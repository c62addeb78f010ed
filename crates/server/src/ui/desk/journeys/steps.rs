//! The page of one step: a form for each kind, for a step that is there or one to put in.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use graph::template::Shape;
use journey::{
    definition,
    edit::{self, Edited},
    id::StepId,
    step::{Act, Step},
};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    asker::Asker,
    cards::Place,
    conditions::Asking,
    draft::{self, Draft, Faults},
    fields, words,
};
use crate::{
    app::App,
    error::Error,
    services::{
        attributes,
        journeys::{self, Sendable},
        staff::{Power, Role, members},
    },
    ui::{
        desk::{Desk, posted::Posted, refusal::Refusal},
        form::Form,
        notice::shown,
    },
};

#[derive(Template)]
#[template(path = "desk/journey_step.html")]
struct Page {
    desk: Desk,
    id: Uuid,
    name: String,
    cas: i64,
    /// Where the form goes.
    here: String,
    /// Where a new step is put in; none for one that is there.
    at: Option<String>,
    /// The kind; none while it is to be chosen.
    kind: Option<String>,
    /// What stands in the form, as JSON of the step.
    value: Value,
    asker: Asker,
    /// Templates of the account that it sends from.
    templates: Vec<Sendable>,
    keys: Vec<String>,
    /// Who answers customers: the address and the name.
    people: Vec<(String, String)>,
    faults: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    at: Option<String>,
    kind: Option<String>,
}

impl Page {
    async fn of(app: &App, desk: Desk, id: Uuid, draft: &Draft) -> Result<Self, Refusal> {
        let templates = journeys::templates(app, &draft.definition).await?;
        let keys = app.store.attribute_keys(attributes::KEYS_MAX).await;
        let people = members::list(app).await?.into_iter();
        let talks = |role: &str| Role::read(role).is_some_and(|role| role.may(Power::Talk));
        let people = people.filter(|one| talks(&one.role));
        Ok(Self {
            asker: Asker::of(&desk, &draft.definition, Asking::nothing()),
            id,
            name: draft.journey.name.clone(),
            cas: draft.journey.cas,
            here: String::new(),
            at: None,
            kind: None,
            value: Value::Null,
            templates,
            keys: keys.map_err(Error::from)?,
            people: people.map(|one| (one.email, one.name)).collect(),
            faults: Vec::new(),
            desk,
        })
    }

    fn journey(&self) -> String {
        self.desk.to(&format!("/journeys/{}", self.id))
    }

    fn kinds(&self) -> Vec<(&'static str, String, String)> {
        let named = Act::KINDS.map(|kind| {
            let note = format!("journeys-kind-note-{}", kind.replace('_', "-"));
            (kind, words::kind(&self.desk, kind), self.desk.say(&note))
        });
        named.to_vec()
    }

    fn heading(&self) -> String {
        match &self.kind {
            Some(kind) => words::kind(&self.desk, kind),
            None => self.desk.say("journeys-add-what"),
        }
    }

    fn is(&self, kind: &str) -> bool {
        self.kind.as_deref() == Some(kind)
    }

    /// A member of the step as text.
    fn text(&self, name: &str) -> String {
        match self.value.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        }
    }

    /// Members of a list of the step, one on each line.
    fn lines(&self, name: &str) -> String {
        let list = self.value.get(name).and_then(Value::as_array);
        let lines = list.into_iter().flatten().filter_map(Value::as_str);
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The template that is chosen, where it is there.
    fn chosen(&self) -> Option<&Sendable> {
        let (name, language) = (self.text("template"), self.text("language"));
        let mut all = self.templates.iter();
        all.find(|one| one.name == name && one.language == language)
    }

    /// What the chosen template says.
    fn shape(&self) -> Option<Shape> {
        self.chosen().map(|one| one.shape.clone())
    }

    /// The chosen template as the list names it.
    fn chosen_value(&self) -> String {
        let value = format!("{} {}", self.text("template"), self.text("language"));
        value.trim().to_owned()
    }

    /// The templates to choose from: what the form sends, what stands in the list, and whether it is chosen. One that cannot be sent
    /// stays until another is chosen.
    fn choices(&self) -> Vec<(String, String, bool)> {
        let chosen = self.chosen_value();
        let fit = self.templates.iter().filter(|one| one.is_fit);
        let named = fit.map(|one| {
            let value = format!("{} {}", one.name, one.language);
            let is_chosen = value == chosen;
            (value, format!("{} ({})", one.name, one.language), is_chosen)
        });
        let mut all: Vec<(String, String, bool)> = named.collect();
        all.sort();
        if !chosen.is_empty() && !all.iter().any(|(_, _, is_chosen)| *is_chosen) {
            let gone = self
                .desk
                .say_with("journeys-template-gone", &[("name", &chosen)]);
            all.push((chosen, gone, true));
        }
        all
    }

    /// The template's variables: the name, what it is called and what fills it. Of a template that is not there, those that the step has.
    fn variables(&self) -> Vec<(String, String, String)> {
        let map = self.value.get("variables").and_then(Value::as_object);
        let given: Vec<&str> = map
            .into_iter()
            .flatten()
            .map(|(name, _)| name.as_str())
            .collect();
        let names = match self.chosen() {
            Some(chosen) => chosen.variables(&given),
            None => given.into_iter().map(str::to_owned).collect(),
        };
        let named = names.into_iter().map(|name| {
            let text = map.and_then(|map| map.get(&name)).and_then(Value::as_str);
            let text = text.unwrap_or_default().to_owned();
            let label = words::variable(&self.desk, &name);
            (name, label, text)
        });
        named.collect()
    }

    /// How many of which unit a wait or a question lasts.
    fn span(&self) -> (String, String) {
        let span = self.value.get("for").or_else(|| self.value.get("within"));
        let first = span
            .and_then(Value::as_object)
            .and_then(|map| map.iter().next());
        first.map_or_else(
            || ("1".to_owned(), "days".to_owned()),
            |(unit, count)| {
                let count = count
                    .as_str()
                    .map_or_else(|| count.to_string(), str::to_owned);
                (count, unit.clone())
            },
        )
    }

    fn count(&self) -> String {
        self.span().0
    }

    fn units(&self) -> Vec<(&'static str, String, bool)> {
        let chosen = self.span().1;
        let named = ::journey::span::Span::UNITS.map(|unit| {
            (
                unit,
                self.desk.say(&format!("journeys-unit-{unit}")),
                unit == chosen,
            )
        });
        named.to_vec()
    }

    fn tries(&self) -> [(u8, bool); 3] {
        let chosen = self.value.get("tries").and_then(Value::as_u64).unwrap_or(1);
        [1, 2, 3].map(|tries| (tries, u64::from(tries) == chosen))
    }

    /// Whom a conversation may be handed to: the address, the name, and whether it is them. Somebody who is gone stays, until somebody
    /// else is chosen.
    fn agents(&self) -> Vec<(String, String, bool)> {
        let chosen = self.text("agent");
        let people = self.people.iter();
        let mut all: Vec<_> = people
            .map(|(address, name)| (address.clone(), name.clone(), *address == chosen))
            .collect();
        if !chosen.is_empty() && !all.iter().any(|(_, _, is_them)| *is_them) {
            all.push((chosen.clone(), chosen, true));
        }
        all
    }

    fn is_set(&self, name: &str) -> bool {
        self.value.get(name).and_then(Value::as_bool) == Some(true)
    }

    fn goes_on(&self) -> bool {
        let said = |name: &str| self.value.get(name).and_then(Value::as_str) == Some("continue");
        said("if_not_sent") || said("if_failed")
    }

    /// Whether the journey can go on where the step fails.
    fn may_fail(&self) -> bool {
        let kind = self.kind.as_deref().unwrap_or_default();
        matches!(
            kind,
            "send_template" | "send_message" | "ask" | "call_webhook"
        )
    }
}

/// What kind of step, or the form of that kind.
pub(super) async fn begin(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    desk.need(Power::Market)?;
    let draft = draft::load(&app, id).await?;
    let kind = asked
        .kind
        .filter(|kind| Act::KINDS.contains(&kind.as_str()));
    let mut page = Page {
        here: desk.to(&format!("/journeys/{id}/add")),
        at: Some(asked.at.unwrap_or_else(|| "start".to_owned())),
        value: kind.as_deref().map_or(Value::Null, fresh),
        kind,
        ..Page::of(&app, desk, id, &draft).await?
    };
    if page.is("branch") {
        page.asker.begin();
    }
    Ok(shown(StatusCode::OK, &page))
}

/// What the form of a new step begins with.
fn fresh(kind: &str) -> Value {
    match kind {
        "wait" => json!({ "for": { "days": 1 } }),
        "wait_until" => json!({ "time": "09:00" }),
        _ => json!({}),
    }
}

/// Puts a step in.
pub(super) async fn add(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Market)?;
    let draft = draft::load(&app, id).await?;
    let at = form.get("at").unwrap_or_default().to_owned();
    let kind = form.get("kind").filter(|kind| Act::KINDS.contains(kind));
    let kind = kind.ok_or(Refusal::NotFound)?.to_owned();
    let place = Place::read(&at).ok_or(Refusal::NotFound)?;
    let new = edit::free_id(&draft.definition).to_string();
    let insert = |step: Step| match place {
        Place::Into(list) => edit::insert_into(&draft.definition, &list, step),
        Place::After(after) => edit::insert_after(&draft.definition, &after, step),
    };
    let page = Page {
        here: desk.to(&format!("/journeys/{id}/add")),
        at: Some(at),
        kind: Some(kind),
        ..Page::of(&app, desk.clone(), id, &draft).await?
    };
    finish(&app, (&desk, &form), page, (&new, insert, &draft)).await
}

/// The form of a step that is there.
pub(super) async fn show(
    State(app): State<App>,
    desk: Desk,
    Path((id, step)): Path<(Uuid, String)>,
) -> Result<Response, Refusal> {
    desk.need(Power::Market)?;
    let draft = draft::load(&app, id).await?;
    let found = find(&draft, &step)?;
    if matches!(found.act, Act::Branch(_) | Act::End(_)) {
        return Ok(Redirect::to(&format!("/journeys/{id}#{step}")).into_response());
    }
    let asking = match &found.act {
        Act::Wait(wait) => wait.or_when.as_ref().map(Asking::of),
        _ => None,
    };
    let mut page = Page {
        here: desk.to(&format!("/journeys/{id}/steps/{step}")),
        kind: Some(found.act.kind().to_owned()),
        value: serde_json::to_value(found).unwrap_or_default(),
        ..Page::of(&app, desk, id, &draft).await?
    };
    page.asker.asking = asking.unwrap_or_else(Asking::nothing);
    Ok(shown(StatusCode::OK, &page))
}

/// Puts another step of its kind in the place of one.
pub(super) async fn change(
    State(app): State<App>,
    Path((id, step)): Path<(Uuid, String)>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Market)?;
    let draft = draft::load(&app, id).await?;
    let found = find(&draft, &step)?;
    // A branch is changed way by way: a form of one condition would take its ways away.
    if matches!(found.act, Act::Branch(_)) {
        return Err(Refusal::NotFound);
    }
    let old = found.id.clone();
    let replace = |new: Step| edit::replace(&draft.definition, &old, new);
    let page = Page {
        here: desk.to(&format!("/journeys/{id}/steps/{step}")),
        kind: Some(found.act.kind().to_owned()),
        ..Page::of(&app, desk.clone(), id, &draft).await?
    };
    finish(&app, (&desk, &form), page, (&step, replace, &draft)).await
}

fn find<'a>(draft: &'a Draft, step: &str) -> Result<&'a Step, Refusal> {
    let id = StepId::read(step).map_err(|_| Refusal::NotFound)?;
    draft.definition.find(&id).ok_or(Refusal::NotFound)
}

/// Keeps what was filled in, or shows the form once more: with a question more or less, or with what is wrong.
async fn finish(
    app: &App,
    (desk, form): (&Desk, &Form),
    mut page: Page,
    (step, put, draft): (&str, impl FnOnce(Step) -> Edited, &Draft),
) -> Result<Response, Refusal> {
    let kind = page.kind.clone().unwrap_or_default();
    let mut asking = Asking::read(form);
    let pressed = asking.press(form.get("act").unwrap_or_default(), form);
    let value = fields::step(&kind, step, form, &asking);
    // Another template has other variables: its own are shown first.
    let loads = form.get("act") == Some("load") || fields::is_of_another(form);
    let faults: Faults = if pressed || loads {
        Vec::new()
    } else if kind == "branch" && asking.value().is_none() {
        vec![(None, desk.say("journeys-condition-missing"))]
    } else {
        match definition::step(&value.to_string()) {
            Err(faults) => draft::told(desk, &faults),
            Ok(read) => {
                let kept = draft::keep(app, (desk, form), page.id, put(read)).await?;
                match kept {
                    Ok(()) => {
                        let to = format!("/journeys/{}#{step}", page.id);
                        return Ok(Redirect::to(&to).into_response());
                    }
                    Err(faults) => faults,
                }
            }
        }
    };
    page.asker = Asker::of(desk, &draft.definition, asking);
    page.value = value;
    page.faults = faults.into_iter().map(|(_, say)| say).collect();
    let status = if page.faults.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    Ok(shown(status, &page))
}

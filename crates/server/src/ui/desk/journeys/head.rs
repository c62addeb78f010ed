//! What stands above the steps of a journey: its name, what lets people in, who may come again. For a new one and for one that is there.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use journey::{definition::Definition, trigger::Trigger};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    draft::{self, Faults},
    examples::{self, Example},
    fields,
};
use crate::{
    app::App,
    error::Error,
    services::{
        attributes, forms,
        journeys::{self, body::JourneyAnswer},
        staff::Power,
    },
    ui::{
        desk::{Desk, posted::Posted, refusal::Refusal},
        form::Form,
        notice::shown,
    },
};

#[derive(Template)]
#[template(path = "desk/journey_head.html")]
struct Page {
    desk: Desk,
    /// The journey; none for a new one.
    kept: Option<JourneyAnswer>,
    /// What stands in the form, as JSON of a definition.
    value: Value,
    numbers: Vec<String>,
    keys: Vec<String>,
    /// Forms to join by, short name and name.
    forms: Vec<String>,
    /// Journeys to begin with, for a new one.
    examples: Vec<Example>,
    faults: Vec<String>,
}

impl Page {
    async fn of(app: &App, desk: Desk, kept: Option<JourneyAnswer>) -> Result<Self, Refusal> {
        let keys = app.store.attribute_keys(attributes::KEYS_MAX).await;
        let forms = forms::list(app).await?.into_iter();
        let fresh = json!({ "name": "", "trigger": { "kind": "joined" } });
        Ok(Self {
            value: kept.as_ref().map_or(fresh, |kept| kept.draft.clone()),
            numbers: app.config.numbers().map(|id| id.to_string()).collect(),
            keys: keys.map_err(Error::from)?,
            forms: forms.map(|form| form.slug).collect(),
            examples: if kept.is_none() {
                examples::all(app, &desk).await?
            } else {
                Vec::new()
            },
            kept,
            faults: Vec::new(),
            desk,
        })
    }

    fn here(&self) -> String {
        match &self.kept {
            Some(kept) => self.desk.to(&format!("/journeys/{}/head", kept.id)),
            None => self.desk.to("/journeys/new"),
        }
    }

    fn kinds(&self) -> Vec<(&'static str, String, bool)> {
        let chosen = self.of_trigger("kind");
        let named = Trigger::KINDS.map(|kind| {
            let id = format!("journeys-trigger-{}", kind.replace('_', "-"));
            (kind, self.desk.say(&id), kind == chosen)
        });
        named.to_vec()
    }

    fn text(&self, name: &str) -> String {
        written(self.value.get(name))
    }

    /// A member of the trigger as text.
    fn of_trigger(&self, name: &str) -> String {
        written(
            self.value
                .get("trigger")
                .and_then(|trigger| trigger.get(name)),
        )
    }

    /// A member of the trigger, where it is of this kind.
    fn of_kind(&self, kind: &str, name: &str) -> String {
        if self.of_trigger("kind") == kind {
            self.of_trigger(name)
        } else {
            String::new()
        }
    }

    fn words(&self) -> String {
        let words = self
            .value
            .get("trigger")
            .and_then(|trigger| trigger.get("words"));
        let words = words.and_then(Value::as_array).into_iter().flatten();
        words
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join("\n")
    }

    fn days(&self) -> String {
        let days = self.of_kind("date", "days");
        let days = days.strip_prefix('-').unwrap_or(&days);
        if days.is_empty() { "0" } else { days }.to_owned()
    }

    fn is_before(&self) -> bool {
        self.of_kind("date", "days").starts_with('-')
    }

    fn time(&self) -> String {
        let time = self.of_kind("date", "time");
        if time.is_empty() {
            "09:00".to_owned()
        } else {
            time
        }
    }

    fn is_yearly(&self) -> bool {
        self.of_kind("date", "yearly") == "true"
    }

    fn again_kinds(&self) -> Vec<(&'static str, String, bool)> {
        let chosen = match self.value.get("again") {
            Some(Value::String(word)) => word.as_str(),
            Some(_) => "after_days",
            None => "never",
        };
        let named = ["never", "after_days", "outside"].map(|word| {
            let id = format!("journeys-may-{}", word.replace('_', "-"));
            (word, self.desk.say(&id), word == chosen)
        });
        named.to_vec()
    }

    fn again_days(&self) -> String {
        let days = self
            .value
            .get("again")
            .and_then(|again| again.get("after_days"));
        let days = written(days);
        if days.is_empty() {
            "30".to_owned()
        } else {
            days
        }
    }
}

/// A value as somebody would type it.
fn written(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(flag)) => flag.to_string(),
        _ => String::new(),
    }
}

/// The form of a new journey, with examples.
pub(super) async fn begin(State(app): State<App>, desk: Desk) -> Result<Response, Refusal> {
    desk.need(Power::Market)?;
    Ok(shown(StatusCode::OK, &Page::of(&app, desk, None).await?))
}

/// Makes a journey: an example, or one without steps.
pub(super) async fn make(State(app): State<App>, posted: Posted) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Market)?;
    let example = form.get("example");
    let example = example.and_then(|word| examples::definition(&desk, word));
    let value = filled(&form, &json!([]));
    let definition = example.unwrap_or_else(|| value.to_string());
    match journeys::create(&app, &definition, desk.actor()).await? {
        Ok(made) => Ok(Redirect::to(&format!("/journeys/{}", made.id)).into_response()),
        Err(faults) => {
            let faults = draft::answered(&desk, &faults);
            let page = Page::of(&app, desk, None).await?;
            Ok(wrong(page, value, faults))
        }
    }
}

/// The form of the head of a journey.
pub(super) async fn show(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<Uuid>,
) -> Result<Response, Refusal> {
    desk.need(Power::Market)?;
    let kept = journeys::show(&app, id).await?;
    let page = Page::of(&app, desk, Some(kept)).await?;
    Ok(shown(StatusCode::OK, &page))
}

/// Puts another head over the steps of a journey.
pub(super) async fn change(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Market)?;
    let kept = journeys::show(&app, id).await?;
    let steps = kept.draft.get("steps").cloned().unwrap_or_default();
    let value = filled(&form, &steps);
    let edited = Definition::read(&value.to_string());
    match draft::keep(&app, (&desk, &form), id, edited).await? {
        Ok(()) => Ok(Redirect::to(&format!("/journeys/{id}")).into_response()),
        Err(faults) => {
            let page = Page::of(&app, desk, Some(kept)).await?;
            Ok(wrong(page, value, faults))
        }
    }
}

fn wrong(mut page: Page, value: Value, faults: Faults) -> Response {
    page.value = value;
    page.faults = faults.into_iter().map(|(_, say)| say).collect();
    shown(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// The definition that somebody filled in, over these steps.
fn filled(form: &Form, steps: &Value) -> Value {
    let text = |name: &str| form.get(name).unwrap_or_default().trim().to_owned();
    let mut value = json!({
        "format": 1,
        "name": text("name"),
        "trigger": fields::trigger(form),
        "again": fields::again(form),
        "steps": steps,
    });
    if let Some(map) = value.as_object_mut() {
        let number = text("number");
        if !number.is_empty() {
            map.insert("number".to_owned(), json!(number));
        }
    }
    value
}

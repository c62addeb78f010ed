//! What we say by ourselves: which answers go out, when we sleep, and who is reminded.

mod words;

use std::collections::BTreeSet;

use askama::Template;
use axum::{
    Router,
    extract::{RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};

use super::{Desk, fault, posted::Posted, refusal::Refusal};
use crate::{
    app::App,
    flows::{
        Flows, Form as FlowForm, Reminder,
        words::{self as built_in, Key},
    },
    services::{
        flows::setting,
        policy,
        policy_json::{self, QuietBody},
        staff::Power,
        templates::shelf::{self, TemplateAnswer},
    },
    ui::{form::Form, notice::shown},
};

const HERE: &str = "/settings/confirmations";
/// The switches: each has texts `confirm-on-WORD` and `confirm-note-WORD`.
const SWITCHES: [&str; 5] = ["confirmations", "questions", "help", "menu", "receipts"];
/// The lists of words: each has a text `confirm-asks-WORD`.
const LISTS: [&str; 3] = ["help", "menu", "receipt"];

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(HERE, get(show).post(change))
        .route("/settings/confirmations/quiet", post(set_quiet))
        .merge(words::routes())
}

#[derive(Template)]
#[template(path = "desk/confirmations.html")]
struct Page {
    desk: Desk,
    flows: Flows,
    numbers: Vec<String>,
    templates: Vec<TemplateAnswer>,
    languages: Vec<String>,
    quiet: Option<QuietBody>,
    /// The version of the policy, which quiet hours are part of.
    rules: u64,
    reminds: Reminder,
    is_saved: bool,
    fault: Option<String>,
    quiet_fault: Option<String>,
}

impl Page {
    async fn of(app: &App, desk: Desk) -> Result<Self, Refusal> {
        let flows = setting::current(app).await?.as_ref().clone();
        let rules = policy::current(app).await?;
        let templates = shelf::list(app).await?.into_iter();
        Ok(Self {
            numbers: app.config.numbers().map(|id| id.to_string()).collect(),
            templates: templates.collect(),
            languages: languages(&flows),
            quiet: policy_json::body(&rules).quiet_hours,
            rules: rules.version,
            reminds: flows
                .reminder
                .clone()
                .unwrap_or_else(|| no_reminder(&flows)),
            flows,
            desk,
            is_saved: false,
            fault: None,
            quiet_fault: None,
        })
    }

    fn switches(&self) -> Vec<(&'static str, bool, String, String)> {
        let switches = SWITCHES.into_iter().map(|word| {
            let name = self.desk.say(&format!("confirm-on-{word}"));
            let note = self.desk.say(&format!("confirm-note-{word}"));
            (word, is_on(&self.flows, word), name, note)
        });
        switches.collect()
    }

    fn lists(&self) -> Vec<(&'static str, String, String)> {
        let lists = LISTS.into_iter().map(|word| {
            let words = match word {
                "help" => &self.flows.help_words,
                "menu" => &self.flows.menu_words,
                _ => &self.flows.receipt_words,
            };
            let name = self.desk.say(&format!("confirm-asks-{word}"));
            (word, name, words.join(", "))
        });
        lists.collect()
    }

    fn form(&self) -> (&str, &str) {
        let form = self.flows.form.as_ref();
        form.map_or(("", ""), |form| (form.id.as_str(), form.screen.as_str()))
    }

    fn quiet(&self) -> (&str, &str, &str) {
        let quiet = self.quiet.as_ref();
        let zone = self.desk.frame.voice.zone_name();
        quiet.map_or(("21:00", "08:00", zone), |quiet| {
            (quiet.from.as_str(), quiet.to.as_str(), quiet.zone.as_str())
        })
    }

    fn is_reminding(&self, template: &TemplateAnswer) -> bool {
        template.name == self.reminds.template && template.language == self.reminds.language
    }

    /// Whether the template of the reminder is none of those that we know.
    fn reminds_otherwise(&self) -> bool {
        let mut known = self.templates.iter();
        !self.reminds.template.is_empty() && !known.any(|template| self.is_reminding(template))
    }

    fn sends(&self, number: &str) -> bool {
        self.reminds.number == number
    }

    fn speaks(&self, language: &str) -> bool {
        self.flows.language == language
    }

    /// The first message of each group, so that whoever looks sees at once what it is about.
    fn example(&self, word: &str) -> String {
        let key = match word {
            "confirmations" => Key::Stopped,
            "questions" => Key::Question,
            "help" => Key::Help,
            "menu" => Key::Menu,
            _ => Key::Receipt,
        };
        let number = self.numbers.first().map_or("", String::as_str);
        let say = |key| self.flows.say(number, &self.flows.language, key);
        let menu = self.flows.menu_words.first().map_or("MENU", String::as_str);
        let (what, often) = (say(Key::What), say(Key::Often));
        let places = [("what", what.as_str()), ("often", &often), ("menu", menu)];
        built_in::filled(&say(key), &places)
    }
}

fn is_on(flows: &Flows, word: &str) -> bool {
    match word {
        "confirmations" => flows.confirmations,
        "questions" => flows.questions,
        "help" => flows.help,
        "menu" => flows.menu,
        _ => flows.receipts,
    }
}

/// The languages that there are words in, built in or the business's own.
fn languages(flows: &Flows) -> Vec<String> {
    let own = flows.texts.iter().map(|texts| texts.language.clone());
    let all: BTreeSet<String> = built_in::languages()
        .map(str::to_owned)
        .chain(own)
        .collect();
    all.into_iter().collect()
}

fn no_reminder(flows: &Flows) -> Reminder {
    Reminder {
        every_days: 180,
        number: String::new(),
        template: String::new(),
        language: flows.language.clone(),
    }
}

async fn show(
    State(app): State<App>,
    desk: Desk,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    desk.need(Power::Rule)?;
    let page = Page {
        is_saved: query.as_deref() == Some("saved=1"),
        ..Page::of(&app, desk).await?
    };
    Ok(shown(StatusCode::OK, &page))
}

async fn change(State(app): State<App>, posted: Posted) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Rule)?;
    let mut page = Page::of(&app, desk).await?;
    let (flows, reminds) = typed(&form, &page.flows);
    match replace(&app, &page.desk, &form, flows.clone()).await? {
        None => Ok(Redirect::to(&format!("{HERE}?saved=1")).into_response()),
        fault => {
            page.fault = fault;
            page.flows = flows;
            page.reminds = reminds;
            Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

/// Puts settings in force, if nobody else changed them since the page was opened. Gives what speaks against it, for the reader.
async fn replace(
    app: &App,
    desk: &Desk,
    form: &Form,
    flows: Flows,
) -> Result<Option<String>, Refusal> {
    let current = setting::current(app).await?.version;
    let seen = form.get("version").and_then(|text| text.parse().ok());
    if seen.is_some_and(|seen: i64| seen != current) {
        return Ok(Some(desk.say("confirm-overtaken")));
    }
    match setting::replace(app, flows, desk.actor()).await {
        Ok(_) => Ok(None),
        Err(error) => fault::of(desk, error).map(Some),
    }
}

/// The settings as they stand in the form, and the reminder also where it is off. Texts have pages of their own.
fn typed(form: &Form, before: &Flows) -> (Flows, Reminder) {
    let text = |name: &str| form.get(name).unwrap_or_default().trim().to_owned();
    let on = |word: &str| form.get(word).is_some();
    let list = |word: &str| {
        let words = text(&format!("{word}_words"));
        let words = words.split([',', '\n']).map(|word| word.trim().to_owned());
        words.filter(|word| !word.is_empty()).collect()
    };
    let template = text("reminder_template");
    let template = template.split_once(' ').unwrap_or((template.as_str(), ""));
    let reminds = Reminder {
        every_days: text("reminder_days").parse().unwrap_or_default(),
        number: text("reminder_number"),
        template: template.0.to_owned(),
        language: template.1.to_owned(),
    };
    let (id, screen) = (text("form_id"), text("form_screen"));
    let flows = Flows {
        confirmations: on("confirmations"),
        questions: on("questions"),
        help: on("help"),
        menu: on("menu"),
        receipts: on("receipts"),
        help_words: list("help"),
        menu_words: list("menu"),
        receipt_words: list("receipt"),
        language: text("language"),
        question_days: text("question_days").parse().unwrap_or_default(),
        form: (!(id.is_empty() && screen.is_empty())).then_some(FlowForm { id, screen }),
        reminder: form.get("reminder").is_some().then(|| reminds.clone()),
        ..before.clone()
    };
    (flows, reminds)
}

/// When marketing sleeps: part of the policy, and changed alone.
async fn set_quiet(State(app): State<App>, posted: Posted) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Rule)?;
    let text = |name: &str| form.get(name).unwrap_or_default().trim().to_owned();
    let quiet = QuietBody {
        from: text("from"),
        to: text("to"),
        zone: text("zone"),
    };
    let current = policy::current(&app).await?;
    let mut body = policy_json::body(&current);
    body.quiet_hours = form.get("quiet").is_some().then(|| quiet.clone());
    let seen = form.get("rules").and_then(|text| text.parse().ok());
    let done = match policy::read(&app, &body).await {
        Ok(new) => {
            let version = seen.unwrap_or(current.version);
            let new = consent::policy::Policy { version, ..new };
            policy::replace(&app, new, desk.actor()).await.map(|_| ())
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => Ok(Redirect::to(&format!("{HERE}?saved=1#quiet")).into_response()),
        Err(error) => {
            let page = Page {
                quiet_fault: Some(fault::of(&desk, error)?),
                quiet: Some(quiet),
                ..Page::of(&app, desk).await?
            };
            Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

//! A campaign is made in two steps: the template first, because its gaps say what else is wanted, then everything else on one form.

mod offer;
mod write;

use askama::Template;
use axum::{
    Router,
    extract::{DefaultBodyLimit, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use serde::Deserialize;

use self::offer::{Chosen, Offers};
use super::words;
use crate::{
    app::App,
    error::Error,
    services::{campaigns, reports::numbers, segments, staff::Power},
    ui::{
        desk::{Desk, fault, refusal::Refusal, segments::name_of, uploaded::Uploaded},
        form::Form,
        notice::shown,
    },
};

/// Where one is made.
const HERE: &str = "/campaigns/new";
/// The largest file of people, in bytes: a million rows of a number and a name.
const FILE_BYTES_MAX: usize = 48 * 1024 * 1024;
/// A list that is so small stays in the form when it has to be filled in again.
const KEPT_BYTES_MAX: usize = 32 * 1024;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(HERE, get(begin).post(send))
        .layer(DefaultBodyLimit::max(FILE_BYTES_MAX))
}

/// Which template, or which are looked for.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    account: Option<String>,
    template: Option<String>,
    language: Option<String>,
    find: Option<String>,
}

#[derive(Template)]
#[template(path = "desk/campaign_template.html")]
struct Pick {
    desk: Desk,
    offers: Offers,
    find: String,
}

#[derive(Template)]
#[template(path = "desk/campaign_new.html")]
struct Page {
    desk: Desk,
    form: Form,
    fault: Option<String>,
    first: Chosen,
    second: Option<Chosen>,
    /// The templates that may stand beside the first one.
    others: Vec<(String, String)>,
    /// The numbers of the account: id, and how people write it.
    numbers: Vec<(String, String)>,
    /// The segments: id and name.
    segments: Vec<(String, String)>,
}

async fn begin(
    State(app): State<App>,
    desk: Desk,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    desk.need(Power::Market)?;
    let find = asked.find.unwrap_or_default();
    let (Some(template), Some(language)) = (asked.template, asked.language) else {
        let offers = Offers::of(&app, &desk, &find).await?;
        let page = Pick { desk, offers, find };
        return Ok(shown(StatusCode::OK, &page));
    };
    let account = asked.account.unwrap_or_default();
    let fields = [
        ("account", account),
        ("template", template),
        ("language", language),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value));
    let page = Page::of(&app, desk, Form::with(fields.into())).await?;
    Ok(shown(StatusCode::OK, &page))
}

async fn send(State(app): State<App>, uploaded: Uploaded) -> Result<Response, Refusal> {
    let Uploaded { desk, form, file } = uploaded;
    desk.need(Power::Market)?;
    let form = write::with_file(form, file, KEPT_BYTES_MAX);
    let mut page = Page::of(&app, desk, form.kept).await?;
    // A second template brings gaps of its own: the form comes again with them.
    if matches!(page.value("act"), "second" | "alone") {
        return Ok(shown(StatusCode::OK, &page));
    }
    let body = write::body(
        &page.desk,
        &page.form,
        (&page.first, page.second.as_ref()),
        form.file,
    );
    let made = match body {
        Ok(body) => campaigns::create(&app, &body, page.desk.actor()).await,
        Err(error) => Err(error),
    };
    let error = match made {
        Ok(made) => return Ok(Redirect::to(&format!("/campaigns/{}", made.id)).into_response()),
        Err(error) => error,
    };
    let (field, told) = fault::at(&page.desk, error)?;
    page.fault = Some(page.named(field.as_deref(), told));
    Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

impl Pick {
    fn here(&self) -> String {
        self.desk.to(HERE)
    }
}

impl Page {
    async fn of(app: &App, desk: Desk, form: Form) -> Result<Self, Refusal> {
        let asked = |name: &str| form.get(name).unwrap_or_default();
        let first = (asked("account"), asked("template"), asked("language"));
        let first = offer::find(app, &desk, first).await?;
        let second = match (asked("act"), asked("second").split_once(' ')) {
            ("alone", _) | (_, None) => None,
            (_, Some((language, name))) => {
                Some(offer::find(app, &desk, (&first.account, name, language)).await?)
            }
        };
        let account = app.config.whatsapp.accounts.iter();
        let mut account = account.filter(|account| account.id == first.account);
        let ids = account.next().map(|account| account.numbers.clone());
        let cards = numbers::all(app).await?.numbers;
        let named = ids.unwrap_or_default().into_iter().map(|id| {
            let card = cards.iter().find(|card| card.number == id);
            let display = card.and_then(|card| card.display.clone());
            let name = display.unwrap_or_else(|| id.clone());
            (id, name)
        });
        let segments = segments::list(app).await?;
        Ok(Self {
            numbers: named.collect(),
            segments: segments
                .iter()
                .map(|segment| (segment.id.clone(), name_of(&desk, segment)))
                .collect(),
            others: offer::others(app, &first).await?,
            first,
            second,
            form,
            fault: None,
            desk,
        })
    }

    /// The sentence, after the name of the field that it is about.
    fn named(&self, field: Option<&str>, told: String) -> String {
        let id = field.map(|field| {
            let first = field.split('.').next().unwrap_or_default();
            format!("campaigns-field-{}", first.replace('_', "-"))
        });
        match id.filter(|id| self.desk.frame.voice.knows(id)) {
            Some(id) => format!("{}: {told}", self.desk.say(&id)),
            None => told,
        }
    }

    fn here(&self) -> String {
        self.desk.to(HERE)
    }

    /// What is typed in a field; nothing at first.
    fn value(&self, name: &str) -> &str {
        self.form.get(name).unwrap_or_default()
    }

    /// What is typed in the field of a gap: the best guess at first.
    fn gap(&self, name: &str, guess: &str) -> String {
        match self.form.get(name) {
            Some(typed) => typed.to_owned(),
            None => guess.to_owned(),
        }
    }

    /// What is chosen, where something always is.
    fn choice(&self, name: &str, usual: &str) -> String {
        let chosen = self.form.get(name).filter(|value| !value.is_empty());
        chosen.unwrap_or(usual).to_owned()
    }

    fn is(&self, name: &str, usual: &str, value: &str) -> bool {
        self.choice(name, usual) == value
    }

    /// Whether a number sends: the first one does, where nobody chose.
    fn sends(&self, id: &str) -> bool {
        let mut chosen = self.form.all("number").peekable();
        if chosen.peek().is_none() {
            return self.numbers.first().is_some_and(|(first, _)| first == id);
        }
        chosen.any(|number| number == id)
    }

    fn bases(&self) -> Vec<(&'static str, String)> {
        let named = |word: &'static str| (word, words::basis(&self.desk, word));
        words::BASES.into_iter().map(named).collect()
    }

    fn limit_note(&self) -> String {
        let limit = words::whole(&self.desk, campaigns::plan::UNWATCHED_MAX);
        self.desk
            .say_with("campaigns-recorder-note", &[("count", &limit)])
    }

    fn zone(&self) -> &str {
        self.desk.frame.voice.zone_name()
    }
}

/// What was typed where it makes no number.
fn invalid(field: &str, message: &str) -> Error {
    Error::field(field, message.to_owned())
}

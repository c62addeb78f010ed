//! A campaign is made in two steps: the template first, because its gaps say what else is wanted, then everything else on one form.

mod again;
mod offer;
mod write;

use askama::Template;
use axum::{
    Router,
    extract::{DefaultBodyLimit, Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use serde::Deserialize;
use store::campaign::CampaignLine;
use uuid::Uuid;

use self::offer::{Chosen, Offers};
use super::{show, words};
use crate::{
    app::App,
    error::Error,
    services::{
        campaigns::{self, acts, draft, names},
        reports::numbers,
        segments,
        staff::Power,
    },
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
        .route("/campaigns/{id}/edit", get(edit).post(save))
        .route("/campaigns/{id}/copy", get(copy))
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
    /// The field that is to blame, and why.
    blamed: Option<(String, String)>,
    /// What can stand in a variable: what is known of people, and the columns of the list.
    known: Vec<String>,
    first: Chosen,
    second: Option<Chosen>,
    /// The templates that may stand beside the first one.
    others: Vec<(String, String)>,
    /// The numbers of the account: id, and how people write it.
    numbers: Vec<(String, String)>,
    /// The segments: id and name.
    segments: Vec<(String, String)>,
    /// The draft that is changed; none where one is made.
    edits: Option<Uuid>,
    /// How many are in the list that may be taken as it is.
    list: Option<u64>,
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
    let page = Page::of(&app, desk, Form::with(fields.into()), None).await?;
    Ok(shown(StatusCode::OK, &page))
}

/// The form with a draft in it.
async fn edit(
    State(app): State<App>,
    desk: Desk,
    Path(text): Path<String>,
) -> Result<Response, Refusal> {
    desk.need(Power::Market)?;
    let id = campaigns::plan::id(&text)?;
    let written = match draft::open(&app, id).await {
        Ok(line) => fields(&app, &desk, &line).map(|fields| (fields, line.version)),
        Err(error) => Err(error),
    };
    let (mut fields, version) = match written {
        Ok(written) => written,
        Err(error) => return show::answer(&app, desk, &text, Err(error)).await,
    };
    fields.push(("version".to_owned(), version.to_string()));
    let page = Page::of(&app, desk, Form::with(fields), Some(id)).await?;
    Ok(shown(StatusCode::OK, &page))
}

/// The form with what another campaign is, to make one like it. When it is to begin is said anew.
async fn copy(
    State(app): State<App>,
    desk: Desk,
    Path(text): Path<String>,
) -> Result<Response, Refusal> {
    desk.need(Power::Market)?;
    let line = acts::find(&app, campaigns::plan::id(&text)?).await?;
    let mut fields = match fields(&app, &desk, &line) {
        Ok(fields) => fields,
        Err(error) => return show::answer(&app, desk, &text, Err(error)).await,
    };
    fields.retain(|(name, _)| name != "start");
    let page = Page::of(&app, desk, Form::with(fields), None).await?;
    Ok(shown(StatusCode::OK, &page))
}

fn fields(app: &App, desk: &Desk, line: &CampaignLine) -> Result<Vec<(String, String)>, Error> {
    let plan = campaigns::plan::Plan::kept(&line.spec)?;
    again::fields(desk, line, campaigns::plan::account(app, &plan.numbers))
}

async fn send(State(app): State<App>, uploaded: Uploaded) -> Result<Response, Refusal> {
    take(&app, uploaded, None).await
}

async fn save(
    State(app): State<App>,
    Path(text): Path<String>,
    uploaded: Uploaded,
) -> Result<Response, Refusal> {
    uploaded.desk.need(Power::Market)?;
    let id = campaigns::plan::id(&text)?;
    acts::find(&app, id).await?;
    take(&app, uploaded, Some(id)).await
}

/// Makes a draft, or changes one, of what the form says.
async fn take(app: &App, uploaded: Uploaded, edits: Option<Uuid>) -> Result<Response, Refusal> {
    let Uploaded { desk, form, file } = uploaded;
    desk.need(Power::Market)?;
    let form = write::with_file(form, file, KEPT_BYTES_MAX);
    let mut page = Page::of(app, desk, form.kept, edits).await?;
    // A second template brings gaps of its own: the form comes again with them.
    if matches!(page.value("act"), "second" | "alone") {
        return Ok(shown(StatusCode::OK, &page));
    }
    let body = write::body(
        &page.desk,
        &page.form,
        (&page.first, page.second.as_ref()),
        (form.file, app.clock.now()),
    );
    let actor = page.desk.actor();
    let made = match (body, edits) {
        (Ok(body), None) => draft::create(app, &body, actor).await,
        (Ok(body), Some(id)) => {
            let seen: Option<i64> = page.value("version").parse().ok();
            draft::change(app, (id, seen), &body, actor).await
        }
        (Err(error), _) => Err(error),
    };
    let error = match made {
        Ok(made) => return Ok(Redirect::to(&format!("/campaigns/{}", made.id)).into_response()),
        Err(error) => error,
    };
    let (field, told) = fault::at(&page.desk, error)?;
    page.blame(field, told);
    Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

impl Pick {
    fn here(&self) -> String {
        self.desk.to(HERE)
    }
}

impl Page {
    async fn of(app: &App, desk: Desk, form: Form, edits: Option<Uuid>) -> Result<Self, Refusal> {
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
            list: list(app, form.get(again::LIST)).await?,
            known: names::known(app, form.get(again::LIST)).await?,
            blamed: None,
            edits,
            first,
            second,
            form,
            fault: None,
            desk,
        })
    }

    /// Says at its field and above the form why it was not taken.
    fn blame(&mut self, field: Option<String>, told: String) {
        self.fault = Some(self.named(field.as_deref(), told.clone()));
        let first = |field: String| field.split('.').next().unwrap_or_default().to_owned();
        self.blamed = field.map(|field| (first(field), told));
        let is_audience = self
            .blamed
            .as_ref()
            .is_some_and(|(field, _)| field == "audience");
        if is_audience {
            // A file does not come back with the form: nothing else may be chosen in its stead unseen.
            let mut fields = std::mem::take(&mut self.form).into_fields();
            fields.retain(|(name, _)| name != "audience");
            fields.push(("audience".to_owned(), "open".to_owned()));
            self.form = Form::with(fields);
        }
    }

    /// What is wrong with a field.
    fn wrong(&self, field: &str) -> Option<&str> {
        let (blamed, told) = self.blamed.as_ref()?;
        (blamed == field).then_some(told.as_str())
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
        match self.edits {
            Some(id) => self.desk.to(&format!("/campaigns/{id}/edit")),
            None => self.desk.to(HERE),
        }
    }

    fn title(&self) -> String {
        let id = match self.edits {
            Some(_) => "campaigns-edit-title",
            None => "campaigns-new",
        };
        self.desk.say(id)
    }

    /// The draft as it is.
    fn back(&self) -> Option<String> {
        let id = self.edits?;
        Some(self.desk.to(&format!("/campaigns/{id}")))
    }

    fn other_template(&self) -> String {
        self.desk.to(HERE)
    }

    fn gap_label(&self, field: &str, name: &str) -> String {
        let id = if field.contains(".button.") {
            "campaigns-gap-button"
        } else {
            "campaigns-gap"
        };
        self.desk.say_with(id, &[("name", name)])
    }

    fn file_label(&self, kind: &str) -> String {
        self.desk.say(&format!("campaigns-file-{kind}"))
    }

    fn list_told(&self, listed: &u64) -> String {
        let count = words::whole(&self.desk, *listed);
        self.desk
            .say_with("campaigns-by-list", &[("count", &count)])
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

/// How many are in the list of a draft; none where there is no such list.
async fn list(app: &App, of: Option<&str>) -> Result<Option<u64>, Error> {
    let Some(id) = of.and_then(|id| id.parse::<Uuid>().ok()) else {
        return Ok(None);
    };
    let count = app.store.count_list(id).await?;
    Ok(u64::try_from(count).ok().filter(|count| *count > 0))
}

/// What was typed where it makes no number.
fn invalid(field: &str, message: &str) -> Error {
    Error::field(field, message.to_owned())
}

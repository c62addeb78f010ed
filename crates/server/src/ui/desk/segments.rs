//! Segments: the list, and a form of nested rows that works without any script.

mod rows;

use askama::Template;
use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use consent::id::ContactId;
use serde::Deserialize;
use store::{contact::ContactLine, house::TopicLine, segment};
use uuid::Uuid;

use self::rows::Row;
use super::{Desk, posted::Posted, refusal::Refusal};
use crate::{
    app::App,
    clock,
    error::Error,
    http::api::export,
    services::{
        attributes,
        export::{Export, What, Whom},
        segments::{self, SegmentAnswer, SegmentBody, condition},
        staff::Power,
    },
    ui::{form::Form, notice::shown},
};

/// People on one page of a segment.
const PEOPLE: u32 = 25;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/segments", get(list))
        .route("/segments/new", get(begin).post(send_new))
        .route("/segments/{id}", get(show).post(send))
        .route("/segments/{id}/count", get(count))
        .route("/segments/{id}/contacts.csv", get(export_contacts))
}

#[derive(Template)]
#[template(path = "desk/segments.html")]
struct List {
    desk: Desk,
    segments: Vec<SegmentAnswer>,
}

#[derive(Template)]
#[template(path = "desk/segment.html")]
struct Page {
    desk: Desk,
    /// The address of the form.
    here: String,
    /// Whether it is kept already.
    kept: Option<SegmentAnswer>,
    name: String,
    rows: Vec<Row>,
    topics: Vec<TopicLine>,
    keys: Vec<String>,
    count: Option<i64>,
    people: Vec<ContactLine>,
    next: Option<String>,
    fault: Option<String>,
}

/// What a segment is called on a page: those that are always there in the reader's language.
fn name_of(desk: &Desk, segment: &SegmentAnswer) -> String {
    if segment.built_in {
        desk.say(&format!("segments-{}", segment.id))
    } else {
        segment.name.clone()
    }
}

impl List {
    fn changed(&self, at: &str) -> String {
        let at = clock::read_rfc3339(at);
        at.map_or_else(String::new, |at| self.desk.time(at))
    }

    fn name(&self, segment: &SegmentAnswer) -> String {
        name_of(&self.desk, segment)
    }
}

impl Page {
    fn groups(&self) -> [&'static str; 3] {
        rows::GROUPS
    }

    fn questions(&self) -> [&'static str; 7] {
        rows::QUESTIONS
    }

    fn choices(&self, row: &Row) -> Vec<(String, String)> {
        let words: &[&str] = match row.kind.as_str() {
            "consent" => &["opted_in", "opted_out", "pending", "none"],
            "whatsapp" => &["open", "stopped"],
            "activity" => &rows::ACTIVITIES,
            "address" => &condition::ALIASES,
            _ => &[],
        };
        let named = |word: &&str| ((*word).to_owned(), self.word(&row.kind, word));
        words.iter().map(named).collect()
    }

    fn tests(&self) -> Vec<(String, String)> {
        let named = |word: &str| (word.to_owned(), self.word("test", word));
        rows::TESTS.into_iter().map(named).collect()
    }

    /// What consent can be about: marketing, the other categories, topics.
    fn subjects(&self) -> Vec<(String, String)> {
        let mut all = vec![(String::new(), self.desk.say("segments-marketing"))];
        all.extend(
            self.topics
                .iter()
                .map(|line| (line.topic.id.to_string(), line.name.clone())),
        );
        for category in ["utility", "authentication", "service"] {
            let value = format!("{}{category}", rows::CATEGORY);
            all.push((value, self.word("category", category)));
        }
        all
    }

    fn word(&self, of: &str, word: &str) -> String {
        let (of, word) = (of.replace('_', "-"), word.replace('_', "-"));
        self.desk.say(&format!("segments-{of}-{word}"))
    }

    fn label(&self, kind: &str) -> String {
        self.desk
            .say(&format!("segments-kind-{}", kind.replace('_', "-")))
    }

    fn group_name(&self, kind: &str) -> String {
        self.desk.say(&format!("segments-group-{kind}"))
    }

    fn counted(&self) -> Option<String> {
        let count = usize::try_from(self.count?).unwrap_or(usize::MAX);
        Some(self.desk.count("segments-people", count))
    }

    fn phone(&self, line: &ContactLine) -> String {
        let mut held = line.aliases.iter().filter(|held| held.until.is_none());
        let first = held.find(|held| matches!(held.alias.kind(), "phone" | "wa_id"));
        let first = first.or_else(|| line.aliases.iter().find(|held| held.until.is_none()));
        first.map_or_else(String::new, |held| self.desk.number(&held.alias.value()))
    }

    fn state(&self, line: &ContactLine) -> String {
        self.word("consent", &line.consent)
    }

    fn switch(&self, line: &ContactLine) -> String {
        self.word("whatsapp", &line.platform)
    }

    async fn of(app: &App, desk: Desk, kept: Option<SegmentAnswer>) -> Result<Self, Error> {
        let here = kept.as_ref().map_or("new", |kept| kept.id.as_str());
        Ok(Self {
            here: desk.to(&format!("/segments/{here}")),
            name: kept
                .as_ref()
                .map_or_else(String::new, |kept| name_of(&desk, kept)),
            rows: kept
                .as_ref()
                .map_or_else(rows::fresh, |kept| rows::of(&kept.condition)),
            count: kept.as_ref().and_then(|kept| kept.count),
            desk,
            kept,
            topics: app.store.topics().await?,
            keys: app.store.attribute_keys(attributes::KEYS_MAX).await?,
            people: Vec::new(),
            next: None,
            fault: None,
        })
    }

    /// Whether the rows may be kept under their address.
    fn is_own(&self) -> bool {
        self.kept.as_ref().is_some_and(|kept| !kept.built_in)
    }
}

/// Where a page of people goes on.
#[derive(Debug, Deserialize)]
struct After {
    after: Option<Uuid>,
}

async fn list(State(app): State<App>, desk: Desk) -> Result<Response, Refusal> {
    desk.need(Power::See)?;
    let segments = segments::list(&app).await?;
    Ok(shown(StatusCode::OK, &List { desk, segments }))
}

async fn begin(State(app): State<App>, desk: Desk) -> Result<Response, Refusal> {
    desk.need(Power::Market)?;
    Ok(shown(StatusCode::OK, &Page::of(&app, desk, None).await?))
}

async fn show(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<String>,
    Query(query): Query<After>,
) -> Result<Response, Refusal> {
    desk.need(Power::See)?;
    let kept = segments::show(&app, &id).await?;
    let mut page = Page::of(&app, desk, Some(kept)).await?;
    if page.count.is_some() {
        let condition = segments::condition_of(&app, &id).await?;
        let asked = segment::Page {
            after: query.after.map(ContactId::new),
            limit: PEOPLE,
        };
        let ids = segments::ids(&app, &condition, &asked).await?;
        let is_full = u32::try_from(ids.len()).unwrap_or(u32::MAX) == PEOPLE;
        page.next = ids.last().filter(|_| is_full).map(ToString::to_string);
        page.people = app.store.pick_contacts(&ids).await.map_err(Error::from)?;
    }
    Ok(shown(StatusCode::OK, &page))
}

/// The count alone, for the script of the list.
async fn count(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    desk.need(Power::See)?;
    let count = segments::show(&app, &id).await?.count;
    let count = count.and_then(|count| usize::try_from(count).ok());
    let text = count.map_or_else(
        || "–".to_owned(),
        |count| desk.count("segments-people", count),
    );
    Ok(text.into_response())
}

async fn export_contacts(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    desk.need(Power::Attest)?;
    let what = What::Contacts(Whom::Segment(id));
    let export = Export::open(&app, what, desk.actor()).await?;
    Ok(export::download(export, "contacts.csv", true))
}

async fn send_new(State(app): State<App>, posted: Posted) -> Result<Response, Refusal> {
    act(&app, posted, None).await
}

async fn send(
    State(app): State<App>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Refusal> {
    act(&app, posted, Some(id)).await
}

/// What was pressed: a row more or less, a count, or the whole to be kept or removed.
async fn act(app: &App, posted: Posted, id: Option<String>) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Market)?;
    let kept = match &id {
        Some(id) => Some(segments::show(app, id).await?),
        None => None,
    };
    let mut rows = rows::read(&form);
    let (act, place) = pressed(&form);
    match act {
        "add" => rows::add(
            &mut rows,
            place,
            form.get(&format!("new.{place}")).unwrap_or("tag"),
        ),
        "drop" => rows::drop_row(&mut rows, place),
        "remove" => {
            if let Some(id) = &id {
                segments::remove(app, id, desk.actor()).await?;
            }
            return Ok(Redirect::to("/segments").into_response());
        }
        _ => {}
    }
    let name = form.get("name").unwrap_or_default().to_owned();
    let outcome = match act {
        "save" => keep(app, &desk, (kept.as_ref(), &name), &rows)
            .await
            .map(Some),
        _ => Ok(None),
    };
    let fault = match outcome {
        Ok(Some(to)) => return Ok(Redirect::to(&format!("/segments/{to}")).into_response()),
        Ok(None) => None,
        Err(Error::Invalid { message, .. } | Error::Conflict(message)) => {
            Some(desk.objection(&message))
        }
        Err(other) => return Err(other.into()),
    };
    let mut page = Page::of(app, desk, kept).await?;
    (page.name, page.rows, page.fault) = (name, rows, fault);
    (page.count, page.fault) = match counted(app, &page.rows).await {
        Ok(count) => (Some(count), page.fault),
        // Only somebody who asked is told what is still missing.
        Err(Error::Invalid { message, .. }) => {
            let told = matches!(act, "count" | "save").then(|| page.desk.objection(&message));
            (None, page.fault.or(told))
        }
        Err(other) => return Err(other.into()),
    };
    let status = if page.fault.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    Ok(shown(status, &page))
}

/// The act, and the place that it is about.
fn pressed(form: &Form) -> (&str, &str) {
    let act = form.get("act").unwrap_or("count");
    act.split_once(':').unwrap_or((act, ""))
}

async fn counted(app: &App, rows: &[Row]) -> Result<i64, Error> {
    Ok(segments::count(app, &rows::condition(rows)?).await?.count)
}

/// Keeps a segment: under its id, or as a new one where there is none, or where the one at hand stays as it is.
async fn keep(
    app: &App,
    desk: &Desk,
    (kept, name): (Option<&SegmentAnswer>, &str),
    rows: &[Row],
) -> Result<String, Error> {
    let body = SegmentBody {
        name: name.to_owned(),
        condition: rows::condition(rows)?,
    };
    let answer = match kept.filter(|kept| !kept.built_in) {
        Some(kept) => segments::change(app, &kept.id, &body, desk.actor()).await?,
        None => segments::create(app, &body, desk.actor()).await?,
    };
    Ok(answer.id)
}

//! Segments: the list, and a form of nested rows that works without any script.

mod rows;

use std::time::Duration;

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
use super::{Desk, fault, posted::Posted, refusal::Refusal};
use crate::{
    app::App,
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
/// How long a page waits for who is in a segment. Then it comes without them; its script, or its link, asks again.
const PATIENCE: Duration = Duration::from_millis(100);

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
    members: Members,
    /// Where those are shown who were not counted in time.
    whole: Option<String>,
    fault: Option<String>,
}

/// Who is in a segment.
#[derive(Default)]
struct Members {
    /// How many; none where that cannot be said.
    count: Option<i64>,
    people: Vec<ContactLine>,
    next: Option<String>,
}

/// What a segment is called on a page: those that are always there in the reader's language.
pub(super) fn name_of(desk: &Desk, segment: &SegmentAnswer) -> String {
    if segment.built_in {
        desk.say(&format!("segments-{}", segment.id))
    } else {
        segment.name.clone()
    }
}

impl List {
    fn changed(&self, at: &str) -> String {
        self.desk.told(at)
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
        let count = usize::try_from(self.members.count?).unwrap_or(usize::MAX);
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
            desk,
            kept,
            topics: app.store.topics().await?,
            keys: app.store.attribute_keys(attributes::KEYS_MAX).await?,
            members: Members::default(),
            whole: None,
            fault: None,
        })
    }

    /// Whether the rows may be kept under their address.
    fn is_own(&self) -> bool {
        self.kept.as_ref().is_some_and(|kept| !kept.built_in)
    }
}

/// Where a page of people goes on, and whether it waits for them however long that takes.
#[derive(Debug, Deserialize)]
struct After {
    after: Option<Uuid>,
    whole: Option<String>,
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
    let kept = segments::find(&app, &id).await?;
    let mut page = Page::of(&app, desk, Some(kept)).await?;
    let asked = segment::Page {
        after: query.after.map(ContactId::new),
        limit: PEOPLE,
    };
    match in_time(query.whole.is_some(), members(app, id, asked)).await? {
        Some(members) => page.members = members,
        None => {
            let after = query
                .after
                .map_or_else(String::new, |after| format!("&after={after}"));
            page.whole = Some(format!("{}?whole=1{after}", page.here));
        }
    }
    Ok(shown(StatusCode::OK, &page))
}

/// What a page waits for, if it comes in time. It goes on by itself otherwise: a statement that nobody waits for would keep its
/// connection from the next one.
pub(super) async fn in_time<T: Send + 'static>(
    waits: bool,
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<Option<T>, Error> {
    let work = tokio::spawn(work);
    let done = if waits {
        work.await
    } else {
        match tokio::time::timeout(PATIENCE, work).await {
            Ok(done) => done,
            Err(_) => return Ok(None),
        }
    };
    done.map_err(Error::internal)?.map(Some)
}

async fn members(app: App, id: String, asked: segment::Page) -> Result<Members, Error> {
    let condition = match segments::condition_of(&app, &id).await {
        Ok(condition) => condition,
        // An attribute has another kind since: who looks can see the condition, and mend it.
        Err(Error::Invalid { .. }) => return Ok(Members::default()),
        Err(other) => return Err(other),
    };
    let now = app.clock.now();
    let count = async { Ok(app.store.count_segment(&condition, now).await?) };
    let (count, ids) = tokio::try_join!(count, segments::ids(&app, &condition, &asked))?;
    let is_full = u32::try_from(ids.len()).unwrap_or(u32::MAX) == PEOPLE;
    Ok(Members {
        count: Some(count),
        next: ids.last().filter(|_| is_full).map(ToString::to_string),
        people: app.store.pick_contacts(&ids).await?,
    })
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
        Some(id) => Some(segments::find(app, id).await?),
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
        Err(error) => Some(fault::of(&desk, error)?),
    };
    let mut page = Page::of(app, desk, kept).await?;
    (page.name, page.rows, page.fault) = (name, rows, fault);
    let is_asked = matches!(act, "count" | "save");
    let count = counted(app.clone(), page.rows.clone());
    (page.members.count, page.fault) = match in_time(is_asked, count).await {
        Ok(count) => (count, page.fault),
        // Only somebody who asked is told what is still missing.
        Err(Error::Invalid { message, .. }) => {
            let told = is_asked.then(|| page.desk.objection(&message));
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

async fn counted(app: App, rows: Vec<Row>) -> Result<i64, Error> {
    Ok(segments::count(&app, &rows::condition(&rows)?).await?.count)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_page_waits_for_a_tenth_of_a_second_unless_it_is_told_to_wait() {
        let never = std::future::pending::<Result<i64, Error>>();
        assert_eq!(in_time(false, never).await.unwrap(), None);
        for waits in [false, true] {
            assert_eq!(in_time(waits, async { Ok(7) }).await.unwrap(), Some(7));
        }
        let fails = async { Err::<i64, _>(Error::NotFound("segment")) };
        assert!(in_time(true, fails).await.is_err());
    }
}

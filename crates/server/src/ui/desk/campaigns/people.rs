//! Everybody of a campaign, where each of them stands, and why.

use std::collections::HashMap;

use askama::Template;
use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
    routing::get,
};
use consent::id::ContactId;
use serde::Deserialize;
use store::{
    campaign::recipient::{Did, Filter, State as Turn},
    contact::ContactLine,
};
use uuid::Uuid;

use super::words;
use crate::{
    app::App,
    error::Error,
    http::api::campaigns::files,
    services::{
        campaigns::{
            acts, plan,
            report::{self, RecipientAnswer},
        },
        staff::Power,
    },
    ui::{
        desk::{Desk, refusal::Refusal},
        notice::shown,
    },
};

/// People on one page.
const PAGE: u32 = 50;
/// Where somebody may stand, as the filter offers it.
const STANDS: [&str; 10] = [
    "waiting",
    "sending",
    "accepted",
    "sent",
    "delivered",
    "read",
    "denied",
    "failed",
    "unknown",
    "skipped",
];

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/campaigns/{id}/recipients", get(list))
        .route("/campaigns/{id}/recipients.csv", get(take))
}

/// Which of them.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    state: Option<String>,
    code: Option<String>,
    /// What they did: `replied` or `opted_out`.
    did: Option<String>,
    after: Option<Uuid>,
}

/// Somebody, as the page shows them.
pub(super) struct Row {
    pub(super) href: String,
    pub(super) name: String,
    pub(super) number: String,
    pub(super) answer: RecipientAnswer,
}

#[derive(Template)]
#[template(path = "desk/campaign_people.html")]
struct Page {
    desk: Desk,
    here: String,
    name: String,
    rows: Vec<Row>,
    state: String,
    code: String,
    did: String,
    next: Option<String>,
    is_first: bool,
    is_compared: bool,
}

impl Page {
    fn stands(&self) -> Vec<(&'static str, String)> {
        let named = |word| (word, words::stand(&self.desk, word));
        STANDS.into_iter().map(named).collect()
    }

    fn stand(&self, row: &Row) -> String {
        words::stand(&self.desk, row.answer.state)
    }

    fn tone(&self, row: &Row) -> &'static str {
        words::stand_tone(row.answer.state)
    }

    fn why(&self, row: &Row) -> Option<String> {
        Some(words::code(&self.desk, row.answer.code.as_deref()?))
    }

    /// What Meta said, which is English whatever the reader speaks.
    fn said(&self, row: &Row) -> Option<String> {
        let is_metas = row.answer.code.as_deref()?.parse::<i64>().is_ok();
        row.answer.reason.clone().filter(|_| is_metas)
    }

    /// The newest that is known of it.
    fn when(&self, row: &Row) -> String {
        let answer = &row.answer;
        let moments = [&answer.news_at, &answer.sent_at, &answer.due_at];
        let newest = moments.into_iter().flatten().next();
        newest.map_or_else(|| "–".to_owned(), |at| words::moment(&self.desk, at))
    }
}

/// Which rows a word of the filter means; a word that is none means all.
fn filter(asked: &Asked) -> Filter {
    let mut filter = Filter {
        code: asked.code.clone().filter(|code| !code.is_empty()),
        after: asked.after.map(ContactId::new),
        limit: PAGE + 1,
        ..Filter::default()
    };
    let word = asked.state.as_deref().unwrap_or_default();
    filter.message = report::stage(word);
    filter.state = Turn::read(word);
    let did = asked.did.as_deref().and_then(Did::read);
    filter.did = did.map(|did| (did, report::WITHIN_MS));
    filter
}

async fn list(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    desk.need(Power::See)?;
    let id = plan::id(&id)?;
    let line = acts::find(&app, id).await?;
    let mut answers = report::recipients(&app, id, &filter(&asked)).await?;
    let size = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let is_more = answers.len() > size;
    answers.truncate(size);
    let here = desk.to(&format!("/campaigns/{id}"));
    let (state, code, did) = (
        asked.state.unwrap_or_default(),
        asked.code.unwrap_or_default(),
        asked.did.unwrap_or_default(),
    );
    let next = answers.last().filter(|_| is_more).map(|last| {
        let query = words::query(&[
            ("state", &state),
            ("code", &code),
            ("did", &did),
            ("after", &last.contact),
        ]);
        format!("{here}/recipients?{query}")
    });
    let page = Page {
        is_compared: plan::Plan::kept(&line.spec)?.variants.len() > 1,
        name: line.name,
        rows: rows(&app, &desk, answers).await?,
        state,
        code,
        did,
        next,
        is_first: asked.after.is_none(),
        here,
        desk,
    };
    Ok(shown(StatusCode::OK, &page))
}

/// These people, with what they are called.
pub(super) async fn rows(
    app: &App,
    desk: &Desk,
    answers: Vec<RecipientAnswer>,
) -> Result<Vec<Row>, Error> {
    let ids = answers.iter().filter_map(|one| one.contact.parse().ok());
    let ids: Vec<ContactId> = ids.collect();
    let lines = app.store.pick_contacts(&ids).await?;
    let known: HashMap<String, ContactLine> = lines
        .into_iter()
        .map(|line| (line.person.id.to_string(), line))
        .collect();
    let row = |answer: RecipientAnswer| {
        let line = known.get(&answer.contact);
        let current = line.and_then(|line| {
            let mut held = line.aliases.iter().filter(|held| held.until.is_none());
            let phone = held.find(|held| matches!(held.alias.kind(), "phone" | "wa_id"));
            phone.or_else(|| line.aliases.first())
        });
        let number = current.map_or_else(String::new, |held| desk.number(&held.alias.value()));
        let name = line.and_then(|line| line.person.name.clone());
        let name = name.unwrap_or_else(|| match number.as_str() {
            "" => desk.say("table-nameless"),
            number => number.to_owned(),
        });
        Row {
            href: desk.to(&format!("/customers/{}", answer.contact)),
            name,
            number,
            answer,
        }
    };
    Ok(answers.into_iter().map(row).collect())
}

async fn take(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    desk.need(Power::Attest)?;
    let id = plan::id(&id)?;
    acts::find(&app, id).await?;
    report::note_export(&app, id, desk.actor()).await?;
    Ok(files::everybody(app, id))
}

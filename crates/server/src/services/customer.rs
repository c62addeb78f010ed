//! The page of one customer: the state by topic, channel and number at a glance, now or then; and everything, to be handed out.

use consent::{
    event::StaffAct,
    id::{ContactId, NumberId},
    request::Request,
    scope::{Category, Channel, Topic},
    time::Timestamp,
    window,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    app::{App, House},
    clock,
    error::Error,
    services::{
        contacts::{self, ContactAnswer, Item},
        enclosures::{self, FileAnswer},
        explain::{self, ExplainQuery, Explanation, Then},
        keys,
        receipts::{self, document::Receipt},
        roster::{self, Row},
        summary,
    },
};

/// Items of a timeline that are read at once.
const ITEMS: u32 = 500;

/// Which moment.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GlanceQuery {
    /// A past moment; now, when nothing is said.
    pub at: Option<String>,
}

/// The state of a customer by topic, channel and number.
#[derive(Debug, Serialize, ToSchema)]
pub struct Glance {
    /// The contact.
    pub contact: String,
    /// The moment that it speaks of.
    pub at: String,
    /// When the first thing happened to them: no earlier moment says anything.
    pub begins: String,
    /// Our state of marketing: `opted_in`, `opted_out`, `pending` or `none`.
    pub consent: &'static str,
    /// WhatsApp's own switch: `open` or `stopped`.
    pub platform: &'static str,
    /// The categories, and then the topics.
    pub rows: Vec<GlanceRow>,
    /// Until when the customer service window of each number is open, where it was ever.
    pub windows: Vec<Window>,
}

/// What may be sent of one category or topic.
#[derive(Debug, Serialize, ToSchema)]
pub struct GlanceRow {
    /// The category.
    pub category: &'static str,
    /// The id of the topic; null for the category itself.
    pub topic: Option<String>,
    /// The name of the topic.
    pub name: Option<String>,
    /// What they said of it: `opted_in`, `opted_out`, `pending` or `none`.
    pub consent: &'static str,
    /// The verdict by channel and number.
    pub cells: Vec<Cell>,
}

/// The verdict on one channel, from one number.
#[derive(Debug, Serialize, ToSchema)]
pub struct Cell {
    /// The channel.
    pub channel: &'static str,
    /// The business number, of WhatsApp.
    pub number: Option<String>,
    /// Whether a message may go.
    pub allow: bool,
    /// The code of a refusal.
    pub code: Option<&'static str>,
    /// One plain sentence.
    pub reason: &'static str,
    /// Who can lift a refusal, and how.
    pub lifted_by: Option<&'static str>,
    /// When a refusal passes by itself.
    pub until: Option<String>,
    /// The events that it rests on.
    pub because: Vec<String>,
}

/// The customer service window of one number.
#[derive(Debug, Serialize, ToSchema)]
pub struct Window {
    /// The business number.
    pub number: String,
    /// Until when it is open, or was.
    pub until: String,
    /// Whether it is open.
    pub open: bool,
}

/// Everything that is kept of a person.
#[derive(Debug, Serialize, ToSchema)]
pub struct Export {
    /// When it was made.
    pub exported_at: String,
    /// The person.
    pub contact: ContactAnswer,
    /// Both states, as the table shows them.
    pub row: Row,
    /// What they may be sent, and why.
    pub explanation: Explanation,
    /// Every event and message, newest first, with the evidence.
    pub timeline: Vec<Item>,
    /// A receipt for each consent.
    #[schema(value_type = Vec<Object>)]
    pub receipts: Vec<Receipt>,
    /// The files that prove opt-ins; what is in them is handed out one by one.
    pub files: Vec<FileAnswer>,
}

/// The state of a customer by topic, channel and number, now or at a past moment.
///
/// # Errors
/// [`Error::NotFound`] when there is no such contact; [`Error::Invalid`] for a bad time.
pub async fn glance(app: &House, id: ContactId, query: &GlanceQuery) -> Result<Glance, Error> {
    let at = query.at.as_deref().map(explain::moment).transpose()?;
    let then = Then::read(app, id, at).await?;
    let topics = app.store.topics().await?;
    let numbers: Vec<NumberId> = app.config.numbers().collect();
    let categories = Category::ALL.into_iter().map(|category| (category, None));
    let known = topics
        .iter()
        .map(|line| (line.topic.category, Some((line.topic, &line.name))));
    let rows = categories.chain(known).map(|(category, topic)| GlanceRow {
        category: category.word(),
        topic: topic.map(|(topic, _)| topic.id.to_string()),
        name: topic.map(|(_, name)| name.clone()),
        consent: said(&then, category, topic.map(|(topic, _)| topic)),
        cells: cells(&then, category, topic.map(|(topic, _)| topic), &numbers),
    });
    let windows = then.standing.heard.iter().filter_map(|(number, heard)| {
        let until = window::open_until(heard)?;
        Some(Window {
            number: number.to_string(),
            until: clock::rfc3339(until),
            open: window::is_open(heard, then.at),
        })
    });
    Ok(Glance {
        contact: id.to_string(),
        at: clock::rfc3339(then.at),
        begins: clock::rfc3339(begins(&then)),
        consent: said(&then, Category::Marketing, None),
        platform: summary::platform(&then.standing),
        rows: rows.collect(),
        windows: windows.collect(),
    })
}

/// Everything that is kept of a person, as one document. That it was handed out is kept in the log.
///
/// # Errors
/// [`Error::NotFound`] when there is no such contact; when the database does not answer.
pub async fn export(app: &App, id: ContactId, actor: &str) -> Result<Export, Error> {
    let line = contacts::line(app, id).await?;
    let export = Export {
        exported_at: clock::rfc3339(app.clock.now()),
        contact: contacts::show(app, id).await?,
        row: roster::row(app, &line).await?,
        explanation: explain::explain(app, id, &ExplainQuery::default()).await?,
        timeline: everything(app, id).await?,
        receipts: receipts::of(app, &line).await?,
        files: enclosures::list(app, id).await?,
    };
    let mut tx = app.store.begin().await?;
    let note = format!("everything of contact {id}");
    keys::staff_event(app, &mut tx, StaffAct::Exported, actor, &note).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    Ok(export)
}

async fn everything(app: &House, id: ContactId) -> Result<Vec<Item>, Error> {
    let mut all: Vec<Item> = Vec::new();
    let wanted = usize::try_from(ITEMS).unwrap_or(usize::MAX);
    loop {
        let after: Option<Uuid> = all.last().and_then(|item| item.id().parse().ok());
        let mut page = contacts::timeline(app, id, after, ITEMS).await?;
        let is_last = page.len() <= wanted;
        page.truncate(wanted);
        all.append(&mut page);
        if is_last {
            return Ok(all);
        }
    }
}

fn said(then: &Then, category: Category, topic: Option<Topic>) -> &'static str {
    let request = Request {
        topic,
        ..Request::about(category)
    };
    summary::state(&request, &then.standing, &then.rules, then.at).word()
}

fn cells(then: &Then, category: Category, topic: Option<Topic>, numbers: &[NumberId]) -> Vec<Cell> {
    let whatsapp = numbers
        .iter()
        .map(|number| (Channel::Whatsapp, Some(number.clone())));
    let others = [(Channel::Sms, None), (Channel::Email, None)];
    let places = whatsapp.chain(others);
    let cell = |(channel, number): (Channel, Option<NumberId>)| {
        let answer = then.answer(&Request {
            topic,
            channel,
            number: number.clone(),
            ..Request::about(category)
        });
        Cell {
            channel: channel.word(),
            number: number.map(|number| number.to_string()),
            allow: answer.allow,
            code: answer.code,
            reason: answer.reason,
            lifted_by: answer.lifted_by,
            until: answer.until,
            because: answer.because,
        }
    };
    places.map(cell).collect()
}

fn begins(then: &Then) -> Timestamp {
    let first = then.history.first().map(|line| line.received);
    first.map_or(then.line.created, |first| first.min(then.line.created))
}

//! The table of customers: both states side by side, with since when and how, a page with a handful of queries.

pub mod ask;

use std::collections::{BTreeMap, BTreeSet};

use consent::{
    alias::Alias,
    id::EventId,
    policy::Policy,
    register::{Mark, Standing},
    time::Timestamp,
};
use serde::Serialize;
use store::contact::{ContactFilter, ContactLine, Count, Place};
use utoipa::ToSchema;

use crate::{
    app::House,
    clock,
    error::Error,
    services::{policy, summary},
};

/// Where counting ends on a page: beyond it there are just very many.
pub const COUNT_MAX: u32 = 10_000;

/// A page of the table.
#[derive(Debug)]
pub struct Roster {
    /// The rows, newest changed first.
    pub rows: Vec<Row>,
    /// Where the next page begins; none on the last.
    pub next: Option<Place>,
}

/// A customer in the table.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Row {
    /// Their id.
    pub id: String,
    /// What they call themselves.
    pub name: Option<String>,
    /// Their number, or else another address of theirs.
    pub address: Option<String>,
    /// With us.
    pub ours: Side,
    /// At WhatsApp: only they can change it.
    pub platform: Side,
    /// Their tags.
    pub tags: Vec<String>,
    /// Their attributes.
    pub attributes: BTreeMap<String, String>,
    /// When first seen.
    pub created_at: String,
    /// When last changed.
    pub changed_at: String,
}

/// One of the two states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Side {
    /// `opted_in`, `opted_out`, `pending` or `none` with us; `open` or `stopped` at WhatsApp.
    pub state: String,
    /// Since when; null where nobody ever said anything.
    pub since: Option<String>,
    /// How we know, as `keyword` or `web_form`.
    pub source: Option<String>,
    /// The event that says so.
    pub event: Option<String>,
}

/// How many a filter means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct CountAnswer {
    /// So many.
    pub count: u32,
    /// Whether there are exactly so many; else there are more.
    pub exact: bool,
}

/// A page of the table.
///
/// # Errors
/// When the database does not answer.
pub async fn page(app: &House, filter: &ContactFilter) -> Result<Roster, Error> {
    let policy = policy::current(app).await?;
    let page = app.store.contacts(filter).await?;
    let now = app.clock.now();
    let marks: Vec<[Option<Mark>; 2]> = page
        .lines
        .iter()
        .map(|line| {
            let standing = &line.person.standing;
            [ours(standing, &policy, now), theirs(standing)]
        })
        .collect();
    let named: BTreeSet<EventId> = marks
        .iter()
        .flatten()
        .flatten()
        .map(|mark| mark.event)
        .collect();
    let named: Vec<EventId> = named.into_iter().collect();
    let sources = app.store.sources_of(&named).await?;
    let rows = page.lines.iter().zip(marks);
    Ok(Roster {
        rows: rows
            .map(|(line, marks)| of_line(line, marks, &sources))
            .collect(),
        next: page.next,
    })
}

/// One row of the table.
///
/// # Errors
/// [`Error::NotFound`] when there is no such contact; when the database does not answer.
pub async fn row(app: &House, line: &ContactLine) -> Result<Row, Error> {
    let policy = policy::current(app).await?;
    let standing = &line.person.standing;
    let marks = [ours(standing, &policy, app.clock.now()), theirs(standing)];
    let named: Vec<EventId> = marks.iter().flatten().map(|mark| mark.event).collect();
    let sources = app.store.sources_of(&named).await?;
    Ok(of_line(line, marks, &sources))
}

fn of_line(
    line: &ContactLine,
    [ours, theirs]: [Option<Mark>; 2],
    sources: &BTreeMap<EventId, String>,
) -> Row {
    Row {
        id: line.person.id.to_string(),
        name: line.person.name.clone(),
        address: address(line),
        ours: side(&line.consent, ours, sources),
        platform: side(&line.platform, theirs, sources),
        tags: line.tags.clone(),
        attributes: line.attributes.iter().cloned().collect(),
        created_at: clock::rfc3339(line.created),
        changed_at: clock::rfc3339(line.changed),
    }
}

/// How many contacts a filter means, counted up to [`COUNT_MAX`].
///
/// # Errors
/// When the database does not answer.
pub async fn count(app: &House, filter: &ContactFilter) -> Result<CountAnswer, Error> {
    let counted = app.store.count_of(filter, COUNT_MAX).await?;
    let (count, exact) = match counted {
        Count::Exactly(count) => (count, true),
        Count::AtLeast(count) => (count, false),
    };
    Ok(CountAnswer {
        count: u32::try_from(count).unwrap_or(COUNT_MAX),
        exact,
    })
}

/// What the state of marketing rests on: the newest of the events that the rules name.
fn ours(standing: &Standing, policy: &Policy, now: Timestamp) -> Option<Mark> {
    let named = summary::because(standing, policy, now);
    let registers = standing.registers.values();
    let marks =
        registers.flat_map(|register| [register.opt_in, register.opt_out, register.requested]);
    let marks = marks.flat_map(|marks| marks.each().map(|(_, mark)| mark));
    marks.filter(|mark| named.contains(&mark.event)).max()
}

/// What WhatsApp's state rests on: the newest stop that holds, or else the newest resume.
fn theirs(standing: &Standing) -> Option<Mark> {
    let switches = standing.platform.values();
    let stops = switches
        .clone()
        .filter_map(consent::register::Platform::stopped);
    stops
        .max()
        .or_else(|| switches.filter_map(|switch| switch.resume).max())
}

fn side(state: &str, mark: Option<Mark>, sources: &BTreeMap<EventId, String>) -> Side {
    Side {
        state: state.to_owned(),
        since: mark.map(|mark| clock::rfc3339(mark.at)),
        source: mark.and_then(|mark| sources.get(&mark.event).cloned()),
        event: mark.map(|mark| mark.event.to_string()),
    }
}

/// What a person is reached by: a number before anything else.
fn address(line: &ContactLine) -> Option<String> {
    let held = line.aliases.iter().filter(|held| held.until.is_none());
    let rank = |alias: &Alias| match alias {
        Alias::Phone(_) => 0,
        Alias::WaId(_) => 1,
        Alias::Email(_) => 2,
        Alias::Bsuid(_) => 3,
        Alias::ParentBsuid(_) => 4,
    };
    let best = held.min_by_key(|held| rank(&held.alias));
    best.map(|held| held.alias.value())
}

//! Segments: conditions with a name, counted whenever somebody looks, and never a list that grows old.

pub mod condition;

use consent::{event::StaffAct, id::ContactId};
use serde::{Deserialize, Serialize};
use store::segment::{Condition, Page, SegmentLine};
use utoipa::ToSchema;
use uuid::Uuid;

use self::condition::{ConditionBody, ConsentBody, Shelf, VERSION};
use crate::{
    app::{App, House},
    clock,
    error::Error,
    services::{
        attributes,
        contacts::{self, ContactAnswer},
        keys::staff_event,
    },
};

/// Segments at the most.
pub const SEGMENTS_MAX: usize = 1_000;
/// Longest name, in characters.
const NAME_CHARS_MAX: usize = 100;

/// The segments that are always there: their id, and the state of marketing that they ask for.
pub const BUILT_IN: [(&str, &str, &str); 2] = [
    ("opted_out", "Opted out of marketing", "opted_out"),
    ("opted_in", "Opted in to marketing", "opted_in"),
];

/// A segment to be made or changed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentBody {
    /// What people call it.
    #[schema(example = "Gold in Brazil")]
    pub name: String,
    /// Who is in it.
    #[serde(deserialize_with = "condition::told")]
    pub condition: ConditionBody,
}

/// A condition without a name.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CountBody {
    /// Who is counted.
    #[serde(deserialize_with = "condition::told")]
    pub condition: ConditionBody,
}

/// A segment.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SegmentAnswer {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Whether it is always there, and cannot be changed.
    pub built_in: bool,
    /// The version of the language of conditions.
    pub version: u32,
    /// Who is in it.
    pub condition: ConditionBody,
    /// When it was made; null for those that are always there.
    pub created_at: Option<String>,
    /// When it was last changed.
    pub changed_at: Option<String>,
    /// How many people are in it now; absent in lists, and where the kind of an attribute was changed under it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
}

/// How many people.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CountAnswer {
    /// How many there are now.
    pub count: i64,
}

/// What is kept of a segment.
#[derive(Serialize, Deserialize)]
struct Kept {
    version: u32,
    condition: ConditionBody,
}

/// Every segment: those that are always there, then the others by name.
///
/// # Errors
/// When the database does not answer.
pub async fn list(app: &House) -> Result<Vec<SegmentAnswer>, Error> {
    let lines = app.store.segments().await?;
    let others = lines.iter().map(answer);
    built_in().map(Ok).chain(others).collect()
}

/// One segment, counted.
///
/// # Errors
/// [`Error::NotFound`] when there is none; when the database does not answer.
pub async fn show(app: &House, id: &str) -> Result<SegmentAnswer, Error> {
    let found = find(app, id).await?;
    let count = match count(app, &found.condition).await {
        Ok(counted) => Some(counted.count),
        // An attribute has another kind since: who looks can see the condition, and mend it.
        Err(Error::Invalid { .. }) => None,
        Err(other) => return Err(other),
    };
    Ok(SegmentAnswer { count, ..found })
}

/// How many people meet a condition now.
///
/// # Errors
/// [`Error::Invalid`] for a condition that makes no sense; when the database does not answer.
pub async fn count(app: &House, body: &ConditionBody) -> Result<CountAnswer, Error> {
    let read = shelf(app).await?.read(body)?;
    let now = app.clock.now();
    let count = app.store.count_segment(&read.condition, now).await?;
    Ok(CountAnswer { count })
}

/// A page of the people in a segment, oldest first.
///
/// # Errors
/// As for [`show`].
pub async fn contacts(app: &House, id: &str, page: &Page) -> Result<Vec<ContactAnswer>, Error> {
    let condition = condition_of(app, id).await?;
    let now = app.clock.now();
    let ids = app.store.segment_ids(&condition, now, page).await?;
    let lines = app.store.pick_contacts(&ids).await?;
    Ok(lines.iter().map(contacts::answer).collect())
}

/// A page of the ids of the people in a segment, oldest first: for work over all of them.
///
/// # Errors
/// When the database does not answer.
pub async fn ids(app: &House, condition: &Condition, page: &Page) -> Result<Vec<ContactId>, Error> {
    let now = app.clock.now();
    Ok(app.store.segment_ids(condition, now, page).await?)
}

/// What a segment asks, as the store reads it.
///
/// # Errors
/// As for [`show`].
pub async fn condition_of(app: &House, id: &str) -> Result<Condition, Error> {
    let found = find(app, id).await?;
    Ok(shelf(app).await?.read(&found.condition)?.condition)
}

/// Makes a segment.
///
/// # Errors
/// [`Error::Invalid`] naming the field; [`Error::Conflict`] when the name is taken, or there are too many.
pub async fn create(app: &App, body: &SegmentBody, actor: &str) -> Result<SegmentAnswer, Error> {
    if app.store.segments().await?.len() >= SEGMENTS_MAX {
        return Err(Error::Conflict(format!(
            "there are {SEGMENTS_MAX} segments: remove one first"
        )));
    }
    let now = app.clock.now();
    let line = SegmentLine {
        id: app.clock.id(),
        created: now,
        ..read(app, body).await?
    };
    put(app, &line, actor, "made").await
}

/// Changes a segment.
///
/// # Errors
/// As for [`create`]; [`Error::NotFound`] when there is none; [`Error::Conflict`] for one that is always there.
pub async fn change(
    app: &App,
    id: &str,
    body: &SegmentBody,
    actor: &str,
) -> Result<SegmentAnswer, Error> {
    let before = own(app, id).await?;
    let line = SegmentLine {
        id: before.id,
        created: before.created,
        ..read(app, body).await?
    };
    put(app, &line, actor, "changed").await
}

/// Removes a segment. The people in it stay.
///
/// # Errors
/// [`Error::NotFound`] when there is none; [`Error::Conflict`] for one that is always there.
pub async fn remove(app: &App, id: &str, actor: &str) -> Result<(), Error> {
    let before = own(app, id).await?;
    let mut tx = app.store.begin().await?;
    if !tx.drop_segment(before.id).await? {
        return Err(Error::NotFound("segment"));
    }
    let note = format!("{} removed", before.id);
    staff_event(app, &mut tx, StaffAct::SegmentChanged, actor, &note).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    Ok(())
}

/// What conditions are read against now.
///
/// # Errors
/// When the database does not answer.
pub async fn shelf(app: &House) -> Result<Shelf, Error> {
    Ok(Shelf {
        topics: app.store.topics().await?,
        kinds: attributes::kinds(app).await?,
    })
}

async fn put(
    app: &App,
    line: &SegmentLine,
    actor: &str,
    done: &str,
) -> Result<SegmentAnswer, Error> {
    let mut tx = app.store.begin().await?;
    let taken = |error: store::error::StoreError| {
        if error.is_conflict() {
            Error::Conflict(format!("there is a segment named `{}` already", line.name))
        } else {
            error.into()
        }
    };
    tx.put_segment(line).await.map_err(taken)?;
    let note = format!("{} {done}", line.id);
    staff_event(app, &mut tx, StaffAct::SegmentChanged, actor, &note).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    show(app, &line.id.to_string()).await
}

async fn read(app: &House, body: &SegmentBody) -> Result<SegmentLine, Error> {
    let name = body.name.trim();
    let length = name.chars().count();
    if !(1..=NAME_CHARS_MAX).contains(&length) || name.chars().any(char::is_control) {
        let message = format!("`{name}` is no name: want 1 to {NAME_CHARS_MAX} characters");
        return Err(Error::field("name", message));
    }
    let read = shelf(app).await?.read(&body.condition)?;
    let kept = Kept {
        version: VERSION,
        condition: read.body,
    };
    let now = app.clock.now();
    Ok(SegmentLine {
        id: Uuid::nil(),
        name: name.to_owned(),
        body: serde_json::to_string(&kept).map_err(Error::internal)?,
        created: now,
        changed: now,
    })
}

/// One segment, not counted.
///
/// # Errors
/// [`Error::NotFound`] when there is none; when the database does not answer.
pub async fn find(app: &House, id: &str) -> Result<SegmentAnswer, Error> {
    if let Some(found) = built_in().find(|segment| segment.id == id) {
        return Ok(found);
    }
    let id: Uuid = id.parse().map_err(|_| Error::NotFound("segment"))?;
    let line = app.store.segment(id).await?;
    answer(&line.ok_or(Error::NotFound("segment"))?)
}

async fn own(app: &House, id: &str) -> Result<SegmentLine, Error> {
    if built_in().any(|segment| segment.id == id) {
        return Err(Error::Conflict(format!(
            "the segment `{id}` is always there, and stays as it is"
        )));
    }
    let id: Uuid = id.parse().map_err(|_| Error::NotFound("segment"))?;
    let line = app.store.segment(id).await?;
    line.ok_or(Error::NotFound("segment"))
}

fn built_in() -> impl Iterator<Item = SegmentAnswer> {
    BUILT_IN.into_iter().map(|(id, name, state)| SegmentAnswer {
        id: id.to_owned(),
        name: name.to_owned(),
        built_in: true,
        version: VERSION,
        condition: ConditionBody::Consent(ConsentBody {
            is: state.to_owned(),
            ..ConsentBody::default()
        }),
        created_at: None,
        changed_at: None,
        count: None,
    })
}

fn answer(line: &SegmentLine) -> Result<SegmentAnswer, Error> {
    let kept: Kept = serde_json::from_str(&line.body).map_err(Error::internal)?;
    Ok(SegmentAnswer {
        id: line.id.to_string(),
        name: line.name.clone(),
        built_in: false,
        version: kept.version,
        condition: kept.condition,
        created_at: Some(clock::rfc3339(line.created)),
        changed_at: Some(clock::rfc3339(line.changed)),
        count: None,
    })
}

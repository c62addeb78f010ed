//! Journeys: what is written of them, and each version that people were sent on. How far each person is lies in [`run`], what a step
//! wants done in [`effect`].

pub mod effect;
pub mod run;

use consent::time::Timestamp;
use uuid::Uuid;

use crate::{
    codec,
    error::{StoreError, corrupt},
    list::{before, clean},
    pool::{Store, Tx, on_pool, on_tx},
};

/// Whether people enter a journey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It was never published.
    Draft,
    /// They do.
    Live,
    /// Not any more; who is inside goes on.
    Stopped,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Draft, Self::Live, Self::Stopped];

    /// The word used in JSON and tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Live => "live",
            Self::Stopped => "stopped",
        }
    }

    /// Reads [`State::word`].
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// A journey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JourneyLine {
    /// Its id; time-ordered.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// Whether people enter it.
    pub state: State,
    /// What is being written, as JSON of the caller's.
    pub draft: String,
    /// The version that people enter; 0 before the first.
    pub version: i64,
    /// When it was last changed.
    pub changed: Timestamp,
    /// By whom.
    pub changed_by: String,
    /// Rises with each change.
    pub cas: i64,
}

/// A version of a journey. It never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionLine {
    /// Of which journey.
    pub journey: Uuid,
    /// Which, from 1.
    pub version: i64,
    /// What it says, as JSON of the caller's.
    pub definition: String,
    /// When it was published.
    pub published: Timestamp,
    /// By whom.
    pub published_by: String,
}

type JourneyRow = (Vec<u8>, String, String, String, i64, i64, String, i64);
type VersionRow = (Vec<u8>, i64, String, i64, String);

impl Store {
    /// A page of journeys, newest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn journeys(
        &self,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<JourneyLine>, StoreError> {
        let sql = "select id, name, state, draft, version, changed_ms, changed_by, cas from journey \
                   where id < $1 order by id desc limit $2";
        let rows: Vec<JourneyRow> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(before(after)).bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter().map(line).collect()
    }

    /// One journey.
    ///
    /// # Errors
    /// When the database does not answer or the row makes no sense.
    pub async fn journey(&self, id: Uuid) -> Result<Option<JourneyLine>, StoreError> {
        let sql = "select id, name, state, draft, version, changed_ms, changed_by, cas from journey where id = $1";
        let id = id.as_bytes().to_vec();
        let row: Option<JourneyRow> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(id).fetch_optional(pool).await?);
        row.map(line).transpose()
    }

    /// What people enter now: the published version of each journey that is live, oldest journey first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn live_journeys(&self) -> Result<Vec<VersionLine>, StoreError> {
        let sql = "select v.journey_id, v.version, v.definition, v.published_ms, v.published_by from journey j \
                   join journey_version v on v.journey_id = j.id and v.version = j.version \
                   where j.state = 'live' order by j.id";
        let rows: Vec<VersionRow> =
            on_pool!(self, pool => sqlx::query_as(sql).fetch_all(pool).await?);
        rows.into_iter().map(version).collect()
    }

    /// Every version by which somebody is on their way now, oldest journey first: also of journeys that are live no more.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn walked_journeys(&self) -> Result<Vec<VersionLine>, StoreError> {
        let sql = "with walked as materialized (select distinct journey_id, version from journey_run where state = 'running') \
                   select v.journey_id, v.version, v.definition, v.published_ms, v.published_by from walked w \
                   join journey_version v on v.journey_id = w.journey_id and v.version = w.version \
                   order by v.journey_id, v.version";
        let rows: Vec<VersionRow> =
            on_pool!(self, pool => sqlx::query_as(sql).fetch_all(pool).await?);
        rows.into_iter().map(version).collect()
    }

    /// One version of a journey.
    ///
    /// # Errors
    /// When the database does not answer or the row makes no sense.
    pub async fn journey_version(
        &self,
        journey: Uuid,
        which: i64,
    ) -> Result<Option<VersionLine>, StoreError> {
        let sql = "select journey_id, version, definition, published_ms, published_by from journey_version \
                   where journey_id = $1 and version = $2";
        let id = journey.as_bytes().to_vec();
        let row: Option<VersionRow> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(id).bind(which).fetch_optional(pool).await?);
        row.map(version).transpose()
    }

    /// Every version of a journey, the newest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn journey_versions(&self, journey: Uuid) -> Result<Vec<VersionLine>, StoreError> {
        let sql = "select journey_id, version, definition, published_ms, published_by from journey_version \
                   where journey_id = $1 order by version desc";
        let id = journey.as_bytes().to_vec();
        let rows: Vec<VersionRow> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(id).fetch_all(pool).await?);
        rows.into_iter().map(version).collect()
    }
}

impl Tx {
    /// Keeps a new journey.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there is one with its id; and when the database does not answer.
    pub async fn put_journey(&mut self, journey: &JourneyLine) -> Result<(), StoreError> {
        let sql = "insert into journey (id, name, state, draft, version, changed_ms, changed_by, cas) \
                   values ($1, $2, $3, $4, $5, $6, $7, $8)";
        let id = journey.id.as_bytes().to_vec();
        on_tx!(self, conn => { sqlx::query(sql).bind(id).bind(clean(&journey.name)).bind(journey.state.word())
            .bind(clean(&journey.draft)).bind(journey.version).bind(journey.changed.millis())
            .bind(clean(&journey.changed_by)).bind(journey.cas).execute(conn).await?; });
        Ok(())
    }

    /// Changes name, state and draft of a journey to those of `journey`, if nobody changed it since the caller saw it with the `cas`
    /// that the line has; it has the next one then. Says whether it did.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn change_journey(&mut self, journey: &JourneyLine) -> Result<bool, StoreError> {
        let sql = "update journey set cas = cas + 1, name = $3, state = $4, draft = $5, changed_ms = $6, changed_by = $7 \
                   where id = $1 and cas = $2";
        let id = journey.id.as_bytes().to_vec();
        let count = on_tx!(self, conn => sqlx::query(sql).bind(id).bind(journey.cas).bind(clean(&journey.name))
            .bind(journey.state.word()).bind(clean(&journey.draft)).bind(journey.changed.millis())
            .bind(clean(&journey.changed_by)).execute(conn).await?.rows_affected());
        Ok(count == 1)
    }

    /// Publishes a definition as the next version of a journey, which is live then, if nobody changed it since the caller saw it.
    /// Gives the version; none when somebody did.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn publish(
        &mut self,
        (journey, cas_seen): (Uuid, i64),
        definition: &str,
        (at, by): (Timestamp, &str),
    ) -> Result<Option<i64>, StoreError> {
        let raise = "update journey set cas = cas + 1, version = version + 1, state = 'live', changed_ms = $3, changed_by = $4 \
                     where id = $1 and cas = $2 returning version";
        let keep = "insert into journey_version (journey_id, version, definition, published_ms, published_by) \
                    values ($1, $2, $3, $4, $5)";
        let id = journey.as_bytes().to_vec();
        let version: Option<i64> = on_tx!(self, conn => sqlx::query_scalar(raise)
            .bind(&id).bind(cas_seen).bind(at.millis()).bind(clean(by)).fetch_optional(conn).await?);
        let Some(version) = version else {
            return Ok(None);
        };
        on_tx!(self, conn => { sqlx::query(keep).bind(id).bind(version).bind(clean(definition))
            .bind(at.millis()).bind(clean(by)).execute(conn).await?; });
        Ok(Some(version))
    }
}

fn line(row: JourneyRow) -> Result<JourneyLine, StoreError> {
    let (id, name, state, draft, version, changed, changed_by, cas) = row;
    Ok(JourneyLine {
        id: codec::uuid(&id)?,
        name,
        state: State::read(&state).ok_or_else(|| corrupt("state of a journey", &state))?,
        draft,
        version,
        changed: Timestamp::from_millis(changed),
        changed_by,
        cas,
    })
}

fn version(row: VersionRow) -> Result<VersionLine, StoreError> {
    let (journey, version, definition, published, published_by) = row;
    Ok(VersionLine {
        journey: codec::uuid(&journey)?,
        version,
        definition,
        published: Timestamp::from_millis(published),
        published_by,
    })
}

//! The index for a process that only looks, beside a running server or without one: never told, so it looks again.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use store::watch::SNAPSHOT;
use tokio::sync::Mutex;

use crate::{
    app::House,
    error::Error,
    memory::Ready,
    services::{memory, policy},
};

/// How old an answer may be.
const AGE: Duration = Duration::from_secs(1);
/// How often reading is begun anew when somebody writes meanwhile.
const TRIES_MAX: u32 = 5;

/// The index, as of a moment ago.
pub struct Lookout {
    seen: Mutex<Option<Seen>>,
}

/// Whether everybody is read where there is no snapshot, or the store is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Without {
    /// The store is asked: the list is short.
    AskTheStore,
    /// Everybody is read.
    ReadTheRows,
}

struct Seen {
    ready: Arc<Ready>,
    marks: Marks,
    /// How far the tail was read.
    place: i64,
    at: Instant,
}

/// What says that the index must be read anew; where it is the same, the tail tells the rest.
#[derive(Debug, PartialEq, Eq)]
struct Marks {
    snapshot: Option<Vec<u8>>,
    policy: u64,
    erased: i64,
}

impl Lookout {
    /// Reads the index. None in PostgreSQL, whose rows every node may change, and where there is no snapshot and
    /// `without` says so.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn open(app: &House, without: Without) -> Result<Option<Self>, Error> {
        if app.store.file().is_none() {
            return Ok(None);
        }
        let seen = read(app, without).await?;
        Ok(seen.map(|seen| Self {
            seen: Mutex::new(Some(seen)),
        }))
    }

    /// The index as of a second ago at the most.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn ready(&self, app: &House) -> Result<Option<Arc<Ready>>, Error> {
        let mut seen = self.seen.lock().await;
        let now = app.clock.instant();
        if let Some(seen) = seen.as_mut() {
            if now.duration_since(seen.at) < AGE {
                return Ok(Some(Arc::clone(&seen.ready)));
            }
            seen.place = catch_up(app, seen).await?;
            if marks(app).await? == seen.marks {
                seen.at = now;
                return Ok(Some(Arc::clone(&seen.ready)));
            }
        }
        *seen = read(app, Without::ReadTheRows).await?;
        Ok(seen.as_ref().map(|seen| Arc::clone(&seen.ready)))
    }
}

async fn catch_up(app: &House, seen: &Seen) -> Result<i64, Error> {
    memory::catch_up(app, &seen.ready.index, &seen.ready.policy, seen.place).await
}

/// Reads everything, and again when it changed under our eyes.
async fn read(app: &House, without: Without) -> Result<Option<Seen>, Error> {
    for _ in 0..TRIES_MAX {
        let before = marks(app).await?;
        let policy = policy::current(app).await?;
        let (end, _) = app.store.tail_end().await?;
        let found = memory::from_file(app, &policy).await?;
        let (index, place) = match (found, without) {
            (Some((index, _)), _) => (index, 0),
            (None, Without::ReadTheRows) => (memory::from_rows(app, &policy).await?, end),
            (None, Without::AskTheStore) => return Ok(None),
        };
        let erased = memory::erased(app).await?;
        let seen = Seen {
            ready: Arc::new(Ready::new(index, policy, erased)),
            marks: before,
            place,
            at: app.clock.instant(),
        };
        let place = catch_up(app, &seen).await?;
        if marks(app).await? == seen.marks {
            return Ok(Some(Seen { place, ..seen }));
        }
    }
    Ok(None)
}

async fn marks(app: &House) -> Result<Marks, Error> {
    Ok(Marks {
        snapshot: app.store.house(SNAPSHOT).await?,
        policy: policy::current(app).await?.version,
        erased: app.store.count_erased_tags().await?,
    })
}

//! The one clock of the house, and the ids that are made from it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use consent::time::Timestamp;
use uuid::Uuid;

/// What time it is.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's.
    Real,
    /// One that only a test moves, in milliseconds since the epoch.
    Stepped(Arc<AtomicI64>),
}

impl Clock {
    /// Now, as the rules and the rows know it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::Real => Timestamp::from_millis(wall_millis()),
            Self::Stepped(at) => Timestamp::from_millis(at.load(Ordering::SeqCst)),
        }
    }

    /// Now, on the clock that never jumps: for permits.
    #[must_use]
    pub fn instant(&self) -> Instant {
        Instant::now()
    }

    /// A new id. Ids of one process grow.
    #[must_use]
    pub fn id(&self) -> Uuid {
        Uuid::now_v7()
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "the one place that reads the wall clock"
)]
fn wall_millis() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// A time as RFC 3339 in UTC, as every answer writes it.
#[must_use]
pub fn rfc3339(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.millis())
        .unwrap_or_default()
        .to_string()
}

/// Reads RFC 3339.
#[must_use]
pub fn read_rfc3339(text: &str) -> Option<Timestamp> {
    let at: jiff::Timestamp = text.trim().parse().ok()?;
    Some(Timestamp::from_millis(at.as_millisecond()))
}

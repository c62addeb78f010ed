//! The only reading of the wall clock: one anchor at start, and a monotonic count from there.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde::{Serialize, Serializer, ser::SerializeStruct};

/// Tells the time, for the log as it is, for the simulated people as far ahead as a test asked.
pub struct Clock {
    began: Instant,
    began_unix_ns: i64,
    ahead_ms: AtomicI64,
}

/// One instant on both scales; it serialises with an RFC 3339 form beside the numbers.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Nanoseconds since the simulator started, on the monotonic clock.
    pub mono_ns: u64,
    /// Nanoseconds since 1970 in UTC.
    pub unix_ns: i64,
}

impl Clock {
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the clock that everything else in the crate asks"
    )]
    pub fn start() -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            began: Instant::now(),
            began_unix_ns: since_1970
                .map_or(0, |gone| i64::try_from(gone.as_nanos()).unwrap_or(i64::MAX)),
            ahead_ms: AtomicI64::new(0),
        }
    }

    pub fn mono_ns(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    pub fn now(&self) -> Moment {
        self.at(self.mono_ns())
    }

    /// The moment that a monotonic reading stands for.
    pub fn at(&self, mono_ns: u64) -> Moment {
        let gone = i64::try_from(mono_ns).unwrap_or(i64::MAX);
        Moment {
            mono_ns,
            unix_ns: self.began_unix_ns.saturating_add(gone),
        }
    }

    /// What the simulated world's watch says, in milliseconds since 1970.
    pub fn simulated_ms(&self) -> i64 {
        (self.now().unix_ns / 1_000_000).saturating_add(self.ahead_ms.load(Ordering::Relaxed))
    }

    /// Moves the simulated watch; what is already scheduled keeps its real delay.
    pub fn advance(&self, ms: i64) -> i64 {
        self.ahead_ms
            .fetch_add(ms, Ordering::Relaxed)
            .saturating_add(ms)
    }

    pub fn rewind(&self) {
        self.ahead_ms.store(0, Ordering::Relaxed);
    }

    pub fn instant(&self, mono_ns: u64) -> Instant {
        self.began + Duration::from_nanos(mono_ns)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Moment", 3)?;
        out.serialize_field("mono_ns", &self.mono_ns)?;
        out.serialize_field("unix_ns", &self.unix_ns)?;
        let at = jiff::Timestamp::from_nanosecond(i128::from(self.unix_ns));
        out.serialize_field("at", &at.map(|t| format!("{t:.6}")).unwrap_or_default())?;
        out.end()
    }
}

/// `09:05` in UTC, for the screens of the phones.
pub fn hour_and_minute(unix_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(unix_ms)
        .map(|t| t.strftime("%H:%M").to_string())
        .unwrap_or_default()
}

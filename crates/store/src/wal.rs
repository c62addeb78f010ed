//! SQLite's write-ahead log goes into the file beside whoever writes, not in their commits: those wait for one write to
//! the disk, and no reader waits at all.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};

use crate::{error::StoreError, watch::Watch};

/// Commits between two looks at the length of the log.
const COMMITS: u32 = 8;
/// Pages in the log from which on it is worth the work: what is changed over and over is then copied once.
const PAGES_MIN: i64 = 8_000;
/// Pages in the log at which whoever commits copies it after all: the log must end somewhere.
pub(crate) const PAGES_MAX: u32 = 64_000;

/// Whoever copies the log.
#[derive(Clone)]
pub struct Wal(Arc<Inner>);

struct Inner {
    pool: SqlitePool,
    watch: Watch,
    commits: AtomicU32,
    is_busy: AtomicBool,
}

/// How many pages there are in the log, and how many of them are in the file.
type Pages = (i64, i64);

impl fmt::Debug for Wal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wal")
    }
}

impl Wal {
    /// A connection of its own is opened when there is something to do for it.
    pub(crate) fn of(options: SqliteConnectOptions, watch: Watch) -> Self {
        Self(Arc::new(Inner {
            pool: SqlitePoolOptions::new()
                .max_connections(1)
                .connect_lazy_with(options),
            watch,
            commits: AtomicU32::new(0),
            is_busy: AtomicBool::new(false),
        }))
    }

    /// Something was committed. Now and then somebody looks how long the log is, and copies it.
    pub(crate) fn note_commit(&self) {
        let count = self.0.commits.fetch_add(1, Ordering::Relaxed);
        if !count.is_multiple_of(COMMITS) || self.0.is_busy.swap(true, Ordering::SeqCst) {
            return;
        }
        let this = self.clone();
        tokio::spawn(async move {
            if let Err(cause) = this.copy().await {
                // Whoever commits does it when the log gets too long.
                tracing::debug!(%cause, "the write-ahead log could not be copied");
            }
            this.0.is_busy.store(false, Ordering::SeqCst);
        });
    }

    pub(crate) async fn close(&self) {
        self.0.pool.close().await;
    }

    async fn copy(&self) -> Result<(), StoreError> {
        let (log, copied) = self.ask("pragma wal_checkpoint(noop)").await?;
        if log - copied < PAGES_MIN {
            return Ok(());
        }
        self.ask("pragma wal_checkpoint(passive)").await?;
        // What came meanwhile is little. While nobody writes it is copied too, and the log begins anew.
        let _turn = self.0.watch.turn().await;
        self.ask("pragma wal_checkpoint(passive)").await?;
        Ok(())
    }

    async fn ask(&self, pragma: &'static str) -> Result<Pages, StoreError> {
        let (_, log, copied): (i64, i64, i64) =
            sqlx::query_as(pragma).fetch_one(&self.0.pool).await?;
        Ok((log, copied))
    }
}

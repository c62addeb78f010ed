//! The open database: an enum of two pools, and the transaction on either.
//!
//! The places where the databases differ are all in this file, in `postgres` and in `migrate`: opening, beginning a
//! transaction, and locking rows. Lists are unpacked by one text: `jsonb_each($1)` is built into SQLite, and a function of ours
//! in PostgreSQL.

use std::{path::PathBuf, str::FromStr, sync::Arc, time::Duration};

use consent::id::ContactId;
use sqlx::{
    ConnectOptions, Connection, PgPool, Postgres, Sqlite, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{
    address::without_password,
    error::StoreError,
    hold::Hold,
    later::{self, Arg, Later, Waiting},
    list::{List, hex},
    migrate,
    postgres::{self, ACQUIRE_TIMEOUT, Options, Watcher},
    wal::{self, Wal},
    watch::{self, Touched, Turn, Watch},
};

/// Runs the same text on whichever pool is open.
macro_rules! on_pool {
    ($store:expr, $pool:ident => $body:expr) => {
        match $store {
            $crate::pool::Store::Sqlite { read: $pool, .. } => $body,
            $crate::pool::Store::Postgres { pool: $pool, .. } => {
                $crate::pool::in_time(async { Ok($body) }).await?
            }
        }
    };
}

/// Runs the same text in whichever transaction is open.
macro_rules! on_tx {
    ($tx:expr, $conn:ident => $body:expr) => {{
        $tx.flush().await?;
        match &mut $tx.inner {
            $crate::pool::Inner::Sqlite(tx) => {
                let $conn = &mut **tx;
                $body
            }
            $crate::pool::Inner::Postgres(tx) => {
                let $conn = &mut **tx;
                $crate::pool::in_time(async { Ok($body) }).await?
            }
        }
    }};
}

pub(crate) use {on_pool, on_tx};

/// What the one that writes may keep in memory, in KiB and negative as SQLite has it: a large transaction that does not fit
/// writes its pages more than once.
const WRITER_CACHE: &str = "-65536";
/// How long to wait before a busy file is opened again; twice as long each time.
const OPEN_PAUSE: Duration = Duration::from_millis(5);
/// From here on it is not opened again: about two seconds later.
const OPEN_PAUSE_MAX: Duration = Duration::from_secs(2);
/// Connections for reading beside the one that writes.
const SQLITE_READERS: u32 = 8;
/// How long we wait for an answer over the network, when nobody says that there will be none.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// An open database.
#[derive(Debug, Clone)]
pub enum Store {
    /// One file, one writer.
    Sqlite {
        /// The only connection that writes.
        write: SqlitePool,
        /// Connections that read.
        read: SqlitePool,
        /// The file.
        file: PathBuf,
        /// Who is told what is committed.
        watch: Watch,
        /// Who copies what was committed into the file.
        wal: Wal,
    },
    /// A server, shared by any number of nodes.
    Postgres {
        /// Every connection; all of them talk to the primary.
        pool: PgPool,
        /// Whether the log is protected by privileges, or why it is not.
        guard: Guard,
        /// Whether rows are locked one by one: a Citus cluster locks only where it is told one distribution key.
        one_key_locks: bool,
        /// Follows the primary, where the address names several servers.
        watcher: Option<Arc<Watcher>>,
    },
}

/// What keeps the log append-only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Triggers in the file.
    Triggers,
    /// A role without UPDATE and DELETE on the log.
    Role,
    /// Nothing: the user of the database may not make roles.
    None,
}

/// A transaction. Dropped without a commit, it did not happen.
pub struct Tx {
    pub(crate) inner: Inner,
    pub(crate) touched: Touched,
    later: Later,
    // Given back last: whoever watches is told in the order of the commits.
    turn: Option<(Watch, Turn)>,
    wal: Option<Wal>,
    one_key_locks: bool,
}

pub(crate) enum Inner {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

impl Store {
    /// Opens the database at `url`, creates it where there is none, and brings its schema up to date.
    ///
    /// # Errors
    /// When the address is not one, the database does not answer, or was made by a newer version.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Self::open_with(url, &Options::default()).await
    }

    /// The same, with a choice.
    ///
    /// # Errors
    /// As for [`Store::open`].
    pub async fn open_with(url: &str, options: &Options) -> Result<Self, StoreError> {
        let store = if url.starts_with("sqlite:") {
            Self::open_sqlite(url).await?
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let opened = postgres::open(url, options).await?;
            Self::Postgres {
                pool: opened.pool,
                guard: if opened.has_role {
                    Guard::Role
                } else {
                    Guard::None
                },
                one_key_locks: opened.one_key_locks,
                watcher: opened.watcher,
            }
        } else {
            return Err(StoreError::BadUrl(without_password(url)));
        };
        store.fill_words().await?;
        Ok(store)
    }

    /// Whoever opens a file while the last one who had it tidies up is told at once that it is busy, whatever the time-out:
    /// <https://sqlite.org/wal.html>, "Sometimes queries return SQLITE_BUSY in WAL mode".
    async fn open_sqlite(url: &str) -> Result<Self, StoreError> {
        let mut pause = OPEN_PAUSE;
        loop {
            match Self::open_sqlite_once(url).await {
                Err(error) if error.is_conflict() && pause < OPEN_PAUSE_MAX => {
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                opened => return opened,
            }
        }
    }

    async fn open_sqlite_once(url: &str) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::from_str(url)
            .map_err(|_| StoreError::BadUrl(url.to_owned()))?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(ACQUIRE_TIMEOUT)
            .pragma("secure_delete", "on")
            // Without it a row can be replaced past the triggers that keep the log.
            .pragma("recursive_triggers", "on")
            .pragma("wal_autocheckpoint", wal::PAGES_MAX.to_string())
            .disable_statement_logging();
        let file = options.get_filename().to_path_buf();
        let pool = |connections| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(ACQUIRE_TIMEOUT)
        };
        let write = pool(1)
            // When the disk is full SQLite ends the transaction by itself, and the driver never learns of it.
            .before_acquire(|conn, _| {
                let is_clean = !conn.is_in_transaction();
                Box::pin(async move { Ok(is_clean) })
            })
            .connect_with(options.clone().pragma("cache_size", WRITER_CACHE))
            .await?;
        migrate::sqlite(&write).await?;
        let watch = Watch::default();
        let wal = Wal::of(options.clone(), watch.clone());
        let read = pool(SQLITE_READERS)
            .connect_with(options.pragma("query_only", "on"))
            .await?;
        Ok(Self::Sqlite {
            write,
            read,
            file,
            watch,
            wal,
        })
    }

    /// Begins a transaction that will write. In SQLite it waits for its turn; there is one writer.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        self.begin_in(Haste::None).await
    }

    /// The same, before others who wait for their turn: for what must be in force at once, and is small.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn begin_next(&self) -> Result<Tx, StoreError> {
        self.begin_in(Haste::Next).await
    }

    async fn begin_in(&self, haste: Haste) -> Result<Tx, StoreError> {
        let (inner, turn, wal, one_key_locks) = match self {
            Self::Sqlite {
                write, watch, wal, ..
            } => {
                let turn = async {
                    match haste {
                        Haste::None => watch.turn().await,
                        Haste::Next => watch.next_turn().await,
                    }
                };
                let turn = tokio::time::timeout(ACQUIRE_TIMEOUT, turn);
                let turn = turn.await.map_err(|_| sqlx::Error::PoolTimedOut)?;
                let tx = write.begin_with("begin immediate").await?;
                let turn = Some((watch.clone(), turn));
                (Inner::Sqlite(tx), turn, Some(wal.clone()), false)
            }
            Self::Postgres {
                pool,
                one_key_locks,
                ..
            } => {
                let tx = in_time(pool.begin()).await?;
                (Inner::Postgres(tx), None, None, *one_key_locks)
            }
        };
        Ok(Tx {
            inner,
            touched: Touched::default(),
            later: Later::default(),
            turn,
            wal,
            one_key_locks,
        })
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let sql = "select size from log_head where one = 1";
        on_pool!(self, pool => { sqlx::query(sql).execute(pool).await?; });
        Ok(())
    }

    /// Whether log numbers are given in the transaction that writes the event (one writer), or by a
    /// sequencer afterwards.
    #[must_use]
    pub const fn numbers_at_once(&self) -> bool {
        match self {
            Self::Sqlite { .. } => true,
            Self::Postgres { .. } => false,
        }
    }

    /// What keeps the log append-only here.
    #[must_use]
    pub const fn guard(&self) -> Guard {
        match self {
            Self::Sqlite { .. } => Guard::Triggers,
            Self::Postgres { guard, .. } => *guard,
        }
    }

    /// The database's file, where it is one.
    #[must_use]
    pub fn file(&self) -> Option<&std::path::Path> {
        match self {
            Self::Sqlite { file, .. } => Some(file),
            Self::Postgres { .. } => None,
        }
    }

    /// Closes every connection.
    pub async fn close(&self) {
        match self {
            Self::Sqlite {
                write, read, wal, ..
            } => {
                wal.close().await;
                read.close().await;
                write.close().await;
            }
            Self::Postgres { pool, watcher, .. } => {
                if let Some(watcher) = watcher {
                    watcher.stop();
                }
                pool.close().await;
            }
        }
    }

    /// Writes a consistent copy of a SQLite database to a new file.
    ///
    /// # Errors
    /// When this is PostgreSQL, which has tools of its own, or the file exists or cannot be written.
    pub async fn copy_to(&self, file: &str) -> Result<(), StoreError> {
        match self {
            Self::Sqlite { file: from, .. } => {
                // A connection of its own: the readers may not write, not even elsewhere, and the writer is busy.
                let options = SqliteConnectOptions::new()
                    .filename(from)
                    .busy_timeout(ACQUIRE_TIMEOUT);
                let mut conn = options.connect().await?;
                let copied = sqlx::query("vacuum into $1")
                    .bind(file)
                    .execute(&mut conn)
                    .await;
                conn.close().await?;
                copied?;
                Ok(())
            }
            Self::Postgres { .. } => Err(StoreError::BadUrl(
                "a PostgreSQL database (use pg_dump)".to_owned(),
            )),
        }
    }
}

impl Tx {
    /// Makes it so.
    ///
    /// # Errors
    /// When the database does not answer: then nobody knows, and the caller must not acknowledge.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        if let Inner::Sqlite(_) = &self.inner {
            self.touched.write_tail(&mut self.later);
        }
        self.flush().await?;
        match self.inner {
            Inner::Sqlite(tx) => match self.turn {
                Some(turn) => watch::commit(tx, self.touched, turn).await?,
                None => tx.commit().await?,
            },
            // While a synchronous standby is away this ends with no answer: statement timeouts do not count here.
            Inner::Postgres(tx) => in_time(tx.commit()).await?,
        }
        if let Some(wal) = self.wal {
            wal.note_commit();
        }
        Ok(())
    }

    /// Whether nobody else can write before this transaction ends.
    pub(crate) const fn is_the_only_writer(&self) -> bool {
        matches!(self.inner, Inner::Sqlite(_))
    }

    /// Puts a write off whose outcome nobody needs: it is sent with others before the next question, or the end.
    pub(crate) async fn later(
        &mut self,
        sql: &'static str,
        args: Vec<Arg>,
    ) -> Result<(), StoreError> {
        self.later.push(sql, args);
        if self.later.is_full() {
            self.flush().await?;
        }
        Ok(())
    }

    /// Sends what was put off.
    pub(crate) async fn flush(&mut self) -> Result<(), StoreError> {
        if self.later.is_empty() {
            return Ok(());
        }
        let waiting = self.later.take();
        match &mut self.inner {
            Inner::Sqlite(tx) => {
                let (text, args) = later::joined(waiting);
                let query = sqlx::query(sqlx::AssertSqlSafe(text));
                let query = args.into_iter().fold(query, later::bind_sqlite);
                query.execute(&mut **tx).await?;
            }
            Inner::Postgres(tx) => {
                for Waiting { sql, args } in waiting {
                    let query = sqlx::query(sql);
                    let query = args.into_iter().fold(query, later::bind_postgres);
                    in_time(query.execute(&mut **tx)).await?;
                }
            }
        }
        Ok(())
    }

    /// Locks the rows of these contacts until the end of the transaction, in one order for everybody.
    /// SQLite has one writer, which holds every lock already.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn lock(&mut self, contacts: &[ContactId]) -> Result<(), StoreError> {
        self.hold(contacts, Hold::Alone).await
    }

    /// Keeps others from changing these contacts until the end of the transaction, without keeping them from doing
    /// the same.
    pub(crate) async fn share(&mut self, contacts: &[ContactId]) -> Result<(), StoreError> {
        self.hold(contacts, Hold::Shared).await
    }

    async fn hold(&mut self, contacts: &[ContactId], how: Hold) -> Result<(), StoreError> {
        let one_key_locks = self.one_key_locks;
        self.flush().await?;
        let Inner::Postgres(tx) = &mut self.inner else {
            return Ok(());
        };
        if one_key_locks {
            let mut keys: Vec<_> = contacts.iter().map(|id| id.get()).collect();
            keys.sort_unstable();
            keys.dedup();
            for key in keys {
                let sql = how.one();
                in_time(
                    sqlx::query(sql)
                        .bind(key.as_bytes().as_slice())
                        .execute(&mut **tx),
                )
                .await?;
            }
            return Ok(());
        }
        let list = List::of(
            contacts
                .iter()
                .map(|id| serde_json::json!({ "id": hex(id.get()) })),
        );
        in_time(sqlx::query(how.all()).bind(list.text()).execute(&mut **tx)).await?;
        Ok(())
    }
}

/// Whether somebody waits behind all others.
#[derive(Clone, Copy)]
enum Haste {
    None,
    Next,
}

/// Waits for PostgreSQL's answer, but not for ever: a machine that went away says nothing.
pub(crate) async fn in_time<T>(
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, StoreError> {
    match tokio::time::timeout(ANSWER_TIMEOUT, work).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(sqlx::Error::PoolTimedOut.into()),
    }
}

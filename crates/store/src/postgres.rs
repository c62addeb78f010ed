//! Opening PostgreSQL: one address or several, and connections that only ever talk to the primary.
//!
//! Of several servers the one that takes writes is the primary; should two say so, the one on the newer timeline, which
//! was promoted last. A watcher asks all of them once a second. When another one has become the primary, the pool
//! connects there from then on, and the connections that it has are thrown away.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures::future::join_all;
use sqlx::{
    ConnectOptions, Connection, Executor, PgConnection, PgPool,
    pool::PoolConnectionMetadata,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::task::JoinHandle;

use crate::{address, error::StoreError, migrate};

/// How long a caller waits for a connection.
pub(crate) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long one statement may run.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a transaction may rest: one of a suspended node must not hold its locks for ever.
const IDLE_TIMEOUT: Duration = Duration::from_secs(5);
/// A connection that rested for longer is asked whether it still works before it is used.
const TRUSTED_FOR: Duration = Duration::from_millis(500);
/// How often several servers are asked which one is the primary.
const WATCH_EVERY: Duration = Duration::from_secs(1);
/// How long one of them may take to answer.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long to wait before servers of which none is the primary are asked again, at the start.
const ASK_AGAIN: Duration = Duration::from_millis(250);

/// What a connection is asked first. A standby answers reads, and what it answers may be old.
const ROLE: &str = "select case when pg_is_in_recovery() then null \
                    else 'x' || pg_walfile_name(pg_current_wal_lsn()) end";

/// How to open a database. SQLite has nothing to choose.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// How many connections there may be at the most.
    pub connections: Option<u32>,
    /// Whether a server may go on acknowledging commits that are not on disk.
    pub allow_lossy: bool,
    /// Lock rows one by one, whether this is a Citus cluster or not.
    pub one_key_locks: bool,
}

/// An open pool, and what was found out on the way.
pub(crate) struct Opened {
    pub(crate) pool: PgPool,
    /// Whether a role without UPDATE and DELETE on the log is used.
    pub(crate) has_role: bool,
    pub(crate) one_key_locks: bool,
    pub(crate) watcher: Option<Arc<Watcher>>,
}

/// Asks the servers again and again, until it is dropped.
#[derive(Debug)]
pub struct Watcher(JoinHandle<()>);

impl Watcher {
    pub(crate) fn stop(&self) {
        self.0.abort();
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// When the pool last turned to another server; connections made before are of no use.
type Turned = Arc<Mutex<Option<Instant>>>;

/// Opens the database, and brings its schema up to date.
pub(crate) async fn open(url: &str, options: &Options) -> Result<Opened, StoreError> {
    let servers = address::servers(url)?;
    let primary = first(&servers).await?;
    let server = servers.get(primary).cloned().unwrap_or_default();
    let once = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_with(server.clone())
        .await?;
    let role = migrate::postgres(&once).await?;
    let citus: bool =
        sqlx::query_scalar("select exists (select 1 from pg_extension where extname = 'citus')")
            .fetch_one(&once)
            .await?;
    once.close().await;
    let turned = Turned::default();
    let session = session(role.as_deref(), options);
    let pool = pool(server, options, &turned, session.into()).await?;
    let watcher = (servers.len() > 1).then(|| {
        let watch = watch(pool.clone(), servers, primary, turned);
        Arc::new(Watcher(tokio::spawn(watch)))
    });
    Ok(Opened {
        pool,
        has_role: role.is_some(),
        one_key_locks: citus || options.one_key_locks,
        watcher,
    })
}

async fn pool(
    server: PgConnectOptions,
    options: &Options,
    turned: &Turned,
    session: Arc<str>,
) -> Result<PgPool, StoreError> {
    let turned = turned.clone();
    let pool = PgPoolOptions::new()
        .max_connections(options.connections.unwrap_or_else(connections))
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // It is tested when it is given back, and below when that was a while ago.
        .test_before_acquire(false)
        .before_acquire(move |conn, meta| {
            let is_old = is_old(&turned, &meta);
            Box::pin(async move {
                if is_old {
                    return Ok(false);
                }
                if meta.idle_for > TRUSTED_FOR {
                    conn.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(move |conn, _| {
            let session = session.clone();
            Box::pin(async move {
                conn.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(session.to_string())))
                    .await?;
                let standby: bool = sqlx::query_scalar("select pg_is_in_recovery()")
                    .fetch_one(&mut *conn)
                    .await?;
                if standby {
                    return Err(sqlx::Error::Protocol(NO_PRIMARY.to_owned()));
                }
                Ok(())
            })
        })
        .connect_with(server)
        .await?;
    Ok(pool)
}

const NO_PRIMARY: &str = "no server takes writes: a standby answered, and no primary";

/// What every session begins with. The level of its commits is set, so that a change of the server's default while we
/// run makes no commit of ours weaker; only somebody who allows loss keeps a level that loses.
fn session(role: Option<&str>, options: &Options) -> String {
    let weak = if options.allow_lossy {
        "('on', 'local', 'remote_write')"
    } else {
        "('on', 'local', 'remote_write', 'off')"
    };
    let role = role.map_or_else(String::new, |role| format!("set role {role}"));
    format!(
        "set statement_timeout = {}; set idle_in_transaction_session_timeout = {}; \
         select set_config('synchronous_commit', 'on', false) \
         where current_setting('synchronous_commit') in {weak}; {role}",
        STATEMENT_TIMEOUT.as_millis(),
        IDLE_TIMEOUT.as_millis(),
    )
}

fn is_old(turned: &Turned, meta: &PoolConnectionMetadata) -> bool {
    let turned = *turned.lock().unwrap_or_else(PoisonError::into_inner);
    turned.is_some_and(|turned| turned.elapsed() < meta.age)
}

/// Enough to keep two cores and their disk busy, few enough for a database that others use too.
fn connections() -> u32 {
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    u32::try_from(cores * 8).unwrap_or(64).clamp(16, 64)
}

/// The primary among the servers at the start: waited for as long as for a connection.
async fn first(servers: &[PgConnectOptions]) -> Result<usize, StoreError> {
    let [_, _, ..] = servers else {
        return Ok(0);
    };
    let begun = Instant::now();
    loop {
        let mut held: Vec<Option<PgConnection>> = servers.iter().map(|_| None).collect();
        let answers = ask(servers, &mut held).await;
        if let Some((primary, _)) = newest(&answers) {
            return Ok(primary);
        }
        if begun.elapsed() >= ACQUIRE_TIMEOUT {
            let error = answers.into_iter().find_map(Result::err);
            let error = error.unwrap_or_else(|| sqlx::Error::Protocol(NO_PRIMARY.to_owned()));
            return Err(error.into());
        }
        tokio::time::sleep(ASK_AGAIN).await;
    }
}

/// What each server says: the timeline that it writes, or that it is a standby.
type Answer = Result<Option<String>, sqlx::Error>;

/// Asks every server at the same time. Connections are kept from one time to the next.
async fn ask(servers: &[PgConnectOptions], held: &mut [Option<PgConnection>]) -> Vec<Answer> {
    let asked = servers.iter().zip(held).map(async |(server, held)| {
        let answer = async {
            let mut conn = match held.take() {
                Some(conn) => conn,
                None => server.connect().await?,
            };
            let role: Option<String> = sqlx::query_scalar(ROLE).fetch_one(&mut conn).await?;
            *held = Some(conn);
            Ok::<_, sqlx::Error>(role)
        };
        let in_time = tokio::time::timeout(PROBE_TIMEOUT, answer).await;
        in_time.unwrap_or(Err(sqlx::Error::PoolTimedOut))
    });
    join_all(asked).await
}

/// The server that takes writes; of several, the one that was promoted last.
fn newest(answers: &[Answer]) -> Option<(usize, String)> {
    answers
        .iter()
        .enumerate()
        .filter_map(|(at, answer)| Some((at, answer.as_ref().ok()?.as_ref()?)))
        // A name of a file of the log begins with the timeline, in hexadecimal digits of one length.
        .map(|(at, file)| (at, file.chars().take(9).collect::<String>()))
        .max_by(|(_, one), (_, other)| one.cmp(other))
}

async fn watch(pool: PgPool, servers: Vec<PgConnectOptions>, mut at: usize, turned: Turned) {
    let mut held: Vec<Option<PgConnection>> = servers.iter().map(|_| None).collect();
    let mut known: Option<String> = None;
    let mut lost = false;
    while !pool.is_closed() {
        let answers = ask(&servers, &mut held).await;
        match newest(&answers) {
            Some((found, timeline)) => {
                let newer = known.as_ref().is_none_or(|known| *known <= timeline);
                // A primary of before, back from the dead: what it has was superseded.
                if newer && found != at {
                    if let Some(server) = servers.get(found) {
                        pool.set_connect_options(server.clone());
                    }
                    *turned.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
                    tracing::warn!(
                        from = at,
                        to = found,
                        "another PostgreSQL server is the primary now: its place in `database` is {}",
                        found + 1
                    );
                    at = found;
                }
                if newer {
                    known = Some(timeline);
                }
                lost = false;
            }
            None if !lost => {
                tracing::error!("no PostgreSQL server in `database` takes writes");
                lost = true;
            }
            None => {}
        }
        tokio::time::sleep(WATCH_EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writes(file: &str) -> Result<Option<String>, sqlx::Error> {
        Ok(Some(format!("x{file}")))
    }

    #[test]
    fn of_two_that_take_writes_the_one_promoted_last_is_the_primary() {
        let answers = vec![
            writes("0000000200000000000000FF"),
            Err(sqlx::Error::PoolTimedOut),
            writes("0000000A0000000000000003"),
            Ok(None),
        ];
        assert_eq!(newest(&answers), Some((2, "x0000000A".to_owned())));
    }

    #[test]
    fn a_standby_is_no_primary() {
        assert_eq!(newest(&[Ok(None), Err(sqlx::Error::PoolTimedOut)]), None);
    }
}

//! What whoever keeps a copy of the standings in memory is told: what each commit changed, in order, before anybody
//! hears that it was committed.
//!
//! Only where one process writes (SQLite). What was touched is also written to a tail, in the same transaction, so that
//! a copy on disk can be brought up to date. An erasure ends the copy on disk instead: it must not name the person.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, OnceLock},
};

use consent::{id::ContactId, register::Standing};
use serde_json::json;
use sqlx::{Sqlite, SqliteConnection};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::{
    codec,
    error::StoreError,
    later::{Arg, Later},
    list::{List, hex},
};

/// The house value that names the snapshot whose tail is kept.
pub const SNAPSHOT: &str = "index_snapshot";

/// An alias key, and the standing behind it; none when it means nobody.
pub type Meaning = (String, Option<Standing>);

/// What a commit changed.
#[derive(Debug, Default)]
pub struct News {
    /// What aliases mean now.
    pub meanings: Vec<Meaning>,
    /// Alias keys that mean something else now, but nobody knows what: the commit failed and may have been done.
    pub unsure: Vec<String>,
    /// The keyed hashes of people who were erased.
    pub erased: Vec<Vec<u8>>,
    /// Whether aliases were deleted, so that no tail can say whose they were.
    pub forgot: bool,
    /// Whether there is a new version of the policy.
    pub policy: bool,
    /// Whether an API key was made or revoked.
    pub api_keys: bool,
    /// The size of the log, where it changed.
    pub log_size: Option<i64>,
}

/// The turn of whoever writes: while it is held, nothing is committed and nobody is told anything.
pub type Turn = OwnedMutexGuard<()>;

type Told = Box<dyn Fn(&News) + Send + Sync>;

/// Who is told, and the turns of those who write.
#[derive(Clone, Default)]
pub struct Watch(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// Where those wait who are in no hurry: at most one of them stands before somebody who is.
    line: Mutex<()>,
    turn: Arc<Mutex<()>>,
    told: OnceLock<Told>,
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch")
    }
}

impl Watch {
    /// From now on this one is told; there can be one.
    pub(crate) fn tell(&self, told: impl Fn(&News) + Send + Sync + 'static) {
        let _ = self.0.told.set(Box::new(told));
    }

    pub(crate) async fn turn(&self) -> Turn {
        let _first_in_line = self.0.line.lock().await;
        self.next_turn().await
    }

    /// Before all who wait in line, but for one.
    pub(crate) async fn next_turn(&self) -> Turn {
        Arc::clone(&self.0.turn).lock_owned().await
    }
}

/// What a transaction has touched so far.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    pub(crate) contacts: BTreeSet<ContactId>,
    pub(crate) keys: BTreeSet<String>,
    pub(crate) erased: Vec<Vec<u8>>,
    /// An alias was deleted, so that nothing in the database says any more whose it was.
    pub(crate) forgot: bool,
    pub(crate) policy: bool,
    pub(crate) api_keys: bool,
    pub(crate) log_size: Option<i64>,
}

impl Touched {
    fn is_empty(&self) -> bool {
        self.contacts.is_empty() && self.keys.is_empty()
    }

    fn lists(&self) -> (List, List) {
        let keys = self.keys.iter().map(|key| json!({ "k": key }));
        (contact_list(self.contacts.iter()), List::of(keys))
    }

    /// Writes what brings a copy on disk up to date.
    pub(crate) fn write_tail(&self, later: &mut Later) {
        if self.is_empty() {
            return;
        }
        let (contacts, keys) = self.lists();
        let tail = "insert into index_tail (contact_id) \
                    select unhex(r.value ->> 'id') from jsonb_each($1) as r union \
                    select a.contact_id from alias a where a.key in (select r.value ->> 'k' from jsonb_each($2) as r)";
        later.push(tail, vec![contacts.into(), keys.into()]);
        if self.forgot {
            let end = "delete from house where name = $1";
            later.push(end, vec![Arg::Text(SNAPSHOT.to_owned())]);
        }
    }

    /// Finds what is to be told.
    async fn settle(mut self, conn: &mut SqliteConnection, told: bool) -> Result<News, StoreError> {
        let mut news = News {
            erased: std::mem::take(&mut self.erased),
            forgot: self.forgot,
            policy: self.policy,
            api_keys: self.api_keys,
            log_size: self.log_size,
            ..News::default()
        };
        if self.contacts.is_empty() && self.keys.is_empty() {
            return Ok(news);
        }
        if told {
            let (contacts, keys) = self.lists();
            let rows: Vec<(String, Option<String>)> = sqlx::query_as(MEANINGS)
                .bind(contacts.text())
                .bind(keys.text())
                .fetch_all(&mut *conn)
                .await?;
            news.meanings = rows.into_iter().map(meaning).collect::<Result<_, _>>()?;
        }
        Ok(news)
    }
}

/// Commits, and tells whoever watches before it returns. Once begun it runs to its end, even if the caller goes away.
pub(crate) async fn commit(
    mut tx: sqlx::Transaction<'static, Sqlite>,
    touched: Touched,
    (watch, turn): (Watch, Turn),
) -> Result<(), StoreError> {
    let nothing =
        touched.is_empty() && !touched.policy && !touched.api_keys && touched.log_size.is_none();
    let watched = watch.0.told.get().is_some();
    if nothing {
        tx.commit().await?;
        return Ok(());
    }
    let news = touched.settle(&mut tx, watched).await?;
    if !watched {
        tx.commit().await?;
        return Ok(());
    }
    let done = tokio::spawn(async move {
        let done = tx.commit().await;
        let told = |news: &News| {
            if let Some(told) = watch.0.told.get() {
                told(news);
            }
        };
        if done.is_ok() {
            told(&news);
        } else {
            told(&unsure(news));
        }
        drop(turn);
        done
    });
    let done = done
        .await
        .map_err(|_| StoreError::from(sqlx::Error::WorkerCrashed))?;
    Ok(done?)
}

/// Nobody knows whether it happened: so nobody is to rely on either.
fn unsure(news: News) -> News {
    News {
        unsure: news.meanings.into_iter().map(|(key, _)| key).collect(),
        meanings: Vec::new(),
        log_size: None,
        ..news
    }
}

/// Every key that one of these contacts ever had, and these keys themselves, with what they mean now.
pub(crate) const MEANINGS: &str = "with touched (key) as (\
    select a.key from alias a where a.contact_id in (select unhex(r.value ->> 'id') from jsonb_each($1) as r) \
    union select r.value ->> 'k' from jsonb_each($2) as r) \
    select t.key, c.standing from touched t left join alias a on a.key = t.key and a.until_ms is null \
    left join contact c on c.id = a.contact_id";

pub(crate) fn meaning((key, standing): (String, Option<String>)) -> Result<Meaning, StoreError> {
    let standing = standing.as_deref().map(codec::standing).transpose()?;
    Ok((key, standing))
}

pub(crate) fn contact_list<'a>(contacts: impl Iterator<Item = &'a ContactId>) -> List {
    List::of(contacts.map(|id| json!({ "id": hex(id.get()) })))
}

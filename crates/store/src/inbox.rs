//! What came in: raw bodies, what was seen before, and what could not be understood.

use consent::{id::ContactId, time::Timestamp};
use serde_json::json;
use uuid::Uuid;

use crate::{
    codec,
    error::StoreError,
    list::{List, before, clean, hex, hex_of, last_of_each},
    pool::{Store, Tx, on_pool, on_tx},
};

/// A part of a signed body that could not be understood.
#[derive(Debug, Clone)]
pub struct QuarantineLine {
    /// Its id.
    pub id: Uuid,
    /// When it came.
    pub received: Timestamp,
    /// SHA-256 of the whole body.
    pub sha256: Vec<u8>,
    /// Where in the body it stood.
    pub path: String,
    /// Why it was not understood.
    pub reason: String,
    /// The part, sealed.
    pub sealed: Vec<u8>,
    /// `open` or `done`.
    pub state: String,
    /// When it was last tried again.
    pub retried: Option<Timestamp>,
}

/// A raw body to be kept.
#[derive(Debug, Clone)]
pub struct RawBody {
    /// SHA-256 of it.
    pub sha256: [u8; 32],
    /// The body, sealed.
    pub sealed: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct QuarantineRow {
    id: Vec<u8>,
    received_ms: i64,
    sha256: Vec<u8>,
    path: String,
    reason: String,
    sealed: Vec<u8>,
    state: String,
    retried_ms: Option<i64>,
}

impl Store {
    /// What is in quarantine, newest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn quarantine(
        &self,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<QuarantineLine>, StoreError> {
        let sql = "select id, received_ms, sha256, path, reason, sealed, state, retried_ms from quarantine \
                   where id < $1 order by id desc limit $2";
        let rows: Vec<QuarantineRow> = on_pool!(self, pool => sqlx::query_as(sql).bind(before(after)).bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter().map(QuarantineLine::try_from).collect()
    }

    /// One thing in quarantine.
    ///
    /// # Errors
    /// When the database does not answer or the row makes no sense.
    pub async fn quarantined(&self, id: Uuid) -> Result<Option<QuarantineLine>, StoreError> {
        let sql = "select id, received_ms, sha256, path, reason, sealed, state, retried_ms from quarantine where id = $1";
        let id = id.as_bytes().to_vec();
        let row: Option<QuarantineRow> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(id).fetch_optional(pool).await?);
        row.map(QuarantineLine::try_from).transpose()
    }

    /// How much is in quarantine and not yet understood.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_quarantine(&self) -> Result<i64, StoreError> {
        let sql = "select count(*) from quarantine where state = 'open'";
        Ok(on_pool!(self, pool => sqlx::query_scalar(sql).fetch_one(pool).await?))
    }

    /// Whether a body was kept before.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn has_webhook(&self, sha256: &[u8]) -> Result<bool, StoreError> {
        let sql = "select count(*) from webhook where sha256 = $1";
        let count: i64 =
            on_pool!(self, pool => sqlx::query_scalar(sql).bind(sha256).fetch_one(pool).await?);
        Ok(count > 0)
    }
}

impl Tx {
    /// Keeps raw bodies, each under its hash; gives the hashes of those that are new.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn keep_webhooks(
        &mut self,
        bodies: &[RawBody],
        at: Timestamp,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let sql = "insert into webhook (sha256, received_ms, sealed) select unhex(r.value ->> 'h'), $2, unhex(r.value ->> 'x') \
                   from jsonb_each($1) as r where true on conflict (sha256) do nothing returning sha256";
        // In one order for everybody, so that two nodes with the same bodies do not wait for each other.
        let mut bodies = last_of_each(bodies, |body| body.sha256);
        bodies.sort_by_key(|body| body.sha256);
        let list = List::of(
            bodies
                .iter()
                .map(|body| json!({ "h": hex_of(body.sha256), "x": hex_of(&body.sealed) })),
        );
        let rows: Vec<(Vec<u8>,)> = on_tx!(self, conn => sqlx::query_as(sql)
            .bind(list.text()).bind(at.millis()).fetch_all(conn).await?);
        Ok(rows.into_iter().map(|(sha256,)| sha256).collect())
    }

    /// Notes whom raw bodies speak of, so that an erasure finds them.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn note_persons(
        &mut self,
        persons: &[([u8; 32], ContactId)],
    ) -> Result<(), StoreError> {
        if persons.is_empty() {
            return Ok(());
        }
        let sql = "insert into webhook_person (contact_id, sha256) select unhex(r.value ->> 'id'), unhex(r.value ->> 'h') \
                   from jsonb_each($1) as r where true on conflict (contact_id, sha256) do nothing";
        let list = List::of(
            persons
                .iter()
                .map(|(sha256, id)| json!({ "id": hex(id.get()), "h": hex_of(sha256) })),
        );
        self.later(sql, vec![list.into()]).await?;
        Ok(())
    }

    /// Notes keys as seen; gives those that were not seen before.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn see(
        &mut self,
        keys: &[[u8; 32]],
        at: Timestamp,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let sql = "insert into seen (key, at_ms) select distinct unhex(r.value ->> 'k'), $2 from jsonb_each($1) as r \
                   where true on conflict (key) do nothing returning key";
        // PostgreSQL wants to know that the parameter is a bigint, in a select list: it is bound as one.
        let list = List::of(keys.iter().map(|key| json!({ "k": hex_of(key) })));
        let rows: Vec<(Vec<u8>,)> = on_tx!(self, conn => sqlx::query_as(sql).bind(list.text()).bind(at.millis()).fetch_all(conn).await?);
        Ok(rows.into_iter().map(|(key,)| key).collect())
    }

    /// Puts something in quarantine.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn quarantine(&mut self, lines: &[QuarantineLine]) -> Result<(), StoreError> {
        let sql = "insert into quarantine (id, received_ms, sha256, path, reason, sealed, state) \
                   select unhex(r.value ->> 'id'), cast(r.value ->> 'at' as bigint), unhex(r.value ->> 'h'), \
                   r.value ->> 'p', r.value ->> 'why', unhex(r.value ->> 'x'), 'open' from jsonb_each($1) as r";
        let list = List::of(lines.iter().map(|line| {
            json!({ "id": hex(line.id), "at": line.received.millis(), "h": hex_of(&line.sha256), "p": line.path,
                    "why": line.reason, "x": hex_of(&line.sealed) })
        }));
        self.later(sql, vec![list.into()]).await?;
        Ok(())
    }

    /// Notes how another try went.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn retried(
        &mut self,
        id: Uuid,
        state: &str,
        reason: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "update quarantine set state = $2, reason = $3, retried_ms = $4 where id = $1";
        let id = id.as_bytes().to_vec();
        on_tx!(self, conn => {
            sqlx::query(sql).bind(id).bind(clean(state)).bind(clean(reason)).bind(at.millis()).execute(conn).await?;
        });
        Ok(())
    }

    /// Destroys raw bodies that are older than `before`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget_webhooks(&mut self, before: Timestamp) -> Result<u64, StoreError> {
        let persons = "delete from webhook_person where sha256 in (select sha256 from webhook where received_ms < $1)";
        on_tx!(self, conn => { sqlx::query(persons).bind(before.millis()).execute(conn).await?; });
        let sql = "delete from webhook where received_ms < $1";
        Ok(
            on_tx!(self, conn => sqlx::query(sql).bind(before.millis()).execute(conn).await?.rows_affected()),
        )
    }
}

impl TryFrom<QuarantineRow> for QuarantineLine {
    type Error = StoreError;

    fn try_from(row: QuarantineRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: codec::uuid(&row.id)?,
            received: Timestamp::from_millis(row.received_ms),
            sha256: row.sha256,
            path: row.path,
            reason: row.reason,
            sealed: row.sealed,
            state: row.state,
            retried: row.retried_ms.map(Timestamp::from_millis),
        })
    }
}

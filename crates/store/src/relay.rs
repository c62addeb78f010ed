//! Webhooks on their way to the app behind us, in order for each sender.

use consent::time::Timestamp;
use serde_json::json;
use uuid::Uuid;

use crate::{
    codec,
    error::StoreError,
    list::{List, hex, hex_of},
    pool::{Store, Tx, on_pool, on_tx},
};

/// A body to hand on.
#[derive(Debug, Clone)]
pub struct RelayLine {
    /// Its id; time-ordered.
    pub id: Uuid,
    /// Whose messages it carries: bodies of one sender stay in order.
    pub sender: String,
    /// The body, sealed.
    pub sealed: Vec<u8>,
    /// The signature header to send with it.
    pub signature: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When it came.
    pub created: Timestamp,
}

/// How many of the oldest bodies are looked through for those that are first in their line: of a long queue for an
/// app that is down, each look would else read all of it.
const WINDOW: i64 = 10_000;

type RelayRow = (Vec<u8>, String, Vec<u8>, String, i64, i64);

impl Store {
    /// Bodies that are due, at most one a sender: the oldest. A sender whose oldest is not due waits. Only the oldest
    /// 10,000 due bodies are looked through.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn due_relays(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<RelayLine>, StoreError> {
        let sql = "select r.id, r.sender, r.sealed, r.signature, r.attempts, r.created_ms from \
                   (select * from relay where due_ms <= $1 order by id limit $3) as r where not exists (select 1 from relay o where o.sender = r.sender and o.id < r.id) \
                   order by r.id limit $2";
        let rows: Vec<RelayRow> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(now.millis()).bind(i64::from(limit)).bind(WINDOW).fetch_all(pool).await?);
        rows.into_iter().map(read).collect()
    }

    /// How many bodies wait.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_relays(&self) -> Result<i64, StoreError> {
        let sql = "select count(*) from relay";
        Ok(on_pool!(self, pool => sqlx::query_scalar(sql).fetch_one(pool).await?))
    }
}

impl Tx {
    /// Puts bodies in line.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn enqueue_relays(&mut self, lines: &[RelayLine]) -> Result<(), StoreError> {
        let sql = "insert into relay (id, sender, sealed, signature, attempts, due_ms, created_ms) \
                   select unhex(r.value ->> 'id'), r.value ->> 's', unhex(r.value ->> 'b'), r.value ->> 'h', 0, \
                   cast(r.value ->> 'at' as bigint), cast(r.value ->> 'at' as bigint) from jsonb_each($1) as r";
        let list = List::of(lines.iter().map(|line| {
            json!({ "id": hex(line.id), "s": line.sender, "b": hex_of(&line.sealed), "h": line.signature,
                    "at": line.created.millis() })
        }));
        on_tx!(self, conn => { sqlx::query(sql).bind(list.text()).execute(conn).await?; });
        Ok(())
    }

    /// Takes delivered (or given up) bodies out of the line.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn end_relays(&mut self, ids: &[Uuid]) -> Result<(), StoreError> {
        let sql = "delete from relay where id in (select unhex(r.value ->> 'id') from jsonb_each($1) as r)";
        let list = List::of(ids.iter().map(|id| json!({ "id": hex(*id) })));
        on_tx!(self, conn => { sqlx::query(sql).bind(list.text()).execute(conn).await?; });
        Ok(())
    }

    /// Puts a body off.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn put_off_relay(&mut self, id: Uuid, until: Timestamp) -> Result<(), StoreError> {
        let sql = "update relay set attempts = attempts + 1, due_ms = $2 where id = $1";
        let id = id.as_bytes().to_vec();
        on_tx!(self, conn => { sqlx::query(sql).bind(id).bind(until.millis()).execute(conn).await?; });
        Ok(())
    }
}

fn read(
    (id, sender, sealed, signature, attempts, created): RelayRow,
) -> Result<RelayLine, StoreError> {
    let created = Timestamp::from_millis(created);
    Ok(RelayLine {
        id: codec::uuid(&id)?,
        sender,
        sealed,
        signature,
        attempts,
        created,
    })
}

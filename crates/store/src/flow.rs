//! What the business set about its flows, and when somebody was last nudged.

use consent::{id::ContactId, time::Timestamp};
use serde_json::json;

use crate::{
    codec,
    error::StoreError,
    list::{List, clean, hex},
    pool::{Store, Tx, on_pool, on_tx},
};

/// A version of the settings, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowLine {
    /// The version.
    pub version: i64,
    /// The settings, as the API writes them.
    pub body: String,
    /// From when.
    pub at: Timestamp,
}

impl Store {
    /// The version of the settings in force; 0 when none were ever written.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn flow_version(&self) -> Result<i64, StoreError> {
        let sql = "select coalesce(max(version), 0) from flow_setting";
        Ok(on_pool!(self, pool => sqlx::query_scalar(sql).fetch_one(pool).await?))
    }

    /// The settings in force, if any were ever written.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn flow_setting(&self) -> Result<Option<FlowLine>, StoreError> {
        let sql = "select version, body, at_ms from flow_setting order by version desc limit 1";
        let row: Option<(i64, String, i64)> =
            on_pool!(self, pool => sqlx::query_as(sql).fetch_optional(pool).await?);
        Ok(row.map(|(version, body, at)| FlowLine {
            version,
            body,
            at: Timestamp::from_millis(at),
        }))
    }

    /// When somebody last got a nudge of a kind.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn nudged(
        &self,
        contact: ContactId,
        kind: &str,
    ) -> Result<Option<Timestamp>, StoreError> {
        let sql = "select at_ms from nudge where contact_id = $1 and kind = $2";
        let id = contact.get().as_bytes().to_vec();
        let at: Option<i64> = on_pool!(self, pool => sqlx::query_scalar(sql)
            .bind(id).bind(clean(kind)).fetch_optional(pool).await?);
        Ok(at.map(Timestamp::from_millis))
    }

    /// People who agreed to something and got no nudge of a kind since, with one of their addresses; whoever became
    /// known after `since` is not among them.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn unnudged(
        &self,
        kind: &str,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<(ContactId, String)>, StoreError> {
        let sql = "select c.id, min(a.value) from contact c \
                   join alias a on a.contact_id = c.id and a.until_ms is null and a.kind in ('phone', 'bsuid') \
                   left join nudge n on n.contact_id = c.id and n.kind = $1 \
                   where c.consent = 'opted_in' and c.erased_ms is null and c.created_ms < $2 \
                   and (n.at_ms is null or n.at_ms < $2) group by c.id order by c.id limit $3";
        let rows: Vec<(Vec<u8>, String)> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(clean(kind)).bind(since.millis()).bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter()
            .map(|(id, key)| Ok((ContactId::new(codec::uuid(&id)?), key)))
            .collect()
    }
}

impl Tx {
    /// Writes the next version of the settings.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when that version is there already.
    pub async fn set_flow(&mut self, line: &FlowLine) -> Result<(), StoreError> {
        let sql = "insert into flow_setting (version, body, at_ms) values ($1, $2, $3)";
        on_tx!(self, conn => {
            sqlx::query(sql).bind(line.version).bind(clean(&line.body)).bind(line.at.millis()).execute(conn).await?;
        });
        Ok(())
    }

    /// Notes that people got a nudge, once for each: gives those who had none since `since`.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn nudge(
        &mut self,
        contacts: &[ContactId],
        kind: &str,
        (since, now): (Timestamp, Timestamp),
    ) -> Result<Vec<ContactId>, StoreError> {
        let sql = "insert into nudge (contact_id, kind, at_ms) select unhex(r.value ->> 'c'), r.value ->> 'k', \
                   cast(r.value ->> 'at' as bigint) from jsonb_each($1) as r where true \
                   on conflict (contact_id, kind) do update set at_ms = excluded.at_ms where nudge.at_ms < $2 \
                   returning contact_id";
        let list = List::of(
            contacts
                .iter()
                .map(|contact| json!({ "c": hex(contact.get()), "k": kind, "at": now.millis() })),
        );
        let rows: Vec<(Vec<u8>,)> = on_tx!(self, conn => sqlx::query_as(sql)
            .bind(list.text()).bind(since.millis()).fetch_all(conn).await?);
        rows.into_iter()
            .map(|(id,)| Ok(ContactId::new(codec::uuid(&id)?)))
            .collect()
    }

    /// Takes back a nudge that was noted at that time and never went out.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take_nudge_back(
        &mut self,
        contact: ContactId,
        kind: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "delete from nudge where contact_id = $1 and kind = $2 and at_ms = $3";
        let id = contact.get().as_bytes().to_vec();
        on_tx!(self, conn => {
            sqlx::query(sql).bind(id).bind(clean(kind)).bind(at.millis()).execute(conn).await?;
        });
        Ok(())
    }

    /// Moves the nudges of a contact to whoever the contact was found to be; of each kind the newest stays.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn move_nudges(&mut self, from: ContactId, to: ContactId) -> Result<(), StoreError> {
        let copy = "insert into nudge (contact_id, kind, at_ms) select $2, o.kind, o.at_ms from nudge o where o.contact_id = $1 \
                    on conflict (contact_id, kind) do update set at_ms = excluded.at_ms where nudge.at_ms < excluded.at_ms";
        let leave = "delete from nudge where contact_id = $1";
        let (from, to) = (from.get().as_bytes().to_vec(), to.get().as_bytes().to_vec());
        on_tx!(self, conn => { sqlx::query(copy).bind(&from).bind(to).execute(conn).await?; });
        on_tx!(self, conn => { sqlx::query(leave).bind(&from).execute(conn).await?; });
        Ok(())
    }
}

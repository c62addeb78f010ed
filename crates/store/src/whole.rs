//! Reading everything once, page by page: for proving that the rows are what the log says.

use consent::{
    id::{AttemptId, ContactId, EventId},
    time::Timestamp,
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    codec,
    contact::Person,
    error::StoreError,
    event::{EventLine, EventRow},
    house::PolicyLine,
    list::{List, hex},
    pool::{Store, on_pool},
};

/// How many rows the log has, all counted at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// The size that the head says.
    pub head: i64,
    /// Entries.
    pub entries: i64,
    /// Events.
    pub events: i64,
    /// Events that have an entry with their very leaf and contact.
    pub matched: i64,
    /// Leaves that wait for a number.
    pub pending: i64,
    /// Those of them that are an event's very leaf and contact.
    pub waiting: i64,
}

/// A contact, as far as the log vouches for it.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Who, with their standing.
    pub person: Person,
    /// `opted_in`, `opted_out`, `pending` or `none`.
    pub consent: String,
    /// `open` or `stopped`.
    pub platform: String,
    /// When last changed.
    pub changed: Timestamp,
    /// When erased, if they were.
    pub erased: Option<Timestamp>,
    /// Whether the standing is written just as we write it.
    pub faithful: bool,
    /// Whether the asked tag is on them.
    pub tagged: bool,
}

#[derive(sqlx::FromRow)]
struct KeptRow {
    id: Vec<u8>,
    standing: String,
    version: i64,
    sealing_key: Option<Vec<u8>>,
    consent: String,
    platform: String,
    changed_ms: i64,
    erased_ms: Option<i64>,
    tagged: i64,
}

impl Store {
    /// Counts the log's rows.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tally(&self) -> Result<Tally, StoreError> {
        let sql = "select (select max(size) from log_head), (select count(*) from log_entry), \
                   (select count(*) from event), \
                   (select count(*) from event e join log_entry l on l.event_id = e.id and l.leaf = e.leaf \
                    and l.contact_id = e.contact_id), \
                   (select count(*) from log_pending), \
                   (select count(*) from event e join log_pending p on p.event_id = e.id and p.leaf = e.leaf \
                    and p.contact_id = e.contact_id)";
        let (head, entries, events, matched, pending, waiting) = on_pool!(self, pool => sqlx::query_as::<_, (i64, i64, i64, i64, i64, i64)>(sql).fetch_one(pool).await?);
        Ok(Tally {
            head,
            entries,
            events,
            matched,
            pending,
            waiting,
        })
    }

    /// Some events that have neither an entry nor a place in the queue with their very leaf and contact.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn unlogged_events(&self, limit: u32) -> Result<Vec<Vec<u8>>, StoreError> {
        let sql = "select e.id from event e where not exists (select 1 from log_entry l \
                   where l.event_id = e.id and l.leaf = e.leaf and l.contact_id = e.contact_id) \
                   and not exists (select 1 from log_pending p \
                   where p.event_id = e.id and p.leaf = e.leaf and p.contact_id = e.contact_id) limit $1";
        Ok(
            on_pool!(self, pool => sqlx::query_scalar(sql).bind(i64::from(limit)).fetch_all(pool).await?),
        )
    }

    /// Some entries that no event has as its leaf and contact.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn eventless_entries(&self, limit: u32) -> Result<Vec<i64>, StoreError> {
        let sql = "select l.log_index from log_entry l where not exists (select 1 from event e \
                   where e.id = l.event_id and e.leaf = l.leaf and e.contact_id = l.contact_id) \
                   order by l.log_index limit $1";
        Ok(
            on_pool!(self, pool => sqlx::query_scalar(sql).bind(i64::from(limit)).fetch_all(pool).await?),
        )
    }

    /// Some contacts that events speak of and that there is no row of; the house is none.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn missing_contacts(&self, limit: u32) -> Result<Vec<ContactId>, StoreError> {
        let sql = "select distinct e.contact_id from event e where e.contact_id <> $1 \
                   and not exists (select 1 from contact c where c.id = e.contact_id) limit $2";
        let house = ContactId::HOUSE.get().as_bytes().to_vec();
        let rows: Vec<(Vec<u8>,)> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(house).bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter()
            .map(|(id,)| Ok(ContactId::new(codec::uuid(&id)?)))
            .collect()
    }

    /// Contacts after one, in order, and whether they have a tag.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn kept(
        &self,
        after: Option<ContactId>,
        tag: &str,
        limit: u32,
    ) -> Result<Vec<Kept>, StoreError> {
        let sql = "select c.id, c.standing, c.version, c.sealing_key, c.consent, c.platform, c.changed_ms, \
                   c.erased_ms, (select count(*) from tag t where t.contact_id = c.id and t.tag = $2) as tagged \
                   from contact c where c.id > $1 order by c.id limit $3";
        let after = after.map_or(Vec::new(), |id| id.get().as_bytes().to_vec());
        let rows: Vec<KeptRow> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(after).bind(tag).bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter().map(Kept::try_from).collect()
    }

    /// The histories of some contacts, each oldest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn histories(&self, contacts: &[ContactId]) -> Result<Vec<EventLine>, StoreError> {
        let sql = "select e.id, e.contact_id, e.kind, e.argument, e.clock, e.at_ms, e.received_ms, e.source, \
                   e.leaf, d.sealed, l.log_index from event e \
                   left join event_detail d on d.contact_id = e.contact_id and d.event_id = e.id \
                   left join log_entry l on l.event_id = e.id \
                   where e.contact_id in (select unhex(r.value ->> 'id') from jsonb_each($1) as r) \
                   order by e.contact_id, e.id";
        let list = List::of(contacts.iter().map(|id| json!({ "id": hex(id.get()) })));
        let rows: Vec<EventRow> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(list.text()).fetch_all(pool).await?);
        rows.into_iter().map(EventLine::try_from).collect()
    }

    /// A page of one contact's history, oldest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn history_page(
        &self,
        contact: ContactId,
        after: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<EventLine>, StoreError> {
        let sql = "select e.id, e.contact_id, e.kind, e.argument, e.clock, e.at_ms, e.received_ms, e.source, \
                   e.leaf, d.sealed, l.log_index from event e \
                   left join event_detail d on d.contact_id = e.contact_id and d.event_id = e.id \
                   left join log_entry l on l.event_id = e.id \
                   where e.contact_id = $1 and e.id > $2 order by e.id limit $3";
        let id = contact.get().as_bytes().to_vec();
        let after = after.map_or(Vec::new(), |id| id.get().as_bytes().to_vec());
        let rows: Vec<EventRow> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(id).bind(after).bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter().map(EventLine::try_from).collect()
    }

    /// Every version of the policy, oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn policies(&self) -> Result<Vec<PolicyLine>, StoreError> {
        let sql = "select version, body, at_ms from policy order by version";
        let rows: Vec<(i64, String, i64)> =
            on_pool!(self, pool => sqlx::query_as(sql).fetch_all(pool).await?);
        let line = |(version, body, at_ms)| PolicyLine {
            version,
            body,
            at: Timestamp::from_millis(at_ms),
        };
        Ok(rows.into_iter().map(line).collect())
    }

    /// Which batch of the log speaks of each of these attempts; those without one are left out.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn batches_of(
        &self,
        attempts: &[AttemptId],
    ) -> Result<Vec<(AttemptId, Uuid)>, StoreError> {
        let sql = "select m.id, m.batch_id from message m where m.batch_id is not null \
                   and m.id in (select unhex(r.value ->> 'id') from jsonb_each($1) as r)";
        let list = List::of(attempts.iter().map(|id| json!({ "id": hex(id.get()) })));
        let rows: Vec<(Vec<u8>, Vec<u8>)> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(list.text()).fetch_all(pool).await?);
        rows.into_iter()
            .map(|(id, batch)| Ok((AttemptId::new(codec::uuid(&id)?), codec::uuid(&batch)?)))
            .collect()
    }

    /// How many reservations say that a batch speaks of them.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_sealed(&self) -> Result<i64, StoreError> {
        let sql = "select count(*) from message where batch_id is not null";
        Ok(on_pool!(self, pool => sqlx::query_scalar(sql).fetch_one(pool).await?))
    }
}

impl TryFrom<KeptRow> for Kept {
    type Error = StoreError;

    fn try_from(row: KeptRow) -> Result<Self, StoreError> {
        let standing = codec::standing(&row.standing)?;
        Ok(Self {
            faithful: codec::standing_text(&standing) == row.standing,
            person: Person {
                id: ContactId::new(codec::uuid(&row.id)?),
                standing,
                version: row.version,
                sealing_key: row.sealing_key,
                name: None,
            },
            consent: row.consent,
            platform: row.platform,
            changed: Timestamp::from_millis(row.changed_ms),
            erased: row.erased_ms.map(Timestamp::from_millis),
            tagged: row.tagged > 0,
        })
    }
}

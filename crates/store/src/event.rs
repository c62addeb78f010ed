//! Events: what happened, never changed; and their sealed details, which an erasure destroys.

mod page;

use std::collections::BTreeMap;

use consent::{
    event::{Clock, Event, Evidence, Fact},
    id::{ContactId, EventId},
    time::Timestamp,
};
use serde_json::json;

use crate::{
    codec,
    error::StoreError,
    later::Arg,
    list::{List, hex, hex_of},
    pool::{Store, Tx, on_pool, on_tx},
};

/// An event to be kept.
#[derive(Debug)]
pub struct NewEvent<'a> {
    /// The event.
    pub event: &'a Event,
    /// Its leaf in the log.
    pub leaf: &'a [u8],
    /// Salts and facts, sealed under the person's key.
    pub sealed: Vec<u8>,
}

/// An event as it was kept.
#[derive(Debug, Clone)]
pub struct EventLine {
    /// Its id.
    pub id: EventId,
    /// Whom it is about.
    pub contact: ContactId,
    /// Its kind.
    pub kind: String,
    /// What it says beside its kind, as it was written.
    pub argument: String,
    /// What happened; none for facts whose substance is sealed.
    pub fact: Option<Fact>,
    /// Whose clock dated it.
    pub clock: Clock,
    /// From when it counts.
    pub at: Timestamp,
    /// When we learned of it.
    pub received: Timestamp,
    /// Where it came from.
    pub source: String,
    /// Its leaf.
    pub leaf: Vec<u8>,
    /// Salts and facts, sealed; none once erased.
    pub sealed: Option<Vec<u8>>,
    /// Its place in the log; none until numbered.
    pub log_index: Option<i64>,
}

impl EventLine {
    /// The event as the fold needs it.
    #[must_use]
    pub fn event(&self) -> Option<Event> {
        Some(Event {
            id: self.id,
            contact: self.contact,
            fact: self.fact.clone()?,
            clock: self.clock,
            at: self.at,
            received: self.received,
            evidence: Evidence {
                source: self.source.clone(),
                ..Evidence::default()
            },
        })
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct EventRow {
    id: Vec<u8>,
    contact_id: Vec<u8>,
    kind: String,
    argument: String,
    clock: String,
    at_ms: i64,
    received_ms: i64,
    source: String,
    leaf: Vec<u8>,
    sealed: Option<Vec<u8>>,
    log_index: Option<i64>,
}

const OF_CONTACT: &str = "select e.id, e.contact_id, e.kind, e.argument, e.clock, e.at_ms, e.received_ms, e.source, \
    e.leaf, d.sealed, l.log_index from event e \
    left join event_detail d on d.contact_id = e.contact_id and d.event_id = e.id \
    left join log_entry l on l.event_id = e.id where e.contact_id = $1 order by e.id";

impl Store {
    /// The history of one contact, oldest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn history(&self, contact: ContactId) -> Result<Vec<EventLine>, StoreError> {
        let id = contact.get().as_bytes().to_vec();
        let rows: Vec<EventRow> =
            on_pool!(self, pool => sqlx::query_as(OF_CONTACT).bind(id).fetch_all(pool).await?);
        rows.into_iter().map(EventLine::try_from).collect()
    }

    /// One event.
    ///
    /// # Errors
    /// When the database does not answer or the row makes no sense.
    pub async fn event(&self, event: EventId) -> Result<Option<EventLine>, StoreError> {
        let sql = "select e.id, e.contact_id, e.kind, e.argument, e.clock, e.at_ms, e.received_ms, e.source, \
                   e.leaf, d.sealed, l.log_index from event e \
                   left join event_detail d on d.contact_id = e.contact_id and d.event_id = e.id \
                   left join log_entry l on l.event_id = e.id where e.id = $1";
        let id = event.get().as_bytes().to_vec();
        let row: Option<EventRow> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(id).fetch_optional(pool).await?);
        row.map(EventLine::try_from).transpose()
    }
}

impl Store {
    /// Where each of these events came from. Unknown ones are left out.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn sources_of(
        &self,
        events: &[EventId],
    ) -> Result<BTreeMap<EventId, String>, StoreError> {
        let sql = "select id, source from event where id in (select unhex(r.value ->> 'id') from jsonb_each($1) as r)";
        let list = List::of(events.iter().map(|id| json!({ "id": hex(id.get()) })));
        let rows: Vec<(Vec<u8>, String)> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(list.text()).fetch_all(pool).await?);
        rows.into_iter()
            .map(|(id, source)| Ok((EventId::new(codec::uuid(&id)?), source)))
            .collect()
    }
}

impl Tx {
    /// Keeps events, in three statements whatever their number; their leaves wait to be numbered.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn append(&mut self, events: &[NewEvent<'_>]) -> Result<(), StoreError> {
        if events.is_empty() {
            return Ok(());
        }
        let list = List::of(events.iter().map(|new| {
            let event = new.event;
            json!({
                "c": hex(event.contact.get()), "id": hex(event.id.get()), "k": event.fact.kind(),
                "a": codec::argument(&event.fact), "d": event.clock.word(), "at": event.at.millis(),
                "r": event.received.millis(), "s": event.evidence.source, "l": hex_of(new.leaf),
                "x": hex_of(&new.sealed),
            })
        }));
        let statements = [
            "insert into event (contact_id, id, kind, argument, clock, at_ms, received_ms, source, leaf) \
             select unhex(r.value ->> 'c'), unhex(r.value ->> 'id'), r.value ->> 'k', r.value ->> 'a', r.value ->> 'd', \
             cast(r.value ->> 'at' as bigint), cast(r.value ->> 'r' as bigint), r.value ->> 's', \
             unhex(r.value ->> 'l') from jsonb_each($1) as r",
            "insert into event_detail (contact_id, event_id, sealed) \
             select unhex(r.value ->> 'c'), unhex(r.value ->> 'id'), unhex(r.value ->> 'x') from jsonb_each($1) as r",
            "insert into log_pending (event_id, contact_id, leaf) \
             select unhex(r.value ->> 'id'), unhex(r.value ->> 'c'), unhex(r.value ->> 'l') from jsonb_each($1) as r",
        ];
        for sql in statements {
            let list = Arg::Text(list.text().to_owned());
            self.later(sql, vec![list]).await?;
        }
        Ok(())
    }

    /// The history of one contact, as this transaction sees it.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn history(&mut self, contact: ContactId) -> Result<Vec<EventLine>, StoreError> {
        let id = contact.get().as_bytes().to_vec();
        let rows: Vec<EventRow> =
            on_tx!(self, conn => sqlx::query_as(OF_CONTACT).bind(id).fetch_all(conn).await?);
        rows.into_iter().map(EventLine::try_from).collect()
    }

    /// The leaf of the newest event of each of these contacts: what the next one links to.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn last_leaves(
        &mut self,
        contacts: &[ContactId],
    ) -> Result<Vec<(ContactId, Vec<u8>)>, StoreError> {
        let sql = "select e.contact_id, e.leaf from event e where e.contact_id in \
                   (select unhex(r.value ->> 'id') from jsonb_each($1) as r) and e.id = \
                   (select n.id from event n where n.contact_id = e.contact_id order by n.id desc limit 1)";
        let list = List::of(contacts.iter().map(|id| json!({ "id": hex(id.get()) })));
        let rows: Vec<(Vec<u8>, Vec<u8>)> =
            on_tx!(self, conn => sqlx::query_as(sql).bind(list.text()).fetch_all(conn).await?);
        rows.into_iter()
            .map(|(id, leaf)| Ok((ContactId::new(codec::uuid(&id)?), leaf)))
            .collect()
    }
}

impl TryFrom<EventRow> for EventLine {
    type Error = StoreError;

    fn try_from(row: EventRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: EventId::new(codec::uuid(&row.id)?),
            contact: ContactId::new(codec::uuid(&row.contact_id)?),
            fact: codec::fact(&row.kind, &row.argument)?,
            kind: row.kind,
            argument: row.argument,
            clock: codec::clock(&row.clock)?,
            at: Timestamp::from_millis(row.at_ms),
            received: Timestamp::from_millis(row.received_ms),
            source: row.source,
            leaf: row.leaf,
            sealed: row.sealed,
            log_index: row.log_index,
        })
    }
}

//! What waits for a person to read and decide.

use consent::{
    id::{ContactId, EventId},
    time::Timestamp,
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    codec,
    error::StoreError,
    list::{List, before, clean, hex, hex_of, maybe_hex},
    pool::{Store, Tx, on_pool, on_tx},
};

/// A message that a person has to read, or has read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewLine {
    /// Whose message.
    pub contact: ContactId,
    /// Its id; time-ordered, one for each message.
    pub id: Uuid,
    /// Why it is here.
    pub kind: String,
    /// The number that was written to.
    pub number: String,
    /// Meta's id of the message.
    pub message: Option<String>,
    /// The rule that matched.
    pub rule: String,
    /// The hold that waits with it.
    pub hold: Option<EventId>,
    /// What was recorded because of it, and may be taken back.
    pub event: Option<EventId>,
    /// The words, and what they answered, sealed.
    pub sealed: Vec<u8>,
    /// When they wrote.
    pub said: Timestamp,
    /// `open`, `acted` or `decided`.
    pub state: String,
    /// What was decided.
    pub verdict: Option<String>,
    /// By whom.
    pub decided_by: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// When.
    pub decided: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct ReviewRow {
    contact_id: Vec<u8>,
    id: Vec<u8>,
    kind: String,
    number: String,
    message: Option<String>,
    rule: String,
    hold_id: Option<Vec<u8>>,
    event_id: Option<Vec<u8>>,
    sealed: Vec<u8>,
    said_ms: i64,
    state: String,
    verdict: Option<String>,
    decided_by: Option<String>,
    reason: Option<String>,
    decided_ms: Option<i64>,
}

macro_rules! select_review {
    ($rest:literal) => {
        concat!(
            "select contact_id, id, kind, number, message, rule, hold_id, event_id, sealed, said_ms, state, verdict, ",
            "decided_by, reason, decided_ms from review ",
            $rest
        )
    };
}

impl Store {
    /// Messages in a state, the newest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn reviews(
        &self,
        state: &str,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<ReviewLine>, StoreError> {
        let sql = select_review!("where state = $1 and id < $2 order by id desc limit $3");
        let rows: Vec<ReviewRow> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(clean(state)).bind(before(after)).bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter().map(ReviewLine::try_from).collect()
    }

    /// One of them.
    ///
    /// # Errors
    /// When the database does not answer or the row makes no sense.
    pub async fn review(&self, id: Uuid) -> Result<Option<ReviewLine>, StoreError> {
        let sql = select_review!("where id = $1");
        let id = id.as_bytes().to_vec();
        let row: Option<ReviewRow> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(id).fetch_optional(pool).await?);
        row.map(ReviewLine::try_from).transpose()
    }

    /// Those of a contact, the newest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn reviews_of(
        &self,
        contact: ContactId,
        limit: u32,
    ) -> Result<Vec<ReviewLine>, StoreError> {
        let sql = select_review!("where contact_id = $1 order by id desc limit $2");
        let id = contact.get().as_bytes().to_vec();
        let rows: Vec<ReviewRow> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(id).bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter().map(ReviewLine::try_from).collect()
    }

    /// How many wait.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_reviews(&self) -> Result<i64, StoreError> {
        let sql = "select count(*) from review where state = 'open'";
        Ok(on_pool!(self, pool => sqlx::query_scalar(sql).fetch_one(pool).await?))
    }
}

impl Tx {
    /// Keeps messages for a person to read. One that is there already stays as it is.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn keep_reviews(&mut self, lines: &[ReviewLine]) -> Result<(), StoreError> {
        if lines.is_empty() {
            return Ok(());
        }
        let sql = "insert into review (contact_id, id, kind, number, message, rule, hold_id, event_id, sealed, said_ms, state, \
                   verdict, decided_by, reason, decided_ms) select unhex(r.value ->> 'c'), unhex(r.value ->> 'id'), r.value ->> 'k', r.value ->> 'n', r.value ->> 'm', \
                   r.value ->> 'rule', unhex(r.value ->> 'hold'), unhex(r.value ->> 'e'), unhex(r.value ->> 'x'), \
                   cast(r.value ->> 'said' as bigint), r.value ->> 's', r.value ->> 'v', r.value ->> 'by', r.value ->> 'why', \
                   cast(r.value ->> 'done' as bigint) from jsonb_each($1) as r where true on conflict (contact_id, id) do nothing";
        let list = List::of(lines.iter().map(|line| {
            json!({ "c": hex(line.contact.get()), "id": hex(line.id), "k": line.kind, "n": line.number,
                    "m": line.message, "rule": line.rule, "hold": maybe_hex(line.hold.map(EventId::get)),
                    "e": maybe_hex(line.event.map(EventId::get)), "x": hex_of(&line.sealed),
                    "said": line.said.millis(), "s": line.state, "v": line.verdict, "by": line.decided_by,
                    "why": line.reason, "done": line.decided.map(Timestamp::millis) })
        }));
        self.later(sql, vec![list.into()]).await?;
        Ok(())
    }

    /// The open ones of a contact, oldest first, as this transaction sees them.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn open_reviews(
        &mut self,
        contact: ContactId,
    ) -> Result<Vec<ReviewLine>, StoreError> {
        let sql = select_review!("where contact_id = $1 and state = 'open' order by id");
        let id = contact.get().as_bytes().to_vec();
        let rows: Vec<ReviewRow> =
            on_tx!(self, conn => sqlx::query_as(sql).bind(id).fetch_all(conn).await?);
        rows.into_iter().map(ReviewLine::try_from).collect()
    }

    /// Takes all of a contact away, to be kept for whoever the contact was found to be.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn take_reviews(
        &mut self,
        contact: ContactId,
    ) -> Result<Vec<ReviewLine>, StoreError> {
        let sql = "delete from review where contact_id = $1 returning contact_id, id, kind, number, message, rule, hold_id, \
                   event_id, sealed, said_ms, state, verdict, decided_by, reason, decided_ms";
        let id = contact.get().as_bytes().to_vec();
        let rows: Vec<ReviewRow> =
            on_tx!(self, conn => sqlx::query_as(sql).bind(id).fetch_all(conn).await?);
        rows.into_iter().map(ReviewLine::try_from).collect()
    }

    /// Notes a decision, if the message still stands as the caller saw it. Says whether it did.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn decide_review(
        &mut self,
        line: &ReviewLine,
        seen: &str,
    ) -> Result<bool, StoreError> {
        let sql = "update review set state = $4, verdict = $5, decided_by = $6, reason = $7, decided_ms = $8, event_id = $9 \
                   where contact_id = $1 and id = $2 and state = $3";
        let contact = line.contact.get().as_bytes().to_vec();
        let id = line.id.as_bytes().to_vec();
        let event = line.event.map(|event| event.get().as_bytes().to_vec());
        let count = on_tx!(self, conn => sqlx::query(sql).bind(contact).bind(id).bind(clean(seen))
            .bind(clean(&line.state)).bind(line.verdict.as_deref().map(clean))
            .bind(line.decided_by.as_deref().map(clean)).bind(line.reason.as_deref().map(clean))
            .bind(line.decided.map(Timestamp::millis)).bind(event)
            .execute(conn).await?.rows_affected());
        Ok(count == 1)
    }
}

impl TryFrom<ReviewRow> for ReviewLine {
    type Error = StoreError;

    fn try_from(row: ReviewRow) -> Result<Self, StoreError> {
        let event = |id: Option<Vec<u8>>| id.map(|id| codec::uuid(&id).map(EventId::new));
        Ok(Self {
            contact: ContactId::new(codec::uuid(&row.contact_id)?),
            id: codec::uuid(&row.id)?,
            kind: row.kind,
            number: row.number,
            message: row.message,
            rule: row.rule,
            hold: event(row.hold_id).transpose()?,
            event: event(row.event_id).transpose()?,
            sealed: row.sealed,
            said: Timestamp::from_millis(row.said_ms),
            state: row.state,
            verdict: row.verdict,
            decided_by: row.decided_by,
            reason: row.reason,
            decided: row.decided_ms.map(Timestamp::from_millis),
        })
    }
}

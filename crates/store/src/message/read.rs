//! Messages: what is asked about them.

use consent::{
    id::{AttemptId, ContactId},
    request::Sent,
    time::Timestamp,
};
use serde_json::json;
use sqlx::AssertSqlSafe;

use super::{
    MessageFilter, MessageLine, MessageRow, SentRow, SentToRow, select_message, sent, sent_to,
};
use crate::{
    error::StoreError,
    list::{List, before, clean_some, hex},
    pool::{Store, on_pool},
};

impl Store {
    /// A page of messages, newest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn messages(&self, filter: &MessageFilter) -> Result<Vec<MessageLine>, StoreError> {
        // Only what is asked for stands in the text: either database then finds the index for it.
        let mut sql = select_message!("where m.id < $4").to_owned();
        let number: Option<i64> = filter.code.as_deref().and_then(|code| code.parse().ok());
        let asked = [
            (filter.contact.is_some(), " and m.contact_id = $1"),
            (
                filter.code.is_some() && number.is_none(),
                " and m.code = $2",
            ),
            (number.is_some(), " and m.error_code = $6"),
            (
                filter.state.is_some() && filter.contact.is_none(),
                " and m.state = $3",
            ),
            // Of one person the primary key is the way in, and not the index of states.
            (
                filter.state.is_some() && filter.contact.is_some(),
                " and coalesce(m.state, '') = $3",
            ),
        ];
        for (_, part) in asked.iter().filter(|(asked, _)| *asked) {
            sql.push_str(part);
        }
        sql.push_str(" order by m.id desc limit $5");
        let rows: Vec<MessageRow> = on_pool!(self, pool => sqlx::query_as(AssertSqlSafe(sql))
            .bind(filter.contact.map(|id| id.get().as_bytes().to_vec()))
            .bind(clean_some(filter.code.as_deref()))
            .bind(clean_some(filter.state.as_deref()))
            .bind(before(filter.after.map(AttemptId::get)))
            .bind(i64::from(filter.limit))
            .bind(number)
            .fetch_all(pool)
            .await?);
        rows.into_iter().map(MessageLine::try_from).collect()
    }

    /// Messages by attempt id or Meta's id: those that are known.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn find_messages(
        &self,
        ids: &[AttemptId],
        wamids: &[String],
    ) -> Result<Vec<MessageLine>, StoreError> {
        // Two selects: an `or` of both would use no index in PostgreSQL.
        let sql = concat!(
            select_message!(
                "where m.id in (select unhex(r.value ->> 'id') from jsonb_each($1) as r)"
            ),
            " union ",
            select_message!("where m.wamid in (select r.value ->> 'w' from jsonb_each($2) as r)")
        );
        let ids = List::of(ids.iter().map(|id| json!({ "id": hex(id.get()) })));
        let wamids = List::of(wamids.iter().map(|wamid| json!({ "w": wamid })));
        let rows: Vec<MessageRow> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(ids.text()).bind(wamids.text()).fetch_all(pool).await?);
        rows.into_iter().map(MessageLine::try_from).collect()
    }

    /// The newest message to a person with this very body whose outcome became unknown after `since`.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn unknown_twin(
        &self,
        contact: ContactId,
        fingerprint: &[u8],
        since: Timestamp,
    ) -> Result<Option<MessageLine>, StoreError> {
        let sql = select_message!(
            "where m.contact_id = $1 and m.fingerprint = $2 and m.unknown_ms >= $3 order by m.id desc limit 1"
        );
        let row: Option<MessageRow> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(contact.get().as_bytes().to_vec()).bind(fingerprint).bind(since.millis()).fetch_optional(pool).await?);
        row.map(MessageLine::try_from).transpose()
    }

    /// Which messages were sent (or may have been) to a person since a time, oldest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn sent_since(
        &self,
        contact: ContactId,
        since: Timestamp,
    ) -> Result<Vec<Sent>, StoreError> {
        let sql = "select category, topic_id, at_ms from message where contact_id = $1 and at_ms >= $2 and direction = 'out' \
                   and state not in ('denied', 'rejected', 'failed') order by at_ms";
        let rows: Vec<SentRow> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(contact.get().as_bytes().to_vec()).bind(since.millis()).fetch_all(pool).await?);
        rows.into_iter().filter_map(sent).collect()
    }

    /// The same for everybody from one contact to another, both included, each one's oldest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn sent_between(
        &self,
        first: ContactId,
        last: ContactId,
        since: Timestamp,
    ) -> Result<Vec<(ContactId, Sent)>, StoreError> {
        let sql = "select contact_id, category, topic_id, at_ms from message where contact_id >= $1 and contact_id <= $2 \
                   and at_ms >= $3 and direction = 'out' and state not in ('denied', 'rejected', 'failed') \
                   order by contact_id, at_ms";
        let rows: Vec<SentToRow> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(first.get().as_bytes().to_vec()).bind(last.get().as_bytes().to_vec()).bind(since.millis())
            .fetch_all(pool).await?);
        rows.into_iter().filter_map(sent_to).collect()
    }

    /// Reservations of these contacts that may still start: claimed after `since`, with no outcome yet.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn live_reservations(
        &self,
        contacts: &[ContactId],
        since: Timestamp,
    ) -> Result<i64, StoreError> {
        let sql = "select count(*) from message where state = 'reserved' and at_ms >= $2 \
                   and contact_id in (select unhex(r.value ->> 'id') from jsonb_each($1) as r)";
        let list = List::of(contacts.iter().map(|id| json!({ "id": hex(id.get()) })));
        Ok(
            on_pool!(self, pool => sqlx::query_scalar(sql).bind(list.text()).bind(since.millis()).fetch_one(pool).await?),
        )
    }
}

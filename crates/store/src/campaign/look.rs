//! What a campaign that runs is watched by: cheap enough to be asked every few seconds, however many it is for.

use consent::{id::ContactId, request::Sent, time::Timestamp};
use serde_json::json;
use uuid::Uuid;

use crate::{
    codec,
    error::StoreError,
    list::{List, hex},
    message::{SentToRow, sent_to},
    pool::{Store, on_pool},
};

impl Store {
    /// When the newest turn of a campaign was taken.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn last_taken(&self, campaign: Uuid) -> Result<Option<Timestamp>, StoreError> {
        // A turn is due when it is taken, and the queue lies in that order: one look for each state, whatever the number of people.
        let sql = "select max(x.due_ms) from (\
                   select max(due_ms) as due_ms from recipient where campaign_id = $1 and state = 'sending' union all \
                   select max(due_ms) as due_ms from recipient where campaign_id = $1 and state = 'accepted' union all \
                   select max(due_ms) as due_ms from recipient where campaign_id = $1 and state = 'unknown' union all \
                   select max(due_ms) as due_ms from recipient where campaign_id = $1 and state = 'failed') as x";
        let id = campaign.as_bytes().to_vec();
        let at: Option<i64> =
            on_pool!(self, pool => sqlx::query_scalar(sql).bind(id).fetch_one(pool).await?);
        Ok(at.map(Timestamp::from_millis))
    }

    /// Whether Meta took messages of a campaign of which it has said nothing since.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn has_unanswered(&self, campaign: Uuid) -> Result<bool, StoreError> {
        let sql = "select 1 from recipient p join message m on m.contact_id = p.contact_id and m.id = p.attempt_id \
                   where p.campaign_id = $1 and p.state = 'sending' and m.state in ('reserved', 'accepted', 'sent') limit 1";
        let id = campaign.as_bytes().to_vec();
        let found: Option<i32> =
            on_pool!(self, pool => sqlx::query_scalar(sql).bind(id).fetch_optional(pool).await?);
        Ok(found.is_some())
    }

    /// Whether sends of a campaign are on their way, from any node, or were cut off and nobody has given them up yet.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn has_underway(&self, campaign: Uuid) -> Result<bool, StoreError> {
        let sql = "select 1 from recipient p join message m on m.contact_id = p.contact_id and m.id = p.attempt_id \
                   where p.campaign_id = $1 and p.state = 'sending' and m.state = 'reserved' limit 1";
        let id = campaign.as_bytes().to_vec();
        let found: Option<i32> =
            on_pool!(self, pool => sqlx::query_scalar(sql).bind(id).fetch_optional(pool).await?);
        Ok(found.is_some())
    }

    /// How many messages each number sent, or may have, in a stretch of time that are of no campaign. A message belongs to the moment in
    /// which it got its id.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sent_beside_campaigns(
        &self,
        (from, until): (Timestamp, Timestamp),
    ) -> Result<Vec<(String, i64)>, StoreError> {
        let sql = "select m.number, count(*) from message m where m.id >= $1 and m.id < $2 and m.direction = 'out' \
                   and m.basis is not null and not exists (select 1 from recipient p \
                   where p.contact_id = m.contact_id and p.attempt_id = m.id) group by m.number order by m.number";
        let [from, until] = [from, until].map(|at| codec::first_id_of(at).as_bytes().to_vec());
        Ok(
            on_pool!(self, pool => sqlx::query_as(sql).bind(from).bind(until).fetch_all(pool).await?),
        )
    }

    /// Which messages were sent (or may have been) to each of these people since a time, each one's oldest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn sent_to_since(
        &self,
        contacts: &[ContactId],
        since: Timestamp,
    ) -> Result<Vec<(ContactId, Sent)>, StoreError> {
        let sql = "select m.contact_id, m.category, m.topic_id, m.at_ms from message m \
                   where m.contact_id in (select unhex(r.value ->> 'c') from jsonb_each($1) as r) and m.at_ms >= $2 \
                   and m.direction = 'out' and m.state not in ('denied', 'rejected', 'failed') \
                   order by m.contact_id, m.at_ms";
        let list = List::of(contacts.iter().map(|id| json!({ "c": hex(id.get()) })));
        let rows: Vec<SentToRow> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(list.text()).bind(since.millis()).fetch_all(pool).await?);
        rows.into_iter().filter_map(sent_to).collect()
    }
}

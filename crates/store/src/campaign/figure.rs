//! Figures of a campaign, counted when they are asked for from its recipients and their messages: exact, and never a copy that could
//! differ. And what is known of people who are about to be written to.

use consent::{id::ContactId, time::Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::recipient;
use crate::{
    codec,
    error::{StoreError, corrupt},
    list::{List, clean, hex},
    message,
    pool::{Store, on_pool},
};

/// How many recipients stand alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// Their variant.
    pub variant: i64,
    /// What became of them.
    pub state: recipient::State,
    /// What became of the message of their last attempt; none where there is none.
    pub message: Option<message::State>,
    /// Meta's error code of that message.
    pub error_code: Option<i64>,
    /// The code of a refusal or a failure, or why they were skipped.
    pub code: Option<String>,
    /// How many.
    pub count: i64,
}

/// What a series counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// Messages that Meta took and that did not fail since, when they were decided.
    Sent,
    /// Messages that arrived, when the last news of them came.
    Delivered,
    /// Messages that were read, when the news of it came.
    Read,
    /// Messages that failed, when the news of it came.
    Failed,
    /// People who said no in time, when we first learned of it.
    OptedOut,
}

impl What {
    /// Everything that a series counts.
    pub const ALL: [Self; 5] = [
        Self::Sent,
        Self::Delivered,
        Self::Read,
        Self::Failed,
        Self::OptedOut,
    ];

    /// The word used in JSON and tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
            Self::OptedOut => "opted_out",
        }
    }
}

/// What is known of how somebody takes marketing, since a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signs {
    /// Who.
    pub contact: ContactId,
    /// Marketing that was sent to them, or may have been.
    pub sent: i64,
    /// How much of it arrived and was not read.
    pub unread: i64,
    /// How much of it was read.
    pub read: i64,
    /// How often Meta kept marketing from them for the sake of their interest (131049).
    pub capped: i64,
    /// When they last wrote; none when they did not.
    pub heard: Option<Timestamp>,
    /// When the newest marketing went that they read; none when they read none of it.
    pub seen: Option<Timestamp>,
    /// How much marketing was sent to them since they last wrote.
    pub unanswered: i64,
}

type FigureRow = (
    i64,
    String,
    Option<String>,
    Option<i64>,
    Option<String>,
    i64,
);
type SignRow = (Vec<u8>, i64, i64, i64, i64, Option<i64>, Option<i64>, i64);

/// Meta kept a marketing message from somebody: <https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes>.
const CAPPED: i64 = 131_049;

/// What a series counts of messages, and when: of `told`, which has when each was decided, when the last news of it came, and its state.
macro_rules! moments {
    () => {
        "select t.at_ms as at_ms, 'sent' as what from told t where t.state in ('accepted', 'sent', 'delivered', 'read') \
         union all select t.news_ms, 'delivered' from told t where t.state in ('delivered', 'read') \
         union all select t.news_ms, 'read' from told t where t.state = 'read' \
         union all select t.news_ms, 'failed' from told t where t.state in ('failed', 'rejected')"
    };
}

pub(super) use moments;

/// One line of a series.
pub(super) fn counted(
    (at, what, count): (i64, String, i64),
) -> Result<(Timestamp, What, i64), StoreError> {
    let found = What::ALL.into_iter().find(|one| one.word() == what);
    let what = found.ok_or_else(|| corrupt("what a series counts", what))?;
    Ok((Timestamp::from_millis(at), what, count))
}

impl Store {
    /// How many recipients stand alike, by all that tells them apart.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn figures(&self, campaign: Uuid) -> Result<Vec<Figure>, StoreError> {
        let sql = "select p.variant, p.state, m.state, m.error_code, p.code, count(*) from recipient p \
                   left join message m on m.contact_id = p.contact_id and m.id = p.attempt_id where p.campaign_id = $1 \
                   group by p.variant, p.state, m.state, m.error_code, p.code \
                   order by p.variant, p.state, m.state, m.error_code, p.code";
        let id = campaign.as_bytes().to_vec();
        let rows: Vec<FigureRow> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(id).fetch_all(pool).await?);
        let read = |row: FigureRow| {
            let message = row.2.map(|state| {
                let read = message::State::read(&state);
                read.ok_or_else(|| corrupt("state", state))
            });
            Ok(Figure {
                variant: row.0,
                state: recipient::read_state(&row.1)?,
                message: message.transpose()?,
                error_code: row.3,
                code: row.4,
                count: row.5,
            })
        };
        rows.into_iter().map(read).collect()
    }

    /// Messages by the beginning of the piece of time that they lie in, in order. [`What::Sent`] goes by when each was decided, the
    /// others by the last news of it: a message that was read arrived then at the latest, because when it arrived is not kept. Added up
    /// they are what the figures say.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn series(
        &self,
        campaign: Uuid,
        bucket_ms: i64,
    ) -> Result<Vec<(Timestamp, What, i64)>, StoreError> {
        let sql = concat!(
            "with told as materialized (select m.at_ms, coalesce(m.outcome_ms, m.at_ms) as news_ms, m.state from recipient p \
             join message m on m.contact_id = p.contact_id and m.id = p.attempt_id \
             where p.campaign_id = $1 and p.state not in ('waiting', 'denied', 'skipped')) \
             select x.at_ms / $2 * $2, x.what, count(*) from (",
            moments!(),
            ") as x group by 1, 2 order by 1, 2"
        );
        let id = campaign.as_bytes().to_vec();
        let rows: Vec<(i64, String, i64)> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(id).bind(bucket_ms.max(1)).fetch_all(pool).await?);
        rows.into_iter().map(counted).collect()
    }

    /// How many of these people got marketing since a time, or may have.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn recently_written(
        &self,
        contacts: &[ContactId],
        since: Timestamp,
    ) -> Result<i64, StoreError> {
        let sql = "select count(*) from (select unhex(r.value ->> 'c') as contact_id from jsonb_each($1) as r) as p where \
                   exists (select 1 from message m where m.contact_id = p.contact_id and m.direction = 'out' \
                   and m.basis is not null and m.at_ms >= $2 and m.category = 'marketing' \
                   and m.state not in ('denied', 'rejected', 'failed'))";
        let list = contact_list(contacts);
        Ok(on_pool!(self, pool => sqlx::query_scalar(sql)
            .bind(list.text()).bind(since.millis()).fetch_one(pool).await?))
    }

    /// How often a template was sent so far in any language, as the reports count it: the last minutes may be missing. The messages
    /// themselves have no index for this question, and one would cost each send more than the answer is worth.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sent_of_template(&self, name: &str) -> Result<i64, StoreError> {
        let sql = "select cast(coalesce(sum(count), 0) as bigint) from tally \
                   where what = 'sent' and dimension = 'template' and value = $1";
        Ok(on_pool!(self, pool => sqlx::query_scalar(sql).bind(clean(name)).fetch_one(pool).await?))
    }

    /// How these people took marketing since a time. Who got none and did not write is left out.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn signs(
        &self,
        contacts: &[ContactId],
        since: Timestamp,
    ) -> Result<Vec<Signs>, StoreError> {
        let sql = "select m.contact_id, \
                   count(case when m.direction = 'out' \
                   and m.state in ('unknown', 'accepted', 'sent', 'delivered', 'read') then 1 end), \
                   count(case when m.direction = 'out' and m.state = 'delivered' then 1 end), \
                   count(case when m.direction = 'out' and m.state = 'read' then 1 end), \
                   count(case when m.direction = 'out' and m.error_code = $3 then 1 end), \
                   max(m.heard_ms), max(case when m.direction = 'out' and m.state = 'read' then m.at_ms end), \
                   count(case when m.direction = 'out' and m.at_ms > m.heard_ms \
                   and m.state in ('unknown', 'accepted', 'sent', 'delivered', 'read') then 1 end) \
                   from (select x.contact_id, x.direction, x.state, x.error_code, x.at_ms, \
                   max(case when x.direction = 'in' then x.at_ms end) over (partition by x.contact_id) as heard_ms \
                   from message x where x.contact_id in (select unhex(r.value ->> 'c') from jsonb_each($1) as r) \
                   and x.at_ms >= $2 and x.state not in ('denied', 'reserved') \
                   and (x.direction = 'in' or x.category = 'marketing')) as m \
                   group by m.contact_id order by m.contact_id";
        let list = contact_list(contacts);
        let rows: Vec<SignRow> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(list.text()).bind(since.millis()).bind(CAPPED).fetch_all(pool).await?);
        let read = |(id, sent, unread, read, capped, heard, seen, unanswered): SignRow| {
            Ok(Signs {
                contact: ContactId::new(codec::uuid(&id)?),
                sent,
                unread,
                read,
                capped,
                heard: heard.map(Timestamp::from_millis),
                seen: seen.map(Timestamp::from_millis),
                unanswered,
            })
        };
        rows.into_iter().map(read).collect()
    }
}

fn contact_list(contacts: &[ContactId]) -> List {
    List::of(contacts.iter().map(|id| json!({ "c": hex(id.get()) })))
}

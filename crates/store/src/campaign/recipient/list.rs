//! Recipients with what became of their messages: for lists and exports.

use consent::{
    id::{AttemptId, ContactId},
    time::Timestamp,
};
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::{RecipientLine, Row, State};
use crate::{
    error::{StoreError, corrupt},
    list::clean_some,
    message,
    pool::{Store, on_pool},
};

/// Whom of a campaign to list. Empty fields ask for nothing.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// What became of them.
    pub state: Option<State>,
    /// What became of their message, at least: whoever read it has it, and to whoever has it, it was sent.
    pub message: Option<message::State>,
    /// What they did within so many milliseconds after their message was decided, by the id that it went to.
    pub did: Option<(Did, i64)>,
    /// A code of ours, or, where it is a number, Meta's error code.
    pub code: Option<String>,
    /// Which variant they get.
    pub variant: Option<i64>,
    /// The last contact of the page before.
    pub after: Option<ContactId>,
    /// How many at the most.
    pub limit: u32,
}

/// What somebody did after they got a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Did {
    /// They wrote, and did not say no.
    Replied,
    /// They said no: to us, or by WhatsApp's own switch.
    OptedOut,
}

impl Did {
    /// Reads the word used in JSON and addresses.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        match word {
            "replied" => Some(Self::Replied),
            "opted_out" => Some(Self::OptedOut),
            _ => None,
        }
    }

    /// What has to be true of a row, with the length of time as `$9`.
    const fn condition(self) -> &'static str {
        match self {
            Self::Replied => {
                " and m.state in ('unknown', 'accepted', 'sent', 'delivered', 'read') \
                 and exists (select 1 from message i where i.contact_id = p.contact_id and i.direction = 'in' \
                 and i.at_ms >= m.at_ms and i.at_ms < m.at_ms + $9) \
                 and not exists (select 1 from event e where e.contact_id = p.contact_id \
                 and e.kind in ('opt_out', 'platform_stop') and e.received_ms >= m.at_ms and e.received_ms < m.at_ms + $9)"
            }
            Self::OptedOut => {
                " and m.state in ('unknown', 'accepted', 'sent', 'delivered', 'read') \
                 and exists (select 1 from event e where e.contact_id = p.contact_id \
                 and e.kind in ('opt_out', 'platform_stop') and e.received_ms >= m.at_ms and e.received_ms < m.at_ms + $9)"
            }
        }
    }
}

/// The messages that came as far as a state, or further.
const fn reached(state: message::State) -> &'static str {
    match state {
        message::State::Sent => " and m.state in ('sent', 'delivered', 'read')",
        message::State::Delivered => " and m.state in ('delivered', 'read')",
        _ => " and m.state = $4",
    }
}

/// A recipient and the message of their last attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientRow {
    /// The recipient.
    pub line: RecipientLine,
    /// The message; none before the first attempt.
    pub sent: Option<Sent>,
}

/// What is known of the message of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Which.
    pub id: AttemptId,
    /// The business number.
    pub number: String,
    /// What became of it.
    pub state: message::State,
    /// Meta's error code.
    pub error_code: Option<i64>,
    /// What Meta said, or the sentence of a refusal.
    pub reason: Option<String>,
    /// Meta's id of it; gone with an erasure.
    pub wamid: Option<String>,
    /// When it was decided.
    pub at: Timestamp,
    /// When the last news of it came.
    pub outcome: Option<Timestamp>,
}

#[derive(FromRow)]
struct Joined {
    #[sqlx(flatten)]
    row: Row,
    m_number: Option<String>,
    m_state: Option<String>,
    m_error_code: Option<i64>,
    m_reason: Option<String>,
    m_wamid: Option<String>,
    m_at_ms: Option<i64>,
    m_outcome_ms: Option<i64>,
}

const SELECT: &str = "select p.contact_id, p.campaign_id, p.variant, p.state, p.due_ms, p.tries, p.attempt_id, p.taken_ms, \
    p.code, p.reason, p.extra, m.number as m_number, m.state as m_state, m.error_code as m_error_code, \
    m.reason as m_reason, m.wamid as m_wamid, m.at_ms as m_at_ms, m.outcome_ms as m_outcome_ms from recipient p \
    left join message m on m.contact_id = p.contact_id and m.id = p.attempt_id \
    where p.campaign_id = $1 and p.contact_id > $2";

impl Store {
    /// A page of the recipients of a campaign with the messages of their last attempts, by contact.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn recipients(
        &self,
        campaign: Uuid,
        filter: &Filter,
    ) -> Result<Vec<RecipientRow>, StoreError> {
        // Only what is asked for stands in the text. The state goes through a function, so that the index by contact is the way
        // in and no page sorts a whole campaign.
        let mut sql = SELECT.to_owned();
        let number: Option<i64> = filter.code.as_deref().and_then(|code| code.parse().ok());
        let asked = [
            (filter.state.is_some(), " and coalesce(p.state, '') = $3"),
            (filter.message.is_some(), filter.message.map_or("", reached)),
            (
                filter.did.is_some(),
                filter.did.map_or("", |(did, _)| did.condition()),
            ),
            (
                filter.code.is_some() && number.is_none(),
                " and p.code = $5",
            ),
            (number.is_some(), " and (m.error_code = $6 or p.code = $5)"),
            (filter.variant.is_some(), " and p.variant = $7"),
        ];
        for (_, part) in asked.iter().filter(|(asked, _)| *asked) {
            sql.push_str(part);
        }
        sql.push_str(" order by p.contact_id limit $8");
        let after = filter.after.map(|id| id.get().as_bytes().to_vec());
        let rows: Vec<Joined> = on_pool!(self, pool => sqlx::query_as(AssertSqlSafe(sql))
            .bind(campaign.as_bytes().to_vec())
            .bind(after.unwrap_or_default())
            .bind(filter.state.map(State::word))
            .bind(filter.message.map(message::State::word))
            .bind(clean_some(filter.code.as_deref()))
            .bind(number)
            .bind(filter.variant)
            .bind(i64::from(filter.limit))
            .bind(filter.did.map(|(_, within_ms)| within_ms))
            .fetch_all(pool)
            .await?);
        rows.into_iter().map(RecipientRow::try_from).collect()
    }
}

impl TryFrom<Joined> for RecipientRow {
    type Error = StoreError;

    fn try_from(joined: Joined) -> Result<Self, StoreError> {
        let line = RecipientLine::try_from(joined.row)?;
        let state = joined.m_state.map(|state| {
            let read = message::State::read(&state);
            read.ok_or_else(|| corrupt("state", state))
        });
        let known = line.attempt.zip(state.transpose()?).zip(joined.m_at_ms);
        let sent = known.map(|((id, state), at)| Sent {
            id,
            number: joined.m_number.unwrap_or_default(),
            state,
            error_code: joined.m_error_code,
            reason: joined.m_reason,
            wamid: joined.m_wamid,
            at: Timestamp::from_millis(at),
            outcome: joined.m_outcome_ms.map(Timestamp::from_millis),
        });
        Ok(Self { line, sent })
    }
}

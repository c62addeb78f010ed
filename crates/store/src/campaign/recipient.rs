//! Recipients: each person of a campaign, their turn, and what became of it. A person has one row in a campaign and so gets one
//! message at a time, whatever is tried again.

mod list;
mod turn;

use consent::{
    id::{AttemptId, ContactId},
    time::Timestamp,
};
use uuid::Uuid;

pub use self::{
    list::{Did, Filter, RecipientRow, Sent},
    turn::{NewRecipient, Settled, Turn},
};
use crate::{
    codec,
    error::{StoreError, corrupt},
    pool::{Store, on_pool},
};

/// What became of somebody in a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Their turn has not come, or comes again.
    Waiting,
    /// Their turn was taken: there is a reservation.
    Sending,
    /// Meta took the message. How it went on says the message.
    Accepted,
    /// The gate refused.
    Denied,
    /// Meta refused, or could not deliver it, and it is not tried again.
    Failed,
    /// Nobody knows. It is never tried again.
    Unknown,
    /// Nothing was tried: the campaign ended, they left, or they are somebody else in it.
    Skipped,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Waiting,
        Self::Sending,
        Self::Accepted,
        Self::Denied,
        Self::Failed,
        Self::Unknown,
        Self::Skipped,
    ];

    /// The word used in JSON and tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Accepted => "accepted",
            Self::Denied => "denied",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
        }
    }

    /// Reads [`State::word`].
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// A recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientLine {
    /// Who.
    pub contact: ContactId,
    /// In which campaign.
    pub campaign: Uuid,
    /// Which variant they get.
    pub variant: i64,
    /// What became of them.
    pub state: State,
    /// When their turn comes, or was last taken.
    pub due: Timestamp,
    /// How often it was tried, as the caller counts.
    pub tries: i64,
    /// The last attempt.
    pub attempt: Option<AttemptId>,
    /// When their turn was last taken.
    pub taken: Option<Timestamp>,
    /// The code of a refusal or a failure, or why they were skipped.
    pub code: Option<String>,
    /// The same in a sentence.
    pub reason: Option<String>,
    /// The variables that were given for them alone, as JSON.
    pub extra: Option<String>,
}

#[derive(sqlx::FromRow)]
pub(crate) struct Row {
    contact_id: Vec<u8>,
    campaign_id: Vec<u8>,
    variant: i64,
    state: String,
    due_ms: i64,
    tries: i64,
    attempt_id: Option<Vec<u8>>,
    taken_ms: Option<i64>,
    code: Option<String>,
    reason: Option<String>,
    extra: Option<String>,
}

macro_rules! select_recipient {
    ($rest:literal) => {
        concat!(
            "select p.contact_id, p.campaign_id, p.variant, p.state, p.due_ms, p.tries, p.attempt_id, p.taken_ms, p.code, ",
            "p.reason, p.extra from recipient p ",
            $rest
        )
    };
}

impl Store {
    /// Those whose turn has come, in the order of their turns.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn due_recipients(
        &self,
        campaign: Uuid,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<RecipientLine>, StoreError> {
        let sql = select_recipient!(
            "where p.campaign_id = $1 and p.state = 'waiting' and p.due_ms <= $2 order by p.due_ms, p.contact_id limit $3"
        );
        let rows: Vec<Row> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(campaign.as_bytes().to_vec()).bind(now.millis()).bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter().map(RecipientLine::try_from).collect()
    }

    /// When the next turn in a campaign comes or came; none when nobody waits.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn next_due(&self, campaign: Uuid) -> Result<Option<Timestamp>, StoreError> {
        let sql = "select due_ms from recipient where campaign_id = $1 and state = 'waiting' order by due_ms limit 1";
        let id = campaign.as_bytes().to_vec();
        let due: Option<i64> =
            on_pool!(self, pool => sqlx::query_scalar(sql).bind(id).fetch_optional(pool).await?);
        Ok(due.map(Timestamp::from_millis))
    }

    /// How many are in which state, without what became of their messages: what a page of progress shows.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn progress(&self, campaign: Uuid) -> Result<Vec<(State, i64)>, StoreError> {
        let sql = "select state, count(*) from recipient where campaign_id = $1 group by state order by state";
        let id = campaign.as_bytes().to_vec();
        let rows: Vec<(String, i64)> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(id).fetch_all(pool).await?);
        let read = |(state, count): (String, i64)| Ok((read_state(&state)?, count));
        rows.into_iter().map(read).collect()
    }

    /// Whose turns these attempts are the last of. Attempts that are in no campaign are left out.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn turns_of(
        &self,
        attempts: &[(ContactId, AttemptId)],
    ) -> Result<Vec<RecipientLine>, StoreError> {
        let sql = select_recipient!(
            "join jsonb_each($1) as r on p.contact_id = unhex(r.value ->> 'c') and p.attempt_id = unhex(r.value ->> 'a')"
        );
        let list = turn::attempts(attempts);
        let rows: Vec<Row> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(list.text()).fetch_all(pool).await?);
        rows.into_iter().map(RecipientLine::try_from).collect()
    }

    /// The campaigns that somebody is or was in, and whoever they were before they were found to be one; the newest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn recipients_of(
        &self,
        contact: ContactId,
        limit: u32,
    ) -> Result<Vec<RecipientLine>, StoreError> {
        let sql = select_recipient!(
            "where p.contact_id in (select c.id from contact c where c.id = $1 union all \
             select f.former_id from former_self f where f.contact_id = $1) order by p.campaign_id desc, p.contact_id limit $2"
        );
        let id = contact.get().as_bytes().to_vec();
        let rows: Vec<Row> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(id).bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter().map(RecipientLine::try_from).collect()
    }
}

pub(crate) fn read_state(word: &str) -> Result<State, StoreError> {
    State::read(word).ok_or_else(|| corrupt("state of a recipient", word))
}

impl TryFrom<Row> for RecipientLine {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let attempt = row.attempt_id.map(|id| codec::uuid(&id)).transpose()?;
        Ok(Self {
            contact: ContactId::new(codec::uuid(&row.contact_id)?),
            campaign: codec::uuid(&row.campaign_id)?,
            variant: row.variant,
            state: read_state(&row.state)?,
            due: Timestamp::from_millis(row.due_ms),
            tries: row.tries,
            attempt: attempt.map(AttemptId::new),
            taken: row.taken_ms.map(Timestamp::from_millis),
            code: row.code,
            reason: row.reason,
            extra: row.extra,
        })
    }
}

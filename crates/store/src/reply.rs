//! What we say in answer: written with what it answers, so that each message has one answer and never two.

use consent::{
    id::{AttemptId, ContactId},
    time::Timestamp,
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    codec,
    error::{StoreError, corrupt},
    later::Arg,
    list::{List, clean_some, hex},
    pool::{Store, Tx, on_pool, on_tx},
};

/// An answer that waits, or what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyLine {
    /// To whom.
    pub contact: ContactId,
    /// Its id: that of the message that it answers, so that there is one.
    pub id: Uuid,
    /// What it says.
    pub kind: String,
    /// The number that was written to, and that answers.
    pub number: String,
    /// The address that they wrote from.
    pub recipient: String,
    /// The language, as a tag.
    pub language: String,
    /// What its words depend on, as JSON.
    pub detail: String,
    /// Meta's id of the message that it answers.
    pub quotes: Option<String>,
    /// When they wrote, on Meta's clock.
    pub said: Timestamp,
    /// When it is to be tried.
    pub due: Timestamp,
    /// What became of it.
    pub state: ReplyState,
}

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyState {
    /// It waits to be sent.
    Waiting,
    /// Meta took it.
    Sent,
    /// The gate refused it.
    Refused,
    /// Meta refused it.
    Rejected,
    /// Nobody knows; it is never sent again.
    Unknown,
    /// Its time was over before it could be sent.
    Late,
    /// Answers of its kind are switched off.
    Off,
}

impl ReplyState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Waiting,
        Self::Sent,
        Self::Refused,
        Self::Rejected,
        Self::Unknown,
        Self::Late,
        Self::Off,
    ];

    /// The word used in tables and answers.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
            Self::Late => "late",
            Self::Off => "off",
        }
    }

    fn read(word: &str) -> Result<Self, StoreError> {
        let mut all = Self::ALL.into_iter();
        all.find(|state| state.word() == word)
            .ok_or_else(|| corrupt("state of a reply", word))
    }
}

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended<'a> {
    /// To whom.
    pub contact: ContactId,
    /// Which.
    pub id: Uuid,
    /// What became of it.
    pub state: ReplyState,
    /// The attempt, where there was one.
    pub attempt: Option<AttemptId>,
    /// Why, where that is worth knowing.
    pub why: Option<&'a str>,
}

#[derive(sqlx::FromRow)]
struct ReplyRow {
    contact_id: Vec<u8>,
    id: Vec<u8>,
    kind: String,
    number: String,
    recipient: String,
    language: String,
    detail: String,
    quotes: Option<String>,
    said_ms: i64,
    due_ms: i64,
    state: String,
}

impl Store {
    /// Answers that are due, the oldest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn due_replies(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<ReplyLine>, StoreError> {
        let sql = "select contact_id, id, kind, number, recipient, language, detail, quotes, said_ms, due_ms, state \
                   from reply where state = 'waiting' and due_ms <= $1 order by due_ms, id limit $2";
        let rows: Vec<ReplyRow> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(now.millis()).bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter().map(ReplyLine::try_from).collect()
    }

    /// The answers to one person, newest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn replies_to(
        &self,
        contact: ContactId,
        limit: u32,
    ) -> Result<Vec<ReplyLine>, StoreError> {
        let sql = "select contact_id, id, kind, number, recipient, language, detail, quotes, said_ms, due_ms, state \
                   from reply where contact_id = $1 order by said_ms desc, id desc limit $2";
        let id = contact.get().as_bytes().to_vec();
        let rows: Vec<ReplyRow> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(id).bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter().map(ReplyLine::try_from).collect()
    }

    /// How many answers one person got, or is to get, to what they wrote after `since`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_replies(
        &self,
        contact: ContactId,
        since: Timestamp,
    ) -> Result<i64, StoreError> {
        let sql = "select count(*) from reply where contact_id = $1 and said_ms > $2 and state in ('waiting', 'sent', 'unknown')";
        let id = contact.get().as_bytes().to_vec();
        Ok(
            on_pool!(self, pool => sqlx::query_scalar(sql).bind(id).bind(since.millis()).fetch_one(pool).await?),
        )
    }
}

impl Tx {
    /// Puts answers in line. One that is there already stays as it is.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn keep_replies(&mut self, lines: &[ReplyLine]) -> Result<(), StoreError> {
        if lines.is_empty() {
            return Ok(());
        }
        let sql = "insert into reply (contact_id, id, kind, number, recipient, language, detail, quotes, said_ms, due_ms, state) \
                   select unhex(r.value ->> 'c'), unhex(r.value ->> 'id'), r.value ->> 'k', r.value ->> 'n', r.value ->> 'to', \
                   r.value ->> 'lang', r.value ->> 'd', r.value ->> 'q', cast(r.value ->> 'said' as bigint), \
                   cast(r.value ->> 'due' as bigint), r.value ->> 's' from jsonb_each($1) as r \
                   where true on conflict (contact_id, id) do nothing";
        let list = List::of(lines.iter().map(|line| {
            json!({ "c": hex(line.contact.get()), "id": hex(line.id), "k": line.kind, "n": line.number,
                    "to": line.recipient, "lang": line.language, "d": line.detail, "q": line.quotes,
                    "said": line.said.millis(), "due": line.due.millis(), "s": line.state.word() })
        }));
        self.later(sql, vec![list.into()]).await?;
        Ok(())
    }

    /// Notes what became of answers. One that ended stays as it is.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn end_replies(
        &mut self,
        ended: &[Ended<'_>],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if ended.is_empty() {
            return Ok(());
        }
        let sql = "update reply set state = r.value ->> 's', attempt_id = unhex(r.value ->> 'a'), why = r.value ->> 'y', \
                   done_ms = $2 from jsonb_each($1) as r where reply.contact_id = unhex(r.value ->> 'c') \
                   and reply.id = unhex(r.value ->> 'id') and reply.state = 'waiting'";
        let list = List::of(ended.iter().map(|ended| {
            json!({ "c": hex(ended.contact.get()), "id": hex(ended.id), "s": ended.state.word(),
                    "a": ended.attempt.map(|attempt| hex(attempt.get())), "y": clean_some(ended.why) })
        }));
        self.later(sql, vec![list.into(), Arg::Number(now.millis())])
            .await?;
        Ok(())
    }

    /// Puts answers off.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn put_off_replies(
        &mut self,
        which: &[(ContactId, Uuid)],
        until: Timestamp,
    ) -> Result<(), StoreError> {
        if which.is_empty() {
            return Ok(());
        }
        let sql = "update reply set due_ms = $2 from jsonb_each($1) as r where reply.contact_id = unhex(r.value ->> 'c') \
                   and reply.id = unhex(r.value ->> 'id') and reply.state = 'waiting'";
        let list = List::of(
            which
                .iter()
                .map(|(contact, id)| json!({ "c": hex(contact.get()), "id": hex(*id) })),
        );
        self.later(sql, vec![list.into(), Arg::Number(until.millis())])
            .await?;
        Ok(())
    }

    /// One of them, as this transaction sees it.
    ///
    /// # Errors
    /// When the database does not answer or the row makes no sense.
    pub async fn reply(
        &mut self,
        contact: ContactId,
        id: Uuid,
    ) -> Result<Option<ReplyLine>, StoreError> {
        let sql = "select contact_id, id, kind, number, recipient, language, detail, quotes, said_ms, due_ms, state \
                   from reply where contact_id = $1 and id = $2";
        let (contact, id) = (contact.get().as_bytes().to_vec(), id.as_bytes().to_vec());
        let row: Option<ReplyRow> = on_tx!(self, conn => sqlx::query_as(sql)
            .bind(contact).bind(id).fetch_optional(conn).await?);
        row.map(ReplyLine::try_from).transpose()
    }

    /// All that a contact got or is to get, as this transaction sees it.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn replies_of(&mut self, contact: ContactId) -> Result<Vec<ReplyLine>, StoreError> {
        let sql = "select contact_id, id, kind, number, recipient, language, detail, quotes, said_ms, due_ms, state \
                   from reply where contact_id = $1 order by id";
        let id = contact.get().as_bytes().to_vec();
        let rows: Vec<ReplyRow> =
            on_tx!(self, conn => sqlx::query_as(sql).bind(id).fetch_all(conn).await?);
        rows.into_iter().map(ReplyLine::try_from).collect()
    }

    /// Moves the answers of a contact to whoever the contact was found to be, each with its details as they read now.
    /// One without new details is gone.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn move_replies(
        &mut self,
        (from, to): (ContactId, ContactId),
        details: &[(Uuid, String)],
    ) -> Result<(), StoreError> {
        // Written anew and not changed: on a cluster the contact says where a row lies.
        let copy = "insert into reply (contact_id, id, kind, number, recipient, language, detail, quotes, said_ms, due_ms, \
                    state, attempt_id, why, done_ms) \
                    select $2, p.id, p.kind, p.number, p.recipient, p.language, r.value ->> 'd', p.quotes, p.said_ms, \
                    p.due_ms, p.state, p.attempt_id, p.why, p.done_ms from jsonb_each($3) as r \
                    join reply p on p.contact_id = $1 and p.id = unhex(r.value ->> 'id') \
                    where true on conflict (contact_id, id) do nothing";
        let leave = "delete from reply where contact_id = $1";
        let (from, to) = (from.get().as_bytes().to_vec(), to.get().as_bytes().to_vec());
        let details = details
            .iter()
            .map(|(id, detail)| json!({ "id": hex(*id), "d": detail }));
        let list = List::of(details);
        on_tx!(self, conn => {
            sqlx::query(copy).bind(&from).bind(to).bind(list.text()).execute(conn).await?;
        });
        on_tx!(self, conn => { sqlx::query(leave).bind(&from).execute(conn).await?; });
        Ok(())
    }

    /// Deletes answers that ended before `before`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget_replies(&mut self, before: Timestamp) -> Result<u64, StoreError> {
        let sql = "delete from reply where state <> 'waiting' and said_ms < $1";
        Ok(
            on_tx!(self, conn => sqlx::query(sql).bind(before.millis()).execute(conn).await?.rows_affected()),
        )
    }
}

impl TryFrom<ReplyRow> for ReplyLine {
    type Error = StoreError;

    fn try_from(row: ReplyRow) -> Result<Self, StoreError> {
        Ok(Self {
            contact: ContactId::new(codec::uuid(&row.contact_id)?),
            id: codec::uuid(&row.id)?,
            kind: row.kind,
            number: row.number,
            recipient: row.recipient,
            language: row.language,
            detail: row.detail,
            quotes: row.quotes,
            said: Timestamp::from_millis(row.said_ms),
            due: Timestamp::from_millis(row.due_ms),
            state: ReplyState::read(&row.state)?,
        })
    }
}

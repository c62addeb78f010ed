//! Conversations: a person and one number of ours, who looks after them, and what changed of late.

mod list;

use consent::{id::ContactId, time::Timestamp};
use serde_json::json;
use uuid::Uuid;

pub use self::list::{Assigned, Filter, Place};
use crate::{
    codec,
    error::{StoreError, corrupt},
    later::Arg,
    list::{List, clean, hex},
    pool::{Store, Tx, on_pool, on_tx},
};

/// Whether somebody still has to look after a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Yes.
    Open,
    /// No; the next message opens it again.
    Closed,
}

impl State {
    /// The word used in JSON and tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }

    /// Reads [`State::word`].
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        [Self::Open, Self::Closed]
            .into_iter()
            .find(|state| state.word() == word)
    }
}

/// A conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationLine {
    /// With whom.
    pub contact: ContactId,
    /// The number of ours.
    pub number: String,
    /// When something was last said, by either side.
    pub last: Timestamp,
    /// When the person last wrote; none when they never did.
    pub last_in: Option<Timestamp>,
    /// Rises with each change.
    pub changed: Timestamp,
    /// Whether somebody still has to look after it.
    pub state: State,
    /// Who of the staff does.
    pub assigned: Option<Uuid>,
    /// How many messages nobody has read.
    pub unread: i64,
}

/// What a conversation is named by.
pub type Key<'a> = (ContactId, &'a str);

/// Messages that came in, or one that went out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// With whom.
    pub contact: ContactId,
    /// The number of ours.
    pub number: String,
    /// When the newest was said.
    pub at: Timestamp,
    /// How many came in; none went out.
    pub came: i64,
}

/// A conversation that changed, and a number that is another one with each change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stir {
    /// With whom.
    pub contact: ContactId,
    /// The number of ours.
    pub number: String,
    /// Whether the person changed, and not what was said.
    pub person: bool,
    /// Rises with each change.
    pub mark: i64,
}

#[derive(sqlx::FromRow)]
pub(crate) struct Row {
    contact_id: Vec<u8>,
    number: String,
    last_ms: i64,
    last_in_ms: i64,
    changed_ms: i64,
    state: String,
    assigned_to: Option<Vec<u8>>,
    unread: i64,
}

impl Store {
    /// One conversation.
    ///
    /// # Errors
    /// When the database does not answer or the row makes no sense.
    pub async fn conversation(
        &self,
        (contact, number): Key<'_>,
    ) -> Result<Option<ConversationLine>, StoreError> {
        let sql = "select contact_id, number, last_ms, last_in_ms, changed_ms, state, assigned_to, unread \
                   from conversation where contact_id = $1 and number = $2";
        let row: Option<Row> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(contact.get().as_bytes().to_vec()).bind(clean(number)).fetch_optional(pool).await?);
        row.map(ConversationLine::try_from).transpose()
    }

    /// How many conversations in a state have something that nobody has read; counting ends at `cap`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_unread(&self, state: State, cap: u32) -> Result<i64, StoreError> {
        let sql = "select count(*) from (select 1 as one from conversation where state = $1 and unread > 0 limit $2) as v";
        Ok(on_pool!(self, pool => sqlx::query_scalar(sql)
            .bind(state.word()).bind(i64::from(cap)).fetch_one(pool).await?))
    }

    /// Conversations that changed, or whose person did, since a time: at most `limit` of either.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn stirred(&self, since: Timestamp, limit: u32) -> Result<Vec<Stir>, StoreError> {
        let talk = "select v.contact_id, v.number, v.changed_ms from conversation v where v.changed_ms >= $1 \
                    order by v.changed_ms desc limit $2";
        let person = "select v.contact_id, v.number, c.version from contact c join conversation v on v.contact_id = c.id \
                      where c.changed_ms >= $1 order by c.changed_ms desc limit $2";
        let mut found = Vec::new();
        for (sql, person) in [(talk, false), (person, true)] {
            let rows: Vec<(Vec<u8>, String, i64)> = on_pool!(self, pool => sqlx::query_as(sql)
                .bind(since.millis()).bind(i64::from(limit)).fetch_all(pool).await?);
            for (contact, number, mark) in rows {
                found.push(Stir {
                    contact: ContactId::new(codec::uuid(&contact)?),
                    number,
                    person,
                    mark,
                });
            }
        }
        Ok(found)
    }

    /// Whom a contact was found to be one with.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn former_selves(&self, contact: ContactId) -> Result<Vec<ContactId>, StoreError> {
        let sql = "select former_id from former_self where contact_id = $1 order by former_id desc";
        let id = contact.get().as_bytes().to_vec();
        let rows: Vec<(Vec<u8>,)> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(id).fetch_all(pool).await?);
        let rows = rows.into_iter();
        rows.map(|(id,)| Ok(ContactId::new(codec::uuid(&id)?)))
            .collect()
    }
}

// Either database counts on from what is there: two changes in one millisecond are two.
macro_rules! later_than_before {
    ($new:literal) => {
        concat!(
            "changed_ms = case when ",
            $new,
            " > conversation.changed_ms then ",
            $new,
            " else conversation.changed_ms + 1 end"
        )
    };
}

impl Tx {
    /// Notes what was said: a conversation that there is not yet begins, and what came in opens one that was closed. What
    /// went out says that somebody has read the rest. One row for each conversation.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn touch_conversations(
        &mut self,
        touches: &[Touch],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if touches.is_empty() {
            return Ok(());
        }
        let sql = concat!(
            "insert into conversation (contact_id, number, last_ms, last_in_ms, changed_ms, state, unread) ",
            "select unhex(r.value ->> 'c'), r.value ->> 'n', cast(r.value ->> 'at' as bigint), cast(r.value ->> 'in' as bigint), ",
            "$2, 'open', cast(r.value ->> 'u' as bigint) from jsonb_each($1) as r where true ",
            "on conflict (contact_id, number) do update set ",
            "last_ms = case when excluded.last_ms > conversation.last_ms then excluded.last_ms else conversation.last_ms end, ",
            "last_in_ms = case when excluded.last_in_ms > conversation.last_in_ms then excluded.last_in_ms ",
            "else conversation.last_in_ms end, ",
            "state = case when excluded.unread > 0 then 'open' else conversation.state end, ",
            "unread = case when excluded.unread > 0 then conversation.unread + excluded.unread else 0 end, ",
            later_than_before!("excluded.changed_ms")
        );
        let list = List::of(touches.iter().map(|touch| {
            let came = if touch.came > 0 { touch.at.millis() } else { 0 };
            json!({ "c": hex(touch.contact.get()), "n": touch.number, "at": touch.at.millis(), "in": came,
                    "u": touch.came })
        }));
        self.later(sql, vec![list.into(), Arg::Number(now.millis())])
            .await
    }

    /// Notes that there is news of what was said.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn stir_conversations(
        &mut self,
        keys: &[Key<'_>],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if keys.is_empty() {
            return Ok(());
        }
        let sql = concat!(
            "update conversation set ",
            later_than_before!("$2"),
            " from jsonb_each($1) as r where conversation.contact_id = unhex(r.value ->> 'c') ",
            "and conversation.number = r.value ->> 'n'"
        );
        let list = List::of(
            keys.iter()
                .map(|(contact, number)| json!({ "c": hex(contact.get()), "n": number })),
        );
        self.later(sql, vec![list.into(), Arg::Number(now.millis())])
            .await
    }

    /// Gives a conversation to somebody of the staff, or to nobody. Says whether there is one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn assign_conversation(
        &mut self,
        (contact, number): Key<'_>,
        to: Option<Uuid>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = concat!(
            "update conversation set assigned_to = $3, ",
            later_than_before!("$4"),
            " where contact_id = $1 and number = $2"
        );
        let to = to.map(|id| id.as_bytes().to_vec());
        let count = on_tx!(self, conn => sqlx::query(sql).bind(contact.get().as_bytes().to_vec())
            .bind(clean(number)).bind(to).bind(now.millis()).execute(conn).await?.rows_affected());
        Ok(count == 1)
    }

    /// Hands a conversation over to somebody of the staff, or to whoever is free: it is open and on top, with one thing more that nobody has
    /// read. A conversation that there is not yet begins. Without a name it stays with whom it is.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn hand_over_conversation(
        &mut self,
        (contact, number): Key<'_>,
        to: Option<Uuid>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = concat!(
            "insert into conversation (contact_id, number, last_ms, last_in_ms, changed_ms, state, assigned_to, unread) ",
            "values ($1, $2, $4, 0, $4, 'open', $3, 1) on conflict (contact_id, number) do update set ",
            "last_ms = case when excluded.last_ms > conversation.last_ms then excluded.last_ms else conversation.last_ms end, ",
            "state = 'open', assigned_to = coalesce(excluded.assigned_to, conversation.assigned_to), ",
            "unread = conversation.unread + 1, ",
            later_than_before!("excluded.changed_ms")
        );
        let to = to.map(|id| id.as_bytes().to_vec());
        on_tx!(self, conn => { sqlx::query(sql).bind(contact.get().as_bytes().to_vec())
            .bind(clean(number)).bind(to).bind(now.millis()).execute(conn).await?; });
        Ok(())
    }

    /// Closes a conversation or opens it again. Says whether there is one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_conversation(
        &mut self,
        (contact, number): Key<'_>,
        state: State,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = concat!(
            "update conversation set state = $3, ",
            later_than_before!("$4"),
            " where contact_id = $1 and number = $2"
        );
        let count = on_tx!(self, conn => sqlx::query(sql).bind(contact.get().as_bytes().to_vec())
            .bind(clean(number)).bind(state.word()).bind(now.millis()).execute(conn).await?.rows_affected());
        Ok(count == 1)
    }

    /// Notes that somebody has read a conversation. Says whether there was something unread.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn read_conversation(
        &mut self,
        (contact, number): Key<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = concat!(
            "update conversation set unread = 0, ",
            later_than_before!("$3"),
            " where contact_id = $1 and number = $2 and unread > 0"
        );
        let count = on_tx!(self, conn => sqlx::query(sql).bind(contact.get().as_bytes().to_vec())
            .bind(clean(number)).bind(now.millis()).execute(conn).await?.rows_affected());
        Ok(count == 1)
    }

    /// Takes the conversations of a contact over to whoever the contact was found to be, and remembers who that was.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn move_conversations(
        &mut self,
        from: ContactId,
        to: ContactId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let copy = concat!(
            "insert into conversation (contact_id, number, last_ms, last_in_ms, changed_ms, state, assigned_to, unread) ",
            "select $2, o.number, o.last_ms, o.last_in_ms, $3, o.state, o.assigned_to, o.unread ",
            "from conversation o where o.contact_id = $1 on conflict (contact_id, number) do update set ",
            "last_ms = case when excluded.last_ms > conversation.last_ms then excluded.last_ms else conversation.last_ms end, ",
            "last_in_ms = case when excluded.last_in_ms > conversation.last_in_ms then excluded.last_in_ms ",
            "else conversation.last_in_ms end, ",
            "state = case when excluded.state = 'open' then 'open' else conversation.state end, ",
            "assigned_to = coalesce(conversation.assigned_to, excluded.assigned_to), ",
            "unread = conversation.unread + excluded.unread, ",
            later_than_before!("excluded.changed_ms")
        );
        let leave = "delete from conversation where contact_id = $1";
        let remember = "insert into former_self (contact_id, former_id) select $2, o.former_id from former_self o \
                        where o.contact_id = $1 and o.former_id <> $2 on conflict (contact_id, former_id) do nothing";
        let and_this = "insert into former_self (contact_id, former_id) values ($2, $1) \
                        on conflict (contact_id, former_id) do nothing";
        let forget = "delete from former_self where contact_id = $1";
        let (from, to) = (from.get().as_bytes().to_vec(), to.get().as_bytes().to_vec());
        on_tx!(self, conn => { sqlx::query(copy).bind(&from).bind(&to).bind(now.millis()).execute(conn).await?; });
        for sql in [remember, and_this] {
            on_tx!(self, conn => { sqlx::query(sql).bind(&from).bind(&to).execute(conn).await?; });
        }
        for sql in [leave, forget] {
            on_tx!(self, conn => { sqlx::query(sql).bind(&from).execute(conn).await?; });
        }
        Ok(())
    }
}

impl TryFrom<Row> for ConversationLine {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let assigned = row.assigned_to.map(|id| codec::uuid(&id)).transpose()?;
        Ok(Self {
            contact: ContactId::new(codec::uuid(&row.contact_id)?),
            number: row.number,
            last: Timestamp::from_millis(row.last_ms),
            last_in: (row.last_in_ms > 0).then(|| Timestamp::from_millis(row.last_in_ms)),
            changed: Timestamp::from_millis(row.changed_ms),
            state: State::read(&row.state).ok_or_else(|| corrupt("state", &row.state))?,
            assigned,
            unread: row.unread,
        })
    }
}

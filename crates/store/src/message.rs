//! Messages and the verdicts on them: the reservation before the first byte, the outcome, and what Meta reports later.

use consent::{
    id::{AttemptId, ContactId, NumberId, TopicId},
    scope::Category,
    time::Timestamp,
};
use serde_json::json;

use crate::{
    codec,
    error::{StoreError, corrupt},
    list::{List, hex, maybe_hex},
    pool::{Inner, Store, Tx, on_pool, on_tx},
};

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the business.
    Out,
    /// From the person.
    In,
}

/// What became of a message. A lattice: `read` never goes back to `sent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// The gate refused it.
    Denied,
    /// It came from the person.
    Received,
    /// It was sent by hand from the phone app, past the gate.
    Echo,
    /// Claimed; nobody knows yet.
    Reserved,
    /// Nothing is known of it: a timeout or a reset after bytes, or a 5xx.
    Unknown,
    /// Definitely not sent.
    Rejected,
    /// Meta took it.
    Accepted,
    /// On its way.
    Sent,
    /// Meta could not or would not deliver it.
    Failed,
    /// Arrived.
    Delivered,
    /// Read or played.
    Read,
}

impl State {
    /// Every state, in the order of the lattice.
    pub const ALL: [Self; 11] = [
        Self::Denied,
        Self::Received,
        Self::Echo,
        Self::Reserved,
        Self::Unknown,
        Self::Rejected,
        Self::Accepted,
        Self::Sent,
        Self::Failed,
        Self::Delivered,
        Self::Read,
    ];

    /// The word used in JSON and tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Received => "received",
            Self::Echo => "echo",
            Self::Reserved => "reserved",
            Self::Unknown => "unknown",
            Self::Rejected => "rejected",
            Self::Accepted => "accepted",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Delivered => "delivered",
            Self::Read => "read",
        }
    }

    /// Reads [`State::word`].
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// A message with everything that is known of it.
#[derive(Debug, Clone)]
pub struct MessageLine {
    /// Its id: the attempt's, when we sent it.
    pub id: AttemptId,
    /// Whose; the house's, when the address means nobody.
    pub contact: ContactId,
    /// Which way.
    pub direction: Direction,
    /// The business number.
    pub number: String,
    /// The address as the caller gave it.
    pub recipient: String,
    /// Its category, or the type of a message that came in.
    pub category: String,
    /// Its topic.
    pub topic: Option<TopicId>,
    /// Its template and the language of it.
    pub template: Option<(String, String)>,
    /// What became of it.
    pub state: State,
    /// The code of a refusal.
    pub code: Option<String>,
    /// The sentence of a refusal, or what Meta said.
    pub reason: Option<String>,
    /// The events that a refusal rests on.
    pub because: Vec<String>,
    /// What a yes rests on.
    pub basis: Option<String>,
    /// The policy that was in force.
    pub policy_version: i64,
    /// The size of the log when it was decided.
    pub as_of: i64,
    /// When it was decided, or came.
    pub at: Timestamp,
    /// When the last news of it came.
    pub outcome: Option<Timestamp>,
    /// When its outcome became unknown, if it ever did.
    pub unknown: Option<Timestamp>,
    /// Meta's id of it.
    pub wamid: Option<String>,
    /// Meta's error code.
    pub error_code: Option<i64>,
    /// What the body was, without the callback data.
    pub fingerprint: Option<Vec<u8>>,
    /// The caller's callback data, or the text that came in; sealed.
    pub sealed: Option<Vec<u8>>,
}

/// A reservation: a message to be claimed, if nothing about the person changed since it was decided.
#[derive(Debug)]
pub struct Reservation<'a> {
    /// The message, in state [`State::Reserved`].
    pub message: &'a MessageLine,
    /// The version of the person's standing that the verdict saw.
    pub version: i64,
}

/// News of a message.
#[derive(Debug, Clone)]
pub struct News {
    /// Which one: the attempt, where the callback data named it.
    pub id: Option<AttemptId>,
    /// Which one: Meta's id.
    pub wamid: Option<String>,
    /// What became of it.
    pub state: State,
    /// Meta's error code.
    pub error_code: Option<i64>,
    /// What Meta said.
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// Which messages to list. Empty fields ask for nothing.
#[derive(Debug, Clone, Default)]
pub struct MessageFilter {
    /// To or from whom.
    pub contact: Option<ContactId>,
    /// A refusal's code, or Meta's error code.
    pub code: Option<String>,
    /// A state.
    pub state: Option<String>,
    /// The last message of the page before.
    pub after: Option<AttemptId>,
    /// How many at the most.
    pub limit: u32,
}

#[derive(sqlx::FromRow)]
struct MessageRow {
    id: Vec<u8>,
    contact_id: Vec<u8>,
    direction: String,
    number: String,
    recipient: String,
    category: String,
    topic_id: Option<Vec<u8>>,
    template: Option<String>,
    language: Option<String>,
    state: String,
    code: Option<String>,
    reason: Option<String>,
    because: String,
    basis: Option<String>,
    policy_version: i64,
    as_of: i64,
    at_ms: i64,
    outcome_ms: Option<i64>,
    unknown_ms: Option<i64>,
    wamid: Option<String>,
    error_code: Option<i64>,
    fingerprint: Option<Vec<u8>>,
    sealed: Option<Vec<u8>>,
}

macro_rules! select_message {
    ($rest:literal) => {
        concat!(
            "select m.id, m.contact_id, m.direction, m.number, m.recipient, m.category, m.topic_id, m.template, ",
            "m.language, m.state, m.code, m.reason, m.because, m.basis, m.policy_version, m.as_of, m.at_ms, ",
            "m.outcome_ms, m.unknown_ms, m.wamid, m.error_code, m.fingerprint, m.sealed from message m ",
            $rest
        )
    };
}

macro_rules! insert_message {
    ($rest:literal) => {
        concat!(
            "insert into message (contact_id, id, direction, number, recipient, category, topic_id, template, language, ",
            "state, code, reason, because, basis, policy_version, as_of, at_ms, wamid, fingerprint, sealed) ",
            "select unhex(r.value ->> 'c'), unhex(r.value ->> 'id'), r.value ->> 'd', r.value ->> 'n', r.value ->> 'to', ",
            "r.value ->> 'cat', unhex(r.value ->> 'topic'), r.value ->> 't', r.value ->> 'lang', r.value ->> 's', ",
            "r.value ->> 'code', r.value ->> 'why', r.value ->> 'because', r.value ->> 'basis', ",
            "cast(r.value ->> 'p' as bigint), cast(r.value ->> 'asof' as bigint), cast(r.value ->> 'at' as bigint), ",
            "r.value ->> 'w', unhex(r.value ->> 'f'), unhex(r.value ->> 'x') from json_each($1) as r ",
            $rest
        )
    };
}

impl Store {
    /// A page of messages, newest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn messages(&self, filter: &MessageFilter) -> Result<Vec<MessageLine>, StoreError> {
        let sql = select_message!(
            "where ($1 is null or m.contact_id = $1) \
             and ($2 is null or m.code = $2 or cast(m.error_code as text) = $2) \
             and ($3 is null or m.state = $3) and ($4 is null or m.id < $4) order by m.id desc limit $5"
        );
        let rows: Vec<MessageRow> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(filter.contact.map(|id| id.get().as_bytes().to_vec()))
            .bind(filter.code.clone())
            .bind(filter.state.clone())
            .bind(filter.after.map(|id| id.get().as_bytes().to_vec()))
            .bind(i64::from(filter.limit))
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
        let sql = select_message!(
            "where m.id in (select unhex(r.value ->> 'id') from json_each($1) as r) \
             or m.wamid in (select r.value ->> 'w' from json_each($2) as r)"
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

    /// When messages of a category were sent (or may have been) to a person since a time, oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sent_since(
        &self,
        contact: ContactId,
        since: Timestamp,
    ) -> Result<Vec<(Category, Timestamp)>, StoreError> {
        let sql = "select category, at_ms from message where contact_id = $1 and at_ms >= $2 and direction = 'out' \
                   and state not in ('denied', 'rejected', 'failed') order by at_ms";
        let rows: Vec<(String, i64)> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(contact.get().as_bytes().to_vec()).bind(since.millis()).fetch_all(pool).await?);
        let read = |(category, at): (String, i64)| {
            Some((Category::read(&category)?, Timestamp::from_millis(at)))
        };
        Ok(rows.into_iter().filter_map(read).collect())
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
                   and contact_id in (select unhex(r.value ->> 'id') from json_each($1) as r)";
        let list = List::of(contacts.iter().map(|id| json!({ "id": hex(id.get()) })));
        Ok(
            on_pool!(self, pool => sqlx::query_scalar(sql).bind(list.text()).bind(since.millis()).fetch_one(pool).await?),
        )
    }
}

impl Tx {
    /// Keeps messages that are not reservations: denials, what came in, echoes.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn keep_messages(&mut self, messages: &[MessageLine]) -> Result<(), StoreError> {
        if messages.is_empty() {
            return Ok(());
        }
        let list = List::of(messages.iter().map(|line| value(line, 0)));
        let sql = insert_message!("where true");
        on_tx!(self, conn => { sqlx::query(sql).bind(list.text()).execute(conn).await?; });
        Ok(())
    }

    /// Claims sends: each is written only if the person's standing and the policy are still those that the verdict
    /// saw. Gives the attempts that were claimed.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn reserve(
        &mut self,
        reservations: &[Reservation<'_>],
        policy_version: i64,
    ) -> Result<Vec<AttemptId>, StoreError> {
        let contacts: Vec<ContactId> = reservations
            .iter()
            .map(|reservation| reservation.message.contact)
            .collect();
        self.share(&contacts).await?;
        let sql = insert_message!(
            "join contact c on c.id = unhex(r.value ->> 'c') and c.version = cast(r.value ->> 'v' as bigint) \
             where (select coalesce(max(version), 0) from policy) = $2 returning id"
        );
        let list = List::of(
            reservations
                .iter()
                .map(|reservation| value(reservation.message, reservation.version)),
        );
        let rows: Vec<(Vec<u8>,)> = on_tx!(self, conn => sqlx::query_as(sql)
            .bind(list.text()).bind(policy_version).fetch_all(conn).await?);
        rows.into_iter()
            .map(|(id,)| Ok(AttemptId::new(codec::uuid(&id)?)))
            .collect()
    }

    /// Takes news of messages in. News that is lower in the lattice than what is known changes nothing.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take_news(&mut self, news: &[News]) -> Result<(), StoreError> {
        if news.is_empty() {
            return Ok(());
        }
        let sql = "update message set state = r.value ->> 's', outcome_ms = cast(r.value ->> 'at' as bigint), \
                   wamid = coalesce(r.value ->> 'w', wamid), \
                   error_code = coalesce(cast(r.value ->> 'e' as bigint), error_code), \
                   reason = coalesce(r.value ->> 'why', reason), \
                   unknown_ms = case when r.value ->> 's' = 'unknown' then cast(r.value ->> 'at' as bigint) \
                                else unknown_ms end \
                   from json_each($1) as r where (message.id = unhex(r.value ->> 'id') \
                        or message.wamid = r.value ->> 'w') \
                   and cast(r.value ->> 'rank' as bigint) > case message.state \
                        when 'denied' then 99 when 'received' then 99 when 'echo' then 5 when 'reserved' then 3 \
                        when 'unknown' then 4 when 'rejected' then 5 when 'accepted' then 6 when 'sent' then 7 \
                        when 'failed' then 8 when 'delivered' then 9 else 10 end";
        // Several news of one message in a batch: the highest last, one statement for each rank.
        let mut sorted: Vec<&News> = news.iter().collect();
        sorted.sort_by_key(|news| news.state);
        for group in sorted.chunk_by(|a, b| a.state == b.state) {
            let list = List::of(group.iter().map(|news| {
                json!({ "id": maybe_hex(news.id.map(AttemptId::get)), "w": news.wamid, "s": news.state.word(),
                        "rank": rank(news.state), "e": news.error_code, "why": news.reason, "at": news.at.millis() })
            }));
            on_tx!(self, conn => { sqlx::query(sql).bind(list.text()).execute(conn).await?; });
        }
        Ok(())
    }

    /// Settles reservations that a crash left behind: claimed before `before`, outcome unknown for good.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn settle_abandoned(
        &mut self,
        before: Timestamp,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let sql = "update message set state = 'unknown', unknown_ms = $2, outcome_ms = $2 \
                   where state = 'reserved' and at_ms < $1";
        Ok(on_tx!(self, conn => sqlx::query(sql)
            .bind(before.millis()).bind(now.millis()).execute(conn).await?.rows_affected()))
    }

    /// Reservations that no batch in the log speaks of yet, oldest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn unsealed_reservations(
        &mut self,
        limit: u32,
    ) -> Result<Vec<MessageLine>, StoreError> {
        let sql = select_message!(
            "where m.batch_id is null and m.direction = 'out' and m.basis is not null order by m.id limit $1"
        );
        let rows: Vec<MessageRow> =
            on_tx!(self, conn => sqlx::query_as(sql).bind(i64::from(limit)).fetch_all(conn).await?);
        rows.into_iter().map(MessageLine::try_from).collect()
    }

    /// Notes that a batch in the log speaks of these reservations.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn seal_reservations(
        &mut self,
        ids: &[AttemptId],
        batch: uuid::Uuid,
    ) -> Result<(), StoreError> {
        let sql = "update message set batch_id = $2 where id in (select unhex(r.value ->> 'id') from json_each($1) as r)";
        let list = List::of(ids.iter().map(|id| json!({ "id": hex(id.get()) })));
        let batch = batch.as_bytes().to_vec();
        on_tx!(self, conn => { sqlx::query(sql).bind(list.text()).bind(batch).execute(conn).await?; });
        Ok(())
    }

    /// Keeps others from changing these contacts until the end of the transaction, without keeping them from doing
    /// the same. SQLite has one writer.
    async fn share(&mut self, contacts: &[ContactId]) -> Result<(), StoreError> {
        let Inner::Postgres(tx) = &mut self.inner else {
            return Ok(());
        };
        let sql = "select id from contact where id in (select unhex(r.value ->> 'id') from json_each($1) as r) \
                   order by id for share";
        let list = List::of(contacts.iter().map(|id| json!({ "id": hex(id.get()) })));
        sqlx::query(sql)
            .bind(list.text())
            .execute(&mut **tx)
            .await?;
        Ok(())
    }
}

fn value(line: &MessageLine, version: i64) -> serde_json::Value {
    let direction = match line.direction {
        Direction::Out => "out",
        Direction::In => "in",
    };
    let (template, language) = line.template.clone().unzip();
    json!({
        "c": hex(line.contact.get()), "id": hex(line.id.get()), "d": direction, "n": line.number, "to": line.recipient,
        "cat": line.category, "topic": maybe_hex(line.topic.map(TopicId::get)), "t": template, "lang": language,
        "s": line.state.word(), "code": line.code, "why": line.reason, "because": line.because.join(" "),
        "basis": line.basis, "p": line.policy_version, "asof": line.as_of, "at": line.at.millis(), "w": line.wamid,
        "f": line.fingerprint.as_ref().map(hex::encode), "x": line.sealed.as_ref().map(hex::encode), "v": version,
    })
}

/// The rank in the lattice, as the statement of `take_news` counts it.
const fn rank(state: State) -> i64 {
    match state {
        State::Denied => 0,
        State::Received => 1,
        State::Echo => 2,
        State::Reserved => 3,
        State::Unknown => 4,
        State::Rejected => 5,
        State::Accepted => 6,
        State::Sent => 7,
        State::Failed => 8,
        State::Delivered => 9,
        State::Read => 10,
    }
}

impl TryFrom<MessageRow> for MessageLine {
    type Error = StoreError;

    fn try_from(row: MessageRow) -> Result<Self, StoreError> {
        let topic = row.topic_id.map(|id| codec::uuid(&id)).transpose()?;
        let direction = match row.direction.as_str() {
            "out" => Direction::Out,
            "in" => Direction::In,
            other => return Err(corrupt("direction", other)),
        };
        Ok(Self {
            id: AttemptId::new(codec::uuid(&row.id)?),
            contact: ContactId::new(codec::uuid(&row.contact_id)?),
            direction,
            number: row.number,
            recipient: row.recipient,
            category: row.category,
            topic: topic.map(TopicId::new),
            template: row.template.zip(row.language),
            state: State::read(&row.state).ok_or_else(|| corrupt("state", &row.state))?,
            code: row.code,
            reason: row.reason,
            because: row.because.split_whitespace().map(str::to_owned).collect(),
            basis: row.basis,
            policy_version: row.policy_version,
            as_of: row.as_of,
            at: Timestamp::from_millis(row.at_ms),
            outcome: row.outcome_ms.map(Timestamp::from_millis),
            unknown: row.unknown_ms.map(Timestamp::from_millis),
            wamid: row.wamid,
            error_code: row.error_code,
            fingerprint: row.fingerprint,
            sealed: row.sealed,
        })
    }
}

/// A message of ours to a number that sends.
#[must_use]
pub fn number_text(number: Option<&NumberId>) -> String {
    number.map(ToString::to_string).unwrap_or_default()
}

//! Messages and the verdicts on them: the reservation before the first byte, the outcome, and what Meta reports later.

mod read;
mod write;

use crate::{
    codec,
    error::{StoreError, corrupt},
};
use consent::{
    id::{AttemptId, ContactId, NumberId, TopicId},
    request::Sent,
    scope::Category,
    time::Timestamp,
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
pub(crate) struct MessageRow {
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

pub(crate) use select_message;

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

/// What of a message a cap counts: its category, its topic and when.
pub(crate) type SentRow = (String, Option<Vec<u8>>, i64);

/// The same, after whom it went to.
pub(crate) type SentToRow = (Vec<u8>, String, Option<Vec<u8>>, i64);

/// None for what has no category that caps know.
pub(crate) fn sent((category, topic, at): SentRow) -> Option<Result<Sent, StoreError>> {
    let category = Category::read(&category)?;
    let topic = topic.map(|id| codec::uuid(&id)).transpose();
    Some(topic.map(|topic| Sent {
        category,
        topic: topic.map(TopicId::new),
        at: Timestamp::from_millis(at),
    }))
}

/// The same, with whom it went to.
pub(crate) fn sent_to(
    (contact, category, topic, at): SentToRow,
) -> Option<Result<(ContactId, Sent), StoreError>> {
    let sent = sent((category, topic, at))?;
    Some(sent.and_then(|sent| Ok((ContactId::new(codec::uuid(&contact)?), sent))))
}

/// A message of ours to a number that sends.
#[must_use]
pub fn number_text(number: Option<&NumberId>) -> String {
    number.map(ToString::to_string).unwrap_or_default()
}

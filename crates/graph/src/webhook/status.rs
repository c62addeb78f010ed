//! What became of a message of ours.

use consent::time::Timestamp;

use super::{issue::Issue, person::Person};
use crate::loose::{self, Object};

/// One status of one message. They arrive late, twice and out of order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The message (`wamid.…`).
    pub id: String,
    /// What became of it.
    pub state: State,
    /// When, on Meta's clock.
    pub at: Timestamp,
    /// To whom. A failed status names only what the message was addressed to.
    pub recipient: Person,
    /// The group, when it was sent to one; the recipient is then the member.
    pub group: Option<String>,
    /// `biz_opaque_callback_data` as it was sent.
    pub callback: Option<String>,
    /// The hash of the recipient's identity key.
    pub identity: Option<String>,
    /// What it cost, in kind.
    pub pricing: Option<Pricing>,
    /// The conversation that it opened or belongs to.
    pub conversation: Option<Conversation>,
    /// Why it failed.
    pub issues: Vec<Issue>,
    /// The template that Meta made behind a Direct Send.
    pub template: Option<String>,
}

/// A state of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// On its way.
    Sent,
    /// On the device.
    Delivered,
    /// Read.
    Read,
    /// A voice message was played.
    Played,
    /// Not delivered, for good.
    Failed,
    /// A word that we do not know.
    Other(String),
}

impl State {
    /// Reads Meta's word.
    #[must_use]
    pub fn read(word: &str) -> Self {
        match word {
            "sent" => Self::Sent,
            "delivered" => Self::Delivered,
            "read" => Self::Read,
            "played" => Self::Played,
            "failed" => Self::Failed,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// What a message cost, in kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pricing {
    /// `marketing`, `marketing_lite`, `utility`, `service`, …: an open list.
    pub category: Option<String>,
    /// `regular`, `free_customer_service`, …
    pub kind: Option<String>,
    /// `PMP` or `CBP`.
    pub model: Option<String>,
}

/// The conversation that a message belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// Its id.
    pub id: Option<String>,
    /// When it ends.
    pub expires: Option<Timestamp>,
    /// Its kind.
    pub origin: Option<String>,
}

/// The members of a status that are understood.
pub(super) const KNOWN: [&str; 18] = [
    "id",
    "status",
    "timestamp",
    "recipient_id",
    "recipient_type",
    "recipient_participant_id",
    "recipient_participant_user_id",
    "recipient_participant_parent_user_id",
    "recipient_user_id",
    "recipient_parent_user_id",
    "recipient_identity_key_hash",
    "biz_opaque_callback_data",
    "conversation",
    "pricing",
    "errors",
    "template_id",
    "message",
    "type",
];

impl Status {
    /// Reads one entry of `statuses`; the error says what could not be read.
    pub(super) fn of(item: &Object, contacts: &[Person], alone: bool) -> Result<Self, String> {
        let group = loose::text(item, "recipient_type")
            .filter(|kind| kind.eq_ignore_ascii_case("group"))
            .and_then(|_| loose::id(item, "recipient_id"));
        let names = if group.is_some() {
            [
                "recipient_participant_id",
                "recipient_participant_user_id",
                "recipient_participant_parent_user_id",
            ]
        } else {
            [
                "recipient_id",
                "recipient_user_id",
                "recipient_parent_user_id",
            ]
        };
        let mut recipient = Person::of(item, names);
        recipient.complete(contacts, alone && group.is_none());
        let word = loose::id(item, "status").ok_or("no `status`")?;
        Ok(Self {
            id: loose::id(item, "id").ok_or("no `id`")?,
            state: State::read(&word),
            at: loose::time(item, "timestamp").ok_or("no readable `timestamp`")?,
            recipient,
            group,
            callback: loose::text(item, "biz_opaque_callback_data"),
            identity: loose::text(item, "recipient_identity_key_hash"),
            pricing: loose::object(item, "pricing").map(Pricing::of),
            conversation: loose::object(item, "conversation").map(Conversation::of),
            issues: Issue::list(item),
            template: loose::id(item, "template_id"),
        })
    }
}

impl Pricing {
    fn of(pricing: &Object) -> Self {
        Self {
            category: loose::text(pricing, "category"),
            kind: loose::text(pricing, "type"),
            model: loose::text(pricing, "pricing_model"),
        }
    }
}

impl Conversation {
    fn of(conversation: &Object) -> Self {
        Self {
            id: loose::id(conversation, "id"),
            expires: loose::time(conversation, "expiration_timestamp"),
            origin: loose::object(conversation, "origin")
                .and_then(|origin| loose::text(origin, "type")),
        }
    }
}

//! A message that a person sent to the business.

use consent::time::Timestamp;

use super::{
    content::{self, Content},
    person::Person,
};
use crate::loose::{self, Object};

/// A message from a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Who sent it.
    pub from: Person,
    /// The group it was sent in.
    pub group: Option<String>,
    /// Its id (`wamid.…`).
    pub id: String,
    /// When it was sent, on Meta's clock.
    pub at: Timestamp,
    /// What it answers, or that it was forwarded.
    pub context: Option<Context>,
    /// The advertisement or post that led here.
    pub referral: Option<Referral>,
    /// What stands in it.
    pub content: Content,
}

/// What a message refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The message that is quoted or whose button was tapped.
    pub id: Option<String>,
    /// Who had sent that one.
    pub from: Option<String>,
    /// The message was forwarded: its words may be somebody else's.
    pub forwarded: bool,
    /// The message was forwarded many times.
    pub frequently_forwarded: bool,
    /// The product of a catalogue that is asked about.
    pub product: Option<String>,
}

/// Where a conversation came from. A click is no consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referral {
    /// `ad` or `post`.
    pub source_type: Option<String>,
    /// Its id.
    pub source_id: Option<String>,
    /// Its address.
    pub source_url: Option<String>,
    /// Its headline.
    pub headline: Option<String>,
    /// Its text.
    pub body: Option<String>,
    /// Meta's id of the click.
    pub click: Option<String>,
}

/// The members of a message that are understood, besides the one named by its type.
pub(super) const KNOWN: [&str; 11] = [
    "from",
    "from_user_id",
    "from_parent_user_id",
    "group_id",
    "id",
    "timestamp",
    "type",
    "context",
    "referral",
    "errors",
    "identity_key_hash",
];

impl Message {
    /// Reads one entry of `messages`; the error says what could not be read.
    pub(super) fn of(
        item: &Object,
        kind: &str,
        contacts: &[Person],
        alone: bool,
    ) -> Result<Self, String> {
        let mut from = Person::of(item, ["from", "from_user_id", "from_parent_user_id"]);
        from.complete(contacts, alone);
        if !from.is_known() {
            return Err("no `from`, no `from_user_id` and no contact that fits".to_owned());
        }
        Ok(Self {
            from,
            group: loose::id(item, "group_id"),
            id: loose::id(item, "id").ok_or("no `id`")?,
            at: loose::time(item, "timestamp").ok_or("no readable `timestamp`")?,
            context: loose::object(item, "context").map(Context::of),
            referral: loose::object(item, "referral").map(Referral::of),
            content: Content::of(item, kind)?,
        })
    }

    /// The type of an entry of `messages`; `unknown` when nothing says.
    pub(super) fn kind(item: &Object) -> String {
        content::kind(item).unwrap_or_else(|| "untyped".to_owned())
    }
}

impl Context {
    fn of(context: &Object) -> Self {
        Self {
            id: loose::id(context, "id"),
            from: loose::text(context, "from"),
            forwarded: loose::flag(context, "forwarded"),
            frequently_forwarded: loose::flag(context, "frequently_forwarded"),
            product: loose::object(context, "referred_product")
                .and_then(|product| loose::id(product, "product_retailer_id")),
        }
    }
}

impl Referral {
    fn of(referral: &Object) -> Self {
        Self {
            source_type: loose::text(referral, "source_type"),
            source_id: loose::id(referral, "source_id"),
            source_url: loose::text(referral, "source_url"),
            headline: loose::text(referral, "headline"),
            body: loose::text(referral, "body"),
            click: loose::text(referral, "ctwa_clid"),
        }
    }
}

//! The person's own switch in WhatsApp: "Offers and announcements".

use consent::time::Timestamp;

use super::person::Person;
use crate::loose::{self, Object};

/// The switch was turned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preference {
    /// By whom.
    pub who: Person,
    /// Which way.
    pub wish: Wish,
    /// When, on Meta's clock. Meta says when the webhook was made, not surely when the switch was turned.
    pub at: Timestamp,
    /// Meta's sentence.
    pub detail: Option<String>,
}

/// Which way the switch was turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// No more marketing from this business.
    Stop,
    /// Marketing again.
    Resume,
}

impl Wish {
    fn read(word: &str) -> Option<Self> {
        match word {
            "stop" => Some(Self::Stop),
            "resume" => Some(Self::Resume),
            _ => None,
        }
    }
}

/// The members of a preference that are understood.
pub(super) const KNOWN: [&str; 7] = [
    "wa_id",
    "user_id",
    "parent_user_id",
    "detail",
    "category",
    "value",
    "timestamp",
];

impl Preference {
    /// Reads one entry of `user_preferences`; the error says what could not be read.
    pub(super) fn of(item: &Object, contacts: &[Person], alone: bool) -> Result<Self, String> {
        let mut who = Person::of(item, ["wa_id", "user_id", "parent_user_id"]);
        who.complete(contacts, alone);
        let category = loose::text(item, "category");
        if category
            .as_deref()
            .is_some_and(|word| word != "marketing_messages")
        {
            return Err("`category` is not `marketing_messages`".to_owned());
        }
        let word = loose::text(item, "value").ok_or("no `value`")?;
        let wish = Wish::read(&word).ok_or("`value` is neither `stop` nor `resume`")?;
        let at = loose::time(item, "timestamp").ok_or("no readable `timestamp`")?;
        let detail = loose::text(item, "detail");
        Self {
            who,
            wish,
            at,
            detail,
        }
        .checked()
    }

    /// Reads the older system message `user_preference_changed`.
    pub(super) fn of_system(item: &Object, contacts: &[Person]) -> Result<Self, String> {
        let system = loose::object(item, "system").ok_or("no object `system`")?;
        let mut who = Person::of(item, ["from", "from_user_id", "from_parent_user_id"]);
        if !who.is_known() {
            who = Person::of(system, ["wa_id", "user_id", "parent_user_id"]);
        }
        who.complete(contacts, true);
        let word = loose::text(system, "marketing").ok_or("no `marketing`")?;
        let wish = Wish::read(&word).ok_or("`marketing` is neither `stop` nor `resume`")?;
        let at = loose::time(item, "timestamp").ok_or("no readable `timestamp`")?;
        let detail = loose::text(system, "body");
        Self {
            who,
            wish,
            at,
            detail,
        }
        .checked()
    }

    fn checked(self) -> Result<Self, String> {
        if self.who.is_known() {
            Ok(self)
        } else {
            Err("no `wa_id`, no `user_id` and no contact that fits".to_owned())
        }
    }
}

//! What the business's own side did: messages typed in the phone app, calls, handovers, clicks.

use consent::time::Timestamp;
use serde_json::Value;

use super::{
    content::{self, Content},
    person::Person,
};
use crate::loose::{self, Object};

/// A message that staff typed in the phone app. The gate could not stop it.
#[derive(Debug, Clone, PartialEq)]
pub struct Echo {
    /// To whom it went.
    pub to: Person,
    /// The message.
    pub id: String,
    /// When, on Meta's clock.
    pub at: Timestamp,
    /// What stood in it; none when it could not be read.
    pub content: Option<Content>,
}

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The person at the other end.
    pub who: Person,
    /// Its id.
    pub id: String,
    /// When this happened, on Meta's clock.
    pub at: Timestamp,
    /// Who called. Only a call by the person opens the window.
    pub direction: Direction,
    /// `connect`, `terminate`, …
    pub event: Option<String>,
}

/// Who called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The person.
    Inbound,
    /// The business.
    Outbound,
}

/// Who holds a thread was changed (`messaging_handovers`).
#[derive(Debug, Clone, PartialEq)]
pub struct Handover {
    /// The person whose thread it is, where it says so.
    pub who: Person,
    /// When, where it says so.
    pub at: Option<Timestamp>,
    /// The notice as it came: its shape is not documented.
    pub raw: String,
}

/// A click on a marketing message.
#[derive(Debug, Clone, PartialEq)]
pub struct UserAction {
    /// `marketing_messages_link_click` or `landing_page_view`.
    pub kind: String,
    /// When, where it says so.
    pub at: Option<Timestamp>,
    /// The notice as it came.
    pub raw: String,
}

impl Echo {
    /// Reads one entry of `message_echoes`; the error says what could not be read.
    pub(super) fn of(item: &Object, contacts: &[Person], alone: bool) -> Result<Self, String> {
        let mut to = Person::of(item, ["to", "to_user_id", "to_parent_user_id"]);
        to.complete(contacts, alone);
        if !to.is_known() {
            return Err("no `to`, no `to_user_id` and no contact that fits".to_owned());
        }
        Ok(Self {
            to,
            id: loose::id(item, "id").ok_or("no `id`")?,
            at: loose::time(item, "timestamp").ok_or("no readable `timestamp`")?,
            content: content::kind(item).and_then(|kind| Content::of(item, &kind).ok()),
        })
    }
}

impl Call {
    /// Reads one entry of `calls`; `ours` is the display phone of the number.
    pub(super) fn of(
        item: &Object,
        ours: Option<&str>,
        contacts: &[Person],
        alone: bool,
    ) -> Result<Self, String> {
        let from = loose::text(item, "from");
        let direction = match loose::text(item, "direction").as_deref() {
            Some("USER_INITIATED") => Direction::Inbound,
            Some(_) => Direction::Outbound,
            // Not said: a call from a number that is not ours is the person's.
            None if from.is_some() && from.as_deref() != ours => Direction::Inbound,
            None => Direction::Outbound,
        };
        let names = match direction {
            Direction::Inbound => ["from", "from_user_id", "from_parent_user_id"],
            Direction::Outbound => ["to", "to_user_id", "to_parent_user_id"],
        };
        let mut who = Person::of(item, names);
        who.complete(contacts, alone);
        if !who.is_known() {
            return Err("the person of the call cannot be read".to_owned());
        }
        Ok(Self {
            who,
            id: loose::id(item, "id").ok_or("no `id`")?,
            at: loose::time(item, "timestamp").ok_or("no readable `timestamp`")?,
            direction,
            event: loose::text(item, "event"),
        })
    }
}

impl Handover {
    /// Reads one entry of `messaging_handovers`, or its whole value.
    pub(super) fn of(item: &Object, contacts: &[Person], raw: &str) -> Self {
        let mut who = [
            ["wa_id", "user_id", "parent_user_id"],
            ["from", "from_user_id", "from_parent_user_id"],
        ]
        .into_iter()
        .map(|names| Person::of(item, names))
        .find(Person::is_known)
        .unwrap_or_default();
        who.complete(contacts, true);
        Self {
            who,
            at: loose::time(item, "timestamp"),
            raw: raw.to_owned(),
        }
    }
}

impl UserAction {
    /// Reads one entry of `user_actions`; the error says what could not be read.
    pub(super) fn of(item: &Object) -> Result<Self, String> {
        Ok(Self {
            kind: loose::id(item, "action_type").ok_or("no `action_type`")?,
            at: loose::time(item, "timestamp"),
            raw: Value::Object(item.clone()).to_string(),
        })
    }
}

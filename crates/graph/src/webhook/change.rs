//! A person's number or id changed: what they were called before, and after.

use consent::{alias::Bsuid, phone::Phone, time::Timestamp};

use super::person::Person;
use crate::loose::{self, Object};

/// A change of names. Changes may arrive out of order: link the aliases, keep no "current" one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The id of the system message; none in the older field.
    pub id: Option<String>,
    /// When it happened, on Meta's clock.
    pub at: Timestamp,
    /// What changed.
    pub what: Changed,
    /// The names that end.
    pub before: Person,
    /// The names that hold from now on.
    pub after: Person,
}

/// What changed about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// The telephone number, and with it the business-scoped id.
    Number,
    /// The business-scoped id; whether the number changed cannot be told.
    UserId,
    /// The identity key: a new device, or somebody else with the same number. Both names are the same.
    Identity,
}

impl Changed {
    /// The change that a type of system message tells of.
    pub(super) fn of(kind: &str) -> Option<Self> {
        match kind {
            "user_changed_number" | "customer_changed_number" => Some(Self::Number),
            "user_changed_user_id" => Some(Self::UserId),
            "customer_identity_changed" | "user_identity_changed" => Some(Self::Identity),
            _ => None,
        }
    }
}

impl Change {
    /// Reads a system message of a kind that [`Changed::of`] knows.
    pub(super) fn of_system(
        item: &Object,
        what: Changed,
        contacts: &[Person],
    ) -> Result<Self, String> {
        let system = loose::object(item, "system").ok_or("no object `system`")?;
        let mut before = before(item, system);
        let mut after = after(system);
        let (old, new) = told(&loose::text(system, "body").unwrap_or_default());
        before.hear(old);
        after.hear(new);
        if what == Changed::Identity {
            before.complete(contacts, true);
            after = before.clone();
            after.identity = loose::text(system, "identity").or(after.identity);
        }
        let change = Self {
            id: loose::id(item, "id"),
            at: loose::time(item, "timestamp").ok_or("no readable `timestamp`")?,
            what,
            before,
            after,
        };
        change.checked()
    }

    /// Reads one entry of the withdrawn field `user_id_update`.
    pub(super) fn of_update(item: &Object, contacts: &[Person]) -> Result<Self, String> {
        let mut before = Person::default();
        let mut after = Person {
            phone: loose::phone(item, "wa_id"),
            ..Person::default()
        };
        for name in ["user_id", "parent_user_id"] {
            if let Some(ids) = loose::object(item, name) {
                if let Some(id) = loose::bsuid(ids, "previous") {
                    before.take(id);
                }
                if let Some(id) = loose::bsuid(ids, "current") {
                    after.take(id);
                }
            }
        }
        after.complete(contacts, true);
        let change = Self {
            id: None,
            at: loose::time(item, "timestamp").ok_or("no readable `timestamp`")?,
            what: Changed::UserId,
            before,
            after,
        };
        change.checked()
    }

    fn checked(self) -> Result<Self, String> {
        if self.before.is_known() && self.after.is_known() {
            Ok(self)
        } else {
            Err("the names before or after the change cannot be read".to_owned())
        }
    }
}

fn before(item: &Object, system: &Object) -> Person {
    let mut person = Person {
        phone: loose::phone(item, "from")
            .or_else(|| loose::phone(system, "customer"))
            .or_else(|| loose::phone(system, "previous_wa_id")),
        ..Person::default()
    };
    for name in ["previous_user_id", "previous_parent_user_id"] {
        if let Some(id) = loose::bsuid(system, name) {
            person.take(id);
        }
    }
    person
}

fn after(system: &Object) -> Person {
    let mut person = Person {
        phone: loose::phone(system, "wa_id").or_else(|| loose::phone(system, "new_wa_id")),
        ..Person::default()
    };
    for name in ["user_id", "parent_user_id"] {
        if let Some(id) = loose::bsuid(system, name) {
            person.take(id);
        }
    }
    person
}

/// A name that stood in a sentence.
enum Name {
    Phone(Phone),
    Bsuid(Bsuid),
}

impl Person {
    /// Takes a name from a sentence where no member gave one.
    fn hear(&mut self, name: Option<Name>) {
        match name {
            Some(Name::Phone(phone)) => {
                self.phone.get_or_insert(phone);
            }
            Some(Name::Bsuid(id)) => self.take(id),
            None => {}
        }
    }
}

/// The old and the new name in "User NAME changed from OLD to NEW". NAME is whatever the person
/// chose, so the last "changed from" counts.
fn told(body: &str) -> (Option<Name>, Option<Name>) {
    let Some((_, names)) = body.rsplit_once("changed from ") else {
        return (None, None);
    };
    let Some((old, new)) = names.split_once(" to ") else {
        return (None, None);
    };
    (name(old), name(new))
}

fn name(word: &str) -> Option<Name> {
    let word = word.trim().trim_end_matches('.');
    match word.parse() {
        Ok(id) => Some(Name::Bsuid(id)),
        Err(_) => word.parse().ok().map(Name::Phone),
    }
}

//! The words of messages, opened with the keys of the people who wrote or got them.

use std::collections::BTreeMap;

use consent::id::ContactId;
use store::{
    contact::Person,
    message::{Direction, MessageLine, State},
};

use crate::{
    app::House,
    services::{
        gate::{Beside, CALLBACK_PURPOSE, Said},
        ingest::TEXT_PURPOSE,
    },
    vault::PersonKey,
};

/// The keys of some people.
pub(super) struct Keys(BTreeMap<ContactId, PersonKey>);

impl Keys {
    pub(super) fn of(app: &House, persons: &[Person]) -> Self {
        let open = |person: &Person| {
            let wrapped = person.sealing_key.as_deref()?;
            Some((person.id, app.vault.person(person.id, wrapped).ok()?))
        };
        Self(persons.iter().filter_map(open).collect())
    }

    /// The words of a message, and who of the staff wrote them; none where it has none, or they are not kept.
    pub(super) fn said(&self, line: &MessageLine) -> Option<Said> {
        let (key, sealed) = (self.0.get(&line.contact)?, line.sealed.as_deref()?);
        match (line.direction, line.state) {
            (Direction::In, _) | (Direction::Out, State::Echo) => {
                let words = key.open(TEXT_PURPOSE, sealed).ok()?;
                let text = String::from_utf8(words).ok()?;
                Some(Said { text, by: None })
            }
            (Direction::Out, _) => {
                let beside = key.open(CALLBACK_PURPOSE, sealed).ok()?;
                serde_json::from_slice::<Beside>(&beside).ok()?.said
            }
        }
    }
}

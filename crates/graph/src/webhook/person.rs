//! Who a notice is about, gathered from the item itself and from the contacts beside it.

use consent::{
    alias::{Alias, Bsuid},
    phone::Phone,
};
use serde_json::Value;

use crate::loose::{self, Object};

/// Somebody, by every name that the notice gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// The telephone number (`from`, `recipient_id`, `to`).
    pub phone: Option<Phone>,
    /// WhatsApp's spelling of the number, from the contact.
    pub wa_id: Option<Phone>,
    /// The business-scoped user id.
    pub bsuid: Option<Bsuid>,
    /// The id that spans linked portfolios.
    pub parent: Option<Bsuid>,
    /// The name in the person's profile: a note, never a key.
    pub name: Option<String>,
    /// The username: a note, never a key.
    pub username: Option<String>,
    /// The hash of the person's identity key, when the identity check is on.
    pub identity: Option<String>,
}

impl Person {
    /// Everything that identifies this person, the telephone number first.
    #[must_use]
    pub fn aliases(&self) -> Vec<Alias> {
        let wa_id = self.wa_id.filter(|wa_id| Some(*wa_id) != self.phone);
        [
            self.phone.map(Alias::Phone),
            wa_id.map(Alias::WaId),
            self.bsuid.clone().map(Alias::Bsuid),
            self.parent.clone().map(Alias::ParentBsuid),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Whether anything identifies this person.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        self.phone.is_some()
            || self.wa_id.is_some()
            || self.bsuid.is_some()
            || self.parent.is_some()
    }

    /// Reads a person from named members: (phone, id, parent id).
    pub(super) fn of(item: &Object, names: [&str; 3]) -> Self {
        let [phone, id, parent] = names;
        let mut person = Self {
            phone: loose::phone(item, phone),
            parent: loose::bsuid(item, parent),
            ..Self::default()
        };
        // An id may stand where a number is usual, and a parent id where the person's own is.
        for found in [loose::bsuid(item, id), loose::bsuid(item, phone)]
            .into_iter()
            .flatten()
        {
            person.take(found);
        }
        person
    }

    /// Files an id under what it is.
    pub(super) fn take(&mut self, id: Bsuid) {
        let place = if id.is_parent() {
            &mut self.parent
        } else {
            &mut self.bsuid
        };
        place.get_or_insert(id);
    }

    /// What an entry of `contacts` says.
    pub(super) fn of_contact(item: &Value) -> Option<Self> {
        let item = item.as_object()?;
        let mut person = Self::of(item, ["", "user_id", "parent_user_id"]);
        person.wa_id = loose::phone(item, "wa_id");
        person.identity = loose::text(item, "identity_key_hash");
        if let Some(profile) = loose::object(item, "profile") {
            person.name = loose::text(profile, "name");
            person.username = loose::text(profile, "username");
        }
        Some(person)
    }

    /// Adds what the matching contact says. A contact matches by a number or id that both name; a
    /// lone contact also when `alone` (one item beside one contact) and nothing contradicts.
    pub(super) fn complete(&mut self, contacts: &[Self], alone: bool) {
        let found = contacts.iter().find(|contact| self.shares(contact));
        let found = found.or(match contacts {
            [only] if !self.is_known() || (alone && !self.contradicts(only)) => Some(only),
            _ => None,
        });
        if let Some(contact) = found {
            self.fill(contact);
        }
    }

    fn fill(&mut self, contact: &Self) {
        fn gap<T: Clone>(mine: &mut Option<T>, theirs: &Option<T>) {
            if mine.is_none() {
                mine.clone_from(theirs);
            }
        }
        gap(&mut self.wa_id, &contact.wa_id);
        gap(&mut self.phone, &contact.wa_id);
        gap(&mut self.bsuid, &contact.bsuid);
        gap(&mut self.parent, &contact.parent);
        gap(&mut self.name, &contact.name);
        gap(&mut self.username, &contact.username);
        gap(&mut self.identity, &contact.identity);
    }

    /// The number as one value for all its WhatsApp spellings.
    fn number(&self) -> Option<u64> {
        self.phone.or(self.wa_id).map(Phone::person)
    }

    fn shares(&self, other: &Self) -> bool {
        let same_number = self.number().is_some() && self.number() == other.number();
        let same_id = self.bsuid.is_some() && self.bsuid == other.bsuid;
        let same_parent = self.parent.is_some() && self.parent == other.parent;
        (same_id || same_number || same_parent) && !self.contradicts(other)
    }

    fn contradicts(&self, other: &Self) -> bool {
        fn differ<T: PartialEq>(mine: Option<T>, theirs: Option<T>) -> bool {
            matches!((mine, theirs), (Some(mine), Some(theirs)) if mine != theirs)
        }
        differ(self.number(), other.number())
            || differ(self.bsuid.as_ref(), other.bsuid.as_ref())
            || differ(self.parent.as_ref(), other.parent.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(phone: Option<&str>, bsuid: Option<&str>) -> Person {
        Person {
            phone: phone.map(|text| text.parse().unwrap()),
            bsuid: bsuid.map(|text| text.parse().unwrap()),
            ..Person::default()
        }
    }

    fn contact(wa_id: Option<&str>, bsuid: Option<&str>) -> Person {
        Person {
            wa_id: wa_id.map(|text| text.parse().unwrap()),
            name: Some("Ana".to_owned()),
            ..person(None, bsuid)
        }
    }

    #[test]
    fn a_contact_is_matched_by_what_both_name_and_never_against_a_contradiction() {
        let (bia, ana) = (
            contact(Some("447700900124"), Some("GB.2")),
            contact(Some("447700900123"), Some("GB.1")),
        );
        for (mut who, contacts, alone, want) in [
            (
                person(None, Some("GB.1")),
                vec![bia.clone(), ana.clone()],
                false,
                Some("447700900123"),
            ),
            (
                person(Some("447700900124"), None),
                vec![ana.clone(), bia.clone()],
                false,
                Some("447700900124"),
            ),
            (
                person(None, Some("GB.9")),
                vec![ana.clone(), bia.clone()],
                false,
                None,
            ),
            (person(None, Some("GB.9")), vec![ana.clone()], true, None),
            (
                person(None, None),
                vec![ana.clone()],
                false,
                Some("447700900123"),
            ),
            (
                person(None, None),
                vec![ana.clone(), bia.clone()],
                false,
                None,
            ),
            (
                person(None, Some("GB.1")),
                vec![contact(Some("447700900123"), None)],
                true,
                Some("447700900123"),
            ),
            (
                person(None, Some("GB.1")),
                vec![contact(Some("447700900123"), None)],
                false,
                None,
            ),
        ] {
            who.complete(&contacts, alone);
            assert_eq!(
                who.phone.map(Phone::digits).as_deref(),
                want,
                "{who:?} {contacts:?}"
            );
        }
    }

    #[test]
    fn a_brazilian_number_meets_its_contact_with_or_without_the_ninth_digit() {
        let mut who = person(Some("5511987654321"), None);
        who.complete(
            &[
                contact(Some("551187654321"), Some("BR.1")),
                contact(None, Some("BR.2")),
            ],
            false,
        );
        assert_eq!(who.bsuid.unwrap().as_str(), "BR.1");
        assert_eq!(who.phone.unwrap().digits(), "5511987654321");
    }
}

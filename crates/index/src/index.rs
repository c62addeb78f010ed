//! Both tables together: everybody who can be looked up in memory.

use crate::{
    key::{Found, PhoneKey, UserKey},
    state::State,
    table::{Size, Table},
};

/// Everybody's state, by telephone number and by user id.
#[derive(Debug, Default)]
pub struct Index {
    /// By telephone number.
    pub phones: Table<1>,
    /// By business-scoped user id.
    pub users: Table<2>,
}

impl Index {
    /// An index in which so many people find room without growing.
    #[must_use]
    pub fn with_room_for(phones: usize, users: usize) -> Self {
        Self {
            phones: Table::with_room_for(phones),
            users: Table::with_room_for(users),
        }
    }

    /// Notes what an alias means now: somebody with this state, or nobody. `alias` is an alias's key.
    pub fn note(&self, alias: &str, state: Option<State>) {
        match (Found::read(alias), state) {
            (Found::Phone(key), Some(state)) => self.phones.set(key, state),
            (Found::Phone(key), None) => self.phones.remove(key),
            (Found::User(key), Some(state)) => self.users.set(key, state),
            (Found::User(key), None) => self.users.remove(key),
            (Found::Neither, _) => {}
        }
    }

    /// The state behind a number.
    #[must_use]
    pub fn phone(&self, key: PhoneKey) -> State {
        self.phones.get(key)
    }

    /// The state behind a user id.
    #[must_use]
    pub fn user(&self, key: UserKey) -> State {
        self.users.get(key)
    }

    /// How much both tables hold.
    #[must_use]
    pub fn size(&self) -> Size {
        let (phones, users) = (self.phones.size(), self.users.size());
        Size {
            keys: phones.keys + users.keys,
            bytes: phones.bytes + users.bytes,
        }
    }
}

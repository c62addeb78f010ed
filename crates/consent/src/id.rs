//! Identifiers: one type each, so that a contact can never be passed where an event is wanted.

use std::{fmt, str::FromStr};

use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $noun:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps an id that the caller has made or read.
            #[must_use]
            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }

            /// The UUID inside.
            #[must_use]
            pub const fn get(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                Uuid::try_parse(text).map(Self).map_err(|_| BadId { noun: $noun, text: text.to_owned() })
            }
        }
    };
}

id!(
    /// A person. Never keyed by phone number (DESIGN section 2).
    ContactId, "contact"
);
id!(
    /// One fact that happened.
    EventId, "event"
);
id!(
    /// One attempt to send, claimed by a reservation.
    AttemptId, "attempt"
);
id!(
    /// A subscription that the business defines.
    TopicId, "topic"
);

impl ContactId {
    /// The business itself: events that are about no person (policy, keys, batches) belong to it.
    pub const HOUSE: Self = Self(Uuid::nil());
}

/// A text that was meant to be an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not the id of a {noun}: want a UUID like 0198c0de-0000-7000-8000-000000000000"
)]
pub struct BadId {
    noun: &'static str,
    text: String,
}

/// A business phone number as Meta names it (`phone_number_id`); the sender.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NumberId(Box<str>); // INVARIANT: 1 to 32 ASCII digits.

impl NumberId {
    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NumberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for NumberId {
    type Err = BadNumberId;

    fn from_str(text: &str) -> Result<Self, BadNumberId> {
        let digits =
            !text.is_empty() && text.len() <= 32 && text.bytes().all(|b| b.is_ascii_digit());
        if digits {
            Ok(Self(text.into()))
        } else {
            Err(BadNumberId(text.to_owned()))
        }
    }
}

/// A text that was meant to be a `phone_number_id`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a phone_number_id: want the digits that Meta shows for the number, like 109900000000001"
)]
pub struct BadNumberId(String);

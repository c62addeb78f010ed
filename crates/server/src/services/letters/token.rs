//! The key to a question by e-mail: only who reads the letter has it.
//!
//! It holds the contact's internal id, the letter's, a keyed hash of the address that the letter went to, an end, and a
//! 128-bit tag over all that. It holds no address, and cannot be made without our key.

use consent::{
    alias::{Alias, Email},
    id::ContactId,
    time::{DAY_MS, Timestamp},
};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::vault::{TAG_BYTES, Vault, first};

/// What the tag is for: a preference link is no key here, nor the other way round.
const PURPOSE: &str = "question by e-mail";
/// What the hash of the address is for.
const EMAIL_PURPOSE: &str = "address of a question by e-mail";
/// The form of a token; another form would be another number.
const VERSION: u8 = 1;
/// Bytes of the hash of the address.
const EMAIL_BYTES: usize = 10;
/// Bytes before the tag: version, contact, letter, address, end in seconds.
const BODY_BYTES: usize = 1 + 16 + 16 + EMAIL_BYTES + 4;
/// Characters of a token. Its bytes fill them exactly, so no two texts are one token.
pub const TOKEN_CHARS: usize = (BODY_BYTES + TAG_BYTES) / 3 * 4;
/// How long a question waits for its answer.
pub const LIFE_MS: i64 = 7 * DAY_MS;

const _: () = assert!((BODY_BYTES + TAG_BYTES).is_multiple_of(3));

/// What a token says, once its tag is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Whom the letter was put in line for.
    pub contact: ContactId,
    /// The letter.
    pub letter: Uuid,
    /// From when on it opens nothing any more.
    pub expires: Timestamp,
    email: [u8; EMAIL_BYTES],
}

impl Key {
    /// The key of a letter that was put in line at a time.
    #[must_use]
    pub fn of(
        vault: &Vault,
        (contact, letter): (ContactId, Uuid),
        email: &Email,
        created: Timestamp,
    ) -> Self {
        // A token counts in seconds.
        let end = created.plus_millis(LIFE_MS).millis() / 1_000;
        Self {
            contact,
            letter,
            expires: Timestamp::from_seconds(end),
            email: mark(vault, email),
        }
    }

    /// Reads a token; none when it is not one of ours, byte for byte.
    #[must_use]
    pub fn read(vault: &Vault, token: &str) -> Option<Self> {
        let body: [u8; BODY_BYTES] = vault.read_token(PURPOSE, token)?;
        let (version, rest) = body.split_first()?;
        let (contact, rest) = rest.split_first_chunk::<16>()?;
        let (letter, rest) = rest.split_first_chunk::<16>()?;
        let (email, rest) = rest.split_first_chunk::<EMAIL_BYTES>()?;
        let (end, _) = rest.split_first_chunk::<4>()?;
        (*version == VERSION).then(|| Self {
            contact: ContactId::new(Uuid::from_bytes(*contact)),
            letter: Uuid::from_bytes(*letter),
            expires: Timestamp::from_seconds(i64::from(u32::from_be_bytes(*end))),
            email: *email,
        })
    }

    /// The token.
    #[must_use]
    pub fn write(&self, vault: &Vault) -> String {
        let seconds = self.expires.millis() / 1_000;
        let end = u32::try_from(seconds.max(0)).unwrap_or(u32::MAX);
        let mut bytes = vec![VERSION];
        bytes.extend(self.contact.get().as_bytes());
        bytes.extend(self.letter.as_bytes());
        bytes.extend(self.email);
        bytes.extend(end.to_be_bytes());
        vault.token(PURPOSE, &bytes)
    }

    /// Whether the letter went to this address.
    #[must_use]
    pub fn is_for(&self, vault: &Vault, email: &Email) -> bool {
        mark(vault, email).ct_eq(&self.email).into()
    }
}

/// A keyed hash of an address: tells nothing to whoever reads it.
fn mark(vault: &Vault, email: &Email) -> [u8; EMAIL_BYTES] {
    let key = Alias::Email(email.clone()).key();
    first(&vault.tag(EMAIL_PURPOSE, key.as_bytes()))
}

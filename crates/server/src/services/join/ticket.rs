//! What a form carries hidden: which form in which words it was shown with, when, and that it was sent once only.

use consent::time::{HOUR_MS, Timestamp};
use uuid::Uuid;

use crate::{
    error::Error,
    services::forms::Form,
    vault::{self, Vault, first},
};

/// What the tag of a ticket is for.
const PURPOSE: &str = "ticket of a form";
/// How long a form may stay open before it has to be looked at again.
const GOOD_MS: i64 = 2 * HOUR_MS;
const NONCE_BYTES: usize = 12;
const BODY_BYTES: usize = 16 + 8 + 8 + 32 + NONCE_BYTES;

/// What a ticket says, once its tag is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The form.
    pub form: Uuid,
    /// Its version.
    pub version: i64,
    /// When it was shown.
    pub at: Timestamp,
    /// SHA-256 of all that was shown.
    pub wording: [u8; 32],
    /// What no other ticket has.
    pub nonce: [u8; NONCE_BYTES],
}

impl Ticket {
    /// A ticket for a form that is shown now.
    ///
    /// # Errors
    /// When the machine gives no random bytes.
    pub fn new(form: &Form, wording: [u8; 32], now: Timestamp) -> Result<Self, Error> {
        let random = vault::random().map_err(Error::internal)?;
        Ok(Self {
            form: form.id,
            version: form.version,
            at: now,
            wording,
            nonce: first(&random),
        })
    }

    /// The ticket as the form carries it.
    #[must_use]
    pub fn write(&self, vault: &Vault) -> String {
        let mut bytes = self.form.as_bytes().to_vec();
        bytes.extend(self.version.to_be_bytes());
        bytes.extend(self.at.millis().to_be_bytes());
        bytes.extend(self.wording);
        bytes.extend(self.nonce);
        vault.token(PURPOSE, &bytes)
    }

    /// Reads a ticket; none when it is not one of ours.
    #[must_use]
    pub fn read(vault: &Vault, text: &str) -> Option<Self> {
        let body: [u8; BODY_BYTES] = vault.read_token(PURPOSE, text)?;
        let (form, rest) = body.split_first_chunk::<16>()?;
        let (version, rest) = rest.split_first_chunk::<8>()?;
        let (at, rest) = rest.split_first_chunk::<8>()?;
        let (wording, nonce) = rest.split_first_chunk::<32>()?;
        Some(Self {
            form: Uuid::from_bytes(*form),
            version: i64::from_be_bytes(*version),
            at: Timestamp::from_millis(i64::from_be_bytes(*at)),
            wording: *wording,
            nonce: nonce.try_into().ok()?,
        })
    }

    /// Whether it was shown so lately that what it says still stands before the person's eyes.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        let age = now.millis_since(self.at);
        (0..GOOD_MS).contains(&age)
    }
}

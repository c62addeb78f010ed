//! Salted commitments: what a leaf shows of facts, person and link, and how their owner opens them.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::hash::Hash;

/// Bytes in a salt.
pub const SALT_BYTES: usize = 32;
/// Bytes in a commitment.
pub const COMMITMENT_BYTES: usize = 32;

// HMAC pads a key shorter than this with zeros, so padding it ourselves changes nothing.
const BLOCK_BYTES: usize = 64;

/// Which of a leaf's three commitments is meant. Each has its own domain: one made for the facts
/// never opens as a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// What happened, in the caller's canonical bytes.
    Facts,
    /// Whom it concerns; no bytes if nobody.
    Person,
    /// The leaf hash of the same person's previous event; no bytes if this is the first.
    Link,
}

impl Part {
    /// The three, in the order of the leaf.
    pub const ALL: [Self; 3] = [Self::Facts, Self::Person, Self::Link];

    /// The word for reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Facts => "facts",
            Self::Person => "person",
            Self::Link => "link",
        }
    }

    // INVARIANT: no label is the beginning of another.
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Facts => b"consentry/v1/facts\n",
            Self::Person => b"consentry/v1/person\n",
            Self::Link => b"consentry/v1/link\n",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The 32 random bytes that keep a commitment shut. Whoever destroys the salt makes it unopenable.
#[derive(Clone, PartialEq, Eq)]
pub struct Salt([u8; SALT_BYTES]);

impl Salt {
    /// Takes bytes that the caller drew at random, for this one commitment only.
    pub const fn new(bytes: [u8; SALT_BYTES]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes, for the erasable table.
    pub const fn as_bytes(&self) -> &[u8; SALT_BYTES] {
        &self.0
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(..)")
    }
}

/// `HMAC-SHA-256(salt, label of the part || bytes)`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commitment([u8; COMMITMENT_BYTES]);

impl Commitment {
    /// Commits to bytes under a salt, for one part of a leaf.
    pub fn to(part: Part, salt: &Salt, bytes: &[u8]) -> Self {
        let mut key = [0_u8; BLOCK_BYTES];
        for (slot, byte) in key.iter_mut().zip(salt.0) {
            *slot = byte;
        }
        let mut mac = Hmac::<Sha256>::new(&key.into());
        mac.update(part.label());
        mac.update(bytes);
        Self(mac.finalize().into_bytes().into())
    }

    /// Takes a commitment as it stands in a leaf.
    pub const fn new(bytes: [u8; COMMITMENT_BYTES]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; COMMITMENT_BYTES] {
        &self.0
    }
}

impl fmt::LowerHex for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Commitment({self:x})")
    }
}

/// What proves to a third party what a commitment says: the salt and the bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Opening {
    /// The commitment that this opens.
    pub part: Part,
    /// The salt that it was made with.
    pub salt: Salt,
    /// The bytes committed to.
    pub bytes: Vec<u8>,
}

impl Opening {
    /// Of the facts, in the caller's canonical bytes.
    pub fn facts(salt: Salt, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            part: Part::Facts,
            salt,
            bytes: bytes.into(),
        }
    }

    /// Of the person; empty bytes if the event concerns nobody.
    pub fn person(salt: Salt, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            part: Part::Person,
            salt,
            bytes: bytes.into(),
        }
    }

    /// Of the link to the leaf hash of the person's previous event, if there was one.
    pub fn link(salt: Salt, previous: Option<&Hash>) -> Self {
        let bytes = previous
            .map(|hash| hash.as_bytes().to_vec())
            .unwrap_or_default();
        Self {
            part: Part::Link,
            salt,
            bytes,
        }
    }

    /// The commitment that this opening opens.
    pub fn commitment(&self) -> Commitment {
        Commitment::to(self.part, &self.salt, &self.bytes)
    }

    /// Whether it opens this one; takes the same time whatever the answer.
    pub fn opens(&self, commitment: &Commitment) -> bool {
        self.commitment().0.ct_eq(&commitment.0).into()
    }
}

// What was committed to may be somebody's data: it stays out of logs.
impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opening({}, {} bytes)", self.part, self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn salt() -> Salt {
        Salt::new([7; SALT_BYTES])
    }

    #[test]
    fn a_commitment_is_hmac_under_the_salt_of_label_and_bytes() {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&[7; 32]).unwrap();
        mac.update(b"consentry/v1/facts\nopt_in");
        let want: [u8; 32] = mac.finalize().into_bytes().into();
        assert_eq!(
            Commitment::to(Part::Facts, &salt(), b"opt_in").as_bytes(),
            &want
        );
    }

    #[test]
    fn an_opening_opens_only_its_own_part_salt_and_bytes() {
        let opening = Opening::facts(salt(), "opt_in");
        let commitment = opening.commitment();
        assert!(opening.opens(&commitment));
        assert!(!Opening::person(salt(), "opt_in").opens(&commitment));
        assert!(!Opening::facts(Salt::new([8; 32]), "opt_in").opens(&commitment));
        assert!(!Opening::facts(salt(), "opt_out").opens(&commitment));
    }

    #[test]
    fn a_first_event_links_to_nothing_and_looks_like_any_other() {
        let first = Opening::link(salt(), None);
        let later = Opening::link(salt(), Some(&Hash::of(b"before")));
        assert!(first.bytes.is_empty());
        assert_ne!(first.commitment(), later.commitment());
        assert!(!first.opens(&later.commitment()));
    }

    #[test]
    fn no_label_begins_another() {
        for a in Part::ALL {
            for b in Part::ALL {
                assert!(a == b || !a.label().starts_with(b.label()));
            }
        }
    }

    #[test]
    fn neither_salt_nor_bytes_ever_print() {
        assert_eq!(format!("{:?}", salt()), "Salt(..)");
        let opening = Opening::person(salt(), "ana");
        assert_eq!(format!("{opening:?}"), "Opening(person, 3 bytes)");
    }
}

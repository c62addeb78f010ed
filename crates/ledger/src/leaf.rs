//! The leaf: 112 bytes that say when something of which kind happened, and commit to the rest.

use crate::commitment::{Commitment, Opening, Part};
use crate::hash::Hash;

/// Bytes in an encoded leaf.
pub const LEAF_BYTES: usize = 112;
/// The layout described here.
pub const LEAF_VERSION: u8 = 1;

/// One entry of the ledger. No pseudonym of the person is in it: two leaves of one person have
/// nothing in common unless their salts are shown.
///
/// Encoded, integers in big endian:
///
/// | bytes | what |
/// |---|---|
/// | 0 | version, 1 |
/// | 1 | kind: the caller's number for the kind of event |
/// | 2 | flags |
/// | 3 | schema: the caller's number for the encoding of the facts |
/// | 4..8 | reserved, zero |
/// | 8..16 | time of recording, seconds since 1970 |
/// | 16..48 | commitment to the facts |
/// | 48..80 | commitment to the person |
/// | 80..112 | commitment to the link |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Leaf {
    /// The kind of event; what the numbers mean is said where events are defined.
    pub kind: u8,
    /// What a reader without openings may know.
    pub flags: Flags,
    /// The version of the encoding of the facts.
    pub schema: u8,
    /// When it was recorded, in seconds since 1970.
    pub time: u64,
    /// To the facts.
    pub facts: Commitment,
    /// To the person; to no bytes if the event concerns nobody.
    pub person: Commitment,
    /// To the leaf hash of the person's previous event; to no bytes if there is none.
    pub link: Commitment,
}

/// A set of flags of a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Flags(u8);

impl Flags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// Stands for a batch of reservations: the facts commit to the whole list.
    pub const BATCH: Self = Self(1);
    /// Concerns the house and no person: a change of policy or of staff.
    pub const HOUSE: Self = Self(2);
    /// The facts carry a time of occurrence that a caller claimed; the leaf's time is ours.
    pub const CLAIMED: Self = Self(4);

    const KNOWN: u8 = Self::BATCH.0 | Self::HOUSE.0 | Self::CLAIMED.0;

    /// These and the others.
    #[must_use]
    pub const fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Whether all of the others are set.
    pub const fn has(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// The byte as it stands in the leaf.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Reads the byte; none if it has a bit that is not a flag.
    pub const fn from_bits(bits: u8) -> Option<Self> {
        if bits & !Self::KNOWN == 0 {
            Some(Self(bits))
        } else {
            None
        }
    }
}

/// The bytes are no leaf.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadLeaf {
    /// Not 112 bytes.
    #[error("a leaf of `{0}` bytes: want 112")]
    Length(usize),
    /// A version that this code does not know.
    #[error("leaf version `{0}`: want 1")]
    Version(u8),
    /// A bit that is not a flag.
    #[error("leaf flags `{0:#010b}`: want only the three lowest bits")]
    Flags(u8),
    /// The reserved bytes are not zero.
    #[error("reserved bytes of the leaf are `{0:#010x}`: want zero")]
    Reserved(u32),
}

impl Leaf {
    /// The 112 bytes that are hashed, stored and handed out.
    pub fn encode(&self) -> [u8; LEAF_BYTES] {
        let mut bytes = [0; LEAF_BYTES];
        let head = [
            LEAF_VERSION,
            self.kind,
            self.flags.bits(),
            self.schema,
            0,
            0,
            0,
            0,
        ];
        let time = self.time.to_be_bytes();
        let commitments = Part::ALL.map(|part| *self.commitment(part).as_bytes());
        let all = head
            .into_iter()
            .chain(time)
            .chain(commitments.into_iter().flatten());
        for (slot, byte) in bytes.iter_mut().zip(all) {
            *slot = byte;
        }
        bytes
    }

    /// Reads a leaf; what it accepts, it would encode to the very same bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadLeaf> {
        let bytes: &[u8; LEAF_BYTES] =
            bytes.try_into().map_err(|_| BadLeaf::Length(bytes.len()))?;
        let length = || BadLeaf::Length(bytes.len());
        let ([version, kind, flags, schema], rest) =
            bytes.split_first_chunk().ok_or_else(length)?;
        let (reserved, rest) = rest.split_first_chunk().ok_or_else(length)?;
        let (time, rest) = rest.split_first_chunk().ok_or_else(length)?;
        let (facts, rest) = rest.split_first_chunk().ok_or_else(length)?;
        let (person, link) = rest.split_first_chunk().ok_or_else(length)?;
        if *version != LEAF_VERSION {
            return Err(BadLeaf::Version(*version));
        }
        if *reserved != [0; 4] {
            return Err(BadLeaf::Reserved(u32::from_be_bytes(*reserved)));
        }
        Ok(Self {
            kind: *kind,
            flags: Flags::from_bits(*flags).ok_or(BadLeaf::Flags(*flags))?,
            schema: *schema,
            time: u64::from_be_bytes(*time),
            facts: Commitment::new(*facts),
            person: Commitment::new(*person),
            link: Commitment::new(link.try_into().map_err(|_| length())?),
        })
    }

    /// Its hash in the tree.
    pub fn hash(&self) -> Hash {
        Hash::of_leaf(&self.encode())
    }

    /// One of its commitments.
    pub const fn commitment(&self, part: Part) -> &Commitment {
        match part {
            Part::Facts => &self.facts,
            Part::Person => &self.person,
            Part::Link => &self.link,
        }
    }

    /// Whether the opening opens the commitment that it names.
    pub fn opened_by(&self, opening: &Opening) -> bool {
        opening.opens(self.commitment(opening.part))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::commitment::Salt;

    fn sample() -> Leaf {
        Leaf {
            kind: 3,
            flags: Flags::CLAIMED,
            schema: 1,
            time: 0x0102_0304_0506_0708,
            facts: Commitment::new([0xfa; 32]),
            person: Commitment::new([0x9e; 32]),
            link: Commitment::new([0x11; 32]),
        }
    }

    #[test]
    fn the_layout_is_the_one_in_the_table() {
        let bytes = sample().encode();
        assert_eq!(
            bytes[..16],
            [1, 3, 4, 1, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]
        );
        assert_eq!(bytes[16..48], [0xfa; 32]);
        assert_eq!(bytes[48..80], [0x9e; 32]);
        assert_eq!(bytes[80..], [0x11; 32]);
    }

    #[test]
    fn what_is_not_a_leaf_is_refused_with_the_reason() {
        let good = sample().encode();
        let with = |at: usize, byte: u8| {
            let mut bytes = good;
            bytes[at] = byte;
            Leaf::decode(&bytes).unwrap_err()
        };
        assert_eq!(with(0, 2), BadLeaf::Version(2));
        assert_eq!(with(2, 8), BadLeaf::Flags(8));
        assert_eq!(with(7, 1), BadLeaf::Reserved(1));
        assert_eq!(Leaf::decode(&good[1..]), Err(BadLeaf::Length(111)));
        assert_eq!(Leaf::decode(&[]), Err(BadLeaf::Length(0)));
        assert_eq!(
            Leaf::decode(&[good.as_slice(), &[0]].concat()),
            Err(BadLeaf::Length(113))
        );
    }

    #[test]
    fn each_commitment_opens_only_where_it_stands() {
        let salt = |n| Salt::new([n; 32]);
        let openings = [
            Opening::facts(salt(1), "f"),
            Opening::person(salt(2), "p"),
            Opening::link(salt(3), None),
        ];
        let [facts, person, link] = openings.each_ref().map(Opening::commitment);
        let leaf = Leaf {
            facts,
            person,
            link,
            ..sample()
        };
        assert!(openings.iter().all(|opening| leaf.opened_by(opening)));
        let moved = Leaf {
            facts: person,
            person: facts,
            ..leaf
        };
        assert!(!moved.opened_by(&openings[0]) && !moved.opened_by(&openings[1]));
    }

    proptest! {
        #[test]
        fn any_112_bytes_are_refused_or_encode_to_themselves(
            mut bytes in prop::collection::vec(any::<u8>(), LEAF_BYTES), mend in any::<bool>(),
        ) {
            if mend {
                bytes[0] = 1;
                bytes[2] &= 7;
                bytes[4..8].fill(0);
            }
            match Leaf::decode(&bytes) {
                Ok(leaf) => prop_assert_eq!(leaf.encode().to_vec(), bytes),
                Err(_) => prop_assert!(!mend),
            }
        }
    }
}

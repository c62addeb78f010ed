//! SHA-256 hashes, and the ways RFC 6962 makes them: of a leaf, of two children, of nothing.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// Bytes in a hash, and so in each slot of a tile.
pub const HASH_BYTES: usize = 32;

const LEAF_PREFIX: [u8; 1] = [0];
const NODE_PREFIX: [u8; 1] = [1];

/// A SHA-256 hash. Prints as base64, the form of the C2SP formats; `{:x}` prints hex.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; HASH_BYTES]);

impl Hash {
    /// Takes the 32 bytes as they are.
    pub const fn new(bytes: [u8; HASH_BYTES]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; HASH_BYTES] {
        &self.0
    }

    /// Plain SHA-256 of some bytes, with no prefix: for wordings and raw bodies, not for the tree.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The hash of a leaf: SHA-256(0x00 || bytes).
    pub fn of_leaf(bytes: &[u8]) -> Self {
        let digest = Sha256::new().chain_update(LEAF_PREFIX).chain_update(bytes);
        Self(digest.finalize().into())
    }

    /// The hash of an inner node: SHA-256(0x01 || left || right).
    pub fn of_node(left: &Self, right: &Self) -> Self {
        let digest = Sha256::new().chain_update(NODE_PREFIX);
        Self(
            digest
                .chain_update(left.0)
                .chain_update(right.0)
                .finalize()
                .into(),
        )
    }

    /// The root of a tree without leaves: SHA-256 of nothing.
    pub fn of_empty_tree() -> Self {
        Self::of(&[])
    }

    /// Lower-case hex.
    pub fn hex(&self) -> String {
        format!("{self:x}")
    }

    /// Reads concatenated hashes, as tiles hold them; none if the length is not a multiple of 32.
    pub fn list(bytes: &[u8]) -> Option<Vec<Self>> {
        let (whole, rest) = bytes.as_chunks::<HASH_BYTES>();
        rest.is_empty()
            .then(|| whole.iter().map(|chunk| Self(*chunk)).collect())
    }

    /// Concatenates hashes, as tiles hold them.
    pub fn concat(hashes: &[Self]) -> Vec<u8> {
        hashes.iter().flat_map(|hash| hash.0).collect()
    }
}

/// The root of a perfect subtree over `row`, whose length must be a power of two.
pub(crate) fn perfect_root(row: &[Hash]) -> Hash {
    debug_assert!(
        row.len().is_power_of_two(),
        "a perfect subtree has 2^k leaves"
    );
    let mut row = row.to_vec();
    while row.len() > 1 {
        let (pairs, _) = row.as_chunks::<2>();
        row = pairs
            .iter()
            .map(|[left, right]| Hash::of_node(left, right))
            .collect();
    }
    row.first().copied().unwrap_or_else(Hash::of_empty_tree)
}

/// The root over perfect subtrees that shrink from left to right.
pub(crate) fn fold_peaks(peaks: &[Hash]) -> Hash {
    let folded = peaks
        .iter()
        .rev()
        .copied()
        .reduce(|right, left| Hash::of_node(&left, &right));
    folded.unwrap_or_else(Hash::of_empty_tree)
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Base64Display::new(&self.0, &STANDARD).fmt(f)
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

impl fmt::LowerHex for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The text is no hash in base64.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a hash: want 32 bytes in padded base64")]
pub struct BadHash(String);

impl FromStr for Hash {
    type Err = BadHash;

    fn from_str(text: &str) -> Result<Self, BadHash> {
        let bad = || BadHash(text.chars().take(64).collect());
        let bytes = STANDARD.decode(text).map_err(|_| bad())?;
        bytes.try_into().map(Self).map_err(|_| bad())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_tree_is_sha_256_of_nothing() {
        assert_eq!(
            Hash::of_empty_tree().hex(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    #[test]
    fn a_hash_reads_back_and_only_from_its_one_spelling() {
        let hash = Hash::of_leaf(b"leaf");
        let text = hash.to_string();
        assert_eq!(text.parse(), Ok(hash));
        for wrong in [
            "",
            "AAAA",
            text.trim_end_matches('='),
            &format!(" {text}"),
            &format!("{text}\n"),
        ] {
            assert!(wrong.parse::<Hash>().is_err(), "{wrong:?}");
        }
        // The last digit before the padding has two bits to spare: they must be zero.
        let zero = Hash::new([0; 32]).to_string().replace("A=", "B=");
        assert!(zero.parse::<Hash>().is_err());
    }

    #[test]
    fn hashes_are_stored_end_to_end() {
        let two = [Hash::of(b"a"), Hash::of(b"b")];
        let bytes = Hash::concat(&two);
        assert_eq!(Hash::list(&bytes), Some(two.to_vec()));
        assert_eq!(Hash::list(&bytes[1..]), None);
    }
}

//! Secrets that anybody can see are the simulator's, ids that look like Meta's, and comparing in constant time.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// How every secret made here begins, so that a real deployment can refuse them.
pub const SECRET_PREFIX: &str = "sandbox-";

const SECRET_BYTES: usize = 20;

pub fn make(what: &str) -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; SECRET_BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(format!("{SECRET_PREFIX}{what}-{}", hex::encode(bytes)))
}

pub fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

/// A message id in Meta's form; the number behind it makes it unique within a process.
pub fn wamid(salt: u64, count: u64) -> String {
    let mut bytes = *b"sandbox:................";
    if let Some(room) = bytes.get_mut(8..16) {
        room.copy_from_slice(&salt.to_be_bytes());
    }
    if let Some(room) = bytes.get_mut(16..24) {
        room.copy_from_slice(&count.to_be_bytes());
    }
    format!("wamid.{}", STANDARD.encode(bytes))
}

/// `count` decimal digits that follow from `text` alone; the first is never 0.
pub fn digits_of(text: &str, count: usize) -> String {
    let hash = Sha256::digest(text.as_bytes());
    let digits = hash.iter().cycle().take(count).enumerate();
    digits
        .map(|(at, byte)| char::from(b'0' + if at == 0 { byte % 9 + 1 } else { byte % 10 }))
        .collect()
}

/// A small generator for shuffles and ids: the same seed gives the same run.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed ^ 0x9E37_79B9_7F4A_7C15)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = usize::try_from(self.next() % (last as u64 + 1)).unwrap_or(0);
            items.swap(last, other);
        }
    }
}

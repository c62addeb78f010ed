//! The sum of a table: the same for the same rows, in whatever order they come.

use sha2::{Digest, Sha256};
use store::transfer::Cell;

/// How many rows, and the sum of their hashes in lanes of 64 bits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) rows: u64,
    lanes: [u64; 4],
}

impl Sum {
    pub(super) fn add(&mut self, row: &[Cell]) {
        let mut hash = Sha256::new();
        for cell in row {
            let (kind, bytes): (u8, &[u8]) = match cell {
                Cell::Null => (0, &[]),
                Cell::Int(number) => (1, &number.to_be_bytes()),
                Cell::Text(text) => (2, text.as_bytes()),
                Cell::Blob(bytes) => (3, bytes),
            };
            hash.update([kind]);
            hash.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(bytes);
        }
        let digest: [u8; 32] = hash.finalize().into();
        let (words, _) = digest.as_chunks::<8>();
        for (lane, word) in self.lanes.iter_mut().zip(words) {
            *lane = lane.wrapping_add(u64::from_be_bytes(*word));
        }
        self.rows += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(rows: &[Vec<Cell>]) -> Sum {
        let mut sum = Sum::default();
        rows.iter().for_each(|row| sum.add(row));
        sum
    }

    #[test]
    fn the_order_of_rows_does_not_matter_and_every_value_does() {
        let text = |text: &str| Cell::Text(text.to_owned());
        let (a, b) = (vec![text("a"), Cell::Null], vec![text("b"), Cell::Int(1)]);
        let whole = sum(&[a.clone(), b.clone()]);
        assert_eq!(whole, sum(&[b.clone(), a.clone()]));
        for other in [
            vec![a.clone()],
            vec![a.clone(), b.clone(), b.clone()],
            vec![a.clone(), a.clone()],
            vec![a.clone(), vec![text("b"), Cell::Int(2)]],
            vec![vec![text("a"), Cell::Blob(vec![])], b.clone()],
            vec![vec![text(""), text("a")], b],
        ] {
            assert_ne!(whole, sum(&other), "{other:?}");
        }
    }
}

//! Who gets which variant: decided by a hash, so that it can be told again at any time without a list.

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The variant of one person: an index into `shares`, whose sizes are in proportion to each other.
///
/// The same seed, person and shares give the same variant in every version of this program. Another seed
/// (one for each campaign) deals the people anew. A variant with share 0 gets nobody; without any share
/// everybody gets the first.
#[must_use]
pub fn split(seed: [u8; 16], contact: Uuid, shares: &[u16]) -> usize {
    let total: u64 = shares.iter().copied().map(u64::from).sum();
    let point = u128::from(hash(seed, contact));
    // Which of `total` equal parts of the whole range the point lies in.
    let mut part = (point * u128::from(total)) >> u64::BITS;
    for (at, share) in shares.iter().enumerate() {
        let share = u128::from(*share);
        if part < share {
            return at;
        }
        part -= share;
    }
    0
}

fn hash(seed: [u8; 16], contact: Uuid) -> u64 {
    let digest = Sha256::new()
        .chain_update(b"consentry draw 1\0")
        .chain_update(seed)
        .chain_update(contact.as_bytes())
        .finalize();
    digest
        .iter()
        .take(8)
        .fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    #[test]
    fn a_person_gets_the_same_variant_in_every_version() {
        // Computed outside this program, with Python's hashlib.
        assert_eq!(hash([1; 16], Uuid::from_u128(42)), 0x1d2f_0102_35d1_ef89);
        let variants: Vec<usize> = (0..16)
            .map(|n| split([1; 16], Uuid::from_u128(n), &[50, 30, 20]))
            .collect();
        assert_eq!(variants, [1, 0, 1, 1, 2, 0, 0, 1, 1, 2, 0, 0, 2, 0, 0, 2]);
    }

    #[test]
    fn without_shares_everybody_gets_the_first() {
        assert_eq!(split([0; 16], Uuid::from_u128(1), &[]), 0);
        assert_eq!(split([0; 16], Uuid::from_u128(1), &[0, 0]), 0);
    }

    #[test]
    fn another_campaign_deals_the_people_anew() {
        let same = (0..4000)
            .map(Uuid::from_u128)
            .filter(|who| split([1; 16], *who, &[1, 1]) == split([2; 16], *who, &[1, 1]))
            .count();
        assert!((1800..2200).contains(&same), "{same}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Five standard deviations and one person: a fair draw fails once in a million variants.
        #[test]
        fn the_shares_come_out_even(
            seed in any::<[u8; 16]>(),
            first in any::<u128>(),
            shares in vec(0_u16..=1000, 1..6),
        ) {
            const PEOPLE: u32 = 4000;
            let total: f64 = shares.iter().copied().map(f64::from).sum();
            prop_assume!(total > 0.0);
            let mut counts = vec![0_u32; shares.len()];
            for n in 0..PEOPLE {
                let who = Uuid::from_u128(first.wrapping_add(u128::from(n)));
                counts[split(seed, who, &shares)] += 1;
            }
            for (count, share) in counts.iter().zip(&shares) {
                let part = f64::from(*share) / total;
                let want = f64::from(PEOPLE) * part;
                let bound = 5.0 * (want * (1.0 - part)).sqrt() + 1.0;
                prop_assert!((f64::from(*count) - want).abs() <= bound, "{counts:?} {shares:?}");
                prop_assert!(*share > 0 || *count == 0);
            }
        }

        #[test]
        fn whoever_has_a_variant_keeps_it_when_the_first_share_grows(
            seed in any::<[u8; 16]>(),
            who in any::<u128>(),
            share in 1_u16..100,
        ) {
            let who = Uuid::from_u128(who);
            let before = split(seed, who, &[share, 100 - share]);
            let after = split(seed, who, &[share + 1, 99 - share]);
            prop_assert!(after <= before);
        }
    }
}

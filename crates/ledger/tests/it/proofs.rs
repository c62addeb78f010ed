//! Proofs: the published ones, every one at the borders of tiles, and none for a wrong claim.

use proptest::prelude::*;

use ledger::hash::Hash;
use ledger::proof::{BadProof, Head, Plan, check_consistency, check_inclusion, root_of};
use ledger::tile::{SIZE_MAX, Tiles};

use crate::kept::{Kept, synthetic};
use crate::trees::{ROOTS, defined_root, published_leaves};

fn published(size: usize) -> Kept {
    let mut kept = Kept::default();
    let growth = kept.edge.append(&published_leaves()[..size]).unwrap();
    kept.store(growth);
    kept
}

fn head(kept: &Kept, size: u64) -> Head {
    Head {
        size,
        root: kept.root_at(size),
    }
}

/// The example of RFC 6962, section 2.1.3, drawn over the first seven published leaves.
#[test]
fn the_paths_are_those_of_the_rfc_s_example() {
    let kept = published(7);
    let leaves = published_leaves();
    let range = |from: usize, to: usize| defined_root(&leaves[from..to]);
    let (a, b, c) = (leaves[0], leaves[1], leaves[2]);
    let (g, h, i, j) = (range(0, 2), range(2, 4), range(4, 6), leaves[6]);
    let (k, l) = (range(0, 4), range(4, 7));
    let path = |index| kept.compute(&Plan::inclusion(index, 7).unwrap());
    assert_eq!(path(0), [b, h, l]);
    assert_eq!(path(3), [c, g, l]);
    assert_eq!(path(4), [leaves[5], j, k]);
    assert_eq!(path(6), [i, k]);
    assert_eq!(path(1), [a, h, l]);
    let grown = |old| kept.compute(&Plan::consistency(old, 7).unwrap());
    assert_eq!(grown(3), [c, leaves[3], g, l]);
    assert_eq!(grown(4), [l]);
    assert_eq!(grown(6), [i, j, k]);
}

/// Published with the eight leaves: the root's neighbours on the way from the first leaf.
#[test]
fn the_published_tree_is_proved_from_published_hashes() {
    let path: Vec<Hash> = [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]
    .iter()
    .map(|hash| Hash::new(hex::decode(hash).unwrap().try_into().unwrap()))
    .collect();
    let kept = published(8);
    assert_eq!(kept.compute(&Plan::inclusion(0, 8).unwrap()), path);
    assert_eq!(kept.compute(&Plan::consistency(1, 8).unwrap()), path);
    assert_eq!(
        root_of(0, 8, &published_leaves()[0], &path).unwrap().hex(),
        ROOTS[8]
    );
}

#[test]
fn every_leaf_is_proved_at_every_small_size() {
    let kept = Kept::of_hashes(70);
    for size in 1..=70 {
        let head = head(&kept, size);
        for index in 0..size {
            let path = kept.compute(&Plan::inclusion(index, size).unwrap());
            check_inclusion(index, &synthetic(index), &path, &head).unwrap();
        }
        for old in 0..=size {
            let path = kept.compute(&Plan::consistency(old, size).unwrap());
            check_consistency(&self::head(&kept, old), &head, &path).unwrap();
        }
    }
}

#[test]
fn leaves_are_proved_on_both_sides_of_every_border_of_tiles() {
    let kept = Kept::of_hashes(65_537 + 300);
    for size in [
        254, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 65_800,
    ] {
        let head = head(&kept, size);
        for index in [
            0,
            1,
            127,
            128,
            253,
            254,
            255,
            256,
            257,
            511,
            512,
            65_534,
            65_535,
            65_536,
            size - 1,
        ] {
            if index < size {
                let path = kept.compute(&Plan::inclusion(index, size).unwrap());
                check_inclusion(index, &synthetic(index), &path, &head).unwrap();
            }
        }
        for old in [
            0,
            1,
            2,
            255,
            256,
            257,
            512,
            65_535,
            65_536,
            65_537,
            size - 1,
            size,
        ] {
            if old <= size {
                let path = kept.compute(&Plan::consistency(old, size).unwrap());
                check_consistency(&self::head(&kept, old), &head, &path).unwrap();
            }
        }
    }
}

#[test]
fn a_proof_needs_few_tiles_and_says_which_is_missing() {
    let kept = Kept::of_hashes(70_000);
    let plan = Plan::inclusion(3, 70_000).unwrap();
    let names: Vec<String> = plan.tiles().iter().map(ToString::to_string).collect();
    assert_eq!(
        names,
        [
            "tile/0/000",
            "tile/0/273.p/112",
            "tile/1/000",
            "tile/1/001.p/17"
        ]
    );
    let mut tiles = Tiles::default();
    for id in plan.tiles() {
        let missing = plan.compute(&tiles).unwrap_err();
        assert!(plan.tiles().contains(&missing.0), "{missing}");
        let bytes = kept.tile(id).unwrap();
        tiles
            .insert(id.level, id.index, &bytes[..bytes.len() - 32])
            .ok();
        tiles.insert(id.level, id.index, &bytes).unwrap();
    }
    assert_eq!(plan.compute(&tiles).unwrap().len(), 17);
    assert!(tiles.insert(0, 0, &[0; 33]).is_err());
    assert!(tiles.insert(0, 0, &[]).is_err());
    assert!(tiles.insert(0, 0, &[0; 257 * 32]).is_err());
}

#[test]
fn claims_that_cannot_be_are_refused_with_the_reason() {
    let hash = synthetic(0);
    assert_eq!(
        Plan::inclusion(7, 7),
        Err(BadProof::IndexBeyondSize { index: 7, size: 7 })
    );
    assert_eq!(
        root_of(0, 0, &hash, &[]),
        Err(BadProof::IndexBeyondSize { index: 0, size: 0 })
    );
    assert_eq!(
        root_of(0, 8, &hash, &[]),
        Err(BadProof::Length { have: 0, want: 3 })
    );
    assert_eq!(
        Plan::consistency(8, 7),
        Err(BadProof::Shrunk { old: 8, new: 7 })
    );
    assert_eq!(
        Plan::inclusion(0, u64::MAX),
        Err(BadProof::TooLarge(u64::MAX))
    );
    assert!(Plan::inclusion(0, SIZE_MAX).unwrap().tiles().len() <= 16);
    let head = |size, root| Head { size, root };
    let empty = head(0, Hash::of_empty_tree());
    assert_eq!(check_consistency(&empty, &head(5, hash), &[]), Ok(()));
    assert!(check_consistency(&head(0, hash), &head(5, hash), &[]).is_err());
    assert!(check_consistency(&head(5, hash), &head(5, synthetic(1)), &[]).is_err());
    assert_eq!(
        check_consistency(&head(5, hash), &head(5, hash), &[]),
        Ok(())
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_proof_holds_for_its_own_leaf_index_size_and_hashes_only(
        size in 1_u64..2_000, pick in any::<u64>(), other in any::<u64>(), bit in any::<usize>(),
    ) {
        let kept = Kept::of_hashes(size);
        let index = pick % size;
        let head = head(&kept, size);
        let leaf = synthetic(index);
        let path = kept.compute(&Plan::inclusion(index, size).unwrap());
        prop_assert_eq!(check_inclusion(index, &leaf, &path, &head), Ok(()));
        if other % size != index {
            prop_assert!(check_inclusion(other % size, &leaf, &path, &head).is_err());
        }
        prop_assert!(check_inclusion(index, &flip(leaf, bit), &path, &head).is_err());
        let elsewhere = Head { root: flip(head.root, bit), ..head };
        prop_assert!(check_inclusion(index, &leaf, &path, &elsewhere).is_err());
        prop_assert!(check_inclusion(index, &leaf, &[&path[..], &[leaf]].concat(), &head).is_err());
        if let Some((_, short)) = path.split_last() {
            prop_assert!(check_inclusion(index, &leaf, short, &head).is_err());
            let mut bent = path.clone();
            let at = bit % bent.len();
            bent[at] = flip(bent[at], bit);
            prop_assert!(check_inclusion(index, &leaf, &bent, &head).is_err());
        }
    }

    #[test]
    fn a_log_that_was_rewritten_is_not_consistent(
        new in 2_u64..2_000, pick in any::<u64>(), bit in any::<usize>(),
    ) {
        let kept = Kept::of_hashes(new);
        let old = 1 + pick % (new - 1);
        let (before, after) = (head(&kept, old), head(&kept, new));
        let path = kept.compute(&Plan::consistency(old, new).unwrap());
        prop_assert_eq!(check_consistency(&before, &after, &path), Ok(()));
        let bend = |head: &Head| Head { root: flip(head.root, bit), ..*head };
        prop_assert!(check_consistency(&bend(&before), &after, &path).is_err());
        prop_assert!(check_consistency(&before, &bend(&after), &path).is_err());
        prop_assert!(check_consistency(&before, &after, &path[1..]).is_err());
        for at in 0..path.len() {
            let mut bent = path.clone();
            bent[at] = flip(bent[at], bit);
            prop_assert!(check_consistency(&before, &after, &bent).is_err());
        }
    }
}

fn flip(hash: Hash, bit: usize) -> Hash {
    let mut bytes = *hash.as_bytes();
    bytes[bit / 8 % 32] ^= 1 << (bit % 8);
    Hash::new(bytes)
}

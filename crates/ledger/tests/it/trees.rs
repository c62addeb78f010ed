//! The tree: published roots, and the same tree however it was grown.

use proptest::prelude::*;

use ledger::hash::Hash;
use ledger::tile::SIZE_MAX;
use ledger::tree::{BadEdge, Edge};

use crate::kept::{Kept, synthetic};

/// The eight leaves with which the first implementation of Certificate Transparency was tested.
pub const LEAVES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];

/// The roots over the first 0, 1, ... 8 of them, as published.
pub const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

pub fn published_leaves() -> Vec<Hash> {
    LEAVES
        .iter()
        .map(|leaf| Hash::of_leaf(&hex::decode(leaf).unwrap()))
        .collect()
}

/// The definition of RFC 6962, section 2.1, word for word; slow and plain.
pub fn defined_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::of_empty_tree(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            Hash::of_node(&defined_root(left), &defined_root(right))
        }
    }
}

#[test]
fn the_published_leaves_give_the_published_roots() {
    let mut edge = Edge::new();
    assert_eq!(edge.root().hex(), ROOTS[0]);
    for (leaf, root) in published_leaves().into_iter().zip(&ROOTS[1..]) {
        assert_eq!(edge.append(&[leaf]).unwrap().root.hex(), *root);
    }
}

#[test]
fn every_root_is_the_one_that_the_rfc_defines() {
    let leaves: Vec<Hash> = (0..600).map(synthetic).collect();
    let mut edge = Edge::new();
    for (size, leaf) in leaves.iter().enumerate() {
        assert_eq!(edge.root(), defined_root(&leaves[..size]), "{size}");
        edge.append(&[*leaf]).unwrap();
    }
}

#[test]
fn tiles_hold_what_the_specification_says_at_their_borders() {
    for (size, full, partial) in [
        (0, 0, vec![]),
        (1, 0, vec![(0, 1)]),
        (255, 0, vec![(0, 255)]),
        (256, 1, vec![(1, 1)]),
        (257, 1, vec![(0, 1), (1, 1)]),
        (65_535, 255, vec![(0, 255), (1, 255)]),
        (65_536, 257, vec![(2, 1)]),
        (65_537, 257, vec![(0, 1), (2, 1)]),
        (70_000, 274, vec![(0, 112), (1, 17), (2, 1)]),
    ] {
        let kept = Kept::of_hashes(size);
        assert_eq!(kept.full.len(), full, "{size}");
        let widths = kept
            .edge
            .partial()
            .into_iter()
            .map(|tile| (tile.level, tile.hashes.len()));
        assert_eq!(widths.collect::<Vec<_>>(), partial, "{size}");
    }
}

#[test]
fn a_level_that_emptied_is_reported_so() {
    let mut edge = Kept::of_hashes(255).edge;
    let growth = edge.append(&[synthetic(255)]).unwrap();
    assert_eq!(
        (growth.first, growth.size, growth.full.len()),
        (255, 256, 1)
    );
    let widths: Vec<_> = growth
        .partial
        .iter()
        .map(|tile| (tile.level, tile.hashes.len()))
        .collect();
    assert_eq!(widths, [(0, 0), (1, 1)]);
    let none = edge.append(&[]).unwrap();
    assert_eq!((none.first, none.size, none.root), (256, 256, edge.root()));
    assert!(none.full.is_empty() && none.partial.is_empty());
}

#[test]
fn an_edge_that_does_not_fit_its_size_is_refused() {
    let rows = |size: u64| Kept::of_hashes(size).partial;
    assert_eq!(
        Edge::restore(300, rows(301)),
        Err(BadEdge::Width {
            level: 0,
            have: 45 * 32,
            want: 44 * 32,
            size: 300
        })
    );
    assert_eq!(
        Edge::restore(300, rows(44)),
        Err(BadEdge::Width {
            level: 1,
            have: 0,
            want: 32,
            size: 300
        })
    );
    assert_eq!(
        Edge::restore(44, rows(300)),
        Err(BadEdge::Width {
            level: 1,
            have: 32,
            want: 0,
            size: 44
        })
    );
    let none: [(u8, Vec<u8>); 0] = [];
    assert_eq!(
        Edge::restore(u64::MAX, none),
        Err(BadEdge::TooLarge(u64::MAX))
    );
}

#[test]
fn the_largest_log_takes_no_further_leaf() {
    let row = |level: u8, width: usize| (level, vec![7; width * 32]);
    let rows = (0..8).map(|level| row(level, if level == 7 { 127 } else { 255 }));
    let mut edge = Edge::restore(SIZE_MAX, rows).unwrap();
    let before = edge.clone();
    assert_eq!(
        edge.append(&[synthetic(0)]),
        Err(BadEdge::TooLarge(SIZE_MAX + 1))
    );
    assert_eq!(edge, before);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_batching_and_any_restart_give_the_same_log(
        batches in prop::collection::vec((0_u64..400, any::<bool>()), 1..8),
    ) {
        let mut kept = Kept::default();
        for (count, restart) in batches {
            let from = kept.edge.size();
            let hashes: Vec<Hash> = (from..from + count).map(synthetic).collect();
            let growth = kept.edge.append(&hashes).unwrap();
            prop_assert_eq!((growth.first, growth.size), (from, from + count));
            prop_assert_eq!(growth.root, kept.edge.root());
            kept.store(growth);
            if restart {
                let restored = Edge::restore(kept.edge.size(), kept.partial.clone()).unwrap();
                prop_assert_eq!(&restored, &kept.edge);
                kept.edge = restored;
            }
        }
        let whole = Kept::of_hashes(kept.edge.size());
        prop_assert_eq!(kept.edge.root(), whole.edge.root());
        prop_assert_eq!(kept.full, whole.full);
        kept.partial.retain(|_, bytes| !bytes.is_empty());
        let expected = whole.edge.partial().into_iter().map(|tile| (tile.level, tile.bytes()));
        prop_assert_eq!(kept.partial, expected.collect());
    }
}

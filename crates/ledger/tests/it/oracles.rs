//! Other people's implementations read our tiles and agree with our roots, proofs and checkpoints.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use tlog_tiles::{Tile, TileHashReader, TileReader};

use ledger::checkpoint::Checkpoint;
use ledger::hash::Hash;
use ledger::proof::Plan;
use ledger::tile::TileId;

use crate::kept::{Kept, ORIGIN};

/// Serves our stored tiles to the other implementation, which checks each against the root.
struct Reader<'a>(&'a Kept);

impl TileReader for Reader<'_> {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        let read = |tile: &Tile| {
            let width = u16::try_from(tile.width()).unwrap();
            let id = TileId {
                level: tile.level(),
                index: tile.level_index(),
                width,
            };
            self.0
                .tile(id)
                .ok_or_else(|| tlog_tiles::Error::InvalidInput(id.to_string()))
        };
        tiles.iter().map(read).collect()
    }

    fn save_tiles(&self, _tiles: &[Tile], _data: &[Vec<u8>]) {}
}

fn theirs(hash: Hash) -> tlog_tiles::Hash {
    tlog_tiles::Hash(*hash.as_bytes())
}

fn ours(hashes: Vec<tlog_tiles::Hash>) -> Vec<Hash> {
    hashes.into_iter().map(|hash| Hash::new(hash.0)).collect()
}

fn agree_on_tiles(kept: &Kept, size: u64, index: u64, old: u64) {
    let reader = Reader(kept);
    let root = kept.root_at(size);
    let reader = TileHashReader::new(size, theirs(root), &reader);
    assert_eq!(tlog_tiles::tree_hash(size, &reader).unwrap(), theirs(root));
    let path = tlog_tiles::prove_record(size, index, &reader).unwrap();
    assert_eq!(
        ours(path),
        kept.compute(&Plan::inclusion(index, size).unwrap())
    );
    let path = tlog_tiles::prove_tree(size, old, &reader).unwrap();
    assert_eq!(
        ours(path),
        kept.compute(&Plan::consistency(old, size).unwrap())
    );
}

#[test]
fn another_reader_of_tiles_finds_the_same_proofs_at_borders() {
    let kept = Kept::of_hashes(65_537);
    for size in [1, 255, 256, 257, 65_535, 65_536, 65_537] {
        for index in [0, size / 2, size - 1] {
            agree_on_tiles(&kept, size, index, index + 1);
        }
    }
}

#[test]
fn another_reader_of_checkpoints_reads_ours() {
    let root = Hash::of(b"root");
    let checkpoint = Checkpoint::new(ORIGIN, 73, root)
        .unwrap()
        .with_extension("more")
        .unwrap();
    let text = checkpoint.to_string();
    let read = tlog_tiles::Checkpoint::from_bytes(text.as_bytes()).unwrap();
    assert_eq!(
        (read.origin(), read.size(), read.hash()),
        (ORIGIN, 73, &theirs(root))
    );
    assert_eq!(read.extension(), "more\n");
    assert_eq!(read.to_bytes(), text.as_bytes());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn another_reader_of_tiles_finds_the_same_proofs(size in 1_u64..1_500, a in any::<u64>(), b in any::<u64>()) {
        let kept = Kept::of_hashes(size + a % 300);
        agree_on_tiles(&kept, size, a % size, 1 + b % size);
    }

    #[test]
    fn another_tree_has_the_same_roots_and_proofs(size in 1_usize..700, a in any::<usize>(), b in any::<usize>()) {
        let mut tree = MemoryBackedTree::<sha2::Sha256, Vec<u8>>::new();
        let kept = Kept::of_leaves(size as u64);
        kept.leaves.iter().for_each(|leaf| tree.push(leaf.clone()));
        prop_assert_eq!(tree.root().as_bytes().to_vec(), kept.edge.root().as_bytes().to_vec());
        let plan = Plan::inclusion((a % size) as u64, size as u64).unwrap();
        prop_assert_eq!(tree.prove_inclusion(a % size).as_bytes().to_vec(), Hash::concat(&kept.compute(&plan)));
        let old = 1 + b % size;
        let plan = Plan::consistency(old as u64, size as u64).unwrap();
        if old < size {
            prop_assert_eq!(tree.prove_consistency(size - old).as_bytes().to_vec(), Hash::concat(&kept.compute(&plan)));
        }
    }
}

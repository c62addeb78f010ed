//! A log as a store would keep it: leaves, full tiles, one partial tile a level, checkpoints.

use std::collections::BTreeMap;

use ledger::checkpoint::Checkpoint;
use ledger::commitment::Commitment;
use ledger::hash::Hash;
use ledger::key::Signer;
use ledger::leaf::{Flags, Leaf};
use ledger::proof::Plan;
use ledger::tile::{TILE_WIDTH, TileId, Tiles};
use ledger::tlog_proof::TlogProof;
use ledger::tree::{Edge, Growth};

pub const ORIGIN: &str = "consentry.example/log";

#[derive(Clone, Default)]
pub struct Kept {
    pub edge: Edge,
    pub leaves: Vec<Vec<u8>>,
    pub full: BTreeMap<(u8, u64), Vec<u8>>,
    pub partial: BTreeMap<u8, Vec<u8>>,
    pub checkpoints: Vec<String>,
}

impl Kept {
    /// Hashes only: for sizes where encoding leaves would cost more than it shows.
    pub fn of_hashes(size: u64) -> Self {
        let mut kept = Self::default();
        let hashes: Vec<Hash> = (0..size).map(synthetic).collect();
        let growth = kept.edge.append(&hashes).unwrap();
        kept.store(growth);
        kept
    }

    pub fn of_leaves(size: u64) -> Self {
        let mut kept = Self::default();
        kept.grow(size);
        kept
    }

    pub fn grow(&mut self, count: u64) {
        let from = self.edge.size();
        let leaves: Vec<Leaf> = (from..from + count).map(leaf).collect();
        let hashes: Vec<Hash> = leaves.iter().map(Leaf::hash).collect();
        self.leaves
            .extend(leaves.iter().map(|leaf| leaf.encode().to_vec()));
        let growth = self.edge.append(&hashes).unwrap();
        self.store(growth);
    }

    pub fn store(&mut self, growth: Growth) {
        for tile in growth.full {
            let fresh = self
                .full
                .insert((tile.level, tile.index), tile.bytes())
                .is_none();
            assert!(fresh, "a full tile is written once");
            assert_eq!(tile.hashes.len(), usize::from(TILE_WIDTH));
        }
        for tile in growth.partial {
            self.partial.insert(tile.level, tile.bytes());
        }
    }

    pub fn sign(&mut self) {
        let checkpoint = Checkpoint::new(ORIGIN, self.edge.size(), self.edge.root()).unwrap();
        self.checkpoints
            .push(checkpoint.sign(&signer()).unwrap().to_string());
    }

    /// As a store finds it: a full tile, else the partial one of the level, cut to the width.
    pub fn tile(&self, id: TileId) -> Option<Vec<u8>> {
        let stored = self
            .full
            .get(&(id.level, id.index))
            .or_else(|| self.partial.get(&id.level));
        id.cut(stored?).map(<[u8]>::to_vec)
    }

    pub fn compute(&self, plan: &Plan) -> Vec<Hash> {
        let mut tiles = Tiles::default();
        for id in plan.tiles() {
            tiles
                .insert(id.level, id.index, &self.tile(id).unwrap())
                .unwrap();
        }
        plan.compute(&tiles).unwrap()
    }

    pub fn root_at(&self, size: u64) -> Hash {
        self.compute(&Plan::root(size).unwrap())[0]
    }

    pub fn proof(&self, index: u64) -> TlogProof {
        let path = self.compute(&Plan::inclusion(index, self.edge.size()).unwrap());
        let checkpoint = self.checkpoints.last().unwrap().clone();
        TlogProof {
            extra: None,
            index,
            path,
            checkpoint,
        }
    }
}

pub fn signer() -> Signer {
    Signer::from_seed(ORIGIN, &[42; 32]).unwrap()
}

pub fn synthetic(index: u64) -> Hash {
    Hash::of_leaf(&index.to_be_bytes())
}

pub fn leaf(index: u64) -> Leaf {
    let commitment =
        |part: &str| Commitment::new(*Hash::of(format!("{part}{index}").as_bytes()).as_bytes());
    Leaf {
        kind: (index % 7) as u8,
        flags: Flags::NONE,
        schema: 1,
        time: 1_795_341_600 + index,
        facts: commitment("facts"),
        person: commitment("person"),
        link: commitment("link"),
    }
}

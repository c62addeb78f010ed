//! Checking a whole log: every leaf, tile and checkpoint is computed again, in one pass.
//!
//! `Audit` takes what the caller reads, in order, and keeps no more than the right edge of the tree;
//! `log` does the same for a caller who has iterators. The first discrepancy ends it.

use crate::checkpoint::{BadCheckpoint, Checkpoint};
use crate::hash::{HASH_BYTES, Hash};
use crate::key::Verifier;
use crate::leaf::{BadLeaf, Leaf};
use crate::tile::{TILE_WIDTH, TileId, full_count};
use crate::tree::{BadEdge, Edge, FullTile};

const BATCH: usize = 256;

/// An audit under way. For each checkpoint in order of size: `open` it, give the `leaves` up to its
/// size, give each tile that these completed to `tile`, then `check` it. After the last checkpoint
/// the leaves that are left, then `finish`.
#[derive(Debug, Clone)]
pub struct Audit {
    keys: Vec<Verifier>,
    edge: Edge,
    origin: Option<String>,
    signed: u64,
    checkpoints: u64,
    tiles: u64,
}

/// What an audit found to be in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The name of the log, if it has a checkpoint.
    pub origin: Option<String>,
    /// Leaves read.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// Leaves under the last checkpoint. Those after it are in order but not signed for yet.
    pub signed: u64,
    /// Checkpoints whose signature and root hold.
    pub checkpoints: u64,
    /// Tiles compared, partial ones included.
    pub tiles: u64,
}

/// The first thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Discrepancy {
    /// A leaf is none.
    #[error("leaf {index} is malformed: {why}")]
    Leaf {
        /// Of the leaf.
        index: u64,
        /// What is wrong with it.
        why: BadLeaf,
    },
    /// A leaf does not hash to what its tile holds: one of the two was changed.
    #[error("leaf {0} does not hash to what its tile says")]
    LeafHash(u64),
    /// A tile above the leaves holds a wrong hash.
    #[error("hash {slot} of `{tile}` is not the root of the tile below it")]
    Tile {
        /// Of the wrong tile.
        tile: TileId,
        /// Counted from the left of the tile.
        slot: u64,
    },
    /// A tile is absent or has the wrong length.
    #[error("`{tile}` has `{have}` bytes: want {want}")]
    TileBytes {
        /// Of the wrong tile.
        tile: TileId,
        /// Bytes stored; 0 if there is no such tile.
        have: usize,
        /// Bytes that follow from its width.
        want: usize,
    },
    /// Full tiles were not compared, or more than the log has.
    #[error("`{have}` full tiles: want {want} in a log of {size} leaves")]
    TileCount {
        /// Compared.
        have: u64,
        /// That follow from the size.
        want: u64,
        /// Leaves in the log.
        size: u64,
    },
    /// A checkpoint cannot be read or is not signed by the log.
    #[error("checkpoint {number}: {why}")]
    Checkpoint {
        /// Counted from 1, in the order given.
        number: u64,
        /// What is wrong with it.
        why: BadCheckpoint,
    },
    /// A checkpoint is of another log than the ones before.
    #[error("checkpoint {number} is of the log `{found}`: want `{want}`")]
    OtherLog {
        /// Counted from 1, in the order given.
        number: u64,
        /// The name in it.
        found: String,
        /// The name in those before.
        want: String,
    },
    /// A checkpoint is smaller than what was read already: out of order, or the log lost leaves.
    #[error("checkpoint {number} speaks of `{size}` leaves after {before} were read")]
    Order {
        /// Counted from 1, in the order given.
        number: u64,
        /// Leaves in it.
        size: u64,
        /// Leaves read before it.
        before: u64,
    },
    /// A checkpoint promises leaves that are not there.
    #[error("a checkpoint speaks of `{size}` leaves: the log has {have}")]
    LeavesMissing {
        /// Leaves in the checkpoint.
        size: u64,
        /// Leaves read.
        have: u64,
    },
    /// The leaves do not give the root that was signed.
    #[error(
        "the first {size} leaves give root `{computed}`: the checkpoint says `{signed}`; the first {good} are in order"
    )]
    Root {
        /// Leaves under the checkpoint.
        size: u64,
        /// The root that they give.
        computed: Hash,
        /// The root that was signed.
        signed: Hash,
        /// Leaves under the last checkpoint that held: what was changed lies after them.
        good: u64,
    },
    /// More leaves than a log may have.
    #[error(transparent)]
    TooLarge(#[from] BadEdge),
}

impl Audit {
    /// Begins with the first leaf; `keys` hold the log's and those of any witnesses.
    pub fn new(keys: Vec<Verifier>) -> Self {
        Self {
            keys,
            edge: Edge::new(),
            origin: None,
            signed: 0,
            checkpoints: 0,
            tiles: 0,
        }
    }

    /// Leaves taken so far.
    pub const fn size(&self) -> u64 {
        self.edge.size()
    }

    /// Reads the next checkpoint and checks its signatures, name and order. Its size says how many
    /// leaves to give before `check`.
    pub fn open(&self, text: &str) -> Result<Checkpoint, Discrepancy> {
        let number = self.checkpoints + 1;
        let opened = Checkpoint::open(text, &self.keys);
        let checkpoint = opened
            .map_err(|why| Discrepancy::Checkpoint { number, why })?
            .checkpoint;
        let want = self.origin.as_deref().unwrap_or(checkpoint.origin());
        if want != checkpoint.origin() {
            let found = checkpoint.origin().into();
            return Err(Discrepancy::OtherLog {
                number,
                found,
                want: want.into(),
            });
        }
        let (size, before) = (checkpoint.size, self.size());
        if size < before {
            return Err(Discrepancy::Order {
                number,
                size,
                before,
            });
        }
        Ok(checkpoint)
    }

    /// Takes the next leaves, in order. The tiles that they complete must be compared with `tile`.
    pub fn leaves<B: AsRef<[u8]>>(&mut self, leaves: &[B]) -> Result<Vec<FullTile>, Discrepancy> {
        let numbered = (self.size()..).zip(leaves);
        let hashed = numbered.map(|(index, leaf)| {
            let bytes = leaf.as_ref();
            Leaf::decode(bytes).map_err(|why| Discrepancy::Leaf { index, why })?;
            Ok(Hash::of_leaf(bytes))
        });
        let hashes = hashed.collect::<Result<Vec<Hash>, Discrepancy>>()?;
        Ok(self.edge.append(&hashes)?.full)
    }

    /// Compares a full tile with what is stored at its place; none if nothing is.
    pub fn tile(&mut self, want: &FullTile, stored: Option<&[u8]>) -> Result<(), Discrepancy> {
        let id = TileId {
            level: want.level,
            index: want.index,
            width: TILE_WIDTH,
        };
        self.compare(id, &want.hashes, stored)
    }

    /// Compares the leaves taken so far with a checkpoint from `open`.
    pub fn check(&mut self, checkpoint: &Checkpoint) -> Result<(), Discrepancy> {
        let (size, have) = (checkpoint.size, self.size());
        if size > have {
            return Err(Discrepancy::LeavesMissing { size, have });
        }
        if size < have {
            return Err(Discrepancy::Order {
                number: self.checkpoints + 1,
                size,
                before: have,
            });
        }
        let computed = self.edge.root();
        if computed != checkpoint.root {
            let (signed, good) = (checkpoint.root, self.signed);
            return Err(Discrepancy::Root {
                size,
                computed,
                signed,
                good,
            });
        }
        self.origin = Some(checkpoint.origin().into());
        self.signed = size;
        self.checkpoints += 1;
        Ok(())
    }

    /// Ends the audit: compares the partial tiles, which `stored` finds.
    pub fn finish(
        mut self,
        mut stored: impl FnMut(TileId) -> Option<Vec<u8>>,
    ) -> Result<Summary, Discrepancy> {
        let size = self.size();
        let (have, want) = (self.tiles, full_count(size));
        if have != want {
            return Err(Discrepancy::TileCount { have, want, size });
        }
        for id in crate::tile::partial(size) {
            let tile = self
                .edge
                .partial()
                .into_iter()
                .find(|tile| tile.level == id.level);
            let hashes = tile.map(|tile| tile.hashes).unwrap_or_default();
            self.compare(id, &hashes, stored(id).as_deref())?;
        }
        let Self {
            edge,
            origin,
            signed,
            checkpoints,
            tiles,
            keys: _,
        } = self;
        Ok(Summary {
            origin,
            size,
            root: edge.root(),
            signed,
            checkpoints,
            tiles,
        })
    }

    fn compare(
        &mut self,
        tile: TileId,
        want: &[Hash],
        stored: Option<&[u8]>,
    ) -> Result<(), Discrepancy> {
        let stored = stored.unwrap_or_default();
        let bytes = want.len() * HASH_BYTES;
        let hashes = Hash::list(stored).filter(|hashes| hashes.len() == want.len());
        let have = stored.len();
        let hashes = hashes.ok_or(Discrepancy::TileBytes {
            tile,
            have,
            want: bytes,
        })?;
        let wrong = (0_u64..)
            .zip(hashes.iter().zip(want))
            .find(|(_, (have, want))| have != want);
        self.tiles += 1;
        match wrong {
            None => Ok(()),
            Some((slot, _)) if tile.level == 0 => Err(Discrepancy::LeafHash(
                tile.index * u64::from(TILE_WIDTH) + slot,
            )),
            Some((slot, _)) => Err(Discrepancy::Tile { tile, slot }),
        }
    }
}

/// Audits a log from its first leaf: all leaves in order, all checkpoints in order of size, and
/// a way to find each stored tile, full or partial.
pub fn log<B: AsRef<[u8]>, C: AsRef<str>>(
    keys: Vec<Verifier>,
    leaves: impl IntoIterator<Item = B>,
    checkpoints: impl IntoIterator<Item = C>,
    mut stored: impl FnMut(TileId) -> Option<Vec<u8>>,
) -> Result<Summary, Discrepancy> {
    let mut audit = Audit::new(keys);
    let mut leaves = leaves.into_iter();
    for text in checkpoints {
        let checkpoint = audit.open(text.as_ref())?;
        feed(&mut audit, &mut leaves, checkpoint.size, &mut stored)?;
        audit.check(&checkpoint)?;
    }
    feed(&mut audit, &mut leaves, u64::MAX, &mut stored)?;
    audit.finish(stored)
}

fn feed<B: AsRef<[u8]>>(
    audit: &mut Audit,
    leaves: &mut impl Iterator<Item = B>,
    until: u64,
    stored: &mut impl FnMut(TileId) -> Option<Vec<u8>>,
) -> Result<(), Discrepancy> {
    loop {
        let room = usize::try_from(until - audit.size()).unwrap_or(usize::MAX);
        let batch: Vec<B> = leaves.by_ref().take(room.min(BATCH)).collect();
        if batch.is_empty() {
            return Ok(());
        }
        for tile in audit.leaves(&batch)? {
            let id = TileId {
                level: tile.level,
                index: tile.index,
                width: TILE_WIDTH,
            };
            audit.tile(&tile, stored(id).as_deref())?;
        }
    }
}

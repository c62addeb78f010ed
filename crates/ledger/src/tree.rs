//! Growing the tree: everything that appending needs is its right edge.

use crate::hash::{Hash, fold_peaks, perfect_root};
use crate::tile::{SIZE_MAX, TILE_HEIGHT, TILE_WIDTH, TileId, partial};

/// The right edge of a log: its size and the partial tile of each level, at most 255 hashes a level.
///
/// Appending changes it in place: a caller whose transaction may fail appends to a clone, and keeps
/// the clone once the transaction has committed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edge {
    size: u64,
    tiles: Vec<Vec<Hash>>, // INVARIANT: tiles[l] holds (size >> 8l) mod 256 hashes.
    peaks: Vec<Hash>, // INVARIANT: roots of the perfect subtrees that make up `size`, largest first.
}

/// What an append changed; all of it belongs in one transaction with the leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Growth {
    /// The index of the first appended leaf; the others follow it.
    pub first: u64,
    /// Leaves in the log now.
    pub size: u64,
    /// The root now.
    pub root: Hash,
    /// Tiles that became full: rows to insert, never to change again.
    pub full: Vec<FullTile>,
    /// Partial tiles that changed: each replaces the row of its level. One without hashes says that
    /// the level has no partial tile any more.
    pub partial: Vec<PartialTile>,
}

/// A tile that is full, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FullTile {
    /// 0 for leaf hashes.
    pub level: u8,
    /// Counted from the left of its level.
    pub index: u64,
    /// 256 of them.
    pub hashes: Vec<Hash>,
}

/// The last tile of a level while it is not full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartialTile {
    /// 0 for leaf hashes.
    pub level: u8,
    /// 0 to 255 of them.
    pub hashes: Vec<Hash>,
}

impl FullTile {
    /// The 8192 bytes to store and serve.
    pub fn bytes(&self) -> Vec<u8> {
        Hash::concat(&self.hashes)
    }
}

impl PartialTile {
    /// The bytes to store and serve; none if there is no partial tile.
    pub fn bytes(&self) -> Vec<u8> {
        Hash::concat(&self.hashes)
    }
}

/// The stored edge is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadEdge {
    /// More leaves than a log may have.
    #[error("a log of `{0}` leaves: want at most 2^63 - 1")]
    TooLarge(u64),
    /// A level has fewer or more hashes than the size says.
    #[error(
        "the partial tile of level {level} has `{have}` bytes: want {want} in a log of {size} leaves"
    )]
    Width {
        /// Of the tile.
        level: u8,
        /// Bytes given.
        have: usize,
        /// Bytes that follow from the size.
        want: usize,
        /// Leaves in the log.
        size: u64,
    },
}

impl Edge {
    /// The edge of a log without leaves.
    pub fn new() -> Self {
        Self::default()
    }

    /// From what is stored: the size, and `(level, bytes)` of each partial tile in any order. Rows
    /// without bytes count as absent. The caller compares `root` with the stored one.
    pub fn restore<B: AsRef<[u8]>>(
        size: u64,
        rows: impl IntoIterator<Item = (u8, B)>,
    ) -> Result<Self, BadEdge> {
        if size > SIZE_MAX {
            return Err(BadEdge::TooLarge(size));
        }
        let expected = partial(size);
        let levels = expected.last().map_or(0, |top| usize::from(top.level) + 1);
        let mut tiles = vec![Vec::new(); levels];
        for (level, bytes) in rows {
            let bytes = bytes.as_ref();
            let want = bytes_at(&expected, level);
            let hashes = Hash::list(bytes).filter(|_| bytes.len() == want);
            let hashes = hashes.ok_or(BadEdge::Width {
                level,
                have: bytes.len(),
                want,
                size,
            })?;
            if let Some(slot) = tiles.get_mut(usize::from(level)) {
                *slot = hashes;
            }
        }
        let missing = expected
            .iter()
            .find(|id| tiles.get(usize::from(id.level)).is_none_or(Vec::is_empty));
        if let Some(id) = missing {
            let want = bytes_at(&expected, id.level);
            return Err(BadEdge::Width {
                level: id.level,
                have: 0,
                want,
                size,
            });
        }
        let peaks = tiles.iter().rev().flat_map(|tile| peaks(tile)).collect();
        Ok(Self { size, tiles, peaks })
    }

    /// Leaves in the log.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root over them.
    pub fn root(&self) -> Hash {
        fold_peaks(&self.peaks)
    }

    /// The partial tiles that are not empty, lowest level first.
    pub fn partial(&self) -> Vec<PartialTile> {
        let levels = (0..)
            .zip(&self.tiles)
            .filter(|(_, hashes)| !hashes.is_empty());
        levels
            .map(|(level, hashes)| PartialTile {
                level,
                hashes: hashes.clone(),
            })
            .collect()
    }

    /// Appends leaf hashes, in order. Costs two hashes a leaf and one for each level of the tree.
    pub fn append(&mut self, leaves: &[Hash]) -> Result<Growth, BadEdge> {
        let first = self.size;
        let count = u64::try_from(leaves.len()).unwrap_or(u64::MAX);
        let size = first.saturating_add(count);
        if size > SIZE_MAX {
            return Err(BadEdge::TooLarge(size));
        }
        let mut full = Vec::new();
        for leaf in leaves {
            self.push(*leaf, &mut full);
        }
        let top = full.iter().map(|tile| tile.level + 1).max().unwrap_or(0);
        let changed = if leaves.is_empty() {
            0
        } else {
            usize::from(top) + 1
        };
        let partial = (0..).zip(self.tiles.iter().take(changed));
        let partial = partial.map(|(level, hashes)| PartialTile {
            level,
            hashes: hashes.clone(),
        });
        Ok(Growth {
            first,
            size,
            root: self.root(),
            partial: partial.collect(),
            full,
        })
    }

    fn push(&mut self, leaf: Hash, full: &mut Vec<FullTile>) {
        self.put(0, leaf);
        let mut hash = leaf;
        let mut height = 0;
        // Each one bit at the low end of the size is a perfect subtree that the leaf completes.
        while self.size >> height & 1 == 1 {
            if let Some(left) = self.peaks.pop() {
                hash = Hash::of_node(&left, &hash);
            }
            height += 1;
            if height % TILE_HEIGHT == 0 {
                let level = (height / TILE_HEIGHT) as u8;
                let hashes = self
                    .tiles
                    .get_mut(usize::from(level) - 1)
                    .map(std::mem::take);
                let hashes = hashes.unwrap_or_default();
                full.push(FullTile {
                    level: level - 1,
                    index: self.size >> height,
                    hashes,
                });
                self.put(level, hash);
            }
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    fn put(&mut self, level: u8, hash: Hash) {
        let level = usize::from(level);
        if self.tiles.len() <= level {
            self.tiles.resize(level + 1, Vec::new());
        }
        if let Some(tile) = self.tiles.get_mut(level) {
            tile.reserve_exact(usize::from(TILE_WIDTH).saturating_sub(tile.len()));
            tile.push(hash);
        }
    }
}

fn bytes_at(expected: &[TileId], level: u8) -> usize {
    let width = expected
        .iter()
        .find(|id| id.level == level)
        .map_or(0, |id| id.width);
    usize::from(width) * crate::hash::HASH_BYTES
}

/// The roots of the perfect subtrees that a partial tile's hashes make up, largest first.
fn peaks(tile: &[Hash]) -> Vec<Hash> {
    let mut peaks = Vec::new();
    let mut rest = tile;
    while let Some(height) = rest.len().checked_ilog2() {
        let (left, right) = rest.split_at(1 << height);
        peaks.push(perfect_root(left));
        rest = right;
    }
    peaks
}

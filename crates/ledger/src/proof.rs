//! Inclusion and consistency proofs: which tiles they need, how they are made, how they are checked.
//!
//! The proofs are those of RFC 6962, section 2.1; the checks those of RFC 9162, section 2.1. Making
//! one takes two steps, so that a caller may read the tiles however it likes: `Plan::tiles` names
//! them, `Plan::compute` makes the proof from them.

use std::collections::BTreeSet;

use crate::hash::{Hash, fold_peaks};
use crate::tile::{MissingTile, SIZE_MAX, Subtree, TileId, Tiles};

/// A proof that has yet to be computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    size: u64,
    parts: Vec<Vec<Subtree>>,
}

impl Plan {
    /// Of the leaf at `index` in a log of `size` leaves.
    pub fn inclusion(index: u64, size: u64) -> Result<Self, BadProof> {
        if index >= size {
            return Err(BadProof::IndexBeyondSize { index, size });
        }
        let (mut start, mut end) = (0, within_limit(size)?);
        let mut parts = Vec::new();
        while end - start > 1 {
            let middle = start + split(end - start);
            if index < middle {
                parts.push(Subtree::cover(middle, end));
                end = middle;
            } else {
                parts.push(Subtree::cover(start, middle));
                start = middle;
            }
        }
        parts.reverse();
        Ok(Self { size, parts })
    }

    /// That the log of `new` leaves begins with the log of `old` leaves.
    pub fn consistency(old: u64, new: u64) -> Result<Self, BadProof> {
        if old > new {
            return Err(BadProof::Shrunk { old, new });
        }
        let (mut start, mut end) = (0, within_limit(new)?);
        let mut parts = Vec::new();
        if old > 0 {
            while end != old {
                let middle = start + split(end - start);
                if old <= middle {
                    parts.push(Subtree::cover(middle, end));
                    end = middle;
                } else {
                    parts.push(Subtree::cover(start, middle));
                    start = middle;
                }
            }
            // Whoever checks knows the old root already: it need not be said if it is a subtree.
            if start > 0 {
                parts.push(Subtree::cover(start, end));
            }
        }
        parts.reverse();
        Ok(Self { size: new, parts })
    }

    /// The root of a log of `size` leaves, as the only hash; good for sizes of the past.
    pub fn root(size: u64) -> Result<Self, BadProof> {
        Ok(Self {
            size,
            parts: vec![Subtree::cover(0, within_limit(size)?)],
        })
    }

    /// The tiles that `compute` needs, each once, as wide as at this size. Wider ones serve as well.
    pub fn tiles(&self) -> Vec<TileId> {
        let subtrees = self.parts.iter().flatten();
        let tiles: BTreeSet<TileId> = subtrees.map(|subtree| subtree.tile(self.size)).collect();
        tiles.into_iter().collect()
    }

    /// The hashes of the proof, in the order of RFC 6962.
    pub fn compute(&self, tiles: &Tiles) -> Result<Vec<Hash>, MissingTile> {
        let part = |subtrees: &Vec<Subtree>| {
            let peaks = subtrees
                .iter()
                .map(|subtree| tiles.root(*subtree, self.size));
            Ok(fold_peaks(
                &peaks.collect::<Result<Vec<Hash>, MissingTile>>()?,
            ))
        };
        self.parts.iter().map(part).collect()
    }

    fn check_length(&self, path: &[Hash]) -> Result<(), BadProof> {
        let (have, want) = (path.len(), self.parts.len());
        if have == want {
            Ok(())
        } else {
            Err(BadProof::Length { have, want })
        }
    }
}

/// The root that a path leads to from a leaf hash.
pub fn root_of(index: u64, size: u64, leaf: &Hash, path: &[Hash]) -> Result<Hash, BadProof> {
    Plan::inclusion(index, size)?.check_length(path)?;
    let mut node = index;
    let mut last = size - 1;
    let mut hash = *leaf;
    for sibling in path {
        if node & 1 == 1 || node == last {
            hash = Hash::of_node(sibling, &hash);
            climb_to_right_child(&mut node, &mut last);
        } else {
            hash = Hash::of_node(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    Ok(hash)
}

/// One end of a consistency proof: a size and the root at that size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Leaves in the log.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// Checks that the leaf stands at `index` under this head.
pub fn check_inclusion(
    index: u64,
    leaf: &Hash,
    path: &[Hash],
    head: &Head,
) -> Result<(), BadProof> {
    let computed = root_of(index, head.size, leaf, path)?;
    same_root(computed, head)
}

/// Checks that the log of the new head begins with that of the old one.
pub fn check_consistency(old: &Head, new: &Head, path: &[Hash]) -> Result<(), BadProof> {
    Plan::consistency(old.size, new.size)?.check_length(path)?;
    if old.size == 0 {
        return same_root(Hash::of_empty_tree(), old);
    }
    if old.size == new.size {
        return same_root(new.root, old);
    }
    let (start, rest) = match path.split_first() {
        Some((first, rest)) if !old.size.is_power_of_two() => (*first, rest),
        Some(_) | None => (old.root, path),
    };
    let mut node = old.size - 1;
    let mut last = new.size - 1;
    let trailing = node.trailing_ones();
    node >>= trailing;
    last >>= trailing;
    let (mut old_root, mut new_root) = (start, start);
    for hash in rest {
        if node & 1 == 1 || node == last {
            old_root = Hash::of_node(hash, &old_root);
            new_root = Hash::of_node(hash, &new_root);
            climb_to_right_child(&mut node, &mut last);
        } else {
            new_root = Hash::of_node(&new_root, hash);
        }
        node >>= 1;
        last >>= 1;
    }
    same_root(old_root, old)?;
    same_root(new_root, new)
}

/// A proof does not prove what it should, or cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadProof {
    /// There is no such leaf.
    #[error("leaf `{index}` is beyond a log of {size} leaves")]
    IndexBeyondSize {
        /// Of the leaf.
        index: u64,
        /// Leaves in the log.
        size: u64,
    },
    /// A log never gets smaller.
    #[error("a log of `{old}` leaves cannot have become one of `{new}`")]
    Shrunk {
        /// Leaves before.
        old: u64,
        /// Leaves after.
        new: u64,
    },
    /// More leaves than a log may have.
    #[error("a log of `{0}` leaves: want at most 2^63 - 1")]
    TooLarge(u64),
    /// The number of hashes does not fit index and size.
    #[error("the proof has `{have}` hashes: want {want}")]
    Length {
        /// Hashes given.
        have: usize,
        /// Hashes that follow from index and size.
        want: usize,
    },
    /// The hashes lead elsewhere: leaf, index, proof or root is not the right one.
    #[error("the proof leads to root `{computed}`: want `{want}` at {size} leaves")]
    WrongRoot {
        /// Where it leads.
        computed: Hash,
        /// What the head says.
        want: Hash,
        /// Leaves under that head.
        size: u64,
    },
}

/// On the right edge a node without a sibling is its own parent: skips those levels.
fn climb_to_right_child(node: &mut u64, last: &mut u64) {
    if *node & 1 == 0 {
        let levels = if *node == 0 { 0 } else { node.trailing_zeros() };
        *node >>= levels;
        *last >>= levels;
    }
}

fn same_root(computed: Hash, head: &Head) -> Result<(), BadProof> {
    if computed == head.root {
        return Ok(());
    }
    Err(BadProof::WrongRoot {
        computed,
        want: head.root,
        size: head.size,
    })
}

fn within_limit(size: u64) -> Result<u64, BadProof> {
    if size <= SIZE_MAX {
        Ok(size)
    } else {
        Err(BadProof::TooLarge(size))
    }
}

/// The largest power of two below `size`, which must be at least 2.
fn split(size: u64) -> u64 {
    1 << size.saturating_sub(1).checked_ilog2().unwrap_or(0)
}

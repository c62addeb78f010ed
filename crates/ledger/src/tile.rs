//! Tiles: the tree cut into strips of 256 hashes that, once full, never change.
//!
//! The form is that of <https://c2sp.org/tlog-tiles>. A tile of level 0 holds leaf hashes; one of
//! level n + 1 the roots of full tiles of level n. A partial tile is always the beginning of what
//! later stands at its place, so whoever keeps the newest one can serve every older one.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::decimal;
use crate::hash::{HASH_BYTES, Hash, perfect_root};

/// Hashes in a full tile.
pub const TILE_WIDTH: u16 = 256;
/// Levels of the binary tree that one tile covers.
pub const TILE_HEIGHT: u32 = 8;
/// Most leaves in a log: what a signed 64-bit column can count.
pub const SIZE_MAX: u64 = i64::MAX as u64;
/// Highest level that a path may name.
pub const LEVEL_MAX: u8 = 63;

/// Where a tile stands, and how many of its hashes are meant. Prints as its path below the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// 0 for leaf hashes.
    pub level: u8,
    /// Counted from the left of its level.
    pub index: u64,
    /// 1 to 256 hashes.
    pub width: u16,
}

impl TileId {
    /// The tile at this place in a log of `size` leaves, as wide as it is then; none if the log does
    /// not reach it.
    pub fn at(level: u8, index: u64, size: u64) -> Option<Self> {
        let hashes = size
            .checked_shr(u32::from(level) * TILE_HEIGHT)
            .unwrap_or(0);
        let first = index.checked_mul(u64::from(TILE_WIDTH))?;
        let width = hashes.checked_sub(first)?.min(u64::from(TILE_WIDTH));
        let width = u16::try_from(width).ok()?;
        (width > 0).then_some(Self {
            level,
            index,
            width,
        })
    }

    /// Whether all 256 hashes are meant.
    pub const fn is_full(&self) -> bool {
        self.width == TILE_WIDTH
    }

    /// The part that is meant of what is stored at this place, which may be wider by now; none if it
    /// is not that wide.
    pub fn cut<'a>(&self, stored: &'a [u8]) -> Option<&'a [u8]> {
        stored.get(..usize::from(self.width) * HASH_BYTES)
    }
}

/// Every partial tile of a log of `size` leaves, lowest level first.
pub fn partial(size: u64) -> Vec<TileId> {
    let at = |level: u8| {
        let hashes = size >> (u32::from(level) * TILE_HEIGHT);
        TileId::at(level, hashes / u64::from(TILE_WIDTH), size)
    };
    (0..8).filter_map(at).collect()
}

/// How many full tiles a log of `size` leaves has, over all levels.
pub fn full_count(size: u64) -> u64 {
    (1..8).map(|level: u32| size >> (level * TILE_HEIGHT)).sum()
}

/// Where a bundle of entries stands, and how many are meant. Prints as its path below the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BundleId {
    /// Counted from the left.
    pub index: u64,
    /// 1 to 256 entries.
    pub width: u16,
}

impl BundleId {
    /// The bundle at this place in a log of `size` leaves, as wide as it is then; none if the log
    /// does not reach it.
    pub fn at(index: u64, size: u64) -> Option<Self> {
        let TileId { index, width, .. } = TileId::at(0, index, size)?;
        Some(Self { index, width })
    }

    /// The entries that are meant, by their index in the log.
    pub fn entries(&self) -> std::ops::Range<u64> {
        let first = self.index.saturating_mul(u64::from(TILE_WIDTH));
        first..first.saturating_add(u64::from(self.width))
    }
}

/// What a path below `tile/` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// Hashes.
    Tile(TileId),
    /// The entries themselves.
    Entries(BundleId),
}

impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile/{}/", self.level)?;
        write_place(f, self.index, self.width)
    }
}

impl fmt::Display for BundleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tile/entries/")?;
        write_place(f, self.index, self.width)
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tile(id) => id.fmt(f),
            Self::Entries(id) => id.fmt(f),
        }
    }
}

/// The text is no path of a tile or a bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a tile: want tile/<level>/<index> or tile/entries/<index>, like tile/0/x001/234.p/56"
)]
pub struct BadPath(String);

impl FromStr for Resource {
    type Err = BadPath;

    fn from_str(path: &str) -> Result<Self, BadPath> {
        let bad = || BadPath(path.chars().take(120).collect());
        let (kind, place) = path
            .strip_prefix("tile/")
            .and_then(|rest| rest.split_once('/'))
            .ok_or_else(bad)?;
        let (index, width) = read_place(place).ok_or_else(bad)?;
        let resource = if kind == "entries" {
            Self::Entries(BundleId { index, width })
        } else {
            let level = decimal::parse(kind).and_then(|level| u8::try_from(level).ok());
            let level = level.filter(|level| *level <= LEVEL_MAX).ok_or_else(bad)?;
            Self::Tile(TileId {
                level,
                index,
                width,
            })
        };
        // One tile has one path: what does not print as it was written is refused.
        if resource.to_string() == path {
            Ok(resource)
        } else {
            Err(bad())
        }
    }
}

fn write_place(f: &mut fmt::Formatter<'_>, index: u64, width: u16) -> fmt::Result {
    let groups = std::iter::successors(Some(index), |rest| {
        Some(rest / 1000).filter(|rest| *rest > 0)
    });
    let groups: Vec<u64> = groups.map(|rest| rest % 1000).collect();
    for (left, group) in groups.iter().enumerate().rev() {
        if left > 0 {
            write!(f, "x{group:03}/")?
        } else {
            write!(f, "{group:03}")?
        }
    }
    if width < TILE_WIDTH {
        write!(f, ".p/{width}")
    } else {
        Ok(())
    }
}

fn read_place(place: &str) -> Option<(u64, u16)> {
    let (place, width) = match place.split_once(".p/") {
        Some((place, width)) => (place, u16::try_from(decimal::parse(width)?).ok()?),
        None => (place, TILE_WIDTH),
    };
    let mut index = 0_u64;
    for group in place.split('/') {
        let digits = group.strip_prefix('x').unwrap_or(group);
        if digits.len() != 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        index = index.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
    }
    (width > 0).then_some((index, width))
}

/// The tiles at hand when a proof is computed.
#[derive(Debug, Clone, Default)]
pub struct Tiles(BTreeMap<(u8, u64), Vec<Hash>>);

/// The bytes are no tile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("tile {index} of level {level} has `{bytes}` bytes: want 32 to 8192, a multiple of 32")]
pub struct BadTile {
    /// Of the tile.
    pub level: u8,
    /// Of the tile.
    pub index: u64,
    /// That were given.
    pub bytes: usize,
}

/// A tile that a computation needs was not at hand, or was too short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is needed and was not given, or is too short")]
pub struct MissingTile(pub TileId);

impl Tiles {
    /// Puts a stored tile at hand; it may be wider than asked for.
    pub fn insert(&mut self, level: u8, index: u64, bytes: &[u8]) -> Result<(), BadTile> {
        let bad = BadTile {
            level,
            index,
            bytes: bytes.len(),
        };
        let hashes = Hash::list(bytes).ok_or_else(|| bad.clone())?;
        if hashes.is_empty() || hashes.len() > usize::from(TILE_WIDTH) {
            return Err(bad);
        }
        self.0.insert((level, index), hashes);
        Ok(())
    }

    /// The root of one perfect subtree, in a log of `size` leaves.
    pub(crate) fn root(&self, subtree: Subtree, size: u64) -> Result<Hash, MissingTile> {
        let id = subtree.tile(size);
        let hashes = self
            .0
            .get(&(id.level, id.index))
            .and_then(|tile| tile.get(subtree.slots()));
        hashes.map(perfect_root).ok_or(MissingTile(id))
    }
}

/// A perfect subtree: 2^height leaves from `index` * 2^height on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Subtree {
    pub(crate) height: u32,
    pub(crate) index: u64,
}

impl Subtree {
    /// The perfect subtrees, largest first, that make up the leaves from `start` to `end`, where
    /// `start` begins a subtree at least as large as the range.
    pub(crate) fn cover(start: u64, end: u64) -> Vec<Self> {
        let mut cover = Vec::new();
        let mut start = start;
        while let Some(height) = end.saturating_sub(start).checked_ilog2() {
            cover.push(Self {
                height,
                index: start >> height,
            });
            start += 1 << height;
        }
        cover
    }

    /// The tile that holds it or the hashes it is made of.
    pub(crate) fn tile(self, size: u64) -> TileId {
        let level = u8::try_from(self.height / TILE_HEIGHT).unwrap_or(LEVEL_MAX);
        let index = (self.index << (self.height % TILE_HEIGHT)) >> TILE_HEIGHT;
        TileId::at(level, index, size).unwrap_or(TileId {
            level,
            index,
            width: TILE_WIDTH,
        })
    }

    fn slots(self) -> std::ops::Range<usize> {
        let inner = self.height % TILE_HEIGHT;
        let first = (self.index << inner) % u64::from(TILE_WIDTH);
        let first = usize::try_from(first).unwrap_or(usize::MAX);
        first..first.saturating_add(1 << inner)
    }
}

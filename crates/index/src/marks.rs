//! Which entries of a shard belong to which audience.

use std::collections::BTreeMap;

use roaring::RoaringBitmap;

/// The name of an audience, for as long as the process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Audience(u32);

impl Audience {
    /// An audience that the caller tells from others by this number.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number)
    }
}

/// Which entries of one shard belong to which audience.
#[derive(Debug, Default)]
pub(crate) struct Marks(pub(crate) BTreeMap<Audience, RoaringBitmap>);

impl Marks {
    /// Nobody is at this place any more.
    pub(crate) fn clear(&mut self, number: u32) {
        for bits in self.0.values_mut() {
            bits.remove(number);
        }
    }

    /// Whoever was at `from` in `before` is at `to` here.
    pub(crate) fn follow(&mut self, before: &Self, from: u32, to: u32) {
        for (audience, bits) in &before.0 {
            if bits.contains(from) {
                self.0.entry(*audience).or_default().insert(to);
            }
        }
    }
}

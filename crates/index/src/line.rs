//! One cache line of entries, and the lines of one shard.
//!
//! Entries fill a line from its first place on and are never moved or taken out while readers may look: a reader sees
//! an entry or does not, and never half of one. The state shares a word with the end of the key, so that it changes at once.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::{key::Key, state::State};

/// Words in a line.
const WORDS: usize = 8;
/// Bits of a state in the last word of an entry.
pub(crate) const STATE_BITS: u32 = 14;
const STATE_MASK: u64 = (1 << STATE_BITS) - 1;

/// A cache line.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(crate) struct Line([AtomicU64; WORDS]);

/// Where an entry lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// The line.
    pub(crate) line: usize,
    /// The entry in it.
    pub(crate) entry: usize,
}

/// Where a key is, or where it could go.
pub(crate) enum Spot {
    /// It is here.
    Taken(Place),
    /// It is not there, and this place is free.
    Free(Place),
    /// It is not there, and nothing is free.
    Full,
}

/// Entries in a line of a table whose keys have `W` words.
pub(crate) const fn per_line<const W: usize>() -> usize {
    WORDS / W
}

impl Line {
    /// Any word of the line: reading it brings the line near.
    pub(crate) fn touch(&self) -> u64 {
        let [first, ..] = &self.0;
        first.load(Ordering::Relaxed)
    }

    /// The state of a key, without a branch that depends on where it is: of all the differences between the key and
    /// the entries only that of its own entry is below 2^14, and it is the state.
    #[inline(always)]
    fn find<const W: usize>(&self, key: Key<W>) -> Option<State> {
        let least = self
            .0
            .chunks_exact(W)
            .map(|entry| difference(entry, key))
            .min()
            .unwrap_or(u64::MAX);
        (least <= STATE_MASK).then(|| State::from_bits(least))
    }

    /// Whether every place is taken: then a key may have gone on to the next line.
    #[inline(always)]
    fn is_full<const W: usize>(&self) -> bool {
        self.0
            .get(WORDS - W)
            .is_none_or(|first| first.load(Ordering::Acquire) != 0)
    }

    fn entry<const W: usize>(&self, entry: usize) -> &[AtomicU64] {
        self.0.get(entry * W..entry * W + W).unwrap_or_default()
    }

    /// The words of the line, as a snapshot keeps them.
    pub(crate) fn words(&self) -> [u64; WORDS] {
        std::array::from_fn(|at| {
            self.0
                .get(at)
                .map_or(0, |word| word.load(Ordering::Acquire))
        })
    }

    pub(crate) fn from_words(words: [u64; WORDS]) -> Self {
        Self(words.map(AtomicU64::new))
    }

    /// The entries of the line with their keys and states, free places left out.
    pub(crate) fn entries<const W: usize>(&self) -> impl Iterator<Item = (usize, Key<W>, State)> {
        let words = self.words();
        (0..per_line::<W>()).filter_map(move |entry| {
            let words: [u64; W] = words.get(entry * W..entry * W + W)?.try_into().ok()?;
            let (key, state) = unpack(words)?;
            Some((entry, key, state))
        })
    }
}

/// The last word of an entry with its state taken away, and those before it, compared with a key.
#[inline(always)]
fn difference<const W: usize>(entry: &[AtomicU64], key: Key<W>) -> u64 {
    let mut others = 0;
    let mut last = u64::MAX;
    for (at, (word, mine)) in entry.iter().zip(key.0).enumerate() {
        let word = word.load(Ordering::Acquire);
        if at + 1 == W {
            last = word ^ (mine << STATE_BITS);
        } else {
            others |= word ^ mine;
        }
    }
    if others == 0 { last } else { u64::MAX }
}

fn unpack<const W: usize>(mut words: [u64; W]) -> Option<(Key<W>, State)> {
    if words.first().is_none_or(|first| *first == 0) {
        return None;
    }
    let last = words.last_mut()?;
    let state = State::from_bits(*last);
    *last >>= STATE_BITS;
    Some((Key(words), state))
}

/// The line where the search for a key begins.
#[inline(always)]
#[allow(
    clippy::cast_possible_truncation,
    reason = "the upper half of a product of two numbers below 2^32 is below 2^32"
)]
pub(crate) const fn home(hash: u64, lines: usize) -> usize {
    (((hash & 0xffff_ffff) * lines as u64) >> 32) as usize
}

/// The state of a key among the lines of its shard.
#[inline(always)]
pub(crate) fn find<const W: usize>(lines: &[Line], at: usize, key: Key<W>) -> State {
    let Some(line) = lines.get(at) else {
        return State::MISSING;
    };
    match line.find(key) {
        Some(state) => state,
        None if line.is_full::<W>() => find_on(lines, at, key),
        None => State::MISSING,
    }
}

/// The lines after a full one.
#[cold]
#[inline(never)]
fn find_on<const W: usize>(lines: &[Line], home: usize, key: Key<W>) -> State {
    let (before, after) = lines.split_at_checked(home + 1).unwrap_or((lines, &[]));
    for line in after.iter().chain(before) {
        if let Some(state) = line.find(key) {
            return state;
        }
        if !line.is_full::<W>() {
            break;
        }
    }
    State::MISSING
}

/// Where a key is or could go. Only whoever holds the shard's lock may act on it.
pub(crate) fn spot<const W: usize>(lines: &[Line], key: Key<W>) -> Spot {
    let start = home(key.hash(), lines.len());
    for step in 0..lines.len() {
        let at = (start + step) % lines.len();
        let Some(line) = lines.get(at) else {
            return Spot::Full;
        };
        for entry in 0..per_line::<W>() {
            let place = Place { line: at, entry };
            let words = line.entry::<W>(entry);
            if words
                .first()
                .is_none_or(|first| first.load(Ordering::Acquire) == 0)
            {
                return Spot::Free(place);
            }
            if difference(words, key) <= STATE_MASK {
                return Spot::Taken(place);
            }
        }
    }
    Spot::Full
}

/// Writes an entry, its first word last: from then on readers see it.
pub(crate) fn write<const W: usize>(lines: &[Line], place: Place, (key, state): (Key<W>, State)) {
    let Some(line) = lines.get(place.line) else {
        return;
    };
    let words = line.entry::<W>(place.entry).iter().zip(key.0).enumerate();
    for (at, (word, mine)) in words.rev() {
        let value = if at + 1 == W {
            mine << STATE_BITS | u64::from(state.get())
        } else {
            mine
        };
        word.store(value, Ordering::Release);
    }
}

/// The entry at a place, if there is one.
pub(crate) fn read<const W: usize>(lines: &[Line], place: Place) -> Option<(Key<W>, State)> {
    let mut entries = lines.get(place.line)?.entries::<W>();
    let found = entries.find(|(entry, ..)| *entry == place.entry)?;
    Some((found.1, found.2))
}

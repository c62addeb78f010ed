//! A table of exact keys and their states, which one thread may change while others read.
//!
//! The keys are spread over shards. A shard grows by itself, by a fifth, when it is seven eighths full: so a table of
//! any size is filled between 73 and 87.5 %, which is 9.2 to 11 bytes for a telephone number. Readers take one
//! shared lock for a whole batch; whoever changes a state takes the lock of one shard and changes it in place; only where a
//! shard has grown is the shared lock taken alone, to put the new lines in.

use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use crate::{
    key::Key,
    line::{self, Line, Place, Spot, per_line},
    marks::Marks,
    state::State,
};

/// How many shards a table has.
pub(crate) const SHARDS: usize = 1 << SHARD_BITS;
const SHARD_BITS: u32 = 10;
/// Keys whose lines are brought near before the first of them is compared.
const TOGETHER: usize = 64;

/// The lines of one shard.
type Shard = Box<[Line]>;

/// A table of keys that have `W` words.
#[derive(Debug)]
pub struct Table<const W: usize> {
    shards: RwLock<Box<[Shard]>>,
    writers: Box<[Mutex<Writer>]>,
}

/// What whoever writes to a shard must know.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    /// Places that are taken.
    taken: usize,
    /// Those of them whose key is nobody's any more.
    gone: usize,
    /// Which entries belong to which audience.
    pub(crate) marks: Marks,
}

/// How much a table holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    /// Keys.
    pub keys: usize,
    /// Bytes of the lines.
    pub bytes: usize,
}

impl<const W: usize> Default for Table<W> {
    fn default() -> Self {
        Self {
            shards: RwLock::new((0..SHARDS).map(|_| lines(1)).collect()),
            writers: (0..SHARDS).map(|_| Mutex::default()).collect(),
        }
    }
}

impl<const W: usize> Table<W> {
    /// A table in which so many keys find room without growing.
    #[must_use]
    pub fn with_room_for(keys: usize) -> Self {
        let each = (keys / SHARDS + 1) * 8 / 7 / per_line::<W>() + 1;
        Self {
            shards: RwLock::new((0..SHARDS).map(|_| lines(each)).collect()),
            ..Self::default()
        }
    }

    /// The state of a key; [`State::MISSING`] when it is not there.
    #[must_use]
    pub fn get(&self, key: Key<W>) -> State {
        self.view().get(key)
    }

    /// A look at the table for many questions. While it is held no shard can grow: hold it for a batch, not longer.
    #[must_use]
    pub fn view(&self) -> View<'_, W> {
        View(self.shards.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes the state of a key; [`State::MISSING`] is none, for that there is [`Table::remove`]. Whoever asks after this has returned is told the new one.
    pub fn set(&self, key: Key<W>, state: State) {
        let shard = shard_of(key.hash());
        let Some(mut writer) = self.writer(shard) else {
            return;
        };
        if !self.put(shard, &mut writer, (key, state)) {
            self.grow(shard, &mut writer);
            self.put(shard, &mut writer, (key, state));
        }
    }

    /// Takes a key out: nothing says any more whose it was. Its place is used again when its shard grows.
    pub fn remove(&self, key: Key<W>) {
        let shard = shard_of(key.hash());
        let Some(mut writer) = self.writer(shard) else {
            return;
        };
        let view = self.view();
        let lines = view.lines(shard);
        if let Spot::Taken(place) = line::spot(lines, key) {
            writer.gone += 1;
            writer.marks.clear(number(place, per_line::<W>()));
            line::write(lines, place, (Key::<W>::nobody(), State::MISSING));
        }
    }

    /// How much it holds.
    #[must_use]
    pub fn size(&self) -> Size {
        let keys = self.writers.iter().map(|writer| {
            let writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
            writer.taken - writer.gone
        });
        let keys = keys.sum();
        let view = self.view();
        let lines: usize = view.0.iter().map(|shard| shard.len()).sum();
        Size {
            keys,
            bytes: lines * size_of::<Line>(),
        }
    }

    /// Puts an entry into a shard, if there is room.
    fn put(&self, shard: usize, writer: &mut Writer, (key, state): (Key<W>, State)) -> bool {
        let view = self.view();
        let lines = view.lines(shard);
        match line::spot(lines, key) {
            Spot::Taken(place) => {
                line::write(lines, place, (key, state));
                true
            }
            Spot::Free(place) if writer.taken < limit::<W>(lines.len()) => {
                writer.taken += 1;
                line::write(lines, place, (key, state));
                true
            }
            Spot::Free(_) | Spot::Full => false,
        }
    }

    /// Gives a shard new lines: a fifth more than it needs, without the keys that are gone.
    fn grow(&self, shard: usize, writer: &mut Writer) {
        let fresh = {
            let view = self.view();
            let old = view.lines(shard);
            let kept = writer.taken - writer.gone;
            let fits = (old.len() * kept).div_ceil(writer.taken.max(1));
            let fresh = lines((fits + fits.div_ceil(5)).max(1));
            writer.marks = moved::<W>(old, &fresh, &writer.marks);
            fresh
        };
        writer.taken -= writer.gone;
        writer.gone = 0;
        let mut shards = self.shards.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = shards.get_mut(shard) {
            *place = fresh;
        }
    }

    /// The shard of a key.
    pub(crate) fn shard(key: Key<W>) -> usize {
        shard_of(key.hash())
    }

    /// The lock of one shard.
    pub(crate) fn writer(&self, shard: usize) -> Option<MutexGuard<'_, Writer>> {
        let writer = self.writers.get(shard)?;
        Some(writer.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts the lines of a shard in, as a snapshot kept them. None when a key is there that belongs elsewhere.
    pub(crate) fn restore(&self, shard: usize, fresh: Shard) -> Option<()> {
        let mut writer = self.writer(shard)?;
        let (mut taken, mut gone) = (0, 0);
        for (_, key, state) in fresh.iter().flat_map(Line::entries::<W>) {
            taken += 1;
            if state == State::MISSING {
                gone += 1;
            } else if shard_of(key.hash()) != shard {
                return None;
            }
        }
        if taken > limit::<W>(fresh.len()) {
            return None;
        }
        *writer = Writer {
            taken,
            gone,
            ..Writer::default()
        };
        let mut shards = self.shards.write().unwrap_or_else(PoisonError::into_inner);
        *shards.get_mut(shard)? = fresh;
        Some(())
    }
}

/// A look at a table.
pub struct View<'a, const W: usize>(RwLockReadGuard<'a, Box<[Shard]>>);

impl<const W: usize> View<'_, W> {
    /// The state of a key; [`State::MISSING`] when it is not there.
    #[must_use]
    #[inline]
    pub fn get(&self, key: Key<W>) -> State {
        let hash = key.hash();
        let lines = self.lines(shard_of(hash));
        line::find(lines, line::home(hash, lines.len()), key)
    }

    /// The states of many keys, in their order. The lines of some are brought near before the first is compared,
    /// so that memory is waited for once, not once for each.
    pub fn get_many(&self, keys: &[Key<W>], mut each: impl FnMut(State)) {
        let nothing: &[Line] = &[];
        for some in keys.chunks(TOGETHER) {
            let mut spots = [(nothing, 0_usize); TOGETHER];
            let mut near = 0;
            for (key, spot) in some.iter().zip(&mut spots) {
                let hash = key.hash();
                let lines = self.lines(shard_of(hash));
                let at = line::home(hash, lines.len());
                near |= lines.get(at).map_or(0, Line::touch);
                *spot = (lines, at);
            }
            std::hint::black_box(near);
            for (key, (lines, at)) in some.iter().zip(spots) {
                each(line::find(lines, at, *key));
            }
        }
    }

    pub(crate) fn lines(&self, shard: usize) -> &[Line] {
        self.0.get(shard).map_or(&[], |lines| lines)
    }
}

/// The number of an entry in its shard.
pub(crate) fn number(place: Place, per_line: usize) -> u32 {
    u32::try_from(place.line * per_line + place.entry).unwrap_or(u32::MAX)
}

/// The place of an entry that has this number in its shard.
pub(crate) fn place(number: u32, per_line: usize) -> Option<Place> {
    let number = usize::try_from(number).ok()?;
    Some(Place {
        line: number / per_line,
        entry: number % per_line,
    })
}

#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "ten bits are left of it")]
const fn shard_of(hash: u64) -> usize {
    (hash >> (u64::BITS - SHARD_BITS)) as usize
}

fn lines(count: usize) -> Shard {
    (0..count).map(|_| Line::default()).collect()
}

/// How many places may be taken: seven of eight, and always one less than there are.
const fn limit<const W: usize>(lines: usize) -> usize {
    lines * per_line::<W>() * 7 / 8
}

/// Copies the entries of a shard to new lines, and gives the audiences as they lie there.
fn moved<const W: usize>(old: &[Line], fresh: &[Line], marks: &Marks) -> Marks {
    let mut kept = Marks::default();
    for (at, line) in old.iter().enumerate() {
        for (entry, key, state) in line.entries::<W>() {
            if state == State::MISSING {
                continue;
            }
            if let Spot::Free(to) = line::spot(fresh, key) {
                line::write(fresh, to, (key, state));
                let from = Place { line: at, entry };
                let (from, to) = (number(from, per_line::<W>()), number(to, per_line::<W>()));
                kept.follow(marks, from, to);
            }
        }
    }
    kept
}

//! Audiences: who belongs to one is a bit for each entry of the table, which moves along when a shard grows.

use std::collections::BTreeMap;

use roaring::RoaringBitmap;

pub use crate::marks::Audience;

use crate::{
    key::PhoneKey,
    line::{self, Spot, per_line},
    plan::Plan,
    state::State,
    table::{SHARDS, Table, number, place},
};

/// How many of an audience get which answer.
pub type Tally = BTreeMap<u8, u64>;

impl Table<1> {
    /// Puts somebody into an audience. Gives whether they are in the table; nobody else can be.
    pub fn enrol(&self, audience: Audience, key: PhoneKey) -> bool {
        self.at(key, |bits, number| {
            bits.entry(audience).or_default().insert(number);
        })
    }

    /// Takes somebody out of an audience.
    pub fn expel(&self, audience: Audience, key: PhoneKey) {
        self.at(key, |bits, number| {
            if let Some(bits) = bits.get_mut(&audience) {
                bits.remove(number);
            }
        });
    }

    /// Forgets an audience.
    pub fn dissolve(&self, audience: Audience) {
        for mut writer in (0..SHARDS).filter_map(|shard| self.writer(shard)) {
            writer.marks.0.remove(&audience);
        }
    }

    /// How many of an audience get which answer to a question.
    #[must_use]
    pub fn tally(&self, audience: Audience, plan: &Plan) -> Tally {
        let mut tally = Tally::new();
        self.each(audience, |_, state| {
            *tally.entry(plan.answer(state)).or_default() += 1;
        });
        tally
    }

    /// Everybody in an audience, a shard at a time.
    pub fn each(&self, audience: Audience, mut visit: impl FnMut(PhoneKey, State)) {
        for shard in 0..SHARDS {
            let Some(writer) = self.writer(shard) else {
                continue;
            };
            let Some(bits) = writer.marks.0.get(&audience) else {
                continue;
            };
            let view = self.view();
            for number in bits {
                let place = place(number, per_line::<1>());
                let found = place.and_then(|place| line::read::<1>(view.lines(shard), place));
                if let Some((key, state)) = found {
                    visit(key, state);
                }
            }
        }
    }

    /// Does something to the bits of the shard where a key is. Gives whether the key is there.
    fn at(
        &self,
        key: PhoneKey,
        act: impl FnOnce(&mut BTreeMap<Audience, RoaringBitmap>, u32),
    ) -> bool {
        let shard = Self::shard(key);
        let Some(mut writer) = self.writer(shard) else {
            return false;
        };
        let view = self.view();
        if view.get(key) == State::MISSING {
            return false;
        }
        match line::spot(view.lines(shard), key) {
            Spot::Taken(place) => {
                act(&mut writer.marks.0, number(place, per_line::<1>()));
                true
            }
            Spot::Free(_) | Spot::Full => false,
        }
    }
}

//! A table is a map, also while it grows and while others read.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
};

use index::{
    index::Index,
    key::{PhoneKey, UserKey},
    state::State,
    table::Table,
};
use proptest::prelude::*;

use crate::chance::Chance;

fn phone(number: u64) -> PhoneKey {
    PhoneKey::from_number(number).unwrap()
}

fn state(bits: u64) -> State {
    // Any state but that of nobody.
    let state = State::from_bits(bits);
    if state == State::MISSING {
        State::ASK
    } else {
        state
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_table_is_a_map(seed: u64, count in 1_u64..30_000, keys in 1_u64..20_000) {
        let (table, users) = (Table::<1>::default(), Table::<2>::default());
        let mut model = HashMap::new();
        let mut chance = Chance::new(seed);
        let user = |number: u64| UserKey::of(&format!("GB.{number:020}")).unwrap();
        for _ in 0..count {
            let number = 1 + chance.below(keys) * 104_729;
            if chance.one_in(4) {
                table.remove(phone(number));
                users.remove(user(number));
                model.remove(&number);
            } else {
                let state = state(chance.number());
                table.set(phone(number), state);
                users.set(user(number), state);
                model.insert(number, state);
            }
        }
        prop_assert_eq!(table.size().keys, model.len());
        prop_assert_eq!(users.size().keys, model.len());
        let all: Vec<u64> = (0..keys).map(|key| 1 + key * 104_729).collect();
        let asked: Vec<PhoneKey> = all.iter().map(|number| phone(*number)).collect();
        let mut found = Vec::new();
        table.view().get_many(&asked, |state| found.push(state));
        for (number, many) in all.into_iter().zip(found) {
            let wanted = model.get(&number).copied().unwrap_or(State::MISSING);
            prop_assert_eq!(table.get(phone(number)), wanted);
            prop_assert_eq!(many, wanted);
            prop_assert_eq!(users.get(user(number)), wanted);
        }
    }
}

#[test]
fn a_contact_takes_eleven_bytes_at_most_at_every_size() {
    let table = Table::<1>::default();
    let mut number = 49_151_000_000_000;
    for size in 1..=1_500_000_usize {
        number += 7;
        table.set(phone(number), State::ASK);
        if size >= 100_000 && size % 20_011 == 0 {
            let bytes = table.size().bytes as f64 / size as f64;
            assert!((9.1..11.3).contains(&bytes), "{size}: {bytes}");
        }
    }
    assert_eq!(table.size().keys, 1_500_000);
}

#[test]
fn what_was_set_is_seen_by_everybody_at_once_while_shards_grow() {
    const KEYS: u64 = 200_000;
    let index = Index::default();
    let (done, written) = (AtomicBool::new(false), AtomicU64::new(0));
    let key = |n: u64| phone(1_000_000 + n * 31);
    thread::scope(|scope| {
        for reader in 0..3 {
            let (index, done, written) = (&index, &done, &written);
            scope.spawn(move || {
                let mut chance = Chance::new(reader);
                while !done.load(Ordering::Acquire) {
                    let upto = written.load(Ordering::Acquire);
                    if upto == 0 {
                        continue;
                    }
                    // What was written before we looked is there, with one of the states that it ever had.
                    let asked: Vec<u64> = (0..64).map(|_| chance.below(upto)).collect();
                    let keys: Vec<PhoneKey> = asked.iter().map(|n| key(*n)).collect();
                    let mut found = Vec::new();
                    index
                        .phones
                        .view()
                        .get_many(&keys, |state| found.push(state));
                    for (n, found) in asked.into_iter().zip(found) {
                        let first = u16::try_from(n % 16_000).unwrap();
                        assert!(found.get() == first || found.get() == first + 1, "{n}");
                    }
                }
            });
        }
        let mut chance = Chance::new(99);
        for n in 0..KEYS {
            let own = State::from_bits(n % 16_000);
            index.phones.set(key(n), own);
            assert_eq!(index.phone(key(n)), own);
            written.store(n + 1, Ordering::Release);
            let old = chance.below(n + 1);
            index
                .phones
                .set(key(old), State::from_bits(old % 16_000 + 1));
        }
        done.store(true, Ordering::Release);
    });
    assert_eq!(index.size().keys, usize::try_from(KEYS).unwrap());
}

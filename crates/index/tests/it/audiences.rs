//! Audiences follow their people, whatever the table does.

use std::collections::BTreeSet;

use consent::{
    policy::Policy, reason::Code, register::Standing, request::Request, scope::Category,
    time::Timestamp,
};
use index::{answer, audience::Audience, key::PhoneKey, plan::Plan, state::State, table::Table};

use crate::chance::Chance;

#[test]
fn an_audience_keeps_its_people_while_the_table_grows_and_people_leave() {
    let table = Table::<1>::default();
    let (thirds, fifths) = (Audience::new(3), Audience::new(5));
    let mut chance = Chance::new(1);
    let key = |n: u64| PhoneKey::from_number(2_000_000 + n * 13).unwrap();
    let now = Timestamp::from_seconds(1_795_000_000);
    let stranger = State::of(&Standing::default(), &Policy::default(), now);
    let (mut in_thirds, mut in_fifths) = (BTreeSet::new(), BTreeSet::new());
    for n in 0..60_000 {
        table.set(key(n), stranger);
        if n % 3 == 0 {
            assert!(table.enrol(thirds, key(n)));
            in_thirds.insert(key(n).number());
        }
        if n % 5 == 0 {
            assert!(table.enrol(fifths, key(n)));
            in_fifths.insert(key(n).number());
        }
        if chance.one_in(7) {
            let gone = chance.below(n + 1);
            table.remove(key(gone));
            in_thirds.remove(&key(gone).number());
            in_fifths.remove(&key(gone).number());
        }
        if chance.one_in(11) {
            let out = chance.below(n + 1);
            table.expel(thirds, key(out));
            in_thirds.remove(&key(out).number());
        }
    }
    let people = |audience| {
        let mut found = BTreeSet::new();
        table.each(audience, |key, _| assert!(found.insert(key.number())));
        found
    };
    assert_eq!(people(thirds), in_thirds);
    assert_eq!(people(fifths), in_fifths);
    let plan = Plan::of(&Request::about(Category::Marketing), answer::ASK);
    let tally = table.tally(thirds, &plan);
    let refused = answer::deny(Code::NoConsent);
    assert_eq!(tally.get(&refused), Some(&(in_thirds.len() as u64)));
    assert_eq!(tally.len(), 1);
    table.dissolve(thirds);
    assert!(people(thirds).is_empty());
    assert_eq!(people(fifths), in_fifths);
    assert!(!table.enrol(fifths, PhoneKey::from_number(1).unwrap()));
}

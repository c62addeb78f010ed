//! Order, repetition and interleaving change nothing (DESIGN section 4).

use consent::{
    event::{Event, Fact},
    register::{Applied, Carry, Standing},
};
use proptest::{collection::vec, prelude::*, sample::Index};

use crate::history::{history, quietly, standing};

fn fold(events: &[Event]) -> Standing {
    Standing::fold(events.iter())
}

/// Takes events in one by one, as a store does: folds everything again when told to.
fn take_in(events: &[Event]) -> Standing {
    let mut standing = Standing::default();
    for (place, event) in events.iter().enumerate() {
        if standing.apply(event) == Applied::FoldAgain {
            standing = fold(&events[..=place]);
        }
    }
    standing
}

proptest! {
    #![proptest_config(quietly())]

    #[test]
    fn any_order_and_any_repetition_give_the_same_registers(
        (events, shuffled) in history(100, 16).prop_flat_map(|events| {
            let shuffled = Just(events.clone()).prop_shuffle();
            (Just(events), shuffled)
        }),
        again in vec(any::<Index>(), 0..8),
    ) {
        let mut repeated = shuffled;
        if !repeated.is_empty() {
            for place in again {
                repeated.push(place.get(&repeated).clone());
            }
        }
        prop_assert_eq!(fold(&repeated), fold(&events));
    }

    #[test]
    fn one_by_one_is_the_same_as_all_at_once_at_every_step(
        events in history(100, 16).prop_shuffle(),
    ) {
        let mut standing = Standing::default();
        for (place, event) in events.iter().enumerate() {
            let so_far = &events[..=place];
            if standing.apply(event) == Applied::FoldAgain {
                prop_assert!(matches!(event.fact, Fact::Retract(_)));
                standing = fold(so_far);
            }
            prop_assert_eq!(&standing, &fold(so_far));
        }
    }

    #[test]
    fn parts_merged_in_any_interleaving_are_the_whole(
        events in history(100, 16),
        parts in vec(0..4_usize, 16),
        order in Just(vec![0, 1, 2, 3]).prop_shuffle(),
        pair_first in any::<bool>(),
    ) {
        let part = |which: usize| -> Standing {
            let mine = events.iter().zip(&parts).filter(|(_, part)| **part == which);
            let mine: Vec<Event> = mine.map(|(event, _)| event.clone()).collect();
            take_in(&mine)
        };
        let mut folded: Vec<Standing> = order.into_iter().map(part).collect();
        let mut again = false;
        let mut merge = |into: &mut Standing, other: &Standing| {
            again |= into.merge(other, Carry::Everything) == Applied::FoldAgain;
        };
        let (last, third) = (folded.pop().unwrap(), folded.pop().unwrap());
        let (second, mut whole) = (folded.pop().unwrap(), folded.pop().unwrap());
        if pair_first {
            let mut pair = third;
            merge(&mut pair, &last);
            merge(&mut whole, &second);
            merge(&mut whole, &pair);
        } else {
            merge(&mut whole, &third);
            merge(&mut whole, &last);
            merge(&mut whole, &second);
        }
        let retracts = events.iter().any(|event| matches!(event.fact, Fact::Retract(_)));
        prop_assert!(retracts || !again, "only a retract asks for a new fold");
        if !again {
            prop_assert_eq!(whole, fold(&events));
        }
    }

    #[test]
    fn a_merge_is_commutative_associative_and_idempotent(
        one in standing(100), two in standing(200), three in standing(300),
    ) {
        for carry in [Carry::Everything, Carry::Refusals] {
            let merged = |parts: &[&Standing]| {
                let mut whole = parts[0].clone();
                for part in &parts[1..] {
                    whole.merge(part, carry);
                }
                whole
            };
            prop_assert_eq!(merged(&[&one, &two, &three]), merged(&[&one, &three, &two]));
            prop_assert_eq!(merged(&[&one, &two, &two]), merged(&[&one, &two]));
            prop_assert_eq!(merged(&[&one, &one]), one.clone());
        }
        let mut there = one.clone();
        there.merge(&two, Carry::Everything);
        let mut back = two.clone();
        back.merge(&one, Carry::Everything);
        prop_assert_eq!(there, back);
    }
}

//! A standing goes to a column and comes back the same, whatever happened to the person.

use std::sync::Arc;

use consent::{
    event::{Clock, Event, Evidence, Fact},
    id::{ContactId, EventId, NumberId, TopicId},
    register::{Carry, Heard, Standing},
    scope::{Category, Channel, Scope, Subject, Topic},
};
use proptest::prelude::*;
use store::codec;
use uuid::Uuid;

use crate::harness::{Place, at};

contract![a_standing_is_read_as_it_was_written];

fn id() -> impl Strategy<Value = Uuid> {
    (0_u128..40).prop_map(Uuid::from_u128)
}

fn number() -> impl Strategy<Value = NumberId> {
    "[0-9]{1,32}".prop_map(|text| text.parse().unwrap())
}

fn category() -> impl Strategy<Value = Category> {
    prop::sample::select(Category::ALL.to_vec())
}

fn scope() -> impl Strategy<Value = Scope> {
    let topic = (id(), category()).prop_map(|(id, category)| Topic {
        id: TopicId::new(id),
        category,
    });
    let subject = prop_oneof![
        Just(Subject::All),
        category().prop_map(Subject::Category),
        topic.prop_map(Subject::Topic),
    ];
    let channel = prop::option::of(prop::sample::select(Channel::ALL.to_vec()));
    (subject, channel, prop::option::of(number())).prop_map(|(subject, channel, number)| Scope {
        subject,
        channel,
        number,
    })
}

fn fact() -> impl Strategy<Value = Fact> {
    prop_oneof![
        scope().prop_map(Fact::OptIn),
        scope().prop_map(Fact::OptOut),
        scope().prop_map(Fact::OptInRequested),
        id().prop_map(|id| Fact::Retract(EventId::new(id))),
        number().prop_map(Fact::PlatformStop),
        number().prop_map(Fact::PlatformResume),
        Just(Fact::PlatformBackoff),
        Just(Fact::Blocked),
        Just(Fact::IdentityChanged),
        (scope(), prop::option::of(any::<i64>()))
            .prop_map(|(scope, ms)| Fact::Hold(scope, ms.map(at_any))),
        id().prop_map(|id| Fact::Release(EventId::new(id))),
        any::<u32>().prop_map(|version| Fact::PolicyChanged(version.into())),
    ]
}

fn at_any(ms: i64) -> consent::time::Timestamp {
    consent::time::Timestamp::from_millis(ms)
}

fn event() -> impl Strategy<Value = Event> {
    let clock = prop::sample::select(Clock::ALL.to_vec());
    (id(), fact(), clock, any::<i64>()).prop_map(|(id, fact, clock, ms)| Event {
        id: EventId::new(id),
        contact: ContactId::HOUSE,
        fact,
        clock,
        at: at_any(ms),
        received: at_any(ms),
        evidence: Evidence {
            source: "staff".to_owned(),
            ..Evidence::default()
        },
    })
}

fn heard() -> impl Strategy<Value = Heard> {
    let time = || prop::option::of(any::<i64>().prop_map(at_any));
    (time(), time(), time(), time()).prop_map(|(last, benign, from_ad, answered_ad)| Heard {
        last,
        benign,
        from_ad,
        answered_ad,
    })
}

fn standing() -> impl Strategy<Value = Standing> {
    let events = || prop::collection::vec(event(), 0..25);
    let heard = prop::collection::vec((number(), heard()), 0..4);
    (events(), events(), heard, any::<bool>()).prop_map(|(mine, theirs, heard, all)| {
        let mut standing = Standing::fold(mine.iter());
        let carry = if all {
            Carry::Everything
        } else {
            Carry::Refusals
        };
        standing.merge(&Standing::fold(theirs.iter()), carry);
        for (number, heard) in heard {
            standing.hear(&number, &heard);
        }
        standing
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_codec_loses_nothing(standing in standing()) {
        let text = codec::standing_text(&standing);
        prop_assert_eq!(codec::standing(&text).unwrap(), standing);
    }

    #[test]
    fn a_scope_comes_back(scope in scope()) {
        let text = codec::scope_text(&scope);
        prop_assert_eq!(codec::scope(&text).unwrap(), scope);
    }

    #[test]
    fn a_fact_comes_back(fact in fact()) {
        let read = codec::fact(fact.kind(), &codec::argument(&fact)).unwrap();
        prop_assert_eq!(read, Some(fact));
    }

    #[test]
    fn nonsense_is_an_error_and_no_panic(text in ".{0,60}") {
        let (scope, standing) = (codec::scope(&format!("x{text}")), codec::standing(&text));
        prop_assert!(scope.is_err() && standing.is_err());
        let _ = codec::fact("opt_in", &text);
    }
}

/// Through the database: numbers beyond 2^53 and the smallest time there is stay exact.
async fn a_standing_is_read_as_it_was_written(place: Arc<Place>) {
    let ana = place.newcomer("Ana").await;
    let mut standing = Standing::default();
    for (n, ms) in [
        (1, i64::MAX),
        (2, i64::MIN),
        (3, 9_007_199_254_740_993),
        (4, at(0).millis()),
    ] {
        let scope = Scope {
            number: Some("109900000000001".parse().unwrap()),
            ..Scope::MARKETING
        };
        for fact in [
            Fact::OptIn(scope.clone()),
            Fact::Hold(scope.clone(), Some(at_any(ms))),
        ] {
            standing.apply(&Event {
                id: EventId::new(Uuid::from_u128(n)),
                contact: ana,
                fact,
                clock: Clock::ALL[n as usize % 3],
                at: at_any(ms),
                received: at_any(ms),
                evidence: Evidence::default(),
            });
        }
    }
    place.stand(ana, &standing).await;
    let person = place.store.persons(&[ana]).await.unwrap().pop().unwrap();
    assert_eq!(person.standing, standing);
}

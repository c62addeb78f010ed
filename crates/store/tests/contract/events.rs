//! Events: kept once, read back as they were.

use std::sync::Arc;

use consent::{
    alias::Alias,
    event::{Clock, Event, Evidence, Fact, StaffAct},
    id::{ContactId, EventId, TopicId},
    scope::{Category, Channel, Scope, Subject, Topic},
};
use store::event::NewEvent;
use uuid::Uuid;

use crate::harness::{Place, at};

contract![
    every_kind_of_fact_comes_back,
    an_event_is_kept_once,
    what_waits_is_there_for_the_next_question,
    the_newest_leaf_of_each_is_given,
];

pub fn event(contact: ContactId, fact: Fact) -> Event {
    Event {
        id: EventId::new(Uuid::now_v7()),
        contact,
        fact,
        clock: Clock::Meta,
        at: at(1),
        received: at(2),
        evidence: Evidence {
            source: "staff".to_owned(),
            ..Evidence::default()
        },
    }
}

pub async fn append(place: &Place, events: &[(&Event, u8)]) {
    let lines: Vec<NewEvent<'_>> = events
        .iter()
        .map(|(event, byte)| NewEvent {
            event,
            leaf: LEAVES[usize::from(*byte)].as_slice(),
            sealed: vec![*byte; 10],
        })
        .collect();
    let mut tx = place.store.begin().await.unwrap();
    tx.append(&lines).await.unwrap();
    tx.commit().await.unwrap();
}

static LEAVES: [[u8; 112]; 4] = [[0; 112], [1; 112], [2; 112], [3; 112]];

fn facts() -> Vec<Fact> {
    let topic = Topic {
        id: TopicId::new(Uuid::now_v7()),
        category: Category::Utility,
    };
    let scope = Scope {
        subject: Subject::Topic(topic),
        channel: Some(Channel::Sms),
        number: Some("109900000000001".parse().unwrap()),
    };
    let number = "109900000000001".parse().unwrap();
    let named = EventId::new(Uuid::now_v7());
    let mut facts = vec![
        Fact::OptIn(Scope::MARKETING),
        Fact::OptOut(Scope::ALL),
        Fact::OptInRequested(scope.clone()),
        Fact::Retract(named),
        Fact::PlatformStop(number),
        Fact::PlatformResume("1".parse().unwrap()),
        Fact::PlatformBackoff,
        Fact::Blocked,
        Fact::IdentityChanged,
        Fact::Hold(scope, Some(at(77))),
        Fact::Hold(Scope::ALL, None),
        Fact::Release(named),
        Fact::Erasure,
        Fact::PolicyChanged(7),
        Fact::Reservations(1000),
    ];
    facts.extend(StaffAct::ALL.map(Fact::Staff));
    facts
}

async fn every_kind_of_fact_comes_back(place: Arc<Place>) {
    let ana = place.newcomer("Ana").await;
    let linked = Fact::AliasLinked(Alias::Phone("+447700900123".parse().unwrap()));
    let mut facts = facts();
    facts.push(linked);
    let events: Vec<Event> = facts.into_iter().map(|fact| event(ana, fact)).collect();
    let lines: Vec<(&Event, u8)> = events.iter().map(|event| (event, 1)).collect();
    append(&place, &lines).await;
    append(&place, &[]).await;
    let mut tx = place.store.begin().await.unwrap();
    let inside = tx.history(ana).await.unwrap();
    drop(tx);
    let history = place.store.history(ana).await.unwrap();
    assert_eq!((history.len(), inside.len()), (events.len(), events.len()));
    for (kept, event) in history.iter().zip(&events) {
        assert_eq!((kept.id, kept.contact), (event.id, ana));
        assert_eq!(kept.kind, event.fact.kind());
        assert_eq!(
            (kept.clock, kept.at, kept.received),
            (Clock::Meta, at(1), at(2))
        );
        assert_eq!(kept.sealed.as_deref(), Some(&[1; 10][..]));
        if matches!(event.fact, Fact::AliasLinked(_)) {
            assert!(
                kept.fact.is_none() && kept.event().is_none(),
                "an alias is sealed"
            );
        } else {
            assert_eq!(kept.event().as_ref(), Some(event));
        }
    }
    let one = place.store.event(events[3].id).await.unwrap().unwrap();
    assert_eq!(one.event().as_ref(), Some(&events[3]));
    assert_eq!(one.log_index, None);
    let unknown = EventId::new(Uuid::now_v7());
    assert!(place.store.event(unknown).await.unwrap().is_none());
    let plain = place.number("select count(*) from event where argument like '%447700900123%'");
    assert_eq!(plain.await, 0);
}

async fn an_event_is_kept_once(place: Arc<Place>) {
    let happened = event(ContactId::HOUSE, Fact::PolicyChanged(1));
    append(&place, &[(&happened, 1)]).await;
    let again = NewEvent {
        event: &happened,
        leaf: &[1; 112],
        sealed: vec![],
    };
    let mut tx = place.store.begin().await.unwrap();
    tx.append(&[again]).await.unwrap();
    let refused = tx.commit().await.unwrap_err();
    assert!(refused.is_conflict(), "{refused:?}");
    assert_eq!(place.store.count_events().await.unwrap(), (1, 0));
}

async fn what_waits_is_there_for_the_next_question(place: Arc<Place>) {
    let ana = place.newcomer("Ana").await;
    let happened = event(ana, Fact::OptIn(Scope::MARKETING));
    let new = NewEvent {
        event: &happened,
        leaf: &[1; 112],
        sealed: vec![],
    };
    let mut tx = place.store.begin().await.unwrap();
    tx.append(&[new]).await.unwrap();
    let names = [(ana, Some("Anna".to_owned()), None)];
    tx.set_names(&names).await.unwrap();
    let history = tx.history(ana).await.unwrap();
    assert_eq!(history.len(), 1, "this transaction sees its own writes");
    let person = tx.persons(&[ana]).await.unwrap().pop().unwrap();
    assert_eq!(person.name.as_deref(), Some("Anna"));
    drop(tx);
    assert_eq!(place.store.count_events().await.unwrap(), (0, 0));
}

async fn the_newest_leaf_of_each_is_given(place: Arc<Place>) {
    let (ana, bea) = (place.newcomer("Ana").await, place.newcomer("Bea").await);
    let old = event(ana, Fact::Blocked);
    let new = event(ana, Fact::Blocked);
    let other = event(bea, Fact::Blocked);
    append(&place, &[(&new, 2), (&old, 1), (&other, 3)]).await;
    let mut tx = place.store.begin().await.unwrap();
    let mut leaves = tx.last_leaves(&[ana, bea, ContactId::HOUSE]).await.unwrap();
    leaves.sort();
    assert_eq!(leaves, vec![(ana, vec![2; 112]), (bea, vec![3; 112])]);
}

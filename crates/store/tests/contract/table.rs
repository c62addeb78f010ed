//! The table of customers: its order, its states, long walks, and the files that prove.

use std::{collections::BTreeSet, sync::Arc};

use consent::{
    event::{Clock, Event, Evidence, Fact},
    id::{ContactId, EventId, TopicId},
    register::{Mark, Register, Standing},
    scope::Scope,
    time::Timestamp,
};
use store::{
    contact::{ContactFilter, Count, Update},
    enclosure::Enclosure,
    event::NewEvent,
    segment::State,
    stance::Stance,
};
use uuid::Uuid;

use crate::harness::{Kind, Place, at, newcomer};

contract![
    lists_go_by_the_last_change_and_by_days,
    a_state_of_a_topic_follows_what_was_said_of_it,
    a_source_is_that_of_the_newest_wish,
    many_people_are_walked_and_counted,
    one_of_many_is_found_at_once,
    files_are_kept_once_and_erased,
];

/// Writes a state at a time.
async fn set(
    place: &Place,
    contact: ContactId,
    standing: &Standing,
    (consent, ms): (&'static str, i64),
) {
    let update = Update {
        contact,
        standing,
        consent,
        platform: "open",
        said: None,
        at: at(ms),
    };
    let mut tx = place.store.begin().await.unwrap();
    tx.set_standings(&[update]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn found(place: &Place, filter: ContactFilter) -> Vec<ContactId> {
    let filter = ContactFilter {
        limit: 50,
        ..filter
    };
    let page = place.store.contacts(&filter).await.unwrap();
    assert_eq!(page.next, None);
    let ids: Vec<ContactId> = page.lines.into_iter().map(|line| line.person.id).collect();
    assert_eq!(place.store.ids_of(&filter, 50).await.unwrap(), ids);
    let count = i64::try_from(ids.len()).unwrap();
    assert_eq!(
        place.store.count_of(&filter, 50).await.unwrap(),
        Count::Exactly(count)
    );
    ids
}

async fn lists_go_by_the_last_change_and_by_days(place: Arc<Place>) {
    let (ana, bea, caio) = (
        place.newcomer("Ana").await,
        place.newcomer("Bea").await,
        place.newcomer("Caio").await,
    );
    let nothing = Standing::default();
    set(&place, caio, &nothing, ("none", 10)).await;
    set(&place, ana, &nothing, ("none", 30)).await;
    set(&place, bea, &nothing, ("none", 20)).await;
    assert_eq!(
        found(&place, ContactFilter::default()).await,
        [ana, bea, caio]
    );
    let changed = |from: Option<i64>, to: Option<i64>| ContactFilter {
        changed: (from.map(at), to.map(at)),
        ..ContactFilter::default()
    };
    assert_eq!(found(&place, changed(Some(20), None)).await, [ana, bea]);
    assert_eq!(found(&place, changed(None, Some(20))).await, [caio]);
    assert_eq!(found(&place, changed(Some(11), Some(30))).await, [bea]);
    let created = |from, to| ContactFilter {
        created: (from, to),
        ..ContactFilter::default()
    };
    assert_eq!(
        found(&place, created(Some(at(0)), Some(at(1)))).await,
        [ana, bea, caio]
    );
    assert!(found(&place, created(Some(at(1)), None)).await.is_empty());
    assert!(found(&place, created(None, Some(at(0)))).await.is_empty());
}

async fn a_state_of_a_topic_follows_what_was_said_of_it(place: Arc<Place>) {
    let (ana, bea) = (place.newcomer("Ana").await, place.newcomer("Bea").await);
    let topic = TopicId::new(Uuid::from_u128(9));
    let say = async |contact, said: Vec<(TopicId, State)>| {
        let standing = Standing::default();
        let said = said.into_iter().map(|(topic, state)| Stance {
            contact,
            subject: topic.to_string(),
            state,
        });
        let update = Update {
            contact,
            standing: &standing,
            consent: "none",
            platform: "open",
            said: Some(said.collect()),
            at: at(5),
        };
        let mut tx = place.store.begin().await.unwrap();
        tx.set_standings(&[update]).await.unwrap();
        tx.commit().await.unwrap();
    };
    say(ana, vec![(topic, State::OptedIn)]).await;
    say(
        bea,
        vec![
            (topic, State::OptedOut),
            (TopicId::new(Uuid::from_u128(8)), State::OptedIn),
        ],
    )
    .await;
    let about = |state: Option<&str>| ContactFilter {
        topic: Some(topic),
        consent: state.map(str::to_owned),
        ..ContactFilter::default()
    };
    assert_eq!(found(&place, about(None)).await, [bea, ana]);
    assert_eq!(found(&place, about(Some("opted_out"))).await, [bea]);
    say(bea, vec![(topic, State::OptedIn)]).await;
    assert!(found(&place, about(Some("opted_out"))).await.is_empty());
    // A standing that was written for another reason leaves it as it is.
    set(&place, bea, &Standing::default(), ("none", 5)).await;
    assert_eq!(found(&place, about(None)).await, [bea, ana]);
    // What was retracted was perhaps all that was said.
    say(bea, vec![]).await;
    assert_eq!(found(&place, about(None)).await, [ana]);
}

async fn a_source_is_that_of_the_newest_wish(place: Arc<Place>) {
    let ana = place.newcomer("Ana").await;
    let mut standing = Standing::default();
    let mut register = Register::default();
    let mut events = vec![];
    for (n, source) in [(1, "web_form"), (2, "keyword")] {
        let id = EventId::new(Uuid::from_u128(n));
        let event = Event {
            id,
            contact: ana,
            fact: if n == 1 {
                Fact::OptIn(Scope::MARKETING)
            } else {
                Fact::OptOut(Scope::MARKETING)
            },
            clock: Clock::Ours,
            at: at(i64::try_from(n).unwrap()),
            received: at(9),
            evidence: Evidence {
                source: source.to_owned(),
                ..Evidence::default()
            },
        };
        let mark = Mark {
            at: event.at,
            event: id,
        };
        let marks = if n == 1 {
            &mut register.opt_in
        } else {
            &mut register.opt_out
        };
        marks.raise(Clock::Ours, mark);
        events.push(event);
    }
    let mut tx = place.store.begin().await.unwrap();
    let rows: Vec<NewEvent<'_>> = events
        .iter()
        .map(|event| NewEvent {
            event,
            leaf: &[1; 112],
            sealed: vec![1],
        })
        .collect();
    tx.append(&rows).await.unwrap();
    tx.commit().await.unwrap();
    standing.registers.insert(Scope::MARKETING, register);
    set(&place, ana, &standing, ("opted_out", 1)).await;
    let from = |source: &str| ContactFilter {
        source: Some(source.to_owned()),
        ..ContactFilter::default()
    };
    assert_eq!(found(&place, from("keyword")).await, [ana]);
    assert!(found(&place, from("web_form")).await.is_empty());
    let line = place.store.contact(ana).await.unwrap().unwrap();
    assert_eq!(line.source.as_deref(), Some("keyword"));
    let store = &place.store;
    let ids: Vec<EventId> = events.iter().map(|event| event.id).collect();
    let sources = store.sources_of(&ids).await.unwrap();
    assert_eq!(
        sources.values().collect::<Vec<_>>(),
        ["web_form", "keyword"]
    );
    assert!(store.sources_of(&[]).await.unwrap().is_empty());
    // The newest was taken back: the one before counts again.
    register.opt_out = consent::register::Marks::default();
    standing.registers.insert(Scope::MARKETING, register);
    set(&place, ana, &standing, ("opted_in", 2)).await;
    assert_eq!(found(&place, from("web_form")).await, [ana]);
}

/// More people than are few, made at once; gives the first, the only one who never said anything.
async fn crowd(place: &Place) -> ContactId {
    let first = ContactId::new(Uuid::from_bytes([1; 16]));
    let mut tx = place.store.begin().await.unwrap();
    tx.create(&[newcomer(first, "Zoe")]).await.unwrap();
    tx.commit().await.unwrap();
    // Everybody else at once, by copying, each time with one more byte that differs.
    let hex = match place.kind {
        Kind::Sqlite => "hex(id)",
        Kind::Postgres => "encode(id, 'hex')",
    };
    for n in 0..14 {
        let (before, after, later) = (2 * n, 2 * n + 3, 1_i64 << n);
        let sql = format!(
            "insert into contact (id, name, standing, version, consent, platform, created_ms, changed_ms) \
             select unhex(substr({hex}, 1, {before}) || 'ff' || substr({hex}, {after})), 'x', standing, 1, 'opted_in', \
             'open', created_ms, changed_ms + {later} from contact"
        );
        place.raw(&sql).await.unwrap();
    }
    assert_eq!(place.store.count_contacts().await.unwrap(), 16_384);
    first
}

fn of_state(state: &str, limit: u32) -> ContactFilter {
    ContactFilter {
        consent: Some(state.to_owned()),
        limit,
        ..ContactFilter::default()
    }
}

/// The list is walked in the order of the last change.
async fn many_people_are_walked_and_counted(place: Arc<Place>) {
    crowd(&place).await;
    let store = &place.store;
    let mut filter = of_state("opted_in", 500);
    let mut seen: Vec<(Timestamp, ContactId)> = vec![];
    loop {
        let page = store.contacts(&filter).await.unwrap();
        seen.extend(page.lines.iter().map(|line| (line.changed, line.person.id)));
        filter.after = page.next;
        if page.next.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 16_383);
    assert!(
        seen.is_sorted_by(|a, b| a > b),
        "newest changed first, none twice"
    );
    assert_eq!(
        store.count_of(&filter, 100).await.unwrap(),
        Count::AtLeast(100)
    );
    let all = of_state("opted_in", 0);
    assert_eq!(
        store.count_of(&all, 20_000).await.unwrap(),
        Count::Exactly(16_383)
    );
    assert_eq!(store.ids_of(&filter, 20_000).await.unwrap().len(), 16_383);
}

async fn one_of_many_is_found_at_once(place: Arc<Place>) {
    let first = crowd(&place).await;
    let store = &place.store;
    // One of many, at the very end of the walk; and a question that costs more, whose page ends before.
    place
        .raw("insert into tag (contact_id, tag) select id, 'all' from contact")
        .await
        .unwrap();
    let mut one = ContactFilter {
        tags: vec!["all".to_owned()],
        ..of_state("none", 5)
    };
    let mut pages = 0;
    let found = loop {
        let page = store.contacts(&one).await.unwrap();
        pages += 1;
        if page.next.is_none() || !page.lines.is_empty() {
            break page.lines;
        }
        one.after = page.next;
    };
    assert_eq!(
        found.iter().map(|line| line.person.id).collect::<Vec<_>>(),
        [first]
    );
    assert_eq!(pages, 1, "whom few are is found at once");
    let tagged = store
        .tagged("all", &[first, ContactId::HOUSE])
        .await
        .unwrap();
    assert_eq!(tagged, BTreeSet::from([first]));
    let mut standings = vec![];
    loop {
        let page = store
            .standings((standings.last().copied(), None), 5_000)
            .await
            .unwrap();
        if page.is_empty() {
            break;
        }
        standings.extend(page.into_iter().map(|(id, _)| id));
    }
    assert!(standings.is_sorted_by(|a, b| a < b));
    assert_eq!(standings.len(), 16_384);
}

async fn files_are_kept_once_and_erased(place: Arc<Place>) {
    let ana = place.newcomer("Ana").await;
    let file = |ms: i64, sealed: u8| Enclosure {
        contact: ana,
        sha256: [7; 32],
        at: at(ms),
        sealed: vec![sealed; 3],
    };
    let mut tx = place.store.begin().await.unwrap();
    tx.enclose(&file(1, 1)).await.unwrap();
    tx.enclose(&file(2, 2)).await.unwrap();
    tx.commit().await.unwrap();
    let store = &place.store;
    assert_eq!(store.enclosures(ana).await.unwrap(), [([7; 32], at(1))]);
    assert_eq!(
        store.enclosure(ana, [7; 32]).await.unwrap(),
        Some(file(1, 1))
    );
    assert_eq!(store.enclosure(ana, [8; 32]).await.unwrap(), None);
    let mut tx = store.begin().await.unwrap();
    tx.erase(ana, &[], at(3)).await.unwrap();
    tx.commit().await.unwrap();
    assert!(store.enclosures(ana).await.unwrap().is_empty());
}

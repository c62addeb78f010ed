//! Marks, tallies, times, numbers and alerts: made of what is there, once, and made anew all the same.

use std::sync::Arc;

use consent::{
    event::{Clock, Event, Evidence, Fact},
    id::{AttemptId, ContactId, EventId, TopicId},
    scope::{Category, Scope, Subject},
    time::Timestamp,
};
use store::{
    event::NewEvent,
    message::{Direction, MessageLine, State},
    pool::Store,
    report::{AlertLine, InForce, Mark, SLOT_MS, TallyAsk, TallyLine, TallyRow, slot_of},
};
use uuid::Uuid;

use crate::harness::{Place, at, message};

contract![
    events_come_in_the_order_of_the_log_with_what_opens_them,
    marks_are_counted_by_everything_once,
    what_is_counted_moves_once_and_is_made_anew_the_same,
    messages_are_counted_by_everything_that_reports_tell_apart,
    a_slot_is_put_in_the_place_of_itself,
    the_last_marketing_message_before_a_no_is_found,
    times_add_up_and_keep_the_worst,
    a_number_has_a_row_for_each_change,
    an_alert_is_raised_once_and_settled_once,
];

const OUT: Fact = Fact::OptOut(Scope::everywhere(Subject::Category(Category::Marketing)));

fn event(contact: ContactId, fact: Fact, ms: i64) -> Event {
    Event {
        id: EventId::new(Uuid::now_v7()),
        contact,
        fact,
        clock: Clock::Meta,
        at: at(ms),
        received: at(ms),
        evidence: Evidence {
            source: "keyword".to_owned(),
            ..Evidence::default()
        },
    }
}

async fn record(place: &Place, events: &[Event]) {
    let mut tx = place.store.begin().await.unwrap();
    let rows = events.iter().map(|event| NewEvent {
        event,
        leaf: &[7; 112],
        sealed: vec![9; 30],
    });
    tx.append(&rows.collect::<Vec<_>>()).await.unwrap();
    let head = tx.head().await.unwrap();
    let pending = tx.pending(100).await.unwrap();
    let size = head.size + i64::try_from(pending.len()).unwrap();
    let new = store::log::Head {
        size,
        epoch: head.epoch,
        edge: vec![],
    };
    tx.number(&head, &pending, &[], &new).await.unwrap();
    tx.commit().await.unwrap();
}

fn mark(index: i64, what: &str, value: &str) -> Mark {
    Mark {
        index,
        slot: 0,
        what: what.to_owned(),
        is_first: true,
        is_own: true,
        source: "keyword".to_owned(),
        topic: "marketing".to_owned(),
        number: String::new(),
        keyword: value.to_owned(),
        template: "spring".to_owned(),
    }
}

async fn sums(store: &Store, what: &str, dimension: &str, steps: &[(i64, i64)]) -> Vec<TallyLine> {
    let ask = TallyAsk {
        whats: &[what],
        dimension,
        steps,
    };
    store.tallies(ask).await.unwrap()
}

async fn sum(store: &Store, what: &str, dimension: &str, value: &str) -> i64 {
    let found = sums(store, what, dimension, &[(i64::MIN / 2, i64::MAX / 2)]).await;
    let own = found.iter().filter(|line| line.value == value);
    own.map(|line| line.count).sum()
}

fn id_at(ms: i64) -> Uuid {
    Uuid::from_u128(
        u128::try_from(at(ms).millis()).unwrap() << 80 | u128::from(Uuid::now_v7().as_u64_pair().1),
    )
}

async fn events_come_in_the_order_of_the_log_with_what_opens_them(place: Arc<Place>) {
    let (ana, bia) = (place.newcomer("Ana").await, place.newcomer("Bia").await);
    let events = [event(ana, OUT, 1), event(bia, OUT, 2), event(bia, OUT, 2)];
    record(&place, &events).await;
    let found = place.store.logged(0, 10).await.unwrap();
    assert_eq!(found.len(), 3);
    for (at, (line, event)) in found.iter().zip(&events).enumerate() {
        assert_eq!(line.index, i64::try_from(at).unwrap());
        assert_eq!(
            (line.contact, line.received),
            (event.contact, event.received)
        );
        assert_eq!(
            (line.kind.as_str(), line.source.as_str()),
            ("opt_out", "keyword")
        );
        assert!(line.argument.contains("marketing|*|*"));
        assert_eq!(line.sealed.as_deref(), Some(&[9; 30][..]));
        assert_eq!(line.sealing_key.as_deref(), Some(&[7; 40][..]));
    }
    let first: Vec<bool> = found.iter().map(|line| line.is_first).collect();
    assert_eq!(first, [true, true, false], "one act, two events");
    assert_eq!(place.store.logged(1, 1).await.unwrap()[0].index, 1);
    assert!(place.store.logged(3, 9).await.unwrap().is_empty());
    let mut tx = place.store.begin().await.unwrap();
    tx.erase(ana, &[], at(9)).await.unwrap();
    tx.commit().await.unwrap();
    let erased = &place.store.logged(0, 1).await.unwrap()[0];
    assert_eq!(
        (erased.sealed.as_ref(), erased.sealing_key.as_ref()),
        (None, None)
    );
    assert_eq!(erased.kind, "opt_out", "the event is still counted");
}

async fn marks_are_counted_by_everything_once(place: Arc<Place>) {
    let twin = Mark {
        is_first: false,
        topic: "utility".to_owned(),
        ..mark(1, "opt_out", "STOP")
    };
    let theirs = Mark {
        is_own: false,
        keyword: String::new(),
        source: "web_form".to_owned(),
        ..mark(2, "opt_out", "")
    };
    let later = Mark {
        slot: SLOT_MS,
        keyword: "BA\0JA".to_owned(),
        ..mark(3, "opt_out", "")
    };
    let marks = [mark(0, "opt_out", "STOP"), twin, theirs, later];
    let again = mark(0, "opt_in", "START");
    let mut tx = place.store.begin().await.unwrap();
    tx.keep_marks(&marks).await.unwrap();
    tx.keep_marks(&[again]).await.unwrap();
    tx.count_marks(0, 2).await.unwrap();
    tx.count_marks(2, 9).await.unwrap();
    tx.commit().await.unwrap();
    let store = &place.store;
    for (what, dimension, value, want) in [
        ("opt_out", "", "", 3),
        ("own_opt_out", "", "", 2),
        ("opt_in", "", "", 0),
        ("opt_out", "source", "keyword", 2),
        ("opt_out", "source", "web_form", 1),
        ("opt_out", "topic", "marketing", 3),
        ("opt_out", "topic", "utility", 1),
        ("opt_out", "keyword", "STOP", 1),
        ("own_opt_out", "keyword", "BAJA", 1),
        ("own_opt_out", "template", "spring", 2),
        ("opt_out", "number", "", 0),
    ] {
        let found = sum(store, what, dimension, value).await;
        assert_eq!(found, want, "{what} by {dimension} {value}");
    }
    let steps = [
        (0, SLOT_MS),
        (SLOT_MS, 2 * SLOT_MS),
        (2 * SLOT_MS, 3 * SLOT_MS),
    ];
    let found = sums(store, "opt_out", "", &steps).await;
    let counts: Vec<(usize, i64)> = found.iter().map(|line| (line.step, line.count)).collect();
    assert_eq!(counts, [(0, 2), (1, 1)]);
}

async fn what_is_counted_moves_once_and_is_made_anew_the_same(place: Arc<Place>) {
    let store = &place.store;
    assert_eq!(store.tally_state("counted_to").await.unwrap(), None);
    let mut tx = store.begin().await.unwrap();
    tx.keep_marks(&[mark(0, "opt_out", "STOP")]).await.unwrap();
    assert!(!tx.move_tally("counted_to", Some(3), 4).await.unwrap());
    assert!(tx.move_tally("counted_to", None, 1).await.unwrap());
    assert!(!tx.move_tally("counted_to", None, 2).await.unwrap());
    tx.count_marks(0, 1).await.unwrap();
    tx.move_tally("other", None, 5).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(sum(store, "opt_out", "", "").await, 1);
    let mut tx = store.begin().await.unwrap();
    assert!(tx.move_tally("counted_to", Some(1), 9).await.unwrap());
    tx.forget_tallies(&["counted_to"]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.tally_state("counted_to").await.unwrap(), None);
    assert_eq!(store.tally_state("other").await.unwrap(), Some(5));
    assert_eq!(sum(store, "opt_out", "", "").await, 0);
    let mut tx = store.begin().await.unwrap();
    tx.count_marks(0, 9).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(sum(store, "opt_out", "keyword", "STOP").await, 1);
}

async fn messages_are_counted_by_everything_that_reports_tell_apart(place: Arc<Place>) {
    let ana = place.newcomer("Ana").await;
    let topic = TopicId::new(Uuid::now_v7());
    let line = |ms: i64, state| MessageLine {
        id: AttemptId::new(id_at(ms)),
        topic: Some(topic),
        state,
        ..message(ana)
    };
    let denied = MessageLine {
        code: Some("no_consent".to_owned()),
        ..line(1, State::Denied)
    };
    let inbound = MessageLine {
        direction: Direction::In,
        template: None,
        ..line(2, State::Received)
    };
    let lines = [
        denied.clone(),
        line(1, State::Sent),
        line(2, State::Sent),
        inbound,
        line(60, State::Read),
    ];
    let mut tx = place.store.begin().await.unwrap();
    tx.keep_messages(&lines).await.unwrap();
    tx.commit().await.unwrap();
    let from = |ms| Uuid::from_u128(u128::try_from(at(ms).millis()).unwrap() << 80);
    let mut found = place.store.count_messages(from(0), from(60)).await.unwrap();
    found.sort_by(|a, b| a.state.cmp(&b.state));
    let seen: Vec<_> = found
        .iter()
        .map(|one| (one.direction.as_str(), one.state.as_str(), one.count))
        .collect();
    assert_eq!(
        seen,
        [
            ("out", "denied", 1),
            ("in", "received", 1),
            ("out", "sent", 2)
        ]
    );
    assert_eq!(found[0].code.as_deref(), Some("no_consent"));
    assert_eq!(
        (found[2].topic, found[2].template.as_deref()),
        (Some(topic), Some("spring_sale"))
    );
    let next = place.store.next_message(from(3)).await.unwrap();
    assert_eq!(next, Some(lines[4].id.get()));
    assert_eq!(place.store.next_message(from(61)).await.unwrap(), None);
}

async fn a_slot_is_put_in_the_place_of_itself(place: Arc<Place>) {
    let row = |count| TallyRow {
        what: "sent".to_owned(),
        dimension: "number".to_owned(),
        value: "1099".to_owned(),
        count,
    };
    let kinds = [("sent", ""), ("sent", "number")];
    for (slot, count) in [(0, 5), (SLOT_MS, 7), (0, 6)] {
        let mut tx = place.store.begin().await.unwrap();
        tx.put_tallies(slot, &kinds, &[row(count)]).await.unwrap();
        tx.note_slot(slot, at(count)).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(sum(&place.store, "sent", "number", "1099").await, 13);
    let slots = place.store.counted_slots().await.unwrap();
    assert_eq!(slots, [(0, at(6)), (SLOT_MS, at(7))]);
    let mut tx = place.store.begin().await.unwrap();
    tx.finish_slots(SLOT_MS).await.unwrap();
    tx.put_tallies(SLOT_MS, &kinds, &[]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        place.store.counted_slots().await.unwrap(),
        [(SLOT_MS, at(7))]
    );
    assert_eq!(sum(&place.store, "sent", "number", "1099").await, 6);
}

async fn the_last_marketing_message_before_a_no_is_found(place: Arc<Place>) {
    let (ana, bia) = (place.newcomer("Ana").await, place.newcomer("Bia").await);
    let sent = |ms: i64, template: &str, state, category: &str| MessageLine {
        id: AttemptId::new(id_at(ms)),
        at: at(ms),
        state,
        category: category.to_owned(),
        template: Some((template.to_owned(), "en".to_owned())),
        ..message(ana)
    };
    let lines = [
        sent(10, "first", State::Sent, "marketing"),
        sent(20, "second", State::Delivered, "marketing"),
        sent(30, "refused", State::Denied, "marketing"),
        sent(40, "order", State::Read, "utility"),
        sent(90, "after", State::Sent, "marketing"),
    ];
    let mut tx = place.store.begin().await.unwrap();
    tx.keep_messages(&lines).await.unwrap();
    tx.commit().await.unwrap();
    let asked = [
        (1, ana, at(50)),
        (2, ana, at(15)),
        (3, ana, at(100_000)),
        (4, bia, at(50)),
    ];
    let mut found = place.store.last_marketing(&asked, 1_000).await.unwrap();
    found.sort_by_key(|line| line.0);
    let found: Vec<_> = found
        .iter()
        .map(|(key, name, _)| (*key, name.as_deref().unwrap()))
        .collect();
    assert_eq!(found, [(1, "second"), (2, "first")]);
}

async fn times_add_up_and_keep_the_worst(place: Arc<Place>) {
    let time = |slot, count, worst_us| InForce {
        slot,
        upto_us: 1_000,
        count,
        worst_us,
    };
    for times in [
        vec![time(0, 2, 900), time(SLOT_MS, 1, 700)],
        vec![time(0, 1, 950)],
        vec![],
    ] {
        let mut tx = place.store.begin().await.unwrap();
        tx.add_in_force_times(&times).await.unwrap();
        tx.commit().await.unwrap();
    }
    let steps = [(0, SLOT_MS), (0, 2 * SLOT_MS), (2 * SLOT_MS, 3 * SLOT_MS)];
    let found = place.store.in_force_times(&steps).await.unwrap();
    let found: Vec<_> = found
        .iter()
        .map(|line| (line.step, line.upto_us, line.count, line.worst_us))
        .collect();
    assert_eq!(found, [(0, 1_000, 3, 950), (1, 1_000, 4, 950)]);
}

async fn a_number_has_a_row_for_each_change(place: Arc<Place>) {
    for (body, ms) in [("green", 1), ("green", 2), ("yellow\0", 3), ("green", 4)] {
        let mut tx = place.store.begin().await.unwrap();
        tx.note_number("1099", body, at(ms)).await.unwrap();
        tx.commit().await.unwrap();
    }
    let states = place.store.number_states(9).await.unwrap();
    let seen: Vec<_> = states
        .iter()
        .map(|state| (state.body.as_str(), state.at, state.seen))
        .collect();
    assert_eq!(
        seen,
        [
            ("green", at(4), at(4)),
            ("yellow", at(3), at(3)),
            ("green", at(1), at(2))
        ]
    );
    assert_eq!(place.store.number_states(1).await.unwrap().len(), 1);
}

async fn an_alert_is_raised_once_and_settled_once(place: Arc<Place>) {
    let line = |subject: &str, ms| AlertLine {
        id: Uuid::now_v7(),
        kind: "own_opt_out".to_owned(),
        subject: subject.to_owned(),
        body: "{}".to_owned(),
        at: at(ms),
        settled_by: None,
        settled: None,
    };
    let first = line("number:1099", 10);
    let mut raised = Vec::new();
    for (line, since) in [
        (&first, 0),
        (&line("number:1099", 20), 5),
        (&line(":", 20), 5),
        (&line("number:1099", 90), 50),
    ] {
        let mut tx = place.store.begin().await.unwrap();
        raised.push(tx.raise_alert(line, at(since)).await.unwrap());
        tx.commit().await.unwrap();
    }
    assert_eq!(raised, [true, false, true, true]);
    let store = &place.store;
    let open = store.alerts(true, None, 9).await.unwrap();
    assert_eq!(open.len(), 3);
    let waiting = store.waiting(open[0].id, 99).await.unwrap();
    assert_eq!(waiting.alerts, 3);
    assert_eq!(
        store.alerts(true, Some(open[1].id), 9).await.unwrap(),
        std::slice::from_ref(&first)
    );
    let mut tx = store.begin().await.unwrap();
    assert!(tx.settle_alert(first.id, "an\0a", at(99)).await.unwrap());
    assert!(!tx.settle_alert(first.id, "bia", at(100)).await.unwrap());
    tx.commit().await.unwrap();
    let settled = store.alerts(false, None, 9).await.unwrap();
    assert_eq!(settled.len(), 1);
    assert_eq!(
        (settled[0].settled_by.as_deref(), settled[0].settled),
        (Some("ana"), Some(at(99)))
    );
    assert_eq!(
        store.alert(first.id).await.unwrap().as_ref(),
        settled.first()
    );
    assert_eq!(store.alert(Uuid::nil()).await.unwrap(), None);
    assert_eq!(slot_of(Timestamp::from_millis(-1)), -SLOT_MS);
}

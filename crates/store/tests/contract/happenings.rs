//! Happenings: kept once journeys are there, looked at once, and gone with the person.

use std::sync::Arc;

use consent::id::ContactId;
use store::{
    happening::HappeningLine,
    journey::{JourneyLine, State},
};
use uuid::Uuid;

use crate::harness::{Place, at};

contract![
    nothing_is_kept_before_a_journey_was_published,
    what_happened_is_looked_at_once_and_in_order,
    what_happened_goes_over_and_goes_away_with_the_person,
    whoever_has_an_attribute_is_found_page_by_page,
];

fn happening(contact: ContactId, due: i64) -> HappeningLine {
    HappeningLine {
        contact,
        id: Uuid::now_v7(),
        body: r#"{"told":"changed"}"#.to_owned(),
        due: at(due),
        tries: 0,
    }
}

async fn put(place: &Place, state: State) {
    let line = JourneyLine {
        id: Uuid::now_v7(),
        name: "Welcome".to_owned(),
        state,
        draft: "{}".to_owned(),
        version: 0,
        changed: at(0),
        changed_by: "ben".to_owned(),
        cas: 0,
    };
    let mut tx = place.store.begin().await.unwrap();
    tx.put_journey(&line).await.unwrap();
    tx.commit().await.unwrap();
}

async fn tell(place: &Place, lines: &[HappeningLine]) {
    let mut tx = place.store.begin().await.unwrap();
    tx.tell(lines).await.unwrap();
    tx.commit().await.unwrap();
}

async fn nothing_is_kept_before_a_journey_was_published(place: Arc<Place>) {
    let ana = place.newcomer("Ana").await;
    put(&place, State::Draft).await;
    tell(&place, &[happening(ana, 1)]).await;
    assert_eq!(place.store.due_happenings(at(99), 9).await.unwrap(), []);
    put(&place, State::Stopped).await;
    let line = happening(ana, 1);
    tell(&place, std::slice::from_ref(&line)).await;
    assert_eq!(place.store.due_happenings(at(99), 9).await.unwrap(), [line]);
}

async fn what_happened_is_looked_at_once_and_in_order(place: Arc<Place>) {
    let store = &place.store;
    let (ana, ben) = (place.newcomer("Ana").await, place.newcomer("Ben").await);
    put(&place, State::Live).await;
    let (first, second, later) = (happening(ben, 1), happening(ana, 2), happening(ana, 50));
    let all = [later.clone(), second.clone(), first.clone(), first.clone()];
    tell(&place, &all).await;
    assert_eq!(
        store.due_happenings(at(9), 9).await.unwrap(),
        [first.clone(), second.clone()]
    );
    assert_eq!(store.due_happenings(at(9), 1).await.unwrap().len(), 1);
    let mut tx = store.begin().await.unwrap();
    let seen = [(ben, first.id), (ben, second.id)];
    assert_eq!(
        tx.forget_happenings(&seen).await.unwrap(),
        [(ben, first.id)]
    );
    assert_eq!(tx.forget_happenings(&seen).await.unwrap(), []);
    tx.put_off_happenings(ana, at(60)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.due_happenings(at(59), 9).await.unwrap(), []);
    let put_off = store.due_happenings(at(60), 9).await.unwrap();
    assert_eq!(put_off.len(), 2);
    assert!(put_off.iter().all(|line| line.tries == 1));
    let mut tx = store.begin().await.unwrap();
    tx.drop_happenings(&[]).await.unwrap();
    tx.drop_happenings(&[ana]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.due_happenings(at(60), 9).await.unwrap(), []);
}

async fn what_happened_goes_over_and_goes_away_with_the_person(place: Arc<Place>) {
    let store = &place.store;
    let (ana, ben) = (place.newcomer("Ana").await, place.newcomer("Ben").await);
    put(&place, State::Live).await;
    let line = happening(ana, 1);
    tell(&place, std::slice::from_ref(&line)).await;
    let mut tx = store.begin().await.unwrap();
    tx.move_happenings(ana, ben).await.unwrap();
    tx.commit().await.unwrap();
    let moved = HappeningLine {
        contact: ben,
        ..line
    };
    assert_eq!(store.due_happenings(at(9), 9).await.unwrap(), [moved]);
    let mut tx = store.begin().await.unwrap();
    tx.erase(ben, &[vec![4; 32]], at(99)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.due_happenings(at(9), 9).await.unwrap(), []);
}

async fn whoever_has_an_attribute_is_found_page_by_page(place: Arc<Place>) {
    let store = &place.store;
    let mut people = Vec::new();
    for (name, day) in [
        ("Ana", "1990-01-01"),
        ("Ben", "1991-01-01"),
        ("Cem", "1992-01-01"),
    ] {
        let contact = place.newcomer(name).await;
        let edit = store::contact::Edit {
            attributes: vec![("born".to_owned(), Some(day.to_owned()))],
            ..store::contact::Edit::default()
        };
        let mut tx = store.begin().await.unwrap();
        tx.edit(contact, &edit).await.unwrap();
        tx.commit().await.unwrap();
        people.push((contact, day.to_owned()));
    }
    people.sort();
    let none = ContactId::new(Uuid::nil());
    let first = store.holders("born", none, 2).await.unwrap();
    assert_eq!(first, people[..2]);
    let rest = store.holders("born", first[1].0, 2).await.unwrap();
    assert_eq!(rest, people[2..]);
    assert_eq!(store.holders("bred", none, 2).await.unwrap(), []);
}

//! Reading everything, page by page, as a proof of the whole does; and names that people had before.

use std::sync::Arc;

use consent::event::Fact;
use store::{contact::AliasLine, event::NewEvent};

use crate::{
    events::event,
    harness::{Place, alias, at, line, message},
};

contract![
    a_whole_history_is_read_by_pages,
    a_name_of_the_past_leads_to_who_had_it,
    who_was_erased_is_found_without_writing,
];

async fn a_whole_history_is_read_by_pages(place: Arc<Place>) {
    let store = &place.store;
    let ana = place.newcomer("Ana").await;
    let (first, second) = (event(ana, Fact::Blocked), event(ana, Fact::Blocked));
    let sealed = vec![1; 30];
    let news = [&first, &second].map(|event| NewEvent {
        event,
        leaf: &[9; 112],
        sealed: sealed.clone(),
    });
    let sent = message(ana);
    let batch = uuid::Uuid::now_v7();
    let mut tx = store.begin().await.unwrap();
    tx.append(&news).await.unwrap();
    tx.keep_messages(std::slice::from_ref(&sent)).await.unwrap();
    tx.seal_reservations(&[sent.id], batch).await.unwrap();
    tx.commit().await.unwrap();
    let tally = store.tally().await.unwrap();
    assert_eq!((tally.head, tally.entries, tally.events), (0, 0, 2));
    assert_eq!((tally.matched, tally.pending, tally.waiting), (0, 2, 2));
    assert!(store.unlogged_events(10).await.unwrap().is_empty());
    assert!(store.eventless_entries(10).await.unwrap().is_empty());
    assert!(store.missing_contacts(10).await.unwrap().is_empty());
    let kept = store.kept(None, "vip", 10).await.unwrap();
    assert_eq!((kept.len(), kept[0].person.id), (1, ana));
    assert_eq!(store.histories(&[ana]).await.unwrap().len(), 2);
    let page = store.history_page(ana, None, 1).await.unwrap();
    assert_eq!(page.len(), 1);
    let rest = store.history_page(ana, Some(page[0].id), 10).await.unwrap();
    assert_eq!(rest.len(), 1);
    assert_ne!(rest[0].id, page[0].id);
    assert!(store.policies().await.unwrap().is_empty());
    assert_eq!(
        store.batches_of(&[sent.id]).await.unwrap(),
        [(sent.id, batch)]
    );
    assert_eq!(store.count_sealed().await.unwrap(), 1);
    assert!(store.versions_of("spring_sale").await.unwrap().is_empty());
}

async fn a_name_of_the_past_leads_to_who_had_it(place: Arc<Place>) {
    let (ana, bia) = (place.newcomer("Ana").await, place.newcomer("Bia").await);
    let old = alias("+447700900123");
    let past = AliasLine {
        until: Some(at(20)),
        ..line(ana, old.clone(), 10)
    };
    let mut tx = place.store.begin().await.unwrap();
    tx.link_past(&[past.clone(), past]).await.unwrap();
    tx.link(&[line(bia, old.clone(), 30)]).await.unwrap();
    let former = tx.former_owners(&[old.key()]).await.unwrap();
    assert_eq!(former, [(old.key(), ana, at(20))]);
    assert_eq!(tx.successor(ana).await.unwrap(), Some(bia));
    let current = tx.aliases_of(&[ana, bia]).await.unwrap();
    assert_eq!((current.len(), current[0].contact), (1, bia));
    tx.commit().await.unwrap();
    let outside = place.store.aliases_of(&[ana, bia]).await.unwrap();
    assert_eq!(outside, current);
    assert!(place.store.aliases_of(&[ana]).await.unwrap().is_empty());
}

async fn who_was_erased_is_found_without_writing(place: Arc<Place>) {
    let store = &place.store;
    let ana = place.newcomer("Ana").await;
    let mut tx = store.begin().await.unwrap();
    tx.erase(ana, &[vec![7; 32]], at(9)).await.unwrap();
    tx.commit().await.unwrap();
    let found = store.suppressed(&[vec![7; 32], vec![8; 32]]).await.unwrap();
    assert_eq!(found, [vec![7; 32]]);
}

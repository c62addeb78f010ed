//! Bodies for the app behind us: in order for each sender.

use std::sync::Arc;

use store::relay::RelayLine;
use uuid::Uuid;

use crate::harness::{Place, at};

contract![
    a_sender_waits_for_its_oldest,
    senders_do_not_wait_for_each_other
];

fn body(sender: &str) -> RelayLine {
    RelayLine {
        id: Uuid::now_v7(),
        sender: sender.to_owned(),
        sealed: vec![1, 2, 3],
        signature: "sha256=00".to_owned(),
        attempts: 0,
        created: at(0),
    }
}

async fn due(place: &Place, ms: i64, limit: u32) -> Vec<Uuid> {
    let lines = place.store.due_relays(at(ms), limit).await.unwrap();
    lines.into_iter().map(|line| line.id).collect()
}

async fn a_sender_waits_for_its_oldest(place: Arc<Place>) {
    let store = &place.store;
    let (one, two) = (body("a"), body("a"));
    let mut tx = store.begin().await.unwrap();
    tx.enqueue_relays(&[two.clone(), one.clone()])
        .await
        .unwrap();
    tx.enqueue_relays(&[]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.count_relays().await.unwrap(), 2);
    assert!(due(&place, -1, 9).await.is_empty());
    assert_eq!(due(&place, 0, 9).await, [one.id]);
    let mut tx = store.begin().await.unwrap();
    tx.put_off_relay(one.id, at(100)).await.unwrap();
    tx.commit().await.unwrap();
    let early = due(&place, 99, 9).await;
    assert!(early.is_empty(), "the second must not overtake");
    let line = store.due_relays(at(100), 9).await.unwrap().pop().unwrap();
    assert_eq!((line.id, line.attempts), (one.id, 1));
    assert_eq!(
        (line.sender, line.sealed, line.signature),
        (one.sender, one.sealed, one.signature)
    );
    assert_eq!(line.created, at(0));
    let mut tx = store.begin().await.unwrap();
    tx.end_relays(&[one.id]).await.unwrap();
    tx.end_relays(&[]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(due(&place, 99, 9).await, [two.id]);
    assert_eq!(store.count_relays().await.unwrap(), 1);
}

async fn senders_do_not_wait_for_each_other(place: Arc<Place>) {
    let bodies = ["a", "b", "a", "c", "b"].map(body);
    let mut tx = place.store.begin().await.unwrap();
    tx.enqueue_relays(&bodies).await.unwrap();
    tx.put_off_relay(bodies[0].id, at(100)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(due(&place, 10, 9).await, [bodies[1].id, bodies[3].id]);
    assert_eq!(due(&place, 10, 1).await, [bodies[1].id]);
    assert_eq!(
        due(&place, 100, 9).await,
        [bodies[0].id, bodies[1].id, bodies[3].id]
    );
}

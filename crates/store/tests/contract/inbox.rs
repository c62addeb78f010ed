//! Raw bodies, what was seen, and the quarantine.

use std::sync::Arc;

use store::inbox::{QuarantineLine, RawBody};
use uuid::Uuid;

use crate::harness::{Place, at};

contract![
    a_body_is_kept_once,
    what_was_seen_is_not_new,
    old_bodies_are_destroyed,
    quarantine_is_listed_retried_and_counted,
];

async fn a_body_is_kept_once(place: Arc<Place>) {
    let ana = place.newcomer("Ana").await;
    let mut tx = place.store.begin().await.unwrap();
    let (one, two) = (raw_body(1), raw_body(2));
    let kept = tx.keep_webhooks(&[one.clone(), one.clone()], at(0)).await;
    assert_eq!(kept.unwrap(), [[1; 32]]);
    let kept = tx.keep_webhooks(&[two, one], at(1)).await.unwrap();
    assert_eq!(kept, [[2; 32]], "only what is new");
    assert!(tx.keep_webhooks(&[], at(1)).await.unwrap().is_empty());
    let spoken_of = [([1; 32], ana), ([1; 32], ana), ([2; 32], ana)];
    tx.note_persons(&spoken_of).await.unwrap();
    tx.note_persons(&[([1; 32], ana)]).await.unwrap();
    tx.note_persons(&[]).await.unwrap();
    tx.commit().await.unwrap();
    assert!(place.store.has_webhook(&[1; 32]).await.unwrap());
    assert!(!place.store.has_webhook(&[3; 32]).await.unwrap());
    assert_eq!(place.number("select count(*) from webhook_person").await, 2);
}

/// A body whose hash is all one byte.
pub fn raw_body(n: u8) -> RawBody {
    RawBody {
        sha256: [n; 32],
        sealed: b"sealed".to_vec(),
    }
}

async fn what_was_seen_is_not_new(place: Arc<Place>) {
    let mut tx = place.store.begin().await.unwrap();
    let mut new = tx.see(&[[1; 32], [2; 32], [1; 32]], at(0)).await.unwrap();
    new.sort();
    assert_eq!(new, [[1; 32], [2; 32]]);
    assert_eq!(tx.see(&[[2; 32], [3; 32]], at(0)).await.unwrap(), [[3; 32]]);
    assert!(tx.see(&[], at(0)).await.unwrap().is_empty());
    tx.commit().await.unwrap();
    let mut tx = place.store.begin().await.unwrap();
    assert!(tx.see(&[[3; 32]], at(9)).await.unwrap().is_empty());
}

async fn old_bodies_are_destroyed(place: Arc<Place>) {
    let ana = place.newcomer("Ana").await;
    let mut tx = place.store.begin().await.unwrap();
    for n in 0..4_u8 {
        tx.keep_webhooks(&[raw_body(n)], at(i64::from(n)))
            .await
            .unwrap();
        tx.note_persons(&[([n; 32], ana)]).await.unwrap();
    }
    assert_eq!(tx.forget_webhooks(at(2)).await.unwrap(), 2);
    tx.commit().await.unwrap();
    assert!(!place.store.has_webhook(&[1; 32]).await.unwrap());
    assert!(place.store.has_webhook(&[2; 32]).await.unwrap());
    assert_eq!(place.number("select count(*) from webhook_person").await, 2);
}

async fn quarantine_is_listed_retried_and_counted(place: Arc<Place>) {
    let line = |n: u8| QuarantineLine {
        id: Uuid::now_v7(),
        received: at(i64::from(n)),
        sha256: vec![n; 32],
        path: format!("entry/{n}"),
        reason: "no `type`".to_owned(),
        sealed: vec![n; 5],
        state: "open".to_owned(),
        retried: None,
    };
    let store = &place.store;
    let lines: Vec<_> = (0..5).map(line).collect();
    let mut tx = store.begin().await.unwrap();
    tx.quarantine(&lines).await.unwrap();
    tx.quarantine(&[]).await.unwrap();
    tx.commit().await.unwrap();
    let first = store.quarantine(None, 3).await.unwrap();
    let rest = store.quarantine(Some(first[2].id), 3).await.unwrap();
    let ids: Vec<_> = first.iter().chain(&rest).map(|line| line.id).collect();
    let wanted: Vec<_> = lines.iter().rev().map(|line| line.id).collect();
    assert_eq!(ids, wanted);
    let one = store.quarantined(lines[2].id).await.unwrap().unwrap();
    assert_eq!(format!("{one:?}"), format!("{:?}", lines[2]));
    assert!(store.quarantined(Uuid::now_v7()).await.unwrap().is_none());
    assert_eq!(store.count_quarantine().await.unwrap(), 5);
    let mut tx = store.begin().await.unwrap();
    tx.retried(one.id, "done", "understood", at(70))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let one = store.quarantined(one.id).await.unwrap().unwrap();
    assert_eq!(
        (one.state.as_str(), one.reason.as_str(), one.retried),
        ("done", "understood", Some(at(70)))
    );
    assert_eq!(store.count_quarantine().await.unwrap(), 4);
    let waiting = store.waiting(one.id, 3).await.unwrap();
    assert_eq!((waiting.quarantine, waiting.alerts), (3, 0));
}

//! Leases: one holder, and an epoch that tells the late one.

use std::sync::Arc;

use uuid::Uuid;

use crate::harness::{Place, at};

contract![
    a_lease_is_held_renewed_and_taken_over,
    a_lease_given_back_is_free,
    of_two_takers_one_holds_it,
    a_lease_whose_row_was_lost_counts_on,
];

async fn take(place: &Place, holder: Uuid, now: i64) -> Option<i64> {
    let mut tx = place.store.begin().await.unwrap();
    let epoch = tx
        .lease("sequencer", holder, at(now), at(now + 10))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    epoch
}

async fn a_lease_is_held_renewed_and_taken_over(place: Arc<Place>) {
    let (one, two) = (Uuid::now_v7(), Uuid::now_v7());
    assert_eq!(take(&place, one, 0).await, Some(1));
    assert_eq!(take(&place, two, 5).await, None);
    assert_eq!(take(&place, one, 9).await, Some(1), "renewed");
    assert_eq!(take(&place, two, 19).await, None, "until 19, that included");
    assert_eq!(take(&place, two, 20).await, Some(2), "taken over");
    assert_eq!(
        take(&place, one, 25).await,
        None,
        "the late one sees that it lost"
    );
    assert_eq!(take(&place, one, 31).await, Some(3));
    let mut tx = place.store.begin().await.unwrap();
    let other = tx.lease("relay", two, at(31), at(40)).await.unwrap();
    assert_eq!(other, Some(1), "each name is its own");
}

async fn a_lease_given_back_is_free(place: Arc<Place>) {
    let (one, two) = (Uuid::now_v7(), Uuid::now_v7());
    assert_eq!(take(&place, one, 0).await, Some(1));
    let mut tx = place.store.begin().await.unwrap();
    tx.release_lease("sequencer", two).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(take(&place, two, 1).await, None, "not theirs to give back");
    let mut tx = place.store.begin().await.unwrap();
    tx.release_lease("sequencer", one).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(take(&place, two, 1).await, Some(2));
}

async fn of_two_takers_one_holds_it(place: Arc<Place>) {
    let takers: Vec<_> = (0..5)
        .map(|_| {
            let place = place.clone();
            tokio::spawn(async move { take(&place, Uuid::now_v7(), 0).await })
        })
        .collect();
    let mut held = 0;
    for taker in takers {
        held += usize::from(taker.await.unwrap().is_some());
    }
    assert_eq!(held, 1);
}

async fn a_lease_whose_row_was_lost_counts_on(place: Arc<Place>) {
    let (one, two) = (Uuid::now_v7(), Uuid::now_v7());
    assert_eq!(take(&place, one, 0).await, Some(1));
    for (holder, epoch) in [(one, 7), (two, 9), (one, 5)] {
        let mut tx = place.store.begin().await.unwrap();
        tx.raise_lease("sequencer", holder, epoch).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(
        take(&place, one, 1).await,
        Some(7),
        "by its holder, and only up"
    );
    assert_eq!(take(&place, two, 30).await, Some(8));
}

//! The reservation is itself the consent check, also while the person changes their mind.

use std::{sync::Arc, time::Duration};

use consent::register::Standing;
use store::{
    house::PolicyLine,
    message::{Reservation, State},
};

use crate::harness::{Kind, Place, at, message, stand};

contract![
    a_reservation_is_kept_whole,
    a_moved_standing_refuses,
    a_moved_policy_refuses,
    of_many_only_the_moved_are_refused,
    a_stop_in_flight_is_waited_for,
    a_reservation_in_flight_holds_the_stop_back,
    no_reservation_is_later_than_an_acknowledged_stop,
    live_reservations_are_counted,
];

async fn a_reservation_is_kept_whole(place: Arc<Place>) {
    let ana = place.newcomer("Ana").await;
    let line = message(ana);
    let mut tx = place.store.begin().await.unwrap();
    let claims = [Reservation {
        message: &line,
        version: 1,
    }];
    assert_eq!(tx.reserve(&claims, 0).await.unwrap(), [line.id]);
    assert!(tx.reserve(&[], 0).await.unwrap().is_empty());
    tx.commit().await.unwrap();
    let kept = place
        .store
        .find_messages(&[line.id], &[])
        .await
        .unwrap()
        .pop()
        .unwrap();
    assert_eq!(format!("{kept:?}"), format!("{line:?}"));
    let mut tx = place.store.begin().await.unwrap();
    let twice = tx.reserve(&claims, 0).await.unwrap_err();
    assert!(twice.is_conflict(), "one attempt is claimed once");
}

async fn a_moved_standing_refuses(place: Arc<Place>) {
    let ana = place.newcomer("Ana").await;
    place.stand(ana, &Standing::default()).await;
    let line = message(ana);
    for (version, claimed) in [(1, 0), (3, 0), (2, 1)] {
        let mut tx = place.store.begin().await.unwrap();
        let claims = [Reservation {
            message: &line,
            version,
        }];
        assert_eq!(tx.reserve(&claims, 0).await.unwrap().len(), claimed);
        tx.commit().await.unwrap();
    }
    let mut tx = place.store.begin().await.unwrap();
    let stranger = message(consent::id::ContactId::new(uuid::Uuid::now_v7()));
    let claims = [Reservation {
        message: &stranger,
        version: 1,
    }];
    assert!(tx.reserve(&claims, 0).await.unwrap().is_empty());
}

async fn a_moved_policy_refuses(place: Arc<Place>) {
    let ana = place.newcomer("Ana").await;
    let mut tx = place.store.begin().await.unwrap();
    let policy = PolicyLine {
        version: 1,
        body: "{}".to_owned(),
        at: at(0),
    };
    tx.set_policy(&policy).await.unwrap();
    tx.commit().await.unwrap();
    let line = message(ana);
    for (policy_version, claimed) in [(0, 0), (2, 0), (1, 1)] {
        let mut tx = place.store.begin().await.unwrap();
        let claims = [Reservation {
            message: &line,
            version: 1,
        }];
        assert_eq!(
            tx.reserve(&claims, policy_version).await.unwrap().len(),
            claimed
        );
        tx.commit().await.unwrap();
    }
}

async fn of_many_only_the_moved_are_refused(place: Arc<Place>) {
    let mut lines = vec![];
    for n in 0..20 {
        let contact = place.newcomer("x").await;
        if n % 4 == 0 {
            place.stand(contact, &Standing::default()).await;
        }
        lines.push(message(contact));
    }
    let claims: Vec<_> = lines
        .iter()
        .map(|message| Reservation {
            message,
            version: 1,
        })
        .collect();
    let mut tx = place.store.begin().await.unwrap();
    let claimed = tx.reserve(&claims, 0).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(claimed.len(), 15);
    assert!(!claimed.contains(&lines[4].id) && claimed.contains(&lines[5].id));
}

async fn a_stop_in_flight_is_waited_for(place: Arc<Place>) {
    let ana = place.newcomer("Ana").await;
    let mut tx = place.store.begin().await.unwrap();
    tx.lock(&[ana]).await.unwrap();
    stand(&mut tx, ana, &Standing::default()).await;
    let store = place.store.clone();
    let send = tokio::spawn(async move {
        let line = message(ana);
        let mut tx = store.begin().await.unwrap();
        let claims = [Reservation {
            message: &line,
            version: 1,
        }];
        let claimed = tx.reserve(&claims, 0).await.unwrap();
        tx.commit().await.unwrap();
        claimed.len()
    });
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert!(
        !send.is_finished(),
        "the answer depends on whether the stop is committed"
    );
    tx.commit().await.unwrap();
    assert_eq!(send.await.unwrap(), 0);
}

async fn a_reservation_in_flight_holds_the_stop_back(place: Arc<Place>) {
    let (ana, bea) = (place.newcomer("Ana").await, place.newcomer("Bea").await);
    let line = message(ana);
    let mut tx = place.store.begin().await.unwrap();
    let claims = [Reservation {
        message: &line,
        version: 1,
    }];
    assert_eq!(tx.reserve(&claims, 0).await.unwrap().len(), 1);
    let store = place.store.clone();
    let stop = tokio::spawn(async move {
        let mut tx = store.begin().await.unwrap();
        stand(&mut tx, ana, &Standing::default()).await;
        tx.commit().await.unwrap();
        store.live_reservations(&[ana], at(0)).await.unwrap()
    });
    if place.kind == Kind::Postgres {
        // Somebody else is not kept waiting, and another send to the same person is not either.
        let mut other = place.store.begin().await.unwrap();
        let lines = [message(ana), message(bea)];
        let claims = lines.each_ref().map(|message| Reservation {
            message,
            version: 1,
        });
        assert!(!other.reserve(&claims, 0).await.unwrap().is_empty());
    }
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert!(!stop.is_finished());
    tx.commit().await.unwrap();
    assert!(
        stop.await.unwrap() >= 1,
        "the stop sees what it must wait for"
    );
}

/// Senders race with one stop. Whatever was claimed is seen by the stop before it is acknowledged.
async fn no_reservation_is_later_than_an_acknowledged_stop(place: Arc<Place>) {
    for _ in 0..10 {
        let ana = place.newcomer("Ana").await;
        let send = |store: store::pool::Store| async move {
            let line = message(ana);
            let mut tx = store.begin().await.unwrap();
            let claims = [Reservation {
                message: &line,
                version: 1,
            }];
            let claimed = tx.reserve(&claims, 0).await.unwrap().len();
            tx.commit().await.unwrap();
            claimed
        };
        let senders: Vec<_> = (0..6)
            .map(|_| tokio::spawn(send(place.store.clone())))
            .collect();
        place.stand(ana, &Standing::default()).await;
        let seen = place.store.live_reservations(&[ana], at(0)).await.unwrap();
        let mut claimed = 0;
        for sender in senders {
            claimed += i64::try_from(sender.await.unwrap()).unwrap();
        }
        assert_eq!(claimed, seen, "claimed after the stop was acknowledged");
    }
}

async fn live_reservations_are_counted(place: Arc<Place>) {
    let (ana, bea) = (place.newcomer("Ana").await, place.newcomer("Bea").await);
    let (mine, theirs) = (message(ana), message(bea));
    let mut denied = message(ana);
    denied.state = State::Denied;
    denied.basis = None;
    let mut tx = place.store.begin().await.unwrap();
    let claims = [&mine, &theirs].map(|message| Reservation {
        message,
        version: 1,
    });
    tx.reserve(&claims, 0).await.unwrap();
    tx.keep_messages(&[denied]).await.unwrap();
    tx.commit().await.unwrap();
    let store = &place.store;
    assert_eq!(
        store.live_reservations(&[ana, bea], at(10)).await.unwrap(),
        2
    );
    assert_eq!(store.live_reservations(&[ana], at(10)).await.unwrap(), 1);
    assert_eq!(store.live_reservations(&[ana], at(11)).await.unwrap(), 0);
    assert_eq!(store.live_reservations(&[], at(0)).await.unwrap(), 0);
}

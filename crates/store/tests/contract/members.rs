//! Members of the staff, and the browsers they are signed in with.

use std::sync::Arc;

use store::{
    error::StoreError,
    member::{MemberLine, SessionLine},
};
use uuid::Uuid;

use crate::harness::{Place, at};

contract![
    a_member_is_found_in_every_way_and_written_anew,
    an_address_is_free_again_once_its_member_left,
    a_session_lasts_until_it_is_ended_or_forgotten,
];

fn member(email: &str) -> MemberLine {
    MemberLine {
        id: Uuid::now_v7(),
        email: email.to_owned(),
        name: "A\u{0}na".to_owned(),
        role: "agent".to_owned(),
        password: None,
        totp: None,
        totp_step: 0,
        invite: Some(vec![7; 32]),
        invite_until: Some(at(50)),
        language: None,
        zone: None,
        created: at(1),
        removed: None,
    }
}

fn session(hash: u8, member: Uuid, seen: i64) -> SessionLine {
    SessionLine {
        hash: vec![hash; 32],
        member,
        created: at(seen),
        seen: at(seen),
    }
}

async fn a_member_is_found_in_every_way_and_written_anew(place: Arc<Place>) {
    let ana = member("ana@shop.example");
    let mut tx = place.store.begin().await.unwrap();
    tx.add_member(&ana).await.unwrap();
    tx.commit().await.unwrap();
    let kept = MemberLine {
        name: "Ana".to_owned(),
        ..ana
    };
    assert_eq!(
        place.store.members().await.unwrap(),
        std::slice::from_ref(&kept)
    );
    assert_eq!(
        place.store.member(kept.id).await.unwrap(),
        Some(kept.clone())
    );
    let found = place
        .store
        .member_by_email("ana@shop.example")
        .await
        .unwrap();
    assert_eq!(found, Some(kept.clone()));
    assert_eq!(
        place.store.invited(&[7; 32]).await.unwrap(),
        Some(kept.clone())
    );
    assert_eq!(place.store.invited(&[8; 32]).await.unwrap(), None);
    let changed = MemberLine {
        role: "admin".to_owned(),
        password: Some("hash".to_owned()),
        totp: Some(vec![1, 2]),
        totp_step: 9,
        invite: None,
        invite_until: None,
        language: Some("es".to_owned()),
        zone: Some("Asia/Tokyo".to_owned()),
        ..kept
    };
    let mut tx = place.store.begin().await.unwrap();
    assert!(tx.member(Uuid::now_v7()).await.unwrap().is_none());
    assert!(tx.member(changed.id).await.unwrap().is_some());
    tx.set_member(&changed).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(place.store.member(changed.id).await.unwrap(), Some(changed));
    assert_eq!(place.store.invited(&[7; 32]).await.unwrap(), None);
}

async fn an_address_is_free_again_once_its_member_left(place: Arc<Place>) {
    let first = member("ana@shop.example");
    let mut tx = place.store.begin().await.unwrap();
    tx.add_member(&first).await.unwrap();
    tx.commit().await.unwrap();
    let second = MemberLine {
        invite: Some(vec![8; 32]),
        ..member("ana@shop.example")
    };
    let mut tx = place.store.begin().await.unwrap();
    let taken = tx.add_member(&second).await;
    assert!(matches!(taken, Err(StoreError::Conflict)), "{taken:?}");
    drop(tx);
    let mut tx = place.store.begin().await.unwrap();
    let gone = MemberLine {
        removed: Some(at(2)),
        invite: None,
        ..first
    };
    tx.set_member(&gone).await.unwrap();
    tx.add_member(&second).await.unwrap();
    tx.commit().await.unwrap();
    let there = place.store.members().await.unwrap();
    let there: Vec<Uuid> = there.iter().map(|line| line.id).collect();
    assert_eq!(there, [second.id]);
    assert!(place.store.member(gone.id).await.unwrap().is_some());
}

async fn a_session_lasts_until_it_is_ended_or_forgotten(place: Arc<Place>) {
    let (ana, bo) = (Uuid::now_v7(), Uuid::now_v7());
    let mut tx = place.store.begin().await.unwrap();
    for (hash, who, seen) in [(1, ana, 10), (2, ana, 20), (3, bo, 30), (4, bo, 5)] {
        tx.add_session(&session(hash, who, seen)).await.unwrap();
    }
    tx.saw_session(&[1; 32], at(40)).await.unwrap();
    tx.saw_session(&[3; 32], at(4)).await.unwrap();
    tx.commit().await.unwrap();
    let seen = async |hash: u8| {
        place
            .store
            .session(&[hash; 32])
            .await
            .unwrap()
            .map(|line| line.seen)
    };
    assert_eq!(seen(1).await, Some(at(40)));
    assert_eq!(seen(3).await, Some(at(30)), "time never goes back");
    let mut tx = place.store.begin().await.unwrap();
    assert_eq!(tx.forget_sessions(at(20), at(8)).await.unwrap(), 1);
    assert!(tx.end_session(&[3; 32]).await.unwrap());
    assert!(!tx.end_session(&[3; 32]).await.unwrap());
    assert_eq!(tx.end_sessions(ana).await.unwrap(), 2);
    tx.commit().await.unwrap();
    for hash in 1..=4 {
        assert_eq!(seen(hash).await, None, "{hash}");
    }
}

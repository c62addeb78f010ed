//! Messages: kept as they were told, listed by what is asked for.

use std::sync::Arc;

use consent::{
    id::{AttemptId, TopicId},
    request::Sent,
    scope::Category,
};
use store::message::{Direction, MessageFilter, MessageLine, News, Reservation, State};
use uuid::Uuid;

use crate::harness::{Place, at, message};

contract![
    a_message_comes_back_whole,
    messages_are_found_by_either_id,
    pages_are_complete_and_filtered,
    an_unknown_twin_is_found,
    what_may_have_been_sent_counts,
    reservations_are_sealed_in_batches,
];

async fn keep(place: &Place, lines: &[MessageLine]) {
    let mut tx = place.store.begin().await.unwrap();
    tx.keep_messages(lines).await.unwrap();
    tx.commit().await.unwrap();
}

async fn a_message_comes_back_whole(place: Arc<Place>) {
    let ana = place.newcomer("Ana").await;
    let denied = MessageLine {
        topic: Some(TopicId::new(Uuid::now_v7())),
        state: State::Denied,
        code: Some("opted_out_all".to_owned()),
        reason: Some("they said STOP".to_owned()),
        because: vec![Uuid::now_v7().to_string(), Uuid::now_v7().to_string()],
        basis: None,
        fingerprint: None,
        sealed: None,
        ..message(ana)
    };
    let came = MessageLine {
        direction: Direction::In,
        state: State::Received,
        category: "text".to_owned(),
        template: None,
        wamid: Some("wamid.IN".to_owned()),
        ..message(ana)
    };
    keep(&place, &[denied.clone(), came.clone()]).await;
    keep(&place, &[]).await;
    let filter = MessageFilter {
        limit: 9,
        ..MessageFilter::default()
    };
    let kept = place.store.messages(&filter).await.unwrap();
    assert_eq!(format!("{kept:?}"), format!("{:?}", [came, denied]));
}

async fn messages_are_found_by_either_id(place: Arc<Place>) {
    let ana = place.newcomer("Ana").await;
    let one = message(ana);
    let two = MessageLine {
        wamid: Some("wamid.2".to_owned()),
        ..message(ana)
    };
    keep(&place, &[one.clone(), two.clone()]).await;
    let store = &place.store;
    let found = store
        .find_messages(&[one.id], &["wamid.2".to_owned()])
        .await
        .unwrap();
    assert_eq!(found.len(), 2);
    let both = store
        .find_messages(&[two.id], &["wamid.2".to_owned()])
        .await
        .unwrap();
    assert_eq!(both.len(), 1, "once, though both ids name it");
    let none = store
        .find_messages(&[AttemptId::new(Uuid::now_v7())], &["x".to_owned()])
        .await;
    assert!(none.unwrap().is_empty());
    assert!(store.find_messages(&[], &[]).await.unwrap().is_empty());
}

async fn pages_are_complete_and_filtered(place: Arc<Place>) {
    let (ana, bea) = (place.newcomer("Ana").await, place.newcomer("Bea").await);
    let mut lines = vec![];
    for n in 0..12_usize {
        let (state, code) = if n % 3 == 0 {
            (State::Denied, Some("held"))
        } else {
            (State::Reserved, None)
        };
        let contact = if n % 2 == 0 { ana } else { bea };
        lines.push(MessageLine {
            state,
            code: code.map(str::to_owned),
            ..message(contact)
        });
    }
    keep(&place, &lines).await;
    let failed = News {
        id: Some(lines[1].id),
        wamid: None,
        state: State::Failed,
        error_code: Some(131_050),
        reason: None,
        at: at(50),
    };
    let mut tx = place.store.begin().await.unwrap();
    tx.take_news(&[failed]).await.unwrap();
    tx.commit().await.unwrap();
    let store = &place.store;
    let text = |text: &str| Some(text.to_owned());
    let cases = [
        (None, None, None, (0..12).collect::<Vec<_>>()),
        (Some(ana), None, None, vec![0, 2, 4, 6, 8, 10]),
        (None, text("held"), None, vec![0, 3, 6, 9]),
        (None, text("131050"), None, vec![1]),
        (None, None, text("denied"), vec![0, 3, 6, 9]),
        (Some(bea), text("held"), text("denied"), vec![3, 9]),
        (Some(ana), text("131050"), None, vec![]),
        (None, None, text("nonsense"), vec![]),
    ];
    for (contact, code, state, wanted) in cases {
        let mut filter = MessageFilter {
            contact,
            code,
            state,
            after: None,
            limit: 2,
        };
        let mut seen = vec![];
        loop {
            let page = store.messages(&filter).await.unwrap();
            let Some(last) = page.last() else { break };
            filter.after = Some(last.id);
            seen.extend(page.into_iter().map(|line| line.id));
        }
        let wanted: Vec<_> = wanted
            .iter()
            .rev()
            .map(|at: &usize| lines[*at].id)
            .collect();
        assert_eq!(seen, wanted, "{filter:?}");
    }
}

async fn an_unknown_twin_is_found(place: Arc<Place>) {
    let (ana, bea) = (place.newcomer("Ana").await, place.newcomer("Bea").await);
    let line = message(ana);
    keep(&place, std::slice::from_ref(&line)).await;
    let store = &place.store;
    assert!(
        store
            .unknown_twin(ana, &[1; 32], at(0))
            .await
            .unwrap()
            .is_none()
    );
    let mut tx = store.begin().await.unwrap();
    assert_eq!(
        tx.settle_abandoned(at(10), at(500)).await.unwrap(),
        0,
        "claimed at 10"
    );
    assert_eq!(tx.settle_abandoned(at(11), at(500)).await.unwrap(), 1);
    assert_eq!(tx.settle_abandoned(at(11), at(501)).await.unwrap(), 0);
    tx.commit().await.unwrap();
    let twin = store
        .unknown_twin(ana, &[1; 32], at(500))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (twin.id, twin.state, twin.unknown),
        (line.id, State::Unknown, Some(at(500)))
    );
    assert!(
        store
            .unknown_twin(ana, &[1; 32], at(501))
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        store
            .unknown_twin(ana, &[2; 32], at(0))
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        store
            .unknown_twin(bea, &[1; 32], at(0))
            .await
            .unwrap()
            .is_none()
    );
}

async fn what_may_have_been_sent_counts(place: Arc<Place>) {
    let ana = place.newcomer("Ana").await;
    let offers = TopicId::new(Uuid::now_v7());
    let line = |state, ms| MessageLine {
        state,
        at: at(ms),
        ..message(ana)
    };
    let came = MessageLine {
        direction: Direction::In,
        state: State::Received,
        ..message(ana)
    };
    let lines = [
        MessageLine {
            topic: Some(offers),
            ..line(State::Read, 30)
        },
        line(State::Denied, 31),
        line(State::Rejected, 32),
        line(State::Failed, 33),
        line(State::Unknown, 20),
        line(State::Sent, 9),
        came,
    ];
    keep(&place, &lines).await;
    let sent = place.store.sent_since(ana, at(10)).await.unwrap();
    let one = |ms| Sent {
        category: Category::Marketing,
        topic: None,
        at: at(ms),
    };
    let about = Sent {
        topic: Some(offers),
        ..one(30)
    };
    assert_eq!(sent, [one(20), about]);
    let store = &place.store;
    let bea = place.newcomer("Bea").await;
    keep(
        &place,
        &[MessageLine {
            state: State::Read,
            at: at(11),
            ..message(bea)
        }],
    )
    .await;
    let both = store.sent_between(ana, bea, at(10)).await.unwrap();
    assert_eq!(both, [(ana, one(20)), (ana, about), (bea, one(11))]);
    assert_eq!(store.sent_between(bea, bea, at(12)).await.unwrap(), []);
}

async fn reservations_are_sealed_in_batches(place: Arc<Place>) {
    let ana = place.newcomer("Ana").await;
    let lines: Vec<_> = (0..3).map(|_| message(ana)).collect();
    let denied = MessageLine {
        state: State::Denied,
        basis: None,
        ..message(ana)
    };
    let mut tx = place.store.begin().await.unwrap();
    let claims: Vec<_> = lines
        .iter()
        .map(|message| Reservation {
            message,
            version: 1,
        })
        .collect();
    tx.reserve(&claims, 0).await.unwrap();
    tx.keep_messages(&[denied]).await.unwrap();
    let first = tx.unsealed_reservations(2).await.unwrap();
    let ids: Vec<_> = first.iter().map(|line| line.id).collect();
    assert_eq!(ids, [lines[0].id, lines[1].id]);
    tx.seal_reservations(&ids, Uuid::now_v7()).await.unwrap();
    let rest = tx.unsealed_reservations(9).await.unwrap();
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].id, lines[2].id);
    tx.commit().await.unwrap();
}

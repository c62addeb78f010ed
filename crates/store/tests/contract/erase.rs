//! Erasure: nothing that says who it was, and a refusal that outlives them.

use std::sync::Arc;

use consent::event::Fact;
use store::{
    contact::Edit,
    event::NewEvent,
    inbox::QuarantineLine,
    message::{News, Reservation, State},
};
use uuid::Uuid;

use crate::{
    events::event,
    harness::{Place, alias, at, message},
    inbox::raw_body,
};

contract![
    nothing_says_who_it_was,
    what_was_erased_stays_erased,
    bodies_that_speak_of_others_go_with_their_notes,
];

/// Everything of one person in every table that could hold it.
async fn fill(place: &Place) -> (consent::id::ContactId, store::message::MessageLine) {
    let ana = place.caller("Ana Secret", "+447700900123").await;
    let mut sent = message(ana);
    sent.reason = Some("+447700900123 said so".to_owned());
    sent.wamid = Some("wamid.HBgM447700900123".to_owned());
    let happened = event(ana, Fact::Blocked);
    let mut tx = place.store.begin().await.unwrap();
    let edit = Edit {
        tags: vec!["Secret".to_owned()],
        attributes: vec![("surname".to_owned(), Some("Secret".to_owned()))],
        ..Edit::default()
    };
    tx.edit(ana, &edit).await.unwrap();
    tx.set_names(&[(ana, None, Some("@Secret".to_owned()))])
        .await
        .unwrap();
    let new = NewEvent {
        event: &happened,
        leaf: &[9; 112],
        sealed: vec![1; 30],
    };
    tx.append(&[new]).await.unwrap();
    tx.keep_webhooks(&[raw_body(5)], at(0)).await.unwrap();
    tx.note_persons(&[([5; 32], ana)]).await.unwrap();
    let part = QuarantineLine {
        id: Uuid::now_v7(),
        received: at(0),
        sha256: vec![5; 32],
        path: "entry/0".to_owned(),
        reason: "`+447700900123`".to_owned(),
        sealed: vec![3; 9],
        state: "open".to_owned(),
        retried: None,
    };
    tx.quarantine(&[part]).await.unwrap();
    let claim = Reservation {
        message: &sent,
        version: 1,
    };
    assert_eq!(tx.reserve(&[claim], 0).await.unwrap(), [sent.id]);
    tx.commit().await.unwrap();
    (ana, sent)
}

async fn nothing_says_who_it_was(place: Arc<Place>) {
    let store = &place.store;
    let (ana, sent) = fill(&place).await;
    let mut tx = store.begin().await.unwrap();
    assert!(tx.suppressed(&[vec![4; 32]]).await.unwrap().is_empty());
    tx.erase(ana, &[vec![4; 32], vec![4; 32], vec![6; 32]], at(99))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let shown = store.contact(ana).await.unwrap().unwrap();
    assert_eq!(shown.erased, Some(at(99)));
    assert_eq!(
        (shown.person.name, shown.note, shown.person.sealing_key),
        (None, None, None)
    );
    assert_eq!(shown.person.version, 2);
    assert!(shown.aliases.is_empty() && shown.tags.is_empty() && shown.attributes.is_empty());
    assert_eq!(store.count_contacts().await.unwrap(), 0);
    assert!(
        store
            .find(&[alias("+447700900123").key()])
            .await
            .unwrap()
            .is_empty()
    );
    assert!(!store.has_webhook(&[5; 32]).await.unwrap());
    assert_eq!(store.count_quarantine().await.unwrap(), 0);
    for table in [
        "alias",
        "tag",
        "attribute",
        "event_detail",
        "webhook",
        "webhook_person",
        "quarantine",
    ] {
        assert_eq!(
            place.number(&format!("select count(*) from {table}")).await,
            0,
            "{table}"
        );
    }
    let kept = store
        .find_messages(&[sent.id], &[])
        .await
        .unwrap()
        .pop()
        .unwrap();
    assert_eq!(
        (kept.recipient.as_str(), kept.wamid, kept.reason),
        ("", None, None)
    );
    assert_eq!((kept.sealed, kept.fingerprint), (None, None));
    assert_eq!(
        kept.template, sent.template,
        "what was sent is the business's own affair"
    );
    let history = store.history(ana).await.unwrap();
    assert_eq!(history.len(), 1);
    assert_eq!(history[0].sealed, None);
    assert_eq!(history[0].leaf, [9; 112]);
    let mut tx = store.begin().await.unwrap();
    let kept = tx
        .suppressed(&[vec![4; 32], vec![5; 32], vec![6; 32]])
        .await
        .unwrap();
    assert_eq!(kept.len(), 2);
    assert!(kept.contains(&(vec![4; 32], at(99))) && kept.contains(&(vec![6; 32], at(99))));
}

async fn what_was_erased_stays_erased(place: Arc<Place>) {
    let (ana, sent) = fill(&place).await;
    for ms in [99, 199] {
        let mut tx = place.store.begin().await.unwrap();
        tx.erase(ana, &[vec![4; 32]], at(ms)).await.unwrap();
        tx.commit().await.unwrap();
    }
    // Late news carries Meta's id, which spells the number.
    let late = News {
        id: Some(sent.id),
        wamid: Some("wamid.HBgM447700900123".to_owned()),
        state: State::Failed,
        error_code: Some(131_026),
        reason: Some("+447700900123 cannot be reached".to_owned()),
        at: at(300),
    };
    let mut tx = place.store.begin().await.unwrap();
    tx.take_news(&[late]).await.unwrap();
    tx.set_names(&[(ana, Some("Ana Secret".to_owned()), None)])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let kept = place
        .store
        .find_messages(&[sent.id], &[])
        .await
        .unwrap()
        .pop()
        .unwrap();
    assert_eq!(
        (kept.state, kept.error_code),
        (State::Failed, Some(131_026))
    );
    let mut tx = place.store.begin().await.unwrap();
    let since = tx.suppressed(&[vec![4; 32]]).await.unwrap();
    assert_eq!(since, [(vec![4; 32], at(199))], "of the last erasure");
    drop(tx);
    assert_eq!((kept.wamid, kept.reason), (None, None));
    let shown = place.store.contact(ana).await.unwrap().unwrap();
    assert_eq!((shown.erased, shown.person.name), (Some(at(99)), None));
}

async fn bodies_that_speak_of_others_go_with_their_notes(place: Arc<Place>) {
    let (ana, bea) = (place.newcomer("Ana").await, place.newcomer("Bea").await);
    let mut tx = place.store.begin().await.unwrap();
    for body in [1, 2] {
        tx.keep_webhooks(&[raw_body(body)], at(0)).await.unwrap();
        tx.note_persons(&[([body; 32], bea)]).await.unwrap();
    }
    tx.note_persons(&[([1; 32], ana)]).await.unwrap();
    tx.erase(ana, &[], at(9)).await.unwrap();
    tx.commit().await.unwrap();
    assert!(place.store.has_webhook(&[2; 32]).await.unwrap());
    assert_eq!(place.number("select count(*) from webhook_person").await, 1);
}

//! What belongs to the business: values, policy, keys, topics, remembered answers.

use std::sync::Arc;

use consent::{
    id::TopicId,
    scope::{Category, Topic},
};
use store::house::{KeyLine, PolicyLine, Remembered, TopicLine};
use uuid::Uuid;

use crate::harness::{Place, at};

contract![
    values_are_overwritten_or_founded,
    two_founders_agree,
    the_policy_is_the_newest,
    a_revoked_key_opens_nothing,
    topics_have_names_of_their_own,
    answers_are_remembered_once_and_forgotten,
];

async fn values_are_overwritten_or_founded(place: Arc<Place>) {
    let store = &place.store;
    assert_eq!(store.house("pepper").await.unwrap(), None);
    let mut tx = store.begin().await.unwrap();
    assert_eq!(tx.found_house("pepper", b"first").await.unwrap(), b"first");
    assert_eq!(tx.found_house("pepper", b"second").await.unwrap(), b"first");
    tx.set_house("other", b"one").await.unwrap();
    tx.set_house("other", b"two").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.house("pepper").await.unwrap().unwrap(), b"first");
    assert_eq!(store.house("other").await.unwrap().unwrap(), b"two");
}

async fn two_founders_agree(place: Arc<Place>) {
    let found = |value: &'static [u8]| {
        let store = place.store.clone();
        tokio::spawn(async move {
            let mut tx = store.begin().await.unwrap();
            let value = tx.found_house("key", value).await.unwrap();
            tx.commit().await.unwrap();
            value
        })
    };
    let (one, two) = (found(b"one"), found(b"two"));
    assert_eq!(one.await.unwrap(), two.await.unwrap());
}

async fn the_policy_is_the_newest(place: Arc<Place>) {
    let store = &place.store;
    assert!(store.policy().await.unwrap().is_none());
    assert_eq!(store.policy_version().await.unwrap(), 0);
    for version in 1..4 {
        let line = PolicyLine {
            version,
            body: format!("{{\"v\":{version}}}"),
            at: at(version * 10),
        };
        let mut tx = store.begin().await.unwrap();
        tx.set_policy(&line).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(store.policy_version().await.unwrap(), 3);
    let now = store.policy().await.unwrap().unwrap();
    assert_eq!(
        (now.version, now.body.as_str(), now.at),
        (3, "{\"v\":3}", at(30))
    );
    let then = store.policy_at(at(29)).await.unwrap().unwrap();
    assert_eq!(then.version, 2);
    assert!(store.policy_at(at(9)).await.unwrap().is_none());
    let mut tx = store.begin().await.unwrap();
    let taken = PolicyLine {
        version: 3,
        body: String::new(),
        at: at(0),
    };
    assert!(tx.set_policy(&taken).await.unwrap_err().is_conflict());
}

async fn a_revoked_key_opens_nothing(place: Arc<Place>) {
    let store = &place.store;
    let key = |byte: u8| KeyLine {
        id: Uuid::now_v7(),
        name: "app".to_owned(),
        role: "app".to_owned(),
        hash: vec![byte; 32],
        created: at(1),
        revoked: None,
    };
    let (one, two) = (key(1), key(2));
    let mut tx = store.begin().await.unwrap();
    tx.add_key(&one).await.unwrap();
    tx.add_key(&two).await.unwrap();
    tx.commit().await.unwrap();
    let found = store.key(&[1; 32]).await.unwrap().unwrap();
    assert_eq!(
        (found.id, found.name.as_str(), found.role.as_str()),
        (one.id, "app", "app")
    );
    let mut tx = store.begin().await.unwrap();
    assert!(tx.revoke_key(one.id, at(5)).await.unwrap());
    assert!(!tx.revoke_key(one.id, at(6)).await.unwrap());
    assert!(!tx.revoke_key(Uuid::now_v7(), at(6)).await.unwrap());
    tx.commit().await.unwrap();
    assert!(store.key(&[1; 32]).await.unwrap().is_none());
    assert!(store.key(&[9; 32]).await.unwrap().is_none());
    let all: Vec<_> = store
        .keys()
        .await
        .unwrap()
        .iter()
        .map(|key| (key.id, key.revoked))
        .collect();
    assert_eq!(all, [(one.id, Some(at(5))), (two.id, None)]);
}

async fn topics_have_names_of_their_own(place: Arc<Place>) {
    let topic = |name: &str| TopicLine {
        topic: Topic {
            id: TopicId::new(Uuid::now_v7()),
            category: Category::Utility,
        },
        name: name.to_owned(),
        description: format!("All about {name}."),
        created: at(3),
    };
    let (offers, orders) = (topic("offers"), topic("order updates"));
    let mut tx = place.store.begin().await.unwrap();
    tx.add_topic(&offers).await.unwrap();
    tx.add_topic(&orders).await.unwrap();
    tx.commit().await.unwrap();
    let kept = place.store.topics().await.unwrap();
    assert_eq!(format!("{kept:?}"), format!("{:?}", [offers, orders]));
    let mut tx = place.store.begin().await.unwrap();
    assert!(
        tx.add_topic(&topic("offers"))
            .await
            .unwrap_err()
            .is_conflict()
    );
}

async fn answers_are_remembered_once_and_forgotten(place: Arc<Place>) {
    let what = Remembered {
        request: vec![1; 32],
        answer: "{\"id\":\"x\"}".to_owned(),
    };
    let mut tx = place.store.begin().await.unwrap();
    tx.remember(b"one", &what, at(10)).await.unwrap();
    tx.remember(b"two", &what, at(20)).await.unwrap();
    tx.commit().await.unwrap();
    let kept = place.store.remembered(b"one").await.unwrap().unwrap();
    assert_eq!(
        (kept.request, kept.answer),
        (what.request.clone(), what.answer.clone())
    );
    let mut tx = place.store.begin().await.unwrap();
    assert!(
        tx.remember(b"one", &what, at(11))
            .await
            .unwrap_err()
            .is_conflict()
    );
    drop(tx);
    let mut tx = place.store.begin().await.unwrap();
    assert_eq!(tx.forget_answers(at(20)).await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert!(place.store.remembered(b"one").await.unwrap().is_none());
    assert!(place.store.remembered(b"two").await.unwrap().is_some());
}

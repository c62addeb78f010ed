//! Versions of journeys: each kept as it was published, and known while somebody walks by it.

use std::sync::Arc;

use consent::id::ContactId;
use store::journey::{
    State, VersionLine,
    run::{RunLine, State as Run},
};

use crate::{
    harness::{Place, at},
    journeys::{enter, journey, run},
};

contract![
    each_version_stays_as_it_was_published,
    a_version_by_which_somebody_walks_is_known,
];

async fn each_version_stays_as_it_was_published(place: Arc<Place>) {
    let store = &place.store;
    let line = journey(State::Draft);
    let mut tx = store.begin().await.unwrap();
    tx.put_journey(&line).await.unwrap();
    tx.put_journey(&journey(State::Draft)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.live_journeys().await.unwrap(), []);
    let mut tx = store.begin().await.unwrap();
    for (cas, text, wanted) in [
        (1, "first", Some(1)),
        (1, "lost", None),
        (2, "second", Some(2)),
    ] {
        let done = tx.publish((line.id, cas), text, (at(cas), "ben")).await;
        assert_eq!(done.unwrap(), wanted, "{text}");
    }
    tx.commit().await.unwrap();
    let version = |version: i64, definition: &str| VersionLine {
        journey: line.id,
        version,
        definition: definition.to_owned(),
        published: at(version),
        published_by: "ben".to_owned(),
    };
    let (first, second) = (version(1, "first"), version(2, "second"));
    let live = store.live_journeys().await.unwrap();
    assert_eq!(live, std::slice::from_ref(&second));
    let old = store.journey_version(line.id, 1).await.unwrap();
    assert_eq!(old.as_ref(), Some(&first));
    assert_eq!(store.journey_version(line.id, 3).await.unwrap(), None);
    let all = store.journey_versions(line.id).await.unwrap();
    assert_eq!(all, [second, first]);
    let now = store.journey(line.id).await.unwrap().unwrap();
    assert_eq!((now.state, now.version, now.cas), (State::Live, 2, 3));
}

async fn a_version_by_which_somebody_walks_is_known(place: Arc<Place>) {
    let store = &place.store;
    let (line, other) = (journey(State::Draft), journey(State::Draft));
    let mut tx = store.begin().await.unwrap();
    for (one, texts) in [
        (&line, vec!["first", "second", "third"]),
        (&other, vec!["nobody's"]),
    ] {
        tx.put_journey(one).await.unwrap();
        for (cas, text) in (1..).zip(texts) {
            let done = tx.publish((one.id, cas), text, (at(cas), "ben")).await;
            done.unwrap().unwrap();
        }
    }
    tx.commit().await.unwrap();
    assert_eq!(store.walked_journeys().await.unwrap(), []);
    let ana = place.newcomer("Ana").await;
    let ben = place.newcomer("Ben").await;
    let walks = |contact: ContactId, version: i64, state: Run| RunLine {
        version,
        state,
        ..run(contact, line.id)
    };
    let runs = [
        walks(ana, 1, Run::Running),
        walks(ben, 1, Run::Running),
        walks(ben, 2, Run::Ended),
    ];
    enter(&place, &runs).await;
    let walked = store.walked_journeys().await.unwrap();
    let walked: Vec<&str> = walked.iter().map(|one| one.definition.as_str()).collect();
    assert_eq!(walked, ["first"]);
}

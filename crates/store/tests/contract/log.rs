//! The log: numbers without gaps, one sequencer at a time.

use std::sync::Arc;

use consent::{event::Fact, id::ContactId};
use store::log::{CheckpointLine, Head, TileLine};

use crate::{
    events::{append, event},
    harness::{Kind, Place, at},
};

contract![
    leaves_are_numbered_in_order,
    of_two_sequencers_one_wins,
    a_leaf_is_numbered_once,
    a_sequencer_of_before_is_refused,
    tiles_are_given_where_complete,
    checkpoints_are_kept_once_a_size,
];

async fn pend(place: &Place, count: usize) {
    let events: Vec<_> = (0..count)
        .map(|_| event(ContactId::HOUSE, Fact::PolicyChanged(1)))
        .collect();
    let lines: Vec<_> = events.iter().map(|event| (event, 1)).collect();
    append(place, &lines).await;
}

async fn leaves_are_numbered_in_order(place: Arc<Place>) {
    let store = &place.store;
    assert_eq!(store.numbers_at_once(), place.kind == Kind::Sqlite);
    assert_eq!(
        store.head().await.unwrap(),
        Head {
            size: 0,
            epoch: 0,
            edge: vec![]
        }
    );
    assert!(!store.has_pending().await.unwrap());
    pend(&place, 5).await;
    assert!(store.has_pending().await.unwrap());
    for (limit, size) in [(3, 3), (9, 5)] {
        let mut tx = store.begin().await.unwrap();
        let old = tx.head().await.unwrap();
        let leaves = tx.pending(limit).await.unwrap();
        tx.number(&old, &leaves, &[], &grown(&old, leaves.len(), limit as u8))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let head = store.head().await.unwrap();
        assert_eq!((head.size, head.edge), (size, vec![limit as u8]));
    }
    assert!(!store.has_pending().await.unwrap());
    let entries = store.entries(1, 3).await.unwrap();
    let numbers: Vec<i64> = entries.iter().map(|entry| entry.index).collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert!(entries.is_sorted_by(|a, b| a.event < b.event));
    assert_eq!(
        (entries[0].contact, entries[0].leaf.as_slice()),
        (ContactId::HOUSE, &[1; 112][..])
    );
    let kept = store.event(entries[0].event).await.unwrap().unwrap();
    assert_eq!(kept.log_index, Some(1));
    assert_eq!(store.count_events().await.unwrap(), (5, 5));
    assert!(store.entries(5, 3).await.unwrap().is_empty());
}

async fn of_two_sequencers_one_wins(place: Arc<Place>) {
    pend(&place, 4).await;
    let old = place.store.head().await.unwrap();
    let sequence = || {
        let (store, old) = (place.store.clone(), old.clone());
        tokio::spawn(async move {
            let mut tx = store.begin().await?;
            let leaves = tx.pending(9).await?;
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            tx.number(&old, &leaves, &[], &grown(&old, leaves.len(), 1))
                .await?;
            tx.commit().await
        })
    };
    let (one, two) = (sequence(), sequence());
    let results = [one.await.unwrap(), two.await.unwrap()];
    assert_eq!(
        results.iter().filter(|result| result.is_ok()).count(),
        1,
        "{results:?}"
    );
    let lost = results.into_iter().find_map(Result::err).unwrap();
    assert!(lost.is_conflict());
    assert_eq!(place.store.head().await.unwrap().size, 4);
    assert_eq!(place.store.entries(0, 9).await.unwrap().len(), 4);
}

/// The head after some leaves.
fn grown(old: &Head, leaves: usize, edge: u8) -> Head {
    Head {
        size: old.size + leaves as i64,
        edge: vec![edge],
        ..old.clone()
    }
}

/// A sequencer that was replaced while it slept, and sees the very head that it left.
async fn a_sequencer_of_before_is_refused(place: Arc<Place>) {
    pend(&place, 2).await;
    let write = async |epoch, edge| {
        let mut tx = place.store.begin().await.unwrap();
        let old = tx.head().await.unwrap();
        let leaves = tx.pending(1).await.unwrap();
        let new = Head {
            epoch,
            ..grown(&old, leaves.len(), edge)
        };
        let done = tx.number(&old, &leaves, &[], &new).await;
        tx.commit().await.unwrap();
        done
    };
    write(4, 1).await.unwrap();
    let late = write(3, 2).await.unwrap_err();
    assert!(late.is_conflict(), "{late:?}");
    assert_eq!(place.store.head().await.unwrap().size, 1);
    write(4, 3).await.unwrap();
    assert_eq!(place.store.head().await.unwrap().epoch, 4);
}

async fn a_leaf_is_numbered_once(place: Arc<Place>) {
    pend(&place, 1).await;
    let mut tx = place.store.begin().await.unwrap();
    let leaves = tx.pending(9).await.unwrap();
    let old = tx.head().await.unwrap();
    tx.number(&old, &leaves, &[], &grown(&old, 1, 0))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut tx = place.store.begin().await.unwrap();
    let old = tx.head().await.unwrap();
    let new = grown(&old, 1, 0);
    // One writer alone hears of it at the end.
    let twice = match tx.number(&old, &leaves, &[], &new).await {
        Ok(()) => tx.commit().await,
        refused => refused,
    };
    let twice = twice.unwrap_err();
    assert!(twice.is_conflict(), "{twice:?}");
}

async fn tiles_are_given_where_complete(place: Arc<Place>) {
    let tile = |level, tile| TileLine {
        level,
        tile,
        hashes: vec![tile as u8; 8192],
    };
    let mut tx = place.store.begin().await.unwrap();
    let old = tx.head().await.unwrap();
    tx.number(&old, &[], &[tile(0, 0), tile(0, 1), tile(1, 0)], &old)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let store = &place.store;
    assert_eq!(store.count_tiles().await.unwrap(), 3);
    let mut found = store.tiles(&[(0, 1), (1, 0), (2, 7)]).await.unwrap();
    found.sort_by_key(|tile| (tile.level, tile.tile));
    assert_eq!(found.len(), 2);
    assert_eq!(
        (found[0].level, found[0].tile, found[0].hashes.as_slice()),
        (0, 1, &[1; 8192][..])
    );
    assert!(store.tiles(&[]).await.unwrap().is_empty());
}

async fn checkpoints_are_kept_once_a_size(place: Arc<Place>) {
    let store = &place.store;
    assert!(store.checkpoint().await.unwrap().is_none());
    let note = |size, note: &str| CheckpointLine {
        size,
        at: at(size),
        note: note.to_owned(),
    };
    let mut tx = store.begin().await.unwrap();
    for line in [note(1, "a\n"), note(3, "c"), note(2, "b"), note(1, "other")] {
        tx.keep_checkpoint(&line).await.unwrap();
    }
    tx.commit().await.unwrap();
    let newest = store.checkpoint().await.unwrap().unwrap();
    assert_eq!((newest.size, newest.at), (3, at(3)));
    let list = store.checkpoints(0, 2).await.unwrap();
    let notes: Vec<_> = list.iter().map(|line| line.note.as_str()).collect();
    assert_eq!(notes, ["a\n", "b"]);
    assert_eq!(store.checkpoints(2, 9).await.unwrap().len(), 1);
}

//! What whoever keeps a copy in memory is told, and what brings a copy on disk up to date.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use consent::register::Standing;
use store::{
    house::PolicyLine,
    watch::{Meaning, News, SNAPSHOT},
};

use crate::harness::{Kind, Place, alias, at};

const ANA: &str = "+447700900123";

contract![
    everybody_is_read_page_by_page,
    a_commit_is_told_before_it_returns,
    the_tail_names_whoever_was_touched,
    an_erasure_ends_the_snapshot,
    while_it_is_hushed_nobody_writes,
    whoever_goes_next_waits_for_one_at_the_most,
];

fn map(meanings: Vec<Meaning>) -> HashMap<String, Option<Standing>> {
    meanings.into_iter().collect()
}

async fn everybody_is_read_page_by_page(place: Arc<Place>) {
    let store = &place.store;
    for (name, phone) in [
        ("Ana", ANA),
        ("Bia", "+447700900124"),
        ("Caio", "+5511987654321"),
    ] {
        place.caller(name, phone).await;
    }
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page = store.meanings(&after, 2).await.unwrap();
        let Some((last, _)) = page.last() else { break };
        after.clone_from(last);
        all.extend(page);
    }
    assert!(all.is_sorted_by(|one, other| one.0 < other.0));
    assert!(all.iter().all(|(_, standing)| standing.is_some()));
    assert_eq!(store.meanings("", 100).await.unwrap(), all);
}

/// What a commit told: what keys mean now, and whether the policy may have changed.
type Told = (Vec<Meaning>, bool);

async fn a_commit_is_told_before_it_returns(place: Arc<Place>) {
    let store = &place.store;
    let told: Arc<Mutex<Vec<Told>>> = Arc::default();
    let kept = Arc::clone(&told);
    store.watch(move |news: &News| {
        kept.lock()
            .unwrap()
            .push((news.meanings.clone(), news.policy));
    });
    let ana = place.caller("Ana", ANA).await;
    let alias = alias(ANA);
    let heard =
        |told: &Mutex<Vec<(Vec<Meaning>, bool)>>| std::mem::take(&mut *told.lock().unwrap());
    let first = heard(&told);
    if place.kind == Kind::Postgres {
        assert!(first.is_empty(), "several nodes write, so nobody is told");
        return;
    }
    let news = map(first.into_iter().flat_map(|(news, _)| news).collect());
    assert_eq!(news[&alias.key()], Some(Standing::default()));
    let mut tx = store.begin().await.unwrap();
    tx.end_aliases(&[alias.key()], at(5)).await.unwrap();
    assert!(heard(&told).is_empty(), "nothing is told before it is so");
    tx.commit().await.unwrap();
    let news = map(heard(&told)
        .into_iter()
        .flat_map(|(news, _)| news)
        .collect());
    assert_eq!(news[&alias.key()], None);
    let mut tx = store.begin().await.unwrap();
    let line = PolicyLine {
        version: 2,
        body: "{}".to_owned(),
        at: at(6),
    };
    tx.set_policy(&line).await.unwrap();
    tx.commit().await.unwrap();
    assert!(heard(&told).iter().any(|(_, policy)| *policy));
    let mut tx = store.begin().await.unwrap();
    tx.erase(ana, &[], at(7)).await.unwrap();
    drop(tx);
    assert!(heard(&told).is_empty(), "what was taken back is not told");
}

async fn the_tail_names_whoever_was_touched(place: Arc<Place>) {
    let store = &place.store;
    let ana = place.caller("Ana", ANA).await;
    let alias = alias(ANA);
    let tail = store.tail(0, 100).await.unwrap();
    if place.kind == Kind::Postgres {
        assert!(tail.is_empty() && store.tail_end().await.unwrap() == (0, 0));
    } else {
        assert!(tail.iter().any(|(_, contact)| *contact == ana));
        let (end, length) = store.tail_end().await.unwrap();
        assert_eq!((Some(end), length), (tail.last().map(|(seq, _)| *seq), end));
        let mut tx = store.begin().await.unwrap();
        tx.cut_tail(end).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.tail_end().await.unwrap(), (0, 0));
        let mut tx = store.begin().await.unwrap();
        tx.end_aliases(&[alias.key()], at(5)).await.unwrap();
        tx.commit().await.unwrap();
        let tail = store.tail(0, 100).await.unwrap();
        assert!(tail.iter().all(|(_, contact)| *contact == ana) && !tail.is_empty());
    }
    let mut tx = store.begin().await.unwrap();
    tx.end_aliases(&[alias.key()], at(6)).await.unwrap();
    tx.commit().await.unwrap();
    // An alias that has ended means nobody, and is named all the same.
    let meanings = map(store.meanings_of(&[ana]).await.unwrap());
    assert_eq!(meanings[&alias.key()], None);
}

async fn an_erasure_ends_the_snapshot(place: Arc<Place>) {
    let store = &place.store;
    let ana = place.caller("Ana", ANA).await;
    let mut tx = store.begin().await.unwrap();
    tx.set_house(SNAPSHOT, &[1; 16]).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.begin().await.unwrap();
    tx.erase(ana, &[vec![3; 32], vec![1; 32]], at(9))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let named = store.house(SNAPSHOT).await.unwrap();
    assert_eq!(named.is_none(), place.kind == Kind::Sqlite);
    assert_eq!(store.count_erased_tags().await.unwrap(), 2);
    assert_eq!(store.erased_tags(&[], 1).await.unwrap(), [vec![1; 32]]);
    assert_eq!(store.erased_tags(&[1; 32], 9).await.unwrap(), [vec![3; 32]]);
    assert!(store.meanings_of(&[ana]).await.unwrap().is_empty());
}

async fn while_it_is_hushed_nobody_writes(place: Arc<Place>) {
    let store = place.store.clone();
    let turn = store.hush().await;
    assert_eq!(turn.is_some(), place.kind == Kind::Sqlite);
    if turn.is_none() {
        return;
    }
    let writing = tokio::spawn(async move { store.begin().await.map(drop) });
    tokio::task::yield_now().await;
    assert!(!writing.is_finished());
    drop(turn);
    writing.await.unwrap().unwrap();
}

async fn whoever_goes_next_waits_for_one_at_the_most(place: Arc<Place>) {
    if place.kind == Kind::Postgres {
        // There everybody writes at the same time.
        let tx = place.store.begin_next().await.unwrap();
        tx.commit().await.unwrap();
        return;
    }
    let order: Arc<Mutex<Vec<&str>>> = Arc::default();
    let first = place.store.begin().await.unwrap();
    let mut waiting = Vec::new();
    for name in ["one", "two", "three", "next"] {
        let (store, order) = (place.store.clone(), Arc::clone(&order));
        waiting.push(tokio::spawn(async move {
            let tx = match name {
                "next" => store.begin_next().await.unwrap(),
                _ => store.begin().await.unwrap(),
            };
            order.lock().unwrap().push(name);
            tx.commit().await.unwrap();
        }));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    first.commit().await.unwrap();
    for one in waiting {
        one.await.unwrap();
    }
    assert_eq!(*order.lock().unwrap(), ["one", "next", "two", "three"]);
}

//! What the database promises about a commit.

use std::sync::Arc;

use sqlx::{Connection, PgConnection};
use store::{durability::Loss, pool::Store, postgres::Options};

use crate::harness::{Kind, Place, in_schema, run};

contract![the_promise_of_a_commit_can_be_read];

async fn the_promise_of_a_commit_can_be_read(place: Arc<Place>) {
    let found = place.store.durability().await.unwrap();
    assert_eq!(found.is_none(), place.kind == Kind::Sqlite);
    if let Some(found) = found {
        let said = found.to_string();
        assert!(
            said.contains("fsync ") && said.contains("standby"),
            "{said}"
        );
    }
}

/// A level that the address asks for is seen, and our sessions wait for the disk all the same.
async fn levels(place: Arc<Place>) {
    let level = |store: Store| async move {
        let Store::Postgres { pool, .. } = &store else {
            panic!("PostgreSQL was asked for");
        };
        let sql = "select current_setting('synchronous_commit')";
        let level: String = sqlx::query_scalar(sql).fetch_one(pool).await.unwrap();
        let found = store.durability().await.unwrap().unwrap();
        store.close().await;
        (
            level,
            found.synchronous_commit.clone(),
            found.losses().contains(&Loss::SynchronousCommit),
        )
    };
    for (asked, allow_lossy, wanted) in [
        ("off", false, ("on", true)),
        ("off", true, ("off", true)),
        ("local", false, ("on", false)),
        ("remote_write", true, ("on", false)),
        ("remote_apply", false, ("remote_apply", false)),
    ] {
        let url = format!("{}%20-csynchronous_commit%3D{asked}", place.url);
        let options = Options {
            allow_lossy,
            ..Options::default()
        };
        let store = Store::open_with(&url, &options).await.unwrap();
        let (ours, default, lossy) = level(store).await;
        assert_eq!(
            (default.as_str(), ours.as_str(), lossy),
            (asked, wanted.0, wanted.1)
        );
    }
}

#[test]
fn a_weaker_level_is_seen_and_not_used() {
    run(Kind::Postgres, levels);
}

/// The first address is nobody's, the second is the primary's.
async fn several(place: Arc<Place>) {
    let (start, end) = place
        .url
        .rsplit_once('@')
        .unwrap_or_else(|| place.url.split_once("//").unwrap());
    let mark = if start.contains("//") { "@" } else { "//" };
    let url = format!("{start}{mark}127.0.0.1:1,{end}");
    let store = Store::open_with(
        &url,
        &Options {
            connections: Some(4),
            ..Options::default()
        },
    )
    .await
    .unwrap();
    store.ping().await.unwrap();
    let Store::Postgres { pool, .. } = &store else {
        panic!("PostgreSQL was asked for");
    };
    assert_eq!(pool.options().get_max_connections(), 4);
    store.close().await;
}

#[test]
fn of_several_servers_the_primary_is_found() {
    run(Kind::Postgres, several);
}

/// As on a Citus cluster: one row a statement, and it keeps others out just the same.
async fn one_by_one(place: Arc<Place>) {
    let (ana, bia) = (place.newcomer("Ana").await, place.newcomer("Bia").await);
    let options = Options {
        one_key_locks: true,
        ..Options::default()
    };
    let store = Store::open_with(&place.url, &options).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    tx.lock(&[bia, ana, bia]).await.unwrap();
    let schema = place.url.rsplit_once("%3D").unwrap().1;
    let mut other = PgConnection::connect(&in_schema(&crate::harness::postgres(), schema))
        .await
        .unwrap();
    let free = "select count(*) from (select id from contact for update skip locked) as free";
    let free_now: i64 = sqlx::query_scalar(free)
        .fetch_one(&mut other)
        .await
        .unwrap();
    assert_eq!(free_now, 0);
    tx.commit().await.unwrap();
    let free_now: i64 = sqlx::query_scalar(free)
        .fetch_one(&mut other)
        .await
        .unwrap();
    assert_eq!(free_now, 2);
    store.close().await;
}

#[test]
fn rows_can_be_locked_one_by_one() {
    run(Kind::Postgres, one_by_one);
}

//! What was written stays as it was written, by the database's own doing.

use std::sync::Arc;

use consent::{event::Fact, id::ContactId};
use sqlx::{Connection, PgConnection};
use store::{
    event::NewEvent,
    log::{CheckpointLine, Head, TileLine},
    pool::{Guard, Store},
};
use uuid::Uuid;

use crate::{
    events::event,
    harness::{Kind, Place, at, in_schema, newcomer, postgres, role_of, run, say},
};

contract![the_log_cannot_be_changed];

async fn one_of_each(place: &Place) {
    let happened = event(ContactId::HOUSE, Fact::PolicyChanged(1));
    let new = NewEvent {
        event: &happened,
        leaf: &[1; 112],
        sealed: vec![],
    };
    let mut tx = place.store.begin().await.unwrap();
    tx.append(&[new]).await.unwrap();
    let old = tx.head().await.unwrap();
    let leaves = tx.pending(9).await.unwrap();
    let tile = TileLine {
        level: 0,
        tile: 0,
        hashes: vec![0; 8192],
    };
    let new = Head {
        size: 1,
        edge: vec![1],
        ..old.clone()
    };
    tx.number(&old, &leaves, &[tile], &new).await.unwrap();
    let note = CheckpointLine {
        size: 1,
        at: at(0),
        note: "note".to_owned(),
    };
    tx.keep_checkpoint(&note).await.unwrap();
    tx.commit().await.unwrap();
}

async fn the_log_cannot_be_changed(place: Arc<Place>) {
    one_of_each(&place).await;
    let guard = if place.kind == Kind::Sqlite {
        Guard::Triggers
    } else {
        Guard::Role
    };
    assert_eq!(place.store.guard(), guard);
    for (table, column) in [
        ("event", "kind"),
        ("log_entry", "leaf"),
        ("log_tile", "hashes"),
        ("checkpoint", "note"),
    ] {
        let changes = [
            format!("update {table} set {column} = {column}"),
            format!("delete from {table}"),
        ];
        for sql in changes {
            let refused = place.raw(&sql).await.expect_err(&sql).to_string();
            assert!(
                refused.contains("append-only") || refused.contains("permission denied"),
                "{sql}: {refused}"
            );
        }
        assert_eq!(
            place.number(&format!("select count(*) from {table}")).await,
            1
        );
    }
    if place.kind == Kind::Sqlite {
        // A row that is replaced is a row that is gone.
        let sql = "insert or replace into checkpoint (size, at_ms, note) values (1, 0, 'other')";
        assert!(place.raw(sql).await.is_err());
        let sql = "insert or replace into event select * from event";
        assert!(place.raw(sql).await.is_err());
    } else {
        for sql in [
            "truncate event",
            "drop table event",
            "alter table event add x text",
        ] {
            assert!(place.raw(sql).await.is_err(), "{sql}");
        }
    }
}

/// A user who may not make roles: no guard, said so, and everything else works.
async fn no_right(place: Arc<Place>) {
    let name = format!("poor_{}", Uuid::now_v7().as_simple());
    let mut owner = place.owner().await;
    say(
        &mut owner,
        format!("create role {name} login; create schema {name} authorization {name}"),
    )
    .await;
    let url = as_user(&postgres(), &name);
    for _ in 0..2 {
        let store = Store::open(&in_schema(&url, &name)).await.unwrap();
        assert_eq!(store.guard(), Guard::None);
        let mut tx = store.begin().await.unwrap();
        tx.create(&[newcomer(ContactId::new(Uuid::now_v7()), "Ana")])
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert!(store.count_contacts().await.unwrap() > 0);
        store.close().await;
    }
    say(
        &mut owner,
        format!("drop schema {name} cascade; drop role {name}"),
    )
    .await;
}

/// A user who may not make roles, for whom somebody else made this one: guarded.
async fn given_role(place: Arc<Place>) {
    let name = format!("rich_{}", Uuid::now_v7().as_simple());
    let mut owner = place.owner().await;
    say(
        &mut owner,
        format!("create role {name} login; create schema {name} authorization {name}"),
    )
    .await;
    let sql = "select 'consentry_' || substr(md5(current_database() || '.' || $1), 1, 12)";
    let role: String = sqlx::query_scalar(sql)
        .bind(&name)
        .fetch_one(&mut owner)
        .await
        .unwrap();
    say(
        &mut owner,
        format!("create role {role} nologin; grant {role} to {name}"),
    )
    .await;
    let store = Store::open(&in_schema(&as_user(&postgres(), &name), &name))
        .await
        .unwrap();
    assert_eq!(store.guard(), Guard::Role);
    let mut tx = store.begin().await.unwrap();
    tx.create(&[newcomer(ContactId::new(Uuid::now_v7()), "Ana")])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    store.close().await;
    let mut direct = PgConnection::connect(&in_schema(&postgres(), &name))
        .await
        .unwrap();
    assert!(role_of(&mut direct, &name).await.is_some());
    say(
        &mut direct,
        format!("drop schema {name} cascade; drop owned by {role}; drop role {role}, {name}"),
    )
    .await;
}

fn as_user(url: &str, name: &str) -> String {
    let (_, rest) = url.split_once("://").unwrap();
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    format!("postgres://{name}@{host}")
}

#[test]
fn without_the_right_to_make_roles_it_works_unguarded() {
    run(Kind::Postgres, no_right);
}

#[test]
fn a_role_made_by_somebody_else_guards() {
    run(Kind::Postgres, given_role);
}

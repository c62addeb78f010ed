//! Opening, opening again, and what happens when the database is not there.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use store::{error::StoreError, pool::Store};

use crate::harness::{Kind, Place, in_schema, postgres, role_of, run, say};

contract![
    opening_again_changes_nothing,
    a_newer_schema_is_refused,
    a_store_answers,
    two_nodes_may_write,
];

async fn opening_again_changes_nothing(place: Arc<Place>) {
    place.newcomer("Ana").await;
    for _ in 0..2 {
        let store = Store::open(&place.url).await.unwrap();
        assert_eq!(store.count_contacts().await.unwrap(), 1);
        assert_eq!(store.guard(), place.store.guard());
        store.close().await;
    }
    assert_eq!(place.number("select count(*) from log_head").await, 1);
}

async fn a_newer_schema_is_refused(place: Arc<Place>) {
    let sql = "insert into schema_version (version) values (99)";
    place.raw(sql).await.unwrap();
    let refused = Store::open(&place.url).await.unwrap_err();
    assert!(
        matches!(
            refused,
            StoreError::TooNew {
                found: 99,
                known: 1..
            }
        ),
        "{refused:?}"
    );
    assert!(refused.to_string().contains("99"));
}

async fn a_store_answers(place: Arc<Place>) {
    let store = &place.store;
    store.ping().await.unwrap();
    assert_eq!(store.file().is_some(), place.kind == Kind::Sqlite);
    store.close().await;
    let gone = store.ping().await.unwrap_err();
    assert!(matches!(gone, StoreError::Unavailable(_)), "{gone:?}");
    assert!(matches!(
        store.begin().await.err().unwrap(),
        StoreError::Unavailable(_)
    ));
}

/// A command beside a running server, or a second node.
async fn two_nodes_may_write(place: Arc<Place>) {
    let other = Store::open(&place.url).await.unwrap();
    let write = |store: Store| {
        tokio::spawn(async move {
            for n in 0..20_u8 {
                let mut tx = store.begin().await.unwrap();
                tx.set_house("shared", &[n]).await.unwrap();
                tx.commit().await.unwrap();
            }
        })
    };
    let (one, two) = (write(place.store.clone()), write(other.clone()));
    one.await.unwrap();
    two.await.unwrap();
    assert_eq!(other.house("shared").await.unwrap().unwrap(), [19]);
    other.close().await;
}

async fn first_opens(urls: String, count: usize) {
    let open = |url: String| {
        tokio::spawn(async move {
            let store = Store::open(&url).await?;
            store.count_contacts().await?;
            let guard = store.guard();
            store.close().await;
            Ok::<_, StoreError>(guard)
        })
    };
    let opening: Vec<_> = (0..count).map(|_| open(urls.clone())).collect();
    let mut guards = vec![];
    for node in opening {
        guards.push(node.await.unwrap().unwrap());
    }
    assert!(guards.iter().all(|guard| *guard == guards[0]), "{guards:?}");
}

async fn two_nodes_migrate_postgres(place: Arc<Place>) {
    for round in 0..3 {
        let schema = format!("m{round}_{}", uuid::Uuid::now_v7().as_simple());
        let mut owner = place.owner().await;
        say(&mut owner, format!("create schema {schema}")).await;
        first_opens(in_schema(&postgres(), &schema), 4).await;
        let role = role_of(&mut owner, &schema).await.unwrap();
        say(
            &mut owner,
            format!("drop schema {schema} cascade; drop owned by {role}; drop role {role}"),
        )
        .await;
    }
}

async fn two_nodes_migrate_sqlite(place: Arc<Place>) {
    for round in 0..3 {
        let file = place.dir.path().join(format!("new{round}.db"));
        first_opens(format!("sqlite:{}", file.display()), 4).await;
    }
}

#[test]
fn nodes_that_start_at_once_all_migrate_postgres() {
    run(Kind::Postgres, two_nodes_migrate_postgres);
}

#[test]
fn commands_that_start_at_once_all_migrate_sqlite() {
    run(Kind::Sqlite, two_nodes_migrate_sqlite);
}

async fn copies(place: Arc<Place>) {
    place.newcomer("Ana").await;
    let store = &place.store;
    let copy = place.dir.path().join("copy.db").display().to_string();
    if place.kind == Kind::Postgres {
        assert!(store.copy_to(&copy).await.is_err());
        return;
    }
    store.copy_to(&copy).await.unwrap();
    assert!(store.copy_to(&copy).await.is_err(), "never over a file");
    let copy = Store::open(&format!("sqlite:{copy}")).await.unwrap();
    assert_eq!(copy.count_contacts().await.unwrap(), 1);
    copy.close().await;
}

#[test]
fn a_copy_is_consistent_and_only_of_a_file() {
    run(Kind::Sqlite, copies);
    run(Kind::Postgres, copies);
}

async fn killed(place: Arc<Place>) {
    let mut tx = place.store.begin().await.unwrap();
    tx.set_house("a", b"1").await.unwrap();
    let mut owner = place.owner().await;
    let kill = "select pg_terminate_backend(pid) from pg_stat_activity \
                where application_name = 'consentry' and datname = current_database() \
                and query like '%house%' and state = 'idle in transaction'";
    // Other tests use the server too: only this schema's transaction holds this lock.
    let mine = format!(
        "{kill} and pid in (select pid from pg_locks where relation = '{}.house'::regclass)",
        schema_of(&place.url)
    );
    say(&mut owner, mine).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let refused = tx.set_house("b", b"2").await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
    assert!(tx.commit().await.is_err());
    place.store.ping().await.unwrap();
    assert_eq!(place.store.house("a").await.unwrap(), None);
}

fn schema_of(url: &str) -> &str {
    url.rsplit_once("%3D").unwrap().1
}

#[test]
fn a_killed_connection_is_unavailable_and_the_next_one_works() {
    run(Kind::Postgres, killed);
}

/// A server that takes connections and says nothing: as a suspended machine does.
async fn silent(_: Arc<Place>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let holding = tokio::spawn(async move {
        let mut held = vec![];
        loop {
            held.push(listener.accept().await.unwrap());
        }
    });
    let start = Instant::now();
    let refused = Store::open(&format!("postgres://consentry@127.0.0.1:{port}/x"))
        .await
        .unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
    assert!(start.elapsed() < Duration::from_secs(9));
    holding.abort();
}

#[test]
fn a_silent_server_is_unavailable_soon() {
    run(Kind::Sqlite, silent);
}

/// A proxy in front of PostgreSQL that goes deaf in the middle of a transaction.
async fn deaf(place: Arc<Place>) {
    let url = postgres();
    let (_, rest) = url.split_once("://").unwrap();
    let (user, host) = rest.rsplit_once('@').unwrap_or(("consentry", rest));
    let (host, name) = host.split_once('/').unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (deaf, hears) = tokio::sync::watch::channel(false);
    let target = host.to_owned();
    let proxy = tokio::spawn(async move {
        loop {
            let (mut near, _) = listener.accept().await.unwrap();
            let (target, mut hears) = (target.clone(), hears.clone());
            tokio::spawn(async move {
                let mut far = tokio::net::TcpStream::connect(target).await.unwrap();
                tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                    _ = hears.changed() => tokio::time::sleep(Duration::from_secs(300)).await,
                }
            });
        }
    });
    let through = in_schema(
        &format!("postgres://{user}@127.0.0.1:{port}/{name}"),
        schema_of(&place.url),
    );
    let store = Store::open(&through).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    tx.set_house("a", b"1").await.unwrap();
    deaf.send(true).unwrap();
    let start = Instant::now();
    let (inside, outside) = tokio::join!(tx.set_house("b", b"2"), store.ping());
    for refused in [inside.unwrap_err(), outside.unwrap_err()] {
        assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
    }
    assert!(
        start.elapsed() < Duration::from_secs(25),
        "{:?}",
        start.elapsed()
    );
    proxy.abort();
}

#[test]
fn a_deaf_server_is_unavailable_in_the_end() {
    run(Kind::Postgres, deaf);
}

async fn wrong_addresses(_: Arc<Place>) {
    let cases = [
        ("mysql://user:secret@host/x", true),
        ("/tmp/file.db", true),
        (
            "postgres://user:secret@127.0.0.1:1/x?sslmode=nonsense&password=secret",
            true,
        ),
        ("postgres://user:secret@127.0.0.1:1/x", false),
        ("sqlite:/no/such/folder/x.db", false),
    ];
    for (url, bad) in cases {
        let refused = Store::open(url).await.unwrap_err();
        assert_eq!(
            matches!(refused, StoreError::BadUrl(_)),
            bad,
            "{url}: {refused:?}"
        );
        assert_eq!(
            matches!(refused, StoreError::Unavailable(_)),
            !bad,
            "{url}: {refused:?}"
        );
        assert!(
            !format!("{refused} {refused:?}").contains("secret"),
            "{refused:?}"
        );
    }
}

#[test]
fn a_wrong_address_is_named_without_its_password() {
    run(Kind::Sqlite, wrong_addresses);
}

async fn copied(place: Arc<Place>) {
    let store = &place.store;
    let file = store.file().unwrap().to_path_buf();
    for round in 0..40_u8 {
        let mut tx = store.begin().await.unwrap();
        tx.set_house(&format!("large {round}"), &vec![round; 1 << 20])
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
    let ends = Instant::now() + Duration::from_secs(60);
    while std::fs::metadata(&file).unwrap().len() < 30 << 20 {
        assert!(Instant::now() < ends, "it all stays in the log");
        let mut tx = store.begin().await.unwrap();
        tx.set_house("small", b"1").await.unwrap();
        tx.commit().await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let kept = store.house("large 7").await.unwrap().unwrap();
    assert_eq!(kept, vec![7; 1 << 20]);
}

#[test]
fn what_is_committed_reaches_the_file_beside_whoever_writes() {
    run(Kind::Sqlite, copied);
}

//! One test body, two databases: a file in a temporary folder, and a schema of its own in PostgreSQL.

use std::{future::Future, panic, sync::Arc, time::Duration};

use consent::{
    alias::Alias,
    id::{AttemptId, ContactId},
    register::Standing,
    time::Timestamp,
};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use store::{
    contact::{AliasLine, NewContact, Update},
    message::{Direction, MessageLine, State},
    pool::{Store, Tx},
};
use uuid::Uuid;

/// Makes each function a test on either database.
macro_rules! contract {
    ($($name:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[test] fn $name() { crate::harness::run(crate::harness::Kind::Sqlite, super::$name); })+
        }
        mod on_postgres {
            $(#[test] fn $name() { crate::harness::run(crate::harness::Kind::Postgres, super::$name); })+
        }
    };
}

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// An open store in a place of its own.
pub struct Place {
    pub store: Store,
    pub url: String,
    pub kind: Kind,
    pub dir: tempfile::TempDir,
    schema: String,
}

/// Runs one body in a fresh place, which is cleared away whatever happens.
pub fn run<F, Fut>(kind: Kind, body: F)
where
    F: FnOnce(Arc<Place>) -> Fut,
    Fut: Future<Output = ()>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let place = Arc::new(runtime.block_on(Place::open(kind)));
    let body = panic::AssertUnwindSafe(|| runtime.block_on(body(place.clone())));
    let result = panic::catch_unwind(body);
    runtime.block_on(place.clear());
    if let Err(cause) = result {
        panic::resume_unwind(cause);
    }
}

/// The address of the PostgreSQL server that tests may fill.
#[allow(
    clippy::disallowed_methods,
    reason = "a test has no Config: the address comes from `make test`"
)]
pub fn postgres() -> String {
    std::env::var("CONSENTRY_TEST_DATABASE").expect(
        "CONSENTRY_TEST_DATABASE is not set: use `make test`, which starts a PostgreSQL for the tests",
    )
}

impl Place {
    async fn open(kind: Kind) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let schema = format!("t_{}", Uuid::now_v7().as_simple());
        let url = match kind {
            Kind::Sqlite => format!("sqlite:{}", dir.path().join("house.db").display()),
            Kind::Postgres => {
                let mut owner = PgConnection::connect(&postgres()).await.unwrap();
                say(&mut owner, format!("create schema {schema}")).await;
                in_schema(&postgres(), &schema)
            }
        };
        let store = Store::open(&url).await.unwrap();
        Self {
            store,
            url,
            kind,
            dir,
            schema,
        }
    }

    async fn clear(&self) {
        let closing = tokio::time::timeout(Duration::from_secs(20), self.store.close());
        assert!(closing.await.is_ok(), "a connection was never given back");
        if self.kind == Kind::Sqlite {
            return;
        }
        let mut owner = PgConnection::connect(&postgres()).await.unwrap();
        let role = role_of(&mut owner, &self.schema).await;
        say(&mut owner, format!("drop schema {} cascade", self.schema)).await;
        if let Some(role) = role {
            say(
                &mut owner,
                format!("drop owned by {role}; drop role {role}"),
            )
            .await;
        }
    }

    /// A connection of the owner, past the pool and its role. PostgreSQL only.
    pub async fn owner(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.unwrap()
    }

    /// Runs a statement through the store's own pool: with the rights that the program has.
    pub async fn raw(&self, sql: &str) -> Result<u64, sqlx::Error> {
        let sql = AssertSqlSafe(sql.to_owned());
        Ok(match &self.store {
            Store::Sqlite { write, .. } => sqlx::query(sql).execute(write).await?.rows_affected(),
            Store::Postgres { pool, .. } => sqlx::query(sql).execute(pool).await?.rows_affected(),
        })
    }

    /// The one number that a query gives.
    pub async fn number(&self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        match &self.store {
            Store::Sqlite { read, .. } => sqlx::query_scalar(sql).fetch_one(read).await.unwrap(),
            Store::Postgres { pool, .. } => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
        }
    }

    /// Makes a contact.
    pub async fn newcomer(&self, name: &str) -> ContactId {
        let id = ContactId::new(Uuid::now_v7());
        let mut tx = self.store.begin().await.unwrap();
        tx.create(&[newcomer(id, name)]).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Makes a contact who has a telephone number.
    pub async fn caller(&self, name: &str, phone: &str) -> ContactId {
        let id = self.newcomer(name).await;
        let mut tx = self.store.begin().await.unwrap();
        tx.link(&[line(id, alias(phone), 0)]).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Writes a standing and commits.
    pub async fn stand(&self, contact: ContactId, standing: &Standing) {
        let mut tx = self.store.begin().await.unwrap();
        stand(&mut tx, contact, standing).await;
        tx.commit().await.unwrap();
    }
}

pub async fn stand(tx: &mut Tx, contact: ContactId, standing: &Standing) {
    let update = Update {
        contact,
        standing,
        consent: "opted_out",
        platform: "open",
        said: None,
        at: at(5),
    };
    tx.set_standings(&[update]).await.unwrap();
}

/// The address with a search path.
pub fn in_schema(url: &str, schema: &str) -> String {
    let mark = if url.contains('?') { '&' } else { '?' };
    format!("{url}{mark}options=-csearch_path%3D{schema}")
}

/// The role that the store made for a schema, if it did.
pub async fn role_of(owner: &mut PgConnection, schema: &str) -> Option<String> {
    let sql = "select rolname::text from pg_roles \
               where rolname = 'consentry_' || substr(md5(current_database() || '.' || $1), 1, 12)";
    let role = sqlx::query_scalar(sql).bind(schema);
    role.fetch_optional(owner).await.unwrap()
}

pub async fn say(owner: &mut PgConnection, sql: String) {
    owner
        .execute(sqlx::raw_sql(AssertSqlSafe(sql)))
        .await
        .unwrap();
}

pub fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000 + ms)
}

pub fn newcomer(id: ContactId, name: &str) -> NewContact {
    NewContact {
        id,
        name: Some(name.to_owned()),
        sealing_key: vec![7; 40],
        at: at(0),
    }
}

pub fn alias(phone: &str) -> Alias {
    Alias::Phone(phone.parse().unwrap())
}

pub fn line(contact: ContactId, alias: Alias, ms: i64) -> AliasLine {
    AliasLine {
        contact,
        alias,
        since: at(ms),
        until: None,
    }
}

/// A reservation of a marketing template, to be changed by the test.
pub fn message(contact: ContactId) -> MessageLine {
    MessageLine {
        id: AttemptId::new(Uuid::now_v7()),
        contact,
        direction: Direction::Out,
        number: "109900000000001".to_owned(),
        recipient: "+447700900123".to_owned(),
        category: "marketing".to_owned(),
        topic: None,
        template: Some(("spring_sale".to_owned(), "en_US".to_owned())),
        state: State::Reserved,
        code: None,
        reason: None,
        because: vec![],
        basis: Some("opt_in".to_owned()),
        policy_version: 0,
        as_of: 3,
        at: at(10),
        outcome: None,
        unknown: None,
        wamid: None,
        error_code: None,
        fingerprint: Some(vec![1; 32]),
        sealed: Some(vec![2; 20]),
    }
}

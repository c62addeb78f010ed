//! What belongs to the business and to nobody in particular: wrapped keys, policy, topics, API keys, idempotency.

use consent::{
    id::TopicId,
    scope::{Category, Topic},
    time::Timestamp,
};
use uuid::Uuid;

use crate::{
    codec,
    error::{StoreError, corrupt},
    list::clean,
    pool::{Store, Tx, on_pool, on_tx},
};

/// A version of the policy, as it was written.
#[derive(Debug, Clone)]
pub struct PolicyLine {
    /// The version.
    pub version: i64,
    /// The rules, as the API writes them.
    pub body: String,
    /// From when.
    pub at: Timestamp,
}

/// An API key. The key itself is never kept, only its hash.
#[derive(Debug, Clone)]
pub struct KeyLine {
    /// Its id.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// `admin`, `app` or `read`.
    pub role: String,
    /// SHA-256 of the key.
    pub hash: Vec<u8>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was revoked, if it was.
    pub revoked: Option<Timestamp>,
}

/// A topic with its name.
#[derive(Debug, Clone)]
pub struct TopicLine {
    /// The topic.
    pub topic: Topic,
    /// What people call it.
    pub name: String,
    /// What it brings, in a sentence; empty where nobody said.
    pub description: String,
    /// When it was made.
    pub created: Timestamp,
}

/// A remembered answer to a request with an `Idempotency-Key`.
#[derive(Debug, Clone)]
pub struct Remembered {
    /// SHA-256 of the request's body.
    pub request: Vec<u8>,
    /// The answer.
    pub answer: String,
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    id: Vec<u8>,
    name: String,
    role: String,
    hash: Vec<u8>,
    created_ms: i64,
    revoked_ms: Option<i64>,
}

type TopicRow = (Vec<u8>, String, String, String, i64);

const POLICY: &str = "select version, body, at_ms from policy order by version desc limit 1";

impl Store {
    /// A value of the house.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn house(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "select value from house where name = $1";
        Ok(
            on_pool!(self, pool => sqlx::query_scalar(sql).bind(clean(name)).fetch_optional(pool).await?),
        )
    }

    /// The policy in force, if one was ever written.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn policy(&self) -> Result<Option<PolicyLine>, StoreError> {
        let row: Option<(i64, String, i64)> =
            on_pool!(self, pool => sqlx::query_as(POLICY).fetch_optional(pool).await?);
        Ok(row.map(policy))
    }

    /// The policy that was in force at a time, if there was one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn policy_at(&self, at: Timestamp) -> Result<Option<PolicyLine>, StoreError> {
        let sql = "select version, body, at_ms from policy where at_ms <= $1 order by version desc limit 1";
        let row: Option<(i64, String, i64)> = on_pool!(self, pool => sqlx::query_as(sql).bind(at.millis()).fetch_optional(pool).await?);
        Ok(row.map(policy))
    }

    /// The version of the policy in force; 0 when none was ever written.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn policy_version(&self) -> Result<i64, StoreError> {
        let sql = "select coalesce(max(version), 0) from policy";
        Ok(on_pool!(self, pool => sqlx::query_scalar(sql).fetch_one(pool).await?))
    }

    /// The API key with this hash, unless it was revoked.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn key(&self, hash: &[u8]) -> Result<Option<KeyLine>, StoreError> {
        let sql = "select id, name, role, hash, created_ms, revoked_ms from api_key \
                   where hash = $1 and revoked_ms is null";
        let row: Option<KeyRow> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(hash).fetch_optional(pool).await?);
        row.map(KeyLine::try_from).transpose()
    }

    /// Every API key, oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn keys(&self) -> Result<Vec<KeyLine>, StoreError> {
        let sql = "select id, name, role, hash, created_ms, revoked_ms from api_key order by id";
        let rows: Vec<KeyRow> = on_pool!(self, pool => sqlx::query_as(sql).fetch_all(pool).await?);
        rows.into_iter().map(KeyLine::try_from).collect()
    }

    /// Every topic, oldest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn topics(&self) -> Result<Vec<TopicLine>, StoreError> {
        let sql = "select id, name, category, description, created_ms from topic order by id";
        let rows: Vec<TopicRow> =
            on_pool!(self, pool => sqlx::query_as(sql).fetch_all(pool).await?);
        let read = |(id, name, category, description, created): TopicRow| {
            let category =
                Category::read(&category).ok_or_else(|| corrupt("category", &category))?;
            let topic = Topic {
                id: TopicId::new(codec::uuid(&id)?),
                category,
            };
            Ok(TopicLine {
                topic,
                name,
                description,
                created: Timestamp::from_millis(created),
            })
        };
        rows.into_iter().map(read).collect()
    }

    /// A remembered answer.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn remembered(&self, key: &[u8]) -> Result<Option<Remembered>, StoreError> {
        let sql = "select request, answer from idempotency where key = $1";
        let row: Option<(Vec<u8>, String)> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(key).fetch_optional(pool).await?);
        Ok(row.map(|(request, answer)| Remembered { request, answer }))
    }
}

impl Tx {
    /// Writes a value of the house, over an older one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_house(&mut self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        let sql = "insert into house (name, value) values ($1, $2) \
                   on conflict (name) do update set value = excluded.value";
        on_tx!(self, conn => { sqlx::query(sql).bind(clean(name)).bind(value).execute(conn).await?; });
        Ok(())
    }

    /// Writes a value of the house where there is none yet, and gives the one that is there now.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn found_house(&mut self, name: &str, value: &[u8]) -> Result<Vec<u8>, StoreError> {
        let sql = "insert into house (name, value) values ($1, $2) on conflict (name) do nothing";
        on_tx!(self, conn => { sqlx::query(sql).bind(clean(name)).bind(value).execute(conn).await?; });
        let sql = "select value from house where name = $1";
        Ok(on_tx!(self, conn => sqlx::query_scalar(sql).bind(clean(name)).fetch_one(conn).await?))
    }

    /// Writes a new version of the policy.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when that version exists; and when the database does not answer.
    pub async fn set_policy(&mut self, line: &PolicyLine) -> Result<(), StoreError> {
        self.touched.policy = true;
        let sql = "insert into policy (version, body, at_ms) values ($1, $2, $3)";
        on_tx!(self, conn => {
            sqlx::query(sql).bind(line.version).bind(clean(&line.body)).bind(line.at.millis()).execute(conn).await?;
        });
        Ok(())
    }

    /// Keeps a new API key.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn add_key(&mut self, line: &KeyLine) -> Result<(), StoreError> {
        self.touched.api_keys = true;
        let sql =
            "insert into api_key (id, name, role, hash, created_ms) values ($1, $2, $3, $4, $5)";
        on_tx!(self, conn => {
            sqlx::query(sql)
                .bind(line.id.as_bytes().to_vec())
                .bind(clean(&line.name))
                .bind(clean(&line.role))
                .bind(&line.hash)
                .bind(line.created.millis())
                .execute(conn)
                .await?;
        });
        Ok(())
    }

    /// Revokes an API key; says whether there was one to revoke.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn revoke_key(&mut self, id: Uuid, at: Timestamp) -> Result<bool, StoreError> {
        self.touched.api_keys = true;
        let sql = "update api_key set revoked_ms = $2 where id = $1 and revoked_ms is null";
        let id = id.as_bytes().to_vec();
        let done = on_tx!(self, conn => sqlx::query(sql).bind(id).bind(at.millis()).execute(conn).await?.rows_affected());
        Ok(done == 1)
    }

    /// Keeps a new topic.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the name is taken; and when the database does not answer.
    pub async fn add_topic(&mut self, line: &TopicLine) -> Result<(), StoreError> {
        let sql = "insert into topic (id, name, category, description, created_ms) values ($1, $2, $3, $4, $5)";
        on_tx!(self, conn => {
            sqlx::query(sql)
                .bind(line.topic.id.get().as_bytes().to_vec())
                .bind(clean(&line.name))
                .bind(line.topic.category.word())
                .bind(clean(&line.description))
                .bind(line.created.millis())
                .execute(conn)
                .await?;
        });
        Ok(())
    }

    /// Remembers an answer.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the key is taken: somebody was faster; and when the database does not answer.
    pub async fn remember(
        &mut self,
        key: &[u8],
        what: &Remembered,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "insert into idempotency (key, request, answer, at_ms) values ($1, $2, $3, $4)";
        on_tx!(self, conn => {
            sqlx::query(sql).bind(key).bind(&what.request).bind(clean(&what.answer)).bind(at.millis()).execute(conn).await?;
        });
        Ok(())
    }

    /// Forgets answers that are older than `before`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget_answers(&mut self, before: Timestamp) -> Result<u64, StoreError> {
        let sql = "delete from idempotency where at_ms < $1";
        Ok(
            on_tx!(self, conn => sqlx::query(sql).bind(before.millis()).execute(conn).await?.rows_affected()),
        )
    }
}

impl TryFrom<KeyRow> for KeyLine {
    type Error = StoreError;

    fn try_from(row: KeyRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: codec::uuid(&row.id)?,
            name: row.name,
            role: row.role,
            hash: row.hash,
            created: Timestamp::from_millis(row.created_ms),
            revoked: row.revoked_ms.map(Timestamp::from_millis),
        })
    }
}

fn policy((version, body, at_ms): (i64, String, i64)) -> PolicyLine {
    PolicyLine {
        version,
        body,
        at: Timestamp::from_millis(at_ms),
    }
}

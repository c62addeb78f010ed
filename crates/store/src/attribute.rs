//! Attributes: what kind of value each holds, and which there are.

use crate::{
    error::StoreError,
    list::clean,
    pool::{Store, Tx, on_pool, on_tx},
};

/// Which attributes people have, one look into the index for each.
const KEYS: &str = "with recursive k(key) as (select min(key) from attribute \
    union all select (select min(a.key) from attribute a where a.key > k.key) from k where k.key is not null) \
    select key from k where key is not null limit $1";

impl Store {
    /// The kind of each attribute that has one, by name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn attribute_types(&self) -> Result<Vec<(String, String)>, StoreError> {
        let sql = "select key, kind from attribute_type order by key";
        Ok(on_pool!(self, pool => sqlx::query_as(sql).fetch_all(pool).await?))
    }

    /// The attributes that people have, by name; so many at the most.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn attribute_keys(&self, limit: u32) -> Result<Vec<String>, StoreError> {
        Ok(
            on_pool!(self, pool => sqlx::query_scalar(KEYS).bind(i64::from(limit)).fetch_all(pool).await?),
        )
    }

    /// Values of an attribute, each as often as there are people with it; so many at the most.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn attribute_values(&self, key: &str, limit: u32) -> Result<Vec<String>, StoreError> {
        let sql = "select value from attribute where key = $1 limit $2";
        Ok(
            on_pool!(self, pool => sqlx::query_scalar(sql).bind(clean(key)).bind(i64::from(limit)).fetch_all(pool).await?),
        )
    }

    /// How many people have an attribute, counted up to a limit.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_attribute(&self, key: &str, limit: u32) -> Result<i64, StoreError> {
        let sql = "select count(*) from (select 1 from attribute where key = $1 limit $2) as a";
        Ok(
            on_pool!(self, pool => sqlx::query_scalar(sql).bind(clean(key)).bind(i64::from(limit)).fetch_one(pool).await?),
        )
    }
}

impl Tx {
    /// Says what kind of value an attribute holds.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_attribute_type(&mut self, key: &str, kind: &str) -> Result<(), StoreError> {
        let sql = "insert into attribute_type (key, kind) values ($1, $2) \
                   on conflict (key) do update set kind = excluded.kind";
        on_tx!(self, conn => { sqlx::query(sql).bind(clean(key)).bind(clean(kind)).execute(conn).await?; });
        Ok(())
    }

    /// Forgets what kind of value an attribute holds; says whether that was known. The values stay.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn drop_attribute_type(&mut self, key: &str) -> Result<bool, StoreError> {
        let sql = "delete from attribute_type where key = $1";
        let done = on_tx!(self, conn => sqlx::query(sql).bind(clean(key)).execute(conn).await?.rows_affected());
        Ok(done == 1)
    }
}

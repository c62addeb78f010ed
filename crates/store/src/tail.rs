//! What a copy of the standings in memory is made of: what every alias means, and who was touched since a snapshot.

use consent::id::ContactId;

use crate::{
    codec,
    error::StoreError,
    pool::{Store, Tx, on_pool, on_tx},
    watch::{MEANINGS, Meaning, News, Turn, contact_list, meaning},
};

impl Store {
    /// Who is told of every commit from now on, in order, before `commit` returns. There can be one.
    /// Nobody is told where several processes write.
    pub fn watch(&self, told: impl Fn(&News) + Send + Sync + 'static) {
        if let Self::Sqlite { watch, .. } = self {
            watch.tell(told);
        }
    }

    /// Waits until nobody writes, and keeps it so until what it gives is dropped. None where several processes write.
    pub async fn hush(&self) -> Option<Turn> {
        match self {
            Self::Sqlite { watch, .. } => Some(watch.turn().await),
            Self::Postgres { .. } => None,
        }
    }

    /// What aliases mean now, some after `after`, in their order.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn meanings(&self, after: &str, limit: u32) -> Result<Vec<Meaning>, StoreError> {
        let sql = "select a.key, c.standing from alias a join contact c on c.id = a.contact_id \
                   where a.until_ms is null and a.key > $1 order by a.key limit $2";
        let rows: Vec<(String, Option<String>)> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(after).bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter().map(meaning).collect()
    }

    /// What every alias that these contacts ever had means now.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn meanings_of(&self, contacts: &[ContactId]) -> Result<Vec<Meaning>, StoreError> {
        let list = contact_list(contacts.iter());
        let rows: Vec<(String, Option<String>)> = on_pool!(self, pool => sqlx::query_as(MEANINGS)
            .bind(list.text()).bind("[]").fetch_all(pool).await?);
        rows.into_iter().map(meaning).collect()
    }

    /// The contacts that were touched since the snapshot, some after `after`, with the place of each in the tail.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn tail(&self, after: i64, limit: u32) -> Result<Vec<(i64, ContactId)>, StoreError> {
        let sql = "select seq, contact_id from index_tail where seq > $1 order by seq limit $2";
        let rows: Vec<(i64, Vec<u8>)> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(after).bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter()
            .map(|(seq, id)| Ok((seq, ContactId::new(codec::uuid(&id)?))))
            .collect()
    }

    /// The last place of the tail, and how long it is; zeros when it is empty.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tail_end(&self) -> Result<(i64, i64), StoreError> {
        let sql = "select coalesce((select max(seq) from index_tail), 0), \
                   coalesce((select max(seq) from index_tail) - (select min(seq) from index_tail) + 1, 0)";
        Ok(on_pool!(self, pool => sqlx::query_as(sql).fetch_one(pool).await?))
    }

    /// How many keyed hashes of people who were erased there are.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_erased_tags(&self) -> Result<i64, StoreError> {
        let sql = "select count(*) from suppressed";
        Ok(on_pool!(self, pool => sqlx::query_scalar(sql).fetch_one(pool).await?))
    }

    /// The keyed hashes of people who were erased, some after `after`, in their order.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn erased_tags(&self, after: &[u8], limit: u32) -> Result<Vec<Vec<u8>>, StoreError> {
        let sql = "select tag from suppressed where tag > $1 order by tag limit $2";
        Ok(on_pool!(self, pool => sqlx::query_scalar(sql)
            .bind(after).bind(i64::from(limit)).fetch_all(pool).await?))
    }
}

impl Tx {
    /// Forgets the tail up to a place, which a snapshot has taken in.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn cut_tail(&mut self, upto: i64) -> Result<(), StoreError> {
        let sql = "delete from index_tail where seq <= $1";
        on_tx!(self, conn => { sqlx::query(sql).bind(upto).execute(conn).await?; });
        Ok(())
    }

    /// Notes the keys that a contact is about to lose for good.
    pub(crate) async fn touch_keys_of(&mut self, contact: &[u8]) -> Result<(), StoreError> {
        let sql = "select key from alias where contact_id = $1";
        let keys: Vec<(String,)> =
            on_tx!(self, conn => sqlx::query_as(sql).bind(contact).fetch_all(conn).await?);
        self.touched.forgot |= !keys.is_empty();
        self.touched.keys.extend(keys.into_iter().map(|(key,)| key));
        Ok(())
    }
}

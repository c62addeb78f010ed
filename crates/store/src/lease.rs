//! Leases: one node at a time does a job that must not be done twice.

use consent::time::Timestamp;
use uuid::Uuid;

use crate::{
    error::StoreError,
    list::clean,
    pool::{Tx, on_tx},
};

impl Tx {
    /// Takes or renews a lease until `until`. Gives its epoch, which grows with every change of holder; none while
    /// somebody else holds it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn lease(
        &mut self,
        name: &str,
        holder: Uuid,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<i64>, StoreError> {
        let sql = "insert into lease (name, holder, epoch, until_ms) values ($1, $2, 1, $4) \
                   on conflict (name) do update set holder = excluded.holder, until_ms = excluded.until_ms, \
                   epoch = case when lease.holder = excluded.holder then lease.epoch else lease.epoch + 1 end \
                   where lease.holder = excluded.holder or lease.until_ms < $3 returning epoch";
        let holder = holder.as_bytes().to_vec();
        Ok(on_tx!(self, conn => sqlx::query_scalar(sql)
            .bind(clean(name))
            .bind(holder)
            .bind(now.millis())
            .bind(until.millis())
            .fetch_optional(conn)
            .await?))
    }

    /// Gives a lease back.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn release_lease(&mut self, name: &str, holder: Uuid) -> Result<(), StoreError> {
        let sql = "update lease set until_ms = 0 where name = $1 and holder = $2";
        let holder = holder.as_bytes().to_vec();
        on_tx!(self, conn => { sqlx::query(sql).bind(clean(name)).bind(holder).execute(conn).await?; });
        Ok(())
    }
}

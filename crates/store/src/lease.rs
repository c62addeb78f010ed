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
        // Looked at first: a row that somebody else holds, and is writing, need not be waited for.
        let sql = "insert into lease (name, holder, epoch, until_ms) select $1, $2, 1, $4 where not exists \
                   (select 1 from lease o where o.name = $1 and o.holder <> $2 and o.until_ms >= $3) \
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

    /// Raises the epoch of a lease that one holds: its row was lost, and what it guards is further.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn raise_lease(
        &mut self,
        name: &str,
        holder: Uuid,
        epoch: i64,
    ) -> Result<(), StoreError> {
        let sql = "update lease set epoch = $3 where name = $1 and holder = $2 and epoch < $3";
        let holder = holder.as_bytes().to_vec();
        on_tx!(self, conn => { sqlx::query(sql).bind(clean(name)).bind(holder).bind(epoch).execute(conn).await?; });
        Ok(())
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

//! Files that somebody sent and has not taken in yet, in sealed parts.

use consent::time::Timestamp;
use uuid::Uuid;

use crate::{
    error::StoreError,
    pool::{Store, Tx, on_pool, on_tx},
};

impl Store {
    /// A part of a file, counted from 0; none after the last.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn upload_part(&self, file: Uuid, part: u32) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "select sealed from upload where id = $1 and part = $2";
        let id = file.as_bytes().to_vec();
        Ok(
            on_pool!(self, pool => sqlx::query_scalar(sql).bind(id).bind(i64::from(part)).fetch_optional(pool).await?),
        )
    }
}

impl Tx {
    /// Keeps a part of a file.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn put_upload_part(
        &mut self,
        file: Uuid,
        part: u32,
        sealed: &[u8],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "insert into upload (id, part, at_ms, sealed) values ($1, $2, $3, $4)";
        let id = file.as_bytes().to_vec();
        on_tx!(self, conn => { sqlx::query(sql).bind(id).bind(i64::from(part)).bind(at.millis()).bind(sealed)
            .execute(conn).await?; });
        Ok(())
    }

    /// Forgets a file, and every one that was sent before a time.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn drop_uploads(&mut self, file: Uuid, before: Timestamp) -> Result<(), StoreError> {
        let sql = "delete from upload where id = $1 or at_ms < $2";
        let id = file.as_bytes().to_vec();
        on_tx!(self, conn => { sqlx::query(sql).bind(id).bind(before.millis()).execute(conn).await?; });
        Ok(())
    }
}

//! Files that prove an opt-in: sealed under the person's key, and named by the hash of what is in them.

use consent::{id::ContactId, time::Timestamp};

use crate::{
    codec,
    error::StoreError,
    pool::{Store, Tx, on_pool, on_tx},
};

/// A file of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enclosure {
    /// Whose.
    pub contact: ContactId,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// Since when it is kept.
    pub at: Timestamp,
    /// Its name and what is in it, sealed.
    pub sealed: Vec<u8>,
}

impl Store {
    /// The files of a person, the oldest first, without what is in them.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn enclosures(
        &self,
        contact: ContactId,
    ) -> Result<Vec<([u8; 32], Timestamp)>, StoreError> {
        let sql =
            "select sha256, at_ms from enclosure where contact_id = $1 order by at_ms, sha256";
        let id = contact.get().as_bytes().to_vec();
        let rows: Vec<(Vec<u8>, i64)> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(id).fetch_all(pool).await?);
        rows.into_iter()
            .map(|(hash, at)| Ok((codec::hash(&hash)?, Timestamp::from_millis(at))))
            .collect()
    }

    /// One file of a person.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn enclosure(
        &self,
        contact: ContactId,
        sha256: [u8; 32],
    ) -> Result<Option<Enclosure>, StoreError> {
        let sql = "select at_ms, sealed from enclosure where contact_id = $1 and sha256 = $2";
        let id = contact.get().as_bytes().to_vec();
        let row: Option<(i64, Vec<u8>)> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(id).bind(sha256.to_vec()).fetch_optional(pool).await?);
        Ok(row.map(|(at, sealed)| Enclosure {
            contact,
            sha256,
            at: Timestamp::from_millis(at),
            sealed,
        }))
    }
}

impl Tx {
    /// Keeps a file. One that is there stays as it is.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn enclose(&mut self, file: &Enclosure) -> Result<(), StoreError> {
        let sql = "insert into enclosure (contact_id, sha256, at_ms, sealed) values ($1, $2, $3, $4) \
                   on conflict (contact_id, sha256) do nothing";
        let id = file.contact.get().as_bytes().to_vec();
        on_tx!(self, conn => { sqlx::query(sql).bind(id).bind(file.sha256.to_vec()).bind(file.at.millis())
            .bind(&file.sealed).execute(conn).await?; });
        Ok(())
    }
}

//! Codes that were sent into a chat, to open to somebody what a link alone does not: one at a time for each person.

use consent::{id::ContactId, time::Timestamp};

use crate::{
    error::StoreError,
    pool::{Tx, on_tx},
};

/// A code that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeLine {
    /// To whom.
    pub contact: ContactId,
    /// A keyed hash of it.
    pub tag: Vec<u8>,
    /// When it was sent.
    pub sent: Timestamp,
    /// Until when it is good; in the past once it was used.
    pub expires: Timestamp,
    /// How often somebody tried to guess it.
    pub tries: i64,
    /// When the day began on which codes are counted.
    pub day: Timestamp,
    /// How many were sent on that day.
    pub sent_that_day: i64,
}

type Row = (Vec<u8>, i64, i64, i64, i64, i64);

impl Tx {
    /// The newest code of a contact.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn code(&mut self, contact: ContactId) -> Result<Option<CodeLine>, StoreError> {
        let sql = "select tag, sent_ms, expires_ms, tries, day_ms, sent_that_day from link_code where contact_id = $1";
        let id = contact.get().as_bytes().to_vec();
        let row: Option<Row> =
            on_tx!(self, conn => sqlx::query_as(sql).bind(id).fetch_optional(conn).await?);
        Ok(
            row.map(|(tag, sent, expires, tries, day, sent_that_day)| CodeLine {
                contact,
                tag,
                sent: Timestamp::from_millis(sent),
                expires: Timestamp::from_millis(expires),
                tries,
                day: Timestamp::from_millis(day),
                sent_that_day,
            }),
        )
    }

    /// Keeps a code, in place of an older one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn keep_code(&mut self, line: &CodeLine) -> Result<(), StoreError> {
        let sql = "insert into link_code (contact_id, tag, sent_ms, expires_ms, tries, day_ms, sent_that_day) \
                   values ($1, $2, $3, $4, $5, $6, $7) on conflict (contact_id) do update set tag = excluded.tag, \
                   sent_ms = excluded.sent_ms, expires_ms = excluded.expires_ms, tries = excluded.tries, \
                   day_ms = excluded.day_ms, sent_that_day = excluded.sent_that_day";
        on_tx!(self, conn => {
            sqlx::query(sql)
                .bind(line.contact.get().as_bytes().to_vec())
                .bind(&line.tag)
                .bind(line.sent.millis())
                .bind(line.expires.millis())
                .bind(line.tries)
                .bind(line.day.millis())
                .bind(line.sent_that_day)
                .execute(conn)
                .await?;
        });
        Ok(())
    }
}

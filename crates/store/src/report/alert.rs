//! What rose beyond what chance explains, until somebody looked at it.

use consent::time::Timestamp;
use uuid::Uuid;

use crate::{
    codec,
    error::StoreError,
    list::{before, clean},
    pool::{Store, Tx, on_pool, on_tx},
};

/// An alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertLine {
    /// Its id; grows with time.
    pub id: Uuid,
    /// What rose.
    pub kind: String,
    /// Of what: a number or a template; empty for the whole business.
    pub subject: String,
    /// The figures, as JSON.
    pub body: String,
    /// When it was raised.
    pub at: Timestamp,
    /// Who looked at it.
    pub settled_by: Option<String>,
    /// When.
    pub settled: Option<Timestamp>,
}

type AlertRow = (
    Vec<u8>,
    String,
    String,
    String,
    i64,
    Option<String>,
    Option<i64>,
);

macro_rules! select_alert {
    ($rest:literal) => {
        concat!(
            "select id, kind, subject, body, at_ms, settled_by, settled_ms from alert ",
            $rest
        )
    };
}

impl Store {
    /// Alerts that nobody settled, or those that somebody did, the newest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn alerts(
        &self,
        open: bool,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<AlertLine>, StoreError> {
        let sql = if open {
            select_alert!("where id < $1 and settled_ms is null order by id desc limit $2")
        } else {
            select_alert!("where id < $1 and settled_ms is not null order by id desc limit $2")
        };
        let rows: Vec<AlertRow> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(before(after)).bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter().map(read).collect()
    }

    /// One of them.
    ///
    /// # Errors
    /// When the database does not answer or the row makes no sense.
    pub async fn alert(&self, id: Uuid) -> Result<Option<AlertLine>, StoreError> {
        let sql = select_alert!("where id = $1");
        let id = id.as_bytes().to_vec();
        let row: Option<AlertRow> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(id).fetch_optional(pool).await?);
        row.map(read).transpose()
    }
}

impl Tx {
    /// Raises an alert, unless one of its kind and subject was raised since a time. Says whether it did.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn raise_alert(
        &mut self,
        line: &AlertLine,
        since: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "insert into alert (id, kind, subject, body, at_ms) select $1, $2, $3, $4, $5 where not exists \
                   (select 1 from alert o where o.kind = $2 and o.subject = $3 and o.at_ms >= $6) on conflict (id) do nothing";
        let id = line.id.as_bytes().to_vec();
        let rows = on_tx!(self, conn => sqlx::query(sql).bind(id).bind(clean(&line.kind)).bind(clean(&line.subject))
            .bind(clean(&line.body)).bind(line.at.millis()).bind(since.millis()).execute(conn).await?.rows_affected());
        Ok(rows == 1)
    }

    /// Notes that somebody looked at an alert. Says whether there was one that nobody had looked at.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn settle_alert(
        &mut self,
        id: Uuid,
        by: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "update alert set settled_by = $2, settled_ms = $3 where id = $1 and settled_ms is null";
        let id = id.as_bytes().to_vec();
        let rows = on_tx!(self, conn => sqlx::query(sql).bind(id).bind(clean(by)).bind(at.millis())
            .execute(conn).await?.rows_affected());
        Ok(rows == 1)
    }
}

fn read(row: AlertRow) -> Result<AlertLine, StoreError> {
    Ok(AlertLine {
        id: codec::uuid(&row.0)?,
        kind: row.1,
        subject: row.2,
        body: row.3,
        at: Timestamp::from_millis(row.4),
        settled_by: row.5,
        settled: row.6.map(Timestamp::from_millis),
    })
}

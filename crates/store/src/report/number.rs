//! What Meta says of our numbers, and since when.

use consent::time::Timestamp;

use crate::{
    error::StoreError,
    list::clean,
    pool::{Store, Tx, on_pool, on_tx},
};

/// What Meta said of a number for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberState {
    /// The number.
    pub number: String,
    /// Since when it said so.
    pub at: Timestamp,
    /// When it last said so.
    pub seen: Timestamp,
    /// What it said.
    pub body: String,
}

impl Store {
    /// What Meta said of our numbers, the newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn number_states(&self, limit: u32) -> Result<Vec<NumberState>, StoreError> {
        let sql = "select number, at_ms, seen_ms, body from number_state order by at_ms desc, number limit $1";
        let rows: Vec<(String, i64, i64, String)> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(i64::from(limit)).fetch_all(pool).await?);
        let read = |(number, at, seen, body)| NumberState {
            number,
            at: Timestamp::from_millis(at),
            seen: Timestamp::from_millis(seen),
            body,
        };
        Ok(rows.into_iter().map(read).collect())
    }
}

impl Tx {
    /// Notes what Meta says of a number: a row more when it says something new, else that it still says so.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn note_number(
        &mut self,
        number: &str,
        body: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let still = "update number_state set seen_ms = $3 where number = $1 and body = $2 and at_ms = \
                     (select max(n.at_ms) from number_state n where n.number = $1)";
        let (number, body) = (clean(number), clean(body));
        let seen = on_tx!(self, conn => sqlx::query(still).bind(&*number).bind(&*body).bind(now.millis())
            .execute(conn).await?.rows_affected());
        if seen == 0 {
            let sql = "insert into number_state (number, at_ms, seen_ms, body) values ($1, $3, $3, $2) \
                       on conflict (number, at_ms) do update set body = excluded.body";
            on_tx!(self, conn => { sqlx::query(sql).bind(&*number).bind(&*body).bind(now.millis()).execute(conn).await?; });
        }
        Ok(())
    }
}

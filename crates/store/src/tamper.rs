//! What somebody with access to the file could do: change one value, past triggers. For tests, behind a feature.

use consent::id::ContactId;
use sqlx::{Executor, Row, TypeInfo, ValueRef, sqlite::SqliteRow};

use crate::{
    error::StoreError,
    pool::{Store, on_tx},
};

/// A value of a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// A number.
    Int(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// One cell of one row.
#[derive(Debug, Clone)]
pub struct Spot {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// What is in it.
    pub value: Cell,
    keys: Vec<(&'static str, Cell)>,
}

impl Store {
    /// Takes the triggers away.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn drop_guards(&self) -> Result<(), StoreError> {
        let Self::Sqlite { write, .. } = self else {
            return Ok(());
        };
        for table in ["event", "log_entry", "log_tile", "checkpoint"] {
            for act in ["update", "delete"] {
                let sql = format!("drop trigger if exists {table}_no_{act}");
                write.execute(sqlx::AssertSqlSafe(sql)).await?;
            }
        }
        Ok(())
    }

    /// Puts another wrapped key in the place of a person's.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_sealing_key(&self, contact: ContactId, key: &[u8]) -> Result<(), StoreError> {
        let sql = "update contact set sealing_key = $1 where id = $2";
        let id = contact.get().as_bytes().to_vec();
        let mut tx = self.begin().await?;
        on_tx!(tx, conn => { sqlx::query(sql).bind(key).bind(id).execute(conn).await?; });
        tx.commit().await
    }

    /// One cell by chance: of the row at `nth`, counted round and round. None where the cell is empty.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn spot(
        &self,
        (table, keys): (&'static str, &[&'static str]),
        column: &'static str,
        nth: u64,
    ) -> Result<Option<Spot>, StoreError> {
        let Self::Sqlite { write, .. } = self else {
            return Ok(None);
        };
        let sql = format!("select count(*) from {table}");
        let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .fetch_one(write)
            .await?;
        if count == 0 {
            return Ok(None);
        }
        let at = i64::try_from(nth % count.unsigned_abs()).unwrap_or(0);
        let sql = format!(
            "select {column}, {} from {table} order by {} limit 1 offset {at}",
            keys.join(", "),
            keys.join(", ")
        );
        let row = write.fetch_one(sqlx::AssertSqlSafe(sql)).await?;
        let Some(value) = cell(&row, 0)? else {
            return Ok(None);
        };
        let mut found = Vec::new();
        for (at, key) in keys.iter().enumerate() {
            if let Some(value) = cell(&row, at + 1)? {
                found.push((*key, value));
            }
        }
        Ok(Some(Spot {
            table,
            column,
            value,
            keys: found,
        }))
    }

    /// Puts a value into a cell; the spot then says what is in it now. Says whether the database let it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn put(&self, spot: &mut Spot, value: Cell) -> Result<bool, StoreError> {
        let Self::Sqlite { write, .. } = self else {
            return Ok(false);
        };
        let places: Vec<String> = (2..)
            .zip(&spot.keys)
            .map(|(at, (key, _))| format!("{key} = ${at}"))
            .collect();
        let sql = format!(
            "update {} set {} = $1 where {}",
            spot.table,
            spot.column,
            places.join(" and ")
        );
        let mut query = bound(sqlx::query(sqlx::AssertSqlSafe(sql)), &value);
        for (_, key) in &spot.keys {
            query = bound(query, key);
        }
        let Ok(done) = query.execute(write).await else {
            return Ok(false);
        };
        for (key, kept) in &mut spot.keys {
            if *key == spot.column {
                *kept = value.clone();
            }
        }
        spot.value = value;
        Ok(done.rows_affected() == 1)
    }
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

fn bound<'q>(query: Query<'q>, value: &Cell) -> Query<'q> {
    match value {
        Cell::Int(number) => query.bind(*number),
        Cell::Text(text) => query.bind(text.clone()),
        Cell::Blob(bytes) => query.bind(bytes.clone()),
    }
}

fn cell(row: &SqliteRow, at: usize) -> Result<Option<Cell>, StoreError> {
    let raw = row.try_get_raw(at)?;
    let kind = raw.type_info().name().to_owned();
    if raw.is_null() {
        return Ok(None);
    }
    Ok(Some(match kind.as_str() {
        "INTEGER" => Cell::Int(row.try_get_unchecked(at)?),
        "BLOB" => Cell::Blob(row.try_get_unchecked(at)?),
        _ => Cell::Text(row.try_get_unchecked(at)?),
    }))
}

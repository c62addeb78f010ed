//! Whole tables as they are, page by page: for a business that moves from SQLite to PostgreSQL.

use futures::TryStreamExt;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sqlx::{AssertSqlSafe, Row};
use uuid::Uuid;

use crate::{
    error::{StoreError, corrupt},
    list::{List, hex_of},
    pool::{Store, Tx, on_pool, on_tx},
};

/// What belongs to one database and not to the business. The index in memory is made anew.
const STAYS: [&str; 3] = ["schema_version", "lease", "index_tail"];
/// The table whose one row every new database has: it is written over.
const SEEDED: &str = "log_head";
/// How many rows there are in a page at the most.
const PAGE_ROWS: usize = 1_000;
/// How many bytes there are in a page at the most, unless one row has more.
const PAGE_BYTES: usize = 2 * 1024 * 1024;

/// One table of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    columns: Vec<Column>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Column {
    name: String,
    kind: Kind,
    /// Its place in the primary key, from 1; 0 outside of it.
    key: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Int,
    Text,
    Blob,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cell {
    /// Nothing.
    Null,
    /// A number.
    Int(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// The name of the note in the table `house` that says how far a copy came.
pub const MARK: &str = "transfer";

/// How far a copy came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Which copy: the same id lies beside the database that it is made of.
    pub id: Uuid,
    /// Whether the copy may be used.
    pub stage: Stage,
    /// The table that is being copied; those before it are whole.
    pub table: String,
    /// The key of the last row of it that was copied.
    pub after: Vec<Cell>,
}

/// Whether a copy may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Not yet.
    Copying,
    /// It was proved.
    Done,
}

impl Cell {
    fn bytes(&self) -> usize {
        match self {
            Self::Null | Self::Int(_) => 8,
            Self::Text(text) => text.len(),
            Self::Blob(bytes) => bytes.len(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Int(number) => (*number).into(),
            Self::Text(text) => text.as_str().into(),
            Self::Blob(bytes) => hex_of(bytes).into(),
        }
    }
}

impl Table {
    /// The primary key of a row.
    #[must_use]
    pub fn key_of(&self, row: &[Cell]) -> Vec<Cell> {
        let keys = self.keys();
        keys.into_iter()
            .filter_map(|(at, _)| row.get(at).cloned())
            .collect()
    }

    /// The columns of the primary key, in its order, each with its place in a row.
    fn keys(&self) -> Vec<(usize, &Column)> {
        let columns = self.columns.iter().enumerate();
        let mut keys: Vec<_> = columns.filter(|(_, column)| column.key > 0).collect();
        keys.sort_by_key(|(_, column)| column.key);
        keys
    }

    fn names(&self) -> String {
        let names: Vec<&str> = self
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        names.join(", ")
    }

    fn key_names(&self) -> String {
        let keys = self.keys();
        let names: Vec<&str> = keys
            .iter()
            .map(|(_, column)| column.name.as_str())
            .collect();
        names.join(", ")
    }

    fn select(&self, after: &[Cell]) -> String {
        let keys = self.key_names();
        let places: Vec<String> = (1..=after.len()).map(|at| format!("${at}")).collect();
        let from = if after.is_empty() {
            String::new()
        } else {
            format!("where ({keys}) > ({}) ", places.join(", "))
        };
        format!(
            "select {} from {} {from}order by {keys} limit {PAGE_ROWS}",
            self.names(),
            self.name
        )
    }

    fn insert(&self) -> String {
        let columns = self.columns.iter().enumerate();
        let values: Vec<String> = columns
            .map(|(at, column)| match column.kind {
                Kind::Int => format!("cast(r.value ->> 'c{at}' as bigint)"),
                Kind::Text => format!("r.value ->> 'c{at}'"),
                Kind::Blob => format!("unhex(r.value ->> 'c{at}')"),
            })
            .collect();
        let again = if self.name == SEEDED {
            let others = self.columns.iter().filter(|column| column.key == 0);
            let others: Vec<String> = others
                .map(|column| format!("{0} = excluded.{0}", column.name))
                .collect();
            format!(
                "on conflict ({}) do update set {}",
                self.key_names(),
                others.join(", ")
            )
        } else {
            String::new()
        };
        format!(
            "insert into {} ({}) select {} from jsonb_each($1) as r where true {again}",
            self.name,
            self.names(),
            values.join(", ")
        )
    }
}

impl Store {
    /// Every table that belongs to the business, with its columns as they are in a SQLite database. None for
    /// PostgreSQL: what moves comes from a file.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tables(&self) -> Result<Option<Vec<Table>>, StoreError> {
        let Self::Sqlite { read, .. } = self else {
            return Ok(None);
        };
        let names = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name";
        let names: Vec<String> = sqlx::query_scalar(names).fetch_all(read).await?;
        let mut tables = Vec::new();
        for name in names {
            if STAYS.contains(&name.as_str()) {
                continue;
            }
            let columns = "select name, lower(type), pk from pragma_table_info($1) order by cid";
            let columns: Vec<(String, String, i64)> =
                sqlx::query_as(columns).bind(&name).fetch_all(read).await?;
            let columns = columns.into_iter().map(|(name, kind, key)| {
                let kind = match kind.as_str() {
                    "bigint" | "integer" => Kind::Int,
                    "blob" => Kind::Blob,
                    "text" => Kind::Text,
                    _ => return Err(corrupt("type of a column", kind)),
                };
                Ok(Column { name, kind, key })
            });
            tables.push(Table {
                columns: columns.collect::<Result<_, _>>()?,
                name,
            });
        }
        Ok(Some(tables))
    }

    /// How far a copy into this database came; none where nothing was ever copied.
    ///
    /// # Errors
    /// When the database does not answer, or the note makes no sense.
    pub async fn mark(&self) -> Result<Option<Mark>, StoreError> {
        let Some(note) = self.house(MARK).await? else {
            return Ok(None);
        };
        let mark = serde_json::from_slice(&note);
        mark.map(Some)
            .map_err(|_| corrupt("note of a copy", String::from_utf8_lossy(&note)))
    }

    /// How many rows a table has.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_rows(&self, table: &Table) -> Result<i64, StoreError> {
        let sql = format!("select count(*) from {}", table.name);
        Ok(on_pool!(self, pool => sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(pool).await?))
    }

    /// The rows of a table after a key, in this database's order of keys; an empty key is before all of them. An empty
    /// page is the end.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn rows(&self, table: &Table, after: &[Cell]) -> Result<Vec<Vec<Cell>>, StoreError> {
        let sql = table.select(after);
        let page = on_pool!(self, pool => {
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for cell in after {
                query = match cell {
                    Cell::Null => query.bind(None::<i64>),
                    Cell::Int(number) => query.bind(*number),
                    Cell::Text(text) => query.bind(text.clone()),
                    Cell::Blob(bytes) => query.bind(bytes.clone()),
                };
            }
            let mut stream = query.fetch(pool);
            let (mut page, mut bytes) = (Vec::new(), 0);
            while bytes < PAGE_BYTES && let Some(row) = stream.try_next().await? {
                let mut cells = Vec::with_capacity(table.columns.len());
                for (at, column) in table.columns.iter().enumerate() {
                    let cell = match column.kind {
                        Kind::Int => row.try_get::<Option<i64>, _>(at)?.map(Cell::Int),
                        Kind::Text => row.try_get::<Option<String>, _>(at)?.map(Cell::Text),
                        Kind::Blob => row.try_get::<Option<Vec<u8>>, _>(at)?.map(Cell::Blob),
                    };
                    cells.push(cell.unwrap_or(Cell::Null));
                }
                bytes += cells.iter().map(Cell::bytes).sum::<usize>();
                page.push(cells);
            }
            page
        });
        Ok(page)
    }
}

impl Tx {
    /// Notes how far a copy came, together with the rows that it copied.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_mark(&mut self, mark: &Mark) -> Result<(), StoreError> {
        let note = serde_json::to_vec(mark).map_err(|_| corrupt("note of a copy", &*mark.table))?;
        self.set_house(MARK, &note).await
    }

    /// Writes rows as they are.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when one of them is there already; when the database does not answer.
    pub async fn put_rows(&mut self, table: &Table, rows: &[Vec<Cell>]) -> Result<(), StoreError> {
        let list = List::of(rows.iter().map(|row| {
            let cells = row.iter().enumerate();
            let cells: Map<String, Value> = cells
                .map(|(at, cell)| (format!("c{at}"), cell.json()))
                .collect();
            Value::Object(cells)
        }));
        let sql = AssertSqlSafe(table.insert());
        on_tx!(self, conn => { sqlx::query(sql).bind(list.text()).execute(conn).await?; });
        Ok(())
    }
}

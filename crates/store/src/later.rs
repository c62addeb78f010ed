//! Writes that wait for each other: whose outcome nobody needs before the next question.
//!
//! A statement costs a journey to the connection and back, whatever it does. SQLite takes many statements as one text, so those
//! that were put off travel together; PostgreSQL takes them one by one, in the same order. They are always sent before anything else
//! is asked in the same transaction, and before its end: so nobody sees that they waited. An error comes then too.

use sqlx::{Postgres, Sqlite, postgres::PgArguments, sqlite::SqliteArguments};

use crate::list::List;

/// What is bound to a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Arg {
    Text(String),
    Number(i64),
}

impl From<List> for Arg {
    fn from(list: List) -> Self {
        Self::Text(list.into_text())
    }
}

/// Bytes that may wait: what is written in thousands of rows gains nothing by it.
const BYTES_MAX: usize = 1024 * 1024;
/// Statements that may wait.
const STATEMENTS_MAX: usize = 32;

/// The statements that wait, in their order.
#[derive(Debug, Default)]
pub(crate) struct Later {
    waiting: Vec<Waiting>,
    bytes: usize,
}

#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) sql: &'static str,
    pub(crate) args: Vec<Arg>,
}

impl Later {
    pub(crate) fn push(&mut self, sql: &'static str, args: Vec<Arg>) {
        let bytes = args.iter().map(|arg| match arg {
            Arg::Text(text) => text.len(),
            Arg::Number(_) => size_of::<i64>(),
        });
        self.bytes += bytes.sum::<usize>();
        self.waiting.push(Waiting { sql, args });
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(crate) const fn is_full(&self) -> bool {
        self.bytes > BYTES_MAX || self.waiting.len() >= STATEMENTS_MAX
    }

    pub(crate) fn take(&mut self) -> Vec<Waiting> {
        std::mem::take(self).waiting
    }
}

/// All of them as one text, and everything that is bound to it. Each parameter keeps its place behind those of the statements before.
pub(crate) fn joined(waiting: Vec<Waiting>) -> (String, Vec<Arg>) {
    let (mut text, mut args) = (String::new(), Vec::new());
    for Waiting { sql, args: own } in waiting {
        let before = args.len();
        let mut pieces = sql.split('$');
        text.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            let digits = piece.bytes().take_while(u8::is_ascii_digit).count();
            let (place, rest) = piece.split_at(digits);
            text.push('$');
            match place.parse::<usize>() {
                Ok(place) => text.push_str(&(before + place).to_string()),
                Err(_) => text.push_str(place),
            }
            text.push_str(rest);
        }
        text.push_str(";\n");
        args.extend(own);
    }
    (text, args)
}

pub(crate) type SqliteQuery<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;
pub(crate) type PostgresQuery<'q> = sqlx::query::Query<'q, Postgres, PgArguments>;

pub(crate) fn bind_sqlite(query: SqliteQuery<'_>, arg: Arg) -> SqliteQuery<'_> {
    match arg {
        Arg::Text(text) => query.bind(text),
        Arg::Number(number) => query.bind(number),
    }
}

pub(crate) fn bind_postgres(query: PostgresQuery<'_>, arg: Arg) -> PostgresQuery<'_> {
    match arg {
        Arg::Text(text) => query.bind(text),
        Arg::Number(number) => query.bind(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_keep_their_places_when_statements_travel_together() {
        let mut later = Later::default();
        later.push(
            "insert into a select $1, $2, '$.x' where $1 > 0",
            vec![Arg::Number(1), Arg::Number(2)],
        );
        later.push(
            "delete from b where c = $1",
            vec![Arg::Text("x".to_owned())],
        );
        let (text, args) = joined(later.take());
        assert_eq!(
            text,
            "insert into a select $1, $2, '$.x' where $1 > 0;\ndelete from b where c = $3;\n"
        );
        assert_eq!(
            args,
            [Arg::Number(1), Arg::Number(2), Arg::Text("x".to_owned())]
        );
        assert!(later.is_empty());
    }
}

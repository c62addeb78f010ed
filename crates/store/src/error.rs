//! What can go wrong with rows, cut by what the caller can do about it.

use std::sync::Arc;

use sqlx::error::ErrorKind;

/// A failure of the store. Many callers may wait for one transaction, so it can be told to each of them.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, or did not answer in time.
    #[error("the database does not answer: {0}")]
    Unavailable(#[source] Arc<sqlx::Error>),
    /// Somebody else changed the same rows; the whole transaction may be tried again.
    #[error("another transaction was faster; try again")]
    Conflict,
    /// A row that makes no sense: what, and the value.
    #[error("a stored {what} makes no sense: `{value}`")]
    Corrupt {
        /// The column or field.
        what: &'static str,
        /// What was found in it.
        value: String,
    },
    /// The address of the database is not one that we can open.
    #[error("`{0}` is not a database: want sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME")]
    BadUrl(String),
    /// The database was made by a newer version.
    #[error(
        "the database has schema version {found}, and this program knows {known}: use a newer program"
    )]
    TooNew {
        /// The version found.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// Anything else that the database says.
    #[error("the database refused: {0}")]
    Refused(#[source] Arc<sqlx::Error>),
}

impl StoreError {
    /// Whether trying the whole transaction again can help.
    #[must_use]
    pub const fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict)
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if let sqlx::Error::Database(cause) = &error {
            let code = cause.code().unwrap_or_default();
            if is_again(&code) || cause.kind() == ErrorKind::UniqueViolation {
                return Self::Conflict;
            }
            return if is_gone(&code) {
                Self::Unavailable(Arc::new(error))
            } else {
                Self::Refused(Arc::new(error))
            };
        }
        match error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Protocol(_) => Self::Unavailable(Arc::new(error)),
            other => Self::Refused(Arc::new(other)),
        }
    }
}

/// SQLite's codes have a class in their lowest byte; PostgreSQL's have five characters.
fn sqlite_class(code: &str) -> Option<u32> {
    let number: Option<u32> = code.parse().ok().filter(|_| code.len() < 5);
    number.map(|number| number & 0xff)
}

/// 40001 serialization failure, 40P01 deadlock; 5 and 6 are SQLite's busy and locked.
fn is_again(code: &str) -> bool {
    matches!(code, "40001" | "40P01") || matches!(sqlite_class(code), Some(5 | 6))
}

/// Class 08: the connection; 53: out of resources; 57: stopped, starting, or a statement that took too long;
/// 25006: a standby that does not write; 25P03: a transaction that rested too long; 55P03: a lock not had in time.
/// SQLite: 10 a failing disk, 13 a full one, 14 a file that cannot be opened.
fn is_gone(code: &str) -> bool {
    let class = code.get(..2).filter(|_| code.len() == 5);
    matches!(class, Some("08" | "53" | "57"))
        || matches!(code, "25006" | "25P03" | "55P03")
        || matches!(sqlite_class(code), Some(10 | 13 | 14))
}

/// A row that makes no sense.
pub(crate) fn corrupt(what: &'static str, value: impl Into<String>) -> StoreError {
    StoreError::Corrupt {
        what,
        value: value.into(),
    }
}

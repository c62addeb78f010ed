//! What can go wrong with rows, cut by what the caller can do about it.

use sqlx::error::ErrorKind;

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, or did not answer in time.
    #[error("the database does not answer: {0}")]
    Unavailable(#[source] sqlx::Error),
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
    Refused(#[source] sqlx::Error),
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
            // 40001 serialization failure, 40P01 deadlock; 5 and 517 are SQLite's busy.
            let again = cause
                .code()
                .is_some_and(|code| matches!(&*code, "40001" | "40P01" | "5" | "517"));
            if again || cause.kind() == ErrorKind::UniqueViolation {
                return Self::Conflict;
            }
            // 57P01..03: the server is going down or starting; 53xxx: out of resources.
            let gone = cause
                .code()
                .is_some_and(|code| code.starts_with("57P") || code.starts_with("53"));
            return if gone {
                Self::Unavailable(error)
            } else {
                Self::Refused(error)
            };
        }
        match error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Protocol(_) => Self::Unavailable(error),
            other => Self::Refused(other),
        }
    }
}

/// A row that makes no sense.
pub(crate) fn corrupt(what: &'static str, value: impl Into<String>) -> StoreError {
    StoreError::Corrupt {
        what,
        value: value.into(),
    }
}

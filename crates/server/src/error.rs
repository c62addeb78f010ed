//! What can go wrong, cut by what the caller can do; each door gives it a face of its own.

use store::error::StoreError;

/// A failure of a service.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request makes no sense: which field, and what was wanted.
    #[error("{message}")]
    Invalid {
        /// The field, where one is to blame.
        field: Option<String>,
        /// What was wrong and what was wanted.
        message: String,
    },
    /// Nobody we know.
    #[error("the key is missing, unknown or revoked")]
    Unauthorized,
    /// Somebody we know, who may not do this.
    #[error("this key may not do that: it needs the role `{0}`")]
    Forbidden(&'static str),
    /// There is no such thing.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// It cannot be done as things stand.
    #[error("{0}")]
    Conflict(String),
    /// Too much at once: the same may be asked again in a moment.
    #[error(transparent)]
    Busy(#[from] Full),
    /// The database does not answer.
    #[error("the database does not answer")]
    Unavailable(#[source] StoreError),
    /// Something of ours is broken.
    #[error("something went wrong on our side")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// No room is left: ask again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too much comes in at once: ask again in a moment")]
pub struct Full;

impl Error {
    /// A request that makes no sense because of one field.
    #[must_use]
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid {
            field: Some(field.to_owned()),
            message: message.into(),
        }
    }

    /// The same failure for one more caller who waited for the same thing.
    #[must_use]
    pub fn again(&self) -> Self {
        match self {
            Self::Busy(full) => Self::Busy(*full),
            Self::Unavailable(cause) => Self::Unavailable(cause.clone()),
            Self::Internal(cause) => Self::internal(cause.to_string()),
            other => Self::internal(other.to_string()),
        }
    }

    /// Something of ours that is broken.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::Conflict => Self::Unavailable(error),
            other => Self::Internal(Box::new(other)),
        }
    }
}

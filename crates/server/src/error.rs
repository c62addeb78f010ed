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
    /// The database does not answer.
    #[error("the database does not answer")]
    Unavailable(#[source] StoreError),
    /// Something of ours is broken.
    #[error("something went wrong on our side")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// A request that makes no sense because of one field.
    #[must_use]
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid {
            field: Some(field.to_owned()),
            message: message.into(),
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

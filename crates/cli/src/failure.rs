//! What went wrong, in one line that says what to do.

use std::fmt::Display;

use server::{app::CannotOpen, config::ConfigError, error::Error, serve::CannotServe};

/// A command that failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It was asked for wrongly.
    #[error("{0}")]
    Usage(String),
    /// It could not be done.
    #[error("{0}")]
    Failed(String),
}

impl Failure {
    /// A failure of the machine.
    pub fn io(what: &str, cause: &dyn Display) -> Self {
        Self::Failed(format!("cannot {what}: {cause}"))
    }

    /// The exit code.
    pub const fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Failed(_) => crate::exit::FAILED,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid { field, message } => Self::Usage(match field {
                Some(field) => format!("{field}: {message}"),
                None => message,
            }),
            Error::Unavailable(cause) => Self::Failed(cause.to_string()),
            Error::Internal(cause) => Self::Failed(cause.to_string()),
            other => Self::Failed(other.to_string()),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<CannotOpen> for Failure {
    fn from(error: CannotOpen) -> Self {
        match error {
            CannotOpen::Service(error) => error.into(),
            other => Self::Failed(other.to_string()),
        }
    }
}

impl From<CannotServe> for Failure {
    fn from(error: CannotServe) -> Self {
        match error {
            CannotServe::Service(error) => error.into(),
            other => Self::Failed(other.to_string()),
        }
    }
}

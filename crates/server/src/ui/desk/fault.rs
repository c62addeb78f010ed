//! What a form is told when it was filled in wrongly; every other failure has a page of its own.

use super::refusal::Refusal;
use crate::error::Error;

/// Why a form was not taken, in words, to be shown in it.
///
/// # Errors
/// Whatever is not the form's fault.
pub fn of(error: Error) -> Result<String, Refusal> {
    match error {
        Error::Invalid { message, .. } | Error::Conflict(message) => Ok(message),
        other => Err(other.into()),
    }
}

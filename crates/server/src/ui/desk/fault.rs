//! What a form is told when it was filled in wrongly; every other failure has a page of its own.

use super::{Desk, refusal::Refusal};
use crate::error::Error;

/// Why a form was not taken, in the reader's language, to be shown in it.
///
/// # Errors
/// Whatever is not the form's fault.
pub fn of(desk: &Desk, error: Error) -> Result<String, Refusal> {
    at(desk, error).map(|(_, message)| message)
}

/// The same, after the field that is to blame, if one is.
///
/// # Errors
/// As for [`of`].
pub fn at(desk: &Desk, error: Error) -> Result<(Option<String>, String), Refusal> {
    match error {
        Error::Invalid { field, message } => Ok((field, desk.objection(&message))),
        Error::Conflict(message) => Ok((None, desk.objection(&message))),
        other => Err(other.into()),
    }
}

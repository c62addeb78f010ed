//! From an address to a contact: `to`, `recipient`, and every spelling of a number.

use std::str::FromStr;

use consent::{
    alias::{Alias, Bsuid, Email},
    phone::Phone,
};

use crate::{app::House, error::Error};

/// Reads an address as callers write it: a telephone number in any spelling, a BSUID, or an e-mail address.
///
/// # Errors
/// [`Error::Invalid`] for the field `to`, saying what was wanted.
pub fn alias(app: &House, text: &str) -> Result<Alias, Error> {
    if let Ok(email) = Email::from_str(text) {
        return Ok(Alias::Email(email));
    }
    if let Ok(bsuid) = Bsuid::from_str(text.trim()) {
        return Ok(if bsuid.is_parent() {
            Alias::ParentBsuid(bsuid)
        } else {
            Alias::Bsuid(bsuid)
        });
    }
    let phone = Phone::read(text, app.config.home());
    phone
        .map(Alias::Phone)
        .map_err(|error| Error::field("to", error.to_string()))
}

//! The row of a member, before anybody knows them.

use consent::alias::Email;
use store::member::MemberLine;

use super::Role;
use crate::{app::App, error::Error};

/// Longest name, in characters.
const NAME_CHARS_MAX: usize = 80;

/// A row for somebody new.
///
/// # Errors
/// [`Error::Invalid`] for a bad name or address.
pub fn fresh(app: &App, email: &str, called: &str, role: Role) -> Result<MemberLine, Error> {
    Ok(MemberLine {
        id: app.clock.id(),
        email: address(email)?,
        name: name(called)?,
        role: role.word().to_owned(),
        password: None,
        totp: None,
        totp_step: 0,
        invite: None,
        invite_until: None,
        language: None,
        zone: None,
        created: app.clock.now(),
        removed: None,
    })
}

/// A name that somebody typed.
///
/// # Errors
/// [`Error::Invalid`] when it is none.
pub fn name(text: &str) -> Result<String, Error> {
    let text = text.trim();
    let length = text.chars().count();
    if (1..=NAME_CHARS_MAX).contains(&length) && !text.chars().any(char::is_control) {
        return Ok(text.to_owned());
    }
    let message = format!("`{text}` is no name: want 1 to {NAME_CHARS_MAX} characters");
    Err(Error::field("name", message))
}

fn address(text: &str) -> Result<String, Error> {
    let text = text.trim().to_lowercase();
    let read: Result<Email, _> = text.parse();
    let message = || format!("`{text}` is no e-mail address: want one like ana@shop.example");
    read.map(|email| email.to_string())
        .map_err(|_| Error::field("email", message()))
}

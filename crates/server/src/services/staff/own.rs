//! What members change about themselves: password, authenticator, language and time zone.

use consent::event::StaffAct;
use jiff::tz::TimeZone;
use store::{member::MemberLine, pool::Tx};
use uuid::Uuid;

use super::{factor, password, row, sessions};
use crate::{app::App, config::SecondFactor, error::Error, services::keys};

/// How a member wants their pages.
#[derive(Debug, Clone, Copy)]
pub struct Profile<'a> {
    /// What colleagues call them.
    pub name: &'a str,
    /// The language, as `en`; empty for the browser's.
    pub language: &'a str,
    /// The IANA name of the time zone; empty for the one of the business.
    pub zone: &'a str,
}

/// Changes name, language and time zone.
///
/// # Errors
/// [`Error::Invalid`] when a value is none; when the database does not answer.
pub async fn set_profile(app: &App, id: Uuid, profile: Profile<'_>) -> Result<(), Error> {
    let name = row::name(profile.name)?;
    let zone = Some(profile.zone.trim()).filter(|zone| !zone.is_empty());
    if let Some(zone) = zone
        && TimeZone::get(zone).is_err()
    {
        let message = format!("`{zone}` is no time zone: want one like Europe/Berlin");
        return Err(Error::field("zone", message));
    }
    let mut tx = app.store.begin().await?;
    let mut line = own(&mut tx, id).await?;
    line.name = name;
    line.zone = zone.map(str::to_owned);
    line.language = Some(profile.language.trim().to_owned()).filter(|tag| !tag.is_empty());
    tx.set_member(&line).await?;
    tx.commit().await?;
    Ok(())
}

/// Changes the password. Every session ends; gives the token of a new one for this browser.
///
/// # Errors
/// [`Error::Invalid`] when the old one is wrong or the new one is none; when the database does not answer.
pub async fn set_password(app: &App, id: Uuid, old: &str, new: &str) -> Result<String, Error> {
    let seen = proved(app, id, old).await?;
    password::check(new, &seen.email)?;
    let hash = password::hash(new).await?;
    end_all(app, &seen, "password", |line| line.password = Some(hash)).await
}

/// Puts an authenticator beside the password, once its first code has come. Every session ends; gives the token of a
/// new one for this browser.
///
/// # Errors
/// [`Error::Invalid`] when the password or the code is wrong; when the database does not answer.
pub async fn set_factor(
    app: &App,
    id: Uuid,
    (old, sealed): (&str, &str),
    code: &str,
) -> Result<String, Error> {
    let seen = proved(app, id, old).await?;
    let sealed = factor::bytes(sealed)?;
    let step = factor::step(app, (&sealed, 0), code, app.clock.now())?;
    let Some(step) = step else {
        let message = "the code is not right: want the six digits that the app shows now";
        return Err(Error::field("code", message));
    };
    end_all(app, &seen, "authenticator", |line| {
        line.totp = Some(sealed);
        line.totp_step = step;
    })
    .await
}

/// Takes the authenticator away. Every session ends; gives the token of a new one for this browser.
///
/// # Errors
/// [`Error::Conflict`] where one is required; [`Error::Invalid`] when the password is wrong; when the database does not
/// answer.
pub async fn drop_factor(app: &App, id: Uuid, old: &str) -> Result<String, Error> {
    if app.config.staff.second_factor == SecondFactor::Required {
        let message = "an authenticator is required here: add another one in its place";
        return Err(Error::Conflict(message.to_owned()));
    }
    let seen = proved(app, id, old).await?;
    end_all(app, &seen, "no authenticator", |line| line.totp = None).await
}

/// The row of a member who gave their password once more.
async fn proved(app: &App, id: Uuid, old: &str) -> Result<MemberLine, Error> {
    let line = app.store.member(id).await?.ok_or(Error::NotFound("user"))?;
    if password::is_right(old, line.password.as_deref()).await? {
        return Ok(line);
    }
    Err(Error::field("old", "this is not your password"))
}

async fn end_all(
    app: &App,
    seen: &MemberLine,
    what: &str,
    change: impl FnOnce(&mut MemberLine),
) -> Result<String, Error> {
    let mut tx = app.store.begin().await?;
    let mut line = own(&mut tx, seen.id).await?;
    if line.password != seen.password {
        return Err(Error::Conflict("it was changed meanwhile".to_owned()));
    }
    change(&mut line);
    tx.set_member(&line).await?;
    tx.end_sessions(line.id).await?;
    let note = format!("{}: {what}", line.id);
    keys::staff_event(app, &mut tx, StaffAct::MemberChanged, &line.email, &note).await?;
    let token = sessions::begin(app, &mut tx, line.id).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    Ok(token)
}

async fn own(tx: &mut Tx, id: Uuid) -> Result<MemberLine, Error> {
    let line = tx.member(id).await?.filter(|line| line.removed.is_none());
    line.ok_or(Error::NotFound("user"))
}

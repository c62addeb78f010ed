//! How somebody comes to a password: by a link that counts once. The first admin's is printed when the house opens.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use consent::{
    event::StaffAct,
    time::{DAY_MS, Timestamp},
};
use store::member::MemberLine;

use super::{Role, password, row, sessions};
use crate::{
    app::App,
    error::Error,
    services::keys,
    vault::{first, random, sha256},
};

/// Where invitations are taken.
pub const WELCOME_PATH: &str = "/welcome/";
/// How long an invitation counts.
pub const LIFE_MS: i64 = 7 * DAY_MS;
/// What the first link is for.
const FIRST: &str = "the first admin";
/// The first admin, in the one row that only one of several nodes can write.
const FIRST_ROW: &str = "first_admin";
const TIME_BYTES: usize = 8;

/// Somebody with an invitation.
#[derive(Debug)]
pub enum Guest {
    /// The first admin, who says who they are.
    First,
    /// Somebody whom an admin invited.
    Invited(Box<MemberLine>),
}

/// What a guest says of themselves.
#[derive(Debug, Clone, Copy)]
pub struct Introduction<'a> {
    /// Their name; those who were invited have one already.
    pub name: &'a str,
    /// Their address; those who were invited have one already.
    pub email: &'a str,
    /// The password that they choose.
    pub password: &'a str,
}

/// The link for the first admin, as long as nobody is there.
///
/// # Errors
/// When the database does not answer.
pub async fn first_link(app: &App) -> Result<Option<String>, Error> {
    if is_taken(app).await? {
        return Ok(None);
    }
    let token = app
        .vault
        .token(FIRST, &app.clock.now().millis().to_be_bytes());
    Ok(Some(link(app, &token)))
}

/// Whoever an invitation is for; none when there is no such invitation, or no more.
///
/// # Errors
/// When the database does not answer.
pub async fn guest(app: &App, token: &str) -> Result<Option<Guest>, Error> {
    let now = app.clock.now();
    if let Some(at) = app.vault.read_token::<TIME_BYTES>(FIRST, token) {
        let at = Timestamp::from_millis(i64::from_be_bytes(at));
        let counts = now < at.plus_millis(LIFE_MS) && !is_taken(app).await?;
        return Ok(counts.then_some(Guest::First));
    }
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(token) else {
        return Ok(None);
    };
    let line = app.store.invited(&sha256(&bytes)).await?;
    let line = line.filter(|line| line.invite_until.is_some_and(|until| now < until));
    Ok(line.map(|line| Guest::Invited(Box::new(line))))
}

/// Takes an invitation: the guest has a password from now on and is signed in. Gives the token for the cookie; none when
/// the invitation was taken in the meantime.
///
/// # Errors
/// [`Error::Invalid`] for a bad name, address or password; when the database does not answer.
pub async fn take(
    app: &App,
    guest: Guest,
    said: Introduction<'_>,
) -> Result<Option<String>, Error> {
    match guest {
        Guest::First => take_first(app, said).await,
        Guest::Invited(line) => take_invited(app, &line, said.password).await,
    }
}

async fn take_first(app: &App, said: Introduction<'_>) -> Result<Option<String>, Error> {
    let mut line = row::fresh(app, said.email, said.name, Role::Admin)?;
    password::check(said.password, &line.email)?;
    line.password = Some(password::hash(said.password).await?);
    if is_taken(app).await? {
        return Ok(None);
    }
    let mut tx = app.store.begin().await?;
    let id = line.id.as_bytes().to_vec();
    if tx.found_house(FIRST_ROW, &id).await? != id {
        return Ok(None);
    }
    tx.add_member(&line).await?;
    let note = format!("{} came as the first admin", line.id);
    keys::staff_event(app, &mut tx, StaffAct::MemberChanged, &line.email, &note).await?;
    let token = sessions::begin(app, &mut tx, line.id).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    Ok(Some(token))
}

async fn take_invited(app: &App, seen: &MemberLine, chosen: &str) -> Result<Option<String>, Error> {
    password::check(chosen, &seen.email)?;
    let hash = password::hash(chosen).await?;
    let mut tx = app.store.begin().await?;
    let Some(mut line) = tx.member(seen.id).await? else {
        return Ok(None);
    };
    if line.invite != seen.invite || line.invite.is_none() || line.removed.is_some() {
        return Ok(None);
    }
    line.password = Some(hash);
    (line.invite, line.invite_until) = (None, None);
    tx.set_member(&line).await?;
    tx.end_sessions(line.id).await?;
    let note = format!("{} took the invitation", line.id);
    keys::staff_event(app, &mut tx, StaffAct::MemberChanged, &line.email, &note).await?;
    let token = sessions::begin(app, &mut tx, line.id).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    Ok(Some(token))
}

/// A new invitation for a member, to be written with their row; gives its link.
///
/// # Errors
/// When the machine gives no random bytes.
pub fn open(app: &App, line: &mut MemberLine) -> Result<String, Error> {
    let token: [u8; 24] = first(&random().map_err(Error::internal)?);
    line.invite = Some(sha256(&token).to_vec());
    line.invite_until = Some(app.clock.now().plus_millis(LIFE_MS));
    Ok(link(app, &URL_SAFE_NO_PAD.encode(token)))
}

fn link(app: &App, token: &str) -> String {
    format!("{}{WELCOME_PATH}{token}", app.desk_url())
}

async fn is_taken(app: &App) -> Result<bool, Error> {
    Ok(app.store.house(FIRST_ROW).await?.is_some() || !app.store.members().await?.is_empty())
}

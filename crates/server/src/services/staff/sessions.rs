//! Signed-in browsers: a random token in a cookie, its hash in the database, and an end.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use consent::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use store::{
    member::{MemberLine, SessionLine},
    pool::Tx,
};
use uuid::Uuid;

use super::Member;
use crate::{
    app::House,
    error::Error,
    vault::{random, sha256},
};

/// How long a session lives without being used.
pub const IDLE_MS: i64 = 12 * HOUR_MS;
/// How long a session lives in any case.
pub const LIFE_MS: i64 = 7 * DAY_MS;
/// How exact the time of the last use is: not every page writes.
const SEEN_MS: i64 = 5 * MINUTE_MS;
/// What the token of forms is for.
const FORMS: &str = "a form of the dashboard";

/// A browser that somebody is signed in with.
#[derive(Debug, Clone)]
pub struct Session {
    /// Who.
    pub member: Member,
    /// What stands in the forms of its pages, so that nobody else's page can send one.
    pub csrf: String,
    /// SHA-256 of its token.
    pub hash: Vec<u8>,
}

/// Signs somebody in; gives the token for the cookie.
///
/// # Errors
/// When the database does not answer.
pub async fn begin(app: &House, tx: &mut Tx, member: Uuid) -> Result<String, Error> {
    let token = random().map_err(Error::internal)?;
    let now = app.clock.now();
    let line = SessionLine {
        hash: sha256(&token).to_vec(),
        member,
        created: now,
        seen: now,
    };
    tx.add_session(&line).await?;
    Ok(URL_SAFE_NO_PAD.encode(token))
}

/// The session that a cookie names, while it lasts and its member is there.
///
/// # Errors
/// When the database does not answer.
pub async fn find(app: &House, token: &str) -> Result<Option<Session>, Error> {
    let Some(hash) = hash(token) else {
        return Ok(None);
    };
    let now = app.clock.now();
    let Some(line) = app
        .store
        .session(&hash)
        .await?
        .filter(|line| lasts(line, now))
    else {
        return Ok(None);
    };
    let member = app.store.member(line.member).await?.filter(is_there);
    let Some(member) = member else {
        return Ok(None);
    };
    if now.millis() - line.seen.millis() > SEEN_MS {
        let mut tx = app.store.begin().await?;
        tx.saw_session(&hash, now).await?;
        tx.commit().await?;
    }
    Ok(Some(Session {
        member: Member::try_from(&member)?,
        csrf: app.vault.token(FORMS, &hash),
        hash,
    }))
}

/// Ends the session that a cookie names, if there is one.
///
/// # Errors
/// When the database does not answer.
pub async fn end(app: &House, token: &str) -> Result<(), Error> {
    if let Some(hash) = hash(token) {
        let mut tx = app.store.begin().await?;
        tx.end_session(&hash).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Forgets sessions that have ended by themselves.
///
/// # Errors
/// When the database does not answer.
pub async fn forget(tx: &mut Tx, now: Timestamp) -> Result<u64, Error> {
    let idle = now.plus_millis(-IDLE_MS);
    Ok(tx.forget_sessions(idle, now.plus_millis(-LIFE_MS)).await?)
}

fn lasts(line: &SessionLine, now: Timestamp) -> bool {
    let age = |since: Timestamp| now.millis() - since.millis();
    age(line.seen) < IDLE_MS && age(line.created) < LIFE_MS
}

fn is_there(line: &MemberLine) -> bool {
    line.removed.is_none() && line.password.is_some()
}

fn hash(token: &str) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    (bytes.len() == 32).then(|| sha256(&bytes).to_vec())
}

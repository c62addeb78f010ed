//! Signing in: password, then the code of an authenticator where there is one. So many tries, and one answer for whatever is wrong.

use std::net::IpAddr;

use consent::{
    event::StaffAct,
    time::{MINUTE_MS, Timestamp},
};
use store::member::MemberLine;
use uuid::Uuid;

use super::{factor, password, sessions};
use crate::{
    app::App,
    error::Error,
    services::{join::limits, keys},
    vault::{first, sha256},
};

/// In which span tries count together.
const SPAN_MS: i64 = 15 * MINUTE_MS;
/// Tries for one address from one network, for one address from everywhere, and from one network, in that span.
const PAIR_MAX: i64 = 10;
const EMAIL_MAX: i64 = 100;
const NETWORK_MAX: i64 = 50;
/// Codes for one member in that span: a guess hits one time in 300,000.
const CODES_MAX: i64 = 10;
/// How long the second step may take.
const TICKET_MS: i64 = 5 * MINUTE_MS;
/// What the ticket between the two steps is for.
const PURPOSE: &str = "second step of signing in";
const ID_BYTES: usize = 16;
const TIME_BYTES: usize = 8;
const MARK_BYTES: usize = 16;
const TICKET_BYTES: usize = ID_BYTES + TIME_BYTES + MARK_BYTES;

/// What came of a try.
#[derive(Debug, PartialEq, Eq)]
pub enum Tried {
    /// Signed in: the token for the cookie.
    In(String),
    /// The password was right, and the code of the authenticator is due: the ticket that the next form carries.
    Code(String),
    /// Something was wrong; what it was is nobody's business.
    Wrong,
    /// There were too many tries.
    TooMany,
}

/// Tries an address and a password.
///
/// # Errors
/// When the database does not answer.
pub async fn with_password(
    app: &App,
    (email, given): (&str, &str),
    from: Option<IpAddr>,
) -> Result<Tried, Error> {
    let email = email.trim().to_lowercase();
    if !may_try(app, &email, from).await? {
        count("limited");
        return Ok(Tried::TooMany);
    }
    let line = app.store.member_by_email(&email).await?;
    let kept = line.as_ref().and_then(|line| line.password.as_deref());
    let is_right = password::is_right(given, kept).await?;
    let Some(line) = line.filter(|_| is_right) else {
        count("wrong");
        return Ok(Tried::Wrong);
    };
    if line.totp.is_some() {
        return Ok(Tried::Code(ticket(app, &line)));
    }
    let token = enter(app, &line, None).await?;
    Ok(token.map_or(Tried::Wrong, Tried::In))
}

/// Tries the code of an authenticator, with the ticket of the first step.
///
/// # Errors
/// When the database does not answer.
pub async fn with_code(app: &App, ticket: &str, code: &str) -> Result<Tried, Error> {
    let Some(line) = whose(app, ticket).await? else {
        return Ok(Tried::Wrong);
    };
    let mut tx = app.store.begin().await?;
    let many = limits::count(app, &mut tx, (&format!("code:{}", line.id), SPAN_MS)).await?;
    tx.commit().await?;
    if many > CODES_MAX {
        count("limited");
        return Ok(Tried::TooMany);
    }
    let token = enter(app, &line, Some(code)).await?;
    if token.is_none() {
        count("wrong");
    }
    Ok(token.map_or(Tried::Code(ticket.to_owned()), Tried::In))
}

/// Whether a ticket of the first step still counts.
///
/// # Errors
/// When the database does not answer.
pub async fn is_open(app: &App, ticket: &str) -> Result<bool, Error> {
    Ok(whose(app, ticket).await?.is_some())
}

/// Signs somebody in who proved who they are; none when the code is wrong, was used, or the member changed meanwhile.
async fn enter(app: &App, seen: &MemberLine, code: Option<&str>) -> Result<Option<String>, Error> {
    let mut tx = app.store.begin().await?;
    let Some(mut line) = tx
        .member(seen.id)
        .await?
        .filter(|line| line.removed.is_none())
    else {
        return Ok(None);
    };
    if line.password != seen.password || line.totp != seen.totp {
        return Ok(None);
    }
    match (&line.totp, code) {
        (Some(sealed), Some(code)) => {
            let now = app.clock.now();
            let Some(step) = factor::step(app, (sealed, line.totp_step), code, now)? else {
                return Ok(None);
            };
            line.totp_step = step;
            tx.set_member(&line).await?;
        }
        (None, None) => {}
        (Some(_), None) | (None, Some(_)) => return Ok(None),
    }
    let token = sessions::begin(app, &mut tx, line.id).await?;
    keys::staff_event(app, &mut tx, StaffAct::SignedIn, &line.email, "").await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    count("in");
    Ok(Some(token))
}

/// Counts a try; says whether it may be made.
async fn may_try(app: &App, email: &str, from: Option<IpAddr>) -> Result<bool, Error> {
    let network = from.map(limits::network).unwrap_or_default();
    let mut tx = app.store.begin().await?;
    let mut may = true;
    for (what, max) in [
        (format!("sign in:{email}:{network}"), PAIR_MAX),
        (format!("sign in:{email}"), EMAIL_MAX),
        (format!("sign in from:{network}"), NETWORK_MAX),
    ] {
        may &= limits::count(app, &mut tx, (&what, SPAN_MS)).await? <= max;
    }
    tx.commit().await?;
    Ok(may)
}

fn ticket(app: &App, line: &MemberLine) -> String {
    let body = [
        line.id.as_bytes().as_slice(),
        &app.clock.now().millis().to_be_bytes(),
        &mark(line),
    ]
    .concat();
    app.vault.token(PURPOSE, &body)
}

/// A ticket ends with the password that it was given for.
fn mark(line: &MemberLine) -> [u8; MARK_BYTES] {
    first(&sha256(
        line.password.as_deref().unwrap_or_default().as_bytes(),
    ))
}

async fn whose(app: &App, ticket: &str) -> Result<Option<MemberLine>, Error> {
    let Some(body) = app.vault.read_token::<TICKET_BYTES>(PURPOSE, ticket) else {
        return Ok(None);
    };
    let (id, rest) = body.split_at(ID_BYTES);
    let (at, marked) = rest.split_at(TIME_BYTES);
    let at = Timestamp::from_millis(i64::from_be_bytes(first(at)));
    if app.clock.now().millis() - at.millis() > TICKET_MS {
        return Ok(None);
    }
    let line = app.store.member(Uuid::from_bytes(first(id))).await?;
    Ok(line.filter(|line| line.removed.is_none() && mark(line) == marked))
}

fn count(outcome: &'static str) {
    metrics::counter!("consentry_sign_ins_total", "outcome" => outcome).increment(1);
}

/// What a link that signs in by itself is for.
const LINK: &str = "a link that signs in";
/// How long such a link counts.
const LINK_MS: i64 = 24 * 60 * MINUTE_MS;
const LINK_BYTES: usize = ID_BYTES + TIME_BYTES;

/// A link that signs a member in, as often as it is opened for a day. Only the sandbox hands one out.
#[must_use]
pub fn link(app: &App, member: Uuid) -> String {
    let at = app.clock.now().millis().to_be_bytes();
    let body = [member.as_bytes().as_slice(), &at].concat();
    format!("{}/login/{}", app.desk_url(), app.vault.token(LINK, &body))
}

/// Signs in whoever opens such a link; none when it is not one.
///
/// # Errors
/// When the database does not answer.
pub async fn with_link(app: &App, token: &str) -> Result<Option<String>, Error> {
    let Some(body) = app.vault.read_token::<LINK_BYTES>(LINK, token) else {
        return Ok(None);
    };
    let (id, at) = body.split_at(ID_BYTES);
    let at = Timestamp::from_millis(i64::from_be_bytes(first(at)));
    if app.clock.now().millis() - at.millis() > LINK_MS {
        return Ok(None);
    }
    let line = app.store.member(Uuid::from_bytes(first(id))).await?;
    match line.filter(|line| line.totp.is_none()) {
        Some(line) => enter(app, &line, None).await,
        None => Ok(None),
    }
}

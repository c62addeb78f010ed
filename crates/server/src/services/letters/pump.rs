//! Hands over the letters that wait in line: each at least once, unless the server or the person will have none of it.

use std::time::Duration;

use consent::{
    alias::{Alias, Email},
    id::ContactId,
    request::Request,
    scope::{Category, Channel},
    time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp},
    verdict,
};
use futures::StreamExt;
use mail::outcome::Outcome;
use store::letter::LetterLine;

use super::{
    Kind,
    compose::{self, Unwritable},
    count,
};
use crate::{
    app::App,
    error::Error,
    post::{Post, TIMEOUT},
    services::{
        check::{self, Whom},
        policy,
    },
};

/// How many letters one turn takes.
const BATCH_MAX: u32 = 50;
/// How many are under way at one time.
const AT_ONCE: usize = 4;
/// How long a letter in hand belongs to the node that took it, and the first wait before it is tried again.
const LEASE_MS: i64 = 2 * MINUTE_MS;
/// The longest wait before a letter is tried again.
const BACKOFF_MAX_MS: i64 = 4 * HOUR_MS;
/// How long a letter is tried.
const GIVE_UP_MS: i64 = DAY_MS;

const _: () = assert!(
    2 * TIMEOUT.as_millis() < Duration::from_millis(LEASE_MS.unsigned_abs()).as_millis(),
    "a letter must be handed over before it is somebody else's"
);

/// How a letter ends: the word in the table, and why.
type End = (&'static str, Option<String>);

/// Takes one turn. Says how many letters it looked at.
///
/// # Errors
/// When the database does not answer.
pub async fn step(app: &App) -> Result<usize, Error> {
    let Some(post) = &app.post else {
        return Ok(0);
    };
    let due = app.store.due_letters(app.clock.now(), BATCH_MAX).await?;
    let count = due.len();
    let results: Vec<Result<(), Error>> = futures::stream::iter(due)
        .map(|line| async move { one(app, post, &line).await })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    results.into_iter().collect::<Result<(), Error>>()?;
    Ok(count)
}

async fn one(app: &App, post: &Post, line: &LetterLine) -> Result<(), Error> {
    let again = app.clock.now().plus_millis(backoff(line.tries));
    let mut tx = app.store.begin().await?;
    let is_ours = tx.take_letter(line, again).await?;
    tx.commit().await?;
    if !is_ours {
        return Ok(());
    }
    // Whoever dies from here on leaves a letter that is due again: it may go twice, under one id.
    let Some((state, why)) = hand_over(app, post, line, again).await? else {
        return Ok(());
    };
    if let Some(kind) = Kind::read(&line.kind) {
        count(kind, state);
    }
    let mut tx = app.store.begin().await?;
    let now = app.clock.now();
    tx.end_letter((line.contact, line.id), (state, why.as_deref()), now)
        .await?;
    tx.commit().await?;
    Ok(())
}

/// Tries once; none when it is to be tried again.
async fn hand_over(
    app: &App,
    post: &Post,
    line: &LetterLine,
    again: Timestamp,
) -> Result<Option<End>, Error> {
    let ended = |state, why: &str| Ok(Some((state, Some(why.to_owned()))));
    let (Some(kind), Ok(email)) = (Kind::read(&line.kind), line.email.parse::<Email>()) else {
        return ended("rejected", "nothing that can be said");
    };
    if app.clock.now() > line.created.plus_millis(GIVE_UP_MS) {
        return ended("late", "its time was over before it could be sent");
    }
    if let Some(code) = refused(app, line.contact, &email).await? {
        return ended("off", code);
    }
    let letter = match compose::compose(app, post, (line, kind, &email)).await? {
        Ok(letter) => letter,
        Err(Unwritable(why)) => return ended("rejected", &why),
    };
    let written = match letter.write() {
        Ok(written) => written,
        Err(error) => return ended("rejected", &error.to_string()),
    };
    let is_last = again > line.created.plus_millis(GIVE_UP_MS);
    match post.server.send(&written).await {
        Outcome::Accepted(_) => Ok(Some(("sent", None))),
        Outcome::Refused(said) => ended("rejected", &said.to_string()),
        Outcome::Later(why) if is_last => ended("late", &why),
        Outcome::Unknown(why) if is_last => ended("unknown", &why),
        Outcome::Later(why) | Outcome::Unknown(why) => {
            tracing::info!(letter = %line.id, "a letter is tried again later: {why}");
            count(kind, "again");
            Ok(None)
        }
    }
}

/// What stands against writing to an address: whatever its holder, or whom the letter is for, has refused. A question
/// and a receipt are no marketing and need no opt-in, whatever policy asks for other notices.
async fn refused(
    app: &App,
    contact: ContactId,
    email: &Email,
) -> Result<Option<&'static str>, Error> {
    let current = policy::current(app).await?;
    let policy = consent::policy::Policy {
        opt_in_needed: std::collections::BTreeSet::new(),
        caps: Vec::new(),
        ..(*current).clone()
    };
    let alias = Alias::Email(email.clone());
    let holder = app.store.find(&[alias.key()]).await?.pop();
    let stranger = std::slice::from_ref(&alias);
    let whom = match holder {
        Some((_, holder)) if holder == contact => vec![Whom::Contact(contact)],
        Some((_, holder)) => vec![Whom::Contact(contact), Whom::Contact(holder)],
        None => vec![Whom::Contact(contact), Whom::Stranger(stranger)],
    };
    let request = Request {
        channel: Channel::Email,
        ..Request::about(Category::Utility)
    };
    let now = app.clock.now();
    for whom in whom {
        let known = check::known(app, whom, &policy, now).await?;
        let verdict = verdict::decide(&request, known.facts(), &policy, now);
        if let Some(code) = verdict.code() {
            return Ok(Some(code.word()));
        }
    }
    Ok(None)
}

/// The wait after so many tries: twice as long each time.
fn backoff(tries: i64) -> i64 {
    let doubled = u32::try_from(tries).ok().and_then(|n| 1_i64.checked_shl(n));
    let wait = doubled.and_then(|times| LEASE_MS.checked_mul(times));
    wait.filter(|wait| *wait > 0)
        .map_or(BACKOFF_MAX_MS, |wait| wait.min(BACKOFF_MAX_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_four_hours_and_ten_tries_fill_a_day() {
        let waits: Vec<i64> = (0..9).map(|tries| backoff(tries) / MINUTE_MS).collect();
        assert_eq!(waits, [2, 4, 8, 16, 32, 64, 128, 240, 240]);
        assert_eq!(backoff(i64::MAX), BACKOFF_MAX_MS);
        assert_eq!(backoff(62), BACKOFF_MAX_MS);
    }
}

//! The policy in force: read when it changed, written as an event.

use std::sync::{Arc, MutexGuard, PoisonError};

use consent::{
    event::{Clock, Event, Evidence, Fact},
    id::{ContactId, EventId},
    policy::Policy,
};
use store::house::PolicyLine;

use crate::{
    app::{App, House},
    error::Error,
    services::{cast::Cast, policy_json},
    vault::sha256,
};

/// The policy in force. Reads its version each time, its body only when it changed.
///
/// # Errors
/// When the database does not answer.
pub async fn current(app: &House) -> Result<Arc<Policy>, Error> {
    let version = app.store.policy_version().await?.unsigned_abs();
    let cached = lock(app).clone();
    // Version 0 in the table means that nobody wrote one: the defaults, which call themselves 1.
    if cached.version == version.max(1) {
        return Ok(cached);
    }
    let policy = match app.store.policy().await? {
        Some(line) => policy_json::read_stored(&line)?,
        None => Policy::default(),
    };
    let policy = Arc::new(policy);
    *lock(app) = Arc::clone(&policy);
    Ok(policy)
}

/// The policy as it was last read: for what decides nothing.
#[must_use]
pub fn last_read(app: &House) -> Arc<Policy> {
    lock(app).clone()
}

/// The policy that was in force at a time.
///
/// # Errors
/// When the database does not answer.
pub async fn at(app: &House, at: consent::time::Timestamp) -> Result<Policy, Error> {
    match app.store.policy_at(at).await? {
        Some(line) => policy_json::read_stored(&line),
        None => Ok(Policy::default()),
    }
}

/// What a reservation is conditional on: the version as the table counts it.
///
/// # Errors
/// When the database does not answer.
pub async fn row_version(app: &House) -> Result<i64, Error> {
    Ok(app.store.policy_version().await?)
}

/// Puts a new policy in force. The next version follows the one that the caller saw.
///
/// # Errors
/// [`Error::Conflict`] when somebody else changed it meanwhile; when the database does not answer.
pub async fn replace(app: &App, policy: Policy, actor: &str) -> Result<Arc<Policy>, Error> {
    let now = app.clock.now();
    let seen = app.store.policy_version().await?;
    let version = seen.max(1) + 1;
    let policy = Policy {
        version: version.unsigned_abs(),
        keywords: policy.keywords.tidied(),
        ..policy
    };
    let mut tx = app.store.begin().await?;
    let body = policy_json::write(&policy).to_string();
    let note = Some(body_hash(&body));
    tx.set_policy(&PolicyLine {
        version,
        body,
        at: now,
    })
    .await
    .map_err(|error| match error {
        conflict if conflict.is_conflict() => {
            Error::Conflict("the policy was changed by somebody else: read it again".to_owned())
        }
        other => other.into(),
    })?;
    let mut cast = Cast::gather(app, &mut tx, &[]).await?;
    cast.house_event(Event {
        id: EventId::new(app.clock.id()),
        contact: ContactId::HOUSE,
        fact: Fact::PolicyChanged(policy.version),
        clock: Clock::Ours,
        at: now,
        received: now,
        evidence: Evidence {
            source: "api".to_owned(),
            actor: Some(actor.to_owned()),
            note,
            ..Evidence::default()
        },
    });
    cast.save(&mut tx, &policy).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    current(app).await
}

/// What the log keeps of the rules themselves: the hash of their text.
#[must_use]
pub fn body_hash(body: &str) -> String {
    format!("sha256 {}", hex::encode(sha256(body.as_bytes())))
}

fn lock(app: &House) -> MutexGuard<'_, Arc<Policy>> {
    app.policy.lock().unwrap_or_else(PoisonError::into_inner)
}

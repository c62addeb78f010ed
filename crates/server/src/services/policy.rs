//! The policy in force: read when it changed, written as an event.

use std::sync::{Arc, MutexGuard, PoisonError};

use consent::{
    event::{Clock, Event, Evidence, Fact},
    id::{ContactId, EventId},
    policy::Policy,
};
use store::{house::PolicyLine, pool::Tx};

use crate::{
    app::{App, House},
    error::Error,
    services::{
        cast::Cast,
        policy_json::{self, PolicyBody},
        topics::named,
    },
    vault::sha256,
};

/// The policy in force. Reads its version each time, its body only when it changed.
///
/// # Errors
/// When the database does not answer.
pub async fn current(app: &House) -> Result<Arc<Policy>, Error> {
    let row = app.store.policy_version().await?;
    of_row(app, row).await
}

/// The policy as it was when the table had this version, or a newer one: whatever is conditional on the version then
/// fails.
///
/// # Errors
/// When the database does not answer.
pub async fn of_row(app: &House, row: i64) -> Result<Arc<Policy>, Error> {
    let version = row.unsigned_abs();
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

/// A policy that somebody wrote, with what single topics need as it is where they said nothing of it.
///
/// # Errors
/// [`Error::Invalid`] naming the field and what was wanted; when the database does not answer.
pub async fn read(app: &House, body: &PolicyBody) -> Result<Policy, Error> {
    let policy = policy_json::read(&with_ids(app, body).await?)?;
    let now = current(app).await?;
    Ok(Policy {
        version: now.version,
        topics: match body.topics {
            Some(_) => policy.topics,
            None => now.topics.clone(),
        },
        ..policy
    })
}

/// The same body, its caps naming their topics by id.
async fn with_ids(app: &House, body: &PolicyBody) -> Result<PolicyBody, Error> {
    let mut body = body.clone();
    if body.caps.iter().any(|cap| cap.topic.is_some()) {
        let topics = app.store.topics().await?;
        for cap in &mut body.caps {
            if let Some(text) = &cap.topic {
                let topic = named::resolve(&topics, "caps.topic", text)?;
                cap.topic = Some(topic.id.to_string());
            }
        }
    }
    Ok(body)
}

/// Puts a new policy in force. Its version is the one that the caller saw; the next follows it.
///
/// # Errors
/// [`Error::Conflict`] when somebody else changed it meanwhile; when the database does not answer.
pub async fn replace(app: &App, policy: Policy, actor: &str) -> Result<Arc<Policy>, Error> {
    let mut tx = app.store.begin().await?;
    put(app, &mut tx, policy, actor).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    current(app).await
}

/// The same, with everything else that a transaction does.
///
/// # Errors
/// As for [`replace`].
pub async fn put(app: &House, tx: &mut Tx, policy: Policy, actor: &str) -> Result<(), Error> {
    let now = app.clock.now();
    let in_force = app.store.policy_version().await?.max(1);
    if in_force.unsigned_abs() != policy.version {
        return Err(overtaken());
    }
    let version = in_force + 1;
    let policy = Policy {
        version: version.unsigned_abs(),
        keywords: policy.keywords.tidied(),
        ..policy
    };
    let body = policy_json::write(&policy).to_string();
    let note = Some(body_hash(&body));
    tx.set_policy(&PolicyLine {
        version,
        body,
        at: now,
    })
    .await
    .map_err(|error| match error {
        conflict if conflict.is_conflict() => overtaken(),
        other => other.into(),
    })?;
    let mut cast = Cast::gather(app, tx, &[]).await?;
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
    cast.save(tx, &policy).await?;
    Ok(())
}

fn overtaken() -> Error {
    Error::Conflict("the policy was changed by somebody else: read it again".to_owned())
}

/// What the log keeps of the rules themselves: the hash of their text.
#[must_use]
pub fn body_hash(body: &str) -> String {
    format!("sha256 {}", hex::encode(sha256(body.as_bytes())))
}

fn lock(app: &House) -> MutexGuard<'_, Arc<Policy>> {
    app.policy.lock().unwrap_or_else(PoisonError::into_inner)
}

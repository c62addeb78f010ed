//! Drives the journeys: what was told, whose time came, and what is to be done outside.

use consent::{
    id::ContactId,
    time::{HOUR_MS, MINUTE_MS},
};

use super::{
    pump,
    turn::{
        self,
        what::{Batch, What},
    },
};
use crate::{app::App, error::Error, services::happenings::Told};

/// Happenings, and runs, that one turn takes.
const BATCH_MAX: u32 = 200;
/// The longest that what cannot be looked at is put off.
const PUT_OFF_MAX_MS: i64 = HOUR_MS;
/// How often it is put off, before it is given up.
const TRIES_MAX: i64 = 20;

/// Takes one turn. Says whether there may be more to do at once.
///
/// # Errors
/// When the database does not answer.
pub async fn step(app: &App) -> Result<bool, Error> {
    let heard = hear(app).await?;
    let come = come(app).await?;
    let done = pump::step(app).await?;
    Ok(heard + come + done > 0)
}

/// Looks at what was told. Says how much there was.
///
/// # Errors
/// When the database does not answer.
pub async fn hear(app: &App) -> Result<usize, Error> {
    let lines = app.store.due_happenings(app.clock.now(), BATCH_MAX).await?;
    let mut batch = Batch::new();
    let mut tries = 0;
    for line in &lines {
        tries = tries.max(line.tries);
        // What an older or newer version wrote, and this one cannot read, changes nothing.
        let told = serde_json::from_str(&line.body).unwrap_or(Told::Changed);
        let all = batch.entry(line.contact).or_default();
        all.push(What::Told(line.id, told));
    }
    // In the order in which it happened to each.
    for all in batch.values_mut() {
        all.sort_by_key(|what| match what {
            What::Told(id, _) => *id,
            What::TimeCame(run) | What::Outcome(run, ..) | What::Emptied(run) => *run,
        });
    }
    take_all(app, batch, tries).await
}

/// Whose time came.
async fn come(app: &App) -> Result<usize, Error> {
    let lines = app.store.due_runs(app.clock.now(), BATCH_MAX).await?;
    let mut batch = Batch::new();
    for line in &lines {
        let all = batch.entry(line.contact).or_default();
        all.push(What::TimeCame(line.id));
    }
    take_all(app, batch, 0).await
}

/// Everybody in one transaction; where one of them is to blame that it fails, one by one. Says for how many it went well.
async fn take_all(app: &App, batch: Batch, tries: i64) -> Result<usize, Error> {
    let count = batch.len();
    match turn::take(app, &batch).await {
        Err(Error::Unavailable(error)) => return Err(Error::Unavailable(error)),
        Ok(()) => return Ok(count),
        Err(error) => tracing::warn!(%error, "a turn of journeys failed: one by one"),
    }
    let mut done = 0;
    for (contact, all) in batch {
        let one = Batch::from([(contact, all)]);
        match turn::take(app, &one).await {
            Ok(()) => done += 1,
            Err(Error::Unavailable(error)) => return Err(Error::Unavailable(error)),
            // Nobody else waits for them.
            Err(error) => {
                tracing::error!(%error, contact = %contact, "what happened to somebody cannot be looked at");
                put_off(app, contact, tries).await?;
            }
        }
    }
    Ok(done)
}

async fn put_off(app: &App, contact: ContactId, tries: i64) -> Result<(), Error> {
    let now = app.clock.now();
    let wait = MINUTE_MS.saturating_mul(tries.saturating_add(1));
    let until = now.plus_millis(wait.min(PUT_OFF_MAX_MS));
    let mut tx = app.store.begin().await?;
    if tries >= TRIES_MAX {
        tx.drop_happenings(&[contact]).await?;
    } else {
        tx.put_off_happenings(contact, until).await?;
    }
    // Whose time came stays due until then too: a full turn of those who cannot be moved would stop everybody else.
    tx.put_off_runs(contact, (now, until)).await?;
    tx.commit().await?;
    Ok(())
}

//! What goes on by itself: numbering, checkpoints, batches of reservations, relays, templates, tidying.
//!
//! Every loop says once what is wrong, waits longer the longer it lasts, says when it is over, and never ends the
//! process.

mod trouble;

use std::{panic::AssertUnwindSafe, sync::atomic::Ordering, time::Duration};

use consent::time::{DAY_MS, HOUR_MS};
use futures::{FutureExt, future::BoxFuture};
use store::error::StoreError;
use tokio::{sync::Notify, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use self::trouble::Trouble;
use crate::{
    app::{App, House},
    error::Error,
    services::{
        backup, campaigns, flows, guarantees, inbox, journeys, letters, memory, numbering, relay,
        reports::{alerts, numbers, tally},
        reservations, staff, stances, templates,
    },
};

/// How long the workers may take to finish what they are at.
const GRACE: Duration = Duration::from_secs(10);
/// How long a node is the one that numbers, unless it renews that.
const SEQUENCER_LEASE_MS: i64 = 5_000;
/// The name of that lease.
const SEQUENCER: &str = "sequencer";
/// How long a node is the one that hands webhooks on: longer than the slowest turn, in which every try times out.
const RELAY_LEASE_MS: i64 = 120_000;
/// The name of that lease.
const RELAY: &str = "relay";
/// How long a node is the one that sends our own answers: another one takes over while they are still in time.
const REPLIES_LEASE_MS: i64 = 15_000;
/// The name of that lease.
const REPLIES: &str = "replies";
/// How long a node is the one that drives journeys.
const JOURNEYS_LEASE_MS: i64 = 60_000;
/// The name of that lease.
const JOURNEYS: &str = "journeys";
/// How long answers that ended are kept, to explain them.
const REPLIES_KEPT_MS: i64 = 400 * DAY_MS;
/// How long counts of forms, and codes that ended, are kept: longer than the longest time in which something is counted.
const JOINS_KEPT_MS: i64 = 31 * DAY_MS;
/// How long letters that ended are kept, to explain them. They hold addresses.
const LETTERS_KEPT_MS: i64 = 90 * DAY_MS;
/// How long answers to requests with an idempotency key are remembered.
const ANSWERS_KEPT_MS: i64 = 48 * HOUR_MS;
/// How many batches of reservations are sealed in one turn.
const BATCHES_MAX: u32 = 20;

/// The workers.
pub struct Crew {
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

/// One thing that goes on by itself.
struct Job {
    name: &'static str,
    /// The wait after a turn that found something to do.
    busy: Duration,
    /// The wait after a turn that did not.
    idle: Duration,
    /// What ends the wait early.
    bell: Option<fn(&House) -> &Notify>,
    step: fn(&App) -> BoxFuture<'_, Result<Turn, Error>>,
}

/// Whether a turn found something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It did; there may be more.
    Busy,
    /// It did not.
    Idle,
}

/// Starts every worker.
#[must_use]
pub fn start(app: &App) -> Crew {
    let stop = CancellationToken::new();
    let tasks = jobs(app)
        .into_iter()
        .map(|job| tokio::spawn(keep(job, app.clone(), stop.clone())))
        .collect();
    Crew { stop, tasks }
}

impl Crew {
    /// Tells everybody to stop, and waits until they have finished what they are at.
    pub async fn stop(self) {
        self.stop.cancel();
        for mut task in self.tasks {
            if tokio::time::timeout(GRACE, &mut task).await.is_err() {
                tracing::warn!("a worker was still at it after {} s", GRACE.as_secs());
                task.abort();
            }
        }
    }
}

fn jobs(app: &App) -> Vec<Job> {
    let second = Duration::from_secs(1);
    let templates = Duration::from_secs(app.config.whatsapp.templates_refresh_seconds.max(1));
    let mut jobs = vec![
        job("checkpoints", second / 2, |app| sign_step(app).boxed()),
        job("reservations", second, |app| seal_step(app).boxed()),
        job("abandoned sends", 10 * second, |app| {
            settle_step(app).boxed()
        }),
        job("restored copies", 2 * second, |app| {
            restored_step(app).boxed()
        }),
        job("tidying", 3600 * second, |app| tidy_step(app).boxed()),
        Job {
            busy: Duration::ZERO,
            bell: Some(|house| &house.bell.replies),
            ..job("replies", second, |app| replies_step(app).boxed())
        },
        Job {
            busy: second / 5,
            bell: Some(|house| &house.bell.letters),
            ..job("letters", 2 * second, |app| letters_step(app).boxed())
        },
        Job {
            busy: second / 40,
            bell: Some(|house| &house.bell.campaigns),
            ..job("campaigns", second / 2, |app| campaigns_step(app).boxed())
        },
        Job {
            busy: Duration::ZERO,
            bell: Some(|house| &house.bell.journeys),
            ..job("journeys", second, |app| journeys_step(app).boxed())
        },
        job("days of journeys", 300 * second, |app| {
            dates_step(app).boxed()
        }),
        Job {
            busy: second,
            ..job("reminders", 600 * second, |app| remind_step(app).boxed())
        },
        Job {
            busy: Duration::ZERO,
            bell: Some(|house| &house.bell.relay),
            ..job("relays", second, |app| relay_step(app).boxed())
        },
        Job {
            busy: second / 5,
            bell: Some(|house| &house.bell.reports),
            ..job("tallies", 10 * second, |app| tally_step(app).boxed())
        },
        Job {
            bell: Some(|house| &house.bell.numbers),
            ..job("numbers", 3600 * second, |app| numbers_step(app).boxed())
        },
        Job {
            busy: second / 10,
            bell: Some(|house| house.live.bell()),
            ..job("the inbox", second, |app| inbox_step(app).boxed())
        },
        Job {
            bell: Some(|house| &house.bell.templates),
            ..job("templates", templates, |app| templates_step(app).boxed())
        },
    ];
    jobs.extend(jobs_of(app));
    jobs
}

/// A job without a bell, as patient after work as without.
fn job(
    name: &'static str,
    idle: Duration,
    step: fn(&App) -> BoxFuture<'_, Result<Turn, Error>>,
) -> Job {
    Job {
        name,
        busy: idle,
        idle,
        bell: None,
        step,
    }
}

/// What is there to do on one kind of database only.
fn jobs_of(app: &App) -> Vec<Job> {
    let second = Duration::from_secs(1);
    let mut jobs = Vec::new();
    if app.store.file().is_some() {
        jobs.push(Job {
            bell: Some(|house| &house.memory.bell),
            ..job("the index", 5 * second, |app| memory_step(app).boxed())
        });
    }
    if !app.store.numbers_at_once() {
        jobs.push(Job {
            busy: second / 5,
            bell: Some(|house| &house.bell.log),
            ..job("numbering", second, |app| number_step(app).boxed())
        });
        // A server that was promoted has settings of its own, and those of any can be changed while it runs.
        jobs.push(job("guarantees", 10 * second, |app| {
            guarantees_step(app).boxed()
        }));
    }
    jobs
}

/// Takes turns until told to stop.
async fn keep(job: Job, app: App, stop: CancellationToken) {
    let mut trouble = Trouble::default();
    while !stop.is_cancelled() {
        let result = AssertUnwindSafe((job.step)(&app)).catch_unwind().await;
        let result = result.unwrap_or_else(|_| Err(Error::internal("the worker panicked")));
        let (wait, bell) = match result {
            Ok(turn) => {
                trouble.end(job.name);
                let wait = if turn == Turn::Busy {
                    job.busy
                } else {
                    job.idle
                };
                (wait, job.bell)
            }
            // Somebody else was faster: that is no trouble.
            Err(Error::Unavailable(StoreError::Conflict)) => (job.busy, job.bell),
            // The bell may ring all the time, and the trouble would be asked for as often.
            Err(error) => (trouble.note(job.name, &error), None),
        };
        let woken = async {
            match bell {
                Some(bell) => bell(&app).notified().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(wait) => {}
            () = woken => {}
        }
    }
}

/// Numbers what waits, where that is not done in the writing transaction: one node at a time, by a lease whose row is
/// locked until the numbers are written.
///
/// # Errors
/// When the database does not answer, or another node was faster.
pub async fn number_step(app: &App) -> Result<Turn, Error> {
    if app.store.numbers_at_once() || !app.store.has_pending().await? {
        return Ok(Turn::Idle);
    }
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let until = now.plus_millis(SEQUENCER_LEASE_MS);
    let Some(mut epoch) = tx.lease(SEQUENCER, app.node, now, until).await? else {
        return Ok(Turn::Idle);
    };
    let reached = tx.head().await?.epoch;
    if epoch < reached {
        // The lease's row was lost, in a copy of the database perhaps: its count goes on from the head's.
        epoch = reached + 1;
        tx.raise_lease(SEQUENCER, app.node, epoch).await?;
    }
    numbering::number_as(&mut tx, epoch).await?;
    tx.commit().await?;
    Ok(Turn::Busy)
}

/// Gives the jobs of one node at a time back, so that another node need not wait for them.
///
/// # Errors
/// When the database does not answer.
pub async fn hand_over(app: &App) -> Result<(), Error> {
    if app.store.numbers_at_once() {
        return Ok(());
    }
    let mut tx = app.store.begin().await?;
    for name in [SEQUENCER, RELAY, REPLIES, JOURNEYS, campaigns::drive::LEASE] {
        tx.release_lease(name, app.node).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Makes unknown what a crash left without an outcome. A SQLite file has one server, so at its start every reservation
/// without an outcome is one of those.
///
/// # Errors
/// When the database does not answer.
pub async fn settle_left_behind(app: &App) -> Result<(), Error> {
    if app.store.file().is_none() {
        return Ok(());
    }
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let count = tx.settle_abandoned(now, now).await?;
    tx.commit().await?;
    if count > 0 {
        tracing::warn!(
            count,
            "sends were cut off by a crash: their outcome is unknown"
        );
    }
    Ok(())
}

async fn sign_step(app: &App) -> Result<Turn, Error> {
    let line = numbering::checkpoint(app).await?;
    // While an older copy is not acknowledged, what was seen before it stays the witness.
    if !app.restored.load(Ordering::SeqCst) {
        backup::remember(app, &line)?;
    }
    Ok(Turn::Idle)
}

async fn memory_step(app: &App) -> Result<Turn, Error> {
    let done = memory::step(app).await?;
    Ok(if done { Turn::Busy } else { Turn::Idle })
}

/// Writes the leaves that speak of the sends that none speaks of yet, where this node is the one that numbers.
///
/// # Errors
/// When the database does not answer.
pub async fn seal_step(app: &App) -> Result<Turn, Error> {
    for _ in 0..BATCHES_MAX {
        let now = app.clock.now();
        let mut tx = app.store.begin().await?;
        let until = now.plus_millis(SEQUENCER_LEASE_MS);
        let mine = app.store.numbers_at_once()
            || tx.lease(SEQUENCER, app.node, now, until).await?.is_some();
        if !mine || reservations::seal(app, &mut tx).await? == 0 {
            break;
        }
        tx.commit().await?;
        app.bell.log.notify_one();
    }
    Ok(Turn::Idle)
}

async fn settle_step(app: &App) -> Result<Turn, Error> {
    let now = app.clock.now();
    let twice = i64::try_from(app.config.whatsapp.send_timeout_ms)
        .unwrap_or(HOUR_MS)
        .saturating_mul(2);
    let mut tx = app.store.begin().await?;
    let count = tx.settle_abandoned(now.plus_millis(-twice), now).await?;
    tx.commit().await?;
    if count > 0 {
        tracing::warn!(count, "sends got no outcome in time: it is unknown");
    }
    Ok(Turn::Idle)
}

async fn restored_step(app: &App) -> Result<Turn, Error> {
    let restored = backup::is_restored(app).await?;
    if app.restored.swap(restored, Ordering::SeqCst) && !restored {
        tracing::info!("the older copy was acknowledged: marketing goes again");
    }
    Ok(Turn::Idle)
}

async fn tidy_step(app: &App) -> Result<Turn, Error> {
    // Once for a database of before; from then on there is nothing to do.
    while stances::step(app).await? {}
    let now = app.clock.now();
    let raw = now.plus_millis(-app.config.retention.raw_days.max(0).saturating_mul(DAY_MS));
    let mut tx = app.store.begin().await?;
    let bodies = tx.forget_webhooks(raw).await?;
    let answers = tx.forget_answers(now.plus_millis(-ANSWERS_KEPT_MS)).await?;
    staff::sessions::forget(&mut tx, now).await?;
    tx.drop_uploads(uuid::Uuid::nil(), now.plus_millis(-HOUR_MS))
        .await?;
    tx.forget_replies(now.plus_millis(-REPLIES_KEPT_MS)).await?;
    tx.purge_joins(now.plus_millis(-JOINS_KEPT_MS)).await?;
    tx.purge_letters(now.plus_millis(-LETTERS_KEPT_MS)).await?;
    tx.commit().await?;
    if bodies + answers > 0 {
        tracing::info!(
            bodies,
            answers,
            "old raw bodies and remembered answers were deleted"
        );
    }
    Ok(Turn::Idle)
}

/// Hands webhooks on: one node at a time, so that the bodies of one sender stay in order.
async fn relay_step(app: &App) -> Result<Turn, Error> {
    if app.config.relay.url.is_none() {
        return Ok(Turn::Idle);
    }
    if !is_mine(app, RELAY, RELAY_LEASE_MS).await? {
        return Ok(Turn::Idle);
    }
    let handed = relay::step(app).await?;
    Ok(if handed == 0 { Turn::Idle } else { Turn::Busy })
}

/// Sends our own answers: one node at a time, though two would not send one twice.
async fn replies_step(app: &App) -> Result<Turn, Error> {
    if !is_mine(app, REPLIES, REPLIES_LEASE_MS).await? {
        return Ok(Turn::Idle);
    }
    let seen = flows::pump::step(app).await?;
    Ok(if seen == 0 { Turn::Idle } else { Turn::Busy })
}

/// Sends e-mails of our own. Each is taken in hand by one node at a time.
async fn letters_step(app: &App) -> Result<Turn, Error> {
    let seen = letters::pump::step(app).await?;
    Ok(if seen == 0 { Turn::Idle } else { Turn::Busy })
}

/// Goes on with the campaigns that run.
async fn campaigns_step(app: &App) -> Result<Turn, Error> {
    let busy = campaigns::drive::step(app).await?;
    Ok(if busy { Turn::Busy } else { Turn::Idle })
}

/// Drives the journeys: one node at a time, though two would do nothing twice.
async fn journeys_step(app: &App) -> Result<Turn, Error> {
    if !is_mine(app, JOURNEYS, JOURNEYS_LEASE_MS).await? {
        return Ok(Turn::Idle);
    }
    let busy = journeys::drive::step(app).await?;
    Ok(if busy { Turn::Busy } else { Turn::Idle })
}

async fn dates_step(app: &App) -> Result<Turn, Error> {
    if is_mine(app, JOURNEYS, JOURNEYS_LEASE_MS).await? {
        journeys::dates::step(app).await?;
    }
    Ok(Turn::Idle)
}

/// Whether this node is the one that does something, for a while.
async fn is_mine(app: &App, name: &str, lease_ms: i64) -> Result<bool, Error> {
    if app.store.numbers_at_once() {
        return Ok(true);
    }
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let until = now.plus_millis(lease_ms);
    let mine = tx.lease(name, app.node, now, until).await?.is_some();
    tx.commit().await?;
    Ok(mine)
}

async fn remind_step(app: &App) -> Result<Turn, Error> {
    let reminded = flows::remind::step(app).await?;
    Ok(if reminded == 0 {
        Turn::Idle
    } else {
        Turn::Busy
    })
}

/// Counts what reports show, and looks whether something rose.
async fn tally_step(app: &App) -> Result<Turn, Error> {
    let more = tally::step(app).await?;
    if !more {
        alerts::step(app).await?;
    }
    Ok(if more { Turn::Busy } else { Turn::Idle })
}

async fn numbers_step(app: &App) -> Result<Turn, Error> {
    numbers::step(app).await?;
    Ok(Turn::Idle)
}

/// Tells those who watch the inbox what changed. Not at once again: many changes are one look.
async fn inbox_step(app: &App) -> Result<Turn, Error> {
    inbox::live::step(app).await?;
    Ok(Turn::Idle)
}

async fn guarantees_step(app: &App) -> Result<Turn, Error> {
    guarantees::look(app).await?;
    Ok(Turn::Idle)
}

async fn templates_step(app: &App) -> Result<Turn, Error> {
    templates::refresh(app).await?;
    Ok(Turn::Idle)
}

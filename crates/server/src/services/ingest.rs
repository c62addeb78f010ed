//! What Meta tells us, in force before it is acknowledged.

mod answers;
mod apply;
mod failure;
mod group;
mod join;
mod load;
mod message;
mod news;
mod status;
mod talk;
mod text;
mod work;

use axum::body::Bytes;
use consent::{alias::Alias, id::ContactId, wording::Reading};
use graph::webhook::Notice;
use uuid::Uuid;

use self::{
    apply::{Frame, Part},
    load::{Load, Problem, Shared},
};
use crate::{
    app::App,
    error::Error,
    intake::{Body, GROUP_ITEMS_MAX, Lane, Place},
    services::{policy, quiet, retry},
    vault::sha256,
};

/// What raw webhook bodies are sealed for, under the key of the house.
pub const RAW_PURPOSE: &str = "webhook";

/// What a part in quarantine is sealed for, under the key of the house.
pub const PART_PURPOSE: &str = "quarantine";

/// A part in quarantine waits.
pub const PART_OPEN: &str = "open";

/// A part in quarantine was understood at last.
pub const PART_DONE: &str = "done";

/// What the text of a message that came in is sealed for, under the person's key.
pub const TEXT_PURPOSE: &str = "text";

/// Takes a signed body in. When this returns, everything in it is in force, and what could not be understood is kept.
/// Bodies that come in at one time share a transaction.
///
/// # Errors
/// [`Error::Busy`] when too much comes in at once, and when the database does not answer: then Meta must ask again.
pub async fn take(app: &App, place: Place, raw: Bytes, signature: &str) -> Result<(), Error> {
    app.intake.glance(&raw)?;
    let mut body = Body::read(raw, signature);
    let lane = body.lane(&policy::last_read(app));
    body.urgent = lane == Lane::OptOuts;
    let waiting = app.intake.queue(place, body, lane)?;
    group::attend(app);
    waiting
        .await
        .map_err(|_| Error::internal("the transaction broke off"))?
}

/// Applies a part that was in quarantine, with today's reader.
///
/// # Errors
/// [`Error::Conflict`] with the reason when it cannot be understood or applied today either; when the database does
/// not answer.
pub async fn again(app: &App, part: &[u8], id: Uuid, sha: [u8; 32]) -> Result<(), Error> {
    let body = Body {
        sha,
        ..Body::read(Bytes::copy_from_slice(part), "")
    };
    let bodies = [body];
    let shared = Shared::gather(app, &bodies).await?;
    let [body] = bodies;
    let load = open(app, body, &shared).await?;
    if let Some(problem) = load.problems.first() {
        return Err(Error::Conflict(problem.reason.clone()));
    }
    let restricted = run(app, &load, Arrival::Retry(id)).await?;
    quiet::settle(app, &restricted).await?;
    ring(app, &[load]).await;
    Ok(())
}

/// A body with everything that is needed to apply it.
async fn open(app: &App, body: Body, shared: &Shared) -> Result<Load, Error> {
    let mut load = Load::of(body, shared);
    load.readings = message::readings(app, &load).await?;
    load.joined = join::read(app, &load).await?;
    for index in load.joined.keys() {
        load.readings.insert(*index, Reading::Nothing);
    }
    load.answers = load.readings.iter().any(|(index, reading)| {
        let item = load.delivery.items.get(*index);
        item.is_some_and(|item| match &item.notice {
            Notice::Message(message) => {
                answers::may_matter(reading, message, &load.flows)
                    || load.joined.contains_key(index)
                    || message.referral.is_some()
            }
            _ => false,
        })
    });
    Ok(load)
}

#[derive(Clone, Copy)]
enum Arrival {
    New,
    Retry(Uuid),
}

/// One body in one transaction, or a very large one in several. When it fails for a reason of its own, the items are
/// tried in halves until the one that is to blame stands alone; it goes to quarantine, and the others are in force.
async fn run(app: &App, load: &Load, arrival: Arrival) -> Result<Vec<ContactId>, Error> {
    let all = load.good();
    let frame = match arrival {
        Arrival::New => Frame::Arrival(&load.problems),
        Arrival::Retry(id) => Frame::Retry(id),
    };
    if all.len() <= GROUP_ITEMS_MAX || app.store.has_webhook(&load.sha).await? {
        match apply_one(app, load, &all, frame).await {
            Err(error) if is_of_an_item(&error) => {}
            done => return done,
        }
    }
    let (mut restricted, mut poisoned) = (Vec::new(), Vec::new());
    // Between two pieces others have their turn. The body itself is kept last: until then Meta would send it again.
    for piece in all.chunks(GROUP_ITEMS_MAX) {
        let (some, bad) = in_halves(app, load, piece.to_vec()).await?;
        restricted.extend(some);
        poisoned.extend(bad);
    }
    let mut problems = load.problems.clone();
    problems.extend(poisoned);
    match arrival {
        Arrival::New => {
            restricted.extend(apply_one(app, load, &[], Frame::Arrival(&problems)).await?)
        }
        Arrival::Retry(id) => match problems.first() {
            Some(problem) => return Err(Error::Conflict(problem.reason.clone())),
            None => restricted.extend(apply_one(app, load, &[], Frame::Retry(id)).await?),
        },
    }
    Ok(restricted)
}

async fn in_halves(
    app: &App,
    load: &Load,
    all: Vec<usize>,
) -> Result<(Vec<ContactId>, Vec<Problem>), Error> {
    let (mut restricted, mut poisoned) = (Vec::new(), Vec::new());
    let mut waiting = vec![all];
    while let Some(some) = waiting.pop() {
        match apply_one(app, load, &some, Frame::None).await {
            Ok(done) => restricted.extend(done),
            Err(error) if !is_of_an_item(&error) => return Err(error),
            Err(error) => match some.as_slice() {
                [] => return Err(error),
                [index] => poisoned.push(load.poisoned(*index, &error)),
                _ => {
                    let (first, second) = some.split_at(some.len() / 2);
                    waiting.push(second.to_vec());
                    waiting.push(first.to_vec());
                }
            },
        }
    }
    Ok((restricted, poisoned))
}

async fn apply_one(
    app: &App,
    load: &Load,
    which: &[usize],
    frame: Frame<'_>,
) -> Result<Vec<ContactId>, Error> {
    let part = Part { load, which, frame };
    let restricted = apply_all(app, &[part]).await?;
    Ok(restricted.into_iter().flatten().collect())
}

async fn apply_all(app: &App, parts: &[Part<'_>]) -> Result<Vec<Vec<ContactId>>, Error> {
    retry::on_conflict(|| apply::apply(app, parts)).await
}

/// Whether trying fewer items can help: the database answers, and something in the body or in a row is to blame.
const fn is_of_an_item(error: &Error) -> bool {
    !matches!(error, Error::Unavailable(_))
}

/// A body that came before is in force; but what it restricted may still be settling.
async fn settle_known(app: &App, aliases: &[Alias]) -> Result<Vec<ContactId>, Error> {
    let keys: Vec<String> = aliases.iter().map(Alias::key).collect();
    let found = app.store.find(&keys).await?;
    Ok(found.into_iter().map(|(_, id)| id).collect())
}

fn count(loads: &[Load]) {
    let total = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    metrics::counter!("consentry_webhook_bodies_total").increment(total(loads.len()));
    let items = loads.iter().map(|load| load.delivery.items.len()).sum();
    metrics::counter!("consentry_webhook_items_total").increment(total(items));
    let unknown = loads.iter().flat_map(|load| &load.delivery.unknown);
    for (name, count) in unknown {
        tracing::debug!(
            name,
            count,
            "a webhook carried something that we do not know"
        );
    }
}

/// Wakes whoever has something to do now.
async fn ring(app: &App, loads: &[Load]) {
    app.bell.log.notify_one();
    app.live.ring();
    if app.config.relay.url.is_some() {
        app.bell.relay.notify_one();
    }
    if loads.iter().any(|load| load.answers) {
        app.bell.replies.notify_one();
    }
    if loads.iter().any(Load::wants_templates) {
        app.bell.templates.notify_one();
    }
    if loads.iter().all(|load| load.problems.is_empty()) {
        return;
    }
    // The gauge is for people: a database that is gone again says so elsewhere.
    if let Ok(open) = app.store.count_quarantine().await {
        #[allow(
            clippy::cast_precision_loss,
            reason = "a gauge is a float, and nobody has 2^52 of these"
        )]
        metrics::gauge!("consentry_quarantine_open").set(open as f64);
    }
}

/// A key under which something is seen once: its parts, each with its length.
fn key(parts: &[&str]) -> [u8; 32] {
    let lengths = parts.iter().flat_map(|part| {
        let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
        length.to_be_bytes().into_iter().chain(part.bytes())
    });
    sha256(&lengths.collect::<Vec<u8>>())
}

/// U+0000 is legal in JSON, and PostgreSQL's text does not take it.
fn clean(text: &str) -> String {
    text.replace('\0', "")
}

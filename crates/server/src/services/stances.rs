//! What people said of single topics, written down once for those who said it before there was a place for it.

use consent::id::ContactId;
use uuid::Uuid;

use crate::{
    app::App,
    error::Error,
    services::{policy, retry, summary},
};

/// The name of the note that says how far it came.
const NOTE: &str = "stances";
/// What it says at the end.
const DONE: &[u8] = b"done";
/// People at a time.
const PAGE: u32 = 500;

/// Writes some more of them, and says whether there are any left; later changes write their own.
///
/// # Errors
/// When the database does not answer.
pub async fn step(app: &App) -> Result<bool, Error> {
    let note = app.store.house(NOTE).await?.unwrap_or_default();
    if note == DONE {
        return Ok(false);
    }
    retry::on_conflict(|| page(app, &note)).await?;
    Ok(true)
}

async fn page(app: &App, note: &[u8]) -> Result<(), Error> {
    let after = Uuid::from_slice(note).ok().map(ContactId::new);
    let found = app.store.outspoken(after, PAGE).await?;
    let mut ids: Vec<ContactId> = found.iter().map(|person| person.id).collect();
    ids.sort_unstable();
    let policy = policy::current(app).await?;
    let mut tx = app.store.begin().await?;
    tx.lock(&ids).await?;
    let mut stances = Vec::new();
    for person in tx.persons(&ids).await? {
        stances.extend(
            summary::said(&person, &policy, app.clock.now())
                .into_iter()
                .flatten(),
        );
    }
    tx.set_stances(&ids, &stances).await?;
    let news = ids.last().map(|id| id.get().into_bytes());
    let news = news.as_ref().map_or(DONE, |bytes| bytes.as_slice());
    tx.set_house(NOTE, news).await?;
    tx.commit().await?;
    Ok(())
}

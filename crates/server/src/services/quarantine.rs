//! What could not be understood, kept until it can be.

use store::inbox::QuarantineLine;
use uuid::Uuid;

use crate::{
    app::App,
    error::Error,
    services::ingest::{self, PART_DONE, PART_OPEN, PART_PURPOSE},
};

/// The most that one page shows.
pub const PAGE_MAX: u32 = 500;

/// A part with what stands in it.
#[derive(Debug)]
pub struct Part {
    /// What is known about it.
    pub line: QuarantineLine,
    /// The part, as a body that can be read by itself.
    pub text: String,
}

/// What is in quarantine, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(
    app: &App,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<QuarantineLine>, Error> {
    Ok(app
        .store
        .quarantine(after, limit.clamp(1, PAGE_MAX + 1))
        .await?)
}

/// One part, opened.
///
/// # Errors
/// [`Error::NotFound`]; when the database does not answer or the part was changed.
pub async fn one(app: &App, id: Uuid) -> Result<Part, Error> {
    let line = app
        .store
        .quarantined(id)
        .await?
        .ok_or(Error::NotFound("part in quarantine"))?;
    let bytes = app
        .vault
        .house()
        .open(PART_PURPOSE, &line.sealed)
        .map_err(Error::internal)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(Part { line, text })
}

/// Reads a part again with today's reader and applies it. What is done already stays done.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Conflict`] with the reason when it still cannot be understood; when the database
/// does not answer.
pub async fn retry(app: &App, id: Uuid) -> Result<QuarantineLine, Error> {
    let Part { line, text } = one(app, id).await?;
    if line.state == PART_DONE {
        return Ok(line);
    }
    let sha = line.sha256.as_slice().try_into().map_err(Error::internal)?;
    match ingest::again(app, text.as_bytes(), id, sha).await {
        Ok(()) => Ok(one(app, id).await?.line),
        Err(Error::Conflict(reason)) => {
            let mut tx = app.store.begin().await?;
            tx.retried(id, PART_OPEN, &reason, app.clock.now()).await?;
            tx.commit().await?;
            Err(Error::Conflict(format!(
                "it still cannot be understood: {reason}"
            )))
        }
        Err(other) => Err(other),
    }
}

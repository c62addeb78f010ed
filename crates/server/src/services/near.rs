//! What is kept near is looked at again once a second: commands beside the server may change it.

use crate::{app::House, error::Error};

/// Whether what is kept near may be believed: one process owns the database, its commits are told, and what commands
/// beside it did a second ago has been seen.
///
/// # Errors
/// When the database does not answer.
pub async fn look(app: &House) -> Result<bool, Error> {
    if app.store.file().is_none() || !app.memory.is_watched() {
        return Ok(false);
    }
    let near = &app.memory.near;
    if near.is_fresh(app.clock.instant()) {
        return Ok(true);
    }
    let _looking = near.looking.lock().await;
    let now = app.clock.instant();
    if near.is_fresh(now) {
        return Ok(true);
    }
    let ready = app.memory.ready();
    let size = app.store.head().await?.size;
    let version = app.store.policy_version().await?.unsigned_abs().max(1);
    if ready.is_some_and(|ready| ready.policy.version < version) {
        // No command may do this beside a server; a hand in the database may.
        app.memory.drop_it();
    }
    near.note_looked(now, size);
    Ok(true)
}

/// The size of the log, where it is kept near.
///
/// # Errors
/// When the database does not answer.
pub async fn log_size(app: &House) -> Result<Option<i64>, Error> {
    Ok(look(app).await?.then(|| app.memory.near.log_size()))
}

//! What the database promises about a commit: said at the start, and looked at again for as long as we run.

use std::sync::PoisonError;

use store::durability::Durability;

use crate::{app::House, error::Error};

/// Asks the database, and says what changed since the last time: loudly when something acknowledged may be lost now.
/// Somebody who runs goes on all the same: without us no opt-out is heard at all. None for SQLite, whose promise is
/// our own settings.
///
/// # Errors
/// When the database does not answer.
pub async fn look(app: &House) -> Result<Option<Durability>, Error> {
    let Some(found) = app.store.durability().await? else {
        return Ok(None);
    };
    #[allow(
        clippy::cast_precision_loss,
        reason = "a gauge is a float, and there are four ways to lose"
    )]
    metrics::gauge!("consentry_database_lossy").set(found.losses().len() as f64);
    let mut last = app
        .guarantees
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    if last.as_ref() != Some(&found) {
        say(&found);
        *last = Some(found.clone());
    }
    Ok(Some(found))
}

/// The ways in which something acknowledged may be lost, in one line.
#[must_use]
pub fn losses(found: &Durability) -> String {
    let told: Vec<String> = found.losses().iter().map(ToString::to_string).collect();
    told.join("; ")
}

fn say(found: &Durability) {
    if found.losses().is_empty() {
        tracing::info!("the database keeps what we acknowledge: {found}");
    } else {
        tracing::error!(
            "the database may lose what we acknowledge: {} ({found})",
            losses(found)
        );
    }
    if found.waits_for_nobody() {
        tracing::error!(
            "every commit waits for a standby that is not there: nothing is acknowledged until it comes back ({found})"
        );
    }
}

//! The wait before an opt-out is acknowledged: no live permit may be left that could still start a send.

use std::time::Duration;

use consent::{id::ContactId, permit::PERMIT_LIFE};

use crate::{app::House, error::Error};

/// How long a reservation without an outcome may matter: a permit lapses long before. Milliseconds.
const LOOK_BACK_MS: i64 = 10_000;

/// How often to look in a shared database whether the reservations have ended.
const STEP: Duration = Duration::from_millis(5);

/// Returns once every reservation of these contacts that was made before now has started, ended or lapsed. At most
/// the life of a permit, counted from now: a permit is older than the opt-out that was committed after it, whatever
/// the clocks of the nodes say. Where one process does all the sending it knows when that is so, and asks nobody.
///
/// # Errors
/// When the database does not answer: then the opt-out must not be acknowledged.
pub async fn settle(app: &House, contacts: &[ContactId]) -> Result<(), Error> {
    if contacts.is_empty() {
        return Ok(());
    }
    if app.store.file().is_some() {
        own_sends(app, contacts).await;
        return Ok(());
    }
    let deadline = app.clock.instant() + PERMIT_LIFE;
    let since = app.clock.now().plus_millis(-LOOK_BACK_MS);
    while app.clock.instant() < deadline {
        if app.store.live_reservations(contacts, since).await? == 0 {
            return Ok(());
        }
        tokio::time::sleep(STEP).await;
    }
    Ok(())
}

/// Every send was noted before its reservation was committed, so none that may start is missed here.
async fn own_sends(app: &House, contacts: &[ContactId]) {
    loop {
        let changed = app.afoot.changed();
        let Some(until) = app.afoot.quiet_at(contacts, app.clock.instant()) else {
            return;
        };
        // Whichever comes first: either way it is looked again.
        let _ = tokio::time::timeout_at(until.into(), changed).await;
    }
}

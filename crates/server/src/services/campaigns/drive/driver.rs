//! Who drives: one node at a time, all campaigns. So the pace of a number is kept in one place, whatever is sent from it.

use std::time::Duration;

use store::campaign::{CampaignLine, RUNNING};
use uuid::Uuid;

use crate::{app::App, error::Error, services::reports::numbers};

/// The name of the lease.
pub const LEASE: &str = "campaigns";
/// How long a node drives, unless it renews that.
const LEASE_MS: i64 = 5_000;
/// How long before its end it is renewed: nobody drives who has less of it left.
const RENEWED_MS: i64 = 2_500;
/// Messages a second that Meta takes from a number whose throughput it has raised (facts, section 6).
const RAISED_PER_SECOND: u32 = 1_000;
/// How often it is looked which numbers those are.
const PACES_EVERY: Duration = Duration::from_secs(60);

/// Whether this node drives the campaigns now. Two that both believe so would send nobody anything twice.
///
/// # Errors
/// When the database does not answer.
pub async fn is_here(app: &App) -> Result<bool, Error> {
    if app.store.file().is_some() {
        return Ok(true);
    }
    let now = app.clock.now();
    let left = app.drives.driving().map(|until| until.millis_since(now));
    if left.is_some_and(|left| (RENEWED_MS..=LEASE_MS).contains(&left)) {
        return Ok(true);
    }
    let until = now.plus_millis(LEASE_MS);
    let mut tx = app.store.begin().await?;
    let mine = tx.lease(LEASE, app.node, now, until).await?.is_some();
    tx.commit().await?;
    // Somebody else may have driven since this node's time was over.
    if left.is_none_or(|left| left < 0) {
        app.drives.set_driving(None);
    }
    app.drives.set_driving(mine.then_some(until));
    Ok(mine)
}

/// How fast the numbers may send, as far as Meta says; and what others than campaigns sent from them is taken off.
///
/// # Errors
/// When the database does not answer.
pub async fn learn_paces(app: &App, open: &[CampaignLine]) -> Result<(), Error> {
    let running = open.iter().filter(|line| line.state == RUNNING);
    let running: Vec<Uuid> = running.map(|line| line.id).collect();
    app.drives.keep_only(&running);
    if app.drives.is_time(Uuid::nil(), PACES_EVERY) {
        for card in numbers::all(app).await?.numbers {
            if card.throughput.as_deref() == Some("HIGH") {
                app.drives.set_usual(&card.number, RAISED_PER_SECOND);
            }
        }
    }
    if let Some(stretch) = app.drives.uncounted(app.clock.now()) {
        for (number, count) in app.store.sent_beside_campaigns(stretch).await? {
            app.drives
                .spend(&number, u32::try_from(count).unwrap_or(u32::MAX));
        }
    }
    Ok(())
}

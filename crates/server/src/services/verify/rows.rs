//! Every event has one entry in the log, and every entry its event.

use uuid::Uuid;

use super::{Report, Stop, count};
use crate::app::House;

/// How many of a kind are named.
const NAMED: u32 = 5;

pub(super) async fn check(app: &House, report: &mut Report) -> Result<(), Stop> {
    let tally = app.store.tally().await?;
    report.pending = count(tally.waiting);
    if tally.head != tally.entries {
        report.note(format!(
            "the log says that it has {} entries: there are {}",
            tally.head, tally.entries
        ));
    }
    if tally.pending != tally.waiting {
        report.note(format!(
            "{} leaves wait for a number that no event has",
            tally.pending - tally.waiting
        ));
    }
    if tally.events != tally.matched + tally.waiting {
        for id in app.store.unlogged_events(NAMED).await? {
            let id =
                Uuid::from_slice(&id).map_or_else(|_| format!("{id:02x?}"), |id| id.to_string());
            report.note(format!("the log has no entry with the leaf of event {id}"));
        }
    }
    if tally.entries != tally.matched {
        for index in app.store.eventless_entries(NAMED).await? {
            report.note(format!("no event has the leaf of entry {index}"));
        }
    }
    for contact in app.store.missing_contacts(NAMED).await? {
        report.note(format!(
            "events speak of contact {contact}, of whom there is no row"
        ));
    }
    Ok(())
}

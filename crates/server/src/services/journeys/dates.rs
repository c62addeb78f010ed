//! Journeys that begin by a day in an attribute: looked at every few minutes, each person once for each day that comes.

use consent::{
    id::ContactId,
    time::{DAY_MS, Timestamp},
};
use journey::date::{self, DateRule};
use store::{happening::HappeningLine, pool::Tx};
use uuid::Uuid;

use super::{
    library::{Library, Live},
    person::Known,
};
use crate::{
    app::App,
    error::Error,
    services::{gate::tie::dated, happenings::Told},
    vault::sha256,
};

/// People who are looked at in one transaction.
const PAGE: u32 = 1_000;
/// A day that came while nobody looked, and longer ago than this, is over.
const LATE_MS: i64 = DAY_MS;

/// Looks whose day came since it was last looked. Says how many there were.
///
/// # Errors
/// When the database does not answer.
pub async fn step(app: &App) -> Result<usize, Error> {
    let library = Library::open(app).await?;
    let mut count = 0;
    for live in &library.live {
        if let Some(rule) = live.definition.head().trigger.date() {
            count += look(app, live, rule).await?;
        }
    }
    if count > 0 {
        app.bell.journeys.notify_one();
    }
    Ok(count)
}

async fn look(app: &App, live: &Live, rule: &DateRule) -> Result<usize, Error> {
    let now = app.clock.now();
    let kept = app.store.house(&name(live.journey)).await?;
    let kept = kept.and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok());
    // A new version of what was live already loses nobody whose day came a moment before.
    let since = kept.map_or(live.published, Timestamp::from_millis);
    let since = since.max(now.plus_millis(-LATE_MS));
    let mut after = ContactId::new(Uuid::nil());
    let mut count = 0;
    loop {
        let page = app.store.holders(&rule.attribute, after, PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after = *last;
        let lines = come(app, (live, rule), &page, (since, now)).await?;
        count += lines.len();
        let mut tx = app.store.begin().await?;
        tx.tell(&lines).await?;
        tx.commit().await?;
    }
    let mut tx = app.store.begin().await?;
    begin(&mut tx, live.journey, now).await?;
    tx.commit().await?;
    Ok(count)
}

/// Nobody enters a journey for a day that came before this: it was looked, or nobody could enter.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn begin(tx: &mut Tx, journey: Uuid, at: Timestamp) -> Result<(), Error> {
    let at = at.millis().to_string();
    tx.set_house(&name(journey), at.as_bytes()).await?;
    Ok(())
}

fn name(journey: Uuid) -> String {
    format!("journey dates {journey}")
}

/// Those of a page whose day came between two times.
async fn come(
    app: &App,
    (live, rule): (&Live, &DateRule),
    page: &[(ContactId, String)],
    (since, now): (Timestamp, Timestamp),
) -> Result<Vec<HappeningLine>, Error> {
    // Nobody's clock is further from UTC than a day: most are done with without a look at who they are.
    let zone = date::zone(None);
    let early = since.plus_millis(-DAY_MS);
    let near = page.iter().filter(|(_, value)| {
        let due = date::due(value, rule, &zone, early);
        due.is_some_and(|due| due <= now.plus_millis(DAY_MS))
    });
    let near: Vec<&(ContactId, String)> = near.collect();
    let ids: Vec<ContactId> = near.iter().map(|(contact, _)| *contact).collect();
    let mut lines = Vec::new();
    for person in app.store.pick_contacts(&ids).await? {
        let contact = person.person.id;
        let mut known = Known::of(&person.person);
        let current = person.aliases.iter().filter(|held| held.until.is_none());
        current.for_each(|held| known.call(&held.alias));
        known.attributes = person.attributes.into_iter().collect();
        let zone = date::zone(known.zone().as_deref());
        let value = near.iter().find(|(of, _)| *of == contact);
        let due = value.and_then(|(_, value)| date::due(value, rule, &zone, since));
        let Some(at) = due.filter(|due| *due <= now) else {
            continue;
        };
        let told = Told::DateCame {
            journey: live.journey,
            attribute: rule.attribute.clone(),
            at: at.millis(),
        };
        let name = format!("{} {contact} {}", live.journey, at.millis());
        lines.push(HappeningLine {
            contact,
            id: dated(app.clock.id(), &sha256(name.as_bytes())),
            body: serde_json::to_string(&told).map_err(Error::internal)?,
            due: now,
            tries: 0,
        });
    }
    Ok(lines)
}

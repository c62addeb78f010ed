//! Batches of reservations: once a second one leaf in the log speaks of every send that was claimed.

use consent::{
    event::{Clock, Event, Evidence, Fact},
    id::{AttemptId, ContactId, EventId},
};
use serde_json::{Value, json};
use store::{message::MessageLine, pool::Tx};

use crate::{
    app::House,
    error::Error,
    evidence,
    services::{cast::Cast, policy},
};

/// How many reservations one leaf speaks of at the most.
pub const BATCH_MAX: u32 = 1_000;

/// The member of a batch's facts that lists its reservations.
pub const MEMBER: &str = "reservations";

/// Appends one event for the reservations that no batch speaks of yet. Gives how many there were.
///
/// # Errors
/// When the database does not answer.
pub async fn seal(app: &House, tx: &mut Tx) -> Result<usize, Error> {
    let lines = tx.unsealed_reservations(BATCH_MAX).await?;
    if lines.is_empty() {
        return Ok(0);
    }
    let now = app.clock.now();
    let id = EventId::new(app.clock.id());
    let event = Event {
        id,
        contact: ContactId::HOUSE,
        fact: Fact::Reservations(u64::try_from(lines.len()).unwrap_or(u64::MAX)),
        clock: Clock::Ours,
        at: now,
        received: now,
        evidence: Evidence {
            source: "gate".to_owned(),
            ..Evidence::default()
        },
    };
    let mut facts = evidence::facts(&event);
    if let Some(members) = facts.as_object_mut() {
        members.insert(MEMBER.to_owned(), lines.iter().map(facts_of).collect());
    }
    let mut cast = Cast::gather(app, tx, &[]).await?;
    cast.house_event_with(event, facts.to_string());
    let policy = policy::current(app).await?;
    cast.save(tx, &policy).await?;
    let ids: Vec<AttemptId> = lines.iter().map(|line| line.id).collect();
    tx.seal_reservations(&ids, id.get()).await?;
    Ok(lines.len())
}

/// What a batch says of one reservation. Nothing in it names the person but the internal id.
#[must_use]
pub fn facts_of(line: &MessageLine) -> Value {
    json!({
        "attempt": line.id.to_string(),
        "contact": line.contact.to_string(),
        "number": line.number,
        "category": line.category,
        "topic": line.topic.map(|topic| topic.to_string()),
        "template": line.template,
        "basis": line.basis,
        "policy_version": line.policy_version,
        "as_of": line.as_of,
        "at_ms": line.at.millis(),
    })
}

//! The same gate for many at once: the recipients of a campaign whose turn has come. Everything is read with a handful of queries and
//! claimed in one transaction, which takes each one's turn as well; so nobody can have two.

use std::{collections::BTreeMap, sync::Arc};

use consent::{
    id::{AttemptId, ContactId},
    policy::Policy,
    request::Address,
    verdict::{Denial, Verdict},
};
use store::{
    campaign::recipient::{self, Settled, Turn},
    contact::Person,
};
use uuid::Uuid;

use super::{
    Admitted, Ask, Meant, Refused, Seen, alias,
    claim::{self, Cleared},
};
use crate::{
    app::House,
    error::Error,
    services::{facts, fatigue, near, policy},
};

/// Somebody whose turn has come.
#[derive(Debug, Clone)]
pub struct Guest {
    /// Who, as they were when the audience was drawn.
    pub contact: ContactId,
    /// How often they were tried before.
    pub tries: i64,
    /// What would be sent.
    pub ask: Ask,
}

/// What the gate says to one of many.
#[derive(Debug)]
pub enum Entry {
    /// The message may go, once, now; their turn is taken.
    Admitted(Box<Admitted>),
    /// It may not. Nothing is written down yet: who asks may let them wait until the refusal has passed, or [`refuse_all`].
    Refused(Box<Refusal>),
    /// They changed meanwhile, their turn was taken, or the campaign does not run: to be looked at anew.
    Gone,
}

/// A refusal that is not written down yet.
pub struct Refusal {
    /// Why.
    pub denial: Denial,
    seen: Seen,
}

impl std::fmt::Debug for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Refusal")
            .field("denial", &self.denial)
            .finish_non_exhaustive()
    }
}

/// Asks for leave to send to many, each of whom stands or falls alone. Every yes is on disk before this returns, with the turn that
/// it takes in the campaign. Answers in the order of the guests.
///
/// # Errors
/// When the database does not answer: nothing can be reserved, nothing may be sent.
pub async fn enter_all(app: &House, campaign: Uuid, guests: &[Guest]) -> Result<Vec<Entry>, Error> {
    let seen = look_at_all(app, guests).await?;
    let mut entries = Vec::with_capacity(guests.len());
    let mut cleared: Vec<(usize, Cleared<'_>)> = Vec::new();
    for (guest, seen) in guests.iter().zip(seen) {
        match seen.decide(app, &guest.ask) {
            Verdict::Deny(denial) => {
                entries.push(Entry::Refused(Box::new(Refusal { denial, seen })));
            }
            Verdict::Allow(clearance) => {
                let turn = Turn {
                    campaign,
                    contact: guest.contact,
                    attempt: seen.attempt,
                    at: app.clock.now(),
                };
                let who = Cleared {
                    ask: &guest.ask,
                    seen,
                    clearance,
                    turn: (turn, guest.tries),
                };
                cleared.push((entries.len(), who));
                entries.push(Entry::Gone);
            }
        }
    }
    let (places, cleared): (Vec<usize>, Vec<Cleared<'_>>) = cleared.into_iter().unzip();
    for (place, admitted) in places
        .into_iter()
        .zip(claim::reserve_all(app, cleared).await?)
    {
        if let (Some(entry), Some(admitted)) = (entries.get_mut(place), admitted) {
            *entry = Entry::Admitted(Box::new(admitted));
        }
    }
    Ok(entries)
}

/// Writes refusals down, with the turns that they end.
///
/// # Errors
/// When the database does not answer.
pub async fn refuse_all(
    app: &House,
    campaign: Uuid,
    refusals: Vec<(&Guest, Refusal)>,
) -> Result<Vec<Refused>, Error> {
    if refusals.is_empty() {
        return Ok(Vec::new());
    }
    let mut lines = Vec::with_capacity(refusals.len());
    let mut ended = Vec::with_capacity(refusals.len());
    let mut refused = Vec::with_capacity(refusals.len());
    for (guest, Refusal { denial, seen }) in refusals {
        let line = claim::refusal(app, &guest.ask, &seen, &denial);
        ended.push(Settled {
            campaign,
            contact: guest.contact,
            attempt: Some(line.id),
            state: recipient::State::Denied,
            code: line.code.clone(),
            reason: line.reason.clone(),
            due: None,
            tries: guest.tries,
        });
        refused.push(Refused {
            attempt: line.id,
            denial,
        });
        lines.push(line);
    }
    let mut tx = app.store.begin().await?;
    tx.settle_recipients(&ended).await?;
    tx.keep_messages(&lines).await?;
    tx.commit().await?;
    Ok(refused)
}

/// What is known of each, read with a handful of queries.
async fn look_at_all(app: &House, guests: &[Guest]) -> Result<Vec<Seen>, Error> {
    let policy_row = policy::row_version(app).await?;
    let policy = policy::of_row(app, policy_row).await?;
    let contacts: Vec<ContactId> = guests.iter().map(|guest| guest.contact).collect();
    let mut persons: BTreeMap<ContactId, Person> = app
        .store
        .persons(&contacts)
        .await?
        .into_iter()
        .map(|person| (person.id, person))
        .collect();
    let mut countries = facts::countries(app, &contacts, &policy).await?;
    let mut sent = sent_to(app, &contacts, &policy).await?;
    // Nothing else differs in these: what is written down under them is what would be under the policy itself.
    let slowed = fatigue::slowed(app, &persons, &policy).await?;
    let minute_there = facts::minute_there(&policy, app.clock.now());
    let as_of = match near::log_size(app).await? {
        Some(size) => size,
        None => app.store.head().await?.size,
    };
    Ok(guests
        .iter()
        .map(|guest| {
            let aliases: Vec<_> = guest.ask.recipients.iter().filter_map(alias).collect();
            let person = persons.remove(&guest.contact);
            // Who was merged away or erased since the audience was drawn has no address here.
            let address = if aliases.is_empty() || person.is_none() {
                Address::Invalid
            } else {
                Address::Person
            };
            Seen {
                attempt: AttemptId::new(app.clock.id()),
                meant: Meant {
                    contact: person.as_ref().map(|person| person.id),
                    aliases,
                    address,
                },
                person,
                policy: Arc::clone(slowed.get(&guest.contact).unwrap_or(&policy)),
                policy_row,
                facts: facts::Known {
                    sent: sent.remove(&guest.contact).unwrap_or_default(),
                    minute_there,
                    country: countries.remove(&guest.contact),
                },
                as_of,
            }
        })
        .collect())
}

type Sent = BTreeMap<ContactId, Vec<consent::request::Sent>>;

/// When messages went to each, as far back as the policy's caps reach; nothing when there are no caps.
async fn sent_to(app: &House, contacts: &[ContactId], policy: &Policy) -> Result<Sent, Error> {
    let mut sent = Sent::new();
    let Some(since) = facts::capped_since([policy], app.clock.now()) else {
        return Ok(sent);
    };
    for (contact, one) in app.store.sent_to_since(contacts, since).await? {
        sent.entry(contact).or_default().push(one);
    }
    Ok(sent)
}

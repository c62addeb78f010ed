//! The people that many questions are about, gathered at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::Ordering,
};

use consent::{
    alias::Alias,
    event::{Clock, Event, Evidence, Fact},
    id::{ContactId, EventId},
    phone::Country,
    policy::Policy,
    reason::Code,
    register::Standing,
    request::{Address, Facts, Request},
    scope::{Category, Scope},
    time::{MINUTE_MS, Timestamp},
    verdict::{self, Denial, Verdict},
};
use store::contact::Person;
use uuid::Uuid;

use super::Ask;
use crate::{
    app::House,
    error::Error,
    memory::Ready,
    near::{Place, Yes},
    services::facts::{countries, minute_there, sent},
};

/// How far a clock may be set back without a remembered answer becoming wrong.
const CLOCK_SLACK_MS: i64 = 10 * MINUTE_MS;

/// The people that many questions are about.
pub(super) struct Crowd {
    by_key: BTreeMap<String, ContactId>,
    persons: BTreeMap<ContactId, Person>,
    erased: BTreeSet<String>,
    countries: BTreeMap<ContactId, Country>,
}

impl Crowd {
    /// Somebody whom nobody knows, but perhaps for having been erased.
    pub(super) fn of_nobody(alias: &Alias, was_erased: bool) -> Self {
        Self {
            by_key: BTreeMap::new(),
            persons: BTreeMap::new(),
            erased: was_erased.then(|| alias.key()).into_iter().collect(),
            countries: BTreeMap::new(),
        }
    }

    pub(super) async fn gather(app: &House, asks: &[&Ask], policy: &Policy) -> Result<Self, Error> {
        let aliases = || asks.iter().flat_map(|ask| ask.aliases.iter());
        let keys: BTreeSet<String> = aliases().map(Alias::key).collect();
        let keys: Vec<String> = keys.into_iter().collect();
        let mut crowd = Self {
            by_key: BTreeMap::new(),
            persons: BTreeMap::new(),
            erased: BTreeSet::new(),
            countries: BTreeMap::new(),
        };
        if keys.is_empty() {
            return Ok(crowd);
        }
        if let [only] = keys.as_slice() {
            let person = app.store.person_of(only).await?;
            let known = person.as_ref().map(|person| (only.clone(), person.id));
            crowd.by_key.extend(known);
            crowd
                .persons
                .extend(person.map(|person| (person.id, person)));
        } else {
            crowd.by_key = app.store.find(&keys).await?.into_iter().collect();
        }
        let unknown: Vec<Alias> = aliases()
            .filter(|alias| !crowd.by_key.contains_key(&alias.key()))
            .cloned()
            .collect();
        crowd.erased = erased(app, &unknown).await?;
        let ids: BTreeSet<ContactId> = crowd.by_key.values().copied().collect();
        let all: Vec<ContactId> = ids.into_iter().collect();
        crowd.countries = countries(app, &all, policy).await?;
        let missing = all.into_iter().filter(|id| !crowd.persons.contains_key(id));
        let ids: Vec<ContactId> = missing.collect();
        if !ids.is_empty() {
            let persons = app.store.persons(&ids).await?;
            crowd.persons = persons
                .into_iter()
                .map(|person| (person.id, person))
                .collect();
        }
        Ok(crowd)
    }

    /// Remembers what a yes rests on, where time cannot change it.
    pub(super) fn remember(
        &self,
        ready: &Ready,
        (place, ask): (Place, &Ask),
        (verdict, contact): (&Verdict, Option<ContactId>),
        now: Timestamp,
    ) {
        let (Verdict::Allow(clearance), Some(contact)) = (verdict, contact) else {
            return;
        };
        let Some(person) = self.persons.get(&contact) else {
            return;
        };
        let basis = clearance.basis();
        let facts = Facts {
            standing: &person.standing,
            sent: &[],
            minute_there: None,
            country: self.countries.get(&contact).copied(),
        };
        let lasts = [
            now.plus_millis(-CLOCK_SLACK_MS),
            Timestamp::from_millis(i64::MAX),
        ];
        let lasts = lasts.into_iter().all(|at| {
            let then = verdict::decide(&ask.request, facts, &ready.policy, at);
            matches!(then, Verdict::Allow(clearance) if clearance.basis() == basis)
        });
        if lasts {
            ready.yeses.keep(place, Yes { contact, basis });
        }
    }

    pub(super) async fn decide(
        &self,
        app: &House,
        ask: &Ask,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<(Verdict, Option<ContactId>), Error> {
        let keys: Vec<String> = ask.aliases.iter().map(Alias::key).collect();
        let meant: BTreeSet<ContactId> = keys
            .iter()
            .filter_map(|key| self.by_key.get(key).copied())
            .collect();
        let contact = meant.first().copied().filter(|_| meant.len() == 1);
        let conflict = Request {
            address: Address::Conflict,
            ..ask.request.clone()
        };
        let request = if meant.len() > 1 {
            &conflict
        } else {
            &ask.request
        };
        let person = contact.and_then(|id| self.persons.get(&id));
        // Whoever was erased is refused, even where another address of the question means somebody.
        let erased = keys.iter().any(|key| self.erased.contains(key));
        let nobody = if erased {
            refused()
        } else {
            Standing::default()
        };
        let person = person.filter(|_| !erased);
        let standing = person.map_or(&nobody, |person| &person.standing);
        let facts = Facts {
            standing,
            sent: &[],
            minute_there: minute_there(policy, now),
            country: contact.and_then(|id| self.countries.get(&id).copied()),
        };
        // The gate says the same of an older copy that nobody has acknowledged.
        if app.restored.load(Ordering::SeqCst) && request.category == Category::Marketing {
            return Ok((Verdict::Deny(Denial::of(Code::Held)), contact));
        }
        let verdict = verdict::decide(request, facts, policy, now);
        let Some(contact) = contact.filter(|_| verdict.allows() && !policy.caps.is_empty()) else {
            return Ok((without_nobody(verdict), contact));
        };
        let sent = sent(app, contact, policy, now).await?;
        let facts = Facts {
            sent: &sent,
            ..facts
        };
        Ok((verdict::decide(request, facts, policy, now), Some(contact)))
    }
}

/// The keys of those aliases whose people were erased.
pub(super) async fn erased(app: &House, aliases: &[Alias]) -> Result<BTreeSet<String>, Error> {
    if aliases.is_empty() {
        return Ok(BTreeSet::new());
    }
    let tags: Vec<Vec<u8>> = aliases
        .iter()
        .map(|alias| app.vault.pepper(alias))
        .collect();
    let found: BTreeSet<Vec<u8>> = app.store.suppressed(&tags).await?.into_iter().collect();
    let erased = aliases
        .iter()
        .zip(&tags)
        .filter(|(_, tag)| found.contains(*tag));
    Ok(erased.map(|(alias, _)| alias.key()).collect())
}

/// The standing of somebody who was erased: all that is left is that they are refused.
pub(super) fn refused() -> Standing {
    let event = Event {
        id: NOBODYS_EVENT,
        contact: ContactId::HOUSE,
        fact: Fact::OptOut(Scope::ALL),
        clock: Clock::Ours,
        at: Timestamp::from_millis(i64::MAX),
        received: Timestamp::from_millis(i64::MAX),
        evidence: Evidence::default(),
    };
    Standing::fold(std::iter::once(&event))
}

/// Stands for the event that was erased.
const NOBODYS_EVENT: EventId = EventId::new(Uuid::nil());

fn without_nobody(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Deny(mut denial) => {
            denial.because.retain(|event| *event != NOBODYS_EVENT);
            Verdict::Deny(denial)
        }
        Verdict::Allow(clearance) => Verdict::Allow(clearance),
    }
}

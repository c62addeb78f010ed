//! How weary of marketing somebody may be, told from what went to them and what came back. An estimate, and all that it does is
//! lower the caps of marketing for a campaign: every other door keeps to the caps as they are.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

use campaign::fatigue::{self, Estimate, SLOWS_FROM};
use consent::{
    id::ContactId,
    policy::{Cap, Policy},
    register::Standing,
    scope::Category,
    time::{DAY_MS, Timestamp},
};
use serde::Serialize;
use store::{campaign::figure::Signs, contact::Person};
use utoipa::ToSchema;

use crate::{app::House, error::Error, services::contacts};

/// How far back signs are looked for, in days.
const DAYS: i64 = 90;

/// A reply to one of so many of our newest messages says that somebody still listens.
const LAST_FEW: i64 = 3;

const NOTE: &str = "an estimate from the last 90 days: WhatsApp does not say who is not interested. All that it does is lower \
                    the frequency caps of marketing for this person in campaigns";

/// How weary of marketing a person may be.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FatigueAnswer {
    /// The chance that they are weary of it, 0 to 1.
    pub weariness: f64,
    /// How much there was to judge by: from 0, nothing, to 1.
    pub confidence: f64,
    /// Marketing that was sent to them, or may have been, in ninety days.
    pub sent: u32,
    /// How much of it arrived and was not read.
    pub unread: u32,
    /// How often WhatsApp held marketing back (131049).
    pub held_back: u32,
    /// Days since they last wrote, tapped or read something; null when that is not known.
    pub days_silent: Option<u32>,
    /// Whether it is enough to lower the caps of marketing for them in campaigns, where there are caps.
    pub slows: bool,
    /// What this is, and what it does.
    pub note: &'static str,
}

impl FatigueAnswer {
    /// Whether there was marketing to tell it from.
    #[must_use]
    pub const fn is_told_from_something(&self) -> bool {
        self.sent > 0 || self.held_back > 0
    }
}

/// How weary a contact may be.
///
/// # Errors
/// [`Error::NotFound`] when there is no such contact; when the database does not answer.
pub async fn show(app: &House, id: ContactId) -> Result<FatigueAnswer, Error> {
    let line = contacts::line(app, id).await?;
    let now = app.clock.now();
    let known = app.store.signs(&[id], since(now)).await?.pop();
    let signs = read(known.as_ref(), &line.person.standing, now);
    let estimate = signs.estimate();
    Ok(FatigueAnswer {
        weariness: rounded(estimate.weariness),
        confidence: rounded(estimate.confidence),
        sent: known.map_or(0, |known| count(known.sent)),
        unread: signs.unread,
        held_back: signs.caps,
        days_silent: signs.days_silent,
        slows: estimate.weariness > SLOWS_FROM,
        note: NOTE,
    })
}

/// The policy as it is for campaigns to those of these people who may be weary: its caps of marketing are lower. Whoever it stays as
/// it is for is left out. A cap that lets anything through still does.
///
/// # Errors
/// When the database does not answer.
pub async fn slowed(
    app: &House,
    persons: &BTreeMap<ContactId, Person>,
    policy: &Policy,
) -> Result<BTreeMap<ContactId, Arc<Policy>>, Error> {
    let mut found = BTreeMap::new();
    if !policy.caps.iter().any(of_marketing) || persons.is_empty() {
        return Ok(found);
    }
    let now = app.clock.now();
    let contacts: Vec<ContactId> = persons.keys().copied().collect();
    let mut alike: BTreeMap<Vec<u32>, Arc<Policy>> = BTreeMap::new();
    for known in app.store.signs(&contacts, since(now)).await? {
        let Some(person) = persons.get(&known.contact) else {
            continue;
        };
        let estimate = read(Some(&known), &person.standing, now).estimate();
        let caps: Vec<Cap> = policy
            .caps
            .iter()
            .map(|cap| lower(*cap, estimate))
            .collect();
        if caps == policy.caps {
            continue;
        }
        let policy = match alike.entry(caps.iter().map(|cap| cap.max).collect()) {
            Entry::Occupied(made) => Arc::clone(made.get()),
            Entry::Vacant(free) => Arc::clone(free.insert(Arc::new(Policy {
                caps,
                ..policy.clone()
            }))),
        };
        found.insert(known.contact, policy);
    }
    Ok(found)
}

fn of_marketing(cap: &Cap) -> bool {
    cap.category == Category::Marketing
}

fn lower(cap: Cap, estimate: Estimate) -> Cap {
    if !of_marketing(&cap) {
        return cap;
    }
    Cap {
        max: fatigue::slowed(cap.max, estimate),
        ..cap
    }
}

fn since(now: Timestamp) -> Timestamp {
    now.plus_millis(-DAYS * DAY_MS)
}

/// What is known, as it is judged by. Whoever wrote longer ago than the signs reach is still known to have been silent since.
fn read(known: Option<&Signs>, standing: &Standing, now: Timestamp) -> fatigue::Signs {
    let wrote = standing.heard.values().filter_map(|heard| heard.last).max();
    let last = known.map_or(wrote, |known| wrote.max(known.heard).max(known.seen));
    let days = last.map(|at| count(now.millis_since(at) / DAY_MS));
    let Some(known) = known else {
        return fatigue::Signs {
            days_silent: days,
            ..fatigue::Signs::default()
        };
    };
    let to_something = known.sent > known.unanswered;
    fatigue::Signs {
        delivered: count(known.unread + known.read),
        unread: count(known.unread),
        caps: count(known.capped),
        days_silent: days,
        replied: known.heard.is_some() && to_something && known.unanswered < LAST_FEW,
    }
}

fn count(number: i64) -> u32 {
    u32::try_from(number.max(0)).unwrap_or(u32::MAX)
}

/// To hundredths: nothing about it is known more exactly.
fn rounded(share: f64) -> f64 {
    (share * 100.0).round() / 100.0
}

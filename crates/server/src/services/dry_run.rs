//! What another policy would change: marketing decided for everybody under both, in seconds for a million people.
//!
//! Everybody is cut into stretches of ids, and a few of them are read and decided beside each other. Where nothing changes that
//! marketing rests on, as with keywords, nobody is read at all.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use consent::{
    id::ContactId,
    phone::Country,
    policy::Policy,
    reason::Code,
    request::{Facts, Request, Sent},
    scope::Category,
    time::Timestamp,
    verdict,
};
use serde::Serialize;
use store::codec;
use tokio::task::JoinSet;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::{App, House},
    error::Error,
    services::{facts, policy},
};

/// People of a page.
const PAGE: u32 = 2_000;
/// Stretches that everybody is cut into: ids grow with time, so some hold more people than others.
const STRETCHES: u128 = 64;
/// Stretches that are read and decided beside each other.
const READERS: usize = 4;
/// Samples of each kind in an answer.
const SAMPLES_MAX: usize = 10;

/// What a policy would change.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct DryRun {
    /// How many contacts were looked at.
    pub checked: u64,
    /// How many may get marketing now and could not any more.
    pub newly_blocked: u64,
    /// How many may not get marketing now and could.
    pub newly_allowed: u64,
    /// Of those who would be blocked: what would block how many.
    pub blocked_by: BTreeMap<&'static str, u64>,
    /// Of those who would be allowed: what blocks how many now.
    pub allowed_from: BTreeMap<&'static str, u64>,
    /// A few of both.
    pub samples: Vec<Sample>,
}

/// A contact whose verdict would change.
#[derive(Debug, Serialize, ToSchema)]
pub struct Sample {
    /// The contact.
    pub contact: String,
    /// What they call themselves.
    pub name: Option<String>,
    /// The code now; null for a yes.
    pub before: Option<&'static str>,
    /// The code then; null for a yes.
    pub after: Option<&'static str>,
}

/// What differs for one person.
struct Change {
    contact: ContactId,
    before: Option<Code>,
    after: Option<Code>,
}

/// What is known of the people of one page.
struct Page {
    standings: Vec<(ContactId, String)>,
    sent: BTreeMap<ContactId, Vec<Sent>>,
    countries: [BTreeMap<ContactId, Country>; 2],
}

/// Stretches of ids that nobody has taken yet.
type Stretches = Arc<Mutex<VecDeque<(Option<ContactId>, Option<ContactId>)>>>;

/// Decides marketing for every contact under two policies. What depends on the hour (quiet hours) is left out.
///
/// # Errors
/// When the database does not answer.
pub async fn run(app: &App, after: &Policy) -> Result<DryRun, Error> {
    let before = policy::current(app).await?;
    if rests_on(&before) == rests_on(after) {
        let checked = app.store.count_contacts().await?;
        return Ok(DryRun {
            checked: checked.unsigned_abs(),
            ..DryRun::default()
        });
    }
    let rules = Arc::new([before.as_ref().clone(), after.clone()]);
    let first = app.store.contact_ids(None, 1).await?.first().copied();
    let stretches = Arc::new(Mutex::new(cut(first, app.clock.id())));
    let mut readers = JoinSet::new();
    for _ in 0..READERS {
        readers.spawn(read(
            app.clone(),
            Arc::clone(&stretches),
            Arc::clone(&rules),
        ));
    }
    let mut run = DryRun::default();
    let mut sampled: [Vec<Change>; 2] = [Vec::new(), Vec::new()];
    while let Some(part) = readers.join_next().await {
        let (part, changes) = part.map_err(Error::internal)??;
        run.add(part);
        for (all, some) in sampled.iter_mut().zip(changes) {
            all.extend(some);
        }
    }
    for some in &mut sampled {
        some.sort_by_key(|change| change.contact);
        some.truncate(SAMPLES_MAX);
    }
    run.samples = samples(app, sampled).await?;
    Ok(run)
}

/// A policy without all that a verdict about marketing in general never looks at: how words are read, what single topics say,
/// what holds for groups, codes and the hour.
fn rests_on(policy: &Policy) -> Policy {
    let plain = Policy::default();
    Policy {
        version: plain.version,
        keywords: plain.keywords,
        stop_words: plain.stop_words,
        stop_covers: plain.stop_covers,
        start_from_stranger: plain.start_from_stranger,
        ads: plain.ads,
        refusal_spreads: plain.refusal_spreads,
        topics: plain.topics,
        authentication_after_all: plain.authentication_after_all,
        groups: plain.groups,
        quiet_hours: plain.quiet_hours,
        zone: plain.zone,
        ..policy.clone()
    }
}

/// Everybody, from the first to whoever comes now, in stretches of the same length; the last has no end.
fn cut(first: Option<ContactId>, now: Uuid) -> VecDeque<(Option<ContactId>, Option<ContactId>)> {
    let Some(first) = first else {
        return VecDeque::new();
    };
    let first = first.get().as_u128();
    let step = now.as_u128().saturating_sub(first) / STRETCHES;
    let end = |count: u128| ContactId::new(Uuid::from_u128(first + step * count));
    let ends = (1..STRETCHES).map(|count| Some(end(count)));
    let begins = std::iter::once(None).chain(ends.clone());
    begins.zip(ends.chain([None])).collect()
}

/// Takes stretches as long as there are any, and decides for everybody in them.
async fn read(
    app: App,
    stretches: Stretches,
    rules: Arc<[Policy; 2]>,
) -> Result<(DryRun, [Vec<Change>; 2]), Error> {
    let now = app.clock.now();
    let mut run = DryRun::default();
    let mut sampled: [Vec<Change>; 2] = [Vec::new(), Vec::new()];
    loop {
        let next = stretches
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front();
        let Some((mut after, end)) = next else {
            return Ok((run, sampled));
        };
        loop {
            let page = page(&app, (after, end), &rules, now).await?;
            let Some((last, _)) = page.standings.last() else {
                break;
            };
            after = Some(*last);
            let is_last = u32::try_from(page.standings.len()).is_ok_and(|count| count < PAGE);
            let rules = Arc::clone(&rules);
            let decided = tokio::task::spawn_blocking(move || decide(&page, &rules, now));
            let (checked, changes) = decided.await.map_err(Error::internal)??;
            run.checked += checked;
            run.count(changes, &mut sampled);
            if is_last {
                break;
            }
        }
    }
}

async fn page(
    app: &House,
    between: (Option<ContactId>, Option<ContactId>),
    rules: &[Policy; 2],
    now: Timestamp,
) -> Result<Page, Error> {
    let standings = app.store.standings(between, PAGE).await?;
    let [before, then] = rules;
    let ids: Vec<ContactId> = if rules.iter().any(Policy::names_countries) {
        standings.iter().map(|(id, _)| *id).collect()
    } else {
        Vec::new()
    };
    let countries = [
        facts::countries(app, &ids, before).await?,
        facts::countries(app, &ids, then).await?,
    ];
    let since = facts::capped_since(rules, now);
    let mut sent: BTreeMap<ContactId, Vec<_>> = BTreeMap::new();
    let ends = standings.first().zip(standings.last());
    if let (Some(since), Some(((first, _), (last, _)))) = (since, ends) {
        for (contact, one) in app.store.sent_between(*first, *last, since).await? {
            sent.entry(contact).or_default().push(one);
        }
    }
    Ok(Page {
        standings,
        sent,
        countries,
    })
}

fn decide(page: &Page, rules: &[Policy; 2], now: Timestamp) -> Result<(u64, Vec<Change>), Error> {
    let request = Request::about(Category::Marketing);
    let mut changes = Vec::new();
    for (contact, text) in &page.standings {
        let standing = codec::standing(text)?;
        let sent = page.sent.get(contact).map_or(&[][..], Vec::as_slice);
        let [before, after] = [0, 1].map(|at: usize| {
            let policy = rules.get(at)?;
            let facts = Facts {
                standing: &standing,
                sent,
                minute_there: None,
                country: page.countries.get(at)?.get(contact).copied(),
            };
            verdict::decide(&request, facts, policy, now).code()
        });
        if before.is_some() != after.is_some() {
            changes.push(Change {
                contact: *contact,
                before,
                after,
            });
        }
    }
    let checked = u64::try_from(page.standings.len()).unwrap_or(u64::MAX);
    Ok((checked, changes))
}

impl DryRun {
    fn add(&mut self, part: Self) {
        self.checked += part.checked;
        self.newly_blocked += part.newly_blocked;
        self.newly_allowed += part.newly_allowed;
        for (all, some) in [
            (&mut self.blocked_by, part.blocked_by),
            (&mut self.allowed_from, part.allowed_from),
        ] {
            for (code, count) in some {
                *all.entry(code).or_default() += count;
            }
        }
    }

    fn count(&mut self, changes: Vec<Change>, sampled: &mut [Vec<Change>; 2]) {
        let [blocked, allowed] = sampled;
        for change in changes {
            let (kept, code) = match (change.before, change.after) {
                (_, Some(code)) => {
                    self.newly_blocked += 1;
                    (
                        &mut *blocked,
                        self.blocked_by.entry(code.word()).or_default(),
                    )
                }
                (Some(code), None) => {
                    self.newly_allowed += 1;
                    (
                        &mut *allowed,
                        self.allowed_from.entry(code.word()).or_default(),
                    )
                }
                (None, None) => continue,
            };
            *code += 1;
            if kept.len() < SAMPLES_MAX {
                kept.push(change);
            }
        }
    }
}

/// Some of them, by name.
async fn samples(app: &House, sampled: [Vec<Change>; 2]) -> Result<Vec<Sample>, Error> {
    let all: Vec<Change> = sampled.into_iter().flatten().collect();
    let ids: Vec<ContactId> = all.iter().map(|change| change.contact).collect();
    let persons = app.store.persons(&ids).await?;
    let names: BTreeMap<ContactId, Option<String>> = persons
        .into_iter()
        .map(|person| (person.id, person.name))
        .collect();
    let sample = |change: Change| Sample {
        contact: change.contact.to_string(),
        name: names.get(&change.contact).cloned().flatten(),
        before: change.before.map(Code::word),
        after: change.after.map(Code::word),
    };
    Ok(all.into_iter().map(sample).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_in_one_stretch() {
        let id = |number: u128| ContactId::new(Uuid::from_u128(number));
        assert!(cut(None, Uuid::from_u128(9)).is_empty());
        for (first, now) in [(5, 5), (5, 3), (5, 40), (1_000, 1_000_000)] {
            let all = cut(Some(id(first)), Uuid::from_u128(now));
            assert_eq!(all.front().map(|stretch| stretch.0), Some(None));
            assert_eq!(all.back().map(|stretch| stretch.1), Some(None));
            let pairs = all.iter().zip(all.iter().skip(1));
            assert!(pairs.into_iter().all(|(one, next)| one.1 == next.0));
        }
    }

    #[test]
    fn what_marketing_does_not_rest_on_changes_nobody() {
        let plain = Policy::default();
        let words = Policy {
            version: 7,
            groups: consent::policy::Leave::Given,
            ..Policy::default()
        };
        assert_eq!(rests_on(&plain), rests_on(&words));
        let shorter = Policy {
            opt_in_days: Some(30),
            ..Policy::default()
        };
        assert_ne!(rests_on(&plain), rests_on(&shorter));
    }
}

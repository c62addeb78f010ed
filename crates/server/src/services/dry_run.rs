//! What another policy would change: marketing decided for everybody under both, in seconds for a million people.
//!
//! The rows come page by page; while the next page is read, pages that were read are decided beside each other.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use consent::{
    id::ContactId,
    phone::Country,
    policy::Policy,
    reason::Code,
    request::{Facts, Request},
    scope::Category,
    time::{DAY_MS, Timestamp},
    verdict,
};
use serde::Serialize;
use store::codec;
use tokio::task::JoinHandle;
use utoipa::ToSchema;

use crate::{
    app::House,
    error::Error,
    services::{facts, policy},
};

/// People of a page.
const PAGE: u32 = 5_000;
/// Pages that may be decided beside each other.
const PAGES_MAX: usize = 4;
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
    sent: BTreeMap<ContactId, Vec<(Category, Timestamp)>>,
    countries: [BTreeMap<ContactId, Country>; 2],
}

type Decided = JoinHandle<Result<(u64, Vec<Change>), Error>>;

/// Decides marketing for every contact under two policies. What depends on the hour (quiet hours) is left out.
///
/// # Errors
/// When the database does not answer.
pub async fn run(app: &House, after: &Policy) -> Result<DryRun, Error> {
    let rules = Arc::new([policy::current(app).await?.as_ref().clone(), after.clone()]);
    let now = app.clock.now();
    let mut run = DryRun::default();
    let mut sampled: [Vec<Change>; 2] = [Vec::new(), Vec::new()];
    let mut under_way: VecDeque<Decided> = VecDeque::new();
    let mut last = None;
    loop {
        let page = page(app, last, &rules, now).await?;
        last = page.standings.last().map(|(id, _)| *id);
        if last.is_some() {
            let rules = Arc::clone(&rules);
            under_way.push_back(tokio::task::spawn_blocking(move || {
                decide(&page, &rules, now)
            }));
        }
        while under_way.len() >= PAGES_MAX || (last.is_none() && !under_way.is_empty()) {
            if let Some(done) = under_way.pop_front() {
                let (checked, changes) = done.await.map_err(Error::internal)??;
                run.checked += checked;
                run.count(changes, &mut sampled);
            }
        }
        if last.is_none() {
            run.samples = samples(app, sampled).await?;
            return Ok(run);
        }
    }
}

async fn page(
    app: &House,
    after: Option<ContactId>,
    rules: &[Policy; 2],
    now: Timestamp,
) -> Result<Page, Error> {
    let standings = app.store.standings(after, PAGE).await?;
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
    let days = rules
        .iter()
        .flat_map(|policy| policy.caps.iter().map(|cap| cap.days))
        .max();
    let mut sent: BTreeMap<ContactId, Vec<_>> = BTreeMap::new();
    let ends = standings.first().zip(standings.last());
    if let (Some(days), Some(((first, _), (last, _)))) = (days, ends) {
        let since = now.plus_millis(-DAY_MS.saturating_mul(i64::from(days)));
        for (contact, category, at) in app.store.sent_between(*first, *last, since).await? {
            sent.entry(contact).or_default().push((category, at));
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

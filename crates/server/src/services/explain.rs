//! Why? A verdict in words, now or at a past moment.

use consent::{
    event::Event,
    id::{ContactId, EventId},
    policy::Policy,
    register::{Heard, Standing},
    request::{Facts, Request},
    scope::{Category, Topic},
    time::Timestamp,
    verdict,
};
use serde::{Deserialize, Serialize};
use store::event::EventLine;
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::House,
    clock,
    error::Error,
    services::{
        check::{self, CheckAnswer},
        contacts, facts, policy, topics,
    },
};

/// What to explain.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExplainQuery {
    /// A past moment; now, when nothing is said.
    pub at: Option<String>,
    /// One category; every category, when nothing is said.
    pub category: Option<String>,
    /// A topic, by id or name.
    pub topic: Option<String>,
    /// The business number that would send.
    pub number: Option<String>,
}

/// Verdicts in words.
#[derive(Debug, Serialize, ToSchema)]
pub struct Explanation {
    /// The contact.
    pub contact: String,
    /// The moment that it speaks of.
    pub at: String,
    /// The version of the policy that was in force then.
    pub policy_version: u64,
    /// The size of the log now.
    pub as_of: i64,
    /// A verdict for each category.
    pub verdicts: Vec<Explained>,
}

/// A verdict for one category.
#[derive(Debug, Serialize, ToSchema)]
pub struct Explained {
    /// The category.
    pub category: &'static str,
    /// Whether a message may go.
    pub allow: bool,
    /// The code of a refusal.
    pub code: Option<&'static str>,
    /// One plain sentence.
    pub reason: &'static str,
    /// Who can lift a refusal, and how.
    pub lifted_by: Option<&'static str>,
    /// When a refusal passes by itself.
    pub until: Option<String>,
    /// What a yes rests on.
    pub basis: Option<&'static str>,
    /// The events that it rests on.
    pub because: Vec<Ground>,
}

/// An event that a verdict rests on.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ground {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// From when it counts.
    pub at: String,
    /// Where it came from.
    pub source: String,
    /// Its index in the log.
    pub seq: Option<i64>,
}

/// Explains what a contact may be sent, and why.
///
/// # Errors
/// [`Error::NotFound`] when there is no such contact; [`Error::Invalid`] for a bad question.
pub async fn explain(
    app: &House,
    id: ContactId,
    query: &ExplainQuery,
) -> Result<Explanation, Error> {
    let contact = contacts::line(app, id).await?;
    let asked = read(app, query).await?;
    let history = app.store.history(id).await?;
    let now = app.clock.now();
    let at = asked.at.unwrap_or(now);
    let rules = match asked.at {
        None => policy::current(app).await?.as_ref().clone(),
        Some(at) => policy::at(app, at).await?,
    };
    let current = contact.aliases.iter().filter(|held| held.until.is_none());
    let standing = match asked.at {
        None => contact.person.standing,
        Some(at) => standing_at(&contact.person.standing, &history, at),
    };
    let sent = facts::sent(app, id, &rules, at).await?;
    let sent: Vec<_> = sent.into_iter().filter(|(_, when)| *when <= at).collect();
    let facts = Facts {
        standing: &standing,
        sent: &sent,
        minute_there: facts::minute_there(&rules, at),
        country: rules.country(current.map(|held| &held.alias)),
    };
    let verdicts = asked.categories.iter().map(|category| {
        let request = Request {
            topic: asked.topic,
            number: asked.number.clone(),
            ..Request::about(*category)
        };
        let verdict = verdict::decide(&request, facts, &rules, at);
        explained(
            *category,
            check::answer(&verdict, Some(id), &rules),
            &history,
        )
    });
    Ok(Explanation {
        contact: id.to_string(),
        at: clock::rfc3339(at),
        policy_version: rules.version,
        verdicts: verdicts.collect(),
        as_of: app.store.head().await?.size,
    })
}

struct Asked {
    at: Option<Timestamp>,
    categories: Vec<Category>,
    topic: Option<Topic>,
    number: Option<consent::id::NumberId>,
}

async fn read(app: &House, query: &ExplainQuery) -> Result<Asked, Error> {
    let at = query.at.as_deref();
    let at = at.map(|text| {
        clock::read_rfc3339(text).ok_or_else(|| {
            let message = format!("`{text}` is not a time: want one like 2026-11-22T10:00:00Z");
            Error::field("at", message)
        })
    });
    let topics = app.store.topics().await?;
    let topic = query.topic.as_deref();
    let topic = topic
        .map(|text| topics::resolve(&topics, "topic", text))
        .transpose()?;
    let category = query.category.as_deref();
    let category = category
        .map(|text| topics::category("category", text))
        .transpose()?;
    let categories = match (category, topic) {
        (Some(category), _) => vec![category],
        (None, Some(topic)) => vec![topic.category],
        (None, None) => Category::ALL.to_vec(),
    };
    Ok(Asked {
        at: at.transpose()?,
        categories,
        topic,
        number: query.number.as_deref().map(check::number).transpose()?,
    })
}

/// The standing as it was: the fold of what we had learned until then. Of what we heard from the person only the
/// newest is kept, so an older window cannot be shown any more.
fn standing_at(now: &Standing, history: &[EventLine], at: Timestamp) -> Standing {
    let known: Vec<Event> = history
        .iter()
        .filter(|line| line.received <= at)
        .filter_map(EventLine::event)
        .collect();
    let until = |time: Option<Timestamp>| time.filter(|time| *time <= at);
    let heard = now.heard.iter().map(|(number, heard)| {
        let heard = Heard {
            last: until(heard.last),
            benign: until(heard.benign),
            from_ad: until(heard.from_ad),
            answered_ad: until(heard.answered_ad),
        };
        (number.clone(), heard)
    });
    Standing {
        heard: heard.collect(),
        ..Standing::fold(known.iter())
    }
}

fn explained(category: Category, answer: CheckAnswer, history: &[EventLine]) -> Explained {
    let ground = |id: &String| {
        let id: EventId = id.parse().ok()?;
        let line = history.iter().find(|line| line.id == id)?;
        Some(Ground {
            id: id.to_string(),
            kind: line.kind.clone(),
            at: clock::rfc3339(line.at),
            source: line.source.clone(),
            seq: line.log_index,
        })
    };
    Explained {
        category: category.word(),
        allow: answer.allow,
        code: answer.code,
        reason: answer.reason,
        lifted_by: answer.lifted_by,
        until: answer.until,
        basis: answer.basis,
        because: answer.because.iter().filter_map(ground).collect(),
    }
}

/// What a policy would change.
#[derive(Debug, Serialize, ToSchema)]
pub struct DryRun {
    /// How many contacts were looked at.
    pub checked: u64,
    /// How many may get marketing now and could not any more.
    pub newly_blocked: u64,
    /// How many may not get marketing now and could.
    pub newly_allowed: u64,
    /// A few of them.
    pub samples: Vec<Sample>,
}

/// A contact whose verdict would change.
#[derive(Debug, Serialize, ToSchema)]
pub struct Sample {
    /// The contact.
    pub contact: String,
    /// The code now; null for a yes.
    pub before: Option<&'static str>,
    /// The code then; null for a yes.
    pub after: Option<&'static str>,
}

/// Contacts on a page of a dry run.
const PAGE: u32 = 1_000;
/// Samples in an answer.
const SAMPLES_MAX: usize = 20;

/// Decides marketing for every contact under two policies. What depends on the hour (quiet hours) is left out.
///
/// # Errors
/// When the database does not answer.
pub async fn dry_run(app: &House, after: &Policy) -> Result<DryRun, Error> {
    let before = policy::current(app).await?;
    let mut run = DryRun {
        checked: 0,
        newly_blocked: 0,
        newly_allowed: 0,
        samples: Vec::new(),
    };
    let mut last = None;
    loop {
        let ids = app.store.contact_ids(last, PAGE).await?;
        let Some(end) = ids.last() else {
            return Ok(run);
        };
        last = Some(*end);
        let persons = app.store.persons(&ids).await?;
        let known = facts::countries(app, &ids, &before).await?;
        let then = facts::countries(app, &ids, after).await?;
        let rules = [(before.as_ref(), &known), (after, &then)];
        for person in persons.iter().filter(|person| person.sealing_key.is_some()) {
            let now = app.clock.now();
            let mut codes = [None, None];
            for (code, (policy, countries)) in codes.iter_mut().zip(rules) {
                let sent = facts::sent(app, person.id, policy, now).await?;
                let facts = Facts {
                    standing: &person.standing,
                    sent: &sent,
                    minute_there: None,
                    country: countries.get(&person.id).copied(),
                };
                *code = verdict::decide(&Request::about(Category::Marketing), facts, policy, now)
                    .code();
            }
            run.count(
                person.id,
                codes.map(|code| code.map(consent::reason::Code::word)),
            );
        }
    }
}

impl DryRun {
    fn count(&mut self, contact: ContactId, [before, after]: [Option<&'static str>; 2]) {
        self.checked += 1;
        if before.is_some() == after.is_some() {
            return;
        }
        if after.is_some() {
            self.newly_blocked += 1;
        } else {
            self.newly_allowed += 1;
        }
        if self.samples.len() < SAMPLES_MAX {
            self.samples.push(Sample {
                contact: contact.to_string(),
                before,
                after,
            });
        }
    }
}

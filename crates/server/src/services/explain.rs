//! Why? A verdict in words, now or at a past moment.

use consent::{
    event::Event,
    id::{ContactId, EventId},
    phone::Country,
    policy::Policy,
    register::{Heard, Standing},
    request::{Facts, Request, Sent},
    scope::{Category, Topic},
    time::Timestamp,
    verdict,
};
use serde::{Deserialize, Serialize};
use store::{contact::ContactLine, event::EventLine};
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

/// What is known of a person at a moment, as the rules take it.
pub struct Then {
    /// The person.
    pub line: ContactLine,
    /// Everything that ever happened to them.
    pub history: Vec<EventLine>,
    /// The standing then.
    pub standing: Standing,
    /// The rules then.
    pub rules: Policy,
    /// The moment.
    pub at: Timestamp,
    sent: Vec<Sent>,
    country: Option<Country>,
}

impl Then {
    /// What is known of a person now, or at a past moment.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such contact; when the database does not answer.
    pub async fn read(app: &House, id: ContactId, at: Option<Timestamp>) -> Result<Self, Error> {
        let line = contacts::line(app, id).await?;
        let history = app.store.history(id).await?;
        let (standing, rules) = match at {
            None => (
                line.person.standing.clone(),
                policy::current(app).await?.as_ref().clone(),
            ),
            Some(at) => (
                standing_at(&line.person.standing, &history, at),
                policy::at(app, at).await?,
            ),
        };
        let at = at.unwrap_or_else(|| app.clock.now());
        let sent = facts::sent(app, id, &rules, at).await?;
        let current = line.aliases.iter().filter(|held| held.until.is_none());
        Ok(Self {
            country: rules.country(current.map(|held| &held.alias)),
            sent: sent.into_iter().filter(|sent| sent.at <= at).collect(),
            line,
            history,
            standing,
            rules,
            at,
        })
    }

    /// What the rules say of a message then.
    #[must_use]
    pub fn answer(&self, request: &Request) -> CheckAnswer {
        let facts = Facts {
            standing: &self.standing,
            sent: &self.sent,
            minute_there: facts::minute_there(&self.rules, self.at),
            country: self.country,
        };
        let verdict = verdict::decide(request, facts, &self.rules, self.at);
        check::answer(&verdict, Some(self.line.person.id), &self.rules)
    }
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
    let asked = read(app, query).await?;
    let then = Then::read(app, id, asked.at).await?;
    let verdicts = asked.categories.iter().map(|category| {
        let request = Request {
            topic: asked.topic,
            number: asked.number.clone(),
            ..Request::about(*category)
        };
        explained(*category, then.answer(&request), &then.history)
    });
    Ok(Explanation {
        contact: id.to_string(),
        at: clock::rfc3339(then.at),
        policy_version: then.rules.version,
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
    let at = query.at.as_deref().map(moment);
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

/// Reads a past moment.
///
/// # Errors
/// [`Error::Invalid`] for the field `at`.
pub fn moment(text: &str) -> Result<Timestamp, Error> {
    clock::read_rfc3339(text).ok_or_else(|| {
        let message = format!("`{text}` is not a time: want one like 2026-11-22T10:00:00Z");
        Error::field("at", message)
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

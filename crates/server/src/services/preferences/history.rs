//! What was recorded about a person, for their own eyes: what happened, when, what they were shown, and its receipt.

use consent::{
    event::Fact,
    id::{EventId, TopicId},
    scope::{Scope, Subject},
    time::Timestamp,
};
use serde_json::Value;
use store::{contact::ContactLine, event::EventLine};

use super::choice::Choice;
use crate::{app::House, error::Error, evidence::Detail, vault::PersonKey};

/// How many entries are shown, newest first.
const SHOWN_MAX: usize = 200;

/// One entry.
#[derive(Debug)]
pub struct Entry {
    /// The event; its receipt number.
    pub id: EventId,
    /// What happened, as `opt_in`.
    pub kind: String,
    /// From when it counts.
    pub at: Timestamp,
    /// Where it came from.
    pub source: String,
    /// What it was about, where it was about something.
    pub about: Option<Choice>,
    /// The topic, for its name.
    pub topic: Option<TopicId>,
    /// What the person was shown.
    pub wording: Option<String>,
}

/// What was recorded about a person, newest first. What concerns only us and no wish of theirs is left out.
///
/// # Errors
/// When the database does not answer, or their key does not open what it sealed.
pub async fn of(app: &House, line: &ContactLine) -> Result<Vec<Entry>, Error> {
    let id = line.person.id;
    let key = line.person.sealing_key.as_deref();
    let key = key.map(|wrapped| app.vault.person(id, wrapped));
    let key = key.transpose().map_err(Error::internal)?;
    let history = app.store.history(id).await?;
    let shown = history.iter().rev().filter(|event| is_theirs(event));
    Ok(shown
        .take(SHOWN_MAX)
        .map(|event| entry(event, key.as_ref()))
        .collect())
}

fn is_theirs(event: &EventLine) -> bool {
    match &event.fact {
        Some(
            Fact::OptIn(_)
            | Fact::OptOut(_)
            | Fact::OptInRequested(_)
            | Fact::Retract(_)
            | Fact::PlatformStop(_)
            | Fact::PlatformResume(_)
            | Fact::Hold(..)
            | Fact::Release(_),
        ) => true,
        Some(
            Fact::PlatformBackoff
            | Fact::Blocked
            | Fact::IdentityChanged
            | Fact::AliasLinked(_)
            | Fact::AliasEnded(_)
            | Fact::Erasure
            | Fact::PolicyChanged(_)
            | Fact::Staff(_)
            | Fact::Reservations(_)
            | Fact::Referral,
        )
        | None => false,
    }
}

fn entry(event: &EventLine, key: Option<&PersonKey>) -> Entry {
    let scope = event.fact.as_ref().and_then(Fact::scope);
    let about = scope.map(choice);
    Entry {
        id: event.id,
        kind: event.kind.clone(),
        at: event.at,
        source: event.source.clone(),
        topic: match about {
            Some(Choice::Topic(topic)) => Some(topic.id),
            Some(Choice::All | Choice::Category(_) | Choice::Channel(_)) | None => None,
        },
        about,
        wording: key.and_then(|key| wording(event, key)),
    }
}

/// The nearest switch to a scope; the number that it may be limited to is left out.
fn choice(scope: &Scope) -> Choice {
    match (scope.subject, scope.channel) {
        (Subject::All, _) => Choice::All,
        (Subject::Category(consent::scope::Category::Marketing), Some(channel)) => {
            Choice::Channel(channel)
        }
        (Subject::Category(category), _) => Choice::Category(category),
        (Subject::Topic(topic), _) => Choice::Topic(topic),
    }
}

fn wording(event: &EventLine, key: &PersonKey) -> Option<String> {
    let detail = Detail::open(key, event.sealed.as_deref()?).ok()?;
    let facts: Value = serde_json::from_str(&detail.facts).ok()?;
    facts.get("wording")?.as_str().map(str::to_owned)
}

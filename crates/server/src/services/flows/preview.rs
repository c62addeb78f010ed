//! What people would read: each of our answers as it is composed, with examples in its places.

use consent::{
    alias::Alias,
    id::ContactId,
    phone::Phone,
    policy::Policy,
    scope::Category,
    time::{DAY_MS, Timestamp},
};
use graph::message::Face;
use store::{
    house::TopicLine,
    reply::{ReplyLine, ReplyState},
};
use uuid::Uuid;

use super::{
    compose::{self, Desk},
    plan::{Detail, Kind},
};
use crate::{
    app::House,
    error::Error,
    flows::Flows,
    services::{
        facts, policy,
        receipts::text::{Teller, letter},
    },
};

/// A number that belongs to nobody: the examples are written to it.
const NOBODY: &str = "+447700900123";
/// For how long the example of a pause waits, in days.
const PAUSE_DAYS: i64 = 30;

/// An answer as somebody would see it.
#[derive(Debug)]
pub struct Sample {
    /// What it says.
    pub kind: Kind,
    /// Whether the settings let it out.
    pub is_on: bool,
    /// What they see; why Meta would not take it, else.
    pub face: Result<Face, String>,
}

/// Every answer that is made of words, in a language, from a number of ours.
///
/// # Errors
/// When the database does not answer.
pub async fn samples(
    app: &House,
    flows: &Flows,
    (number, language): (&str, &str),
) -> Result<Vec<Sample>, Error> {
    let rules = policy::current(app).await?;
    let topics = app.store.topics().await?;
    let texts = app.store.topic_texts().await?;
    let phone: Phone = NOBODY.parse().map_err(Error::internal)?;
    let link = app.public_url().map(|base| format!("{base}/p/…"));
    let teller = Teller {
        flows,
        number,
        language,
        zone: facts::zone(&rules),
    };
    let receipt = letter(&[], &teller, link.as_deref());
    let desk = Desk {
        app,
        flows,
        policy: &rules,
        topics: &topics,
        texts: &texts,
        may_ask: true,
        receipt: Some(&receipt),
    };
    let now = app.clock.now();
    let kinds = Kind::ALL.into_iter().filter(|kind| *kind != Kind::Reminder);
    let samples = kinds.map(|kind| {
        let detail = detail(kind, &rules, &topics, now);
        let line = line((number, language), kind, &detail, now);
        let alias = Alias::Phone(phone);
        let composed = compose::linking(desk, &line, kind, (&alias, link.clone()));
        Sample {
            kind,
            is_on: kind.is_on(flows),
            face: composed
                .map(|message| message.face())
                .map_err(|error| error.to_string()),
        }
    });
    Ok(samples.collect())
}

/// What an answer speaks of, where it speaks of something.
fn detail(kind: Kind, rules: &Policy, topics: &[TopicLine], now: Timestamp) -> Detail {
    let in_use = |line: &&TopicLine| {
        let rule = rules.topics.get(&line.topic.id);
        line.topic.category == Category::Marketing && rule.is_none_or(|rule| rule.retired.is_none())
    };
    let topic = topics.iter().find(in_use).filter(|_| kind == Kind::TopicOn);
    let until = now.plus_millis(PAUSE_DAYS * DAY_MS).millis();
    Detail {
        topics: topic
            .map(|line| line.topic.id.to_string())
            .into_iter()
            .collect(),
        until: (kind == Kind::Paused).then_some(until),
        ..Detail::default()
    }
}

fn line(
    (number, language): (&str, &str),
    kind: Kind,
    detail: &Detail,
    now: Timestamp,
) -> ReplyLine {
    ReplyLine {
        contact: ContactId::HOUSE,
        id: Uuid::nil(),
        kind: kind.word().to_owned(),
        number: number.to_owned(),
        recipient: NOBODY.to_owned(),
        language: language.to_owned(),
        detail: serde_json::to_string(detail).unwrap_or_default(),
        quotes: None,
        said: now,
        due: now,
        state: ReplyState::Waiting,
    }
}

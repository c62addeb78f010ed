//! The timeline of a contact: events and messages in one order, newest first, with their evidence opened.

use consent::{
    event::Fact,
    id::{AttemptId, ContactId},
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use store::{event::EventLine, message::MessageFilter};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::House,
    clock,
    error::Error,
    services::{
        contacts::{ScopeAnswer, line, scope_answer},
        messages::{self, MessageAnswer},
        shown::{self, Opened},
    },
};

/// One thing that happened.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Item {
    /// An event.
    Event(Box<EventItem>),
    /// A message.
    Message(Box<MessageItem>),
}

/// An event with its evidence.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventItem {
    /// The kind of event, as `opt_out`.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// From when it counts.
    pub at: String,
    /// When we learned of it.
    pub received_at: String,
    /// Whose clock dated it: `meta`, `ours` or `claimed`.
    pub clock: &'static str,
    /// What it covers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<ScopeAnswer>,
    /// The business number that a platform stop or resume is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// When a hold ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// The event that a retract or release names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Where it came from.
    pub source: String,
    /// How we know, opened with the person's key; null once erased.
    #[schema(value_type = Option<Object>)]
    pub evidence: Option<Value>,
    /// Its index in the log; null until numbered.
    pub seq: Option<i64>,
    /// Whether a retract named it, so that it has no effect.
    pub retracted: bool,
}

/// A message among events.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageItem {
    /// `message`.
    pub kind: &'static str,
    /// The message.
    #[serde(flatten)]
    pub message: MessageAnswer,
}

impl Item {
    /// Its id: what a cursor names.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::Event(item) => item.id.clone(),
            Self::Message(item) => item.message.id.clone(),
        }
    }
}

/// What happened to a contact, newest first, from `after` on, at most `limit` items and one more.
///
/// # Errors
/// [`Error::NotFound`] when there is no such contact; when the database does not answer.
pub async fn timeline(
    app: &House,
    id: ContactId,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Item>, Error> {
    let contact = line(app, id).await?;
    let history = app.store.history(id).await?;
    let filter = MessageFilter {
        contact: Some(id),
        after: after.map(AttemptId::new),
        limit: limit + 1,
        ..MessageFilter::default()
    };
    let messages = app.store.messages(&filter).await?;
    let retracted = &contact.person.standing.retracted;
    // Ids grow with time, of events and of messages alike.
    let older = |id: Uuid| after.is_none_or(|after| id < after);
    let events: Vec<&EventLine> = history
        .iter()
        .filter(|event| older(event.id.get()))
        .collect();
    let opened = shown::open(app, &contact.person, &events).await?;
    let mut items: Vec<(Uuid, Item)> = events
        .into_iter()
        .map(|event| {
            let is_retractable = event.event().is_some_and(|event| event.is_retractable());
            let mut item = item(event, opened.get(&event.id));
            item.retracted = is_retractable && retracted.contains(&event.id);
            (event.id.get(), Item::Event(Box::new(item)))
        })
        .collect();
    items.extend(messages.iter().map(|message| {
        let item = MessageItem {
            kind: "message",
            message: messages::answer(app, message),
        };
        (message.id.get(), Item::Message(Box::new(item)))
    }));
    items.sort_by_key(|(id, _)| std::cmp::Reverse(*id));
    items.truncate(
        usize::try_from(limit)
            .unwrap_or(usize::MAX)
            .saturating_add(1),
    );
    Ok(items.into_iter().map(|(_, item)| item).collect())
}

fn item(line: &EventLine, opened: Option<&Opened>) -> EventItem {
    let fact = line.fact.as_ref();
    let (mut number, mut until, mut event) = (None, None, None);
    match fact {
        Some(Fact::PlatformStop(at) | Fact::PlatformResume(at)) => number = Some(at.to_string()),
        Some(Fact::Hold(_, end)) => until = end.map(clock::rfc3339),
        Some(Fact::Retract(named) | Fact::Release(named)) => event = Some(named.to_string()),
        _ => {}
    }
    EventItem {
        kind: line.kind.clone(),
        id: line.id.to_string(),
        at: clock::rfc3339(line.at),
        received_at: clock::rfc3339(line.received),
        clock: line.clock.word(),
        scope: fact.and_then(Fact::scope).map(scope_answer),
        number,
        until,
        event,
        source: line.source.clone(),
        evidence: opened.map(evidence),
        seq: line.log_index,
        retracted: false,
    }
}

/// The facts that were sealed, without those that the item says already; with the words that the person was shown and
/// their hash, whichever of the two was kept.
fn evidence(opened: &Opened) -> Value {
    let said = [
        "id",
        "contact",
        "kind",
        "argument",
        "clock",
        "at_ms",
        "received_ms",
    ];
    let facts = opened.facts.iter();
    let rest = facts.filter(|(name, _)| !said.contains(&name.as_str()));
    let mut rest: Map<String, Value> = rest
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if let Some(shown) = &opened.shown {
        rest.insert(
            "wording_sha256".to_owned(),
            json!(hex::encode(shown.sha256)),
        );
        if let Some(text) = &shown.text {
            rest.insert("wording".to_owned(), json!(text));
        }
    }
    Value::Object(rest)
}

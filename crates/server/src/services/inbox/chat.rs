//! A conversation as it is read: messages both ways, and between them what the person wished, what was refused, and notes.

use std::collections::BTreeMap;

use consent::{
    event::Fact,
    id::{AttemptId, ContactId, NumberId},
    reason::Code,
};
use graph::template::Shape;
use serde::Serialize;
use store::{
    contact::Person,
    conversation::Key,
    event::EventLine,
    message::{Direction, MessageLine, State},
};
use utoipa::ToSchema;
use uuid::Uuid;

use super::words::Keys;
use crate::{
    app::House,
    clock,
    error::Error,
    services::{
        contacts::{ScopeAnswer, scope_answer},
        messages::MessageTemplate,
        notes::{self, NoteAnswer},
        reviews::{self, ReviewAnswer},
        shown::{self, Opened},
    },
};

/// So many of those whom a person was before are looked through.
const FORMER_MAX: usize = 8;
/// So many reviews of a person are looked through, the newest.
const REVIEWS_MAX: u32 = 200;

/// One thing in a conversation.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ChatItem {
    /// A message, sent, refused or received.
    Message(Box<ChatMessage>),
    /// What changed about the person's consent.
    Event(Box<ChatEvent>),
    /// What the staff noted.
    Note(NoteAnswer),
}

/// A message in a conversation.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChatMessage {
    /// Its id.
    pub id: String,
    /// When it was sent or came, or was refused.
    pub at: String,
    /// `out` or `in`.
    pub direction: &'static str,
    /// The type of a message that came in, the category of one that went out.
    pub category: String,
    /// Its words; null where it has none, or they are not kept.
    pub text: Option<String>,
    /// Who of the staff wrote it; null where a program did.
    pub by: Option<String>,
    /// Its template.
    pub template: Option<MessageTemplate>,
    /// What became of it.
    pub state: &'static str,
    /// The code of a refusal by the gate.
    pub code: Option<String>,
    /// Why it was refused, or what Meta said.
    pub reason: Option<String>,
    /// Who can lift a refusal by the gate.
    pub lifted_by: Option<&'static str>,
    /// Meta's error code.
    pub error_code: Option<i64>,
    /// When the last news of it came.
    pub outcome_at: Option<String>,
    /// What a person has to decide about it, or has decided.
    pub review: Option<ReviewAnswer>,
}

/// What changed about the person's consent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChatEvent {
    /// Its id.
    pub id: String,
    /// From when it counts.
    pub at: String,
    /// The kind of event, as `opt_out`.
    pub event: String,
    /// What it covers.
    pub scope: Option<ScopeAnswer>,
    /// The business number that it is about, where it is about one.
    pub number: Option<String>,
    /// When a hold ends by itself.
    pub until: Option<String>,
    /// Where it came from.
    pub source: String,
    /// Who did it, when not the person.
    pub actor: Option<String>,
    /// Whether it was taken back.
    pub retracted: bool,
}

impl ChatItem {
    /// Its id: what a cursor names.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Message(item) => &item.id,
            Self::Event(item) => &item.id,
            Self::Note(item) => &item.id,
        }
    }
}

/// A page of a conversation, newest first, before `after`, and the cursor of the next.
///
/// # Errors
/// [`Error::NotFound`] when there is no such contact; when the database does not answer.
pub async fn page(
    app: &House,
    key: Key<'_>,
    after: Option<Uuid>,
    limit: u32,
) -> Result<(Vec<ChatItem>, Option<String>), Error> {
    let (contact, number) = key;
    let mut ids = vec![contact];
    let former = app.store.former_selves(contact).await?;
    ids.extend(former.into_iter().take(FORMER_MAX));
    let persons = app.store.persons(&ids).await?;
    let person = persons.iter().find(|person| person.id == contact);
    let person = person.ok_or(Error::NotFound("contact"))?;
    let keys = Keys::of(app, &persons);
    let enough = limit.saturating_add(1);
    let mut items: Vec<(Uuid, ChatItem)> = Vec::new();
    let said = said(app, (&ids, number), after, enough).await?;
    let decided = decisions(app, contact, &said).await?;
    let texts = templates(app, number, &said).await?;
    for line in &said {
        let mut message = message(line, &keys, &texts);
        let review = line.wamid.as_ref().and_then(|id| decided.get(id));
        message.review = review.cloned();
        items.push((line.id.get(), ChatItem::Message(Box::new(message))));
    }
    items.extend(events(app, person, number, after).await?);
    let lines = app.store.notes(contact, after, enough).await?;
    let noted = notes::opened(app, person, &lines).into_iter();
    items.extend(noted.map(|(id, note)| (id, ChatItem::Note(note))));
    items.sort_by_key(|(id, _)| std::cmp::Reverse(*id));
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more);
    let next = next.map(|(_, item)| item.id().to_owned());
    Ok((items.into_iter().map(|(_, item)| item).collect(), next))
}

/// What was said, by whomever the person was: each with an index of their own.
async fn said(
    app: &House,
    (ids, number): (&[ContactId], &str),
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<MessageLine>, Error> {
    let mut lines = Vec::new();
    for id in ids {
        let after = after.map(AttemptId::new);
        lines.extend(app.store.chat((*id, number), after, limit).await?);
    }
    Ok(lines)
}

/// The reviews of messages, by Meta's ids of them.
async fn decisions(
    app: &House,
    contact: ContactId,
    said: &[MessageLine],
) -> Result<BTreeMap<String, ReviewAnswer>, Error> {
    if said.iter().all(|line| line.direction == Direction::Out) {
        return Ok(BTreeMap::new());
    }
    let all = reviews::of_contact(app, contact, REVIEWS_MAX).await?;
    let by_message = |review: ReviewAnswer| Some((review.message.clone()?, review));
    Ok(all.into_iter().filter_map(by_message).collect())
}

/// What templates say, with their gaps as they are: where the words that were sent are not kept.
async fn templates(
    app: &House,
    number: &str,
    said: &[MessageLine],
) -> Result<BTreeMap<(String, String), String>, Error> {
    let number = number.parse::<NumberId>().ok();
    let Some(account) = number.and_then(|number| app.config.account_of(&number)) else {
        return Ok(BTreeMap::new());
    };
    let mut texts = BTreeMap::new();
    for named in said.iter().filter_map(|line| line.template.as_ref()) {
        if !texts.contains_key(named) {
            let found = app.store.template(account, &named.0, &named.1).await?;
            let text = found.map(|line| Shape::of(&line.components).words(&[], &[]));
            texts.insert(named.clone(), text.unwrap_or_default());
        }
    }
    Ok(texts)
}

fn message(
    line: &MessageLine,
    keys: &Keys,
    texts: &BTreeMap<(String, String), String>,
) -> ChatMessage {
    let said = keys.said(line);
    let (text, by) = said.map(|said| (said.text, said.by)).unzip();
    let template = line.template.as_ref();
    let usual = template.and_then(|named| texts.get(named).cloned());
    let code = line.code.as_deref().and_then(Code::read);
    let denied = line.state == State::Denied;
    ChatMessage {
        id: line.id.to_string(),
        at: clock::rfc3339(line.at),
        direction: super::direction(line),
        category: line.category.clone(),
        text: text.or(usual).filter(|text| !text.is_empty()),
        by: by.flatten(),
        template: template.map(|(name, language)| MessageTemplate {
            name: name.clone(),
            language: language.clone(),
        }),
        state: line.state.word(),
        code: line.code.clone(),
        reason: line.reason.clone(),
        lifted_by: code.filter(|_| denied).map(|code| code.lifter().sentence()),
        error_code: line.error_code,
        outcome_at: line.outcome.map(clock::rfc3339),
        review: None,
    }
}

/// What changed about the person's consent, as far as it is about this number or about all.
async fn events(
    app: &House,
    person: &Person,
    number: &str,
    after: Option<Uuid>,
) -> Result<Vec<(Uuid, ChatItem)>, Error> {
    let history = app.store.history(person.id).await?;
    let shown: Vec<&EventLine> = history
        .iter()
        .filter(|line| after.is_none_or(|after| line.id.get() < after))
        .filter(|line| {
            line.fact
                .as_ref()
                .is_some_and(|fact| is_shown(fact, number))
        })
        .collect();
    let opened = shown::open(app, person, &shown).await?;
    let retracted = &person.standing.retracted;
    let items = shown.into_iter().map(|line| {
        let is_retractable = line.event().is_some_and(|event| event.is_retractable());
        let mut item = event(line, opened.get(&line.id));
        item.retracted = is_retractable && retracted.contains(&line.id);
        (line.id.get(), ChatItem::Event(Box::new(item)))
    });
    Ok(items.collect())
}

/// Whether a fact is a line in the conversation with a number.
fn is_shown(fact: &Fact, number: &str) -> bool {
    let here = |of: Option<&NumberId>| of.is_none_or(|of| of.as_str() == number);
    match fact {
        Fact::OptIn(_) | Fact::OptOut(_) | Fact::OptInRequested(_) | Fact::Hold(..) => {
            here(fact.scope().and_then(|scope| scope.number.as_ref()))
        }
        Fact::PlatformStop(of) | Fact::PlatformResume(of) => here(Some(of)),
        Fact::Retract(_)
        | Fact::Release(_)
        | Fact::Blocked
        | Fact::IdentityChanged
        | Fact::PlatformBackoff => true,
        Fact::AliasLinked(_)
        | Fact::AliasEnded(_)
        | Fact::Erasure
        | Fact::PolicyChanged(_)
        | Fact::Staff(_)
        | Fact::Reservations(_)
        | Fact::Referral => false,
    }
}

fn event(line: &EventLine, opened: Option<&Opened>) -> ChatEvent {
    let fact = line.fact.as_ref();
    let scope = fact.and_then(Fact::scope);
    let number = match fact {
        Some(Fact::PlatformStop(at) | Fact::PlatformResume(at)) => Some(at.to_string()),
        _ => None,
    };
    let until = match fact {
        Some(Fact::Hold(_, end)) => end.map(clock::rfc3339),
        _ => None,
    };
    ChatEvent {
        id: line.id.to_string(),
        at: clock::rfc3339(line.at),
        event: line.kind.clone(),
        scope: scope.map(scope_answer),
        number,
        until,
        source: line.source.clone(),
        actor: opened
            .and_then(|opened| opened.text("actor"))
            .map(str::to_owned),
        retracted: false,
    }
}

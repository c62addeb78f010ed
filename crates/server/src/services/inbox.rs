//! The inbox: who wrote to which of our numbers, who looks after it, and until when they may be answered.

pub mod chat;
pub mod handle;
pub mod layers;
pub mod live;
pub mod offers;
pub mod reply;
mod words;

use std::collections::BTreeMap;

use consent::{
    alias::Alias,
    id::{ContactId, NumberId},
    policy::Policy,
    register::Standing,
    time::Timestamp,
    window,
};
use serde::Serialize;
use store::{
    contact::Person,
    conversation::{ConversationLine, Filter, Key, Place, State},
    message::{Direction, MessageLine},
};
use utoipa::ToSchema;
use uuid::Uuid;

use self::words::Keys;
use crate::{
    app::House,
    clock,
    error::Error,
    services::{policy, summary},
};

/// Counting what nobody has read ends here.
pub const UNREAD_MAX: u32 = 1_000;

/// A conversation, as lists show it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConversationAnswer {
    /// The contact.
    pub contact: String,
    /// The business number.
    pub number: String,
    /// What the person calls themselves.
    pub name: Option<String>,
    /// Where a reply goes: their number in E.164, or their BSUID; null when there is no address any more.
    pub address: Option<String>,
    /// `open` or `closed`.
    pub state: &'static str,
    /// The member of the staff who looks after it.
    pub assigned_to: Option<String>,
    /// How many messages nobody has read.
    pub unread: i64,
    /// When something was last said.
    pub last_at: String,
    /// When the person last wrote; null when they never did.
    pub last_in_at: Option<String>,
    /// The customer service window.
    pub window: WindowAnswer,
    /// What they told us about marketing: `opted_in`, `opted_out`, `pending` or `none`.
    pub consent: &'static str,
    /// What WhatsApp's own switch says: `open` or `stopped`.
    pub platform: &'static str,
    /// What was last said.
    pub last: Option<Snippet>,
}

/// The customer service window: while it is open, anything may be answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WindowAnswer {
    /// Whether it is open now.
    pub open: bool,
    /// Until when it is, or was; null when it never was.
    pub until: Option<String>,
}

/// What was last said.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Snippet {
    /// `out` or `in`.
    pub direction: &'static str,
    /// The type of a message that came in, the category of one that went out.
    pub kind: String,
    /// Its words; null where it has none, or they are not kept.
    pub text: Option<String>,
    /// Its template.
    pub template: Option<String>,
    /// What became of it.
    pub state: &'static str,
}

/// What a cursor of the list says.
#[must_use]
pub fn cursor(line: &ConversationLine) -> String {
    format!("{}.{}.{}", line.last.millis(), line.contact, line.number)
}

/// Reads [`cursor`].
///
/// # Errors
/// [`Error::Invalid`] when it is none of ours.
pub fn place(text: &str) -> Result<Place, Error> {
    let read = || {
        let mut parts = text.splitn(3, '.');
        Some(Place {
            last: Timestamp::from_millis(parts.next()?.parse().ok()?),
            contact: parts.next()?.parse().ok()?,
            number: parts.next()?.to_owned(),
        })
    };
    read().ok_or_else(|| {
        let message = format!("`{text}` is not a cursor: want `next` of the page before");
        Error::field("cursor", message)
    })
}

/// A page of conversations, newest first, and the cursor of the next.
///
/// # Errors
/// When the database does not answer.
pub async fn list(
    app: &House,
    filter: Filter,
) -> Result<(Vec<ConversationAnswer>, Option<String>), Error> {
    let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
    let asked = Filter {
        limit: filter.limit.saturating_add(1),
        ..filter
    };
    let mut lines = app.store.conversations(&asked).await?;
    let more = lines.len() > limit;
    lines.truncate(limit);
    let next = lines.last().filter(|_| more).map(cursor);
    Ok((answers(app, &lines).await?, next))
}

/// One conversation, as lists show it.
///
/// # Errors
/// [`Error::NotFound`] when there is none; when the database does not answer.
pub async fn one(app: &House, key: Key<'_>) -> Result<ConversationAnswer, Error> {
    let line = find(app, key).await?;
    let answer = answers(app, &[line]).await?.pop();
    answer.ok_or(Error::NotFound("conversation"))
}

/// How many open conversations have something that nobody has read, up to [`UNREAD_MAX`].
///
/// # Errors
/// When the database does not answer.
pub async fn unread(app: &House) -> Result<i64, Error> {
    Ok(app.store.count_unread(State::Open, UNREAD_MAX).await?)
}

/// The row of a conversation.
///
/// # Errors
/// [`Error::NotFound`] when there is none; when the database does not answer.
pub async fn find(app: &House, key: Key<'_>) -> Result<ConversationLine, Error> {
    let line = app.store.conversation(key).await?;
    line.ok_or(Error::NotFound("conversation"))
}

async fn answers(
    app: &House,
    lines: &[ConversationLine],
) -> Result<Vec<ConversationAnswer>, Error> {
    let mut contacts: Vec<ContactId> = lines.iter().map(|line| line.contact).collect();
    contacts.sort_unstable();
    contacts.dedup();
    let keys: Vec<Key<'_>> = lines
        .iter()
        .map(|line| (line.contact, line.number.as_str()))
        .collect();
    let (persons, aliases, said, policy) = tokio::try_join!(
        async { Ok::<_, Error>(app.store.persons(&contacts).await?) },
        async { Ok(app.store.aliases_of(&contacts).await?) },
        async { Ok(app.store.last_said(&keys).await?) },
        policy::current(app),
    )?;
    let opener = Keys::of(app, &persons);
    let persons: BTreeMap<ContactId, &Person> =
        persons.iter().map(|person| (person.id, person)).collect();
    let mut addresses: BTreeMap<ContactId, Vec<Alias>> = BTreeMap::new();
    for line in aliases {
        addresses.entry(line.contact).or_default().push(line.alias);
    }
    let said: BTreeMap<(ContactId, &str), &MessageLine> = said
        .iter()
        .map(|line| ((line.contact, line.number.as_str()), line))
        .collect();
    let now = app.clock.now();
    let answers = lines.iter().filter_map(|line| {
        let person = persons.get(&line.contact)?;
        let held = addresses.get(&line.contact).map(Vec::as_slice);
        let last = said.get(&(line.contact, line.number.as_str()));
        Some(ConversationAnswer {
            last: last.map(|line| snippet(line, &opener)),
            ..answer(line, person, held.unwrap_or_default(), (&policy, now))
        })
    });
    Ok(answers.collect())
}

fn answer(
    line: &ConversationLine,
    person: &Person,
    aliases: &[Alias],
    (policy, now): (&Policy, Timestamp),
) -> ConversationAnswer {
    ConversationAnswer {
        contact: line.contact.to_string(),
        number: line.number.clone(),
        name: person.name.clone(),
        address: address(aliases).map(Alias::value),
        state: line.state.word(),
        assigned_to: line.assigned.map(|id: Uuid| id.to_string()),
        unread: line.unread,
        last_at: clock::rfc3339(line.last),
        last_in_at: line.last_in.map(clock::rfc3339),
        window: window(&person.standing, &line.number, now),
        consent: summary::consent(&person.standing, policy, now),
        platform: summary::platform(&person.standing),
        last: None,
    }
}

fn snippet(line: &MessageLine, keys: &Keys) -> Snippet {
    Snippet {
        direction: direction(line),
        kind: line.category.clone(),
        text: keys.said(line).map(|said| said.text),
        template: line.template.as_ref().map(|(name, _)| name.clone()),
        state: line.state.word(),
    }
}

const fn direction(line: &MessageLine) -> &'static str {
    match line.direction {
        Direction::Out => "out",
        Direction::In => "in",
    }
}

/// The window of one number, by the very rule that the gate asks.
fn window(standing: &Standing, number: &str, now: Timestamp) -> WindowAnswer {
    let number = number.parse::<NumberId>().ok();
    let heard = number.and_then(|number| standing.heard.get(&number));
    WindowAnswer {
        open: heard.is_some_and(|heard| window::is_open(heard, now)),
        until: heard.and_then(window::open_until).map(clock::rfc3339),
    }
}

/// The address that a message goes to: a telephone number, else an id of theirs in WhatsApp.
#[must_use]
pub fn address(aliases: &[Alias]) -> Option<&Alias> {
    let rank = |alias: &&Alias| match alias {
        Alias::Phone(_) => Some(0),
        Alias::WaId(_) => Some(1),
        Alias::Bsuid(_) => Some(2),
        Alias::ParentBsuid(_) => Some(3),
        Alias::Email(_) => None,
    };
    let usable = aliases.iter().filter(|alias| rank(alias).is_some());
    // Of several the newest: they come the oldest first.
    usable.rev().min_by_key(rank)
}

/// Reads a business number that is one of ours.
///
/// # Errors
/// [`Error::NotFound`] when it is none.
pub fn ours(app: &House, number: &str) -> Result<NumberId, Error> {
    let number: NumberId = number.parse().map_err(|_| Error::NotFound("number"))?;
    match app.config.account_of(&number) {
        Some(_) => Ok(number),
        None => Err(Error::NotFound("number")),
    }
}

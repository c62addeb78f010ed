//! Messages and the verdicts on them, for lookups.

use consent::{alias::Alias, id::ContactId};
use serde::Serialize;
use store::message::{Direction, MessageFilter, MessageLine, State};
use utoipa::ToSchema;

use crate::{app::House, clock, error::Error, services::who};

/// A message with everything that is known of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageAnswer {
    /// Its id.
    pub id: String,
    /// `out` or `in`.
    pub direction: &'static str,
    /// Whose; null when the address means nobody.
    pub contact: Option<String>,
    /// The other side's address.
    pub to: Option<String>,
    /// The business number.
    pub number: String,
    /// Its category; of a message that came in, its type.
    pub category: String,
    /// Its topic.
    pub topic: Option<String>,
    /// Its template.
    pub template: Option<MessageTemplate>,
    /// What became of it.
    pub state: &'static str,
    /// The code of a refusal.
    pub code: Option<String>,
    /// The sentence of a refusal, or what Meta said.
    pub reason: Option<String>,
    /// The events that the verdict rests on.
    pub because: Vec<String>,
    /// What a yes rests on.
    pub basis: Option<String>,
    /// The version of the policy that was in force.
    pub policy_version: i64,
    /// The size of the log when it was decided.
    pub as_of: i64,
    /// When it was decided, or came.
    pub at: String,
    /// When the last news of it came.
    pub outcome_at: Option<String>,
    /// Meta's id of it.
    pub wamid: Option<String>,
    /// Meta's error code.
    pub error_code: Option<i64>,
}

/// A template by its name.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MessageTemplate {
    /// Its name.
    pub name: String,
    /// Its language.
    pub language: String,
}

/// A page of messages, newest first.
///
/// # Errors
/// [`Error::Invalid`] when the state or the address makes no sense; when the database does not answer.
pub async fn list(
    app: &House,
    to: Option<&str>,
    filter: MessageFilter,
) -> Result<Vec<MessageAnswer>, Error> {
    if let Some(state) = &filter.state
        && State::read(state).is_none()
    {
        let words = State::ALL.map(State::word).join(", ");
        let message = format!("`{state}` is not a state: want {words}");
        return Err(Error::field("state", message));
    }
    let contact = match to {
        None => None,
        Some(text) => match contact(app, text).await? {
            Some(contact) => Some(contact),
            None => return Ok(Vec::new()),
        },
    };
    let filter = MessageFilter { contact, ..filter };
    let lines = app.store.messages(&filter).await?;
    Ok(lines.iter().map(|line| answer(app, line)).collect())
}

/// A message as answers show it.
#[must_use]
pub fn answer(app: &House, line: &MessageLine) -> MessageAnswer {
    let (topic, template) = (line.topic, line.template.clone());
    MessageAnswer {
        id: line.id.to_string(),
        direction: match line.direction {
            Direction::Out => "out",
            Direction::In => "in",
        },
        contact: (line.contact != ContactId::HOUSE).then(|| line.contact.to_string()),
        to: address(app, &line.recipient),
        number: line.number.clone(),
        category: line.category.clone(),
        topic: topic.map(|topic| topic.to_string()),
        template: template.map(|(name, language)| MessageTemplate { name, language }),
        state: line.state.word(),
        code: line.code.clone(),
        reason: line.reason.clone(),
        because: line.because.clone(),
        basis: line.basis.clone(),
        policy_version: line.policy_version,
        as_of: line.as_of,
        at: clock::rfc3339(line.at),
        outcome_at: line.outcome.map(clock::rfc3339),
        wamid: line.wamid.clone(),
        error_code: line.error_code,
    }
}

/// The contact that an address or an id means.
async fn contact(app: &House, text: &str) -> Result<Option<ContactId>, Error> {
    if let Ok(id) = text.parse::<ContactId>() {
        return Ok(Some(id));
    }
    let key = who::alias(app, text)?.key();
    let found = app.store.find(&[key]).await?;
    Ok(found.first().map(|(_, contact)| *contact))
}

/// An address in E.164, where it is a number; nothing once erased.
fn address(app: &House, text: &str) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    let alias = who::alias(app, text);
    Some(alias.map_or_else(|_| text.to_owned(), |alias: Alias| alias.value()))
}

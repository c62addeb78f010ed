//! Bodies of our own: confirmations, questions with two buttons, campaigns.

use consent::permit::Recipient;
use serde_json::{Value, json};

use super::{Endpoint, Outgoing, Refused, kind};
use crate::loose::Object;

const TEXT_CHARS_MAX: usize = 4096;
const BUTTONS_TEXT_CHARS_MAX: usize = 1024;
const BUTTONS_MAX: usize = 3;
const TITLE_CHARS_MAX: usize = 20;
const ID_CHARS_MAX: usize = 256;

/// A reply button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Button<'a> {
    /// What comes back when it is tapped.
    pub id: &'a str,
    /// What the person sees.
    pub title: &'a str,
}

/// A message of ours that Meta would not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMessage {
    /// Something is empty or too long.
    #[error("`{name}` has {length} characters: want 1 to {max}")]
    Length {
        /// What.
        name: &'static str,
        /// How long it is, in characters.
        length: usize,
        /// How long it may be.
        max: usize,
    },
    /// Too few or too many buttons, or two with one id.
    #[error("the buttons cannot be used: want 1 to 3, each with its own id")]
    Buttons,
    /// The parts of a template are not a list.
    #[error("the components of a template are not a list")]
    Components,
    /// The message does not read back as what was meant.
    #[error(transparent)]
    Refused(#[from] Refused),
}

/// A text; `quotes` is the message that it answers.
///
/// # Errors
/// [`BadMessage`] when the text is empty or too long.
pub fn text(to: &Recipient, body: &str, quotes: Option<&str>) -> Result<Outgoing, BadMessage> {
    within("text", body, TEXT_CHARS_MAX)?;
    let content = json!({"body": body, "preview_url": false});
    message(to, quotes, ("text", content))
}

/// A question with reply buttons.
///
/// # Errors
/// [`BadMessage`] when text or buttons are not what Meta takes.
pub fn buttons(to: &Recipient, body: &str, buttons: &[Button<'_>]) -> Result<Outgoing, BadMessage> {
    within("text", body, BUTTONS_TEXT_CHARS_MAX)?;
    let repeated = |(at, button): (usize, &Button<'_>)| {
        buttons
            .iter()
            .skip(at + 1)
            .any(|other| other.id == button.id)
    };
    if buttons.is_empty() || buttons.len() > BUTTONS_MAX || buttons.iter().enumerate().any(repeated)
    {
        return Err(BadMessage::Buttons);
    }
    for button in buttons {
        within("title", button.title, TITLE_CHARS_MAX)?;
        within("id", button.id, ID_CHARS_MAX)?;
    }
    let rows: Vec<Value> = buttons
        .iter()
        .map(|button| json!({"type": "reply", "reply": {"id": button.id, "title": button.title}}))
        .collect();
    let content = json!({"type": "button", "body": {"text": body}, "action": {"buttons": rows}});
    message(to, None, ("interactive", content))
}

/// A template; `components` is the JSON list of its parameters, none for a template without any.
///
/// # Errors
/// [`BadMessage`] when name or language is empty, or the components are not a list.
pub fn template(
    to: &Recipient,
    name: &str,
    language: &str,
    components: Option<Value>,
) -> Result<Outgoing, BadMessage> {
    let mut content = json!({"name": name, "language": {"code": language}});
    match components {
        None => {}
        Some(list @ Value::Array(_)) => {
            if let Value::Object(content) = &mut content {
                content.insert("components".to_owned(), list);
            }
        }
        Some(_) => return Err(BadMessage::Components),
    }
    message(to, None, ("template", content))
}

fn message(
    to: &Recipient,
    quotes: Option<&str>,
    (kind, content): (&str, Value),
) -> Result<Outgoing, BadMessage> {
    debug_assert!(
        kind::CONTENTS.contains(&kind),
        "a content that can be read back"
    );
    let mut body = Object::new();
    body.insert("messaging_product".to_owned(), "whatsapp".into());
    let (recipient_type, name, value) = match to {
        Recipient::Phone(phone) => ("individual", "to", phone.digits()),
        Recipient::Bsuid(id) => ("individual", "recipient", id.to_string()),
        Recipient::Group(id) => ("group", "to", id.clone()),
    };
    body.insert("recipient_type".to_owned(), recipient_type.into());
    body.insert(name.to_owned(), value.into());
    if let Some(id) = quotes {
        body.insert("context".to_owned(), json!({"message_id": id}));
    }
    body.insert("type".to_owned(), kind.into());
    body.insert(kind.to_owned(), content);
    Ok(Outgoing::of(body, Endpoint::Messages, None)?)
}

fn within(name: &'static str, text: &str, max: usize) -> Result<(), BadMessage> {
    let length = text.chars().count();
    if (1..=max).contains(&length) {
        Ok(())
    } else {
        Err(BadMessage::Length { name, length, max })
    }
}

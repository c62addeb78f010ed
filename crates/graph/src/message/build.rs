//! Bodies of our own: confirmations, questions with two buttons, campaigns.

use std::fmt::Write as _;

use consent::permit::Recipient;
use serde_json::{Value, json};

use super::{Endpoint, Outgoing, Refused, kind};
use crate::{loose::Object, template::Media};

const TEXT_CHARS_MAX: usize = 4096;
const BUTTONS_TEXT_CHARS_MAX: usize = 1024;
const BUTTONS_MAX: usize = 3;
const TITLE_CHARS_MAX: usize = 20;
const ID_CHARS_MAX: usize = 256;
const ROWS_MAX: usize = 10;
const ROW_TITLE_CHARS_MAX: usize = 24;
const ROW_TEXT_CHARS_MAX: usize = 72;
const GAP_CHARS_MAX: usize = 1024;

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
    /// Too few or too many rows, or two with one id.
    #[error("the list cannot be used: want 1 to 10 rows, each with its own id")]
    Rows,
    /// The gaps of a template and what fills them do not fit together.
    #[error(
        "the gaps of the template cannot be filled so: want one line of text for each, without tabs or wide spaces"
    )]
    Gaps,
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

/// A row of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row<'a> {
    /// What comes back when it is chosen.
    pub id: &'a str,
    /// What the person sees.
    pub title: &'a str,
    /// The second line; may be empty.
    pub description: &'a str,
}

/// A question with a list to choose from; `open` is the label of the button that opens it.
///
/// # Errors
/// [`BadMessage`] when text or rows are not what Meta takes.
pub fn list(
    to: &Recipient,
    body: &str,
    open: &str,
    rows: &[Row<'_>],
) -> Result<Outgoing, BadMessage> {
    within("text", body, TEXT_CHARS_MAX)?;
    within("button", open, TITLE_CHARS_MAX)?;
    let mut ids: Vec<&str> = rows.iter().map(|row| row.id).collect();
    ids.sort_unstable();
    ids.dedup();
    if rows.is_empty() || rows.len() > ROWS_MAX || ids.len() < rows.len() {
        return Err(BadMessage::Rows);
    }
    let mut shown: Vec<Value> = Vec::with_capacity(rows.len());
    for row in rows {
        within("title", row.title, ROW_TITLE_CHARS_MAX)?;
        within("id", row.id, ID_CHARS_MAX)?;
        shown.push(if row.description.is_empty() {
            json!({"id": row.id, "title": row.title})
        } else {
            within("description", row.description, ROW_TEXT_CHARS_MAX)?;
            json!({"id": row.id, "title": row.title, "description": row.description})
        });
    }
    let action = json!({"button": open, "sections": [{"rows": shown}]});
    let content = json!({"type": "list", "body": {"text": body}, "action": action});
    message(to, None, ("interactive", content))
}

/// A Flow that was published at Meta.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlowCall<'a> {
    /// Its id at Meta.
    pub id: &'a str,
    /// Its first screen.
    pub screen: &'a str,
    /// What comes back with the answers.
    pub token: &'a str,
    /// The label of the button that opens it.
    pub open: &'a str,
}

/// A message with a button that opens a Flow.
///
/// # Errors
/// [`BadMessage`] when something is empty or too long.
pub fn flow(to: &Recipient, body: &str, call: &FlowCall<'_>) -> Result<Outgoing, BadMessage> {
    within("text", body, BUTTONS_TEXT_CHARS_MAX)?;
    within("button", call.open, TITLE_CHARS_MAX)?;
    within("flow", call.id, ID_CHARS_MAX)?;
    within("id", call.token, ID_CHARS_MAX)?;
    let parameters = json!({"flow_message_version": "3", "flow_token": call.token, "flow_id": call.id,
        "flow_cta": call.open, "flow_action": "navigate", "flow_action_payload": {"screen": call.screen}});
    let action = json!({"name": "flow", "parameters": parameters});
    let content = json!({"type": "flow", "body": {"text": body}, "action": action});
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

/// A template that puts a question: its gaps filled, and what each of its quick replies carries.
///
/// # Errors
/// [`BadMessage`] when name or language is empty.
pub fn asking(
    to: &Recipient,
    (name, language): (&str, &str),
    fill: &[&str],
    payloads: &[&str],
) -> Result<Outgoing, BadMessage> {
    let texts: Vec<Value> = fill
        .iter()
        .map(|text| json!({"type": "text", "text": text}))
        .collect();
    let body = (!texts.is_empty()).then(|| json!({"type": "body", "parameters": texts}));
    let buttons = payloads.iter().enumerate().map(|(index, payload)| {
        let parameters = json!([{"type": "payload", "payload": payload}]);
        json!({"type": "button", "sub_type": "quick_reply", "index": index.to_string(), "parameters": parameters})
    });
    let components: Vec<Value> = body.into_iter().chain(buttons).collect();
    template(to, name, language, Some(Value::Array(components)))
}

/// What fills the gaps of a template: the names of the gaps, and a text for each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fill<'a> {
    /// The header's gaps.
    pub header: (&'a [String], &'a [String]),
    /// The text's gaps.
    pub body: (&'a [String], &'a [String]),
    /// The file above the text.
    pub file: Option<File<'a>>,
    /// The ends of addresses: the place of each button among all of them, and a text.
    pub links: &'a [(usize, String)],
}

/// A file above the text of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct File<'a> {
    /// What it is.
    pub kind: Media,
    /// Where it is.
    pub place: FilePlace<'a>,
    /// What a document is called where it is kept.
    pub name: Option<&'a str>,
}

/// Where a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilePlace<'a> {
    /// At an address that Meta reads it from.
    Link(&'a str),
    /// At Meta, under this id.
    Id(&'a str),
}

impl File<'_> {
    fn component(&self) -> Value {
        let mut file = match self.place {
            FilePlace::Link(link) => json!({"link": link}),
            FilePlace::Id(id) => json!({"id": id}),
        };
        if let (Some(name), Media::Document, Value::Object(file)) =
            (self.name, self.kind, &mut file)
        {
            file.insert("filename".to_owned(), name.into());
        }
        let kind = self.kind.word();
        json!({"type": "header", "parameters": [{"type": kind, kind: file}]})
    }
}

/// The end of an address, as it may stand in one: what may not is escaped. What has an escape in it already stays so.
fn link_end(text: &str) -> String {
    let mut end = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => end.push(char::from(byte)),
            _ if b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte) => end.push(char::from(byte)),
            _ => {
                // Writing into a text does not fail.
                let _ = write!(end, "%{byte:02X}");
            }
        }
    }
    end
}

/// A template with its gaps filled.
///
/// # Errors
/// [`BadMessage`] when name or language is empty, or a text is missing, too long, or one that Meta does not take in a gap.
pub fn filled(
    to: &Recipient,
    (name, language): (&str, &str),
    fill: Fill<'_>,
) -> Result<Outgoing, BadMessage> {
    let mut components = Vec::new();
    for (part, (gaps, texts)) in [("header", fill.header), ("body", fill.body)] {
        if gaps.len() != texts.len() {
            return Err(BadMessage::Gaps);
        }
        let mut parameters = Vec::with_capacity(gaps.len());
        for (gap, text) in gaps.iter().zip(texts) {
            within("parameter", text, GAP_CHARS_MAX)?;
            if text.chars().any(char::is_control) || text.contains("     ") {
                return Err(BadMessage::Gaps);
            }
            parameters.push(if gap.bytes().all(|byte| byte.is_ascii_digit()) {
                json!({"type": "text", "text": text})
            } else {
                json!({"type": "text", "parameter_name": gap, "text": text})
            });
        }
        if !parameters.is_empty() {
            components.push(json!({"type": part, "parameters": parameters}));
        }
    }
    if let Some(file) = &fill.file {
        components.insert(0, file.component());
    }
    for (index, text) in fill.links {
        within("parameter", text, GAP_CHARS_MAX)?;
        let parameters = json!([{"type": "text", "text": link_end(text)}]);
        components.push(json!({"type": "button", "sub_type": "url", "index": index.to_string(), "parameters": parameters}));
    }
    let components = (!components.is_empty()).then_some(Value::Array(components));
    template(to, name, language, components)
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

//! The body of a send, read once; what was checked is what is sent.

mod address;
mod build;
mod kind;
mod refused;
mod strict;

use bytes::Bytes;
use consent::{
    alias::Bsuid,
    permit::Recipient,
    phone::{Country, Phone},
    scope::Category,
};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;
use sha2::{Digest, Sha256};

use self::address::Address;
use crate::loose::Object;

pub use self::{
    build::{
        BadMessage, Button, File, FilePlace, Fill, FlowCall, Row, asking, buttons, filled, flow,
        list, template, text,
    },
    refused::Refused,
};

/// The member that comes back in every status of the message.
pub const CALLBACK: &str = "biz_opaque_callback_data";

/// How long the callback data may be, in characters.
pub const CALLBACK_CHARS_MAX: usize = 512;

/// Which door of Meta's a message goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `POST /{number}/messages`
    Messages,
    /// `POST /{number}/marketing_messages`, which takes marketing templates only.
    MarketingMessages,
}

impl Endpoint {
    /// The last part of the path.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::MarketingMessages => "marketing_messages",
        }
    }
}

/// What a body asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// A message to somebody.
    Message(Outgoing),
    /// A read receipt or typing indicator: reaches nobody new, and passes.
    Receipt(Receipt),
}

/// A message that may be sent, once the gate agrees.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// `to`, when it is a telephone number.
    pub to: Option<Phone>,
    /// `recipient`, or `to` when a business-scoped user id stands there. With both given Meta takes
    /// `to`; the gate asks that both are the same contact.
    pub recipient: Option<Bsuid>,
    /// `to`, when it is a group.
    pub group: Option<String>,
    /// What kind of message it is.
    pub kind: Kind,
    /// The message that it quotes.
    pub quotes: Option<String>,
    /// The caller's own callback data.
    pub callback: Option<String>,
    body: Object,
}

/// What somebody sees of a message of our own making.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Face {
    /// Its words; empty for a template, whose words are at Meta.
    pub text: String,
    /// What stands on its buttons.
    pub buttons: Vec<String>,
    /// What stands on the rows that its button opens.
    pub rows: Vec<String>,
}

/// The kind of a message: what decides its category.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A template: its category is looked up by name and language.
    Template {
        /// Its name.
        name: String,
        /// Its language, as `en_US`.
        language: String,
    },
    /// Direct Send: Meta makes a template of the category that the body names.
    Direct {
        /// That category; never service.
        category: Category,
        /// The type of the content.
        content: String,
    },
    /// Free-form: service, inside the customer service window only.
    FreeForm {
        /// The type of the content.
        content: String,
    },
}

/// A body that is no message: `"status": "read"`. Only [`read`] makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt {
    /// The message that was read.
    pub message: String,
    body: Object,
}

/// Reads the body of a send. `home` is the country to assume for a national number in `to`.
///
/// # Errors
/// [`Refused`] when recipient, template or category cannot be read for certain.
pub fn read(bytes: &[u8], endpoint: Endpoint, home: Option<Country>) -> Result<Request, Refused> {
    let body = object(bytes)?;
    check_keys(&body)?;
    if let Some(receipt) = Receipt::of(&body)? {
        return Ok(Request::Receipt(receipt));
    }
    Outgoing::of(body, endpoint, home).map(Request::Message)
}

fn object(bytes: &[u8]) -> Result<Object, Refused> {
    let start = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    match start {
        Some(b'{') => {}
        Some(b'[') => return Err(Refused::Batch),
        Some(_) if bytes.contains(&b'=') => return Err(Refused::Form),
        Some(_) | None => return Err(Refused::NotAnObject),
    }
    match strict::read(bytes) {
        Ok(Value::Object(body)) => Ok(body),
        Ok(_) => Err(Refused::NotAnObject),
        Err(error) => Err(Refused::Json(error.to_string())),
    }
}

/// Members that Meta reads as something else than a message, or that look like one we read but are not.
fn check_keys(body: &Object) -> Result<(), Refused> {
    const READ: [&str; 8] = [
        "to",
        "recipient",
        "recipient_type",
        "type",
        "template",
        "category",
        "status",
        CALLBACK,
    ];
    for (key, value) in body {
        let folded = key.trim().to_ascii_lowercase();
        if !value.is_null()
            && ["method", "batch", "path", "relative_url"].contains(&folded.as_str())
        {
            return Err(Refused::Override(key.clone()));
        }
        let known = READ.contains(&folded.as_str()) || kind::CONTENTS.contains(&folded.as_str());
        if key.contains('[') || (known && *key != folded) {
            return Err(Refused::LooksLike(key.clone()));
        }
    }
    Ok(())
}

impl Outgoing {
    fn of(body: Object, endpoint: Endpoint, home: Option<Country>) -> Result<Self, Refused> {
        let Address {
            to,
            recipient,
            group,
        } = Address::of(&body, home)?;
        let kind = Kind::of(&body, endpoint)?;
        let callback = match body.get(CALLBACK) {
            None | Some(Value::Null) => None,
            Some(Value::String(data)) if data.chars().count() <= CALLBACK_CHARS_MAX => {
                Some(data.clone())
            }
            Some(_) => return Err(Refused::Callback),
        };
        let quotes = body
            .get("context")
            .and_then(|context| context.get("message_id"));
        Ok(Self {
            to,
            recipient,
            group,
            kind,
            quotes: quotes.and_then(Value::as_str).map(str::to_owned),
            callback,
            body,
        })
    }

    /// Everyone that the body names, in the words of a permit: one, or `to` and `recipient`.
    #[must_use]
    pub fn recipients(&self) -> Vec<Recipient> {
        [
            self.to.map(Recipient::Phone),
            self.recipient.clone().map(Recipient::Bsuid),
            self.group.clone().map(Recipient::Group),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// The words that the person sees, of a message that has some; of a template only Meta knows them.
    #[must_use]
    pub fn words(&self) -> Option<&str> {
        let places = [
            ("text", "/body"),
            ("interactive", "/body/text"),
            ("image", "/caption"),
            ("video", "/caption"),
            ("document", "/caption"),
            ("reaction", "/emoji"),
        ];
        let found = places
            .iter()
            .find_map(|(kind, inner)| self.body.get(*kind)?.pointer(inner)?.as_str());
        found.filter(|text| !text.is_empty())
    }

    /// What somebody sees of it.
    #[must_use]
    pub fn face(&self) -> Face {
        let said = |value: &Value| value.as_str().map(str::to_owned);
        let empty = Value::Null;
        let action = self.body.get("interactive").and_then(|i| i.get("action"));
        let action = action.unwrap_or(&empty);
        let list = |value: Option<&Value>, place: &str| -> Vec<String> {
            let items = value.and_then(Value::as_array).into_iter().flatten();
            items
                .filter_map(|item| said(item.pointer(place)?))
                .collect()
        };
        let mut buttons = list(action.get("buttons"), "/reply/title");
        let opens = ["/button", "/parameters/flow_cta"];
        buttons.extend(
            opens
                .iter()
                .filter_map(|place| said(action.pointer(place)?)),
        );
        Face {
            text: self.words().unwrap_or_default().to_owned(),
            buttons,
            rows: list(action.pointer("/sections/0/rows"), "/title"),
        }
    }

    /// The same message as an answer to another: the person sees which.
    #[must_use]
    pub fn quoting(mut self, message: &str) -> Self {
        let context = serde_json::json!({ "message_id": message });
        self.body.insert("context".to_owned(), context);
        self.quotes = Some(message.to_owned());
        self
    }

    /// The very value that was read, with only the callback data changed, in the order of its keys.
    #[must_use]
    pub fn with_callback(&self, ours: &str) -> Bytes {
        serialised(&self.body, Some(ours))
    }

    /// SHA-256 of the body without its callback data: equal for a repeat of the same message.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        Sha256::digest(serialised(&self.body, None)).into()
    }
}

impl Receipt {
    fn of(body: &Object) -> Result<Option<Self>, Refused> {
        let word = match body.get("status") {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(word)) => word,
            Some(_) => return Err(Refused::Status),
        };
        let content = kind::contents(body).next().is_some();
        let typed = body.get("type").is_some_and(|kind| !kind.is_null());
        if word != "read" || content || typed {
            return Err(Refused::Status);
        }
        match body.get("message_id") {
            Some(Value::String(message)) if !message.is_empty() => Ok(Some(Self {
                message: message.clone(),
                body: body.clone(),
            })),
            _ => Err(Refused::Missing("message_id")),
        }
    }

    /// The very value that was read.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        Bytes::from(Value::Object(self.body.clone()).to_string())
    }
}

/// The body with `callback` in the place of its own, at the end when it had none, or without any.
fn serialised(body: &Object, callback: Option<&str>) -> Bytes {
    // Writing to memory a value that was read from JSON cannot fail.
    serde_json::to_vec(&Replaced { body, callback })
        .map(Bytes::from)
        .unwrap_or_default()
}

struct Replaced<'a> {
    body: &'a Object,
    callback: Option<&'a str>,
}

impl Serialize for Replaced<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in self.body {
            match self.callback {
                _ if key != CALLBACK => map.serialize_entry(key, value)?,
                Some(callback) => map.serialize_entry(key, callback)?,
                None => {}
            }
        }
        if let (Some(callback), false) = (self.callback, self.body.contains_key(CALLBACK)) {
            map.serialize_entry(CALLBACK, callback)?;
        }
        map.end()
    }
}

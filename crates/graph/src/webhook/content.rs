//! What stands in a message that a person sent.

use consent::{phone::Phone, time::Timestamp};
use serde_json::Value;

use super::{issue::Issue, person::Person};
use crate::loose::{self, Object};

/// The content of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Words.
    Text {
        /// The words.
        body: String,
    },
    /// A tap on a quick reply of a template; the template message is the context.
    Button {
        /// What the sender hid in the button, or its label.
        payload: Option<String>,
        /// The label.
        text: Option<String>,
    },
    /// A tap on a reply button of an interactive message.
    ButtonReply {
        /// The id that the sender gave.
        id: String,
        /// The label.
        title: Option<String>,
    },
    /// A choice from a list.
    ListReply {
        /// The id that the sender gave.
        id: String,
        /// The row's label.
        title: Option<String>,
        /// The row's second line.
        description: Option<String>,
    },
    /// The answers given in a Flow.
    FlowReply {
        /// `flow`, `address_message` and the like.
        name: Option<String>,
        /// The answers as they came: a text that holds JSON.
        response: String,
        /// The answers read; none when the text holds no JSON.
        fields: Option<Value>,
    },
    /// An answer to a request to call.
    CallPermission {
        /// `accept` or `reject`.
        response: Option<String>,
        /// When the permission ends.
        expires: Option<Timestamp>,
    },
    /// An image, video, document, sticker or sound.
    Media(Media),
    /// An emoji on a message of ours.
    Reaction {
        /// The message that was reacted to.
        message: Option<String>,
        /// The emoji; none when it was taken away.
        emoji: Option<String>,
    },
    /// A basket.
    Order {
        /// The catalogue.
        catalog: Option<String>,
        /// What the person wrote with the order.
        text: Option<String>,
        /// How many lines it has.
        lines: usize,
    },
    /// Cards from an address book.
    Contacts(Vec<Card>),
    /// A place.
    Location {
        /// Its name.
        name: Option<String>,
        /// Its address.
        address: Option<String>,
    },
    /// Other words for an earlier message. What the earlier message did is not undone by this.
    Edit {
        /// The earlier message.
        original: Option<String>,
        /// What it says now.
        inner: Box<Self>,
    },
    /// An earlier message was deleted. What it did is not undone by this.
    Revoke {
        /// The earlier message.
        original: Option<String>,
    },
    /// Something that Meta does not show to businesses.
    Unsupported {
        /// What it was, where Meta says so.
        kind: Option<String>,
        /// Why it is not shown.
        issues: Vec<Issue>,
    },
    /// A type that we do not know; it still opens the window.
    Other {
        /// The type.
        kind: String,
        /// The content as it came.
        raw: String,
    },
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// `image`, `video`, `audio`, `document` or `sticker`.
    pub kind: String,
    /// Meta's id of the file.
    pub id: Option<String>,
    /// What the person wrote under it.
    pub caption: Option<String>,
    /// The name of a document.
    pub filename: Option<String>,
    /// The media type.
    pub mime_type: Option<String>,
}

/// One card that was shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// Whether the person answered a request for their own number with it. Only then do the numbers
    /// say who the person is; any other card is somebody's.
    pub own: bool,
    /// The numbers on it, as people; at most one alias of each kind.
    pub phones: Vec<Person>,
}

/// Types whose content is words or taps, so that a broken one may hide a wish.
const KINDS: [&str; 19] = [
    "text",
    "button",
    "interactive",
    "reaction",
    "image",
    "video",
    "audio",
    "document",
    "sticker",
    "voice",
    "location",
    "contacts",
    "order",
    "edit",
    "revoke",
    "unsupported",
    "unknown",
    "system",
    "request_welcome",
];

/// The type of a message: as it says, or as its only content shows.
pub(super) fn kind(message: &Object) -> Option<String> {
    loose::text(message, "type").or_else(|| {
        let mut found = KINDS
            .into_iter()
            .filter(|kind| loose::get(message, kind).is_some());
        match (found.next(), found.next()) {
            (Some(kind), None) => Some(kind.to_owned()),
            _ => None,
        }
    })
}

impl Content {
    /// The type of the content, in Meta's word for it.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Text { .. } => "text",
            Self::Button { .. } => "button",
            Self::ButtonReply { .. } => "button_reply",
            Self::ListReply { .. } => "list_reply",
            Self::FlowReply { .. } => "nfm_reply",
            Self::CallPermission { .. } => "call_permission_reply",
            Self::Media(media) => media.kind.as_str(),
            Self::Reaction { .. } => "reaction",
            Self::Order { .. } => "order",
            Self::Contacts(_) => "contacts",
            Self::Location { .. } => "location",
            Self::Edit { .. } => "edit",
            Self::Revoke { .. } => "revoke",
            Self::Unsupported { .. } => "unsupported",
            Self::Other { kind, .. } => kind.as_str(),
        }
    }

    /// Reads the content of a message; the error says what could not be read.
    pub(super) fn of(message: &Object, kind: &str) -> Result<Self, String> {
        Self::within(message, kind, 0)
    }

    fn within(message: &Object, kind: &str, depth: u8) -> Result<Self, String> {
        let wanted = || {
            loose::object(message, kind)
                .ok_or_else(|| format!("type `{kind}` without an object `{kind}`"))
        };
        match kind {
            "text" => Ok(Self::Text {
                body: need(wanted()?, "body", "text")?,
            }),
            "button" => Self::button(wanted()?),
            "interactive" => Self::interactive(wanted()?),
            "image" | "video" | "audio" | "document" | "sticker" | "voice" => {
                Self::media(kind, wanted()?)
            }
            "reaction" => wanted().map(|reaction| Self::Reaction {
                message: loose::id(reaction, "message_id"),
                emoji: loose::text(reaction, "emoji").filter(|emoji| !emoji.is_empty()),
            }),
            "order" => Self::order(wanted()?),
            "contacts" => Ok(Self::Contacts(
                loose::list(message, "contacts").iter().map(card).collect(),
            )),
            "location" => wanted().map(|place| Self::Location {
                name: loose::text(place, "name"),
                address: loose::text(place, "address"),
            }),
            "edit" if depth == 0 => Self::edit(wanted()?),
            "revoke" => wanted().map(|revoke| Self::Revoke {
                original: loose::id(revoke, "original_message_id"),
            }),
            "unsupported" | "unknown" => Ok(Self::Unsupported {
                kind: loose::object(message, kind).and_then(|object| loose::text(object, "type")),
                issues: Issue::list(message),
            }),
            _ => Ok(Self::Other {
                kind: kind.to_owned(),
                raw: loose::get(message, kind).map_or_else(String::new, Value::to_string),
            }),
        }
    }

    fn button(button: &Object) -> Result<Self, String> {
        let payload = readable(button, "payload", "button")?;
        let text = readable(button, "text", "button")?;
        if payload.is_none() && text.is_none() {
            return Err("a button with neither `payload` nor `text`".to_owned());
        }
        Ok(Self::Button { payload, text })
    }

    fn interactive(interactive: &Object) -> Result<Self, String> {
        const REPLIES: [&str; 4] = [
            "button_reply",
            "list_reply",
            "nfm_reply",
            "call_permission_reply",
        ];
        let kind = loose::text(interactive, "type").or_else(|| {
            let mut known = REPLIES.into_iter();
            known
                .find(|reply| interactive.contains_key(*reply))
                .map(str::to_owned)
        });
        let kind = kind.ok_or("an interactive answer without `type`")?;
        let reply = || {
            loose::object(interactive, &kind)
                .ok_or_else(|| format!("interactive `{kind}` without an object `{kind}`"))
        };
        match kind.as_str() {
            "button_reply" => Ok(Self::ButtonReply {
                id: need(reply()?, "id", &kind)?,
                title: loose::text(reply()?, "title"),
            }),
            "list_reply" => Ok(Self::ListReply {
                id: need(reply()?, "id", &kind)?,
                title: loose::text(reply()?, "title"),
                description: loose::text(reply()?, "description"),
            }),
            "nfm_reply" => Self::flow(reply()?),
            "call_permission_reply" => reply().map(|reply| Self::CallPermission {
                response: loose::text(reply, "response"),
                expires: loose::time(reply, "expiration_timestamp"),
            }),
            _ => Ok(Self::Other {
                kind: format!("interactive.{kind}"),
                raw: loose::get(interactive, &kind).map_or_else(String::new, Value::to_string),
            }),
        }
    }

    fn flow(reply: &Object) -> Result<Self, String> {
        let answers =
            loose::get(reply, "response_json").ok_or("a Flow answer without `response_json`")?;
        let (response, fields) = match answers {
            Value::String(text) => (text.clone(), serde_json::from_str(text).ok()),
            read => (read.to_string(), Some(read.clone())),
        };
        Ok(Self::FlowReply {
            name: loose::text(reply, "name"),
            response,
            fields,
        })
    }

    fn media(kind: &str, media: &Object) -> Result<Self, String> {
        Ok(Self::Media(Media {
            kind: kind.to_owned(),
            id: loose::id(media, "id"),
            caption: readable(media, "caption", kind)?,
            filename: loose::text(media, "filename"),
            mime_type: loose::text(media, "mime_type"),
        }))
    }

    fn order(order: &Object) -> Result<Self, String> {
        Ok(Self::Order {
            catalog: loose::id(order, "catalog_id"),
            text: readable(order, "text", "order")?,
            lines: loose::list(order, "product_items").len(),
        })
    }

    fn edit(edit: &Object) -> Result<Self, String> {
        let message = loose::object(edit, "message").ok_or("an edit without `message`")?;
        let kind = kind(message).ok_or("an edited message without `type`")?;
        Ok(Self::Edit {
            original: loose::id(edit, "original_message_id"),
            inner: Box::new(Self::within(message, &kind, 1)?),
        })
    }
}

fn card(value: &Value) -> Card {
    let empty = Object::new();
    let card = value.as_object().unwrap_or(&empty);
    let person = |phone: &Value| {
        let phone = phone.as_object()?;
        let wa_id: Option<Phone> = loose::phone(phone, "wa_id");
        let person = Person {
            phone: loose::phone(phone, "phone").or(wa_id),
            wa_id,
            ..Person::default()
        };
        person.is_known().then_some(person)
    };
    Card {
        own: loose::text(card, "origin").as_deref() == Some("contact_request"),
        phones: loose::list(card, "phones")
            .iter()
            .filter_map(person)
            .collect(),
    }
}

fn need(object: &Object, name: &str, within: &str) -> Result<String, String> {
    loose::text(object, name).ok_or_else(|| format!("`{within}` without a text `{name}`"))
}

/// A text that may be absent, but not something else: what stands there may be a STOP.
fn readable(object: &Object, name: &str, within: &str) -> Result<Option<String>, String> {
    match loose::get(object, name) {
        None => Ok(None),
        Some(value) => loose::as_text(value)
            .map(Some)
            .ok_or_else(|| format!("`{name}` of `{within}` is not a text")),
    }
}

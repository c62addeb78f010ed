//! What kind of message a body holds: a template, a Direct Send, or free-form.

use consent::scope::Category;
use serde_json::Value;

use super::{Endpoint, Kind, Refused};
use crate::{loose::Object, template};

/// The members that are the content of a message. `type` names one of them, and it stands alone.
pub(super) const CONTENTS: [&str; 12] = [
    "text",
    "template",
    "interactive",
    "image",
    "video",
    "audio",
    "document",
    "sticker",
    "location",
    "contacts",
    "reaction",
    "pin",
];

/// The contents that are there and not null.
pub(super) fn contents(body: &Object) -> impl Iterator<Item = &'static str> {
    CONTENTS
        .into_iter()
        .filter(|name| body.get(*name).is_some_and(|content| !content.is_null()))
}

impl Kind {
    pub(super) fn of(body: &Object, endpoint: Endpoint) -> Result<Self, Refused> {
        let content = content(body)?;
        if content == "template" {
            return Self::template(body);
        }
        if endpoint == Endpoint::MarketingMessages {
            return Err(Refused::NotATemplate(content.to_owned()));
        }
        let content = content.to_owned();
        Ok(match category(body)? {
            Some(category) => Self::Direct { category, content },
            None => Self::FreeForm { content },
        })
    }

    fn template(body: &Object) -> Result<Self, Refused> {
        let part = |name: &'static str, value: Option<&Value>| match value {
            None | Some(Value::Null) => Err(Refused::Missing(name)),
            Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
            Some(_) => Err(Refused::Unreadable {
                name,
                want: "a text",
            }),
        };
        let template = body.get("template");
        let get = |name: &str| template.and_then(|template| template.get(name));
        let code = get("language").and_then(|language| language.get("code"));
        Ok(Self::Template {
            name: part("template.name", get("name"))?,
            language: template::language(&part("template.language.code", code)?),
        })
    }
}

/// The name of the one content, as `type` says; without `type` only a text is certain.
fn content(body: &Object) -> Result<&'static str, Refused> {
    let word = match body.get("type") {
        None | Some(Value::Null) => None,
        Some(Value::String(word)) => Some(word),
        Some(_) => {
            return Err(Refused::Unreadable {
                name: "type",
                want: "a text",
            });
        }
    };
    let folded = word.map_or_else(|| "text".to_owned(), |word| word.to_ascii_lowercase());
    let known = CONTENTS.into_iter().find(|known| *known == folded);
    let kind = known.ok_or_else(|| Refused::Type(word.cloned().unwrap_or_default()))?;
    if let Some(other) = contents(body).find(|other| *other != kind) {
        return Err(match word {
            None => Refused::Missing("type"),
            Some(_) => Refused::TwoContents {
                kind: kind.to_owned(),
                other: other.to_owned(),
            },
        });
    }
    match body.get(kind) {
        Some(Value::Object(_)) => Ok(kind),
        Some(Value::Array(_)) if kind == "contacts" => Ok(kind),
        None | Some(Value::Null) if word.is_none() => Err(Refused::Missing("type")),
        None | Some(Value::Null) => Err(Refused::NoContent(kind.to_owned())),
        Some(_) => Err(Refused::Unreadable {
            name: kind,
            want: "an object",
        }),
    }
}

/// The category of a Direct Send.
fn category(body: &Object) -> Result<Option<Category>, Refused> {
    match body.get("category") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(word)) => template::category(word).map(Some).ok_or(Refused::Category),
        Some(_) => Err(Refused::Category),
    }
}

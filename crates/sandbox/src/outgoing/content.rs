//! The content of a message: is it legal, and what does it look like on a phone?

use serde_json::Value;

use crate::{
    chat::{Bubble, Button, ButtonKind, Side, State},
    cloud::fault::Fault,
    json,
    outgoing::message::Draft,
    template::Filled,
};

const TEXT_MAX: usize = 4_096;
const INTERACTIVE_BODY_MAX: usize = 4_096;
const BUTTONS_MAX: usize = 3;
const ROWS_MAX: usize = 10;
const LOOKS_MAX: usize = 1_000;

/// The words and buttons of a message that is no template.
pub fn read(draft: &Draft, knows_media: impl Fn(&str) -> bool) -> Result<Filled, Fault> {
    let content = &draft.content;
    match draft.kind.as_str() {
        "text" => text(content),
        "interactive" => interactive(content),
        "image" | "video" | "audio" | "document" | "sticker" => {
            media(&draft.kind, content, knows_media)
        }
        "reaction" => {
            needed(content, "message_id", "reaction")?;
            Ok(plain(json::text(content, "emoji").unwrap_or_default()))
        }
        "location" => location(content),
        "contacts" => contacts(content),
        other => Err(Fault::invalid(format!(
            "type: `{other}` must be one of text, template, interactive, image, video, audio, document, sticker, reaction, location, contacts"
        ))),
    }
}

pub fn bubble(draft: &Draft, number: &str, filled: Filled) -> Bubble {
    Bubble {
        id: String::new(),
        from: Side::Business,
        number: number.to_owned(),
        kind: draft.kind.clone(),
        category: None,
        template: None,
        header: filled.header,
        body: filled.body,
        footer: filled.footer,
        buttons: filled.buttons,
        at_ms: 0,
        state: State::Sent,
        reply_to: draft
            .reply_to
            .clone()
            .or_else(|| json::text(&draft.content, "message_id").map(str::to_owned)),
        reaction: None,
        out: None,
    }
}

fn plain(body: impl Into<String>) -> Filled {
    Filled {
        header: None,
        body: body.into(),
        footer: None,
        buttons: Vec::new(),
    }
}

fn needed<'a>(content: &'a Value, key: &str, kind: &str) -> Result<&'a str, Fault> {
    json::text(content, key)
        .filter(|text| !text.is_empty())
        .ok_or_else(|| Fault::missing(format!("{kind}.{key} is missing")))
}

fn text(content: &Value) -> Result<Filled, Fault> {
    let body = needed(content, "body", "text")?;
    if body.chars().count() > TEXT_MAX {
        return Err(Fault::invalid(format!(
            "text.body: want at most {TEXT_MAX} characters"
        )));
    }
    Ok(plain(body))
}

fn media(kind: &str, content: &Value, knows_media: impl Fn(&str) -> bool) -> Result<Filled, Fault> {
    match (json::loose(content, "id"), json::text(content, "link")) {
        (Some(id), _) if !knows_media(&id) => {
            return Err(Fault::value(format!("{kind}.id: no media with id `{id}`")));
        }
        (None, None) => return Err(Fault::missing(format!("{kind} needs an id or a link"))),
        _ => {}
    }
    let caption = json::text(content, "caption").or_else(|| json::text(content, "filename"));
    Ok(Filled {
        header: Some(format!("[{kind}]")),
        ..plain(caption.unwrap_or_default())
    })
}

fn location(content: &Value) -> Result<Filled, Fault> {
    let (north, east) = (
        json::loose(content, "latitude"),
        json::loose(content, "longitude"),
    );
    let (Some(north), Some(east)) = (north, east) else {
        return Err(Fault::missing("location needs latitude and longitude"));
    };
    let name = json::text(content, "name").unwrap_or_default();
    Ok(Filled {
        header: Some("[location]".to_owned()),
        ..plain(format!("{name} {north}, {east}").trim())
    })
}

fn contacts(content: &Value) -> Result<Filled, Fault> {
    let cards = content.as_array().filter(|cards| !cards.is_empty());
    let cards = cards.ok_or_else(|| Fault::missing("contacts: want a list of at least one"))?;
    let names = cards.iter().map(|card| {
        let name = json::field(card, "name")
            .ok_or_else(|| Fault::missing("contacts: each needs a name"))?;
        Ok(needed(name, "formatted_name", "contacts.name")?.to_owned())
    });
    let names: Vec<String> = names.collect::<Result<_, Fault>>()?;
    Ok(Filled {
        header: Some("[contacts]".to_owned()),
        ..plain(names.join(", "))
    })
}

fn interactive(content: &Value) -> Result<Filled, Fault> {
    let kind = needed(content, "type", "interactive")?.to_ascii_lowercase();
    let action = json::field(content, "action")
        .ok_or_else(|| Fault::missing("interactive.action is missing"))?;
    let words = |key: &str| {
        json::field(content, key)
            .and_then(|part| json::text(part, "text"))
            .map(str::to_owned)
    };
    let body = words("body");
    if body.is_none() && matches!(kind.as_str(), "button" | "list" | "cta_url" | "flow") {
        return Err(Fault::missing("interactive.body.text is missing"));
    }
    if body
        .as_ref()
        .is_some_and(|text| text.chars().count() > INTERACTIVE_BODY_MAX)
    {
        return Err(Fault::invalid(format!(
            "interactive.body.text: want at most {INTERACTIVE_BODY_MAX} characters"
        )));
    }
    let buttons = match kind.as_str() {
        "button" => reply_buttons(action)?,
        "list" => rows(action)?,
        _ => link(action, &kind),
    };
    Ok(Filled {
        header: words("header"),
        body: body.unwrap_or_default(),
        footer: words("footer"),
        buttons,
    })
}

fn reply_buttons(action: &Value) -> Result<Vec<Button>, Fault> {
    let buttons = json::list(action, "buttons");
    if buttons.is_empty() || buttons.len() > BUTTONS_MAX {
        return Err(Fault::value(format!(
            "interactive.action.buttons: want 1 to {BUTTONS_MAX}"
        )));
    }
    let read = buttons.iter().map(|button| {
        let reply =
            json::field(button, "reply").ok_or_else(|| Fault::missing("a button needs a reply"))?;
        option(reply, ButtonKind::Reply)
    });
    read.collect()
}

fn rows(action: &Value) -> Result<Vec<Button>, Fault> {
    needed(action, "button", "interactive.action")?;
    let rows = json::list(action, "sections")
        .iter()
        .flat_map(|section| json::list(section, "rows"));
    let rows: Vec<Button> = rows
        .map(|row| option(row, ButtonKind::Row))
        .collect::<Result<_, _>>()?;
    if rows.is_empty() || rows.len() > ROWS_MAX {
        return Err(Fault::value(format!(
            "interactive.action.sections: want 1 to {ROWS_MAX} rows in all"
        )));
    }
    Ok(rows)
}

fn option(from: &Value, kind: ButtonKind) -> Result<Button, Fault> {
    Ok(Button {
        kind,
        text: needed(from, "title", "interactive.action")?.to_owned(),
        id: needed(from, "id", "interactive.action")?.to_owned(),
        description: json::text(from, "description").map(str::to_owned),
    })
}

fn link(action: &Value, kind: &str) -> Vec<Button> {
    let parameters = json::field(action, "parameters");
    let of = |key: &str| parameters.and_then(|found| json::text(found, key));
    let text = of("display_text")
        .or_else(|| of("flow_cta"))
        .unwrap_or(kind);
    let id = of("url").or_else(|| of("flow_id")).unwrap_or_default();
    let id = id.chars().take(LOOKS_MAX).collect();
    vec![Button {
        kind: ButtonKind::Link,
        text: text.to_owned(),
        id,
        description: None,
    }]
}

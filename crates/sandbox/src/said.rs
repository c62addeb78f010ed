//! What a customer says, taps, picks or shares, in the form that a webhook gives it.

use serde_json::{Map, Value, json};

use crate::{
    ad,
    chat::{Bubble, Button, ButtonKind, Side},
    customer::{self, Customer},
    json,
    refusal::Refusal,
    webhook::shape::Fields,
};

const SAID_MAX: usize = 4_096;

/// A message from a customer, before it has an id.
pub struct Inbound {
    pub kind: &'static str,
    pub content: Value,
    pub shown: String,
    pub reply_to: Option<String>,
    pub extra: Map<String, Value>,
}

/// The actions that are messages and need nothing but the chat; `None` for every other action.
pub fn read(customer: &Customer, action: &str, args: &Value) -> Result<Option<Inbound>, Refusal> {
    let said = match action {
        "say" => say(args)?,
        "tap" => tap(customer, args)?,
        "pick" => pick(customer, args)?,
        "react" => react(customer, args)?,
        "flow" => {
            let answer = json::field(args, "response")
                .cloned()
                .unwrap_or_else(|| json!({}));
            let reply =
                json!({"name": "flow", "body": "Sent", "response_json": answer.to_string()});
            let reply_to = json::text(args, "message")
                .map(str::to_owned)
                .or_else(|| last(customer, |_| true));
            Inbound {
                reply_to,
                ..inbound(
                    "interactive",
                    json!({"type": "nfm_reply", "nfm_reply": reply}),
                    "Sent a form",
                )
            }
        }
        "order" => order(args),
        "share_contact" => share_contact(customer, args)?,
        "edit" => edit(customer, args)?,
        "revoke" => {
            let original = own(customer, args)?;
            inbound("revoke", json!({"original_message_id": original}), "")
        }
        "unsupported" => unsupported(args),
        _ => return Ok(None),
    };
    Ok(Some(said))
}

pub fn inbound(kind: &'static str, content: Value, shown: impl Into<String>) -> Inbound {
    Inbound {
        kind,
        content,
        shown: shown.into(),
        reply_to: None,
        extra: Map::new(),
    }
}

pub fn words(args: &Value, key: &str) -> Result<String, Refusal> {
    let text = json::text(args, key).filter(|text| !text.trim().is_empty());
    let text =
        text.ok_or_else(|| Refusal::Wrong(format!("`{key}` is missing: want some words")))?;
    if text.chars().count() > SAID_MAX {
        Err(Refusal::Wrong(format!(
            "`{key}` is too long: want at most {SAID_MAX} characters"
        )))
    } else {
        Ok(text.to_owned())
    }
}

pub fn switch(args: &Value) -> Result<bool, Refusal> {
    match json::field(args, "on") {
        Some(Value::Bool(on)) => Ok(*on),
        Some(Value::String(text)) if text == "true" || text == "false" => Ok(text == "true"),
        _ => Err(Refusal::Wrong(
            "`on` is missing: want true or false".to_owned(),
        )),
    }
}

/// Text; with `ad` a click on an ad brought the person here, with `reply_to` it quotes a message.
pub fn say(args: &Value) -> Result<Inbound, Refusal> {
    let text = words(args, "text")?;
    let mut said = inbound("text", json!({"body": text}), text.clone());
    said.reply_to = json::text(args, "reply_to").map(str::to_owned);
    if let Some(referral) = ad::referral(json::field(args, "ad"))? {
        said.extra.insert("referral".to_owned(), referral);
    }
    Ok(said)
}

/// A button of the newest message that has it, or of `message`; by label (`button`) or place (`index`).
fn tap(customer: &Customer, args: &Value) -> Result<Inbound, Refusal> {
    let (message, button) = choose(customer, args, |kind| {
        matches!(kind, ButtonKind::QuickReply | ButtonKind::Reply)
    })?;
    let content = match button.kind {
        ButtonKind::QuickReply => {
            let tapped = json!({"payload": button.id, "text": button.text});
            return Ok(Inbound {
                reply_to: Some(message),
                ..inbound("button", tapped, button.text)
            });
        }
        _ => {
            json!({"type": "button_reply", "button_reply": {"id": button.id, "title": button.text}})
        }
    };
    Ok(Inbound {
        reply_to: Some(message),
        ..inbound("interactive", content, button.text)
    })
}

fn pick(customer: &Customer, args: &Value) -> Result<Inbound, Refusal> {
    let (message, row) = choose(customer, args, |kind| kind == ButtonKind::Row)?;
    let reply = Fields::default()
        .put("id", row.id.as_str())
        .put("title", row.text.as_str())
        .put_some("description", row.description.as_deref());
    let content = json!({"type": "list_reply", "list_reply": reply.done()});
    Ok(Inbound {
        reply_to: Some(message),
        ..inbound("interactive", content, row.text)
    })
}

fn choose(
    customer: &Customer,
    args: &Value,
    kind: impl Fn(ButtonKind) -> bool,
) -> Result<(String, Button), Refusal> {
    let label = json::text(args, "button").or_else(|| json::text(args, "row"));
    let index = json::loose(args, "index").and_then(|text| text.parse::<usize>().ok());
    let wanted = json::text(args, "message");
    let bubbles = customer
        .chat
        .iter()
        .rev()
        .filter(|b| b.from == Side::Business && wanted.is_none_or(|id| id == b.id));
    for bubble in bubbles {
        let mut fitting = bubble.buttons.iter().filter(|button| kind(button.kind));
        let found = match (label, index) {
            (Some(label), _) => fitting.find(|button| button.text == label || button.id == label),
            (None, index) => fitting.nth(index.unwrap_or(0)),
        };
        if let Some(button) = found {
            return Ok((bubble.id.clone(), button.clone()));
        }
    }
    Err(Refusal::Conflict(format!(
        "`{}` sees no such button",
        customer.id
    )))
}

fn react(customer: &Customer, args: &Value) -> Result<Inbound, Refusal> {
    let to = json::text(args, "message")
        .map(str::to_owned)
        .or_else(|| last(customer, |_| true));
    let to = to.ok_or_else(|| Refusal::Conflict("there is no message to react to".to_owned()))?;
    let emoji = json::text(args, "emoji").filter(|emoji| !emoji.is_empty());
    Ok(inbound(
        "reaction",
        Fields::default()
            .put("message_id", to)
            .put_some("emoji", emoji)
            .done(),
        "",
    ))
}

fn last(customer: &Customer, fits: impl Fn(&Bubble) -> bool) -> Option<String> {
    customer
        .chat
        .iter()
        .rev()
        .find(|b| b.from == Side::Business && fits(b))
        .map(|b| b.id.clone())
}

/// A message of the customer's own: `message`, or the newest.
fn own(customer: &Customer, args: &Value) -> Result<String, Refusal> {
    let newest = || {
        customer
            .chat
            .iter()
            .rev()
            .find(|b| b.from == Side::Customer)
            .map(|b| b.id.clone())
    };
    let found = json::text(args, "message")
        .map(str::to_owned)
        .or_else(newest);
    found.ok_or_else(|| Refusal::Conflict(format!("`{}` has written nothing yet", customer.id)))
}

fn order(args: &Value) -> Inbound {
    let item = json!({"product_retailer_id": "sku-1", "quantity": 2, "item_price": 12.5, "currency": "GBP"});
    let items = json::field(args, "items")
        .cloned()
        .unwrap_or_else(|| json!([item]));
    let text = json::text(args, "text");
    let content = Fields::default()
        .put("catalog_id", "409900000000001")
        .put_some("text", text)
        .put("product_items", items);
    inbound("order", content.done(), text.unwrap_or_default())
}

/// The person's own number after a request for it, or anybody's card (`origin: other`).
fn share_contact(customer: &Customer, args: &Value) -> Result<Inbound, Refusal> {
    let phone = json::text(args, "phone")
        .map(str::to_owned)
        .or_else(|| customer.phone.clone());
    let phone = phone.ok_or_else(|| {
        Refusal::Wrong("`phone` is missing, and the customer has none".to_owned())
    })?;
    let digits = customer::digits(&phone).map_err(Refusal::Wrong)?;
    let origin = json::text(args, "origin").unwrap_or("contact_request");
    let card = json!({"origin": origin, "phones": [{"phone": format!("+{digits}"), "wa_id": customer::wa_id(&digits), "type": "CELL"}]});
    Ok(inbound("contacts", json!([card]), format!("+{digits}")))
}

fn edit(customer: &Customer, args: &Value) -> Result<Inbound, Refusal> {
    let (original, text) = (own(customer, args)?, words(args, "text")?);
    let message = json!({"context": {"id": "M0"}, "type": "text", "text": {"body": text}});
    Ok(inbound(
        "edit",
        json!({"original_message_id": original, "message": message}),
        text,
    ))
}

fn unsupported(args: &Value) -> Inbound {
    let kind = json::text(args, "kind").unwrap_or("poll");
    let errors = json!([{"code": 131_051, "title": "Message type unknown", "message": "Message type unknown", "error_data": {"details": "This message type cannot be shown."}}]);
    let mut said = inbound("unsupported", json!({"type": kind}), kind);
    said.extra.insert("errors".to_owned(), errors);
    said
}

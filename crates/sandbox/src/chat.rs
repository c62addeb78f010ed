//! A chat as the phone shows it, and the accepted messages behind its bubbles.

use std::sync::Arc;

use serde::Serialize;

/// One message in the chat.
#[derive(Clone, Debug, Serialize)]
pub struct Bubble {
    pub id: String,
    pub from: Side,
    pub number: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub category: Option<String>,
    pub template: Option<String>,
    pub header: Option<String>,
    pub body: String,
    pub footer: Option<String>,
    pub buttons: Vec<Button>,
    pub at_ms: i64,
    pub state: State,
    pub reply_to: Option<String>,
    pub reaction: Option<String>,
    #[serde(skip)]
    pub out: Option<Arc<Out>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Business,
    Customer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Sent,
    Delivered,
    Read,
}

#[derive(Clone, Debug, Serialize)]
pub struct Button {
    pub kind: ButtonKind,
    pub text: String,
    /// The payload of a quick reply, or the id of an interactive button or row.
    pub id: String,
    pub description: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ButtonKind {
    QuickReply,
    Reply,
    Row,
    Link,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A `wa_id`.
    Phone(String),
    /// A BSUID or parent BSUID.
    User(String),
    Group(String),
}

/// A message that was accepted, with all that its statuses need.
#[derive(Debug)]
pub struct Out {
    pub wamid: String,
    pub number: String,
    pub customer: Option<String>,
    pub to: Target,
    pub callback: Option<String>,
    pub identity_hash: Option<String>,
    pub pricing: &'static str,
    pub template_id: Option<u64>,
    /// The code that a `failed` status will tell.
    pub failing: Option<u32>,
    pub bubble: Bubble,
}

//! A request of Twilio's: believed first, then read for who wrote, where, and what Twilio took it for.

use axum::body::Bytes;
use consent::{
    alias::Alias,
    scope::Channel,
    wording::{Context, How, Match, Reading, Setting, keywords::Keywords},
};
use sms::{
    address::{Address, Carrier},
    form::{BadForm, Form},
    inbound::{self, Keyword, Message, Notice, Status, Unreadable},
    signature::{self, BadSignature, Body, Request, Seal},
};

use crate::{app::House, vault::sha256};

/// Where Twilio sends.
pub const PATH: &str = "/webhooks/sms";

/// A request as it arrived.
#[derive(Debug)]
pub struct Post {
    /// The query of its address, as it was written.
    pub query: Option<String>,
    /// What it says its body is.
    pub kind: Option<String>,
    /// The header with the signature.
    pub signature: Option<Vec<u8>>,
    /// The header that says how it was made.
    pub settings: Option<Vec<u8>>,
    /// The body.
    pub body: Bytes,
}

/// Why a request has no effect.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Twilio did not sign it.
    #[error(transparent)]
    Forged(#[from] BadSignature),
    /// Twilio signed it, and it cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// Twilio signed it, and it is something else than a message.
    #[error("the body is no form: want {}", sms::form::CONTENT_TYPE)]
    NoForm,
    /// Nobody said under which address Twilio reaches us.
    #[error("`public_url` is not set, nor `sms.url`: want the address that Twilio was told")]
    NoAddress,
}

impl From<BadForm> for Refusal {
    fn from(bad: BadForm) -> Self {
        Self::Unreadable(bad.into())
    }
}

/// A request that Twilio signed and that was read.
#[derive(Debug)]
pub struct Letter {
    /// What it says.
    pub(super) notice: Notice,
    /// What it was signed with: one that says the same in other words has the same.
    pub(super) seal: Seal,
    /// The hash of its body.
    pub(super) sha: [u8; 32],
}

/// Whose wish a letter may tell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Writer<'a> {
    /// The person.
    pub(super) alias: &'a Alias,
    /// Where they said it.
    pub(super) channel: Channel,
}

impl Letter {
    /// Believes and reads a request, in this order.
    ///
    /// # Errors
    /// [`Refusal`] with the reason.
    pub fn open(app: &House, post: &Post) -> Result<Self, Refusal> {
        let url = address(app, post.query.as_deref()).ok_or(Refusal::NoAddress)?;
        let is_form = post.kind.as_deref().is_none_or(is_form);
        let form = Form::read(if is_form { &post.body } else { &[] })?;
        let request = Request {
            url: &url,
            body: if is_form {
                Body::Form(&form)
            } else {
                Body::Other(&post.body)
            },
            signature: post.signature.as_deref(),
            settings: post.settings.as_deref(),
        };
        let seal = signature::verify(&app.sms_tokens, &request)?;
        if !is_form {
            return Err(Refusal::NoForm);
        }
        Ok(Self {
            notice: inbound::read(&form)?,
            seal,
            sha: sha256(&post.body),
        })
    }

    /// The message's own name.
    pub(super) fn sid(&self) -> &str {
        match &self.notice {
            Notice::Message(Message { sid, .. }) | Notice::Status(Status { sid, .. }) => {
                sid.as_str()
            }
        }
    }

    /// Who wrote, or whose refusal is told; none where no person did.
    pub(super) fn writer(&self) -> Option<Writer<'_>> {
        let Address { carrier, .. } = match &self.notice {
            Notice::Message(message) => &message.from,
            Notice::Status(status) => &status.to,
        };
        let alias = match &self.notice {
            Notice::Message(message) => message.from.person(),
            Notice::Status(status) => status.to.person(),
        }?;
        let channel = match carrier {
            Carrier::Sms | Carrier::Rcs => Channel::Sms,
            Carrier::Whatsapp => Channel::Whatsapp,
            Carrier::Other => return None,
        };
        Some(Writer { alias, channel })
    }
}

/// The address that Twilio signed: what it was told, with the query that came. What is behind a `#` it keeps to itself.
fn address(app: &House, query: Option<&str>) -> Option<String> {
    let told = match &app.config.sms.url {
        Some(url) => url.clone(),
        None => format!("{}{PATH}", app.public_url()?),
    };
    let bare = told.split(['?', '#']).next().unwrap_or_default();
    Some(match query.filter(|query| !query.is_empty()) {
        Some(query) => format!("{bare}?{query}"),
        None => bare.to_owned(),
    })
}

fn is_form(kind: &str) -> bool {
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case(sms::form::CONTENT_TYPE)
}

/// What a message says, in the order in which it is recorded: what our reader makes of it, and what Twilio took it for by
/// a list of words that the business keeps there. Where one of the two refuses, the message does.
pub(super) fn readings(message: &Message, keywords: &Keywords, footers: &[&str]) -> Vec<Reading> {
    let surroundings = Context {
        setting: Setting::Alone,
        forwarded: false,
        footers,
    };
    let ours = keywords.read(&message.text, surroundings);
    let theirs = |keyword: Keyword| taken_for(message, keyword);
    match (message.taken_for, ours) {
        (Some(Keyword::Stop), ours @ (Reading::Stop(_) | Reading::StopAll(_))) => vec![ours],
        (Some(Keyword::Stop), ours @ (Reading::Erasure(_) | Reading::WrongNumber(_))) => {
            vec![Reading::Stop(theirs(Keyword::Stop)), ours]
        }
        (Some(Keyword::Stop), _) => vec![Reading::Stop(theirs(Keyword::Stop))],
        (Some(Keyword::Start), Reading::Nothing | Reading::Help(_)) => {
            vec![Reading::Start(theirs(Keyword::Start))]
        }
        (_, Reading::Nothing | Reading::Help(_)) => Vec::new(),
        (_, ours) => vec![ours],
    }
}

/// The longest part of a message that is kept as what Twilio recognised, in characters: its keywords are shorter.
const SPAN_CHARS_MAX: usize = 100;

fn taken_for(message: &Message, keyword: Keyword) -> Match {
    let span: String = message.text.trim().chars().take(SPAN_CHARS_MAX).collect();
    Match {
        at: 0..span.len(),
        span,
        rule: format!("twilio:OptOutType={}", keyword.word()),
        language: None,
        how: How::Keyword,
        named: None,
    }
}

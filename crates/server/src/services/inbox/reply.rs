//! What somebody of the staff writes to a customer: through the gate like everything else, and once, however often the button
//! is pressed.

use consent::{
    alias::Alias,
    event::StaffAct,
    id::{AttemptId, ContactId, NumberId},
    reason::Code,
    time::MINUTE_MS,
};
use graph::{
    message::{self, BadMessage, Endpoint, Fill, Outgoing},
    route::{SendRoute, newest},
    template::Shape,
};
use serde::{Deserialize, Serialize};
use store::{
    conversation::{Key, Touch},
    error::StoreError,
    house::Remembered,
    message::{Direction, MessageLine, State},
};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::{App, House},
    clock,
    error::Error,
    services::{
        contacts,
        flows::compose,
        gate::{Refused, Said, tie::Tie},
        keys,
        send::{self, Keep, Passed, Sent, Wish},
    },
    vault::sha256,
};

/// How long a reply may take until it goes.
const LIFE_MS: i64 = MINUTE_MS;
/// Longest token, in characters.
const TOKEN_CHARS_MAX: usize = 100;

/// A reply: an own text, or a template.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplyBody {
    /// Names this reply: the same token sends once, however often it comes.
    pub token: String,
    /// An own text, 1 to 4,096 characters: while the window is open.
    #[serde(default)]
    pub text: Option<String>,
    /// A template.
    #[serde(default)]
    pub template: Option<TemplateBody>,
    /// The id of a message of this conversation that is answered.
    #[serde(default)]
    pub quotes: Option<Uuid>,
}

/// A template with its gaps filled.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateBody {
    /// Its name.
    pub name: String,
    /// Its language, as in `en_US`.
    pub language: String,
    /// A text for each gap of the header.
    #[serde(default)]
    pub header: Vec<String>,
    /// A text for each gap of the text, in the order of `body_gaps`.
    #[serde(default)]
    pub body: Vec<String>,
}

/// What became of a reply.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReplyAnswer {
    /// Its id among the messages.
    pub id: String,
    /// `accepted` when Meta took it, `denied` when the gate refused it, `rejected` when nothing was sent, `unknown` when nobody
    /// knows; or what is known of it since.
    pub state: &'static str,
    /// The code of a refusal by the gate.
    pub code: Option<String>,
    /// Why it was refused, or what Meta said.
    pub reason: Option<String>,
    /// Who can lift a refusal by the gate.
    pub lifted_by: Option<&'static str>,
    /// When a refusal by the gate passes by itself.
    pub until: Option<String>,
    /// Meta's error code.
    pub error_code: Option<i64>,
    /// Whether this token had come before: this is what became of it then.
    pub repeated: bool,
}

/// Sends a reply, if it may go. A refusal is an answer, with its reason and who can lift it.
///
/// # Errors
/// [`Error::NotFound`] when there is no such person, number or template; [`Error::Invalid`] when the reply makes no sense;
/// [`Error::Conflict`] when the person has no address in WhatsApp, the token named another reply, or there is no access token; when
/// the database does not answer.
pub async fn reply(
    app: &App,
    key: Key<'_>,
    body: &ReplyBody,
    actor: &str,
) -> Result<ReplyAnswer, Error> {
    let (contact, number) = key;
    let sender = super::ours(app, number)?;
    let length = body.token.chars().count();
    if !(1..=TOKEN_CHARS_MAX).contains(&length) {
        let message = format!("the token has {length} characters: want 1 to {TOKEN_CHARS_MAX}");
        return Err(Error::field("token", message));
    }
    let wish = wish(app, (contact, &sender), body, actor).await?;
    let (reply, is_new) = claim(app, key, body, actor).await?;
    let tie = Tie {
        reply,
        confirms: Vec::new(),
        until: app.clock.now().plus_millis(LIFE_MS),
        run: None,
    };
    let attempts = tie.attempts();
    let passed = send::answer(app, wish, tie).await?;
    let (last, repeated, refused) = match passed {
        Passed::Late => {
            let message = "it took too long: nothing was sent, and it may be tried again";
            return Err(Error::Conflict(message.to_owned()));
        }
        Passed::Claimed(line) => (Some(*line), true, None),
        Passed::Sent(Sent::Refused(refused)) => (None, !is_new, Some(refused)),
        Passed::Sent(_) => (None, !is_new, None),
    };
    note_sent(app, key).await?;
    let line = match last {
        Some(line) => Some(line),
        None => newest_of(app, &attempts).await?,
    };
    let line = line.ok_or_else(|| Error::internal("a reply that left no trace"))?;
    Ok(answer(&line, repeated, refused.as_deref()))
}

/// What is to be sent, and where.
async fn wish(
    app: &House,
    (contact, number): (ContactId, &NumberId),
    body: &ReplyBody,
    actor: &str,
) -> Result<Wish, Error> {
    let line = contacts::line(app, contact).await?;
    let held = line.aliases.into_iter().filter(|held| held.until.is_none());
    let aliases: Vec<Alias> = held.map(|held| held.alias).collect();
    let to = super::address(&aliases).ok_or_else(|| {
        Error::Conflict("this person has no address in WhatsApp any more".to_owned())
    })?;
    let Some(token) = app.token.clone() else {
        let message = "whatsapp.access_token is not configured: nothing can be sent from here";
        return Err(Error::Conflict(message.to_owned()));
    };
    let account = app.config.account_of(number).unwrap_or_default().to_owned();
    let (outgoing, text) = match (&body.text, &body.template) {
        (Some(text), None) => {
            let text = text.trim();
            let made = message::text(&compose::recipient(to), text, None);
            (made.map_err(|why| bad("text", &why))?, text.to_owned())
        }
        (None, Some(template)) => filled(app, &account, to, template).await?,
        _ => {
            let message = "want either a text or a template";
            return Err(Error::field("text", message));
        }
    };
    let outgoing = match body.quotes {
        Some(id) => outgoing.quoting(&quoted(app, (contact, number), id).await?),
        None => outgoing,
    };
    let version = app.config.whatsapp.version.parse();
    Ok(Wish {
        route: SendRoute {
            version: version.unwrap_or_else(|_| newest()),
            number: number.clone(),
            endpoint: Endpoint::Messages,
            proof: None,
        },
        account,
        outgoing,
        topic: None,
        token,
        keep: Keep::Said(Said {
            text,
            by: Some(actor.to_owned()),
        }),
    })
}

/// A template with its gaps filled, and how it reads then.
async fn filled(
    app: &House,
    account: &str,
    to: &Alias,
    body: &TemplateBody,
) -> Result<(Outgoing, String), Error> {
    let (name, language) = (body.name.as_str(), body.language.as_str());
    let known = app.store.template(account, name, language).await?;
    let known = known.ok_or(Error::NotFound("template"))?;
    let shape = Shape::of(&known.components);
    if let Some(part) = &shape.wants_more {
        let message = format!(
            "the template has a part that texts cannot fill (`{part}`): it cannot be sent here"
        );
        return Err(Error::field("template", message));
    }
    let clean = |texts: &[String]| -> Vec<String> {
        texts.iter().map(|text| text.trim().to_owned()).collect()
    };
    let (header, text) = (clean(&body.header), clean(&body.body));
    let fill = Fill {
        header: (&shape.header_gaps, &header),
        body: (&shape.body_gaps, &text),
        ..Fill::default()
    };
    let made = message::filled(&compose::recipient(to), (name, language), fill);
    let made = made.map_err(|why| bad("template", &why))?;
    Ok((made, shape.words(&header, &text)))
}

fn bad(field: &str, why: &BadMessage) -> Error {
    Error::field(field, why.to_string())
}

/// Meta's id of a message of this conversation.
async fn quoted(
    app: &House,
    (contact, number): (ContactId, &NumberId),
    id: Uuid,
) -> Result<String, Error> {
    let found = app.store.find_messages(&[AttemptId::new(id)], &[]).await?;
    let former = app.store.former_selves(contact).await?;
    let is_theirs = |line: &&MessageLine| {
        (line.contact == contact || former.contains(&line.contact))
            && line.number == number.as_str()
            && line.direction == Direction::In
    };
    let wamid = found
        .iter()
        .find(is_theirs)
        .and_then(|line| line.wamid.clone());
    wamid.ok_or_else(|| Error::field("quotes", "there is no such message in this conversation"))
}

/// Gives this token a reply of its own, or the one that it has; says whether it is new. That somebody replied is an event, once.
async fn claim(
    app: &App,
    (contact, number): Key<'_>,
    body: &ReplyBody,
    actor: &str,
) -> Result<(Uuid, bool), Error> {
    let name = format!("inbox reply {contact} {number} {}", body.token);
    let key = sha256(name.as_bytes());
    let request = serde_json::to_vec(body).map_err(Error::internal)?;
    let request = sha256(&request).to_vec();
    if let Some(known) = app.store.remembered(&key).await? {
        return Ok((claimed(&known, &request)?, false));
    }
    let reply = app.clock.id();
    let memo = Remembered {
        request: request.clone(),
        answer: reply.to_string(),
    };
    let mut tx = app.store.begin().await?;
    match tx.remember(&key, &memo, app.clock.now()).await {
        Err(StoreError::Conflict) => {
            drop(tx);
            let known = app.store.remembered(&key).await?;
            let known = known.ok_or(Error::Unavailable(StoreError::Conflict))?;
            return Ok((claimed(&known, &request)?, false));
        }
        done => done?,
    }
    let note = format!("{reply} to contact {contact} from number {number}");
    keys::staff_event(app, &mut tx, StaffAct::Replied, actor, &note).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    Ok((reply, true))
}

fn claimed(known: &Remembered, request: &[u8]) -> Result<Uuid, Error> {
    if known.request != request {
        let message = "this token named another reply: take a new one";
        return Err(Error::Conflict(message.to_owned()));
    }
    known.answer.parse().map_err(Error::internal)
}

/// The attempt that was made last.
async fn newest_of(app: &House, attempts: &[AttemptId]) -> Result<Option<MessageLine>, Error> {
    let found = app.store.find_messages(attempts, &[]).await?;
    let place = |line: &MessageLine| attempts.iter().position(|id| *id == line.id);
    Ok(found.into_iter().max_by_key(place))
}

/// The conversation moves up, and whoever replies has read it.
async fn note_sent(app: &App, (contact, number): Key<'_>) -> Result<(), Error> {
    let now = app.clock.now();
    let touch = Touch {
        contact,
        number: number.to_owned(),
        at: now,
        came: 0,
    };
    let mut tx = app.store.begin().await?;
    tx.touch_conversations(&[touch], now).await?;
    tx.commit().await?;
    app.live.ring();
    Ok(())
}

fn answer(line: &MessageLine, repeated: bool, refused: Option<&Refused>) -> ReplyAnswer {
    let code = line.code.as_deref().and_then(Code::read);
    let until = refused.and_then(|refused| refused.denial.until);
    ReplyAnswer {
        id: line.id.to_string(),
        state: line.state.word(),
        code: line.code.clone(),
        reason: line.reason.clone(),
        lifted_by: code
            .filter(|_| line.state == State::Denied)
            .map(|code| code.lifter().sentence()),
        until: until.map(clock::rfc3339),
        error_code: line.error_code,
        repeated,
    }
}

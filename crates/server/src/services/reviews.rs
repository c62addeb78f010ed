//! What waits for a person to read: doubtful words, wishes that a person confirms, and stops that may be taken back.

pub mod arrival;

use consent::{
    event::{Clock, Event, Evidence, Fact, source},
    id::{ContactId, EventId},
    policy::Policy,
    scope::Scope,
};
use serde::{Deserialize, Serialize};
use store::{pool::Tx, review::ReviewLine};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::{App, House},
    clock,
    error::Error,
    services::{
        cast::{Cast, Draft},
        contacts, policy, quiet, retry,
    },
};

/// What the words of a message are sealed for, under the person's key.
pub const PURPOSE: &str = "review";
/// It waits.
pub const OPEN: &str = "open";
/// It was acted on by itself, and may be taken back.
pub const ACTED: &str = "acted";
/// It was decided.
pub const DECIDED: &str = "decided";
/// The verdict: they meant to stop.
pub const STOP: &str = "stop";
/// The verdict: they meant nothing of the kind.
pub const NONE: &str = "none";
/// The kind of a wish to be forgotten, and the verdict that grants it.
pub const ERASURE: &str = "erasure";
const STOP_ALL: &str = "stop_all";
const WRONG_NUMBER: &str = "wrong_number";
const VERDICTS: [&str; 5] = [STOP, STOP_ALL, NONE, ERASURE, WRONG_NUMBER];
const STATES: [&str; 3] = [OPEN, ACTED, DECIDED];
/// Longest reason, in characters.
const REASON_CHARS_MAX: usize = 1_000;

/// A decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideBody {
    /// `stop`, `stop_all`, `none`, `erasure` (erases the person) or `wrong_number`.
    pub verdict: String,
    /// Why, for whoever asks later.
    pub reason: String,
}

/// A message that a person has to read, or has read.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReviewAnswer {
    /// Its id.
    pub id: String,
    /// Whose message.
    pub contact: String,
    /// What the words were taken for: `review`, `stop`, `topic`, `pause`, `erasure`, `wrong_number`.
    pub kind: String,
    /// `open`, `acted` (it was acted on by itself, and may be taken back) or `decided`.
    pub state: String,
    /// The business number that was written to.
    pub number: String,
    /// When they wrote.
    pub said_at: String,
    /// Meta's id of the message.
    pub message: Option<String>,
    /// The words; null once they were erased.
    pub text: Option<String>,
    /// The part of them that was matched.
    pub span: Option<String>,
    /// The rule that matched.
    pub rule: String,
    /// What the person answered, where they answered something of ours.
    pub asked: Option<AskedAnswer>,
    /// The hold on marketing that waits with it.
    pub hold: Option<String>,
    /// The event that was recorded because of it.
    pub event: Option<String>,
    /// What was decided.
    pub verdict: Option<String>,
    /// By whom.
    pub decided_by: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// When.
    pub decided_at: Option<String>,
}

/// A message of ours that was answered.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct AskedAnswer {
    /// Its template.
    pub template: Option<String>,
    /// Its category.
    pub category: String,
    /// When it was sent.
    pub sent: String,
}

#[derive(Default, Deserialize)]
struct Words {
    text: Option<String>,
    span: Option<String>,
    asked: Option<AskedAnswer>,
}

/// A page of them, newest first.
///
/// # Errors
/// [`Error::Invalid`] when the state is none; when the database does not answer.
pub async fn list(
    app: &House,
    state: &str,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<ReviewAnswer>, Error> {
    if !STATES.contains(&state) {
        let message = format!("`{state}` is not a state: want {}", STATES.join(", "));
        return Err(Error::field("state", message));
    }
    let lines = app.store.reviews(state, after, limit).await?;
    let contacts: Vec<ContactId> = lines.iter().map(|line| line.contact).collect();
    let persons = app.store.persons(&contacts).await?;
    let answers = lines.iter().map(|line| {
        let person = persons.iter().find(|person| person.id == line.contact);
        let wrapped = person.and_then(|person| person.sealing_key.as_deref());
        answer(app, line, wrapped)
    });
    Ok(answers.collect())
}

/// Those of one person, newest first, whatever became of them.
///
/// # Errors
/// When the database does not answer.
pub async fn of_contact(
    app: &House,
    contact: ContactId,
    limit: u32,
) -> Result<Vec<ReviewAnswer>, Error> {
    let lines = app.store.reviews_of(contact, limit).await?;
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let person = app.store.persons(&[contact]).await?.pop();
    let wrapped = person.and_then(|person| person.sealing_key);
    let answers = lines
        .iter()
        .map(|line| answer(app, line, wrapped.as_deref()));
    Ok(answers.collect())
}

/// One of them.
///
/// # Errors
/// [`Error::NotFound`] when there is none; when the database does not answer.
pub async fn show(app: &House, id: Uuid) -> Result<ReviewAnswer, Error> {
    let line = find(app, id).await?;
    let person = app.store.persons(&[line.contact]).await?.pop();
    let wrapped = person.and_then(|person| person.sealing_key);
    Ok(answer(app, &line, wrapped.as_deref()))
}

/// Decides one, and returns once the decision is in force. What was decided, or acted on by itself, may be decided
/// again: then what was recorded because of it is taken back first.
///
/// # Errors
/// [`Error::Conflict`] when it cannot be taken back or somebody else decided meanwhile; [`Error::Invalid`] when the
/// verdict or the reason makes no sense; when the database does not answer.
pub async fn decide(
    app: &App,
    id: Uuid,
    body: &DecideBody,
    actor: &str,
) -> Result<ReviewAnswer, Error> {
    if !VERDICTS.contains(&body.verdict.as_str()) {
        let message = format!(
            "`{}` is not a verdict: want {}",
            body.verdict,
            VERDICTS.join(", ")
        );
        return Err(Error::field("verdict", message));
    }
    let length = body.reason.trim().chars().count();
    if !(1..=REASON_CHARS_MAX).contains(&length) {
        let message = format!("the reason has {length} characters: want 1 to {REASON_CHARS_MAX}");
        return Err(Error::field("reason", message));
    }
    let line = find(app, id).await?;
    if body.verdict == ERASURE {
        // The hold stays until the person is forgotten, and goes with them: at no time may anything be sent.
        let before = answer(app, &line, None);
        contacts::erase(app, line.contact, actor, Some(body.reason.trim())).await?;
        return Ok(ReviewAnswer {
            state: DECIDED.to_owned(),
            verdict: Some(ERASURE.to_owned()),
            decided_by: Some(actor.to_owned()),
            reason: Some(body.reason.trim().to_owned()),
            decided_at: Some(clock::rfc3339(app.clock.now())),
            ..before
        });
    }
    retry::on_conflict(|| decide_once(app, &line, body, actor)).await?;
    app.bell.log.notify_one();
    quiet::settle(app, &[line.contact]).await?;
    show(app, id).await
}

async fn decide_once(
    app: &App,
    line: &ReviewLine,
    body: &DecideBody,
    actor: &str,
) -> Result<(), Error> {
    let policy = policy::current(app).await?;
    let mut tx = app.store.begin().await?;
    let mut cast = Cast::gather(app, &mut tx, &[]).await?;
    cast.admit(&mut tx, &[line.contact]).await?;
    let evidence = Evidence {
        source: source::REVIEW.to_owned(),
        actor: Some(actor.to_owned()),
        message_id: line.message.clone(),
        rule: Some(line.rule.clone()),
        note: Some(body.reason.trim().to_owned()),
        ..Evidence::default()
    };
    let now = cast.now();
    let record = |cast: &mut Cast<'_>, fact: Fact| {
        // A refusal is as old as the words that it was read from: what they said later stands.
        let (clock, at) = match fact {
            Fact::OptOut(_) | Fact::IdentityChanged => (Clock::Meta, line.said),
            _ => (Clock::Ours, now),
        };
        cast.record(Draft {
            contact: line.contact,
            fact,
            clock,
            at,
            evidence: evidence.clone(),
        })
    };
    for event in to_take_back(&mut tx, line).await? {
        record(&mut cast, Fact::Retract(event))?;
    }
    let mut made = None;
    for fact in facts(&body.verdict, &policy) {
        let id = record(&mut cast, fact.clone())?;
        if matches!(fact, Fact::OptOut(_)) {
            made = Some(id);
        }
    }
    let standing = cast.standing(line.contact);
    if let Some(hold) = line.hold.filter(|hold| !standing.released.contains(hold)) {
        record(&mut cast, Fact::Release(hold))?;
    }
    let decided = ReviewLine {
        state: DECIDED.to_owned(),
        verdict: Some(body.verdict.clone()),
        decided_by: Some(actor.to_owned()),
        reason: Some(body.reason.trim().to_owned()),
        decided: Some(now),
        event: made,
        ..line.clone()
    };
    cast.save(&mut tx, &policy).await?;
    if !tx.decide_review(&decided, &line.state).await? {
        let message = "somebody else decided meanwhile: read it again";
        return Err(Error::Conflict(message.to_owned()));
    }
    tx.commit().await?;
    Ok(())
}

fn facts(verdict: &str, policy: &Policy) -> Vec<Fact> {
    match verdict {
        STOP => vec![Fact::OptOut(Scope::everywhere(policy.stop_covers))],
        STOP_ALL => vec![Fact::OptOut(Scope::ALL)],
        WRONG_NUMBER => vec![Fact::IdentityChanged],
        _ => Vec::new(),
    }
}

/// The refusals that were read from the words, all of them: one message may have refused more than one thing, each
/// in an event that follows the one before.
///
/// A keyword, a button and WhatsApp's own switch cannot be taken back by anybody but the person.
async fn to_take_back(tx: &mut Tx, line: &ReviewLine) -> Result<Vec<EventId>, Error> {
    let Some(named) = line.event else {
        return Ok(Vec::new());
    };
    let history = tx.history(line.contact).await?;
    let events = history.iter().filter_map(store::event::EventLine::event);
    let mut events = events.skip_while(|event| event.id != named);
    let first = events.next().filter(Event::is_retractable);
    let first = first.ok_or_else(said_by_themselves)?;
    let is_beside = |event: &Event| {
        let facts = |event: &Event| (event.at, event.received, event.evidence.source.clone());
        matches!(event.fact, Fact::OptOut(_))
            && event.fact != first.fact
            && facts(event) == facts(&first)
    };
    let beside: Vec<EventId> = events.take_while(is_beside).map(|event| event.id).collect();
    Ok(std::iter::once(named).chain(beside).collect())
}

fn said_by_themselves() -> Error {
    let message = "the person said so with a keyword or a button: nobody else can take that back";
    Error::Conflict(message.to_owned())
}

async fn find(app: &House, id: Uuid) -> Result<ReviewLine, Error> {
    let line = app.store.review(id).await?;
    line.ok_or(Error::NotFound("review"))
}

fn answer(app: &House, line: &ReviewLine, wrapped: Option<&[u8]>) -> ReviewAnswer {
    let key = wrapped.and_then(|wrapped| app.vault.person(line.contact, wrapped).ok());
    let opened = key.and_then(|key| key.open(PURPOSE, &line.sealed).ok());
    let words: Words = opened
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default();
    ReviewAnswer {
        id: line.id.to_string(),
        contact: line.contact.to_string(),
        kind: line.kind.clone(),
        state: line.state.clone(),
        number: line.number.clone(),
        said_at: clock::rfc3339(line.said),
        message: line.message.clone(),
        text: words.text,
        span: words.span,
        rule: line.rule.clone(),
        asked: words.asked,
        hold: line.hold.map(|id| id.to_string()),
        event: line.event.map(|id| id.to_string()),
        verdict: line.verdict.clone(),
        decided_by: line.decided_by.clone(),
        reason: line.reason.clone(),
        decided_at: line.decided.map(clock::rfc3339),
    }
}

//! Sends what waits in line: each answer once, in time, and through the gate like everything else.

use consent::{
    alias::Alias,
    id::{AttemptId, ContactId, EventId},
    permit::Recipient,
    register::Mark,
    time::{DAY_MS, MINUTE_MS, Timestamp},
};
use futures::StreamExt;
use graph::{
    bearer::Bearer,
    message::Endpoint,
    route::{SendRoute, newest},
};
use store::{
    message::{MessageLine, State},
    reply::{Ended, ReplyLine, ReplyState},
};

use super::{
    compose::{self, Desk},
    plan::{Detail, Kind},
    receipt, setting,
};
use crate::{
    app::App,
    error::Error,
    flows::Flows,
    services::{
        gate::tie::Tie,
        policy, quiet,
        send::{self, Keep, Passed, Sent, Wish},
        who,
    },
};

/// How old a message may be when it is answered (issue 4, 47 CFR 64.1200(a)(12)).
pub const FRESH_MS: i64 = 5 * MINUTE_MS;
/// How long a reminder may wait: it answers nothing.
const REMINDER_MS: i64 = DAY_MS;
/// How many answers one turn takes.
const BATCH_MAX: u32 = 100;
/// How many are under way at one time.
const AT_ONCE: usize = 8;
/// How long an answer waits when Meta cannot be reached or wants us to be slower.
const PAUSE_MS: i64 = 3_000;
/// How many answers one person gets in a day: two machines must not talk to each other for ever.
const PER_DAY_MAX: i64 = 20;
/// How long after a refusal nobody is asked again whether they want something all the same.
const ASK_AGAIN_MS: i64 = 365 * DAY_MS;
/// The kind of nudge that such a question is.
const ASK: &str = "ask";
/// What Meta refuses for now and takes later.
const LATER: [i64; 5] = [4, 80_007, 130_429, 131_056, 133_004];

/// What became of an answer for now.
enum Fate {
    Ended(ReplyState, Option<AttemptId>, Option<String>),
    PutOff,
}

/// Takes one turn. Says how many answers it looked at.
///
/// # Errors
/// When the database does not answer.
pub async fn step(app: &App) -> Result<usize, Error> {
    let due = app.store.due_replies(app.clock.now(), BATCH_MAX).await?;
    if due.is_empty() {
        return Ok(0);
    }
    let flows = setting::current(app).await?;
    let count = due.len();
    let results: Vec<Result<(), Error>> = futures::stream::iter(due)
        .map(|line| {
            let flows = &flows;
            async move {
                let fate = decide(app, flows, &line).await;
                (line, fate)
            }
        })
        .buffer_unordered(AT_ONCE)
        // Whatever has ended meanwhile is written down together, and nobody waits for the slowest.
        .ready_chunks(AT_ONCE)
        .map(|fates| async move { settle(app, fates).await })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    results.into_iter().collect::<Result<(), Error>>()?;
    Ok(count)
}

/// Writes down what became of some answers, in one order for everybody.
async fn settle(app: &App, mut fates: Vec<(ReplyLine, Result<Fate, Error>)>) -> Result<(), Error> {
    fates.sort_by_key(|(line, _)| (line.contact, line.id));
    let (mut ended, mut put_off, mut failed) = (Vec::new(), Vec::new(), None);
    for (line, fate) in &fates {
        match fate {
            Ok(Fate::PutOff) => put_off.push((line.contact, line.id)),
            Ok(Fate::Ended(state, attempt, why)) => {
                metrics::counter!("consentry_replies_total", "outcome" => state.word())
                    .increment(1);
                ended.push(Ended {
                    contact: line.contact,
                    id: line.id,
                    state: *state,
                    attempt: *attempt,
                    why: why.as_deref(),
                });
            }
            Err(error) => failed = Some(error.again()),
        }
    }
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    tx.end_replies(&ended, now).await?;
    tx.put_off_replies(&put_off, now.plus_millis(PAUSE_MS))
        .await?;
    tx.commit().await?;
    failed.map_or(Ok(()), Err)
}

async fn decide(app: &App, flows: &Flows, line: &ReplyLine) -> Result<Fate, Error> {
    let ended = |state, why: &str| Ok(Fate::Ended(state, None, Some(why.to_owned())));
    let Some(kind) = Kind::read(&line.kind) else {
        return ended(ReplyState::Rejected, "nothing that can be said");
    };
    if !kind.is_on(flows) {
        return ended(ReplyState::Off, "switched off");
    }
    let now = app.clock.now();
    let life = if kind == Kind::Reminder {
        REMINDER_MS
    } else {
        FRESH_MS
    };
    let day_ago = now.plus_millis(-DAY_MS);
    if app.store.count_replies(line.contact, day_ago).await? > PER_DAY_MAX {
        return ended(
            ReplyState::Refused,
            "this person got too many answers today",
        );
    }
    let Some(token) = app.token.clone() else {
        return ended(
            ReplyState::Rejected,
            "whatsapp.access_token is not configured",
        );
    };
    let Ok(alias) = who::alias(app, &line.recipient) else {
        return ended(ReplyState::Rejected, "the address cannot be read");
    };
    let detail: Detail = serde_json::from_str(&line.detail).unwrap_or_default();
    let Composed { wish, asked } = match wish(app, flows, (line, kind), (&alias, token)).await? {
        Ok(composed) => composed,
        Err(why) => return ended(ReplyState::Rejected, &why),
    };
    if tells_of_less(kind, &detail) {
        // Whoever reads that it is so must not see anything start after it.
        quiet::settle(app, &[line.contact]).await?;
    }
    let tie = Tie {
        reply: line.id,
        confirms: confirmed(app, line.contact, &detail).await?,
        until: line.said.plus_millis(life),
        run: None,
    };
    let passed = send::answer(app, wish, tie).await?;
    let fate = fate(app, passed);
    let went = matches!(
        fate,
        Fate::Ended(ReplyState::Sent | ReplyState::Unknown, ..)
    );
    if !went {
        give_back(app, line.contact, asked).await?;
    }
    Ok(fate)
}

/// The opt-outs that an answer confirms, and with them what was refused before: whoever had refused everything, or was
/// erased, and stops offers now is told so. What was refused after that is another matter.
async fn confirmed(app: &App, contact: ContactId, detail: &Detail) -> Result<Vec<EventId>, Error> {
    let named = detail.confirms.iter();
    let mut confirms: Vec<EventId> = named.filter_map(|id| id.parse().ok()).collect();
    if confirms.is_empty() {
        return Ok(confirms);
    }
    let Some(person) = app.store.persons(&[contact]).await?.pop() else {
        return Ok(confirms);
    };
    let registers = person.standing.registers.values();
    let refused = registers.flat_map(|register| register.opt_out.each().map(|(_, mark)| mark));
    let refused: Vec<Mark> = refused.collect();
    let own = refused.iter().filter(|mark| confirms.contains(&mark.event));
    if let Some(newest) = own.map(|mark| mark.at).max() {
        let before = refused.iter().filter(|mark| mark.at < newest);
        confirms.extend(before.map(|mark| mark.event));
    }
    Ok(confirms)
}

/// Whether an answer says that less may go now than before.
const fn tells_of_less(kind: Kind, detail: &Detail) -> bool {
    match kind {
        Kind::Stopped
        | Kind::StoppedAll
        | Kind::Paused
        | Kind::Erasure
        | Kind::WrongNumber
        | Kind::Doubt => true,
        Kind::Started
        | Kind::Question
        | Kind::Help
        | Kind::Menu
        | Kind::Topics
        | Kind::TopicOn
        | Kind::Kept
        | Kind::Reminder
        | Kind::Receipt => !detail.confirms.is_empty(),
    }
}

/// A message that is ready to go.
struct Composed {
    wish: Wish,
    /// When it claimed the one question in a year, where it asks for something that was refused.
    asked: Option<Timestamp>,
}

async fn wish(
    app: &App,
    flows: &Flows,
    (line, kind): (&ReplyLine, Kind),
    (alias, token): (&Alias, Bearer),
) -> Result<Result<Composed, String>, Error> {
    let number = line.number.parse().ok();
    let account = number
        .as_ref()
        .and_then(|number| app.config.account_of(number));
    let (Some(number), Some(account)) = (number.clone(), account) else {
        return Ok(Err("the number is not one of ours any more".to_owned()));
    };
    if matches!(compose::recipient(alias), Recipient::Group(_)) {
        return Ok(Err("the address is none of WhatsApp's".to_owned()));
    }
    let topics = app.store.topics().await?;
    let policy = policy::current(app).await?;
    let texts = app.store.topic_texts().await?;
    let receipt = match kind {
        Kind::Receipt => Some(receipt::text(app, flows, line, alias).await?),
        _ => None,
    };
    let mut desk = Desk {
        app,
        flows,
        policy: &policy,
        topics: &topics,
        texts: &texts,
        may_ask: true,
        receipt: receipt.as_deref(),
    };
    let asked = match kind {
        Kind::Stopped if desk.asks() => claim_question(app, line.contact).await?,
        _ => None,
    };
    desk.may_ask = asked.is_some();
    let outgoing = match compose::compose(desk, line, kind, alias) {
        Ok(outgoing) => outgoing,
        Err(why) => {
            give_back(app, line.contact, asked).await?;
            return Ok(Err(why.to_string()));
        }
    };
    let version = app.config.whatsapp.version.parse();
    let wish = Wish {
        route: SendRoute {
            version: version.unwrap_or_else(|_| newest()),
            number,
            endpoint: Endpoint::Messages,
            proof: None,
        },
        account: account.to_owned(),
        outgoing,
        topic: None,
        token,
        keep: Keep::Words,
    };
    Ok(Ok(Composed { wish, asked }))
}

/// Claims the one question that somebody is asked in a year, before it is put: many answers may be under way at one
/// time. Says when, if nobody else has it. Whoever dies with the claim leaves it: never asked is better than twice.
async fn claim_question(app: &App, contact: ContactId) -> Result<Option<Timestamp>, Error> {
    let now = app.clock.now();
    let since = now.plus_millis(-ASK_AGAIN_MS);
    // Most have been asked already, and reading costs less than writing.
    let last = app.store.nudged(contact, ASK).await?;
    if last.is_some_and(|last| last >= since) {
        return Ok(None);
    }
    let mut tx = app.store.begin().await?;
    let won = tx.nudge(&[contact], ASK, (since, now)).await?;
    tx.commit().await?;
    Ok((!won.is_empty()).then_some(now))
}

/// Gives a claimed question back that never went out, so that another answer may put it.
async fn give_back(app: &App, contact: ContactId, asked: Option<Timestamp>) -> Result<(), Error> {
    let Some(at) = asked else { return Ok(()) };
    let mut tx = app.store.begin().await?;
    tx.take_nudge_back(contact, ASK, at).await?;
    tx.commit().await?;
    Ok(())
}

fn fate(app: &App, passed: Passed) -> Fate {
    match passed {
        Passed::Late => Fate::Ended(ReplyState::Late, None, None),
        Passed::Claimed(line) => claimed(app, &line),
        Passed::Sent(Sent::Answered(status, _)) if (200..300).contains(&status) => {
            Fate::Ended(ReplyState::Sent, None, None)
        }
        Passed::Sent(Sent::Answered(status, body)) => {
            let value: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
            let code = value
                .pointer("/error/code")
                .and_then(serde_json::Value::as_i64);
            if code.is_some_and(|code| LATER.contains(&code)) {
                return Fate::PutOff;
            }
            let why = code.map_or_else(|| format!("HTTP {status}"), |code| code.to_string());
            Fate::Ended(ReplyState::Rejected, None, Some(why))
        }
        Passed::Sent(Sent::Refused(refused)) => {
            let why = refused.denial.code.word().to_owned();
            Fate::Ended(ReplyState::Refused, Some(refused.attempt), Some(why))
        }
        Passed::Sent(Sent::Unreachable(..)) => Fate::PutOff,
        Passed::Sent(Sent::Unknown(unknown)) => Fate::Ended(
            ReplyState::Unknown,
            Some(unknown.attempt),
            Some(unknown.why),
        ),
    }
}

/// What became of an answer that had been claimed before: by another node, or before a crash.
fn claimed(app: &App, line: &MessageLine) -> Fate {
    let state = match line.state {
        State::Reserved => {
            let timeout = i64::try_from(app.config.whatsapp.send_timeout_ms).unwrap_or(DAY_MS);
            if app.clock.now().millis_since(line.at) < timeout.saturating_mul(2) {
                return Fate::PutOff;
            }
            ReplyState::Unknown
        }
        State::Unknown => ReplyState::Unknown,
        State::Denied => ReplyState::Refused,
        State::Rejected => ReplyState::Rejected,
        State::Received
        | State::Echo
        | State::Accepted
        | State::Sent
        | State::Failed
        | State::Delivered
        | State::Read => ReplyState::Sent,
    };
    Fate::Ended(state, Some(line.id), None)
}

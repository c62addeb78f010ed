//! Does what steps want done outside: sends go through the gate like everything else, once, however often a process dies in between;
//! webhooks are called until they answer. What becomes of each is told to the journey.

use consent::{
    alias::Alias,
    id::{AttemptId, ContactId},
    reason::Code,
    time::{DAY_MS, MINUTE_MS, Timestamp},
};
use futures::StreamExt;
use graph::fault::Fault;
use journey::{effect::Effect, happening::What as Outcome, limits::OUTCOME_DAYS};
use store::{
    journey::{
        effect::{EffectLine, Settled, State},
        run::State as Run,
    },
    message::{MessageLine, State as Message},
};

use super::{
    call,
    errand::{Counted, Errand, Fate, finish, settled},
    letter,
    library::Library,
    person::{self, Known},
    series::tie,
};
use crate::{
    app::App,
    error::Error,
    services::{
        campaigns::compose as letters,
        inbox,
        send::{self, Passed, Sent, Wish},
    },
};

/// How many effects one turn takes.
const BATCH_MAX: u32 = 100;
/// How many sends are under way at one time.
const AT_ONCE: usize = 16;
/// How long an effect is one turn's own: longer than a send may take. If nobody settled it by then, it is looked at anew.
const HAND_MS: i64 = 2 * MINUTE_MS;
/// How long one turn tries to send something.
const LIFE_MS: i64 = MINUTE_MS;
/// The shortest and the longest wait when Meta cannot be reached or wants us to be slower.
const PAUSE_MS: (i64, i64) = (5_000, 15 * MINUTE_MS);
/// What Meta refuses for now and takes later.
const LATER: [i64; 5] = [4, 80_007, 130_429, 131_056, 133_004];
/// How often one effect is put off because of a refusal that time lifts.
const WAITS_MAX: i64 = 200;
/// Nobody can be reached without an address.
pub(super) const NO_ADDRESS: (&str, &str) = ("no_address", "They have no address in WhatsApp.");
/// Nothing can be sent without a number of ours.
pub(super) const NO_NUMBER: (&str, &str) = ("no_number", "There is no number to send from.");

/// Takes one turn. Says how many effects it looked at.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn step(app: &App) -> Result<usize, Error> {
    let now = app.clock.now();
    let due = app.store.due_effects(now, BATCH_MAX).await?;
    if due.is_empty() {
        return Ok(0);
    }
    let count = due.len();
    let mine = now.plus_millis(HAND_MS);
    let put_off: Vec<Settled> = due
        .iter()
        .map(|line| settled(line, State::Waiting, Some(mine)))
        .collect();
    let mut tx = app.store.begin().await?;
    tx.settle_effects(&put_off).await?;
    tx.commit().await?;
    let (calls, sends) = errands(app, due).await?;
    for errand in calls {
        call::begin(app, errand);
    }
    let results: Vec<Result<(), Error>> = futures::stream::iter(sends)
        .map(|errand| async move {
            let fate = send(app, &errand).await?;
            finish(app, &errand, fate).await
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    results.into_iter().collect::<Result<(), Error>>()?;
    Ok(count)
}

/// What is to be called, and what is to be sent. What nobody wants any more is set aside.
async fn errands(app: &App, due: Vec<EffectLine>) -> Result<(Vec<Errand>, Vec<Errand>), Error> {
    let mut library = Library::default();
    let (mut calls, mut sends, mut gone) = (Vec::new(), Vec::new(), Vec::new());
    for line in due {
        let run = app.store.run(line.contact, line.run).await?;
        let effect = serde_json::from_str::<Effect>(&line.body);
        let (Some(run), Ok(effect)) = (run, effect) else {
            gone.push(settled(&line, State::Failed, None));
            continue;
        };
        if run.state != Run::Running {
            gone.push(settled(&line, State::Cancelled, None));
            continue;
        }
        let version = (run.journey, run.version);
        let Some(definition) = library.version(app, version).await? else {
            gone.push(settled(&line, State::Cancelled, None));
            continue;
        };
        let errand = Errand {
            name: definition.head().name.clone(),
            number: definition.head().number.clone(),
            line,
            run,
            effect,
        };
        let list = if matches!(errand.effect, Effect::CallWebhook { .. }) {
            &mut calls
        } else {
            &mut sends
        };
        list.push(errand);
    }
    if !gone.is_empty() {
        let mut tx = app.store.begin().await?;
        tx.settle_effects(&gone).await?;
        tx.commit().await?;
    }
    Ok((calls, sends))
}

async fn send(app: &App, errand: &Errand) -> Result<Fate, Error> {
    let line = &errand.line;
    let failed = |(code, words): (&str, &str)| {
        let (code, words) = (code.to_owned(), words.to_owned());
        Ok(Fate::Over(Outcome::Failed { code, words }, None))
    };
    let Some((known, to)) = meet(app, line.contact).await? else {
        return failed(NO_ADDRESS);
    };
    let own = errand.number.as_ref();
    let Some(number) = person::number(app, own, Some(&known.standing)) else {
        return failed(NO_NUMBER);
    };
    let Some(token) = app.token.clone() else {
        return failed(("no_token", "whatsapp.access_token is not configured."));
    };
    let by = format!("journey {}", errand.name);
    let made = letter::write(app, &errand.effect, (&to, &known), (&number, &by)).await?;
    let made = match made {
        Ok(made) => made,
        Err((code, words)) => return failed((code, &words)),
    };
    let account = app.config.account_of(&number).unwrap_or_default();
    let wish = Wish {
        route: letters::route(app, &number),
        account: account.to_owned(),
        outgoing: made.outgoing,
        topic: None,
        token,
        keep: made.keep,
    };
    let until = app.clock.now().plus_millis(LIFE_MS);
    let tie = tie(line, line.tries, until);
    let ours = tie.attempts();
    let passed = send::answer(app, wish, tie).await?;
    fate(app, errand, (passed, &ours)).await
}

/// Who they are, and where they are reached.
async fn meet(app: &App, contact: ContactId) -> Result<Option<(Known, Alias)>, Error> {
    let Some(line) = app.store.pick_contacts(&[contact]).await?.pop() else {
        return Ok(None);
    };
    let mut known = Known::of(&line.person);
    let current = line.aliases.iter().filter(|held| held.until.is_none());
    let aliases: Vec<Alias> = current.map(|held| held.alias.clone()).collect();
    aliases.iter().for_each(|alias| known.call(alias));
    known.attributes = line.attributes.into_iter().collect();
    let to = inbox::address(&aliases).cloned();
    Ok(to.map(|to| (known, to)))
}

async fn fate(
    app: &App,
    errand: &Errand,
    (passed, ours): (Passed, &[AttemptId]),
) -> Result<Fate, Error> {
    Ok(match passed {
        Passed::Late => {
            let run = app.store.run(errand.line.contact, errand.line.run).await?;
            if run.is_some_and(|run| run.state == Run::Running) {
                pause(app, errand)
            } else {
                Fate::Unwanted
            }
        }
        Passed::Claimed(line) => claimed(app, errand, &line),
        Passed::Sent(Sent::Answered(status, _)) if (200..300).contains(&status) => {
            let sent = app.store.find_messages(ours, &[]).await?;
            let sent = sent.iter().find(|line| line.state != Message::Rejected);
            Fate::Over(Outcome::Accepted, sent.map(|line| line.id))
        }
        Passed::Sent(Sent::Answered(status, body)) => match Fault::read(&body) {
            Some(fault) if LATER.contains(&fault.code) => pause(app, errand),
            fault => {
                let code = fault.as_ref().map_or(i64::from(status), |fault| fault.code);
                let words = fault.map(|fault| fault.details.unwrap_or(fault.message));
                let code = code.to_string();
                let words = words.unwrap_or_else(|| format!("HTTP {status}"));
                Fate::Over(Outcome::Failed { code, words }, None)
            }
        },
        Passed::Sent(Sent::Refused(refused)) => {
            let denial = &refused.denial;
            let (code, until) = (denial.code, denial.until);
            denied(app, errand, (code, until), Some(refused.attempt))
        }
        Passed::Sent(Sent::Unreachable(..)) => pause(app, errand),
        Passed::Sent(Sent::Unknown(unknown)) => Fate::Over(Outcome::Unknown, Some(unknown.attempt)),
    })
}

/// A refusal that time alone lifts is waited for, as long as the step waits.
fn denied(
    app: &App,
    errand: &Errand,
    (code, until): (Code, Option<Timestamp>),
    attempt: Option<AttemptId>,
) -> Fate {
    let in_time = passes((code, until), (app.clock.now(), errand.run.due));
    match in_time.filter(|_| errand.line.tries < WAITS_MAX) {
        Some(until) => Fate::Later(until, Counted::Yes),
        None => {
            let (code, sentence) = (code.word().to_owned(), code.sentence().to_owned());
            Fate::Over(Outcome::Denied { code, sentence }, attempt)
        }
    }
}

/// When a refusal that time alone lifts has passed, if that is before `end`.
pub(super) fn passes(
    (code, until): (Code, Option<Timestamp>),
    (now, end): (Timestamp, Option<Timestamp>),
) -> Option<Timestamp> {
    let passes = matches!(
        code,
        Code::QuietHours | Code::PlatformBackoff | Code::FrequencyCapped
    );
    let soonest = now.plus_millis(PAUSE_MS.0);
    let until = until.filter(|_| passes).map(|until| until.max(soonest));
    until.filter(|until| end.is_none_or(|end| *until < end))
}

/// Waits the longer the longer it lasts.
fn pause(app: &App, errand: &Errand) -> Fate {
    let now = app.clock.now();
    let began = errand.run.due.map_or(now, |due| {
        due.plus_millis(OUTCOME_DAYS.saturating_mul(-DAY_MS))
    });
    let (shortest, longest) = PAUSE_MS;
    let wait = (now.millis_since(began) / 2).clamp(shortest, longest);
    Fate::Later(now.plus_millis(wait), Counted::No)
}

/// What became of something that had been claimed before: by another node, or before a crash.
fn claimed(app: &App, errand: &Errand, line: &MessageLine) -> Fate {
    let outcome = match line.state {
        Message::Reserved => {
            let timeout = i64::try_from(app.config.whatsapp.send_timeout_ms).unwrap_or(DAY_MS);
            if app.clock.now().millis_since(line.at) < timeout.saturating_mul(2) {
                return pause(app, errand);
            }
            Outcome::Unknown
        }
        Message::Unknown => Outcome::Unknown,
        Message::Denied => {
            let code = line.code.as_deref().and_then(Code::read);
            let code = code.unwrap_or(Code::Held);
            let until = line.at.plus_millis(PAUSE_MS.1);
            return denied(app, errand, (code, Some(until)), Some(line.id));
        }
        Message::Rejected | Message::Failed => Outcome::Failed {
            code: line
                .error_code
                .map_or_else(|| "unreachable".to_owned(), |code| code.to_string()),
            words: line.reason.clone().unwrap_or_default(),
        },
        Message::Received
        | Message::Echo
        | Message::Accepted
        | Message::Sent
        | Message::Delivered
        | Message::Read => Outcome::Accepted,
    };
    Fate::Over(outcome, Some(line.id))
}

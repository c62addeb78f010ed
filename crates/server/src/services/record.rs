//! Events that callers tell us: opt-ins, opt-outs, holds and retracts, with their evidence.

mod read;

use consent::{
    alias::Alias,
    event::{Clock, Evidence, Fact},
    id::{ContactId, EventId},
    phone::Country,
    policy::{Policy, WindowRule},
    register::Standing,
    request::{Facts, Request},
    scope::{Category, Channel, Scope},
    time::Timestamp,
    verdict,
};
use serde::{Deserialize, Serialize};
use store::{house::Remembered, pool::Tx};
use utoipa::ToSchema;

use crate::{
    app::{App, House},
    error::Error,
    services::{
        cast::{Cast, Draft, Saved},
        policy, quiet, retry,
    },
    vault::sha256,
};

pub use read::{Desk, EventBody, EvidenceBody, Proof, ScopeBody, Told};

/// So many events at the most go before others that wait.
const URGENT_MAX: usize = 10;

/// An event that was recorded.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Recorded {
    /// The event's id.
    pub id: String,
    /// Its index in the log, from 0, as proofs name it; null until numbered.
    pub seq: Option<i64>,
    /// Whom it is about.
    pub contact: String,
    /// Whether what it says holds now.
    pub in_force: bool,
    /// Why not, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The code of what stands against it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// What came of each event: recorded, or not because the contact is gone.
pub type Outcomes = Vec<Option<Recorded>>;

/// What an `Idempotency-Key` is remembered by.
#[derive(Debug, Clone)]
pub struct Memo {
    key: Vec<u8>,
    request: Vec<u8>,
}

impl Memo {
    /// A caller's key for one request (or one part of it), and what was asked.
    #[must_use]
    pub fn of(caller: &str, key: &str, part: usize, request: &[u8]) -> Self {
        let name = format!("{caller}\n{part}\n{key}");
        Self {
            key: sha256(name.as_bytes()).to_vec(),
            request: sha256(request).to_vec(),
        }
    }
}

/// Records events in one transaction, in their order, and returns once they are in force: no send that they forbid
/// can start any more.
///
/// # Errors
/// [`Error::Conflict`] when the key of `memo` was used for something else; when the database does not answer.
pub async fn tell(app: &App, told: &[Told], memo: Option<&Memo>) -> Result<Outcomes, Error> {
    let outcomes = retry::on_conflict(|| once(app, told, memo)).await?;
    app.bell.log.notify_one();
    Ok(outcomes)
}

async fn once(app: &App, told: &[Told], memo: Option<&Memo>) -> Result<Outcomes, Error> {
    if let Some(outcomes) = remembered(app, memo).await? {
        // The first attempt may have died between its commit and its answer.
        let contacts = outcomes.iter().flatten();
        let contacts: Vec<ContactId> = contacts
            .filter_map(|recorded| recorded.contact.parse().ok())
            .collect();
        quiet::settle(app, &contacts).await?;
        return Ok(outcomes);
    }
    let policy = policy::current(app).await?;
    let mut tx = begin(app, told).await?;
    let aliases: Vec<Alias> = told.iter().filter_map(Told::alias).cloned().collect();
    let mut cast = Cast::gather(app, &mut tx, &aliases).await?;
    let named: Vec<ContactId> = told.iter().filter_map(Told::contact).collect();
    cast.admit(&mut tx, &named).await?;
    if policy.names_countries() {
        cast.learn_aliases(&mut tx).await?;
    }
    let mut outcomes = Vec::with_capacity(told.len());
    for one in told {
        outcomes.push(match record(app, &mut cast, one, &policy) {
            Ok(recorded) => Some(recorded),
            Err(Error::NotFound(_)) => None,
            Err(other) => return Err(other),
        });
    }
    let saved = cast.save(&mut tx, &policy).await?;
    for recorded in outcomes.iter_mut().flatten() {
        recorded.seq = place(&saved, &recorded.id);
    }
    remember(app, &mut tx, memo, &outcomes).await?;
    tx.commit().await?;
    quiet::settle(app, &saved.restricted).await?;
    Ok(outcomes)
}

/// A no goes before what waits, unless it comes with very many others.
async fn begin(app: &House, told: &[Told]) -> Result<Tx, Error> {
    let says_no = told.iter().any(|told| matches!(told.fact, Fact::OptOut(_)));
    Ok(if says_no && told.len() <= URGENT_MAX {
        app.store.begin_next().await?
    } else {
        app.store.begin().await?
    })
}

fn record(
    app: &House,
    cast: &mut Cast<'_>,
    told: &Told,
    policy: &Policy,
) -> Result<Recorded, Error> {
    let contact = match told.alias() {
        None => told.contact().ok_or(Error::NotFound("contact"))?,
        Some(alias) => match cast.id_of(alias) {
            Some(known) => known,
            None => cast.create(std::slice::from_ref(alias), None)?,
        },
    };
    let draft = Draft {
        contact,
        fact: told.fact.clone(),
        clock: told.clock,
        at: told.at,
        evidence: told.evidence.clone(),
    };
    let id = cast.record(draft)?;
    let now = app.clock.now();
    let against = if told.is_early {
        withdraw(cast, contact, id, now)?;
        Some((None, EARLY.to_owned()))
    } else {
        let aliases = cast.aliases(contact);
        let country = policy.country(aliases.iter().chain(told.alias()));
        stands_against(&told.fact, (&cast.standing(contact), country), policy, now)
    };
    let (code, why) = against.unzip();
    Ok(Recorded {
        id: id.to_string(),
        seq: None,
        contact: contact.to_string(),
        in_force: why.is_none(),
        why,
        code: code.flatten(),
    })
}

const EARLY: &str = "It is dated more than five minutes ahead of our clock, so it was kept as evidence and has no effect.";

/// An opt-in from the future is kept in the log and retracted in the same breath, so that no standing rests on it.
fn withdraw(
    cast: &mut Cast<'_>,
    contact: ContactId,
    event: EventId,
    now: Timestamp,
) -> Result<(), Error> {
    let evidence = Evidence {
        source: "clock".to_owned(),
        note: Some(EARLY.to_owned()),
        ..Evidence::default()
    };
    cast.record(Draft {
        contact,
        fact: Fact::Retract(event),
        clock: Clock::Ours,
        at: now,
        evidence,
    })?;
    Ok(())
}

/// What stands against a wish that was just recorded: the code and the sentence; nothing when it holds.
fn stands_against(
    fact: &Fact,
    (standing, country): (&Standing, Option<Country>),
    policy: &Policy,
    now: Timestamp,
) -> Option<(Option<String>, String)> {
    match fact {
        Fact::OptIn(scope) => {
            // Caps, quiet hours and the window say when to write, not whether the person agreed.
            let timeless = Policy {
                caps: Vec::new(),
                quiet_hours: None,
                window: WindowRule::LeaveToMeta,
                ..policy.clone()
            };
            let standing = Standing {
                backoff: None,
                ..standing.clone()
            };
            let facts = Facts {
                country,
                ..facts(&standing)
            };
            let verdict = verdict::decide(&about(scope), facts, &timeless, now);
            let code = verdict.code()?;
            Some((Some(code.word().to_owned()), code.sentence().to_owned()))
        }
        Fact::OptOut(scope) => {
            let wishes = Standing {
                registers: standing.registers.clone(),
                sources: standing.sources.clone(),
                ..Standing::default()
            };
            let verdict = verdict::decide(&about(scope), facts(&wishes), policy, now);
            let later = "The person agreed after the date that this opt-out was given.";
            verdict.allows().then(|| (None, later.to_owned()))
        }
        Fact::OptInRequested(_)
        | Fact::Retract(_)
        | Fact::PlatformStop(_)
        | Fact::PlatformResume(_)
        | Fact::PlatformBackoff
        | Fact::Blocked
        | Fact::IdentityChanged
        | Fact::Hold(..)
        | Fact::Release(_)
        | Fact::AliasLinked(_)
        | Fact::AliasEnded(_)
        | Fact::Erasure
        | Fact::PolicyChanged(_)
        | Fact::Staff(_)
        | Fact::Reservations(_)
        | Fact::Referral => None,
    }
}

/// A message that a wish about `scope` speaks of.
#[must_use]
pub fn about(scope: &Scope) -> Request {
    let category = scope.subject.category().unwrap_or(Category::Marketing);
    let topic = match scope.subject {
        consent::scope::Subject::Topic(topic) => Some(topic),
        consent::scope::Subject::All | consent::scope::Subject::Category(_) => None,
    };
    Request {
        topic,
        channel: scope.channel.unwrap_or(Channel::Whatsapp),
        number: scope.number.clone(),
        ..Request::about(category)
    }
}

const fn facts(standing: &Standing) -> Facts<'_> {
    Facts {
        standing,
        sent: &[],
        minute_there: None,
        country: None,
    }
}

/// The index in the log of an event that was just saved. What a save numbers are its own events, in the order of
/// their ids, at the end of the log.
#[must_use]
pub fn place(saved: &Saved, id: &str) -> Option<i64> {
    let size = saved.size?;
    let mut ids = saved.events.iter().map(|event| event.id.to_string());
    let position = i64::try_from(ids.position(|other| other == id)?).ok()?;
    let count = i64::try_from(saved.events.len()).ok()?;
    Some(size - count + position)
}

async fn remembered(app: &House, memo: Option<&Memo>) -> Result<Option<Outcomes>, Error> {
    let Some(memo) = memo else {
        return Ok(None);
    };
    let Some(kept) = app.store.remembered(&memo.key).await? else {
        return Ok(None);
    };
    if kept.request != memo.request {
        let message = "this `Idempotency-Key` was used for another request: want a new key";
        return Err(Error::Conflict(message.to_owned()));
    }
    serde_json::from_str(&kept.answer)
        .map(Some)
        .map_err(Error::internal)
}

async fn remember(
    app: &House,
    tx: &mut Tx,
    memo: Option<&Memo>,
    outcomes: &Outcomes,
) -> Result<(), Error> {
    let Some(memo) = memo else {
        return Ok(());
    };
    let kept = Remembered {
        request: memo.request.clone(),
        answer: serde_json::to_string(outcomes).map_err(Error::internal)?,
    };
    tx.remember(&memo.key, &kept, app.clock.now()).await?;
    Ok(())
}

//! The gate: the only place that makes a reservation, and the only one that hands out permits.
//!
//! The verdict is decided on what was read; the reservation is one durable write that goes through only if neither
//! the person's standing nor the policy has changed since. So the write itself is the consent check.

mod newcomer;
pub mod tie;

use std::sync::atomic::Ordering;

use consent::{
    alias::Alias,
    id::{AttemptId, ContactId, NumberId},
    permit::{Permit, Recipient},
    policy::Policy,
    reason::Code,
    register::Standing,
    request::{Address, Facts, Request, Template},
    scope::{Category, Channel, Topic},
    verdict::{self, Clearance, Denial, Verdict},
};
use store::{
    contact::Person,
    message::{Direction, MessageLine, Reservation, State, number_text},
};

use self::{
    newcomer::{Claimant, Newcomer},
    tie::{Attempt, Tie},
};
use crate::{
    app::House,
    error::Error,
    services::{facts, policy, summary},
};

/// How often a verdict is decided anew because the person changed between question and reservation.
const TRIES: usize = 8;

/// What the caller's callback data is sealed for.
pub const CALLBACK_PURPOSE: &str = "callback";

/// One message that wants to go out.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Everyone whom the address names: one, or `to` and `recipient`.
    pub recipients: Vec<Recipient>,
    /// The number that sends.
    pub number: NumberId,
    /// The category: the template's own.
    pub category: Category,
    /// The topic.
    pub topic: Option<Topic>,
    /// The state of the template.
    pub template: Template,
    /// Its name and language, if there is one.
    pub named: Option<(String, String)>,
    /// What the body is, without its callback data.
    pub fingerprint: [u8; 32],
    /// The caller's own callback data.
    pub callback: Option<String>,
    /// What it answers, where it is an answer of our own.
    pub tie: Option<Tie>,
}

/// What the gate says.
#[derive(Debug)]
pub enum Answer {
    /// The message may go, once, now.
    Admitted(Box<Admitted>),
    /// It may not.
    Refused(Box<Refused>),
    /// An answer of ours that was claimed before: it is never claimed again.
    Claimed(Box<MessageLine>),
}

/// A reservation on disk, and the permit that it gives.
#[derive(Debug)]
pub struct Admitted {
    /// The permit.
    pub permit: Permit,
    /// The attempt.
    pub attempt: AttemptId,
    /// The person.
    pub contact: ContactId,
}

/// A refusal, as it was written down.
#[derive(Debug, Clone)]
pub struct Refused {
    /// The attempt under which it can be looked up.
    pub attempt: AttemptId,
    /// Why.
    pub denial: Denial,
}

/// Asks for leave to send. A yes is on disk before this returns; so is a no.
///
/// # Errors
/// When the database does not answer: nothing can be reserved, nothing may be sent.
pub async fn enter(app: &House, ask: &Ask) -> Result<Answer, Error> {
    for _ in 0..TRIES {
        let attempt = match tie::attempt(app, ask).await? {
            Attempt::New(attempt) => attempt,
            Attempt::Claimed(line) => return Ok(Answer::Claimed(line)),
        };
        let seen = look(app, ask, attempt).await?;
        match seen.decide(app, ask) {
            Verdict::Deny(denial) => return refuse(app, ask, &seen, denial).await,
            Verdict::Allow(clearance) => {
                if let Some(admitted) = reserve(app, ask, &seen, clearance).await? {
                    return Ok(Answer::Admitted(Box::new(admitted)));
                }
            }
        }
    }
    // Somebody keeps changing this person's standing: in doubt, no.
    let seen = look(app, ask, AttemptId::new(app.clock.id())).await?;
    refuse(app, ask, &seen, Denial::of(Code::Held)).await
}

/// Whom an address means.
#[derive(Debug, Clone)]
pub struct Meant {
    /// The contact, where one of the aliases is known.
    pub contact: Option<ContactId>,
    /// The aliases.
    pub aliases: Vec<Alias>,
    /// Whether they mean one person.
    pub address: Address,
}

/// Finds out whom recipients mean. Two that are known to be different people are a conflict, and so is a known
/// person's number beside somebody else's id.
///
/// # Errors
/// When the database does not answer.
pub async fn meant(app: &House, recipients: &[Recipient]) -> Result<Meant, Error> {
    let aliases: Vec<Alias> = recipients.iter().filter_map(alias).collect();
    let grouped = recipients
        .iter()
        .any(|recipient| matches!(recipient, Recipient::Group(_)));
    if aliases.is_empty() || grouped {
        let address = if grouped {
            Address::Group
        } else {
            Address::Invalid
        };
        return Ok(Meant {
            contact: None,
            aliases: Vec::new(),
            address,
        });
    }
    let keys: Vec<String> = aliases.iter().map(Alias::key).collect();
    let found = app.store.find(&keys).await?;
    let contact = found.first().map(|(_, contact)| *contact);
    let one = found.iter().all(|(_, other)| Some(*other) == contact);
    let conflict = match contact {
        Some(known) if one && found.len() < aliases.len() => {
            let unknown = aliases
                .iter()
                .filter(|alias| !found.iter().any(|(key, _)| *key == alias.key()));
            contradicts(app, known, unknown).await?
        }
        _ => !one,
    };
    let address = if conflict {
        Address::Conflict
    } else {
        Address::Person
    };
    Ok(Meant {
        contact,
        aliases,
        address,
    })
}

/// Whether a known contact already has another alias of the kind of an unknown one.
async fn contradicts<'a>(
    app: &House,
    contact: ContactId,
    unknown: impl Iterator<Item = &'a Alias>,
) -> Result<bool, Error> {
    let Some(line) = app.store.contact(contact).await? else {
        return Ok(false);
    };
    let current: Vec<&Alias> = line
        .aliases
        .iter()
        .filter(|alias| alias.until.is_none())
        .map(|alias| &alias.alias)
        .collect();
    Ok(unknown
        .into_iter()
        .any(|alias| current.iter().any(|known| same_kind(known, alias))))
}

const fn same_kind(one: &Alias, other: &Alias) -> bool {
    matches!(
        (one, other),
        (
            Alias::Phone(_) | Alias::WaId(_),
            Alias::Phone(_) | Alias::WaId(_)
        ) | (Alias::Bsuid(_), Alias::Bsuid(_))
            | (Alias::ParentBsuid(_), Alias::ParentBsuid(_))
            | (Alias::Email(_), Alias::Email(_))
    )
}

fn alias(recipient: &Recipient) -> Option<Alias> {
    match recipient {
        Recipient::Phone(phone) => Some(Alias::Phone(*phone)),
        Recipient::Bsuid(bsuid) if bsuid.is_parent() => Some(Alias::ParentBsuid(bsuid.clone())),
        Recipient::Bsuid(bsuid) => Some(Alias::Bsuid(bsuid.clone())),
        Recipient::Group(_) => None,
    }
}

/// What a verdict is decided on, and what its reservation is conditional on.
struct Seen {
    attempt: AttemptId,
    meant: Meant,
    person: Option<Person>,
    policy: std::sync::Arc<Policy>,
    policy_row: i64,
    facts: facts::Known,
    as_of: i64,
}

async fn look(app: &House, ask: &Ask, attempt: AttemptId) -> Result<Seen, Error> {
    let policy_row = policy::row_version(app).await?;
    let policy = policy::current(app).await?;
    let meant = meant(app, &ask.recipients).await?;
    let person = match meant.contact {
        Some(contact) => app.store.persons(&[contact]).await?.pop(),
        None => None,
    };
    let facts = facts::known(app, meant.contact, &policy).await?;
    let as_of = app.store.head().await?.size;
    Ok(Seen {
        attempt,
        meant,
        person,
        policy,
        policy_row,
        facts,
        as_of,
    })
}

impl Seen {
    fn decide(&self, app: &House, ask: &Ask) -> Verdict {
        if app.restored.load(Ordering::SeqCst) && ask.category == Category::Marketing {
            return Verdict::Deny(Denial::of(Code::Held));
        }
        let request = Request {
            address: self.meant.address,
            category: ask.category,
            topic: ask.topic,
            channel: Channel::Whatsapp,
            number: Some(ask.number.clone()),
            template: ask.template,
            confirms: ask
                .tie
                .as_ref()
                .map(|tie| tie.confirms.clone())
                .unwrap_or_default(),
        };
        let nobody = Standing::default();
        let standing = self
            .person
            .as_ref()
            .map_or(&nobody, |person| &person.standing);
        let facts = Facts {
            standing,
            sent: &self.facts.sent,
            minute_there: self.facts.minute_there,
        };
        verdict::decide(&request, facts, &self.policy, app.clock.now())
    }

    fn is_capped(&self, ask: &Ask) -> bool {
        self.policy
            .caps
            .iter()
            .any(|cap| cap.category == ask.category)
    }

    fn line(&self, app: &House, ask: &Ask, state: State) -> MessageLine {
        let recipient = ask.recipients.first().map(|recipient| match recipient {
            Recipient::Phone(phone) => phone.e164(),
            Recipient::Bsuid(bsuid) => bsuid.to_string(),
            Recipient::Group(group) => group.clone(),
        });
        MessageLine {
            id: self.attempt,
            contact: self.meant.contact.unwrap_or(ContactId::HOUSE),
            direction: Direction::Out,
            number: number_text(Some(&ask.number)),
            recipient: recipient.unwrap_or_default(),
            category: ask.category.word().to_owned(),
            topic: ask.topic.map(|topic| topic.id),
            template: ask.named.clone(),
            state,
            code: None,
            reason: None,
            because: Vec::new(),
            basis: None,
            policy_version: i64::try_from(self.policy.version).unwrap_or(i64::MAX),
            as_of: self.as_of,
            at: app.clock.now(),
            outcome: None,
            unknown: None,
            wamid: None,
            error_code: None,
            fingerprint: Some(ask.fingerprint.to_vec()),
            sealed: None,
        }
    }
}

/// Writes a refusal down, so that "why did Ana not get it?" is answered by what was decided, not by a guess.
async fn refuse(app: &House, ask: &Ask, seen: &Seen, denial: Denial) -> Result<Answer, Error> {
    metrics::counter!("consentry_verdicts_total", "verdict" => "deny", "code" => denial.code.word()).increment(1);
    let mut line = seen.line(app, ask, State::Denied);
    line.code = Some(denial.code.word().to_owned());
    line.reason = Some(denial.code.sentence().to_owned());
    line.because = denial.because.iter().map(ToString::to_string).collect();
    let attempt = line.id;
    let mut tx = app.store.begin().await?;
    match tx.keep_messages(&[line]).await {
        // Another node refused, or claimed, the same answer.
        Err(conflict) if conflict.is_conflict() && ask.tie.is_some() => {
            let taken = app.store.find_messages(&[attempt], &[]).await?.pop();
            let taken = taken.ok_or(Error::Unavailable(conflict))?;
            return Ok(Answer::Claimed(Box::new(taken)));
        }
        kept => kept?,
    }
    tx.commit().await?;
    tracing::info!(attempt = %attempt, code = denial.code.word(), category = ask.category.word(), "refused a send");
    Ok(Answer::Refused(Box::new(Refused { attempt, denial })))
}

/// Claims the send: none when the person or the policy changed meanwhile, and the verdict must be decided anew.
async fn reserve(
    app: &House,
    ask: &Ask,
    seen: &Seen,
    clearance: Clearance,
) -> Result<Option<Admitted>, Error> {
    let mut line = seen.line(app, ask, State::Reserved);
    line.basis = Some(clearance.basis().word().to_owned());
    line.because = clearance
        .basis()
        .event()
        .iter()
        .map(ToString::to_string)
        .collect();
    let mut tx = app.store.begin().await?;
    let claimant = match &seen.person {
        Some(person) => Claimant::of(person),
        None => match newcomer::make(app, &mut tx, seen).await? {
            Newcomer::Made(claimant) => claimant,
            Newcomer::TakenBySomebodyElse => return Ok(None),
            Newcomer::Refused => {
                tx.commit().await?;
                return Ok(None);
            }
        },
    };
    let Claimant {
        contact,
        version,
        key,
    } = claimant;
    line.contact = contact;
    if let Some(wrapped) = key {
        let callback = serde_json::json!({ "callback": ask.callback }).to_string();
        let key = app
            .vault
            .person(contact, &wrapped)
            .map_err(Error::internal)?;
        line.sealed = Some(
            key.seal(CALLBACK_PURPOSE, callback.as_bytes())
                .map_err(Error::internal)?,
        );
    }
    let reservation = Reservation {
        message: &line,
        version,
    };
    let claimed = match tx.reserve(&[reservation], seen.policy_row).await {
        Ok(claimed) => claimed,
        Err(conflict) if conflict.is_conflict() => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    if claimed != [line.id] {
        return Ok(None);
    }
    if let Some(person) = seen.person.as_ref().filter(|_| seen.is_capped(ask)) {
        // A cap counts reservations: the next one must see this one, so the version moves.
        tx.set_standings(&[summary::update(person, &seen.policy, app.clock.now())])
            .await?;
    }
    // Until the commit nobody else can change this person; so the permit's life may begin here.
    let reserved = app.clock.instant();
    tx.commit().await?;
    metrics::counter!("consentry_verdicts_total", "verdict" => "allow", "code" => "").increment(1);
    let permit = clearance.permit(line.id, ask.number.clone(), reserved);
    Ok(Some(Admitted {
        permit,
        attempt: line.id,
        contact,
    }))
}

//! The gate: the only place that makes a reservation, and the only one that hands out permits.
//!
//! The verdict is decided on what was read; the reservation is one durable write that goes through only if neither
//! the person's standing nor the policy has changed since. So the write itself is the consent check.

mod claim;
pub mod many;
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
    time::MINUTE_MS,
    verdict::{self, Denial, Verdict},
};
use serde::{Deserialize, Serialize};
use store::{
    contact::Person,
    message::{Direction, MessageLine, State, number_text},
};

use self::tie::{Attempt, Tie};
use crate::{
    afoot::Underway,
    app::House,
    error::Error,
    services::{facts, near, policy},
};

/// How often a verdict is decided anew because the person changed between question and reservation.
const TRIES: usize = 8;

/// How long after an unknown outcome the same body to the same person gets the first answer (DESIGN section 6.4).
const REPEAT_MS: i64 = 10 * MINUTE_MS;

/// What the caller's callback data and the words of a message are sealed for.
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
    /// The words of it that are kept.
    pub said: Option<Said>,
    /// What it answers, where it is an answer of our own.
    pub tie: Option<Tie>,
}

/// The words of a message that are kept, sealed under the person's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The words.
    pub text: String,
    /// Who of the staff wrote them; nobody, where a program did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

impl Said {
    /// What a program sends.
    #[must_use]
    pub fn of_a_program(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            by: None,
        }
    }
}

/// What lies sealed with a message that went out.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Beside {
    /// The caller's own callback data.
    pub callback: Option<String>,
    /// Its words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<Said>,
}

/// What the gate says.
#[derive(Debug)]
pub enum Answer {
    /// The message may go, once, now.
    Admitted(Box<Admitted>),
    /// It may not.
    Refused(Box<Refused>),
    /// A message of ours that nobody wants any more: whoever it is for has left the journey that wanted it.
    Unwanted,
    /// An answer of ours that was claimed before: it is never claimed again.
    Claimed(Box<MessageLine>),
    /// A repeat of this message, whose outcome became unknown: it gets the first answer.
    Repeat(Box<MessageLine>),
}

/// A reservation on disk, and the permit that it gives.
#[derive(Debug)]
pub struct Admitted {
    /// The permit.
    pub permit: Permit,
    /// To be held until the send has ended: opt-outs wait for it.
    pub underway: Underway,
    /// The attempt.
    pub attempt: AttemptId,
    /// The person.
    pub contact: ContactId,
    /// Whether they ever came by an ad to the number that sends.
    pub from_ad: bool,
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
        if let Some(tie) = &ask.tie
            && !tie::is_wanted(app, tie).await?
        {
            return Ok(Answer::Unwanted);
        }
        if let Some(first) = first_of(app, ask, &seen).await? {
            return Ok(Answer::Repeat(Box::new(first)));
        }
        match seen.decide(app, ask) {
            Verdict::Deny(denial) => return claim::refuse(app, ask, &seen, denial).await,
            Verdict::Allow(clearance) => {
                if let Some(admitted) = claim::reserve(app, ask, &seen, clearance).await? {
                    return Ok(Answer::Admitted(Box::new(admitted)));
                }
            }
        }
    }
    // Somebody keeps changing this person's standing: in doubt, no.
    let seen = look(app, ask, AttemptId::new(app.clock.id())).await?;
    claim::refuse(app, ask, &seen, Denial::of(Code::Held)).await
}

/// The first message with this very body, where its outcome became unknown a moment ago: callers try again on 5xx.
async fn first_of(app: &House, ask: &Ask, seen: &Seen) -> Result<Option<MessageLine>, Error> {
    let Some(contact) = seen.meant.contact.filter(|_| ask.tie.is_none()) else {
        return Ok(None);
    };
    let since = app.clock.now().plus_millis(-REPEAT_MS);
    let first = app.store.unknown_twin(contact, &ask.fingerprint, since);
    Ok(first.await?)
}

/// Whom an address means.
#[derive(Debug, Clone)]
struct Meant {
    /// The contact, where one of the aliases is known.
    contact: Option<ContactId>,
    /// The aliases.
    aliases: Vec<Alias>,
    /// Whether they mean one person.
    address: Address,
}

/// Finds out whom recipients mean, and gives the person as the rules see them. Two that are known to be different people
/// are a conflict, and so is a known person's number beside somebody else's id.
async fn meet(app: &House, recipients: &[Recipient]) -> Result<(Meant, Option<Person>), Error> {
    let aliases: Vec<Alias> = recipients.iter().filter_map(alias).collect();
    let grouped = recipients
        .iter()
        .any(|recipient| matches!(recipient, Recipient::Group(_)));
    if aliases.is_empty() || grouped {
        let nobody = Meant {
            contact: None,
            aliases: Vec::new(),
            address: if grouped {
                Address::Group
            } else {
                Address::Invalid
            },
        };
        return Ok((nobody, None));
    }
    if let [only] = aliases.as_slice() {
        let person = app.store.person_of(&only.key()).await?;
        let meant = Meant {
            contact: person.as_ref().map(|person| person.id),
            aliases,
            address: Address::Person,
        };
        return Ok((meant, person));
    }
    let meant = all_meant(app, aliases).await?;
    let person = match meant.contact {
        Some(contact) => app.store.persons(&[contact]).await?.pop(),
        None => None,
    };
    Ok((meant, person))
}

async fn all_meant(app: &House, aliases: Vec<Alias>) -> Result<Meant, Error> {
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
    let policy = policy::of_row(app, policy_row).await?;
    let (meant, person) = meet(app, &ask.recipients).await?;
    let facts = facts::known(app, meant.contact, &policy).await?;
    let as_of = match near::log_size(app).await? {
        Some(size) => size,
        None => app.store.head().await?.size,
    };
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
            country: self.facts.country,
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

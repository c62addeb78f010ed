//! One person and what may be sent to them, now or as things stood at some time.

use consent::{
    alias::Alias,
    event::{Clock, Event, Evidence, Fact},
    id::{ContactId, EventId},
    phone::Country,
    policy::Policy,
    register::{Heard, Standing},
    request::{Address, Facts, Request, Sent},
    scope::{Category, Channel, Scope, Topic},
    time::{DAY_MS, Timestamp},
    verdict::{self, Basis, Denial, Verdict},
};
use serde_json::{Value, json};
use server::{
    app::App,
    clock::{read_rfc3339, rfc3339},
    error::Error,
    services::{backup, facts, policy, who},
};

use crate::failure::Failure;

/// A person, as they stood at one time.
pub struct Subject {
    /// The contact, where the address means one.
    pub contact: Option<ContactId>,
    /// Their events up to then, oldest first.
    pub history: Vec<Event>,
    /// What the events make of them.
    pub standing: Standing,
    address: Address,
    policy: Policy,
    sent: Vec<Sent>,
    minute_there: Option<u16>,
    country: Option<Country>,
    now: Timestamp,
    as_of: Option<i64>,
    /// The database is an older copy that nobody has acknowledged.
    restored: bool,
}

/// What a question is about besides a category, as it was typed.
#[derive(Clone, Copy)]
pub struct About<'a> {
    /// A topic.
    pub topic: Option<&'a str>,
    /// The business number that would send.
    pub number: Option<&'a str>,
    /// The channel; WhatsApp, when nothing is said.
    pub channel: Option<&'a str>,
}

/// An answer, as programs read it and as people do.
pub struct Answer {
    /// Whether the message may go.
    pub allow: bool,
    /// The verdict object of the API.
    pub json: Value,
    /// The code, or what a yes rests on.
    pub word: &'static str,
    /// One plain sentence.
    pub reason: &'static str,
    /// Who can lift a refusal.
    pub lifted_by: Option<&'static str>,
    /// When a refusal passes by itself.
    pub until: Option<String>,
    /// The events that it rests on.
    pub because: Vec<EventId>,
}

impl Subject {
    /// Finds somebody and gathers what is known of them.
    pub async fn find(app: &App, address: &str, at: Option<&str>) -> Result<Self, Failure> {
        let at = at.map(time).transpose()?;
        let now = at.unwrap_or_else(|| app.clock.now());
        let policy = match at {
            Some(at) => policy::at(app, at).await?,
            None => (*policy::current(app).await?).clone(),
        };
        let alias = who::alias(app, address).ok();
        let contact = match &alias {
            Some(alias) => {
                let found = app.store.find(&[alias.key()]).await.map_err(Error::from)?;
                found.first().map(|(_, id)| *id)
            }
            None => None,
        };
        let mut subject = Self {
            contact,
            history: Vec::new(),
            standing: Standing::default(),
            address: if alias.is_some() {
                Address::Person
            } else {
                Address::Invalid
            },
            minute_there: facts::minute_there(&policy, now),
            country: None,
            sent: Vec::new(),
            policy,
            now,
            as_of: None,
            restored: at.is_none() && backup::is_restored(app).await?,
        };
        match (contact, alias) {
            (Some(contact), _) => subject.know(app, contact, at).await?,
            (None, Some(alias)) if was_erased(app, &alias).await? => subject.standing = refused(),
            (None, _) => {}
        }
        if at.is_none() {
            subject.as_of = Some(app.store.head().await.map_err(Error::from)?.size);
        }
        Ok(subject)
    }

    async fn know(
        &mut self,
        app: &App,
        contact: ContactId,
        at: Option<Timestamp>,
    ) -> Result<(), Failure> {
        self.country = facts::country(app, contact, &self.policy).await?;
        let lines = app.store.history(contact).await.map_err(Error::from)?;
        let known = lines
            .iter()
            .filter_map(|line| line.event())
            .filter(|event| at.is_none_or(|at| event.received <= at));
        self.history = known.collect();
        let persons = app.store.persons(&[contact]).await.map_err(Error::from)?;
        let stored = persons.into_iter().next().map(|person| person.standing);
        let stored = stored.unwrap_or_default();
        self.standing = match at {
            None => stored,
            Some(at) => {
                let mut then = Standing::fold(self.history.iter());
                for (number, heard) in &stored.heard {
                    then.hear(number, &heard_by(heard, at));
                }
                then
            }
        };
        if let Some(days) = self.policy.caps.iter().map(|cap| cap.days).max() {
            let since = self
                .now
                .plus_millis(-DAY_MS.saturating_mul(i64::from(days)));
            let sent = app
                .store
                .sent_since(contact, since)
                .await
                .map_err(Error::from)?;
            self.sent = sent
                .into_iter()
                .filter(|sent| sent.at <= self.now)
                .collect();
        }
        Ok(())
    }

    /// Asks for a verdict.
    pub fn ask(&self, request: &Request) -> Answer {
        let request = Request {
            address: self.address,
            ..request.clone()
        };
        let facts = Facts {
            standing: &self.standing,
            sent: &self.sent,
            minute_there: self.minute_there,
            country: self.country,
        };
        let verdict = if self.restored && request.category == Category::Marketing {
            Verdict::Deny(Denial::of(consent::reason::Code::Held))
        } else {
            verdict::decide(&request, facts, &self.policy, self.now)
        };
        self.answer(&verdict)
    }

    fn answer(&self, verdict: &Verdict) -> Answer {
        let (word, reason, lifted_by, until, because) = match verdict {
            Verdict::Allow(clearance) => {
                let basis = clearance.basis();
                let event = basis.event().into_iter().collect();
                (basis.word(), allowed_because(basis), None, None, event)
            }
            Verdict::Deny(denial) => (
                denial.code.word(),
                denial.code.sentence(),
                Some(denial.code.lifter().sentence()),
                denial.until.map(rfc3339),
                denial.because.clone(),
            ),
        };
        let allow = verdict.allows();
        let because: Vec<EventId> = because
            .into_iter()
            .filter(|event: &EventId| !event.get().is_nil())
            .collect();
        let ids: Vec<String> = because.iter().map(ToString::to_string).collect();
        let json = json!({
            "allow": allow,
            "code": verdict.code().map(consent::reason::Code::word),
            "reason": reason,
            "contact": self.contact.map(|id| id.to_string()),
            "because": ids,
            "basis": allow.then_some(word),
            "until": until,
            "lifted_by": lifted_by,
            "policy_version": self.policy.version,
            "as_of": self.as_of,
        });
        Answer {
            allow,
            json,
            word,
            reason,
            lifted_by,
            until,
            because,
        }
    }
}

/// Reads what a message would be.
pub async fn request(app: &App, category: &str, about: About<'_>) -> Result<Request, Failure> {
    let About {
        topic,
        number,
        channel,
    } = about;
    let words = Category::ALL.map(Category::word).join(", ");
    let category = Category::read(category).ok_or_else(|| {
        Failure::Usage(format!(
            "`{category}` is not a category: want one of {words}"
        ))
    })?;
    let topic = match topic {
        Some(text) => Some(find_topic(app, text).await?),
        None => None,
    };
    let number = number.map(str::parse).transpose();
    let number =
        number.map_err(|error: consent::id::BadNumberId| Failure::Usage(error.to_string()))?;
    let channel = match channel {
        Some(word) => Channel::read(word).ok_or_else(|| {
            let words = Channel::ALL.map(Channel::word).join(", ");
            Failure::Usage(format!("`{word}` is not a channel: want one of {words}"))
        })?,
        None => Channel::Whatsapp,
    };
    Ok(Request {
        topic,
        number,
        channel,
        ..Request::about(category)
    })
}

async fn find_topic(app: &App, text: &str) -> Result<Topic, Failure> {
    let topics = app.store.topics().await.map_err(Error::from)?;
    let found = topics
        .iter()
        .find(|line| line.topic.id.to_string() == text || line.name == text);
    found.map(|line| line.topic).ok_or_else(|| {
        let names: Vec<&str> = topics.iter().map(|line| line.name.as_str()).collect();
        let known = if names.is_empty() {
            "there are none yet".to_owned()
        } else {
            format!("there are {}", names.join(", "))
        };
        Failure::Usage(format!("there is no topic `{text}`: {known}"))
    })
}

fn time(text: &str) -> Result<Timestamp, Failure> {
    read_rfc3339(text).ok_or_else(|| {
        Failure::Usage(format!(
            "`{text}` is not a time: want one like 2026-11-22T10:00:00Z"
        ))
    })
}

const fn allowed_because(basis: Basis) -> &'static str {
    match basis {
        Basis::OptIn(_) => {
            "This person agreed to messages of this kind, and nothing speaks against it."
        }
        Basis::NoOptInNeeded => {
            "Messages of this kind need no opt-in, and nothing speaks against it."
        }
        Basis::OpenWindow => "This person wrote to the business and may be answered.",
        Basis::Confirmation(_) => "It tells this person that their opt-out was heard.",
    }
}

async fn was_erased(app: &App, alias: &Alias) -> Result<bool, Failure> {
    let mut tx = app.store.begin().await.map_err(Error::from)?;
    let found = tx.suppressed(&[app.vault.pepper(alias)]).await;
    Ok(!found.map_err(Error::from)?.is_empty())
}

/// All that is left of somebody who was erased is that they are refused.
fn refused() -> Standing {
    let end = Timestamp::from_millis(i64::MAX);
    let event = Event {
        id: EventId::new(uuid::Uuid::nil()),
        contact: ContactId::HOUSE,
        fact: Fact::OptOut(Scope::ALL),
        clock: Clock::Ours,
        at: end,
        received: end,
        evidence: Evidence::default(),
    };
    Standing::fold(std::iter::once(&event))
}

/// What had been heard by then, as far as it is still known.
fn heard_by(heard: &Heard, at: Timestamp) -> Heard {
    let by = |time: Option<Timestamp>| time.filter(|time| *time <= at);
    Heard {
        last: by(heard.last),
        benign: by(heard.benign),
        from_ad: by(heard.from_ad),
        answered_ad: by(heard.answered_ad),
    }
}

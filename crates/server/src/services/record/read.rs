//! From the body of an event to what is recorded: every rule about what a caller may claim.

mod known;

use consent::{
    alias::Alias,
    event::{Clock, Evidence, Fact, counts_from, source},
    id::{BadId, ContactId, EventId},
    scope::{Scope, Subject},
    time::Timestamp,
};
use serde::Deserialize;
use store::{event::EventLine, house::TopicLine};
use utoipa::ToSchema;

pub use known::Proof;

use crate::{
    app::House,
    clock::read_rfc3339,
    error::Error,
    services::{check, topics, who},
};

/// Sources that mean something to the rules, and that only the house may claim.
const RESERVED: [&str; 14] = [
    source::KEYWORD,
    source::BUTTON,
    source::WORDING,
    source::REVIEW,
    source::PREFERENCE_PAGE,
    source::FORM,
    source::CHAT_LINK,
    source::AD,
    source::SMS,
    source::SMS_WORDING,
    source::EMAIL,
    "platform",
    "erasure",
    "clock",
];

/// Where an event comes from when nobody says.
const SOURCE_DEFAULT: &str = "api";

/// Longest wording, in bytes.
const WORDING_BYTES_MAX: usize = 16 * 1024;
/// Longest of the other members of evidence, in bytes.
const MEMBER_BYTES_MAX: usize = 1024;
/// Longest source, in bytes.
const SOURCE_BYTES_MAX: usize = 100;

/// Something that happened.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventBody {
    /// Whom it is about: a telephone number in any spelling, a BSUID or an e-mail address.
    #[schema(example = "+447700900123")]
    pub to: Option<String>,
    /// Whom it is about, as Meta's `recipient`: a BSUID. One of the two.
    pub recipient: Option<String>,
    /// `opt_in`, `opt_out`, `opt_in_requested`, `hold`, `release` or `retract`.
    #[schema(example = "opt_in")]
    pub kind: String,
    /// What it covers; marketing, when nothing is said.
    pub scope: Option<ScopeBody>,
    /// How the caller knows. An opt-in needs `source` and `wording`.
    pub evidence: Option<EvidenceBody>,
    /// When it happened, where that is not now. Such a date is a claim, and lifts no refusal.
    pub occurred_at: Option<String>,
    /// When a hold ends by itself.
    pub until: Option<String>,
    /// The event that a `retract` or `release` is about.
    pub event: Option<String>,
}

/// What an event covers: exactly one of `all`, `category` and `topic`.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScopeBody {
    /// `true` for everything.
    pub all: Option<bool>,
    /// A category.
    pub category: Option<String>,
    /// The id or the name of a topic.
    pub topic: Option<String>,
    /// One channel; every channel, when nothing is said.
    pub channel: Option<String>,
    /// One business number; every number, when nothing is said.
    pub number: Option<String>,
}

/// How the caller knows.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceBody {
    /// Where it came from, as `web_form`. `keyword`, `button`, `wording`, `review`,
    /// `preference_page` and `platform` are ours.
    pub source: Option<String>,
    /// The wording that the person was shown.
    pub wording: Option<String>,
    /// The version of that wording.
    pub wording_version: Option<String>,
    /// The language of that wording.
    pub locale: Option<String>,
    /// Who did it, when not the person; the key's name, when nothing is said.
    pub actor: Option<String>,
    /// The address that the form was sent from.
    pub ip: Option<String>,
    /// The id of the message that said so.
    pub message_id: Option<String>,
    /// Anything else that is worth keeping.
    pub note: Option<String>,
}

/// An event that makes sense, ready to be recorded.
#[derive(Debug, Clone)]
pub struct Told {
    who: Who,
    /// What happened.
    pub fact: Fact,
    /// Whose clock dated it.
    pub clock: Clock,
    /// From when it counts.
    pub at: Timestamp,
    /// How we know.
    pub evidence: Evidence,
    /// Dated so far ahead that it has no effect.
    pub is_early: bool,
}

#[derive(Debug, Clone)]
enum Who {
    Alias(Alias),
    Contact(ContactId),
}

impl Told {
    /// The address that it is about, where that is how it was told.
    #[must_use]
    pub const fn alias(&self) -> Option<&Alias> {
        match &self.who {
            Who::Alias(alias) => Some(alias),
            Who::Contact(_) => None,
        }
    }

    /// Whether something that a standing may rest on is undone by it.
    #[must_use]
    pub const fn undoes(&self) -> bool {
        self.is_early || matches!(self.fact, Fact::Retract(_))
    }

    /// The contact that it is about, where an earlier event says so.
    #[must_use]
    pub const fn contact(&self) -> Option<ContactId> {
        match &self.who {
            Who::Alias(_) => None,
            Who::Contact(contact) => Some(*contact),
        }
    }
}

/// Where bodies are read: who tells, when, and the topics of the business.
pub struct Desk<'a> {
    app: &'a House,
    actor: &'a str,
    now: Timestamp,
    topics: Vec<TopicLine>,
}

impl<'a> Desk<'a> {
    /// Opens a desk for a caller.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn open(app: &'a House, actor: &'a str) -> Result<Self, Error> {
        Ok(Self {
            app,
            actor,
            now: app.clock.now(),
            topics: app.store.topics().await?,
        })
    }

    /// Makes sense of a body.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the field; [`Error::Conflict`] for what cannot be retracted.
    pub async fn read(&self, body: &EventBody) -> Result<Told, Error> {
        match body.kind.as_str() {
            "opt_in" | "opt_out" | "opt_in_requested" => {
                self.wish(body, Who::Alias(self.address(body)?), Proof::Wording)
            }
            "hold" => self.hold(body),
            "release" | "retract" => self.undo(body).await,
            other => {
                let words = "opt_in, opt_out, opt_in_requested, hold, release or retract";
                let message = format!("`{other}` is not a kind of event: want {words}");
                Err(Error::field("kind", message))
            }
        }
    }

    fn wish(&self, body: &EventBody, who: Who, proof: Proof) -> Result<Told, Error> {
        absent("until", body.until.as_ref(), "only a hold ends")?;
        absent(
            "event",
            body.event.as_ref(),
            "only a release or a retract names one",
        )?;
        let scope = self.scope(body.scope.as_ref())?;
        let fact = match body.kind.as_str() {
            "opt_in" => Fact::OptIn(scope),
            "opt_out" => Fact::OptOut(scope),
            _ => Fact::OptInRequested(scope),
        };
        let given = body.evidence.clone().unwrap_or_default();
        if matches!(fact, Fact::OptIn(_)) {
            needed("evidence.source", given.source.as_deref())?;
            if !proof.is_file() {
                needed("evidence.wording", given.wording.as_deref())?;
            }
        }
        let occurred = body.occurred_at.as_deref();
        let occurred = occurred.map(|text| time("occurred_at", text)).transpose()?;
        let (clock, at, is_early) = match occurred {
            None => (Clock::Ours, self.now, false),
            Some(at) => match counts_from(&fact, at, self.now) {
                Some(at) => (Clock::Claimed, at, false),
                None => (Clock::Claimed, self.now, true),
            },
        };
        let mut evidence = self.evidence(given)?;
        if is_early {
            let dated = format!("dated {}", body.occurred_at.as_deref().unwrap_or_default());
            evidence.note = Some(joined(Some(dated), evidence.note));
        }
        Ok(Told {
            who,
            fact,
            clock,
            at,
            evidence,
            is_early,
        })
    }

    fn hold(&self, body: &EventBody) -> Result<Told, Error> {
        absent(
            "event",
            body.event.as_ref(),
            "only a release or a retract names one",
        )?;
        absent(
            "occurred_at",
            body.occurred_at.as_ref(),
            "a hold begins now",
        )?;
        let until = body.until.as_deref();
        let until = until.map(|text| time("until", text)).transpose()?;
        if until.is_some_and(|until| until <= self.now) {
            return Err(Error::field("until", "it has passed: want a time to come"));
        }
        let scope = self.scope(body.scope.as_ref())?;
        Ok(self.told(
            Who::Alias(self.address(body)?),
            Fact::Hold(scope, until),
            self.evidence(body.evidence.clone().unwrap_or_default())?,
        ))
    }

    async fn undo(&self, body: &EventBody) -> Result<Told, Error> {
        absent("until", body.until.as_ref(), "only a hold ends")?;
        absent(
            "occurred_at",
            body.occurred_at.as_ref(),
            "it counts from now",
        )?;
        if body.scope.is_some() {
            return Err(Error::field(
                "scope",
                "the event named has its own: want none",
            ));
        }
        let named = body.event.as_deref();
        let named =
            named.ok_or_else(|| Error::field("event", "it is missing: want an event's id"))?;
        let id: EventId = named
            .parse()
            .map_err(|error: BadId| Error::field("event", error.to_string()))?;
        let unknown = || Error::field("event", format!("there is no event `{id}`"));
        let line = self.app.store.event(id).await?.ok_or_else(unknown)?;
        if line.contact == ContactId::HOUSE {
            return Err(Error::field(
                "event",
                format!("event `{id}` is about no person"),
            ));
        }
        self.same_person(body, &line).await?;
        let fact = match (body.kind.as_str(), &line.fact) {
            ("release", Some(Fact::Hold(..))) => Fact::Release(id),
            ("release", _) => {
                let message = format!("event `{id}` is not a hold but `{}`", line.kind);
                return Err(Error::field("event", message));
            }
            _ if line.event().is_some_and(|event| event.is_retractable()) => Fact::Retract(id),
            _ => {
                let message = format!(
                    "event `{id}` (`{}` by `{}`) cannot be retracted: only opt-ins can, and opt-outs that staff \
                     set or that were read from the person's own words",
                    line.kind, line.source
                );
                return Err(Error::Conflict(message));
            }
        };
        let evidence = self.evidence(body.evidence.clone().unwrap_or_default())?;
        Ok(self.told(Who::Contact(line.contact), fact, evidence))
    }

    async fn same_person(&self, body: &EventBody, line: &EventLine) -> Result<(), Error> {
        if body.to.is_none() && body.recipient.is_none() {
            return Ok(());
        }
        let key = self.address(body)?.key();
        let found = self.app.store.find(&[key]).await?;
        if found.iter().any(|(_, contact)| *contact == line.contact) {
            return Ok(());
        }
        Err(Error::field(
            "event",
            format!("event `{}` is about somebody else", line.id),
        ))
    }

    fn told(&self, who: Who, fact: Fact, evidence: Evidence) -> Told {
        Told {
            who,
            fact,
            clock: Clock::Ours,
            at: self.now,
            evidence,
            is_early: false,
        }
    }

    fn address(&self, body: &EventBody) -> Result<Alias, Error> {
        match (&body.to, &body.recipient) {
            (Some(to), None) => who::alias(self.app, to),
            (None, Some(recipient)) => who::alias(self.app, recipient)
                .map_err(|error| Error::field("recipient", error.to_string())),
            (None, None) => Err(Error::field(
                "to",
                "it is missing: want `to` or `recipient`",
            )),
            // Whether two addresses are one person is for Meta to say, not for a caller.
            (Some(_), Some(_)) => Err(Error::field(
                "recipient",
                "want `to` or `recipient`, not both: an event is about one address",
            )),
        }
    }

    fn scope(&self, body: Option<&ScopeBody>) -> Result<Scope, Error> {
        let Some(body) = body else {
            return Ok(Scope::MARKETING);
        };
        let below = |error: Error| match error {
            Error::Invalid {
                field: Some(field),
                message,
            } if !field.starts_with("scope") => Error::field(&format!("scope.{field}"), message),
            other => other,
        };
        let subject = match (body.all, &body.category, &body.topic) {
            (Some(true), None, None) => Subject::All,
            (None | Some(false), Some(category), None) => {
                Subject::Category(topics::category("scope.category", category)?)
            }
            (None | Some(false), None, Some(topic)) => {
                Subject::Topic(topics::resolve(&self.topics, "scope.topic", topic)?)
            }
            _ => {
                let message = "want exactly one of `\"all\":true`, `category` and `topic`";
                return Err(Error::field("scope", message));
            }
        };
        let channel = body.channel.as_deref().map(check::channel).transpose();
        let number = body.number.as_deref().map(check::number).transpose();
        Ok(Scope {
            subject,
            channel: channel.map_err(below)?,
            number: number.map_err(below)?,
        })
    }

    /// Makes sense of how a caller knows.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the member.
    pub fn evidence(&self, given: EvidenceBody) -> Result<Evidence, Error> {
        let source = given.source.unwrap_or_else(|| SOURCE_DEFAULT.to_owned());
        let source = source.trim().to_owned();
        if source.is_empty()
            || source.len() > SOURCE_BYTES_MAX
            || source.chars().any(char::is_control)
        {
            let message = format!(
                "`{source}` is no source: want 1 to {SOURCE_BYTES_MAX} bytes, like web_form"
            );
            return Err(Error::field("evidence.source", message));
        }
        if RESERVED.contains(&source.to_lowercase().as_str()) {
            let message = format!(
                "`{source}` is what we say of messages that we read ourselves: want another word, like sms_{source}"
            );
            return Err(Error::field("evidence.source", message));
        }
        let members = [
            ("evidence.wording", &given.wording, WORDING_BYTES_MAX),
            (
                "evidence.wording_version",
                &given.wording_version,
                MEMBER_BYTES_MAX,
            ),
            ("evidence.locale", &given.locale, MEMBER_BYTES_MAX),
            ("evidence.actor", &given.actor, MEMBER_BYTES_MAX),
            ("evidence.ip", &given.ip, MEMBER_BYTES_MAX),
            ("evidence.message_id", &given.message_id, MEMBER_BYTES_MAX),
            ("evidence.note", &given.note, MEMBER_BYTES_MAX),
        ];
        for (field, value, max) in members {
            let length = value.as_ref().map_or(0, String::len);
            if length > max {
                let message = format!("it has `{length}` bytes: want at most {max}");
                return Err(Error::field(field, message));
            }
        }
        let version = given.wording_version;
        let version = version.map(|version| format!("wording version {version}"));
        let note = match (version, given.note) {
            (None, note) => note,
            (version, note) => Some(joined(version, note)),
        };
        Ok(Evidence {
            source,
            actor: given.actor.or_else(|| Some(self.actor.to_owned())),
            wording: given.wording,
            locale: given.locale,
            message_id: given.message_id,
            ip: given.ip,
            note,
            ..Evidence::default()
        })
    }
}

fn joined(first: Option<String>, second: Option<String>) -> String {
    let parts: Vec<String> = first.into_iter().chain(second).collect();
    parts.join("; ")
}

fn absent(field: &str, value: Option<&String>, why: &str) -> Result<(), Error> {
    if value.is_none() {
        return Ok(());
    }
    Err(Error::field(field, format!("{why}: want none here")))
}

fn needed(field: &str, value: Option<&str>) -> Result<(), Error> {
    if value.is_some_and(|value| !value.trim().is_empty()) {
        return Ok(());
    }
    Err(Error::field(
        field,
        "it is missing: an opt-in is evidence only with its source and the wording that the person was shown",
    ))
}

fn time(field: &str, text: &str) -> Result<Timestamp, Error> {
    read_rfc3339(text).ok_or_else(|| {
        let message = format!("`{text}` is not a time: want one like 2026-11-22T10:00:00Z");
        Error::field(field, message)
    })
}

//! May this person get this message? One question, or very many.

mod crowd;
mod recall;

use std::sync::Arc;

use consent::{
    alias::Alias,
    id::{ContactId, EventId, NumberId},
    phone::Country,
    policy::Policy,
    reason::Code,
    register::Standing,
    request::{Address, Facts, Request, Sent, Template},
    scope::{Category, Channel},
    time::Timestamp,
    verdict::{self, Basis, Verdict},
};
use graph::template::Status;
use index::answer::of_code;
use serde::{Deserialize, Serialize};
use store::{contact::Person, house::TopicLine, template::TemplateLine};
use utoipa::ToSchema;

use self::{
    crowd::{Crowd, erased, refused},
    recall::Recalled,
};
use crate::{
    app::House,
    clock,
    error::Error,
    services::{facts, near, policy, topics, who},
};

/// A question.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckBody {
    /// Whom: a telephone number in any spelling, a BSUID or an e-mail address.
    #[schema(example = "+447700900123")]
    pub to: Option<String>,
    /// Whom, as Meta's `recipient`: a BSUID.
    pub recipient: Option<String>,
    /// `marketing`, `utility`, `authentication` or `service`. A known template's own category outranks it.
    #[schema(example = "marketing")]
    pub category: Option<String>,
    /// `whatsapp`, `sms` or `email`.
    pub channel: Option<String>,
    /// The id or the name of a topic. The topic that the template is bound to outranks it.
    pub topic: Option<String>,
    /// The business number that would send.
    pub number: Option<String>,
    /// The template that would be sent.
    pub template: Option<TemplateRef>,
}

/// A template by its name.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateRef {
    /// Its name.
    pub name: String,
    /// Its language, as in `en_US`.
    pub language: String,
}

/// A verdict.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CheckAnswer {
    /// Whether the message may go.
    pub allow: bool,
    /// The stable code of a refusal.
    pub code: Option<&'static str>,
    /// One plain sentence: why not, or what the yes rests on.
    pub reason: &'static str,
    /// The contact, where one is known.
    pub contact: Option<String>,
    /// The ids of the events that it rests on.
    pub because: Vec<String>,
    /// What a yes rests on: `opt_in`, `no_opt_in_needed` or `open_window`.
    pub basis: Option<&'static str>,
    /// When a refusal passes by itself, where it does.
    pub until: Option<String>,
    /// Who can lift a refusal, in a sentence.
    pub lifted_by: Option<&'static str>,
    /// The version of the policy.
    pub policy_version: u64,
    /// The size of the log.
    pub as_of: i64,
}

/// A question that makes sense.
#[derive(Debug, Clone)]
pub struct Ask {
    aliases: Vec<Alias>,
    request: Request,
}

impl Ask {
    /// Whom it is about.
    #[must_use]
    pub fn aliases(&self) -> &[Alias] {
        &self.aliases
    }

    /// What would be sent.
    #[must_use]
    pub const fn request(&self) -> &Request {
        &self.request
    }

    /// The same question about somebody else.
    #[must_use]
    pub fn about(&self, app: &House, to: &str) -> Self {
        let body = CheckBody {
            to: Some(to.to_owned()),
            ..CheckBody::default()
        };
        let (aliases, address) = address(app, &body).unwrap_or((Vec::new(), Address::Invalid));
        Self {
            aliases,
            request: Request {
                address,
                ..self.request.clone()
            },
        }
    }
}

/// What questions are read with.
pub struct Shelf {
    topics: Vec<TopicLine>,
    templates: Vec<TemplateLine>,
}

/// What is known about one person, as far as a verdict depends on it.
#[derive(Debug)]
pub struct Known {
    /// The contact, where the address means one.
    pub person: Option<Person>,
    /// When messages went to them, as far back as the policy's caps reach.
    pub sent: Vec<Sent>,
    /// The minute of their day.
    pub minute_there: Option<u16>,
    /// Their country; none where no rule of the policy asks for it.
    pub country: Option<Country>,
    nobody: Standing,
}

/// Whom facts are wanted about.
#[derive(Debug, Clone, Copy)]
pub enum Whom<'a> {
    /// A contact.
    Contact(ContactId),
    /// Somebody with these aliases, whom we do not know, or not any more.
    Stranger(&'a [Alias]),
}

impl Known {
    /// Their standing. An empty one for a stranger; one that refuses everything for somebody who was erased.
    #[must_use]
    pub fn standing(&self) -> &Standing {
        self.person
            .as_ref()
            .map_or(&self.nobody, |person| &person.standing)
    }

    /// The facts, as a verdict takes them.
    #[must_use]
    pub fn facts(&self) -> Facts<'_> {
        Facts {
            standing: self.standing(),
            sent: &self.sent,
            minute_there: self.minute_there,
            country: self.country,
        }
    }
}

/// Gathers what is known about one person: standing, what was sent to them lately, the hour where they live.
///
/// # Errors
/// When the database does not answer.
pub async fn known(
    app: &House,
    whom: Whom<'_>,
    policy: &Policy,
    now: Timestamp,
) -> Result<Known, Error> {
    let minute_there = facts::minute_there(policy, now);
    match whom {
        Whom::Contact(contact) => Ok(Known {
            person: app.store.persons(&[contact]).await?.pop(),
            sent: facts::sent(app, contact, policy, now).await?,
            minute_there,
            country: facts::country(app, contact, policy).await?,
            nobody: Standing::default(),
        }),
        Whom::Stranger(aliases) => {
            let erased = erased(app, aliases).await?;
            let was = aliases.iter().any(|alias| erased.contains(&alias.key()));
            Ok(Known {
                person: None,
                sent: Vec::new(),
                minute_there,
                country: None,
                nobody: if was { refused() } else { Standing::default() },
            })
        }
    }
}

/// What a yes rests on, in one plain sentence.
#[must_use]
pub const fn allowed_because(basis: Basis) -> &'static str {
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

/// What questions are read with: the topics, and the templates where `templates` says that some are named.
///
/// # Errors
/// When the database does not answer.
pub async fn shelf(app: &House, bodies: &[&CheckBody]) -> Result<Shelf, Error> {
    let templates = bodies.iter().any(|body| body.template.is_some());
    let topics = templates || bodies.iter().any(|body| body.topic.is_some());
    Ok(Shelf {
        topics: if topics {
            app.store.topics().await?
        } else {
            Vec::new()
        },
        templates: if templates {
            app.store.templates().await?
        } else {
            Vec::new()
        },
    })
}

/// Makes sense of a question. An address that is none is no error: the verdict says so.
///
/// # Errors
/// [`Error::Invalid`] naming the field.
pub fn read(app: &House, shelf: &Shelf, body: &CheckBody) -> Result<Ask, Error> {
    let number = body.number.as_deref().map(number).transpose()?;
    let template = body
        .template
        .as_ref()
        .map(|named| find(app, shelf, named, number.as_ref()));
    let asked = body.topic.as_deref();
    let asked = asked
        .map(|text| topics::resolve(&shelf.topics, "topic", text))
        .transpose()?;
    let bound = template.flatten().and_then(|line| line.topic);
    let bound = bound.and_then(|id| shelf.topics.iter().find(|line| line.topic.id == id));
    let topic = bound.map(|line| line.topic).or(asked);
    let told = body.category.as_deref();
    let told = told
        .map(|text| topics::category("category", text))
        .transpose()?;
    let category = match (template, told, topic) {
        // Nobody's word counts for a template but Meta's; one that we do not know is marketing.
        (Some(line), _, _) => line
            .and_then(|line| Category::read(&line.category))
            .unwrap_or(Category::Marketing),
        (None, Some(category), _) => category,
        (None, None, Some(topic)) => topic.category,
        (None, None, None) => {
            let words = "want a category, a topic or a template";
            return Err(Error::field("category", format!("it is missing: {words}")));
        }
    };
    let state = match template {
        None => Template::None,
        Some(Some(line)) if !Status::read(&line.status).usable() => Template::Unavailable,
        Some(_) => Template::Usable,
    };
    let (aliases, address) = address(app, body)?;
    let channel = body.channel.as_deref().map(channel).transpose()?;
    let by_email = matches!(aliases.first(), Some(Alias::Email(_)));
    let usual = if by_email {
        Channel::Email
    } else {
        Channel::Whatsapp
    };
    Ok(Ask {
        aliases,
        request: Request {
            address,
            category,
            topic,
            channel: channel.unwrap_or(usual),
            number,
            template: state,
            confirms: Vec::new(),
        },
    })
}

/// Answers many questions: from memory where it knows the whole answer, and the others with a handful of queries.
///
/// # Errors
/// When the database does not answer.
pub async fn decide(app: &House, asks: &[Ask]) -> Result<Vec<CheckAnswer>, Error> {
    let as_of = match near::log_size(app).await? {
        Some(size) => size,
        None => app.store.head().await?.size,
    };
    let ready = app.memory.ready();
    let policy = match &ready {
        Some(ready) => Arc::clone(&ready.policy),
        None => policy::current(app).await?,
    };
    let now = app.clock.now();
    let mut recalled = Vec::with_capacity(asks.len());
    for ask in asks {
        recalled.push(match &ready {
            Some(ready) => recall::recall(app, ready, ask, now).await?,
            None => Recalled::Open(None),
        });
    }
    let open = asks.iter().zip(&recalled);
    let open = open.filter(|(_, recalled)| matches!(recalled, Recalled::Open(_)));
    let open: Vec<&Ask> = open.map(|(ask, _)| ask).collect();
    let crowd = Crowd::gather(app, &open, &policy).await?;
    let mut answers = Vec::with_capacity(asks.len());
    for (ask, recalled) in asks.iter().zip(recalled) {
        let found = match recalled {
            Recalled::Answer(found) => *found,
            Recalled::Open(place) => {
                let (verdict, contact) = crowd.decide(app, ask, &policy, now).await?;
                if let (Some(ready), Some(place)) = (&ready, place) {
                    crowd.remember(ready, (place, ask), (&verdict, contact), now);
                }
                answer(&verdict, contact, &policy)
            }
        };
        metrics::counter!("consentry_verdicts_total", "door" => "check", "code" => found.code.unwrap_or("allow"))
            .increment(1);
        answers.push(CheckAnswer { as_of, ..found });
    }
    Ok(answers)
}

/// Answers many questions with nothing but the code of each refusal.
///
/// # Errors
/// When the database does not answer.
pub async fn codes(app: &House, asks: &[Ask]) -> Result<Vec<Option<Code>>, Error> {
    let policy = policy::current(app).await?;
    let now = app.clock.now();
    let crowd = Crowd::gather(app, &asks.iter().collect::<Vec<_>>(), &policy).await?;
    let mut codes = Vec::with_capacity(asks.len());
    for ask in asks {
        let (verdict, _) = crowd.decide(app, ask, &policy, now).await?;
        codes.push(verdict.code());
    }
    Ok(codes)
}

/// The answer of the index for somebody who was erased, now and at this minute of their day.
#[must_use]
pub fn erased_answer(
    request: &Request,
    policy: &Policy,
    (now, minute_there): (Timestamp, Option<u16>),
) -> u8 {
    let facts = Facts {
        standing: &refused(),
        sent: &[],
        minute_there,
        country: None,
    };
    of_code(verdict::decide(request, facts, policy, now).code())
}

/// A verdict as an answer; the size of the log is the caller's to fill in.
#[must_use]
pub fn answer(verdict: &Verdict, contact: Option<ContactId>, policy: &Policy) -> CheckAnswer {
    match verdict {
        Verdict::Allow(clearance) => allowed(clearance.basis(), contact, policy),
        Verdict::Deny(denial) => CheckAnswer {
            allow: false,
            code: Some(denial.code.word()),
            reason: denial.code.sentence(),
            contact: contact.map(|id| id.to_string()),
            because: ids(&denial.because),
            basis: None,
            until: denial.until.map(clock::rfc3339),
            lifted_by: Some(denial.code.lifter().sentence()),
            policy_version: policy.version,
            as_of: 0,
        },
    }
}

/// A yes as an answer.
fn allowed(basis: Basis, contact: Option<ContactId>, policy: &Policy) -> CheckAnswer {
    CheckAnswer {
        allow: true,
        code: None,
        reason: allowed_because(basis),
        contact: contact.map(|id| id.to_string()),
        because: ids(basis.event().as_slice()),
        basis: Some(basis.word()),
        until: None,
        lifted_by: None,
        policy_version: policy.version,
        as_of: 0,
    }
}

/// Reads a business number.
///
/// # Errors
/// [`Error::Invalid`] for the field `number`.
pub fn number(text: &str) -> Result<NumberId, Error> {
    text.parse()
        .map_err(|error: consent::id::BadNumberId| Error::field("number", error.to_string()))
}

/// Reads a channel.
///
/// # Errors
/// [`Error::Invalid`] for the field `channel`.
pub fn channel(text: &str) -> Result<Channel, Error> {
    Channel::read(text).ok_or_else(|| {
        let words = Channel::ALL.map(Channel::word).join(", ");
        Error::field(
            "channel",
            format!("`{text}` is not a channel: want {words}"),
        )
    })
}

fn address(app: &House, body: &CheckBody) -> Result<(Vec<Alias>, Address), Error> {
    let given: Vec<&String> = body.to.iter().chain(&body.recipient).collect();
    if given.is_empty() {
        return Err(Error::field(
            "to",
            "it is missing: want `to` or `recipient`",
        ));
    }
    let aliases: Result<Vec<Alias>, Error> =
        given.iter().map(|text| who::alias(app, text)).collect();
    Ok(aliases.map_or((Vec::new(), Address::Invalid), |aliases| {
        (aliases, Address::Person)
    }))
}

/// The template in the account of the number that sends; without a number, in any account.
fn find<'a>(
    app: &House,
    shelf: &'a Shelf,
    named: &TemplateRef,
    number: Option<&NumberId>,
) -> Option<&'a TemplateLine> {
    let account = number.and_then(|number| app.config.account_of(number));
    shelf.templates.iter().find(|line| {
        line.name == named.name
            && line.language.eq_ignore_ascii_case(&named.language)
            && account.is_none_or(|account| account == line.account)
    })
}

fn ids(events: &[EventId]) -> Vec<String> {
    events.iter().map(ToString::to_string).collect()
}

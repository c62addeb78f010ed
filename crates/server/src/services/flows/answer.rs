//! What a tap on one of our questions means, and what it changes.

use consent::{
    event::{Event, Fact},
    id::{ContactId, TopicId},
    phone::Country,
    reason::Code,
    register::Standing,
    request::{Facts, Request},
    scope::{Category, Scope, Subject, Topic},
    time::Timestamp,
    verdict,
    wording::{How, Match, Named, Reading},
};
use graph::webhook::{content::Content, said::Said};
use uuid::Uuid;

use super::ticket::{Choice, Forged, Ticket};
use crate::{app::House, flows::Flows, services::gate::tie::dated, vault::sha256};

/// How many topics of one form count.
const TOPICS_MAX: usize = 20;

/// A choice that somebody made in a question of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tap {
    /// The question.
    pub question: Uuid,
    /// The choice.
    pub choice: Choice,
    /// The topics that were ticked beside it.
    pub topics: Vec<TopicId>,
    /// What the person saw on the button.
    pub label: String,
    /// Whether the question is so young that a yes counts.
    pub is_fresh: bool,
    /// Whether a form came back with a choice that nobody can read: it may have been a refusal.
    pub is_unreadable: bool,
}

/// The choice that a message makes; none when it makes none in a question of ours.
///
/// # Errors
/// [`Forged`] when it wants to be one, and nobody put that question to this person.
pub fn tap(
    app: &House,
    (contact, at): (ContactId, Timestamp),
    content: &Content,
    flows: &Flows,
) -> Result<Option<Tap>, Forged> {
    let made = |ticket: Ticket, choice: Choice, topics: Vec<TopicId>, label: &str| Tap {
        question: ticket.question,
        choice,
        topics,
        label: label.to_owned(),
        is_fresh: ticket.is_fresh(flows.question_days, at),
        is_unreadable: false,
    };
    if let Some(form) = content.form() {
        let Some(ticket) = Ticket::read(&app.vault, contact, form.token).transpose()? else {
            return Ok(None);
        };
        let read = form.choice.map(Choice::read);
        let choice = read.flatten().unwrap_or(Choice::Keep);
        let plain = matches!(
            choice,
            Choice::StopOffers | Choice::OnlyOrders | Choice::StopAll | Choice::Keep
        );
        if ticket.choice != Choice::Form || !plain {
            return Err(Forged);
        }
        let topics = form.topics.iter().take(TOPICS_MAX);
        let topics = topics.filter_map(|id| id.parse().ok()).collect();
        // Topics alone are an answer; no choice at all, or one with a strange name, is none that we know.
        let is_unreadable = match read {
            Some(known) => known.is_none(),
            None => form.topics.is_empty(),
        };
        let label = form.choice.map_or_else(|| choice.word(), str::to_owned);
        return Ok(Some(Tap {
            is_unreadable,
            ..made(ticket, choice, topics, &label)
        }));
    }
    let Some(Said::Tapped {
        payload: Some(payload),
        label,
    }) = content.said()
    else {
        return Ok(None);
    };
    let ticket = Ticket::read(&app.vault, contact, payload).transpose()?;
    match ticket {
        Some(ticket) if ticket.choice == Choice::Form => Err(Forged),
        Some(ticket) => {
            let label = label.unwrap_or_default();
            Ok(Some(made(ticket, ticket.choice, Vec::new(), label)))
        }
        None => Ok(None),
    }
}

impl Tap {
    /// The choice as the rules read it: a button never is in doubt.
    #[must_use]
    pub fn reading(&self) -> Reading {
        let found = |named: Option<Named>| Match {
            span: self.label.clone(),
            at: 0..self.label.len(),
            rule: self.rule(),
            language: None,
            how: How::Button,
            named,
        };
        match self.choice {
            _ if self.is_unreadable => Reading::Review(found(None)),
            Choice::StopOffers | Choice::OnlyOrders => {
                Reading::Stop(found(Some(Named::Category(Category::Marketing))))
            }
            Choice::StopAll => Reading::StopAll(found(None)),
            Choice::Keep
            | Choice::Yes
            | Choice::No
            | Choice::Topics
            | Choice::Topic(_)
            | Choice::Form => Reading::Nothing,
        }
    }

    /// The rule, as evidence names it.
    #[must_use]
    pub fn rule(&self) -> String {
        format!("menu:{}", self.choice.word())
    }

    /// Whether the choice settles what waits for a person to decide.
    #[must_use]
    pub const fn settles(&self) -> bool {
        match self.choice {
            _ if self.is_unreadable => false,
            Choice::StopOffers | Choice::OnlyOrders | Choice::StopAll | Choice::Keep => true,
            Choice::Yes | Choice::No | Choice::Topics | Choice::Topic(_) | Choice::Form => false,
        }
    }

    /// What it changes besides what its reading does.
    #[must_use]
    pub fn facts(&self, grounds: Grounds<'_>) -> Vec<Fact> {
        let mut facts = match self.choice {
            Choice::OnlyOrders if grounds.has_refused_orders() => {
                let orders = Subject::Category(Category::Utility);
                vec![Fact::OptIn(Scope::everywhere(orders))]
            }
            Choice::Yes if self.is_fresh => grounds.asked().map(Fact::OptIn).collect(),
            Choice::No => grounds
                .asked()
                .filter(|scope| !grounds.would_lose_a_narrower_yes(scope))
                .map(Fact::OptOut)
                .collect(),
            Choice::Topic(topic) => self.agree(&[topic], grounds),
            _ => Vec::new(),
        };
        if self.choice != Choice::StopAll && !self.is_unreadable {
            facts.extend(self.agree(&self.topics, grounds));
        }
        facts
    }

    fn agree(&self, topics: &[TopicId], grounds: Grounds<'_>) -> Vec<Fact> {
        if !self.is_fresh {
            return Vec::new();
        }
        let known = grounds
            .topics
            .iter()
            .filter(|topic| topics.contains(&topic.id));
        known
            .map(|topic| Fact::OptIn(Scope::everywhere(Subject::Topic(*topic))))
            .collect()
    }
}

/// What the effect of a tap depends on.
#[derive(Clone, Copy)]
pub struct Grounds<'a> {
    /// The person's standing.
    pub standing: &'a Standing,
    /// Their history.
    pub history: &'a [Event],
    /// The requests that the question was about.
    pub requests: &'a [String],
    /// The topics of the business.
    pub topics: &'a [Topic],
    /// The rules.
    pub policy: &'a consent::policy::Policy,
    /// Where the person is, as far as consent depends on it.
    pub country: Option<Country>,
    /// Now.
    pub now: Timestamp,
}

impl Grounds<'_> {
    /// The scopes of the requests, as long as nothing that covers them was refused since.
    fn asked(&self) -> impl Iterator<Item = Scope> {
        let requests = self.requests.iter();
        requests.filter_map(|named| self.scope_of(named))
    }

    fn scope_of(&self, named: &str) -> Option<Scope> {
        let asked = self
            .history
            .iter()
            .find(|event| event.id.to_string() == named)?;
        let Fact::OptInRequested(scope) = &asked.fact else {
            return None;
        };
        let refused_since = self.history.iter().any(|event| {
            let covers = matches!(&event.fact, Fact::OptOut(other) if other.covers(scope));
            covers && event.received > asked.received
        });
        (!refused_since).then(|| scope.clone())
    }

    fn has_refused_orders(&self) -> bool {
        let code = self.code(Category::Utility);
        matches!(code, Some(Code::OptedOutAll | Code::OptedOutCategory))
    }

    /// Whether offers may come, but for WhatsApp's own switch.
    #[must_use]
    pub fn gets_offers(&self) -> bool {
        let code = self.code(Category::Marketing);
        matches!(code, None | Some(Code::PlatformOptOut))
    }

    /// Whether a no to all of it would take away a part that they asked for, while they get nothing else of it.
    fn would_lose_a_narrower_yes(&self, asked: &Scope) -> bool {
        let mut registers = self.standing.registers.iter();
        let narrower = registers.any(|(scope, register)| {
            scope != asked && asked.covers(scope) && !register.opt_in.is_empty()
        });
        narrower && !self.gets_offers()
    }

    fn code(&self, category: Category) -> Option<Code> {
        let facts = Facts {
            standing: self.standing,
            sent: &[],
            minute_there: None,
            country: self.country,
        };
        verdict::decide(&Request::about(category), facts, self.policy, self.now).code()
    }
}

/// The id of the answer to a message: one message has one, whoever computes it, and it begins with the message's time.
#[must_use]
pub fn id_of(message: &str, at: Timestamp) -> Uuid {
    let millis = u64::try_from(at.millis()).unwrap_or(0);
    let time = uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid();
    dated(time, &sha256(message.as_bytes()))
}

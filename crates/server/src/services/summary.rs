//! A standing in a few words, for lists and segments: what the person told us, and what WhatsApp's switch says.

use std::{borrow::Cow, collections::BTreeSet};

use consent::{
    id::EventId,
    policy::Policy,
    reason::Code,
    register::{Platform, Standing},
    request::{Facts, Request},
    scope::{Category, Subject, Topic},
    time::Timestamp,
    verdict::{self, Verdict},
};
use store::{
    contact::{Person, Update},
    segment::State,
    stance::Stance,
};

/// The state of marketing with us: `opted_in`, `opted_out`, `pending` or `none`.
#[must_use]
pub fn consent(standing: &Standing, policy: &Policy, now: Timestamp) -> &'static str {
    about(&Request::about(Category::Marketing), standing, policy, now)
        .0
        .word()
}

/// The events that the state of marketing with us rests on.
#[must_use]
pub fn because(standing: &Standing, policy: &Policy, now: Timestamp) -> Vec<EventId> {
    about(&Request::about(Category::Marketing), standing, policy, now).1
}

/// What the person told us about such messages.
#[must_use]
pub fn state(request: &Request, standing: &Standing, policy: &Policy, now: Timestamp) -> State {
    about(request, standing, policy, now).0
}

fn about(
    request: &Request,
    standing: &Standing,
    policy: &Policy,
    now: Timestamp,
) -> (State, Vec<EventId>) {
    // WhatsApp's switch, holds and blocks are shown beside it, never mixed in.
    let ours = Standing {
        registers: standing.registers.clone(),
        sources: standing.sources.clone(),
        identity_changed: standing.identity_changed,
        ..Standing::default()
    };
    let facts = Facts {
        standing: &ours,
        sent: &[],
        minute_there: None,
        country: None,
    };
    let verdict = verdict::decide(request, facts, policy, now);
    let because = match &verdict {
        Verdict::Allow(_) => Vec::new(),
        Verdict::Deny(denial) => denial.because.clone(),
    };
    match verdict.code() {
        Some(Code::OptedOutAll | Code::OptedOutCategory | Code::OptedOutTopic) => {
            (State::OptedOut, because)
        }
        Some(Code::ConsentPending) => (State::Pending, because),
        _ => match verdict::opt_in(request, facts, policy, now) {
            Some(event) => (State::OptedIn, vec![event]),
            None => (State::None, because),
        },
    }
}

/// What a person told us about the topics, and the categories other than marketing, that their wishes name. Of the
/// others they told us what they told us of the category, or nothing. None where they name none and never did.
#[must_use]
pub fn said(person: &Person, policy: &Policy, now: Timestamp) -> Option<Vec<Stance>> {
    let others = [
        Category::Utility,
        Category::Authentication,
        Category::Service,
    ];
    let (mut topics, mut categories) = (BTreeSet::new(), BTreeSet::new());
    for scope in person.standing.registers.keys() {
        match scope.subject {
            Subject::All => categories.extend(others),
            Subject::Category(Category::Marketing) => {}
            Subject::Category(category) => {
                categories.insert(category);
            }
            Subject::Topic(topic) => {
                topics.insert(topic);
            }
        }
    }
    if topics.is_empty() && categories.is_empty() {
        // What was retracted may have been all.
        return (!person.standing.retracted.is_empty()).then(Vec::new);
    }
    // Who has to speak first, and what was retired, is not what anybody told us.
    let policy = if topics.is_empty() || policy.topics.is_empty() {
        Cow::Borrowed(policy)
    } else {
        Cow::Owned(Policy {
            topics: Default::default(),
            ..policy.clone()
        })
    };
    let stance = |subject: String, request: Request| Stance {
        contact: person.id,
        subject,
        state: state(&request, &person.standing, &policy, now),
    };
    let of_topics = topics.into_iter().map(|topic: Topic| {
        let request = Request {
            topic: Some(topic),
            ..Request::about(topic.category)
        };
        stance(topic.id.to_string(), request)
    });
    let of_categories = categories
        .into_iter()
        .map(|category| stance(category.word().to_owned(), Request::about(category)));
    Some(of_topics.chain(of_categories).collect())
}

/// What WhatsApp's switch says at any of our numbers: `stopped` or `open`.
#[must_use]
pub fn platform(standing: &Standing) -> &'static str {
    if standing
        .platform
        .values()
        .any(|switch| Platform::stopped(switch).is_some())
    {
        "stopped"
    } else {
        "open"
    }
}

/// A standing as it is written, with what lists show of it; of single topics nothing is written.
#[must_use]
pub fn update<'a>(person: &'a Person, policy: &Policy, now: Timestamp) -> Update<'a> {
    Update {
        contact: person.id,
        standing: &person.standing,
        consent: consent(&person.standing, policy, now),
        platform: platform(&person.standing),
        said: None,
        at: now,
    }
}

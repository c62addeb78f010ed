//! A standing in two words, for lists: what the person told us, and what WhatsApp's switch says.

use std::collections::BTreeSet;

use consent::{
    id::{EventId, TopicId},
    policy::Policy,
    reason::Code,
    register::{Platform, Standing},
    request::{Facts, Request},
    scope::{Category, Subject, Topic},
    time::Timestamp,
    verdict::{self, Verdict},
};
use store::contact::{Person, Update};

/// The state of marketing with us: `opted_in`, `opted_out`, `pending` or `none`.
#[must_use]
pub fn consent(standing: &Standing, policy: &Policy, now: Timestamp) -> &'static str {
    about(&Request::about(Category::Marketing), standing, policy, now).0
}

/// The events that the state of marketing with us rests on.
#[must_use]
pub fn because(standing: &Standing, policy: &Policy, now: Timestamp) -> Vec<EventId> {
    about(&Request::about(Category::Marketing), standing, policy, now).1
}

/// The same state of what a request is about.
#[must_use]
pub fn said(
    request: &Request,
    standing: &Standing,
    policy: &Policy,
    now: Timestamp,
) -> &'static str {
    about(request, standing, policy, now).0
}

/// The same state for each topic that the person said something of.
#[must_use]
pub fn topics(
    standing: &Standing,
    policy: &Policy,
    now: Timestamp,
) -> Vec<(TopicId, &'static str)> {
    let scopes = standing.registers.keys();
    let said: BTreeSet<Topic> = scopes
        .filter_map(|scope| match scope.subject {
            Subject::Topic(topic) => Some(topic),
            Subject::All | Subject::Category(_) => None,
        })
        .collect();
    let state = |topic: Topic| {
        let request = Request {
            topic: Some(topic),
            ..Request::about(topic.category)
        };
        (topic.id, about(&request, standing, policy, now).0)
    };
    said.into_iter().map(state).collect()
}

fn about(
    request: &Request,
    standing: &Standing,
    policy: &Policy,
    now: Timestamp,
) -> (&'static str, Vec<EventId>) {
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
            ("opted_out", because)
        }
        Some(Code::ConsentPending) => ("pending", because),
        _ => match verdict::opt_in(request, facts, policy, now) {
            Some(event) => ("opted_in", vec![event]),
            None => ("none", because),
        },
    }
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

/// A standing as it is written, with what lists show of it.
#[must_use]
pub fn update<'a>(person: &'a Person, policy: &Policy, now: Timestamp) -> Update<'a> {
    Update {
        contact: person.id,
        standing: &person.standing,
        consent: consent(&person.standing, policy, now),
        platform: platform(&person.standing),
        topics: topics(&person.standing, policy, now),
        at: now,
    }
}

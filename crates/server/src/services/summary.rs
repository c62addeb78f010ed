//! A standing in two words, for lists: what the person told us, and what WhatsApp's switch says.

use consent::{
    policy::Policy,
    reason::Code,
    register::{Platform, Standing},
    request::{Facts, Request},
    scope::Category,
    time::Timestamp,
    verdict,
};
use store::contact::{Person, Update};

/// The state of marketing with us: `opted_in`, `opted_out`, `pending` or `none`.
#[must_use]
pub fn consent(standing: &Standing, policy: &Policy, now: Timestamp) -> &'static str {
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
    let request = Request::about(Category::Marketing);
    let verdict = verdict::decide(&request, facts, policy, now);
    match verdict.code() {
        Some(Code::OptedOutAll | Code::OptedOutCategory | Code::OptedOutTopic) => "opted_out",
        Some(Code::ConsentPending) => "pending",
        _ if verdict::opt_in(&request, facts, policy, now).is_some() => "opted_in",
        _ => "none",
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
        at: now,
    }
}

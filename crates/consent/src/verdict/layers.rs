//! The eight layers of the verdict, in their order.

use crate::{
    event::Clock,
    policy::{Leave, PlatformReach, WindowRule},
    reason::Code,
    register::{Mark, Platform, Register},
    request::{Address, Template},
    scope::{Category, Channel, Scope, Subject},
    time::{DAY_MS, MINUTE_MS, Timestamp},
};

use super::{
    Denial,
    case::{Case, newest},
};

type Layer = fn(&Case<'_>) -> Option<Denial>;

/// The layers. The first that denies names the code.
pub(super) const ALL: [Layer; 8] = [
    identity,
    hold,
    opt_out,
    platform,
    consent,
    template,
    service_window,
    contact_policy,
];

fn identity(case: &Case<'_>) -> Option<Denial> {
    match (case.request.address, case.policy.groups) {
        (Address::Person, _) | (Address::Group, Leave::Given) => None,
        (Address::Conflict, _) => Some(Denial::of(Code::IdentityConflict)),
        (Address::Invalid, _) | (Address::Group, Leave::Denied) => {
            Some(Denial::of(Code::InvalidRecipient))
        }
    }
}

fn hold(case: &Case<'_>) -> Option<Denial> {
    held(case)
        .or_else(|| blocked(case))
        .or_else(|| identity_changed(case))
}

fn held(case: &Case<'_>) -> Option<Denial> {
    let standing = case.facts.standing;
    let holding = standing.holds.iter().filter(|(id, hold)| {
        !standing.released.contains(id)
            && hold.until.is_none_or(|until| case.now < until)
            && case.request.is_refused_by(&hold.scope)
    });
    let (because, ends): (Vec<_>, Vec<_>) = holding.map(|(id, hold)| (*id, hold.until)).unzip();
    if because.is_empty() {
        return None;
    }
    // It passes when the last of them ends, and not by itself when one of them has no end.
    let until = ends.into_iter().collect::<Option<Vec<_>>>();
    Some(Denial {
        code: Code::Held,
        because,
        until: until.and_then(|ends| ends.into_iter().max()),
    })
}

fn blocked(case: &Case<'_>) -> Option<Denial> {
    let mark = case.facts.standing.block()?;
    Some(Denial::resting_on(Code::Blocked, mark.event))
}

fn identity_changed(case: &Case<'_>) -> Option<Denial> {
    if case.request.category == Category::Service {
        return None;
    }
    let heard = case.facts.standing.last_heard();
    let unanswered = |(clock, mark): &(Clock, Mark)| {
        heard.is_none_or(|heard| heard <= mark.at.plus_millis(case.margin_to_meta(*clock)))
    };
    let changes = case.facts.standing.identity_changed.each();
    changes
        .filter(unanswered)
        .map(|(_, mark)| mark)
        .max()
        .map(|mark| Denial::resting_on(Code::IdentityChanged, mark.event))
}

fn opt_out(case: &Case<'_>) -> Option<Denial> {
    let mut refusals: Vec<(Scope, &Register)> = case.refusals().collect();
    // The widest refusal is named: it is the one that the person has to take back.
    refusals.sort_by_key(|(scope, _)| scope.subject);
    refusals.into_iter().find_map(|(scope, register)| {
        let newest = newest(&register.opt_out)?;
        if !case.request.is_refused_by(&scope) || case.is_lifted(&scope, &register.opt_out) {
            return None;
        }
        let code = match scope.subject {
            Subject::All => Code::OptedOutAll,
            Subject::Category(_) => Code::OptedOutCategory,
            Subject::Topic(_) => Code::OptedOutTopic,
        };
        Some(Denial::resting_on(code, newest.event))
    })
}

fn platform(case: &Case<'_>) -> Option<Denial> {
    if case.request.category != Category::Marketing || case.request.channel != Channel::Whatsapp {
        return None;
    }
    let concerns = |number| match (case.policy.platform_stop_covers, &case.request.number) {
        (PlatformReach::EveryNumber, _) | (PlatformReach::ThatNumber, None) => true,
        (PlatformReach::ThatNumber, Some(sender)) => sender == number,
    };
    let numbers = case
        .facts
        .standing
        .platform
        .iter()
        .filter(|(number, _)| concerns(*number));
    let stops: Vec<Mark> = numbers
        .filter_map(|(_, switch)| Platform::stopped(switch))
        .collect();
    (!stops.is_empty()).then(|| Denial {
        because: stops.iter().map(|mark| mark.event).collect(),
        ..Denial::of(Code::PlatformOptOut)
    })
}

fn consent(case: &Case<'_>) -> Option<Denial> {
    if !case.needs_opt_in() || case.opt_in().is_some() {
        return None;
    }
    let granted = || {
        case.facts
            .standing
            .registers
            .iter()
            .filter(|(scope, _)| case.request.is_granted_by(scope))
    };
    let pending = granted()
        .filter_map(|(_, register)| case.unvoided(&register.requested))
        .max();
    let expired = granted()
        .filter_map(|(scope, register)| case.in_force(scope, &register.opt_in))
        .max();
    Some(match (pending, expired) {
        (Some(asked), given) if given.is_none_or(|given| asked.at > given.at) => {
            Denial::resting_on(Code::ConsentPending, asked.event)
        }
        (_, Some(given)) => Denial::resting_on(Code::ConsentExpired, given.event),
        (_, None) => Denial::of(Code::NoConsent),
    })
}

fn template(case: &Case<'_>) -> Option<Denial> {
    if case.is_of_retired_topic() {
        return Some(Denial::of(Code::TopicRetired));
    }
    match case.request.template {
        Template::None | Template::Usable => None,
        Template::Unavailable => Some(Denial::of(Code::TemplateUnavailable)),
    }
}

fn service_window(case: &Case<'_>) -> Option<Denial> {
    let watched =
        case.request.category == Category::Service && case.request.channel == Channel::Whatsapp;
    match case.policy.window {
        WindowRule::LeaveToMeta => None,
        WindowRule::Enforce if !watched || case.window_is_open() => None,
        WindowRule::Enforce => Some(Denial::of(Code::WindowClosed)),
    }
}

fn contact_policy(case: &Case<'_>) -> Option<Denial> {
    frequency(case)
        .or_else(|| quiet_hours(case))
        .or_else(|| backoff(case))
}

fn frequency(case: &Case<'_>) -> Option<Denial> {
    let topic = case.request.topic.map(|topic| topic.id);
    let caps = case
        .policy
        .caps
        .iter()
        .filter(|cap| cap.is_about(case.request.category, topic));
    let full = caps.filter_map(|cap| {
        let span = DAY_MS.saturating_mul(i64::from(cap.days));
        let sent = case.facts.sent.iter();
        let mut recent: Vec<Timestamp> = sent
            .filter(|sent| cap.is_about(sent.category, sent.topic))
            .map(|sent| sent.at)
            .filter(|at| case.now.millis_since(*at) < span)
            .collect();
        recent.sort_unstable_by(|one, other| other.cmp(one));
        let max = usize::try_from(cap.max).unwrap_or(usize::MAX);
        // The next one may go when fewer than `max` are left in the span; with a cap of none, never.
        let last_too_many = max.checked_sub(1).map(|index| recent.get(index));
        match last_too_many {
            Some(None) => None,
            Some(Some(at)) => Some(Some(at.plus_millis(span))),
            None => Some(None),
        }
    });
    let ends: Vec<Option<Timestamp>> = full.collect();
    let until = ends.iter().copied().collect::<Option<Vec<_>>>();
    (!ends.is_empty()).then(|| Denial {
        until: until.and_then(|ends| ends.into_iter().max()),
        ..Denial::of(Code::FrequencyCapped)
    })
}

fn quiet_hours(case: &Case<'_>) -> Option<Denial> {
    if case.request.category != Category::Marketing {
        return None;
    }
    let left = case.policy.quiet_hours?.left(case.facts.minute_there?)?;
    let until = case.now.plus_millis(i64::from(left) * MINUTE_MS);
    Some(Denial {
        until: Some(until),
        ..Denial::of(Code::QuietHours)
    })
}

fn backoff(case: &Case<'_>) -> Option<Denial> {
    let marketing =
        case.request.category == Category::Marketing && case.request.channel == Channel::Whatsapp;
    let mark = case.facts.standing.backoff.filter(|_| marketing)?;
    let until = mark.at.plus_millis(case.policy.backoff_ms);
    (case.now < until).then(|| Denial {
        until: Some(until),
        ..Denial::resting_on(Code::PlatformBackoff, mark.event)
    })
}

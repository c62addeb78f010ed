//! The eight layers of the verdict, in their order.

use crate::{
    policy::{Leave, PlatformReach, Policy, Reach, WindowRule},
    reason::Code,
    register::{Heard, Mark, Marks, Platform, Register},
    request::{Address, Facts, Request, Template},
    scope::{Category, Channel, Scope, Subject},
    time::{DAY_MS, MINUTE_MS, Timestamp},
    window,
};

use super::{Basis, Denial};

/// Everything that a layer may look at.
pub(super) struct Case<'a> {
    pub(super) request: &'a Request,
    pub(super) facts: Facts<'a>,
    pub(super) policy: &'a Policy,
    pub(super) now: Timestamp,
}

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
    let standing = case.facts.standing;
    let holding = standing.holds.iter().find(|(id, hold)| {
        !standing.released.contains(id)
            && hold.until.is_none_or(|until| case.now < until)
            && case.request.is_refused_by(&hold.scope)
    });
    if let Some((id, hold)) = holding {
        return Some(Denial {
            until: hold.until,
            ..Denial::resting_on(Code::Held, *id)
        });
    }
    if case.request.channel != Channel::Whatsapp {
        return None;
    }
    let wrote_after = |mark: &Mark| standing.last_heard().is_some_and(|heard| heard > mark.at);
    if let Some(mark) = standing.blocked.filter(|mark| !wrote_after(mark)) {
        return Some(Denial::resting_on(Code::Blocked, mark.event));
    }
    let changed = standing.identity_changed.each().map(|(_, mark)| mark).max();
    changed
        .filter(|mark| case.request.category != Category::Service && !wrote_after(mark))
        .map(|mark| Denial::resting_on(Code::IdentityChanged, mark.event))
}

fn opt_out(case: &Case<'_>) -> Option<Denial> {
    let mut standing: Vec<(&Scope, &Register)> = case.facts.standing.registers.iter().collect();
    // The widest refusal is named: it is the one that the person has to take back.
    standing.sort_by_key(|(scope, _)| scope.subject);
    standing.into_iter().find_map(|(scope, register)| {
        let newest = register.opt_out.each().map(|(_, mark)| mark).max()?;
        let scope = case.as_far_as_it_reaches(scope);
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
    if !case.policy.opt_in_needed.contains(&case.request.category) || case.opt_in().is_some() {
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
        .filter_map(|(_, register)| newest(&register.requested))
        .max();
    let expired = granted()
        .filter_map(|(_, register)| case.unvoided(&register.opt_in))
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
        WindowRule::Enforce
            if !watched || case.heard().any(|heard| window::is_open(&heard, case.now)) =>
        {
            None
        }
        WindowRule::Enforce => Some(Denial::of(Code::WindowClosed)),
    }
}

fn contact_policy(case: &Case<'_>) -> Option<Denial> {
    frequency(case)
        .or_else(|| quiet_hours(case))
        .or_else(|| backoff(case))
}

fn frequency(case: &Case<'_>) -> Option<Denial> {
    let caps = case
        .policy
        .caps
        .iter()
        .filter(|cap| cap.category == case.request.category);
    let full = caps.filter_map(|cap| {
        let span = DAY_MS.saturating_mul(i64::from(cap.days));
        let recent = || {
            let counted = case.facts.sent.iter().filter(|(category, at)| {
                *category == cap.category && case.now.millis_since(*at) < span
            });
            counted.map(|(_, at)| *at)
        };
        let over = recent().count() >= usize::try_from(cap.max).unwrap_or(usize::MAX);
        // The next one may go when the oldest that counts has left the span.
        over.then(|| recent().min().unwrap_or(case.now).plus_millis(span))
    });
    full.max().map(|until| Denial {
        until: Some(until),
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

/// What a yes rests on, once no layer has denied.
pub(super) fn basis(case: &Case<'_>) -> Basis {
    match case.opt_in() {
        Some(mark) => Basis::OptIn(mark.event),
        None if case.request.category == Category::Service => Basis::OpenWindow,
        None => Basis::NoOptInNeeded,
    }
}

impl Case<'_> {
    /// In strict mode every refusal is one of everything.
    fn as_far_as_it_reaches(&self, scope: &Scope) -> Scope {
        match self.policy.reach {
            Reach::ItsScope => scope.clone(),
            Reach::Everything => Scope {
                subject: Subject::All,
                ..scope.clone()
            },
        }
    }

    /// Whether a refusal of `scope` is outranked for this request: by a newer opt-in of that scope or a
    /// narrower one on the request's path; a refusal of everything, for all but marketing, by any newer
    /// opt-in; and for an answer, by the person writing to us again.
    fn is_lifted(&self, scope: &Scope, refused: &Marks) -> bool {
        let everything = scope.subject == Subject::All;
        let marketing = self.request.category == Category::Marketing;
        let by_opt_in = self
            .facts
            .standing
            .registers
            .iter()
            .any(|(granted, register)| {
                let on_the_path = scope.covers(granted) && self.request.is_granted_by(granted);
                let beside = everything && !marketing && self.request.travels_within(granted);
                (on_the_path || beside) && self.outranks(&register.opt_in, refused).is_some()
            });
        let by_setting = everything
            && self.request.category == Category::Authentication
            && self.policy.authentication_after_all == Leave::Given;
        by_opt_in || by_setting || (everything && self.may_be_answered(refused))
    }

    /// Whoever writes to us after refusing everything may be answered inside that window.
    fn may_be_answered(&self, refused: &Marks) -> bool {
        let open = |heard: &Heard| {
            let skew = self.policy.skew_ms;
            heard.benign.is_some_and(|at| {
                let after_all = refused.each().all(|(clock, mark)| {
                    let margin = if clock == crate::event::Clock::Meta {
                        0
                    } else {
                        skew
                    };
                    at > mark.at.plus_millis(margin)
                });
                after_all && self.now < at.plus_millis(window::WINDOW_MS)
            })
        };
        self.request.category == Category::Service && self.heard().any(|heard| open(&heard))
    }

    /// What was heard at the number that sends; at any number, when the question names none.
    fn heard(&self) -> impl Iterator<Item = Heard> {
        let all = self.facts.standing.heard.iter();
        all.filter(|(number, _)| {
            self.request
                .number
                .as_ref()
                .is_none_or(|sender| sender == *number)
        })
        .map(|(_, heard)| *heard)
    }

    /// The opt-in that this message rests on: it speaks of it, is not void, not older than policy allows.
    fn opt_in(&self) -> Option<Mark> {
        let granted = self
            .facts
            .standing
            .registers
            .iter()
            .filter(|(scope, _)| self.request.is_granted_by(scope));
        granted
            .filter_map(|(_, register)| self.unvoided(&register.opt_in))
            .filter(|mark| self.is_fresh(mark))
            .max()
    }

    fn is_fresh(&self, mark: &Mark) -> bool {
        let days = self.policy.opt_in_days;
        days.is_none_or(|days| {
            self.now.millis_since(mark.at) < DAY_MS.saturating_mul(i64::from(days))
        })
    }

    /// The newest opt-in that is later than every sign that the number changed hands.
    fn unvoided(&self, given: &Marks) -> Option<Mark> {
        let void = &self.facts.standing.identity_changed;
        if void.is_empty() {
            newest(given)
        } else {
            given.outrank(void, self.policy.skew_ms)
        }
    }

    /// The opt-in among `given` that is newer than every refusal and every change of owner.
    fn outranks(&self, given: &Marks, refused: &Marks) -> Option<Mark> {
        let mut against = *refused;
        against.merge(&self.facts.standing.identity_changed);
        given.outrank(&against, self.policy.skew_ms)
    }
}

fn newest(marks: &Marks) -> Option<Mark> {
    marks.each().map(|(_, mark)| mark).max()
}

//! The verdict: a pure function of what is known, the policy, the request and now.
//!
//! Eight layers, all of which must pass; the first that denies names the code (DESIGN section 3). What WhatsApp's
//! own switch says and what the person told the business are never one flag.

mod case;
mod layers;

use std::time::Instant;

use crate::{
    id::{AttemptId, EventId, NumberId},
    permit::Permit,
    policy::Policy,
    reason::Code,
    request::{Facts, Request},
    time::Timestamp,
};

/// What was decided.
#[derive(Debug)]
pub enum Verdict {
    /// It may go.
    Allow(Clearance),
    /// It may not.
    Deny(Denial),
}

impl Verdict {
    /// Whether the message may go.
    #[must_use]
    pub const fn allows(&self) -> bool {
        matches!(self, Self::Allow(_))
    }

    /// The code of a refusal.
    #[must_use]
    pub const fn code(&self) -> Option<Code> {
        match self {
            Self::Allow(_) => None,
            Self::Deny(denial) => Some(denial.code),
        }
    }
}

/// A yes, which a durable reservation turns into a permit.
#[derive(Debug)]
pub struct Clearance {
    basis: Basis,
}

impl Clearance {
    /// What the yes rests on.
    #[must_use]
    pub const fn basis(&self) -> Basis {
        self.basis
    }

    /// Spends the yes: `reserved` is when the reservation began to be written, read before its commit.
    #[must_use]
    pub fn permit(self, attempt: AttemptId, number: NumberId, reserved: Instant) -> Permit {
        Permit::new(attempt, number, reserved)
    }
}

/// What a yes rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// This opt-in.
    OptIn(EventId),
    /// Policy asks for no opt-in for this category, and nothing speaks against it.
    NoOptInNeeded,
    /// The person wrote, and may be answered.
    OpenWindow,
    /// The person refused, and this tells them that it was heard.
    Confirmation(EventId),
}

impl Basis {
    /// The word used in JSON and tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::OptIn(_) => "opt_in",
            Self::NoOptInNeeded => "no_opt_in_needed",
            Self::OpenWindow => "open_window",
            Self::Confirmation(_) => "confirmation",
        }
    }

    /// The event behind it, if there is one.
    #[must_use]
    pub const fn event(self) -> Option<EventId> {
        match self {
            Self::OptIn(event) | Self::Confirmation(event) => Some(event),
            Self::NoOptInNeeded | Self::OpenWindow => None,
        }
    }
}

/// A no, with everything needed to explain it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The stable code.
    pub code: Code,
    /// The events it rests on.
    pub because: Vec<EventId>,
    /// When it passes by itself, if it does.
    pub until: Option<Timestamp>,
}

impl Denial {
    /// A denial that rests on no event and does not pass by itself.
    #[must_use]
    pub const fn of(code: Code) -> Self {
        Self {
            code,
            because: Vec::new(),
            until: None,
        }
    }

    pub(crate) fn resting_on(code: Code, event: EventId) -> Self {
        Self {
            because: vec![event],
            ..Self::of(code)
        }
    }
}

/// Decides. Nothing else in the program says yes.
#[must_use]
pub fn decide(request: &Request, facts: Facts<'_>, policy: &Policy, now: Timestamp) -> Verdict {
    let case = case::Case {
        request,
        facts,
        policy,
        now,
    };
    match layers::ALL.iter().find_map(|layer| layer(&case)) {
        Some(denial) => Verdict::Deny(denial),
        None => Verdict::Allow(Clearance {
            basis: case.basis(),
        }),
    }
}

/// The opt-in that a message would rest on, whatever else speaks against the message now.
#[must_use]
pub fn opt_in(
    request: &Request,
    facts: Facts<'_>,
    policy: &Policy,
    now: Timestamp,
) -> Option<EventId> {
    let case = case::Case {
        request,
        facts,
        policy,
        now,
    };
    case.opt_in().map(|mark| mark.event)
}

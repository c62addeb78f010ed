//! What became of one consent: the events that concern it, in time order, and where it stands.

use consent::{
    event::{Clock, Fact},
    id::EventId,
    phone::Country,
    policy::Policy,
    register::{Platform, Standing},
    scope::{Category, Channel, Scope},
    time::{DAY_MS, Timestamp},
};
use store::event::EventLine;

/// One consent, and what became of it.
#[derive(Debug)]
pub(super) struct Course<'a> {
    /// The event by which it was given.
    pub given: &'a EventLine,
    /// What it covers.
    pub scope: &'a Scope,
    /// How many days it lasts; none means until it is withdrawn.
    pub days: Option<u32>,
    /// What concerns it, oldest first.
    pub steps: Vec<Step<'a>>,
    /// Where it stands.
    pub state: State,
}

/// One thing that concerns a consent.
#[derive(Debug)]
pub(super) struct Step<'a> {
    /// From when it counts.
    pub at: Timestamp,
    /// The event; none for what time alone did.
    pub event: Option<&'a EventLine>,
    /// What it means for the consent.
    pub state: State,
}

/// Where a consent stands, and what an event means for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It was asked for.
    Requested,
    /// It was given.
    Given,
    /// It was given again, which is a record of its own.
    Renewed,
    /// A part of it was withdrawn.
    WithdrawnInPart,
    /// It was withdrawn.
    Withdrawn,
    /// A withdrawal was recorded by mistake, and does not count.
    Restored,
    /// Its messages were switched off in WhatsApp.
    Suspended,
    /// They were switched on again there.
    Resumed,
    /// It lasted as long as it could.
    Expired,
    /// It was recorded by mistake, or the number changed hands.
    Invalidated,
}

impl State {
    /// The word in receipts.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Given => "given",
            Self::Renewed => "renewed",
            Self::WithdrawnInPart => "withdrawn_in_part",
            Self::Withdrawn => "withdrawn",
            Self::Restored => "restored",
            Self::Suspended => "suspended",
            Self::Resumed => "resumed",
            Self::Expired => "expired",
            Self::Invalidated => "invalidated",
        }
    }
}

/// What a course is read with.
#[derive(Clone, Copy)]
pub(super) struct Rules<'a> {
    pub policy: &'a Policy,
    pub standing: &'a Standing,
    pub country: Option<Country>,
    pub now: Timestamp,
}

/// Every consent of a history (oldest event first), oldest consent first.
pub(super) fn courses<'a>(history: &'a [EventLine], rules: Rules<'_>) -> Vec<Course<'a>> {
    let given = history.iter().filter_map(|line| match &line.fact {
        Some(Fact::OptIn(scope)) => Some((line, scope)),
        _ => None,
    });
    given
        .map(|(given, scope)| {
            Reader {
                given,
                scope,
                history,
                rules,
            }
            .course()
        })
        .collect()
}

struct Reader<'a, 'r> {
    given: &'a EventLine,
    scope: &'a Scope,
    history: &'a [EventLine],
    rules: Rules<'r>,
}

impl<'a> Reader<'a, '_> {
    fn course(self) -> Course<'a> {
        let source = Some(self.given.source.as_str());
        let days = self.rules.policy.lasts(source, self.rules.country);
        let renewal = self.renewal();
        let mut steps: Vec<Step<'a>> = self
            .history
            .iter()
            .filter(|event| renewal.is_none_or(|next| order(event) < order(next)))
            .filter_map(|event| Some(step(event, self.meaning(event)?)))
            .collect();
        let counts = |step: &Step<'_>| step.event.is_none_or(|event| !self.is_undone(event));
        let ended = |step: &Step<'_>| step.state == State::Withdrawn && counts(step);
        if !steps.iter().any(ended) {
            steps.extend(renewal.map(|next| step(next, State::Renewed)));
        }
        let over = days.map(|days| {
            let life = DAY_MS.saturating_mul(i64::from(days));
            self.given.at.plus_millis(life)
        });
        let left = |step: &Step<'_>| ended(step) || step.state == State::Renewed;
        if let Some(over) = over.filter(|over| *over <= self.rules.now)
            && !steps.iter().any(|step| left(step) && step.at < over)
        {
            steps.push(Step {
                at: over,
                event: None,
                state: State::Expired,
            });
        }
        steps.sort_by_key(|step| (step.at, step.event.map(|event| event.id)));
        let state = self.state(&steps);
        Course {
            given: self.given,
            scope: self.scope,
            days,
            steps,
            state,
        }
    }

    /// What an event means for this consent; none when it does not concern it.
    fn meaning(&self, event: &EventLine) -> Option<State> {
        if event.id == self.given.id {
            return Some(State::Given);
        }
        match event.fact.as_ref()? {
            Fact::OptInRequested(scope) => {
                self.asked_for_it(event, scope).then_some(State::Requested)
            }
            Fact::OptOut(scope) if self.stands_against(event) => self.refused(scope),
            Fact::Retract(named) if *named == self.given.id => Some(State::Invalidated),
            Fact::Retract(named) => {
                let undone = self.history.iter().find(|other| other.id == *named)?;
                let Fact::OptOut(scope) = undone.fact.as_ref()? else {
                    return None;
                };
                let counts = is_retractable(undone) && self.stands_against(undone);
                self.refused(scope).filter(|_| counts)?;
                Some(State::Restored)
            }
            Fact::IdentityChanged => self.stands_against(event).then_some(State::Invalidated),
            Fact::PlatformStop(number) if self.is_offers_at(number) && self.is_later(event) => {
                Some(State::Suspended)
            }
            Fact::PlatformResume(number) if self.is_offers_at(number) && self.is_later(event) => {
                Some(State::Resumed)
            }
            _ => None,
        }
    }

    /// How much of the consent a refusal takes away.
    fn refused(&self, scope: &Scope) -> Option<State> {
        if scope.covers(self.scope) {
            Some(State::Withdrawn)
        } else {
            meets(scope, self.scope).then_some(State::WithdrawnInPart)
        }
    }

    /// Whether the rules let an event stand against this consent: it is later, or not surely earlier.
    fn stands_against(&self, event: &EventLine) -> bool {
        let margin = if event.clock == self.given.clock {
            0
        } else {
            self.rules.policy.skew_ms
        };
        let lifts =
            self.given.clock != Clock::Claimed && self.given.at > event.at.plus_millis(margin);
        !lifts
    }

    fn is_later(&self, event: &EventLine) -> bool {
        order(event) > order(self.given)
    }

    /// Whether a question led to this consent: nobody agreed to the same between the two.
    fn asked_for_it(&self, event: &EventLine, scope: &Scope) -> bool {
        let between = |other: &EventLine| {
            let same = matches!(&other.fact, Some(Fact::OptIn(agreed)) if agreed == self.scope);
            same && order(other) > order(event) && order(other) < order(self.given)
        };
        meets(scope, self.scope)
            && event.received <= self.given.received
            && !self.history.iter().any(between)
    }

    /// The next time that the same was agreed to.
    fn renewal(&self) -> Option<&'a EventLine> {
        let again = self.history.iter().filter(|other| {
            let same = matches!(&other.fact, Some(Fact::OptIn(agreed)) if agreed == self.scope);
            same && self.is_later(other) && !self.is_undone(other)
        });
        again.min_by_key(|other| order(other))
    }

    fn is_undone(&self, event: &EventLine) -> bool {
        is_retractable(event) && self.rules.standing.retracted.contains(&event.id)
    }

    /// Whether WhatsApp's own switch at a number speaks of what was agreed to.
    fn is_offers_at(&self, number: &consent::id::NumberId) -> bool {
        let subject = self.scope.subject.category();
        let offers = matches!(subject, None | Some(Category::Marketing));
        let here = self
            .scope
            .channel
            .is_none_or(|channel| channel == Channel::Whatsapp);
        offers && here && self.scope.number.as_ref().is_none_or(|own| own == number)
    }

    fn state(&self, steps: &[Step<'a>]) -> State {
        let counts = |wanted: State| {
            steps.iter().any(|step| {
                step.state == wanted && step.event.is_none_or(|event| !self.is_undone(event))
            })
        };
        let void = counts(State::Invalidated);
        let ends = [State::Withdrawn, State::Renewed, State::Expired];
        if void {
            return State::Invalidated;
        }
        if let Some(end) = ends.into_iter().find(|end| counts(*end)) {
            return end;
        }
        let mut switches = self.rules.standing.platform.iter();
        let is_off = switches.any(|(number, switch)| {
            self.is_offers_at(number) && Platform::stopped(switch).is_some()
        });
        match (is_off, counts(State::WithdrawnInPart)) {
            (true, _) => State::Suspended,
            (false, true) => State::WithdrawnInPart,
            (false, false) => State::Given,
        }
    }
}

const fn step(event: &EventLine, state: State) -> Step<'_> {
    Step {
        at: event.at,
        event: Some(event),
        state,
    }
}

fn order(event: &EventLine) -> (Timestamp, EventId) {
    (event.at, event.id)
}

fn is_retractable(event: &EventLine) -> bool {
    event.event().is_some_and(|event| event.is_retractable())
}

/// Whether there is a message that both scopes speak of.
fn meets(one: &Scope, other: &Scope) -> bool {
    let subject = one.subject.covers(other.subject) || other.subject.covers(one.subject);
    let channel = one.channel.is_none() || other.channel.is_none() || one.channel == other.channel;
    let number = one.number.is_none() || other.number.is_none() || one.number == other.number;
    subject && channel && number
}

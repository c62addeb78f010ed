//! One case before the judge: what lifts a refusal, and which permission a message rests on.

use crate::{
    event::Clock,
    policy::{Leave, Policy, Reach, TopicDefault},
    register::{Heard, Mark, Marks, Register},
    request::{Facts, Request},
    scope::{Category, Scope, Subject},
    time::{DAY_MS, Timestamp},
    window,
};

use super::Basis;

/// Everything that a layer may look at.
pub(super) struct Case<'a> {
    pub(super) request: &'a Request,
    pub(super) facts: Facts<'a>,
    pub(super) policy: &'a Policy,
    pub(super) now: Timestamp,
}

impl<'a> Case<'a> {
    /// Whether nothing of this kind goes before the person agreed: what the topic says, else its category. A topic
    /// that asks for no yes does not speak for a message that Meta counts in another category.
    pub(super) fn needs_opt_in(&self) -> bool {
        let by_category = self.policy.opt_in_needed.contains(&self.request.category);
        let Some(topic) = self.request.topic else {
            return by_category;
        };
        match self.policy.topics.get(&topic.id).map(|rule| rule.default) {
            Some(TopicDefault::OptIn) => true,
            Some(TopicDefault::OptOut) if topic.category == self.request.category => false,
            Some(TopicDefault::OptOut | TopicDefault::AsCategory) | None => by_category,
        }
    }

    /// Whether the message belongs to a topic on which nothing new is sent.
    pub(super) fn is_of_retired_topic(&self) -> bool {
        let topic = self.request.topic.map(|topic| topic.id);
        topic.is_some_and(|id| {
            let rule = self.policy.topics.get(&id);
            rule.is_some_and(|rule| rule.retired.is_some())
        })
    }

    /// What a yes rests on, once no layer has denied.
    pub(super) fn basis(&self) -> Basis {
        if self.request.category == Category::Service && self.window_is_open() {
            if let Some(event) = self.request.confirms.first() {
                return Basis::Confirmation(*event);
            }
            return Basis::OpenWindow;
        }
        self.opt_in()
            .map_or(Basis::NoOptInNeeded, |mark| Basis::OptIn(mark.event))
    }

    /// Every refusal on record, as far as policy lets it reach. In strict mode each is one of everything
    /// *and* still what it was: strictness never lets a wider opt-in lift a narrower refusal.
    pub(super) fn refusals(&self) -> impl Iterator<Item = (Scope, &'a Register)> {
        let strict = self.policy.reach == Reach::Everything;
        let registers = self.facts.standing.registers.iter();
        registers
            .filter(|(_, register)| !register.opt_out.is_empty())
            .flat_map(move |(scope, register)| {
                let everything = strict.then(|| Scope {
                    subject: Subject::All,
                    ..scope.clone()
                });
                let reaches = std::iter::once(scope.clone()).chain(everything);
                reaches.map(move |scope| (scope, register))
            })
    }

    /// Whether a refusal of `scope` is outranked for this request: by a newer opt-in (see
    /// [`Request::is_opened_by`]); and for an answer, by the person writing to us again.
    pub(super) fn is_lifted(&self, scope: &Scope, refused: &Marks) -> bool {
        let mut registers = self.facts.standing.registers.iter();
        let by_opt_in = registers.any(|(granted, register)| {
            self.request.is_opened_by(granted, scope)
                && self.outranks(&register.opt_in, refused).is_some()
        });
        let everything = scope.subject == Subject::All;
        let by_setting = everything
            && self.request.category == Category::Authentication
            && self.policy.authentication_after_all == Leave::Given;
        by_opt_in
            || by_setting
            || (everything && self.may_be_answered(refused))
            || self.confirms(refused)
    }

    /// Whether the message is the one that tells the person that this very refusal was heard: an answer inside the
    /// open window. Once anything newer was refused, that is what has to be confirmed.
    fn confirms(&self, refused: &Marks) -> bool {
        let is_answer = self.request.category == Category::Service && self.window_is_open();
        let very_one = |mark: Mark| self.request.confirms.contains(&mark.event);
        is_answer && newest(refused).is_some_and(very_one)
    }

    /// Whoever writes to us after refusing everything may be answered inside that window.
    fn may_be_answered(&self, refused: &Marks) -> bool {
        let open = |heard: &Heard| {
            heard.benign.is_some_and(|at| {
                let after_all = refused
                    .each()
                    .all(|(clock, mark)| at > mark.at.plus_millis(self.margin_to_meta(clock)));
                after_all && self.now < at.plus_millis(window::WINDOW_MS)
            })
        };
        self.request.category == Category::Service && self.heard().any(|heard| open(&heard))
    }

    /// How much later than a mark of `clock` a time of Meta's must be to be surely later.
    pub(super) const fn margin_to_meta(&self, clock: Clock) -> i64 {
        match clock {
            Clock::Meta => 0,
            Clock::Ours | Clock::Claimed => self.policy.skew_ms,
        }
    }

    /// Whether a free-form message may go from the number that sends.
    pub(super) fn window_is_open(&self) -> bool {
        self.heard().any(|heard| window::is_open(&heard, self.now))
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

    /// The opt-in that this message rests on: it speaks of it, is in force, not older than policy allows. Of one scope
    /// the newest speaks for itself alone: an older one that would last longer does not come back after it.
    pub(super) fn opt_in(&self) -> Option<Mark> {
        let registers = self.facts.standing.registers.iter();
        registers
            .filter(|(scope, _)| self.request.is_granted_by(scope))
            .filter_map(|(scope, register)| self.in_force(scope, &register.opt_in))
            .filter(|mark| self.is_fresh(mark))
            .max()
    }

    fn is_fresh(&self, mark: &Mark) -> bool {
        let source = self.facts.standing.source_of(mark.event);
        let days = self.policy.lasts(source, self.facts.country);
        days.is_none_or(|days| {
            self.now.millis_since(mark.at) < DAY_MS.saturating_mul(i64::from(days))
        })
    }

    /// The newest opt-in of `granted` that no refusal of as much or more has withdrawn. A refusal of everything
    /// that a later opt-in to something else has lifted does not bring back what was agreed to before it.
    pub(super) fn in_force(&self, granted: &Scope, given: &Marks) -> Option<Mark> {
        let mut refused = Marks::default();
        for (scope, register) in self.refusals() {
            if scope.covers(granted) {
                refused.merge(&register.opt_out);
            }
        }
        self.outranks(given, &refused)
    }

    /// The newest of `given` that is later than every sign that the number changed hands.
    pub(super) fn unvoided(&self, given: &Marks) -> Option<Mark> {
        self.outranks(given, &Marks::default())
    }

    /// The newest of `given` that is newer than every refusal and every change of owner.
    fn outranks(&self, given: &Marks, refused: &Marks) -> Option<Mark> {
        let mut against = *refused;
        against.merge(&self.facts.standing.identity_changed);
        if against.is_empty() {
            newest(given)
        } else {
            given.outrank(&against, self.policy.skew_ms)
        }
    }
}

/// The newest mark of any clock.
pub(super) fn newest(marks: &Marks) -> Option<Mark> {
    marks.each().map(|(_, mark)| mark).max()
}

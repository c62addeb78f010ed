//! State that does not depend on order: a register keeps maxima, never the last writer.
//!
//! Webhooks come late, twice and out of order, so every update is a maximum: commutative, associative and idempotent
//! (DESIGN section 4). What must be undone is named in a set that only grows, and the fold skips it.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    event::{Clock, Event, Fact},
    id::{EventId, NumberId},
    scope::Scope,
    time::Timestamp,
};

/// When, and by which event. Later outranks earlier; of two at the same time the larger id is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// When, on the clock of the place where the mark is kept.
    pub at: Timestamp,
    /// The event that says so.
    pub event: EventId,
}

/// The newest mark of each clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Marks {
    /// Times from Meta's webhooks.
    pub meta: Option<Mark>,
    /// Times that we stamped.
    pub ours: Option<Mark>,
    /// Times that a caller gave.
    pub claimed: Option<Mark>,
}

impl Marks {
    /// The newest mark of one clock.
    #[must_use]
    pub const fn get(&self, clock: Clock) -> Option<Mark> {
        match clock {
            Clock::Meta => self.meta,
            Clock::Ours => self.ours,
            Clock::Claimed => self.claimed,
        }
    }

    /// Takes a mark in; an older one changes nothing.
    pub fn raise(&mut self, clock: Clock, mark: Mark) {
        let kept = match clock {
            Clock::Meta => &mut self.meta,
            Clock::Ours => &mut self.ours,
            Clock::Claimed => &mut self.claimed,
        };
        *kept = (*kept).max(Some(mark));
    }

    /// The pointwise maximum.
    pub fn merge(&mut self, other: &Self) {
        for (clock, mark) in other.each() {
            self.raise(clock, mark);
        }
    }

    /// Every mark there is, with its clock.
    pub fn each(&self) -> impl Iterator<Item = (Clock, Mark)> + use<> {
        let marks = *self;
        Clock::ALL
            .into_iter()
            .filter_map(move |clock| marks.get(clock).map(|mark| (clock, mark)))
    }

    /// Whether there is no mark at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The mark that is newer than every one of `others`, if there is one; `skew` is the margin in
    /// milliseconds between two clocks. Ties do not outrank, and a claimed time outranks nothing.
    #[must_use]
    pub fn outrank(&self, others: &Self, skew: i64) -> Option<Mark> {
        let beats_all = |(clock, mine): (Clock, Mark)| {
            others.each().all(|(theirs_clock, theirs)| {
                let margin = if clock == theirs_clock { 0 } else { skew };
                clock != Clock::Claimed && mine.at > theirs.at.plus_millis(margin)
            })
        };
        self.each()
            .filter(|pair| beats_all(*pair))
            .map(|(_, mark)| mark)
            .max()
    }

    fn rest_on(&self, event: EventId) -> bool {
        self.each().any(|(_, mark)| mark.event == event)
    }
}

/// The folded wishes of one contact about one scope.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Register {
    /// Newest opt-ins.
    pub opt_in: Marks,
    /// Newest opt-outs.
    pub opt_out: Marks,
    /// Newest requests that wait for the person's yes.
    pub requested: Marks,
}

/// WhatsApp's own switch for one business number. Both times are Meta's, compared with nothing else.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Platform {
    /// Newest stop.
    pub stop: Option<Mark>,
    /// Newest resume.
    pub resume: Option<Mark>,
}

impl Platform {
    /// The stop in force. Only a strictly newer resume lifts it.
    #[must_use]
    pub fn stopped(&self) -> Option<Mark> {
        self.stop
            .filter(|stop| self.resume.is_none_or(|resume| resume.at <= stop.at))
    }
}

/// A hold: what waits, and until when at the most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// What waits.
    pub scope: Scope,
    /// The end; none means until released.
    pub until: Option<Timestamp>,
}

/// What we heard from the person at one of our numbers, on Meta's clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Heard {
    /// Their newest message or call.
    pub last: Option<Timestamp>,
    /// Their newest message that was not itself an opt-out.
    pub benign: Option<Timestamp>,
    /// Their newest message that came from an ad or a page button.
    pub from_ad: Option<Timestamp>,
    /// Our newest answer within a day of such a message: opens the free entry point.
    pub answered_ad: Option<Timestamp>,
}

impl Heard {
    /// The pointwise maximum.
    pub fn merge(&mut self, other: &Self) {
        self.last = self.last.max(other.last);
        self.benign = self.benign.max(other.benign);
        self.from_ad = self.from_ad.max(other.from_ad);
        self.answered_ad = self.answered_ad.max(other.answered_ad);
    }
}

/// Everything that the rules need to know about one contact.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// The wishes, by scope.
    pub registers: BTreeMap<Scope, Register>,
    /// WhatsApp's switch, by number.
    pub platform: BTreeMap<NumberId, Platform>,
    /// Every hold ever set.
    pub holds: BTreeMap<EventId, Hold>,
    /// Every hold ever released.
    pub released: BTreeSet<EventId>,
    /// Every event that a retract names, known or not: those that may be retracted are skipped.
    pub retracted: BTreeSet<EventId>,
    /// Newest block (130403), on Meta's clock.
    pub blocked: Option<Mark>,
    /// Newest sign that the number has a new owner (137000), by clock.
    pub identity_changed: Marks,
    /// Newest 131049, on Meta's clock.
    pub backoff: Option<Mark>,
    /// What we heard, by number.
    pub heard: BTreeMap<NumberId, Heard>,
    /// Where the opt-ins that the registers hold came from. INVARIANT: names no other event, so that it depends on
    /// no order either. One that is not in it was folded before sources were kept.
    pub sources: BTreeMap<EventId, String>,
}

/// Whether an event could be taken in, or the whole history must be folded again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// The standing is up to date.
    Done,
    /// An event that may have been taken in before is now to be skipped.
    FoldAgain,
}

/// What a merge carries over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carry {
    /// Everything: it is the same person, and policy lets permission follow.
    Everything,
    /// Refusals only: permission stays behind.
    Refusals,
}

impl Standing {
    /// Folds a history, in any order and with any repetition.
    #[must_use]
    pub fn fold<'a>(events: impl Iterator<Item = &'a Event> + Clone) -> Self {
        let mut standing = Self::default();
        for event in events.clone() {
            if let Fact::Retract(named) = &event.fact {
                standing.retracted.insert(*named);
            }
        }
        for event in events {
            standing.apply(event);
        }
        standing
    }

    /// Takes one event in. A retract may come before what it names: the name is kept, and skipped when it comes.
    pub fn apply(&mut self, event: &Event) -> Applied {
        let mark = Mark {
            at: event.at,
            event: event.id,
        };
        if self.retracted.contains(&event.id) && event.is_retractable() {
            return Applied::Done;
        }
        match &event.fact {
            Fact::OptIn(scope) => {
                let opt_in = &mut self.register(scope).opt_in;
                let before = opt_in.get(event.clock);
                opt_in.raise(event.clock, mark);
                if opt_in.get(event.clock) == Some(mark) {
                    self.note_source(event, before);
                }
            }
            Fact::OptOut(scope) => self.register(scope).opt_out.raise(event.clock, mark),
            Fact::OptInRequested(scope) => self.register(scope).requested.raise(event.clock, mark),
            Fact::PlatformStop(number) => raise(&mut self.at_platform(number).stop, mark),
            Fact::PlatformResume(number) => raise(&mut self.at_platform(number).resume, mark),
            Fact::PlatformBackoff => raise(&mut self.backoff, mark),
            Fact::Blocked => raise(&mut self.blocked, mark),
            Fact::IdentityChanged => self.identity_changed.raise(event.clock, mark),
            Fact::Hold(scope, until) => {
                self.holds.insert(
                    event.id,
                    Hold {
                        scope: scope.clone(),
                        until: *until,
                    },
                );
            }
            Fact::Release(hold) => {
                self.released.insert(*hold);
            }
            Fact::Retract(named) => {
                if self.retracted.insert(*named) && self.rests_on(*named) {
                    return Applied::FoldAgain;
                }
            }
            Fact::AliasLinked(_)
            | Fact::AliasEnded(_)
            | Fact::Erasure
            | Fact::PolicyChanged(_)
            | Fact::Staff(_)
            | Fact::Reservations(_)
            | Fact::Referral => {}
        }
        Applied::Done
    }

    /// Where an opt-in that this standing rests on came from; none when that is not known.
    #[must_use]
    pub fn source_of(&self, opt_in: EventId) -> Option<&str> {
        self.sources.get(&opt_in).map(String::as_str)
    }

    /// Notes that the person wrote or called.
    pub fn hear(&mut self, number: &NumberId, news: &Heard) {
        self.heard.entry(number.clone()).or_default().merge(news);
    }

    /// The newest message of the person at any of our numbers.
    #[must_use]
    pub fn last_heard(&self) -> Option<Timestamp> {
        self.heard.values().filter_map(|heard| heard.last).max()
    }

    /// Takes in the standing of what turns out to be one person: the pointwise maximum of both. Of another
    /// person, from whom an alias is inherited, only what refuses.
    ///
    /// [`Applied::FoldAgain`] when one side retracts what the other rests on.
    pub fn merge(&mut self, other: &Self, carry: Carry) -> Applied {
        match carry {
            Carry::Everything => self.merge_everything(other),
            Carry::Refusals => {
                self.merge_refusals(other);
                Applied::Done
            }
        }
    }

    fn merge_everything(&mut self, other: &Self) -> Applied {
        for (scope, theirs) in &other.registers {
            let mine = self.register(scope);
            mine.opt_in.merge(&theirs.opt_in);
            mine.opt_out.merge(&theirs.opt_out);
            mine.requested.merge(&theirs.requested);
        }
        for (number, theirs) in &other.platform {
            let mine = self.at_platform(number);
            mine.stop = mine.stop.max(theirs.stop);
            mine.resume = mine.resume.max(theirs.resume);
        }
        for (number, heard) in &other.heard {
            self.hear(number, heard);
        }
        self.holds
            .extend(other.holds.iter().map(|(id, hold)| (*id, hold.clone())));
        self.released.extend(&other.released);
        self.blocked = self.blocked.max(other.blocked);
        self.identity_changed.merge(&other.identity_changed);
        self.backoff = self.backoff.max(other.backoff);
        self.merge_sources(other);
        let known_to_one: Vec<EventId> = self
            .retracted
            .symmetric_difference(&other.retracted)
            .copied()
            .collect();
        self.retracted.extend(&other.retracted);
        if known_to_one.into_iter().any(|named| self.rests_on(named)) {
            Applied::FoldAgain
        } else {
            Applied::Done
        }
    }

    fn merge_sources(&mut self, other: &Self) {
        let known = std::mem::take(&mut self.sources);
        let theirs = other.sources.clone();
        let marks = self.registers.values().flat_map(|one| one.opt_in.each());
        let kept: BTreeSet<EventId> = marks.map(|(_, mark)| mark.event).collect();
        self.sources = known
            .into_iter()
            .chain(theirs)
            .filter(|(event, _)| kept.contains(event))
            .collect();
    }

    /// Takes in the source of an opt-in that is kept, and forgets that of the one that it outdoes.
    fn note_source(&mut self, opt_in: &Event, outdone: Option<Mark>) {
        if let Some(mark) = outdone {
            self.sources.remove(&mark.event);
        }
        self.sources
            .insert(opt_in.id, opt_in.evidence.source.clone());
    }

    /// What lifts a refusal is a permission, and stays behind: opt-ins, resumes, releases, retractions and
    /// messages of the other person. Switches, holds and blocks that no longer stand stay behind with them.
    fn merge_refusals(&mut self, other: &Self) {
        for (scope, theirs) in &other.registers {
            if !theirs.opt_out.is_empty() {
                self.register(scope).opt_out.merge(&theirs.opt_out);
            }
        }
        for (number, theirs) in &other.platform {
            if let Some(stop) = theirs.stopped() {
                raise(&mut self.at_platform(number).stop, stop);
            }
        }
        let held = other.holds.iter();
        self.holds.extend(
            held.filter(|(id, _)| !other.released.contains(id))
                .map(|(id, hold)| (*id, hold.clone())),
        );
        self.blocked = self.blocked.max(other.block());
        self.identity_changed.merge(&other.identity_changed);
        self.backoff = self.backoff.max(other.backoff);
    }

    /// The block in force: it ends with their next message.
    #[must_use]
    pub fn block(&self) -> Option<Mark> {
        self.blocked
            .filter(|mark| self.last_heard().is_none_or(|heard| heard <= mark.at))
    }

    fn rests_on(&self, event: EventId) -> bool {
        self.registers.values().any(|register| {
            register.opt_in.rest_on(event)
                || register.opt_out.rest_on(event)
                || register.requested.rest_on(event)
        })
    }

    fn register(&mut self, scope: &Scope) -> &mut Register {
        self.registers.entry(scope.clone()).or_default()
    }

    fn at_platform(&mut self, number: &NumberId) -> &mut Platform {
        self.platform.entry(number.clone()).or_default()
    }
}

fn raise(kept: &mut Option<Mark>, mark: Mark) {
    *kept = (*kept).max(Some(mark));
}

//! What a person's wishes come to, apart from everything else: for the page on which they see and change them.

use crate::{
    id::EventId,
    phone::Country,
    policy::{Policy, WindowRule},
    reason::Code,
    register::{Marks, Standing},
    request::{Facts, Request},
    scope::{Category, Channel, Scope, Subject},
    time::Timestamp,
    verdict::{self, Verdict},
};

/// Where a wish stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Messages may come: by this opt-in, or because nobody has to ask.
    On(Option<EventId>),
    /// The person refused: by this event.
    Refused(Option<EventId>),
    /// They were asked and have not answered.
    Pending(EventId),
    /// They agreed too long ago.
    Expired(EventId),
    /// They never said anything, and nothing comes before they do.
    Unasked,
    /// The business sends nothing of the kind any more.
    Retired,
}

impl Wish {
    /// Whether messages may come.
    #[must_use]
    pub const fn is_on(self) -> bool {
        match self {
            Self::On(_) => true,
            Self::Refused(_)
            | Self::Pending(_)
            | Self::Expired(_)
            | Self::Unasked
            | Self::Retired => false,
        }
    }
}

/// What the person told the business about a scope. WhatsApp's switch, holds, blocks, windows, caps and hours play
/// no part: they say when to write, not what was agreed. `country` is as in [`Facts::country`].
#[must_use]
pub fn about(
    scope: &Scope,
    (standing, country): (&Standing, Option<Country>),
    policy: &Policy,
    now: Timestamp,
) -> Wish {
    let wishes = Standing {
        registers: standing.registers.clone(),
        sources: standing.sources.clone(),
        identity_changed: standing.identity_changed,
        heard: standing.heard.clone(),
        ..Standing::default()
    };
    let timeless = Policy {
        caps: Vec::new(),
        quiet_hours: None,
        window: WindowRule::LeaveToMeta,
        ..policy.clone()
    };
    let facts = Facts {
        standing: &wishes,
        sent: &[],
        minute_there: None,
        country,
    };
    let request = request(scope);
    let denial = match verdict::decide(&request, facts, &timeless, now) {
        Verdict::Allow(clearance) => return Wish::On(clearance.basis().event()),
        Verdict::Deny(denial) => denial,
    };
    let event = denial.because.first().copied();
    match (denial.code, event) {
        (Code::OptedOutAll | Code::OptedOutCategory | Code::OptedOutTopic, _) => {
            Wish::Refused(event)
        }
        (Code::ConsentPending, Some(event)) => Wish::Pending(event),
        (Code::ConsentExpired, Some(event)) => Wish::Expired(event),
        (Code::TopicRetired, _) => Wish::Retired,
        (
            Code::IdentityConflict
            | Code::InvalidRecipient
            | Code::Held
            | Code::Blocked
            | Code::IdentityChanged
            | Code::PlatformOptOut
            | Code::NoConsent
            | Code::ConsentPending
            | Code::ConsentExpired
            | Code::TemplateUnavailable
            | Code::WindowClosed
            | Code::FrequencyCapped
            | Code::QuietHours
            | Code::PlatformBackoff,
            _,
        ) => Wish::Unasked,
    }
}

/// Whether everything within a scope is refused already, so that one more refusal would change nothing: a refusal
/// that covers it stands, and nothing that was agreed to within it or about more than it is newer.
#[must_use]
pub fn is_refused(scope: &Scope, standing: &Standing, policy: &Policy) -> bool {
    let opened = |refused: &Scope, marks: &Marks| {
        standing.registers.iter().any(|(granted, register)| {
            // Any yes after a refusal of everything lets utility, codes and answers through again.
            let related = refused.subject == Subject::All
                || scope.subject.covers(granted.subject)
                || granted.subject.covers(scope.subject);
            related
                && meets(scope, granted)
                && register.opt_in.outrank(marks, policy.skew_ms).is_some()
        })
    };
    let mut refusals = standing.registers.iter();
    refusals.any(|(refused, register)| {
        let marks = &register.opt_out;
        !marks.is_empty() && refused.covers(scope) && !opened(refused, marks)
    })
}

/// Whether there is a channel and a number that two scopes have in common.
fn meets(one: &Scope, other: &Scope) -> bool {
    let channel = one.channel.is_none() || other.channel.is_none() || one.channel == other.channel;
    let number = one.number.is_none() || other.number.is_none() || one.number == other.number;
    channel && number
}

/// A message that a wish about a scope speaks of.
#[must_use]
pub fn request(scope: &Scope) -> Request {
    let topic = match scope.subject {
        Subject::Topic(topic) => Some(topic),
        Subject::All | Subject::Category(_) => None,
    };
    Request {
        topic,
        channel: scope.channel.unwrap_or(Channel::Whatsapp),
        number: scope.number.clone(),
        ..Request::about(scope.subject.category().unwrap_or(Category::Marketing))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        event::{Clock, Event, Evidence, Fact},
        id::{ContactId, TopicId},
        policy::{TopicDefault, TopicRule},
        scope::Topic,
    };

    const OFFERS: Topic = Topic {
        id: TopicId::new(Uuid::from_u128(1)),
        category: Category::Marketing,
    };

    fn after(facts: &[Fact]) -> Standing {
        let events: Vec<Event> = (1..)
            .zip(facts)
            .map(|(second, fact): (i64, _)| Event {
                id: EventId::new(Uuid::from_u128(u128::from(second.unsigned_abs()))),
                contact: ContactId::HOUSE,
                fact: fact.clone(),
                clock: Clock::Ours,
                at: Timestamp::from_seconds(second),
                received: Timestamp::from_seconds(second),
                evidence: Evidence::default(),
            })
            .collect();
        Standing::fold(events.iter())
    }

    fn offers() -> Scope {
        Scope::everywhere(Subject::Topic(OFFERS))
    }

    fn on_whatsapp() -> Scope {
        Scope {
            channel: Some(Channel::Whatsapp),
            ..Scope::MARKETING
        }
    }

    fn now() -> Timestamp {
        Timestamp::from_seconds(1_000)
    }

    #[test]
    fn a_repeat_changes_nothing_and_a_refusal_after_a_yes_does() {
        let policy = Policy::default();
        for (facts, scope, refused) in [
            (vec![], Scope::MARKETING, false),
            (vec![Fact::OptOut(Scope::MARKETING)], Scope::MARKETING, true),
            (vec![Fact::OptOut(Scope::MARKETING)], offers(), true),
            (vec![Fact::OptOut(Scope::MARKETING)], Scope::ALL, false),
            (vec![Fact::OptOut(offers())], Scope::MARKETING, false),
            (
                vec![Fact::OptOut(Scope::MARKETING), Fact::OptIn(offers())],
                Scope::MARKETING,
                false,
            ),
            (
                vec![Fact::OptIn(Scope::MARKETING), Fact::OptOut(Scope::ALL)],
                offers(),
                true,
            ),
            (
                vec![Fact::OptOut(Scope::ALL), Fact::OptIn(Scope::MARKETING)],
                Scope::ALL,
                false,
            ),
            (
                vec![Fact::OptOut(Scope::ALL), Fact::OptIn(Scope::MARKETING)],
                Scope::everywhere(Subject::Category(Category::Utility)),
                false,
            ),
            (
                vec![Fact::OptOut(Scope::ALL), Fact::OptIn(on_whatsapp())],
                offers(),
                false,
            ),
        ] {
            let standing = after(&facts);
            assert_eq!(
                is_refused(&scope, &standing, &policy),
                refused,
                "{facts:?} {scope:?}"
            );
        }
    }

    #[test]
    fn a_wish_is_told_apart_from_what_else_stands_in_the_way() {
        let mut policy = Policy::default();
        let wish = |facts: &[Fact], scope: &Scope, policy: &Policy| {
            about(scope, (&after(facts), None), policy, now())
        };
        let agreed = [Fact::OptIn(Scope::MARKETING)];
        let event = EventId::new(Uuid::from_u128(1));
        assert_eq!(wish(&agreed, &offers(), &policy), Wish::On(Some(event)));
        assert_eq!(wish(&[], &offers(), &policy), Wish::Unasked);
        let number: crate::id::NumberId = "1099".parse().unwrap();
        let stopped = [agreed[0].clone(), Fact::PlatformStop(number)];
        assert!(wish(&stopped, &Scope::MARKETING, &policy).is_on());
        let refused = [agreed[0].clone(), Fact::OptOut(offers())];
        assert!(matches!(
            wish(&refused, &offers(), &policy),
            Wish::Refused(Some(_))
        ));
        assert!(wish(&refused, &Scope::MARKETING, &policy).is_on());
        let asked = [Fact::OptInRequested(Scope::MARKETING)];
        assert_eq!(
            wish(&asked, &Scope::MARKETING, &policy),
            Wish::Pending(event)
        );
        let rule = TopicRule {
            default: TopicDefault::OptOut,
            retired: None,
        };
        policy.topics.insert(OFFERS.id, rule);
        assert_eq!(wish(&[], &offers(), &policy), Wish::On(None));
        assert_eq!(wish(&[], &Scope::MARKETING, &policy), Wish::Unasked);
        assert!(!wish(&refused, &offers(), &policy).is_on());
        let retired = TopicRule {
            retired: Some(now()),
            ..rule
        };
        policy.topics.insert(OFFERS.id, retired);
        assert_eq!(wish(&agreed, &offers(), &policy), Wish::Retired);
    }
}

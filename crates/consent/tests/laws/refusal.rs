//! A refusal stands until the person, and nobody else, takes it back.

use std::time::{Duration, Instant};

use consent::{
    event::{Clock, Event, Fact},
    id::{AttemptId, EventId},
    permit::PERMIT_LIFE,
    policy::Reach,
    reason::Code,
    register::{Carry, Standing},
    request::Request,
    scope::{Category, Channel, Scope, Subject},
    verdict::Verdict,
};
use proptest::{prelude::*, sample::select};
use uuid::Uuid;

use crate::history::{
    LAST, Question, at, event, heard, history, marketing, number, question, question_about,
    quietly, scope, standing,
};

const NEW: u128 = 900;

fn lived(
    events: &[Event],
    heard: &[(consent::id::NumberId, consent::register::Heard)],
) -> Standing {
    let mut standing = Standing::fold(events.iter());
    for (number, news) in heard {
        standing.hear(number, news);
    }
    standing
}

fn with(standing: &Standing, event: &Event) -> Standing {
    let mut more = standing.clone();
    more.apply(event);
    more
}

fn stop() -> impl Strategy<Value = Fact> {
    select(vec![Scope::MARKETING, Scope::ALL]).prop_map(Fact::OptOut)
}

fn restriction() -> impl Strategy<Value = Fact> {
    prop_oneof![
        3 => scope().prop_map(Fact::OptOut),
        1 => (scope(), proptest::option::of(0..9 * LAST))
            .prop_map(|(scope, until)| Fact::Hold(scope, until.map(at))),
        1 => Just(Fact::Blocked),
        1 => Just(Fact::IdentityChanged),
        1 => Just(Fact::PlatformBackoff),
        1 => select(vec![1, 2]).prop_map(|which| Fact::PlatformStop(number(which))),
    ]
}

/// Turns a question into one that a refusal of `scope` speaks of. Not of a code, when everything was refused:
/// there a setting may say otherwise.
fn aim(question: &mut Question, scope: &Scope) -> bool {
    let asked = &mut question.request;
    asked.category = scope.subject.category().unwrap_or(asked.category);
    if let Subject::Topic(topic) = scope.subject {
        asked.topic = Some(topic);
    }
    asked.channel = scope.channel.unwrap_or(asked.channel);
    asked.number = scope.number.clone().or(asked.number.take());
    assert!(asked.is_refused_by(scope));
    scope.subject != Subject::All || asked.category != Category::Authentication
}

proptest! {
    #![proptest_config(quietly())]

    #[test]
    fn no_marketing_goes_after_a_stop_until_the_person_agrees_again(
        events in history(100, 14), heard in heard(), stop in stop(),
        clock in select(Clock::ALL.to_vec()), when in 0..LAST,
        question in question_about(marketing()),
    ) {
        let stop = event(NEW, stop, clock, when);
        let later_yes = |event: &Event| matches!(event.fact, Fact::OptIn(_))
            && event.clock != Clock::Claimed && event.at > stop.at;
        let mut events: Vec<Event> = events.into_iter().filter(|event| !later_yes(event)).collect();
        // Not even a retract helps: a keyword was not misread.
        events.push(event(NEW + 1, Fact::Retract(stop.id), Clock::Ours, LAST));
        events.push(stop);
        prop_assert!(!question.ask(&lived(&events, &heard)).allows());
    }

    #[test]
    fn a_tie_denies(
        events in history(100, 10), scope in scope(), clock in select(Clock::ALL.to_vec()),
        yes_first in any::<bool>(), mut question in question(),
    ) {
        if !aim(&mut question, &scope) { return Ok(()) }
        let (yes, no) = if yes_first { (NEW, NEW + 1) } else { (NEW + 1, NEW) };
        let mut events: Vec<Event> = events.into_iter()
            .filter(|event| !matches!(event.fact, Fact::Retract(_)))
            .collect();
        events.push(event(yes, Fact::OptIn(scope.clone()), clock, LAST));
        events.push(event(no, Fact::OptOut(scope), clock, LAST));
        prop_assert!(!question.ask(&Standing::fold(events.iter())).allows());
    }

    #[test]
    fn what_they_switched_off_in_whatsapp_only_they_switch_on(
        events in history(100, 14), heard in heard(), when in 0..LAST,
        other in standing(500), mut question in question_about(marketing()),
    ) {
        question.request.channel = Channel::Whatsapp;
        question.request.number = Some(number(1));
        let resumed = |event: &Event| event.fact == Fact::PlatformResume(number(1)) && event.at > at(when);
        let mut events: Vec<Event> = events.into_iter().filter(|event| !resumed(event)).collect();
        events.push(event(NEW, Fact::PlatformStop(number(1)), Clock::Meta, when));
        let mut standing = lived(&events, &heard);
        prop_assert!(!question.ask(&standing).allows());
        standing.merge(&other, Carry::Refusals);
        prop_assert!(!question.ask(&standing).allows());
        let resume = event(NEW + 1, Fact::PlatformResume(number(2)), Clock::Meta, 9 * LAST);
        prop_assert!(!question.ask(&with(&standing, &resume)).allows());
    }

    #[test]
    fn a_resume_lifts_nothing_of_ours(standing in standing(100), question in question()) {
        let before = question.ask(&standing).code();
        if before.is_none() || before == Some(Code::PlatformOptOut) { return Ok(()) }
        let mut after = standing;
        for which in [1, 2] {
            after.apply(&event(NEW, Fact::PlatformResume(number(which)), Clock::Meta, 9 * LAST));
        }
        prop_assert_eq!(question.ask(&after).code(), before);
    }

    #[test]
    fn a_claim_lifts_no_refusal(
        standing in standing(100), claims in proptest::collection::vec((scope(), 0..9 * LAST), 1..5),
        question in question(),
    ) {
        let before = question.ask(&standing).code();
        let refused = before.is_some_and(|code| !matches!(
            code, Code::NoConsent | Code::ConsentPending | Code::ConsentExpired));
        let mut after = standing;
        for ((scope, when), id) in claims.into_iter().zip(NEW..) {
            after.apply(&event(id, Fact::OptIn(scope), Clock::Claimed, when));
        }
        if refused {
            prop_assert_eq!(question.ask(&after).code(), before);
        }
        let no = event(NEW + 50, Fact::OptOut(Scope::MARKETING), Clock::Claimed, 0);
        let marketing = Question { request: Request::about(Category::Marketing), ..question };
        let claimed_only = {
            let mut standing = Standing::default();
            standing.apply(&no);
            standing.apply(&event(NEW, Fact::OptIn(Scope::ALL), Clock::Claimed, LAST));
            standing
        };
        prop_assert!(!marketing.ask(&claimed_only).allows());
    }

    #[test]
    fn a_wider_yes_never_lifts_a_narrower_no(
        narrow in scope(), wider in 0..8_u8, clock in select(Clock::ALL.to_vec()),
        mut question in question(),
    ) {
        let wide = Scope {
            subject: match (wider & 1, narrow.subject) {
                (0, subject) => subject,
                (_, Subject::Topic(topic)) => Subject::Category(topic.category),
                (_, Subject::Category(_) | Subject::All) => Subject::All,
            },
            channel: narrow.channel.filter(|_| wider & 2 == 0),
            number: narrow.number.clone().filter(|_| wider & 4 == 0),
        };
        if wide == narrow || !aim(&mut question, &narrow) { return Ok(()) }
        let mut standing = Standing::default();
        standing.apply(&event(1, Fact::OptOut(narrow), clock, 0));
        standing.apply(&event(2, Fact::OptIn(wide), Clock::Ours, LAST));
        prop_assert!(!question.ask(&standing).allows());
    }

    #[test]
    fn a_further_restriction_never_opens_a_door(
        standing in standing(100), restriction in restriction(),
        clock in select(Clock::ALL.to_vec()), when in 0..9 * LAST, question in question(),
    ) {
        let clock = if restriction.scope().is_some() { clock } else { Clock::Meta };
        let before = question.ask(&standing);
        let after = question.ask(&with(&standing, &event(NEW, restriction, clock, when)));
        prop_assert!(before.allows() || !after.allows());
    }

    #[test]
    fn what_is_inherited_never_opens_a_door(
        one in standing(100), other in standing(500), question in question(),
    ) {
        let mut heir = one.clone();
        heir.merge(&other, Carry::Refusals);
        prop_assert!(question.ask(&one).allows() || !question.ask(&heir).allows());
        let mut fresh = Standing::default();
        fresh.merge(&other, Carry::Refusals);
        prop_assert!(question.ask(&other).allows() || !question.ask(&fresh).allows());
    }

    #[test]
    fn strict_mode_allows_nothing_that_the_default_denies(
        standing in standing(100), mut question in question(),
    ) {
        question.policy.reach = Reach::ItsScope;
        let before = question.ask(&standing);
        question.policy.reach = Reach::Everything;
        prop_assert!(before.allows() || !question.ask(&standing).allows());
    }

    #[test]
    fn a_yes_rests_on_an_opt_in_wherever_policy_asks_for_one(
        standing in standing(100), question in question(),
    ) {
        let Verdict::Allow(clearance) = question.ask(&standing) else { return Ok(()) };
        let needed = question.policy.opt_in_needed.contains(&question.request.category);
        let rests_on = clearance.basis().event();
        prop_assert!(!needed || question.request.category == Category::Service || rests_on.is_some());
        if let Some(id) = rests_on {
            let given = standing.registers.iter().any(|(scope, register)| {
                question.request.is_granted_by(scope)
                    && register.opt_in.each().any(|(_, mark)| mark.event == id)
            });
            prop_assert!(given);
        }
    }

    #[test]
    fn every_no_says_which_events_it_rests_on(standing in standing(100), question in question()) {
        let Verdict::Deny(denial) = question.ask(&standing) else { return Ok(()) };
        let rests = match denial.code {
            Code::Held | Code::Blocked | Code::IdentityChanged | Code::OptedOutAll
            | Code::OptedOutCategory | Code::OptedOutTopic | Code::PlatformOptOut
            | Code::ConsentPending | Code::ConsentExpired | Code::PlatformBackoff => true,
            Code::IdentityConflict | Code::InvalidRecipient | Code::NoConsent
            | Code::TemplateUnavailable | Code::WindowClosed | Code::FrequencyCapped
            | Code::QuietHours
            | Code::TopicRetired => false,
        };
        prop_assert_eq!(rests, !denial.because.is_empty());
        prop_assert!(denial.until.is_none_or(|until| until > question.now));
    }

    #[test]
    fn a_permit_lapses_after_a_tenth_of_a_second(waited in 0..400_u64) {
        let question = Question {
            request: Request::about(Category::Utility),
            policy: consent::policy::Policy::default(),
            now: at(0),
            sent: Vec::new(),
            minute_there: None,
            country: None,
        };
        let Verdict::Allow(clearance) = question.ask(&Standing::default()) else { panic!("refused") };
        let reserved = Instant::now();
        let attempt = AttemptId::new(Uuid::from_u128(5));
        let permit = clearance.permit(attempt, number(1), reserved);
        prop_assert_eq!(PERMIT_LIFE, Duration::from_millis(100));
        prop_assert_eq!(permit.is_live(reserved + Duration::from_millis(waited)), waited < 100);
        prop_assert_eq!((permit.attempt(), permit.number()), (attempt, &number(1)));
    }
}

#[test]
fn a_retract_that_comes_before_what_it_names_still_undoes_it() {
    let mut stop = event(1, Fact::OptOut(Scope::MARKETING), Clock::Meta, 1);
    stop.evidence.source = "wording".to_owned();
    let retract = event(
        2,
        Fact::Retract(EventId::new(Uuid::from_u128(1))),
        Clock::Ours,
        2,
    );
    let mut standing = Standing::default();
    standing.apply(&retract);
    standing.apply(&stop);
    assert_eq!(standing, Standing::fold([&stop, &retract].into_iter()));
    assert!(standing.registers.is_empty());
}

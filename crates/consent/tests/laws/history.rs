//! Random lives: histories, policies and questions, drawn from few enough values that they collide.

use std::collections::BTreeSet;

use consent::{
    event::{Clock, Event, Evidence, Fact},
    expiry::Expiry,
    id::{ContactId, EventId, NumberId, TopicId},
    phone::Country,
    policy::{Cap, Leave, PlatformReach, Policy, QuietHours, Reach, WindowRule},
    register::{Heard, Standing},
    request::{Address, Facts, Request, Sent, Template},
    scope::{Category, Channel, Scope, Subject, Topic},
    time::Timestamp,
    verdict::{self, Verdict},
};
use proptest::{collection::vec, prelude::*, sample::select};
use uuid::Uuid;

/// The last second in which a random event happens.
pub const LAST: i64 = 30;

/// No file of past failures: a law that was broken once becomes a story.
pub fn quietly() -> ProptestConfig {
    ProptestConfig {
        cases: 1_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

pub fn number(which: u8) -> NumberId {
    format!("10990000000000{which}").parse().unwrap()
}

pub const OFFERS: Topic = Topic {
    id: TopicId::new(Uuid::from_u128(1)),
    category: Category::Marketing,
};
pub const ORDERS: Topic = Topic {
    id: TopicId::new(Uuid::from_u128(2)),
    category: Category::Utility,
};

pub fn subjects() -> Vec<Subject> {
    let categories = Category::ALL.map(Subject::Category);
    let rest = [Subject::All, Subject::Topic(OFFERS), Subject::Topic(ORDERS)];
    categories.into_iter().chain(rest).collect()
}

pub fn scope() -> impl Strategy<Value = Scope> {
    let channel = prop_oneof![
        3 => Just(None),
        1 => Just(Some(Channel::Whatsapp)),
        1 => Just(Some(Channel::Sms))
    ];
    let sender = prop_oneof![3 => Just(None), 1 => Just(Some(number(1)))];
    (select(subjects()), channel, sender).prop_map(|(subject, channel, number)| Scope {
        subject,
        channel,
        number,
    })
}

/// A fact and the clock that dates it. Retracts and releases name an event of the same history by its place.
fn fact(first: u128, len: u128) -> impl Strategy<Value = (Fact, Clock)> {
    let id = (0..len).prop_map(move |place| EventId::new(Uuid::from_u128(first + place)));
    let clock = || select(Clock::ALL.to_vec());
    let trusted = select(vec![Clock::Meta, Clock::Ours]);
    let sender = || select(vec![number(1), number(2)]);
    prop_oneof![
        4 => (scope(), clock()).prop_map(|(scope, clock)| (Fact::OptIn(scope), clock)),
        4 => (scope(), clock()).prop_map(|(scope, clock)| (Fact::OptOut(scope), clock)),
        1 => (scope(), clock()).prop_map(|(scope, clock)| (Fact::OptInRequested(scope), clock)),
        1 => sender().prop_map(|number| (Fact::PlatformStop(number), Clock::Meta)),
        1 => sender().prop_map(|number| (Fact::PlatformResume(number), Clock::Meta)),
        1 => Just((Fact::PlatformBackoff, Clock::Meta)),
        1 => Just((Fact::Blocked, Clock::Meta)),
        1 => trusted.prop_map(|clock| (Fact::IdentityChanged, clock)),
        1 => (scope(), proptest::option::of(0..2 * LAST))
            .prop_map(|(scope, until)| (Fact::Hold(scope, until.map(at)), Clock::Ours)),
        1 => id.clone().prop_map(|hold| (Fact::Release(hold), Clock::Ours)),
        2 => id.prop_map(|event| (Fact::Retract(event), Clock::Ours)),
    ]
}

pub fn event(id: u128, fact: Fact, clock: Clock, seconds: i64) -> Event {
    Event {
        id: EventId::new(Uuid::from_u128(id)),
        contact: ContactId::new(Uuid::from_u128(7)),
        fact,
        clock,
        at: at(seconds),
        received: at(seconds),
        evidence: Evidence {
            source: "keyword".to_owned(),
            ..Evidence::default()
        },
    }
}

/// A history of at most `len` events with ids from `first`; about half of its refusals may be retracted.
pub fn history(first: u128, len: u128) -> impl Strategy<Value = Vec<Event>> {
    let source = select(vec!["keyword", "staff", "wording", "platform"]);
    let one = (fact(first, len), 0..LAST, source);
    vec(one, 0..=usize::try_from(len).unwrap()).prop_map(move |drawn| {
        let numbered = (first..).zip(drawn);
        numbered
            .map(|(id, ((fact, clock), seconds, source))| {
                let mut event = event(id, fact, clock, seconds);
                event.evidence.source = source.to_owned();
                event
            })
            .collect()
    })
}

pub fn heard() -> impl Strategy<Value = Vec<(NumberId, Heard)>> {
    let time = || proptest::option::of((0..LAST).prop_map(at));
    let one = (time(), time(), time(), time()).prop_map(|(last, benign, from_ad, answered_ad)| {
        let last = last.max(benign).max(from_ad);
        Heard {
            last,
            benign,
            from_ad,
            answered_ad,
        }
    });
    vec((select(vec![number(1), number(2)]), one), 0..3)
}

/// A folded life.
pub fn standing(first: u128) -> impl Strategy<Value = Standing> {
    (history(first, 12), heard()).prop_map(|(events, heard)| {
        let mut standing = Standing::fold(events.iter());
        for (number, news) in &heard {
            standing.hear(number, news);
        }
        standing
    })
}

pub fn country() -> impl Strategy<Value = Option<Country>> {
    select(vec!["", "DE", "FR"]).prop_map(|code| code.parse().ok())
}

fn expiry() -> impl Strategy<Value = Expiry> {
    let source = proptest::option::of(select(vec!["keyword", "staff", "wording"]));
    (source, country(), 1..4_u32).prop_map(|(source, country, days)| Expiry {
        source: source.map(str::to_owned),
        country,
        days,
    })
}

pub fn policy() -> impl Strategy<Value = Policy> {
    let leave = || select(vec![Leave::Given, Leave::Denied]);
    let needed = proptest::collection::btree_set(select(Category::ALL.to_vec()), 0..4);
    let wide = (
        select(vec![Reach::ItsScope, Reach::Everything]),
        select(vec![PlatformReach::EveryNumber, PlatformReach::ThatNumber]),
        select(vec![WindowRule::Enforce, WindowRule::LeaveToMeta]),
        leave(),
        leave(),
    );
    let capped = select(vec![None, Some(OFFERS.id)]);
    let narrow = (
        prop_oneof![Just(BTreeSet::from([Category::Marketing])), needed],
        proptest::option::of(1..3_u32),
        select(vec![0_i64, 5_000]),
        proptest::option::of((0..1440_u16, 0..1440_u16)),
        proptest::option::of((0..3_u32, 1..3_u32, capped)),
        vec(expiry(), 0..3),
    );
    (wide, narrow).prop_map(
        |(wide, (needed, days, skew_ms, quiet, cap, expiry))| Policy {
            reach: wide.0,
            platform_stop_covers: wide.1,
            window: wide.2,
            authentication_after_all: wide.3,
            groups: wide.4,
            opt_in_needed: needed,
            opt_in_days: days,
            expiry,
            skew_ms,
            quiet_hours: quiet.map(|(from, to)| QuietHours { from, to }),
            caps: cap
                .map(|(max, days, topic)| Cap {
                    category: Category::Marketing,
                    topic,
                    max,
                    days,
                })
                .into_iter()
                .collect(),
            ..Policy::default()
        },
    )
}

pub fn request_of(categories: Vec<Category>) -> impl Strategy<Value = Request> {
    let topic = select(vec![None, Some(OFFERS), Some(ORDERS)]);
    let channel = prop_oneof![4 => Just(Channel::Whatsapp), 1 => Just(Channel::Sms)];
    let sender = select(vec![None, Some(number(1)), Some(number(2))]);
    let address = prop_oneof![8 => Just(Address::Person), 1 => Just(Address::Group)];
    (select(categories), topic, channel, sender, address).prop_map(
        |(category, topic, channel, number, address)| Request {
            address,
            category,
            topic,
            channel,
            number,
            template: Template::Usable,
            confirms: Vec::new(),
        },
    )
}

pub fn request() -> impl Strategy<Value = Request> {
    request_of(Category::ALL.to_vec())
}

pub fn marketing() -> impl Strategy<Value = Request> {
    request_of(vec![Category::Marketing])
}

/// What is asked, under which policy, and when.
#[derive(Debug, Clone)]
pub struct Question {
    pub request: Request,
    pub policy: Policy,
    pub now: Timestamp,
    pub sent: Vec<Sent>,
    pub minute_there: Option<u16>,
    pub country: Option<Country>,
}

impl Question {
    pub fn ask(&self, standing: &Standing) -> Verdict {
        let facts = Facts {
            standing,
            sent: &self.sent,
            minute_there: self.minute_there,
            country: self.country,
        };
        verdict::decide(&self.request, facts, &self.policy, self.now)
    }
}

pub fn question_about(request: impl Strategy<Value = Request>) -> impl Strategy<Value = Question> {
    let about = select(vec![None, Some(OFFERS.id), Some(ORDERS.id)]);
    let sent = (
        select(Category::ALL.to_vec()),
        about,
        (0..LAST).prop_map(at),
    )
        .prop_map(|(category, topic, at)| Sent {
            category,
            topic,
            at,
        });
    let now = prop_oneof![3 => LAST..3 * LAST, 1 => LAST..200 * 86_400_i64];
    let minute = proptest::option::of(0..1440_u16);
    let beside = (minute, country());
    (request, policy(), now, vec(sent, 0..2), beside).prop_map(
        |(request, policy, now, sent, (minute_there, country))| Question {
            request,
            policy,
            now: at(now),
            sent,
            minute_there,
            country,
        },
    )
}

pub fn question() -> impl Strategy<Value = Question> {
    question_about(request())
}

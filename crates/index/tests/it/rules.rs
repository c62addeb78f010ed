//! What a state answers is what the rules say, at any later time: for people, policies and questions by chance.

use consent::{
    event::{Clock, Event, Evidence, Fact},
    expiry::Expiry,
    id::{ContactId, EventId, NumberId, TopicId},
    phone::Country,
    policy::{
        Cap, Leave, PlatformReach, Policy, QuietHours, Reach, TopicDefault, TopicRule, WindowRule,
    },
    register::{Heard, Standing},
    request::{Facts, Request, Sent, Template},
    scope::{Category, Channel, Scope, Subject, Topic},
    time::{DAY_MS, Timestamp},
    verdict,
};
use index::{
    answer::{self, ASK},
    plan::Plan,
    state::{self, State},
};
use uuid::Uuid;

use crate::chance::Chance;

/// When the states are made.
const NOW: Timestamp = Timestamp::from_seconds(1_795_000_000);

/// Questions, unless the environment asks for more.
const CASES: u64 = 2_000_000;

/// Of each person so many questions are asked.
const QUESTIONS: u64 = 100;

#[allow(
    clippy::disallowed_methods,
    reason = "a test has no settings: how long it runs is the caller's to say"
)]
fn cases() -> u64 {
    let asked = std::env::var("CONSENTRY_INDEX_CASES").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(CASES)
}

#[test]
fn the_index_says_what_the_rules_say_or_nothing() {
    let mut chance = Chance::new(20_261_122);
    let (mut asked, mut answered) = (0_u64, 0_u64);
    while asked < cases() {
        let policy = policy(&mut chance);
        for _ in 0..20 {
            let standing = person(&mut chance);
            let state = State::of(&standing, &policy, NOW);
            for _ in 0..QUESTIONS {
                asked += 1;
                answered += u64::from(compare(&mut chance, &standing, &policy, state));
            }
        }
    }
    // It must be worth its memory, even with people and policies made to be hard: topics with rules of their own, holds
    // that end, and opt-ins that expire are left to the store.
    assert!(answered * 5 > asked * 2, "{answered} of {asked} answered");
}

/// Asks both the same. Gives whether the index answered.
fn compare(chance: &mut Chance, standing: &Standing, policy: &Policy, state: State) -> bool {
    let request = request(chance);
    let later = NOW.plus_millis(match chance.below(4) {
        0 => 0,
        1 => i64::try_from(chance.below(1_000)).unwrap(),
        2 => i64::try_from(chance.below(4 * DAY_MS.unsigned_abs())).unwrap(),
        _ => i64::try_from(chance.below(900 * DAY_MS.unsigned_abs())).unwrap(),
    });
    let minute = policy
        .quiet_hours
        .map(|_| u16::try_from(chance.below(1440)).unwrap());
    let sent: Vec<Sent> = (0..chance.below(4))
        .map(|_| {
            let ago = i64::try_from(chance.below(3 * DAY_MS.unsigned_abs())).unwrap();
            Sent {
                category: chance.of(&Category::ALL),
                topic: chance.one_in(2).then(|| topic(chance).id),
                at: later.plus_millis(-ago),
            }
        })
        .collect();
    let facts = Facts {
        standing,
        sent: &sent,
        minute_there: minute,
        country: country(chance),
    };
    let known = *standing != Standing::default() || chance.one_in(2);
    let facts = Facts {
        sent: if known { &sent } else { &[] },
        ..facts
    };
    let wanted = verdict::decide(&request, facts, policy, later);
    let stranger = state::stranger(&request, policy, later, minute);
    let plan = Plan::of(&request, stranger);
    let said = plan.answer(if known { state } else { State::MISSING });
    if said == ASK {
        return false;
    }
    assert_eq!(
        said,
        answer::of_code(wanted.code()),
        "{request:?} at {later:?} of {standing:#?} under {policy:#?}"
    );
    true
}

fn request(chance: &mut Chance) -> Request {
    let category = chance.of(&Category::ALL);
    let topic = chance.one_in(3).then(|| {
        let topic = topic(chance);
        if chance.one_in(4) {
            topic
        } else {
            Topic { category, ..topic }
        }
    });
    Request {
        topic: topic.map(|topic| by_id(topic.id).unwrap_or(topic)),
        number: chance.one_in(3).then(|| number(chance)),
        channel: if chance.one_in(12) {
            chance.of(&Channel::ALL)
        } else {
            Channel::Whatsapp
        },
        template: match chance.below(12) {
            0 => Template::Unavailable,
            1 => Template::Usable,
            _ => Template::None,
        },
        ..Request::about(category)
    }
}

/// The topics of the business: each belongs to one category for good.
fn topics() -> Vec<Topic> {
    (1..=8_u8)
        .zip(Category::ALL.into_iter().cycle())
        .map(|(n, category)| Topic {
            id: TopicId::new(Uuid::from_u128(u128::from(n))),
            category,
        })
        .collect()
}

fn by_id(id: TopicId) -> Option<Topic> {
    topics().into_iter().find(|topic| topic.id == id)
}

fn topic(chance: &mut Chance) -> Topic {
    chance.of(&topics())
}

fn number(chance: &mut Chance) -> NumberId {
    let text = chance.of(&[
        "109900000000001",
        "109900000000002",
        "0",
        "1099000000000020",
    ]);
    text.parse().unwrap()
}

fn policy(chance: &mut Chance) -> Policy {
    let mut policy = Policy::default();
    if chance.one_in(4) {
        policy.reach = Reach::Everything;
    }
    if chance.one_in(4) {
        policy.opt_in_needed = Category::ALL
            .into_iter()
            .filter(|_| chance.one_in(2))
            .collect();
    }
    policy.opt_in_days = chance
        .one_in(4)
        .then(|| u32::try_from(1 + chance.below(400)).unwrap());
    if chance.one_in(4) {
        policy.expiry = expiry(chance);
    }
    if chance.one_in(3) {
        policy.platform_stop_covers = PlatformReach::ThatNumber;
    }
    if chance.one_in(3) {
        policy.authentication_after_all = Leave::Given;
    }
    if chance.one_in(3) {
        policy.window = WindowRule::LeaveToMeta;
    }
    if chance.one_in(5) {
        policy.caps = vec![Cap {
            category: chance.of(&Category::ALL),
            topic: chance.one_in(2).then(|| topic(&mut *chance).id),
            max: u32::try_from(chance.below(3)).unwrap(),
            days: u32::try_from(1 + chance.below(3)).unwrap(),
        }];
    }
    if chance.one_in(5) {
        policy.quiet_hours = Some(QuietHours {
            from: u16::try_from(chance.below(1440)).unwrap(),
            to: u16::try_from(chance.below(1440)).unwrap(),
        });
    }
    if chance.one_in(3) {
        for topic in topics() {
            let default = chance.of(&[
                TopicDefault::AsCategory,
                TopicDefault::OptIn,
                TopicDefault::OptOut,
            ]);
            let retired = chance.one_in(4).then_some(NOW);
            if chance.one_in(2) {
                let rule = TopicRule { default, retired };
                policy.topics.insert(topic.id, rule);
            }
        }
    }
    policy
}

/// A few rules; now and then one for more countries than anybody is asked about.
fn expiry(chance: &mut Chance) -> Vec<Expiry> {
    let rule = |chance: &mut Chance| Expiry {
        source: chance.one_in(2).then(|| source(chance)),
        country: country(chance),
        days: u32::try_from(1 + chance.below(400)).unwrap(),
    };
    let mut rules: Vec<Expiry> = (0..1 + chance.below(4)).map(|_| rule(chance)).collect();
    if chance.one_in(8) {
        let many = [
            "AT", "BE", "CH", "DK", "EE", "FI", "GB", "HR", "IE", "JP", "KE", "LT", "MX", "NL",
            "PL", "RO", "SE",
        ];
        rules.extend(many.map(|code| Expiry {
            country: code.parse().ok(),
            ..rule(chance)
        }));
    }
    rules
}

fn country(chance: &mut Chance) -> Option<Country> {
    let code = chance.of(&["", "DE", "FR", "BR", "SE"]);
    code.parse().ok()
}

fn source(chance: &mut Chance) -> String {
    chance.of(&["web_form", "import", "keyword"]).to_owned()
}

fn person(chance: &mut Chance) -> Standing {
    let events: Vec<Event> = (0..chance.below(6)).map(|n| event(chance, n)).collect();
    let mut standing = Standing::fold(events.iter());
    if chance.one_in(8) {
        // As it was kept before sources were.
        standing.sources.clear();
    }
    for _ in 0..chance.below(3) {
        let number = number(chance);
        let last = before(chance);
        standing.hear(
            &number,
            &Heard {
                last: Some(last),
                benign: chance.one_in(2).then_some(last),
                from_ad: chance.one_in(4).then_some(last),
                answered_ad: chance.one_in(4).then_some(last),
            },
        );
    }
    standing
}

fn event(chance: &mut Chance, n: u64) -> Event {
    let fact = match chance.below(12) {
        0..4 => Fact::OptIn(scope(chance)),
        4..7 => Fact::OptOut(scope(chance)),
        7 => Fact::OptInRequested(scope(chance)),
        8 => chance.of(&[Fact::PlatformBackoff, Fact::Blocked, Fact::IdentityChanged]),
        9 => Fact::PlatformStop(number(chance)),
        10 => Fact::PlatformResume(number(chance)),
        _ => {
            let ahead = i64::try_from(chance.below(5 * DAY_MS.unsigned_abs())).unwrap();
            let until = NOW.plus_millis(ahead - 2 * DAY_MS);
            Fact::Hold(scope(chance), chance.one_in(2).then_some(until))
        }
    };
    let at = before(chance);
    Event {
        id: EventId::new(Uuid::from_u128(u128::from(n) + 1)),
        contact: ContactId::HOUSE,
        fact,
        clock: chance.of(&Clock::ALL),
        at,
        received: at,
        evidence: Evidence {
            source: source(chance),
            ..Evidence::default()
        },
    }
}

fn scope(chance: &mut Chance) -> Scope {
    let subject = match chance.below(6) {
        0 => Subject::All,
        1 => Subject::Topic(topic(chance)),
        2 | 3 => Subject::Category(Category::Marketing),
        _ => Subject::Category(chance.of(&Category::ALL)),
    };
    Scope {
        subject,
        channel: chance.one_in(6).then(|| chance.of(&Channel::ALL)),
        number: chance.one_in(6).then(|| number(chance)),
    }
}

/// A moment ago, hours ago, or months; and now and then a little ahead.
fn before(chance: &mut Chance) -> Timestamp {
    let ago = match chance.below(8) {
        0 => -i64::try_from(chance.below(600_000)).unwrap(),
        1 | 2 => i64::try_from(chance.below(10_000)).unwrap(),
        3..6 => i64::try_from(chance.below(4 * DAY_MS.unsigned_abs())).unwrap(),
        _ => i64::try_from(chance.below(400 * DAY_MS.unsigned_abs())).unwrap(),
    };
    NOW.plus_millis(-ago)
}

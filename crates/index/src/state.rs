//! What is kept of a person: for each category the verdict that holds whatever happens but a new event or policy.

use std::collections::BTreeSet;

use consent::{
    id::{NumberId, TopicId},
    phone::Country,
    policy::Policy,
    reason::Code,
    register::Standing,
    request::{Facts, Request},
    scope::{Category, Subject, Topic},
    time::{MINUTE_MS, Timestamp},
    verdict,
};

use crate::answer::{self, ALLOW, ASK};

/// Changes whenever the meaning of the bits does: a snapshot of another encoding is not read.
pub const ENCODING: u32 = 1;

/// How far a clock may be set back without an answer becoming wrong.
const CLOCK_SLACK_MS: i64 = 10 * MINUTE_MS;

/// With rules for more countries than this, whoever agreed to something is left to the store: asking about each for
/// everybody would take too long.
const COUNTRIES_MAX: usize = 16;

/// 14 bits: four each for marketing, utility and authentication, two for service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State(u16); // INVARIANT: below 2^14.

impl State {
    /// Nothing is known for certain: the store is asked about every category.
    pub const ASK: Self = Self(0);
    /// Nobody: what a look-up gives for somebody unknown.
    pub const MISSING: Self = Self(0x3fff);

    /// The state of a person at a time. It holds from then on, until an event or the policy changes it.
    #[must_use]
    pub fn of(standing: &Standing, policy: &Policy, now: Timestamp) -> Self {
        let judge = Judge::new(standing, policy, now);
        let bits = Category::ALL.into_iter().map(|category| {
            let (shift, _) = Self::place(category);
            judge.word(category).bits(category) << shift
        });
        Self(bits.fold(0, |all, bits| all | bits))
    }

    /// The bits.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// From the lowest 14 bits of a word.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "14 bits are left of it")]
    pub const fn from_bits(word: u64) -> Self {
        Self((word & 0x3fff) as u16)
    }

    /// Where the bits of a category lie: how far up, and how many.
    #[must_use]
    pub const fn place(category: Category) -> (u32, u16) {
        match category {
            Category::Marketing => (0, 0xf),
            Category::Utility => (4, 0xf),
            Category::Authentication => (8, 0xf),
            Category::Service => (12, 0x3),
        }
    }
}

/// What is said of one category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    /// Ask the store.
    Ask,
    /// This verdict, for every topic of the category too.
    For(Option<Code>),
    /// This verdict for messages without a topic; about a topic, ask the store.
    WithoutTopic(Option<Code>),
}

/// The words, each at the place that its bits say. The last place means that nobody is there.
const WORDS: [Word; 15] = [
    Word::Ask,
    Word::For(None),
    Word::For(Some(Code::Held)),
    Word::For(Some(Code::Blocked)),
    Word::For(Some(Code::IdentityChanged)),
    Word::For(Some(Code::OptedOutAll)),
    Word::For(Some(Code::OptedOutCategory)),
    Word::For(Some(Code::PlatformOptOut)),
    Word::For(Some(Code::NoConsent)),
    Word::For(Some(Code::ConsentPending)),
    Word::For(Some(Code::ConsentExpired)),
    Word::WithoutTopic(None),
    Word::WithoutTopic(Some(Code::OptedOutAll)),
    Word::WithoutTopic(Some(Code::OptedOutCategory)),
    Word::WithoutTopic(Some(Code::NoConsent)),
];

/// The same for service, which has two bits.
const SERVICE_WORDS: [Word; 3] = [
    Word::Ask,
    Word::For(None),
    Word::For(Some(Code::WindowClosed)),
];

impl Word {
    fn all(category: Category) -> &'static [Self] {
        match category {
            Category::Marketing | Category::Utility | Category::Authentication => &WORDS,
            Category::Service => &SERVICE_WORDS,
        }
    }

    /// The word at a place.
    pub(crate) fn read(category: Category, place: usize) -> Option<Self> {
        Self::all(category).get(place).copied()
    }

    /// Its bits; those of [`Word::Ask`] for what there is no word for.
    fn bits(self, category: Category) -> u16 {
        let place = Self::all(category).iter().position(|word| *word == self);
        place.map_or(0, |place| u16::try_from(place).unwrap_or(0))
    }

    /// What it answers.
    pub(crate) fn answer(self, about_a_topic: bool) -> u8 {
        match self {
            Self::Ask => ASK,
            Self::WithoutTopic(_) if about_a_topic => ASK,
            Self::For(verdict) | Self::WithoutTopic(verdict) => answer::of_code(verdict),
        }
    }
}

/// Asks the rules about one person, for every number and topic that could make a difference, now and for ever.
struct Judge<'a> {
    standing: &'a Standing,
    policy: &'a Policy,
    now: Timestamp,
    /// Each number that the standing names, and one that it does not; empty when it names none.
    numbers: Vec<NumberId>,
    topics: Vec<Topic>,
    /// The countries that the person may be in, as far as a verdict depends on it: nobody says which it is. None where
    /// there are too many to ask about each.
    countries: Option<Vec<Option<Country>>>,
}

impl<'a> Judge<'a> {
    fn new(standing: &'a Standing, policy: &'a Policy, now: Timestamp) -> Self {
        let holds = standing.holds.values().map(|hold| &hold.scope);
        let scopes = || standing.registers.keys().chain(holds.clone());
        let topics: BTreeSet<Topic> = scopes()
            .filter_map(|scope| match scope.subject {
                Subject::Topic(topic) => Some(topic),
                Subject::All | Subject::Category(_) => None,
            })
            .collect();
        let numbers: BTreeSet<&NumberId> = scopes()
            .filter_map(|scope| scope.number.as_ref())
            .chain(standing.platform.keys())
            .chain(standing.heard.keys())
            .collect();
        let mut numbers: Vec<NumberId> = numbers.into_iter().cloned().collect();
        numbers.extend(another(&numbers));
        Self {
            standing,
            policy,
            now,
            numbers,
            topics: topics.into_iter().collect(),
            countries: countries(standing, policy),
        }
    }

    fn word(&self, category: Category) -> Word {
        let general = Request::about(category);
        let Some(code) = self.steady(&general) else {
            return Word::Ask;
        };
        let capped = self.policy.caps.iter().any(|cap| cap.category == category);
        let sleeps = category == Category::Marketing && self.policy.quiet_hours.is_some();
        if code.is_none() && (capped || sleeps) {
            return Word::Ask;
        }
        let mut topics = self
            .topics
            .iter()
            .filter(|topic| topic.category == category)
            .copied()
            .collect::<Vec<_>>();
        topics.extend(another_topic(&topics, category));
        // The policy names topics that have rules of their own. One of another category does no harm here.
        let ruled = self.policy.topics.keys();
        topics.extend(ruled.map(|id| Topic { id: *id, category }));
        let of_topics = topics.into_iter().all(|topic| {
            let request = Request {
                topic: Some(topic),
                ..general.clone()
            };
            self.steady(&request) == Some(code)
        });
        let word = if of_topics {
            Word::For(code)
        } else {
            Word::WithoutTopic(code)
        };
        if Word::all(category).contains(&word) {
            word
        } else {
            Word::Ask
        }
    }

    /// The verdict about a request that names no number, where it is the same for every number and at any time.
    #[allow(
        clippy::option_option,
        reason = "no steady verdict, or one without a code"
    )]
    fn steady(&self, request: &Request) -> Option<Option<Code>> {
        let code = self.lasting(request)?;
        let same = self.numbers.iter().all(|number| {
            let request = Request {
                number: Some(number.clone()),
                ..request.clone()
            };
            self.lasting(&request) == Some(code)
        });
        same.then_some(code)
    }

    /// The verdict, where time cannot change it. Everything in the rules that depends on time either ends once or
    /// begins once; what denies for a while comes before what allows for a while in no way that the same code
    /// could be given at both ends and another one between them.
    #[allow(
        clippy::option_option,
        reason = "no lasting verdict, or one without a code"
    )]
    fn lasting(&self, request: &Request) -> Option<Option<Code>> {
        let at = |now, country: &Option<Country>| {
            let facts = Facts {
                standing: self.standing,
                sent: &[],
                minute_there: None,
                country: *country,
            };
            verdict::decide(request, facts, self.policy, now).code()
        };
        let soon = self.now.plus_millis(-CLOCK_SLACK_MS);
        let countries = self.countries.as_ref()?;
        let first = at(soon, countries.first()?);
        let same = |country| {
            at(soon, country) == first && at(Timestamp::from_millis(i64::MAX), country) == first
        };
        countries.iter().all(same).then_some(first)
    }
}

/// None, and each country that a rule names: another one is like none. Who never agreed to anything is the same in all.
fn countries(standing: &Standing, policy: &Policy) -> Option<Vec<Option<Country>>> {
    let mut found = vec![None];
    let mut registers = standing.registers.values();
    if registers.all(|register| register.opt_in.is_empty()) {
        return Some(found);
    }
    for rule in &policy.expiry {
        if !found.contains(&rule.country) {
            found.push(rule.country);
        }
    }
    (found.len() <= COUNTRIES_MAX).then_some(found)
}

/// A number that is none of these; none where these are none.
fn another(numbers: &[NumberId]) -> Option<NumberId> {
    let last = numbers.last()?;
    let longer = format!("{last}0");
    let zeros = |length| "0".repeat(length);
    let mut candidates = std::iter::once(longer).chain((1..=32).map(zeros));
    candidates.find_map(|text| {
        let number: NumberId = text.parse().ok()?;
        (!numbers.contains(&number)).then_some(number)
    })
}

/// A topic of the category that is none of these; none where these are none.
fn another_topic(topics: &[Topic], category: Category) -> Option<Topic> {
    let last = topics.iter().map(|topic| topic.id).max()?;
    let next = uuid_after(last);
    Some(Topic { id: next, category })
}

fn uuid_after(id: TopicId) -> TopicId {
    TopicId::new(uuid::Uuid::from_u128(id.get().as_u128().wrapping_add(1)))
}

/// The answer for somebody whom nobody knows, as things stand now.
#[must_use]
pub fn stranger(request: &Request, policy: &Policy, now: Timestamp, minute: Option<u16>) -> u8 {
    let facts = Facts {
        standing: &Standing::default(),
        sent: &[],
        minute_there: minute,
        country: None,
    };
    let code = verdict::decide(request, facts, policy, now).code();
    code.map_or(ALLOW, answer::deny)
}

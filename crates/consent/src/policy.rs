//! The business's versioned rules: what the sources disagree on, settled. The defaults are DESIGN section 3's.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    alias::Alias,
    expiry::{self, Expiry},
    id::TopicId,
    phone::Country,
    scope::{Category, Channel, Subject},
    time::{DAY_MS, Timestamp},
    wording::keywords::Keywords,
};

/// One version of the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Counts up from 1 with each change.
    pub version: u64,
    /// The words, and whether they act by themselves.
    pub keywords: Keywords,
    /// What the master switch does with a stop word.
    pub stop_words: StopWords,
    /// What a plain STOP covers.
    pub stop_covers: Subject,
    /// How far any opt-out reaches.
    pub reach: Reach,
    /// The categories that need an opt-in.
    pub opt_in_needed: BTreeSet<Category>,
    /// What START from somebody who never refused means.
    pub start_from_stranger: Start,
    /// Who has to say yes a second time.
    pub double_opt_in: DoubleOptIn,
    /// What a message that an advertisement led to means.
    pub ads: Ads,
    /// Which channels a refusal covers that was heard on one.
    pub refusal_spreads: Spread,
    /// What differs for single topics; those that are not named here follow their category.
    pub topics: BTreeMap<TopicId, TopicRule>,
    /// How long an opt-in lasts, in days, where `expiry` says nothing else; none means for good.
    pub opt_in_days: Option<u32>,
    /// How long opt-ins of some sources and countries last: the most specific rule decides.
    pub expiry: Vec<Expiry>,
    /// Whether opt-ins move with the person to a new number or id.
    pub permission_follows: Follow,
    /// Which numbers a platform stop covers.
    pub platform_stop_covers: PlatformReach,
    /// Whether one-time codes still go after an opt-out of everything.
    pub authentication_after_all: Leave,
    /// Who watches over the customer service window.
    pub window: WindowRule,
    /// Whether messages to groups, whose members cannot be checked, may go.
    pub groups: Leave,
    /// How often a person may be written to.
    pub caps: Vec<Cap>,
    /// When marketing sleeps.
    pub quiet_hours: Option<QuietHours>,
    /// The time zone to assume for people, by its IANA name; none means UTC.
    pub zone: Option<String>,
    /// How long marketing waits after a 131049, in milliseconds.
    pub backoff_ms: i64,
    /// The margin between two clocks, in milliseconds.
    pub skew_ms: i64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            version: 1,
            keywords: Keywords::default(),
            stop_words: StopWords::Act,
            stop_covers: Subject::Category(Category::Marketing),
            reach: Reach::ItsScope,
            opt_in_needed: BTreeSet::from([Category::Marketing]),
            start_from_stranger: Start::IsARequest,
            double_opt_in: DoubleOptIn::Always,
            ads: Ads::Recorded,
            refusal_spreads: Spread::EveryChannel,
            topics: BTreeMap::new(),
            opt_in_days: None,
            expiry: Vec::new(),
            permission_follows: Follow::Never,
            platform_stop_covers: PlatformReach::EveryNumber,
            authentication_after_all: Leave::Denied,
            window: WindowRule::Enforce,
            groups: Leave::Denied,
            caps: Vec::new(),
            quiet_hours: None,
            zone: None,
            backoff_ms: DAY_MS,
            skew_ms: 5_000,
        }
    }
}

impl Policy {
    /// How many days an opt-in lasts; none means for good.
    #[must_use]
    pub fn lasts(&self, source: Option<&str>, country: Option<Country>) -> Option<u32> {
        expiry::days(&self.expiry, (source, country), self.opt_in_days)
    }

    /// Whether a verdict depends on the country of the person.
    #[must_use]
    pub fn names_countries(&self) -> bool {
        self.expiry.iter().any(|rule| rule.country.is_some())
    }

    /// The country of a person with these aliases, the oldest first; none where no rule asks.
    #[must_use]
    pub fn country<'a>(&self, aliases: impl Iterator<Item = &'a Alias>) -> Option<Country> {
        if self.names_countries() {
            Alias::country(aliases)
        } else {
            None
        }
    }
}

/// What differs for one topic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TopicRule {
    /// Who has to speak first.
    pub default: TopicDefault,
    /// Since when nothing new is sent on it; none while it is in use.
    pub retired: Option<Timestamp>,
}

/// Who has to speak first about a topic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TopicDefault {
    /// As for its category.
    #[default]
    AsCategory,
    /// The person: nothing goes before they agreed.
    OptIn,
    /// Nobody: it goes until they refuse. Only for messages that Meta, too, counts in the topic's category.
    OptOut,
}

/// The master switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopWords {
    /// A stop word is an opt-out at once.
    Act,
    /// A stop word holds marketing and waits for a person to decide.
    Review,
}

/// How far an opt-out reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// What it says.
    ItsScope,
    /// Strict mode: everything.
    Everything,
}

/// What START means from somebody who never refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// A wish that waits for a second yes.
    IsARequest,
    /// Consent.
    IsConsent,
}

/// Who has to say yes a second time, of those who join through a form, a link or a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DoubleOptIn {
    /// Everybody: a question in the chat shows the whole wording, and its yes counts.
    Always,
    /// Those whose address was typed into a form, since anybody can type anybody's. Whoever sends the code of a link or of a
    /// poster in a message of their own has said yes with it.
    TypedAddresses,
    /// Nobody: the form alone is the yes. For forms behind a login.
    Never,
}

/// What a message that an advertisement led to means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ads {
    /// Nothing: a click is no consent. It is recorded.
    Recorded,
    /// A wish that waits for a second yes.
    IsARequest,
    /// Consent, from somebody who never refused.
    IsConsent,
}

/// Which channels a refusal covers that was heard on one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spread {
    /// Every channel.
    EveryChannel,
    /// The one that it was heard on.
    ItsChannel,
}

impl Spread {
    /// The channel of the scope of a refusal that was heard on `channel`.
    #[must_use]
    pub const fn channel(self, channel: Channel) -> Option<Channel> {
        match self {
            Self::EveryChannel => None,
            Self::ItsChannel => Some(channel),
        }
    }
}

/// Whether permission moves along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    /// It stays behind; refusals always move.
    Never,
    /// It moves when Meta says that it is the same person.
    SamePerson,
}

/// Which numbers a platform stop covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlatformReach {
    /// Every number of the business (facts 7.4 is unsure: the safest reading).
    EveryNumber,
    /// Only the number that the webhook named.
    ThatNumber,
}

/// A leave that is given or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// Not given.
    Denied,
    /// Given.
    Given,
}

/// Who watches over the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowRule {
    /// We refuse outside of it.
    Enforce,
    /// Meta refuses; a fresh install has not seen the inbound messages yet.
    LeaveToMeta,
}

/// At most so many messages of a category, or of one topic of it, in so many days: a day is 1 of them, a week 7, a month 30.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cap {
    /// What is counted.
    pub category: Category,
    /// The topic whose messages alone are counted and held back; none means the whole category.
    pub topic: Option<TopicId>,
    /// How many may go.
    pub max: u32,
    /// In how many days, rolling.
    pub days: u32,
}

impl Cap {
    /// Whether a message of a category and a topic counts, and may be held back.
    #[must_use]
    pub fn is_about(&self, category: Category, topic: Option<TopicId>) -> bool {
        category == self.category && (self.topic.is_none() || self.topic == topic)
    }
}

/// When marketing sleeps, in minutes of the person's day; may span midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    /// The first quiet minute.
    pub from: u16,
    /// The first minute that is not quiet any more.
    pub to: u16,
}

impl QuietHours {
    /// Minutes until the quiet ends, when `minute` of the day lies in it.
    #[must_use]
    pub fn left(self, minute: u16) -> Option<u16> {
        let inside = if self.from <= self.to {
            (self.from..self.to).contains(&minute)
        } else {
            minute >= self.from || minute < self.to
        };
        let to_the_end = i32::from(self.to) - i32::from(minute);
        let left = to_the_end.rem_euclid(i32::from(DAY_MINUTES));
        inside.then(|| u16::try_from(left).unwrap_or(DAY_MINUTES))
    }
}

/// Minutes in a day.
pub const DAY_MINUTES: u16 = 1440;

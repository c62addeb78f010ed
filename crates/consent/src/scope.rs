//! What a message is about and what a wish covers: category, channel, topic, and the scope made of them.

use crate::id::{NumberId, TopicId};

/// Meta's message categories. `Service` is free-form text inside the customer service window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Category {
    /// Offers, news, anything that is not one of the others.
    Marketing,
    /// Order updates, reminders, notices about something the person has.
    Utility,
    /// One-time codes.
    Authentication,
    /// A free-form answer inside the customer service window.
    Service,
}

impl Category {
    /// Every category, widest use first.
    pub const ALL: [Self; 4] = [
        Self::Marketing,
        Self::Utility,
        Self::Authentication,
        Self::Service,
    ];

    /// The word used in JSON, tables and on screens.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Marketing => "marketing",
            Self::Utility => "utility",
            Self::Authentication => "authentication",
            Self::Service => "service",
        }
    }

    /// Reads [`Category::word`], in any case (Meta writes `MARKETING`).
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|category| category.word().eq_ignore_ascii_case(word))
    }
}

/// The way a message travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Channel {
    /// WhatsApp.
    Whatsapp,
    /// Text messages of the telephone network.
    Sms,
    /// E-mail.
    Email,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 3] = [Self::Whatsapp, Self::Sms, Self::Email];

    /// The word used in JSON, tables and on screens.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Whatsapp => "whatsapp",
            Self::Sms => "sms",
            Self::Email => "email",
        }
    }

    /// Reads [`Channel::word`].
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.word() == word)
    }
}

/// A subscription that the business defines, within one category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Topic {
    /// Its id.
    pub id: TopicId,
    /// The category it belongs to, for good.
    pub category: Category,
}

/// How much of what we send a wish is about. A path: all > category > topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// Everything.
    All,
    /// One category.
    Category(Category),
    /// One topic.
    Topic(Topic),
}

impl Subject {
    /// The category it lies in; none of everything.
    #[must_use]
    pub const fn category(self) -> Option<Category> {
        match self {
            Self::All => None,
            Self::Category(category) => Some(category),
            Self::Topic(topic) => Some(topic.category),
        }
    }

    /// Whether a wish about `self` speaks of everything that `other` speaks of.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        match (self, other) {
            (Self::All, _) => true,
            (Self::Category(mine), Self::Category(theirs)) => mine == theirs,
            (Self::Category(mine), Self::Topic(theirs)) => mine == theirs.category,
            (Self::Topic(mine), Self::Topic(theirs)) => mine.id == theirs.id,
            (Self::Category(_) | Self::Topic(_), Self::All)
            | (Self::Topic(_), Self::Category(_)) => false,
        }
    }
}

/// What an opt-in or opt-out covers: a subject, on one channel or on all, for one number or all.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope {
    /// The subject.
    pub subject: Subject,
    /// The channel; none means every channel.
    pub channel: Option<Channel>,
    /// The business number; none means every number.
    pub number: Option<NumberId>,
}

impl Scope {
    /// A subject on every channel and for every number.
    #[must_use]
    pub const fn everywhere(subject: Subject) -> Self {
        Self {
            subject,
            channel: None,
            number: None,
        }
    }

    /// Marketing, everywhere: what a plain STOP means by default.
    pub const MARKETING: Self = Self::everywhere(Subject::Category(Category::Marketing));

    /// Everything, everywhere.
    pub const ALL: Self = Self::everywhere(Subject::All);

    /// Whether `other` lies within this scope.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.subject.covers(other.subject)
            && (self.channel.is_none() || self.channel == other.channel)
            && (self.number.is_none() || self.number == other.number)
    }
}

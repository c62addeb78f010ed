//! What a switch of the page is about, and its name in a form.

use std::fmt;

use consent::scope::{Category, Channel, Scope, Subject, Topic};
use store::house::TopicLine;

/// What a switch is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Everything, by every way.
    All,
    /// A category, also topics that will be made later.
    Category(Category),
    /// One topic.
    Topic(Topic),
    /// Offers by one way.
    Channel(Channel),
}

impl Choice {
    /// What it covers.
    #[must_use]
    pub fn scope(self) -> Scope {
        match self {
            Self::All => Scope::ALL,
            Self::Category(category) => Scope::everywhere(Subject::Category(category)),
            Self::Topic(topic) => Scope::everywhere(Subject::Topic(topic)),
            Self::Channel(channel) => Scope {
                channel: Some(channel),
                ..Scope::MARKETING
            },
        }
    }

    /// The same on one channel only, where one is named.
    #[must_use]
    pub fn scope_on(self, channel: Option<Channel>) -> Scope {
        let scope = self.scope();
        Scope {
            channel: channel.or(scope.channel),
            ..scope
        }
    }

    /// Reads what [`Choice`] prints; none for anything else, and for a topic that there is not.
    #[must_use]
    pub fn read(text: &str, topics: &[TopicLine]) -> Option<Self> {
        if text == "all" {
            return Some(Self::All);
        }
        let (kind, name) = text.split_once(':')?;
        match kind {
            "category" => Category::read(name).map(Self::Category),
            "channel" => Channel::read(name).map(Self::Channel),
            "topic" => {
                let id = name.parse().ok()?;
                let line = topics.iter().find(|line| line.topic.id == id)?;
                Some(Self::Topic(line.topic))
            }
            _ => None,
        }
    }

    /// The wider, the earlier: a refusal of more makes those of less unnecessary.
    #[must_use]
    pub const fn width(self) -> u8 {
        match self {
            Self::All => 0,
            Self::Category(_) => 1,
            Self::Channel(_) => 2,
            Self::Topic(_) => 3,
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Category(category) => write!(f, "category:{}", category.word()),
            Self::Topic(topic) => write!(f, "topic:{}", topic.id),
            Self::Channel(channel) => write!(f, "channel:{}", channel.word()),
        }
    }
}

//! What a failed status says about the person.

use consent::{event::Fact, id::NumberId};
use graph::webhook::status::{State as Word, Status};

/// What an error code says about the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// 131050: they switched marketing off.
    Stopped,
    /// 130403: they blocked us.
    Blocked,
    /// 137000: the number may have a new owner.
    IdentityChanged,
    /// 131049: Meta held the message back.
    Backoff,
}

impl Effect {
    const fn of(code: i64) -> Option<Self> {
        match code {
            131_050 => Some(Self::Stopped),
            130_403 => Some(Self::Blocked),
            137_000 => Some(Self::IdentityChanged),
            131_049 => Some(Self::Backoff),
            _ => None,
        }
    }

    pub(super) const fn code(self) -> i64 {
        match self {
            Self::Stopped => 131_050,
            Self::Blocked => 130_403,
            Self::IdentityChanged => 137_000,
            Self::Backoff => 131_049,
        }
    }

    /// Whether it is a no that must be kept even of somebody we do not know.
    pub(super) const fn is_a_no(self) -> bool {
        match self {
            Self::Stopped | Self::Blocked => true,
            Self::IdentityChanged | Self::Backoff => false,
        }
    }

    /// Whether it is about one of our numbers.
    pub(super) const fn needs_number(&self) -> bool {
        matches!(self, Self::Stopped)
    }

    pub(super) fn fact(self, number: Option<NumberId>) -> Option<Fact> {
        match self {
            Self::Stopped => number.map(Fact::PlatformStop),
            Self::Blocked => Some(Fact::Blocked),
            Self::IdentityChanged => Some(Fact::IdentityChanged),
            Self::Backoff => Some(Fact::PlatformBackoff),
        }
    }
}

/// What a failed status says about the person. Only of a failure: other states carry no errors.
pub(super) fn effects(news: &Status) -> Vec<Effect> {
    if news.state != Word::Failed {
        return Vec::new();
    }
    let mut found: Vec<Effect> = Vec::new();
    for effect in news
        .issues
        .iter()
        .filter_map(|issue| Effect::of(issue.code))
    {
        if !found.contains(&effect) {
            found.push(effect);
        }
    }
    found
}

/// The keys under which the effects of a status are seen once.
pub(super) fn keys(news: &Status) -> Vec<[u8; 32]> {
    let codes = effects(news)
        .into_iter()
        .map(|effect| effect.code().to_string());
    codes
        .map(|code| super::key(&["status", &news.id, &code]))
        .collect()
}

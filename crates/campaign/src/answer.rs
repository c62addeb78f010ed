//! What Meta's answer to one message means for the person, for the number and for the campaign
//! (facts section 4.2, DESIGN section 6).

use std::fmt;

use consent::time::{DAY_MS, Timestamp};

/// What came back for one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// Meta took it.
    Accepted,
    /// Meta said no.
    Rejected {
        /// The HTTP status.
        status: u16,
        /// The code of the Graph error, if there was one.
        code: Option<i64>,
    },
    /// The connection failed before the first byte left: nothing can have been sent.
    NotSent,
    /// Time-out or reset after bytes left, or an answer that does not say: it may have been sent.
    Unknown,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// Nothing: Meta has it.
    Accepted,
    /// This person again, after a while.
    Again {
        /// After what while.
        wait: Wait,
    },
    /// The person stopped this business's marketing: never again until they resume it in WhatsApp.
    OptedOut,
    /// Meta held the message back for the person's sake: not before a day has passed.
    NextDay,
    /// Not this person, in this campaign.
    Over,
    /// Nobody can be sent to now. The campaign pauses itself and says why; this person waits with the others.
    HoldAll {
        /// Why.
        why: HoldAll,
    },
    /// The number sends too fast: this person again, and the number's pace sinks.
    SlowDown,
    /// It may have been sent. Marketing is never sent again to find out.
    Unknown,
}

/// How the waits of one person grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wait {
    /// 1, 4, 16, 64 s: Meta's own hint for too many messages to one person.
    Pair,
    /// 1, 2, 4... s, at most 60 s: something at Meta is busy.
    Soon,
    /// As `Soon`, for about an hour: Meta cannot be reached, and that is nobody's fault.
    Reach,
    /// Ten minutes each: maintenance, or a template that is still being prepared.
    Minutes,
    /// One second, once.
    Once,
}

/// Why nobody can be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HoldAll {
    /// The access token is invalid or has expired.
    Token,
    /// A permission or capability is missing.
    Permission,
    /// The account is locked or blocked.
    Account,
    /// The payment method has a problem.
    Payment,
    /// The number is gone or not registered.
    Number,
    /// The number's display name is not approved.
    DisplayName,
    /// The number is limited because people reported its messages as spam.
    Spam,
    /// The account is limited because its templates had wrong categories.
    Categories,
    /// The template is absent in this language, not approved, or other than the campaign knows it.
    Template,
    /// The template is paused.
    TemplatePaused,
    /// The template is disabled for good.
    TemplateDisabled,
    /// The picture, film or document that the template carries cannot be used.
    Media,
    /// The template's Flow is blocked.
    Flow,
    /// Meta takes this message only through another of its doors.
    Door,
}

/// What an answer to a send means.
///
/// A 5xx is unknown whatever code it carries, because the message may have been sent; only 130429 and
/// 131056 are definite on any status, for they are said before anything is done.
#[must_use]
pub const fn read(answer: Answer) -> Meaning {
    match answer {
        Answer::Accepted => Meaning::Accepted,
        Answer::NotSent => Meaning::Again { wait: Wait::Reach },
        Answer::Unknown => Meaning::Unknown,
        Answer::Rejected { status, code } => match (status, code) {
            (_, Some(130_429)) | (429, None) => Meaning::SlowDown,
            (_, Some(131_056)) => Meaning::Again { wait: Wait::Pair },
            (400..=499, Some(code)) => refused(code),
            // Without a Graph error nobody promises that nothing was sent: a proxy may have said it.
            (_, None | Some(_)) => Meaning::Unknown,
        },
    }
}

/// What a code means that comes later, in a failed status of a message that Meta had taken.
///
/// Such a status is as definite as a refusal. The pace of today learns nothing from it.
#[must_use]
pub const fn late(code: i64) -> Meaning {
    match refused(code) {
        Meaning::SlowDown => Meaning::Again { wait: Wait::Soon },
        meaning => meaning,
    }
}

/// Why the whole campaign has to hold after this answer, also when the outcome for this person is unknown.
///
/// Some codes that hold for everybody come with status 500. Going on would leave one person after the
/// other unknown, and none of them could be sent to again.
#[must_use]
pub const fn holds(answer: Answer) -> Option<HoldAll> {
    let meaning = match answer {
        Answer::Rejected {
            status: 500..,
            code: Some(code),
        } => refused(code),
        answer => read(answer),
    };
    match meaning {
        Meaning::HoldAll { why } => Some(why),
        Meaning::Accepted
        | Meaning::Again { .. }
        | Meaning::OptedOut
        | Meaning::NextDay
        | Meaning::Over
        | Meaning::SlowDown
        | Meaning::Unknown => None,
    }
}

/// What a code means when it is certain that nothing was sent. A code that is not in the table ends it
/// for this person: the watch over failures sees when there are many.
const fn refused(code: i64) -> Meaning {
    match code {
        4 | 80_007 | 130_429 => Meaning::SlowDown,
        131_049 => Meaning::NextDay,
        131_050 => Meaning::OptedOut,
        1 => Meaning::Again { wait: Wait::Once },
        2 | 131_000 | 131_016 | 133_004 => Meaning::Again { wait: Wait::Soon },
        131_056 => Meaning::Again { wait: Wait::Pair },
        131_057 | 132_069 | 134_101 => Meaning::Again {
            wait: Wait::Minutes,
        },
        _ => match held(code) {
            Some(why) => Meaning::HoldAll { why },
            None => Meaning::Over,
        },
    }
}

const fn held(code: i64) -> Option<HoldAll> {
    Some(match code {
        0 | 190 => HoldAll::Token,
        3 | 10 | 200..=299 | 131_005 => HoldAll::Permission,
        368 | 131_031 | 139_200 => HoldAll::Account,
        131_042 => HoldAll::Payment,
        33 | 131_045 | 133_010 | 133_016 => HoldAll::Number,
        131_037 => HoldAll::DisplayName,
        131_048 => HoldAll::Spam,
        131_064 => HoldAll::Categories,
        132_000 | 132_001 | 132_018 => HoldAll::Template,
        132_015 => HoldAll::TemplatePaused,
        132_016 => HoldAll::TemplateDisabled,
        131_052 | 131_053 => HoldAll::Media,
        132_068 => HoldAll::Flow,
        131_055 | 131_061 | 131_063 | 134_100 | 134_102 => HoldAll::Door,
        _ => return None,
    })
}

impl Meaning {
    /// When to try this person again, after `tries` tries (at least one, and of whatever outcome); none
    /// when there is to be no more.
    ///
    /// After a `HoldAll` the person may go at once: what they wait for is the campaign.
    #[must_use]
    pub const fn next(self, tries: u32, now: Timestamp) -> Option<Timestamp> {
        let wait_ms = match self {
            Self::Again { wait } => wait.after_ms(tries),
            Self::SlowDown => Wait::Soon.after_ms(tries),
            Self::NextDay if tries <= DAYS_MAX => Some(DAY_MS),
            Self::HoldAll { .. } => Some(0),
            Self::NextDay | Self::Accepted | Self::OptedOut | Self::Over | Self::Unknown => None,
        };
        match wait_ms {
            Some(ms) => Some(now.plus_millis(ms)),
            None => None,
        }
    }
}

/// How often a person whom Meta spared is tried again on the next day.
const DAYS_MAX: u32 = 2;
/// The longest of the doubling waits.
const SOON_MAX_MS: i64 = 60_000;

impl Wait {
    /// How many sends there are at the most, the first among them.
    #[must_use]
    pub const fn tries_max(self) -> u32 {
        match self {
            Self::Pair => 5,
            Self::Soon => 10,
            Self::Reach => 64,
            Self::Minutes => 6,
            Self::Once => 2,
        }
    }

    const fn after_ms(self, tries: u32) -> Option<i64> {
        if tries >= self.tries_max() {
            return None;
        }
        let before = tries.saturating_sub(1);
        Some(match self {
            Self::Pair => 1000 * 4_i64.pow(before),
            Self::Soon | Self::Reach => doubling_ms(before),
            Self::Minutes => 600_000,
            Self::Once => 1000,
        })
    }
}

const fn doubling_ms(before: u32) -> i64 {
    if before >= 6 {
        return SOON_MAX_MS;
    }
    1000 << before
}

impl HoldAll {
    /// Every reason.
    pub const ALL: [Self; 14] = [
        Self::Token,
        Self::Permission,
        Self::Account,
        Self::Payment,
        Self::Number,
        Self::DisplayName,
        Self::Spam,
        Self::Categories,
        Self::Template,
        Self::TemplatePaused,
        Self::TemplateDisabled,
        Self::Media,
        Self::Flow,
        Self::Door,
    ];

    /// The word that is stored and shown to machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Permission => "permission",
            Self::Account => "account",
            Self::Payment => "payment",
            Self::Number => "number",
            Self::DisplayName => "display_name",
            Self::Spam => "spam",
            Self::Categories => "categories",
            Self::Template => "template",
            Self::TemplatePaused => "template_paused",
            Self::TemplateDisabled => "template_disabled",
            Self::Media => "media",
            Self::Flow => "flow",
            Self::Door => "door",
        }
    }

    /// Reads the word; none for any other.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.name() == word)
    }
}

/// A sentence for people: what is wrong, and what helps.
impl fmt::Display for HoldAll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token => "Meta does not take the access token: put in a valid one",
            Self::Permission => "the app lacks a permission at Meta: grant it",
            Self::Account => "Meta has locked or blocked the account: see the account at Meta",
            Self::Payment => "Meta has a problem with the payment method: put it right at Meta",
            Self::Number => "the number is gone from Meta or not registered there",
            Self::DisplayName => "Meta has not approved the number's display name",
            Self::Spam => {
                "Meta limits the number because people reported its messages as spam: wait until its quality has recovered"
            }
            Self::Categories => {
                "Meta limits the account because its templates had wrong categories"
            }
            Self::Template => {
                "the template is absent in this language, not approved, or has other variables than before"
            }
            Self::TemplatePaused => "Meta has paused the template: go on when it is active again",
            Self::TemplateDisabled => {
                "Meta has disabled the template for good: choose another one"
            }
            Self::Media => "Meta cannot use the template's picture, film or document: replace it",
            Self::Flow => "Meta has blocked the template's Flow",
            Self::Door => {
                "Meta takes this message only through another of its doors: look at the setting for marketing messages"
            }
        })
    }
}

#[cfg(test)]
mod tests;

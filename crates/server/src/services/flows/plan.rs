//! Which answer a message gets.

use consent::{
    event::Fact,
    id::{EventId, NumberId},
    phone::Country,
    policy::{Policy, Reach},
    reason::Code,
    register::{Platform, Standing},
    request::{Facts, Request},
    scope::{Category, Subject},
    time::Timestamp,
    verdict,
    wording::Reading,
};
use serde::{Deserialize, Serialize};

use super::ticket::Choice;
use crate::flows::Flows;

/// What an answer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Offers were stopped.
    Stopped,
    /// Everything was stopped.
    StoppedAll,
    /// They agreed.
    Started,
    /// Do they agree?
    Question,
    /// What can be done here.
    Help,
    /// The menu.
    Menu,
    /// Which topics would they like again?
    Topics,
    /// They agreed to a topic.
    TopicOn,
    /// Nothing changes.
    Kept,
    /// Offers wait until a day.
    Paused,
    /// Did they mean that offers shall stop?
    Doubt,
    /// Their wish to be forgotten was heard.
    Erasure,
    /// The number has another owner.
    WrongNumber,
    /// The reminder that preferences can be changed.
    Reminder,
    /// What they agreed to, with proof.
    Receipt,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 15] = [
        Self::Stopped,
        Self::StoppedAll,
        Self::Started,
        Self::Question,
        Self::Help,
        Self::Menu,
        Self::Topics,
        Self::TopicOn,
        Self::Kept,
        Self::Paused,
        Self::Doubt,
        Self::Erasure,
        Self::WrongNumber,
        Self::Reminder,
        Self::Receipt,
    ];

    /// The word in tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::StoppedAll => "stopped_all",
            Self::Started => "started",
            Self::Question => "question",
            Self::Help => "help",
            Self::Menu => "menu",
            Self::Topics => "topics",
            Self::TopicOn => "topic_on",
            Self::Kept => "kept",
            Self::Paused => "paused",
            Self::Doubt => "doubt",
            Self::Erasure => "erasure",
            Self::WrongNumber => "wrong_number",
            Self::Reminder => "reminder",
            Self::Receipt => "receipt",
        }
    }

    /// Whether the settings let an answer of this kind out.
    #[must_use]
    pub const fn is_on(self, flows: &Flows) -> bool {
        match self {
            Self::Stopped
            | Self::StoppedAll
            | Self::Started
            | Self::TopicOn
            | Self::Kept
            | Self::Paused
            | Self::Erasure
            | Self::WrongNumber => flows.confirmations,
            Self::Question | Self::Doubt | Self::Topics => flows.questions,
            Self::Help => flows.help,
            Self::Menu => flows.menu,
            Self::Reminder => flows.reminder.is_some(),
            Self::Receipt => flows.receipts,
        }
    }

    /// Reads [`Kind::word`].
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// What the words of an answer depend on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    /// The opt-outs that it confirms.
    #[serde(default)]
    pub confirms: Vec<String>,
    /// The request that it asks about.
    #[serde(default)]
    pub request: Option<String>,
    /// The topics that it speaks of, and that they agreed to.
    #[serde(default)]
    pub topics: Vec<String>,
    /// What was stopped or begun, where that is not simply offers.
    #[serde(default)]
    pub part: Option<Part>,
    /// Until when something waits, in milliseconds.
    #[serde(default)]
    pub until: Option<i64>,
    /// Whether WhatsApp's own switch stands in the way as well.
    #[serde(default)]
    pub platform: bool,
    /// What somebody joined, or is asked whether they join it.
    #[serde(default)]
    pub joining: Option<Joining>,
}

/// What somebody joins through a form, a link or an advertisement.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joining {
    /// The requests that a question is about.
    #[serde(default)]
    pub requests: Vec<String>,
    /// What comes, in words.
    pub what: String,
    /// How often.
    pub often: String,
    /// The question, as it is put.
    #[serde(default)]
    pub text: String,
    /// What stands on its buttons, the yes first.
    #[serde(default)]
    pub labels: [String; 2],
    /// SHA-256 of the question and its buttons, as they are kept.
    #[serde(default)]
    pub wording: String,
    /// Where the wish came from: the address of a page, or the name of a link.
    #[serde(default)]
    pub page: Option<String>,
    /// The form, as evidence names it; none for an advertisement.
    #[serde(default)]
    pub form: Option<String>,
    /// The template that puts the question, its language, and how many gaps it has.
    #[serde(default)]
    pub template: Option<(String, String, usize)>,
}

/// What an answer speaks of, where it is not simply offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Messages of one kind, and not every offer.
    Some,
    /// Offers, and messages of one more kind.
    Both,
}

/// An answer that is to be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What it says.
    pub kind: Kind,
    /// What its words depend on.
    pub detail: Detail,
}

impl From<Kind> for Plan {
    fn from(kind: Kind) -> Self {
        Self {
            kind,
            detail: Detail::default(),
        }
    }
}

/// What a plan looks at.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// What the message says.
    pub reading: &'a Reading,
    /// The choice that was tapped, where it was one of ours.
    pub choice: Option<Choice>,
    /// The facts that were recorded.
    pub facts: &'a [(EventId, Fact)],
    /// The person's standing with them.
    pub standing: &'a Standing,
    /// The rules.
    pub policy: &'a Policy,
    /// The number that was written to.
    pub number: &'a NumberId,
    /// Whether offers might have come before the message, and were refused by it.
    pub refused_what_they_had: bool,
    /// What the message joins, or answers a question about.
    pub joining: Option<&'a Joining>,
    /// Where the person is, as far as consent depends on it.
    pub country: Option<Country>,
    /// Now.
    pub now: Timestamp,
}

/// Which answer a message gets; none when it gets none.
#[must_use]
pub fn plan(seen: Seen<'_>) -> Option<Plan> {
    if let Some(choice) = seen.choice {
        return chosen(choice, seen);
    }
    if let Some(joining) = seen.joining {
        return Some(joined(joining, seen));
    }
    match seen.reading {
        Reading::Stop(_) | Reading::StopAll(_) => stopped(seen).or(Some(Kind::Doubt.into())),
        Reading::Start(_) => Some(started(seen)),
        Reading::Help(_) => Some(Kind::Help.into()),
        Reading::Topic(_) => Some(Kind::Menu.into()),
        Reading::Pause(..) => paused(seen),
        Reading::Erasure(_) => Some(Kind::Erasure.into()),
        Reading::WrongNumber(_) => Some(Kind::WrongNumber.into()),
        Reading::Review(_) => Some(Kind::Doubt.into()),
        Reading::Nothing => None,
    }
}

/// The answer to a first message with a code, or to a yes: a question about what was asked for; else what holds now.
fn joined(joining: &Joining, seen: Seen<'_>) -> Plan {
    let asks = !joining.requests.is_empty();
    let kind = match (asks, granted(seen)) {
        (true, _) => Kind::Question,
        (false, true) => Kind::Started,
        (false, false) => Kind::Kept,
    };
    Plan {
        kind,
        detail: Detail {
            platform: is_stopped_at_whatsapp(seen),
            joining: (kind != Kind::Kept).then(|| joining.clone()),
            ..Detail::default()
        },
    }
}

fn chosen(choice: Choice, seen: Seen<'_>) -> Option<Plan> {
    match choice {
        Choice::StopOffers | Choice::OnlyOrders | Choice::StopAll => stopped(seen),
        Choice::Yes => match seen.joining {
            _ if !granted(seen) => None,
            Some(joining) => {
                let joining = Joining {
                    requests: Vec::new(),
                    ..joining.clone()
                };
                Some(joined(&joining, seen))
            }
            None => Some(started(seen)),
        },
        // Whoever had offers and says no to them has stopped them.
        Choice::No if seen.refused_what_they_had => stopped(seen),
        Choice::Keep if granted(seen) => Some(on_topics(seen)),
        Choice::No | Choice::Keep => Some(Kind::Kept.into()),
        Choice::Topics => Some(Kind::Topics.into()),
        Choice::Topic(_) => granted(seen).then(|| on_topics(seen)),
        Choice::Form => None,
    }
}

fn granted(seen: Seen<'_>) -> bool {
    seen.facts
        .iter()
        .any(|(_, fact)| matches!(fact, Fact::OptIn(_)))
}

fn stopped(seen: Seen<'_>) -> Option<Plan> {
    let opt_outs: Vec<_> = seen
        .facts
        .iter()
        .filter_map(|(id, fact)| match fact {
            Fact::OptOut(scope) => Some((*id, scope.subject)),
            _ => None,
        })
        .collect();
    let everything = seen.policy.reach == Reach::Everything
        || opt_outs.iter().any(|(_, subject)| *subject == Subject::All);
    let kind = if everything {
        Kind::StoppedAll
    } else {
        Kind::Stopped
    };
    let is_marketing =
        |(_, subject): &(EventId, Subject)| *subject == Subject::Category(Category::Marketing);
    let offers = opt_outs.iter().any(is_marketing);
    let detail = Detail {
        confirms: opt_outs.iter().map(|(id, _)| id.to_string()).collect(),
        part: match (offers, opt_outs.iter().all(is_marketing)) {
            (_, true) => None,
            (true, false) => Some(Part::Both),
            (false, false) => Some(Part::Some),
        },
        topics: agreed(seen),
        ..Detail::default()
    };
    (!opt_outs.is_empty()).then_some(Plan { kind, detail })
}

fn started(seen: Seen<'_>) -> Plan {
    let request = seen.facts.iter().find_map(|(id, fact)| match fact {
        Fact::OptInRequested(_) => Some(id.to_string()),
        _ => None,
    });
    let on = is_on(seen);
    let kind = if request.is_some() {
        Kind::Question
    } else if on || granted(seen) {
        Kind::Started
    } else {
        // Something else stands in the way, or what they said is older than their stop: nothing began.
        Kind::Kept
    };
    let detail = Detail {
        request,
        part: (kind == Kind::Started && !on).then_some(Part::Some),
        platform: is_stopped_at_whatsapp(seen),
        ..Detail::default()
    };
    Plan { kind, detail }
}

/// Whether offers may come now, but for WhatsApp's own switch.
fn is_on(seen: Seen<'_>) -> bool {
    let request = Request {
        number: Some(seen.number.clone()),
        ..Request::about(Category::Marketing)
    };
    let facts = Facts {
        standing: seen.standing,
        sent: &[],
        minute_there: None,
        country: seen.country,
    };
    let code = verdict::decide(&request, facts, seen.policy, seen.now).code();
    matches!(code, None | Some(Code::PlatformOptOut))
}

/// The topics that they agreed to.
fn agreed(seen: Seen<'_>) -> Vec<String> {
    let topics = seen.facts.iter().filter_map(|(_, fact)| match fact {
        Fact::OptIn(scope) => match scope.subject {
            Subject::Topic(topic) => Some(topic.id.to_string()),
            Subject::All | Subject::Category(_) => None,
        },
        _ => None,
    });
    topics.collect()
}

fn on_topics(seen: Seen<'_>) -> Plan {
    let marketing = seen.facts.iter().any(|(_, fact)| {
        let category = fact.scope().and_then(|scope| scope.subject.category());
        category == Some(Category::Marketing)
    });
    let detail = Detail {
        topics: agreed(seen),
        platform: marketing && is_stopped_at_whatsapp(seen),
        ..Detail::default()
    };
    Plan {
        kind: Kind::TopicOn,
        detail,
    }
}

fn paused(seen: Seen<'_>) -> Option<Plan> {
    seen.facts.iter().find_map(|(_, fact)| match fact {
        Fact::Hold(_, Some(until)) => Some(Plan {
            kind: Kind::Paused,
            detail: Detail {
                until: Some(until.millis()),
                ..Detail::default()
            },
        }),
        Fact::Hold(_, None) => Some(Kind::Doubt.into()),
        _ => None,
    })
}

fn is_stopped_at_whatsapp(seen: Seen<'_>) -> bool {
    use consent::policy::PlatformReach;
    let concerns = |number: &NumberId| match seen.policy.platform_stop_covers {
        PlatformReach::EveryNumber => true,
        PlatformReach::ThatNumber => number == seen.number,
    };
    let mut switches = seen.standing.platform.iter();
    switches.any(|(number, switch)| concerns(number) && Platform::stopped(switch).is_some())
}

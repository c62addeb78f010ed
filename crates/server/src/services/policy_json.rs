//! The policy as JSON: what the API reads and writes, and what the table keeps.

mod cap;
mod expiry;

use std::collections::BTreeMap;

use consent::{
    id::{BadId, TopicId},
    policy::{
        Ads, DAY_MINUTES, DoubleOptIn, Follow, Leave, PlatformReach, Policy, QuietHours, Reach,
        Spread, Start, StopWords, TopicDefault, TopicRule, WindowRule,
    },
    scope::Subject,
    time::HOUR_MS,
    wording::{
        keywords::Keywords,
        language::{Language, Languages},
    },
};
use serde::{Deserialize, Serialize};
use store::house::PolicyLine;
use utoipa::ToSchema;

pub use self::{cap::CapBody, expiry::ExpiryBody};
use crate::{
    clock::{read_rfc3339, rfc3339},
    error::Error,
    services::topics::named::category,
};

/// The rules of the business. In a PUT absent members take their defaults.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PolicyBody {
    /// Counts up with each change; ignored in a PUT.
    pub version: u64,
    /// The words that count.
    pub keywords: KeywordsBody,
    /// `act`: a stop word is an opt-out at once. `review`: it holds marketing and waits for a person.
    pub stop_words: String,
    /// What a plain STOP covers: `marketing`, another category, or `all`.
    pub stop_covers: String,
    /// `scope`: an opt-out covers what it says. `everything`: strict mode, any opt-out covers everything.
    pub reach: String,
    /// The categories that need an opt-in.
    pub opt_in_needed: Vec<String>,
    /// What START from somebody who never refused means: `request` or `consent`.
    pub start_from_stranger: String,
    /// Who says yes a second time, of those who join through a form, a link or a code: `always` (a question in the chat
    /// shows the whole wording), `typed` (only those whose address was typed into a form) or `never`.
    pub double_opt_in: String,
    /// What a message that an advertisement led to means: `recorded`, `request` or `consent`.
    pub ads: String,
    /// Which channels a refusal covers that was heard on one: `every_channel` or `its_channel`.
    pub refusal_spreads: String,
    /// What differs for single topics, by their id. In a PUT: left as it is, when nothing is said. The routes of
    /// topics change it one by one.
    pub topics: Option<BTreeMap<String, TopicRuleBody>>,
    /// How long an opt-in lasts, in days, where `expiry` says nothing else; null means for good.
    pub opt_in_days: Option<u32>,
    /// How long opt-ins of some sources and countries last. The most specific rule decides: source and country, then
    /// source, then country, then `opt_in_days`.
    pub expiry: Vec<ExpiryBody>,
    /// Whether opt-ins move with the person to a new number: `never` or `same_person`.
    pub permission_follows: String,
    /// Which numbers a platform stop covers: `every_number` or `that_number`.
    pub platform_stop_covers: String,
    /// Whether one-time codes still go after an opt-out of everything.
    pub authentication_after_all: bool,
    /// Who watches over the customer service window: `enforce` or `leave_to_meta`.
    pub window: String,
    /// Whether messages to groups may go.
    pub groups: bool,
    /// How often a person may be written to.
    pub caps: Vec<CapBody>,
    /// When marketing sleeps.
    pub quiet_hours: Option<QuietBody>,
    /// How long marketing waits after Meta held a message back, in hours.
    pub backoff_hours: u32,
    /// The margin between Meta's clock and ours, in milliseconds.
    pub skew_ms: i64,
}

/// The words that count. STOP, UNSUBSCRIBE and STOP ALL are always among them.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct KeywordsBody {
    /// Stop words.
    pub stop: Vec<String>,
    /// Words that stop everything.
    pub stop_all: Vec<String>,
    /// Words that begin again.
    pub start: Vec<String>,
    /// Labels and payloads of buttons that mean stop.
    pub stop_buttons: Vec<String>,
    /// The languages whose own words and sentences are understood, by their ISO 639-1 codes.
    pub languages: Vec<String>,
    /// Whole messages that those languages know, and that shall mean nothing here.
    pub ignored: Vec<String>,
}

/// What differs for one topic.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TopicRuleBody {
    /// Who speaks first: `category` (as for its category), `opt_in` or `opt_out`.
    #[serde(default = "as_category")]
    pub default: String,
    /// Since when nothing new is sent on it.
    #[serde(default)]
    pub retired_at: Option<String>,
}

/// When marketing sleeps.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietBody {
    /// The first quiet minute, as `21:00`.
    pub from: String,
    /// The first minute after, as `08:00`.
    pub to: String,
    /// The time zone, by its IANA name.
    #[serde(default = "utc")]
    pub zone: String,
}

impl Default for PolicyBody {
    fn default() -> Self {
        let mut defaults = body(&Policy::default());
        // Nothing said is not the same as nothing wanted.
        defaults.topics = None;
        defaults
    }
}

impl Default for KeywordsBody {
    fn default() -> Self {
        keywords_body(Keywords::default())
    }
}

/// The policy as a body.
#[must_use]
pub fn body(policy: &Policy) -> PolicyBody {
    let quiet = policy.quiet_hours.map(|quiet| QuietBody {
        from: clock_text(quiet.from),
        to: clock_text(quiet.to),
        zone: policy.zone.clone().unwrap_or_else(utc),
    });
    let topics = policy
        .topics
        .iter()
        .map(|(id, rule)| (id.to_string(), topic_body(rule)))
        .collect();
    PolicyBody {
        version: policy.version,
        keywords: keywords_body(policy.keywords.clone()),
        stop_words: word(policy.stop_words, &STOP_WORDS),
        stop_covers: subject_text(policy.stop_covers),
        reach: word(policy.reach, &REACH),
        opt_in_needed: policy
            .opt_in_needed
            .iter()
            .map(|category| category.word().to_owned())
            .collect(),
        start_from_stranger: word(policy.start_from_stranger, &START),
        double_opt_in: word(policy.double_opt_in, &DOUBLE_OPT_IN),
        ads: word(policy.ads, &ADS),
        refusal_spreads: word(policy.refusal_spreads, &SPREAD),
        topics: Some(topics),
        opt_in_days: policy.opt_in_days,
        expiry: expiry::bodies(&policy.expiry),
        permission_follows: word(policy.permission_follows, &FOLLOW),
        platform_stop_covers: word(policy.platform_stop_covers, &PLATFORM),
        authentication_after_all: policy.authentication_after_all == Leave::Given,
        window: word(policy.window, &WINDOW),
        groups: policy.groups == Leave::Given,
        caps: policy.caps.iter().map(cap::body).collect(),
        quiet_hours: quiet,
        backoff_hours: u32::try_from(policy.backoff_ms / HOUR_MS).unwrap_or(u32::MAX),
        skew_ms: policy.skew_ms,
    }
}

fn keywords_body(keywords: Keywords) -> KeywordsBody {
    let languages = keywords.languages.iter();
    KeywordsBody {
        stop: keywords.stop,
        stop_all: keywords.stop_all,
        start: keywords.start,
        stop_buttons: keywords.stop_buttons,
        languages: languages
            .map(|language| language.code().to_owned())
            .collect(),
        ignored: keywords.ignored,
    }
}

fn keywords(body: KeywordsBody) -> Result<Keywords, Error> {
    let languages = body.languages.iter().map(|code| {
        Language::read(code).ok_or_else(|| {
            let known: Vec<&str> = Language::ALL.iter().map(|known| known.code()).collect();
            let say = format!(
                "`{code}` is not understood: want any of {}",
                known.join(", ")
            );
            Error::field("keywords.languages", say)
        })
    });
    let keywords = Keywords {
        languages: languages.collect::<Result<Languages, _>>()?,
        stop: body.stop,
        stop_all: body.stop_all,
        start: body.start,
        stop_buttons: body.stop_buttons,
        ignored: body.ignored,
    };
    Ok(keywords.tidied())
}

/// The policy as JSON.
#[must_use]
pub fn write(policy: &Policy) -> serde_json::Value {
    serde_json::to_value(body(policy)).unwrap_or_default()
}

/// Reads a body, in which topics are named by their ids.
///
/// # Errors
/// [`Error::Invalid`] naming the field and what was wanted.
pub fn read(body: &PolicyBody) -> Result<Policy, Error> {
    let zone = body.quiet_hours.as_ref().map(|quiet| quiet.zone.clone());
    if let Some(name) = &zone {
        jiff::tz::TimeZone::get(name).map_err(|_| {
            Error::field(
                "quiet_hours.zone",
                format!("`{name}` is not a time zone: want a name like Europe/London"),
            )
        })?;
    }
    let needed = body
        .opt_in_needed
        .iter()
        .map(|word| category("opt_in_needed", word));
    if !(0..=3_600_000).contains(&body.skew_ms) {
        return Err(Error::field(
            "skew_ms",
            format!("`{}` is no margin: want 0 to 3600000", body.skew_ms),
        ));
    }
    Ok(Policy {
        version: body.version,
        keywords: keywords(body.keywords.clone())?,
        stop_words: choice("stop_words", &body.stop_words, &STOP_WORDS)?,
        stop_covers: subject("stop_covers", &body.stop_covers)?,
        reach: choice("reach", &body.reach, &REACH)?,
        opt_in_needed: needed.collect::<Result<_, _>>()?,
        start_from_stranger: choice("start_from_stranger", &body.start_from_stranger, &START)?,
        double_opt_in: choice("double_opt_in", &body.double_opt_in, &DOUBLE_OPT_IN)?,
        ads: choice("ads", &body.ads, &ADS)?,
        refusal_spreads: choice("refusal_spreads", &body.refusal_spreads, &SPREAD)?,
        topics: topics(body)?,
        opt_in_days: body.opt_in_days,
        expiry: expiry::rules(&body.expiry)?,
        permission_follows: choice("permission_follows", &body.permission_follows, &FOLLOW)?,
        platform_stop_covers: choice(
            "platform_stop_covers",
            &body.platform_stop_covers,
            &PLATFORM,
        )?,
        authentication_after_all: leave(body.authentication_after_all),
        window: choice("window", &body.window, &WINDOW)?,
        groups: leave(body.groups),
        caps: body.caps.iter().map(cap::read).collect::<Result<_, _>>()?,
        quiet_hours: body.quiet_hours.as_ref().map(quiet).transpose()?,
        zone,
        backoff_ms: i64::from(body.backoff_hours) * HOUR_MS,
        skew_ms: body.skew_ms,
    })
}

/// Reads what the table keeps.
///
/// # Errors
/// When the row makes no sense.
pub fn read_stored(line: &PolicyLine) -> Result<Policy, Error> {
    let body: PolicyBody = serde_json::from_str(&line.body).map_err(Error::internal)?;
    let policy = read(&body)?;
    Ok(Policy {
        version: line.version.unsigned_abs(),
        ..policy
    })
}

/// Who speaks first about a topic, as a word.
#[must_use]
pub fn default_text(default: TopicDefault) -> String {
    word(default, &TOPIC_DEFAULT)
}

/// Reads who speaks first about a topic.
///
/// # Errors
/// [`Error::Invalid`] for `field`, naming the words.
pub fn default_of(field: &str, text: &str) -> Result<TopicDefault, Error> {
    choice(field, text, &TOPIC_DEFAULT)
}

fn topic_body(rule: &TopicRule) -> TopicRuleBody {
    TopicRuleBody {
        default: default_text(rule.default),
        retired_at: rule.retired.map(rfc3339),
    }
}

fn topics(body: &PolicyBody) -> Result<BTreeMap<TopicId, TopicRule>, Error> {
    let rules = body.topics.iter().flatten();
    let read = rules.map(|(id, rule)| {
        let id: TopicId = id
            .parse()
            .map_err(|error: BadId| Error::field("topics", error.to_string()))?;
        let retired = rule.retired_at.as_deref().map(|text| {
            read_rfc3339(text).ok_or_else(|| {
                let message = format!("`{text}` is not a time: want one like 2026-11-22T10:00:00Z");
                Error::field("topics.retired_at", message)
            })
        });
        let rule = TopicRule {
            default: default_of("topics.default", &rule.default)?,
            retired: retired.transpose()?,
        };
        Ok((id, rule))
    });
    read.collect()
}

const TOPIC_DEFAULT: [(&str, TopicDefault); 3] = [
    ("category", TopicDefault::AsCategory),
    ("opt_in", TopicDefault::OptIn),
    ("opt_out", TopicDefault::OptOut),
];
const STOP_WORDS: [(&str, StopWords); 2] = [("act", StopWords::Act), ("review", StopWords::Review)];
const REACH: [(&str, Reach); 2] = [
    ("scope", Reach::ItsScope),
    ("everything", Reach::Everything),
];
const START: [(&str, Start); 2] = [
    ("request", Start::IsARequest),
    ("consent", Start::IsConsent),
];
const DOUBLE_OPT_IN: [(&str, DoubleOptIn); 3] = [
    ("always", DoubleOptIn::Always),
    ("typed", DoubleOptIn::TypedAddresses),
    ("never", DoubleOptIn::Never),
];
const ADS: [(&str, Ads); 3] = [
    ("recorded", Ads::Recorded),
    ("request", Ads::IsARequest),
    ("consent", Ads::IsConsent),
];
const SPREAD: [(&str, Spread); 2] = [
    ("every_channel", Spread::EveryChannel),
    ("its_channel", Spread::ItsChannel),
];
const FOLLOW: [(&str, Follow); 2] = [
    ("never", Follow::Never),
    ("same_person", Follow::SamePerson),
];
const PLATFORM: [(&str, PlatformReach); 2] = [
    ("every_number", PlatformReach::EveryNumber),
    ("that_number", PlatformReach::ThatNumber),
];
const WINDOW: [(&str, WindowRule); 2] = [
    ("enforce", WindowRule::Enforce),
    ("leave_to_meta", WindowRule::LeaveToMeta),
];

fn word<T: PartialEq>(value: T, table: &[(&str, T)]) -> String {
    let entry = table.iter().find(|(_, other)| *other == value);
    entry
        .map(|(word, _)| (*word).to_owned())
        .unwrap_or_default()
}

fn choice<T: Copy>(field: &str, text: &str, table: &[(&str, T)]) -> Result<T, Error> {
    let entry = table.iter().find(|(word, _)| *word == text);
    let words: Vec<&str> = table.iter().map(|(word, _)| *word).collect();
    entry.map(|(_, value)| *value).ok_or_else(|| {
        Error::field(
            field,
            format!(
                "`{text}` is none of the choices: want {}",
                words.join(" or ")
            ),
        )
    })
}

fn subject(field: &str, text: &str) -> Result<Subject, Error> {
    if text == "all" {
        Ok(Subject::All)
    } else {
        category(field, text).map(Subject::Category)
    }
}

fn subject_text(subject: Subject) -> String {
    match subject {
        Subject::All => "all".to_owned(),
        Subject::Category(category) => category.word().to_owned(),
        Subject::Topic(topic) => topic.category.word().to_owned(),
    }
}

fn quiet(body: &QuietBody) -> Result<QuietHours, Error> {
    let minute = |field: &str, text: &str| {
        let parsed = text.split_once(':').and_then(|(hours, minutes)| {
            let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
            (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
        });
        parsed.ok_or_else(|| {
            Error::field(
                field,
                format!("`{text}` is not a time of day: want one like 21:00"),
            )
        })
    };
    Ok(QuietHours {
        from: minute("quiet_hours.from", &body.from)?,
        to: minute("quiet_hours.to", &body.to)?,
    })
}

fn clock_text(minute: u16) -> String {
    let minute = minute % DAY_MINUTES;
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

const fn leave(given: bool) -> Leave {
    if given { Leave::Given } else { Leave::Denied }
}

fn as_category() -> String {
    "category".to_owned()
}

fn utc() -> String {
    "UTC".to_owned()
}

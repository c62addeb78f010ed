//! What reports count: marks of events and tallies of quarters of an hour, all of which can be made anew.

mod alert;
mod count;
mod number;
mod time;

use consent::{
    id::{ContactId, TopicId},
    time::{MINUTE_MS, Timestamp},
};

pub use alert::AlertLine;
pub use number::NumberState;
pub use time::{InForce, InForceLine};

/// How long a slot is: an offset of any time zone is a multiple of it.
pub const SLOT_MS: i64 = 15 * MINUTE_MS;

/// The slot that a time lies in: its beginning.
#[must_use]
pub const fn slot_of(at: Timestamp) -> i64 {
    at.millis().div_euclid(SLOT_MS) * SLOT_MS
}

/// An event in the order of the log, with what opens it.
#[derive(Debug, Clone)]
pub struct LoggedLine {
    /// Its number in the log.
    pub index: i64,
    /// Whom it is about.
    pub contact: ContactId,
    /// Its kind.
    pub kind: String,
    /// What it says beside its kind, as it was written.
    pub argument: String,
    /// When we learned of it.
    pub received: Timestamp,
    /// Where it came from.
    pub source: String,
    /// Whether no earlier event of this kind and source was recorded of this person at that very moment.
    pub is_first: bool,
    /// Salts and facts, sealed; none once erased.
    pub sealed: Option<Vec<u8>>,
    /// The person's key, wrapped; none once erased.
    pub sealing_key: Option<Vec<u8>>,
}

/// What a report needs of an event. Holds nothing of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The event's number in the log.
    pub index: i64,
    /// The slot in which we learned of it.
    pub slot: i64,
    /// What is counted.
    pub what: String,
    /// Whether it is counted once, where one act made several events.
    pub is_first: bool,
    /// Whether the person did it themselves.
    pub is_own: bool,
    /// Where it came from.
    pub source: String,
    /// What it covers: `all`, a category, or a topic's id; empty where that means nothing.
    pub topic: String,
    /// The number that it came by or is about; empty where none is known.
    pub number: String,
    /// The word or rule that was recognised; empty where there was none.
    pub keyword: String,
    /// The template that the person last had from us; empty where there was none.
    pub template: String,
}

/// Messages that are alike in everything that is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageCount {
    /// `out` or `in`.
    pub direction: String,
    /// The business number.
    pub number: String,
    /// The category.
    pub category: String,
    /// The name of the template.
    pub template: Option<String>,
    /// The topic.
    pub topic: Option<TopicId>,
    /// What became of them.
    pub state: String,
    /// The code of the refusal.
    pub code: Option<String>,
    /// Meta's error code.
    pub error_code: Option<i64>,
    /// How many.
    pub count: i64,
}

/// One number of a tally, to be kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TallyRow {
    /// What is counted.
    pub what: String,
    /// By what it is broken down; empty for the total.
    pub dimension: String,
    /// Which of those.
    pub value: String,
    /// How many.
    pub count: i64,
}

/// What is asked of the tallies.
#[derive(Debug, Clone, Copy)]
pub struct TallyAsk<'a> {
    /// What is counted.
    pub whats: &'a [&'a str],
    /// By what it is broken down; empty for the total.
    pub dimension: &'a str,
    /// The steps, from and until, in milliseconds.
    pub steps: &'a [(i64, i64)],
}

/// A sum over one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TallyLine {
    /// Which step, from 0.
    pub step: usize,
    /// What was counted.
    pub what: String,
    /// Which value of the dimension.
    pub value: String,
    /// How many.
    pub count: i64,
}

//! What happened, over time: opt-ins, opt-outs and their rate, failures, messages saved, and how fast a no is in force.
//!
//! Every figure is defined in docs/reports.md. A dimension that comes with a later piece of work is one more word in `DIMENSIONS` of a
//! report and one more column of a mark; nothing else knows which there are.

pub mod alerts;
pub mod csv;
pub mod figures;
mod lines;
mod mark;
pub mod numbers;
pub mod range;
pub mod rise;
pub mod tally;
mod words;

use consent::reason::Code;
use serde::Serialize;
use store::report::TallyAsk;
use utoipa::ToSchema;

use self::range::{Range, Wanted};
use crate::{app::App, clock::rfc3339, error::Error};

/// What somebody asked for. Empty fields ask for what is usual.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ask<'a> {
    /// By what it is broken down.
    pub by: Option<&'a str>,
    /// Over which time, in which steps.
    pub wanted: Wanted<'a>,
}

/// A report.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Report {
    /// Its name.
    #[schema(example = "opt_out_rate")]
    pub name: String,
    /// From when.
    pub from: String,
    /// Before when.
    pub to: String,
    /// The time zone whose days these are.
    pub zone: String,
    /// `hour` or `day`.
    pub step: String,
    /// By what it is broken down; null for the totals.
    pub by: Option<String>,
    /// What is counted: `events`, `messages`, `per_1000` or `ms`.
    pub unit: String,
    /// What each step is called in the time zone.
    pub steps: Vec<String>,
    /// The lines.
    pub lines: Vec<Line>,
}

/// One line of a report: a number for each step.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Line {
    /// What is counted.
    #[schema(example = "own_opt_out")]
    pub what: String,
    /// Which one, where it is broken down: a topic's id, a code, a number …; empty for the total.
    pub value: String,
    /// What people call that.
    pub label: String,
    /// What it means, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// A number for each step; null where there is none to be given.
    pub points: Vec<Option<f64>>,
    /// The whole time; null where there is none to be given.
    pub total: Option<f64>,
}

impl Line {
    /// What a column of this line is headed with.
    #[must_use]
    pub fn title(&self) -> String {
        if self.label.is_empty() {
            self.what.clone()
        } else {
            format!("{}: {}", self.what, self.label)
        }
    }
}

/// A kind of report.
#[derive(Debug, Clone, Copy)]
struct Kind {
    name: &'static str,
    unit: &'static str,
    /// What is counted when it is not broken down.
    whats: &'static [&'static str],
    /// What is counted when it is.
    parted: &'static [&'static str],
    /// By what it may be broken down; the first is what is usual where there is no total.
    dimensions: &'static [&'static str],
    /// Whether it is broken down in any case.
    always_parted: bool,
}

/// By what a report may be broken down.
const OF_EVENTS: [&str; 5] = ["source", "topic", "keyword", "template", "number"];
const OF_MESSAGES: [&str; 4] = ["category", "template", "number", "topic"];

const KINDS: [Kind; 6] = [
    Kind {
        name: "consent",
        unit: "events",
        whats: &[
            "opt_in",
            "opt_out",
            "own_opt_out",
            "platform_stop",
            "platform_resume",
            "opt_in_requested",
        ],
        parted: &["opt_in", "opt_out", "platform_stop"],
        dimensions: &OF_EVENTS,
        always_parted: false,
    },
    Kind {
        name: "opt_out_rate",
        unit: "per_1000",
        whats: &["own_opt_out", "platform_stop", "marketing_sent"],
        parted: &["own_opt_out", "platform_stop", "marketing_sent"],
        dimensions: &["template", "number"],
        always_parted: false,
    },
    Kind {
        name: "messages",
        unit: "messages",
        whats: &[
            "sent",
            "delivered",
            "read",
            "failed",
            "rejected",
            "unknown",
            "denied",
            "received",
        ],
        parted: &["sent", "failed", "denied"],
        dimensions: &OF_MESSAGES,
        always_parted: false,
    },
    Kind {
        name: "failures",
        unit: "messages",
        whats: &["failed", "rejected"],
        parted: &["failed", "rejected"],
        dimensions: &["code", "category", "template", "number", "topic"],
        always_parted: true,
    },
    Kind {
        name: "saved",
        unit: "messages",
        whats: &["denied"],
        parted: &["denied"],
        dimensions: &["code", "category", "template", "number", "topic"],
        always_parted: true,
    },
    Kind {
        name: "time_to_force",
        unit: "ms",
        whats: &[],
        parted: &[],
        dimensions: &[],
        always_parted: false,
    },
];

/// The names of all reports.
#[must_use]
pub fn names() -> Vec<&'static str> {
    KINDS.iter().map(|kind| kind.name).collect()
}

/// By what a report may be broken down.
#[must_use]
pub fn dimensions(name: &str) -> &'static [&'static str] {
    let kind = KINDS.iter().find(|kind| kind.name == name);
    kind.map_or(&[], |kind| kind.dimensions)
}

/// Makes a report.
///
/// # Errors
/// [`Error::NotFound`] when there is none of that name; [`Error::Invalid`] when what is asked makes no sense; when the database does
/// not answer.
pub async fn make(app: &App, name: &str, ask: &Ask<'_>) -> Result<Report, Error> {
    let kind = KINDS
        .iter()
        .find(|kind| kind.name == name)
        .ok_or(Error::NotFound("report"))?;
    let range = Range::read(&ask.wanted, app.clock.now())?;
    let by = dimension(kind, ask.by)?;
    let lines = if kind.whats.is_empty() {
        let times = app.store.in_force_times(&range.steps).await?;
        lines::times(&times, range.steps.len())
    } else {
        counted(app, kind, &range, by).await?
    };
    Ok(Report {
        name: kind.name.to_owned(),
        from: rfc3339(range.from()),
        to: rfc3339(range.to()),
        zone: range.zone,
        step: range.step.word().to_owned(),
        by: by.map(str::to_owned),
        unit: kind.unit.to_owned(),
        steps: range.labels,
        lines,
    })
}

fn dimension(kind: &Kind, by: Option<&str>) -> Result<Option<&'static str>, Error> {
    let Some(by) = by.filter(|by| !by.is_empty()) else {
        let usual = kind.dimensions.first().copied();
        return Ok(usual.filter(|_| kind.always_parted));
    };
    let found = kind.dimensions.iter().find(|known| **known == by);
    found.copied().map(Some).ok_or_else(|| {
        let message = if kind.dimensions.is_empty() {
            format!("`{by}`: this report is not broken down")
        } else {
            format!(
                "this report is not broken down by `{by}`: want one of {}",
                kind.dimensions.join(", ")
            )
        };
        Error::field("by", message)
    })
}

async fn counted(
    app: &App,
    kind: &Kind,
    range: &Range,
    by: Option<&'static str>,
) -> Result<Vec<Line>, Error> {
    let ask = TallyAsk {
        whats: if by.is_some() {
            kind.parted
        } else {
            kind.whats
        },
        dimension: by.unwrap_or_default(),
        steps: &range.steps,
    };
    let sums = app.store.tallies(ask).await?;
    let mut lines = lines::of(&sums, ask.whats, range.steps.len(), by.is_none());
    if kind.unit == "per_1000" {
        lines = lines::rates(&lines);
    }
    let mut lines = lines::cut(lines, kind.unit == "per_1000");
    name(app, by, &mut lines).await?;
    Ok(lines)
}

/// Gives every line the name that people know.
async fn name(app: &App, by: Option<&str>, lines: &mut [Line]) -> Result<(), Error> {
    let known = match by {
        Some("topic") => {
            let topics = app.store.topics().await?.into_iter();
            topics
                .map(|line| (line.topic.id.to_string(), line.name))
                .collect()
        }
        Some("number") => numbers::names(app).await?,
        _ => std::collections::HashMap::new(),
    };
    for line in lines {
        line.label = known
            .get(&line.value)
            .cloned()
            .unwrap_or_else(|| line.value.clone());
        if by == Some("code") {
            line.note = note(&line.value);
        }
    }
    Ok(())
}

/// What a code means: one of ours, or one of Meta's.
#[must_use]
pub fn note(code: &str) -> Option<String> {
    let ours = Code::read(code).map(Code::sentence);
    let sentence = ours.or_else(|| Some(words::failure(code.parse().ok()?)?.1));
    sentence.map(str::to_owned)
}

/// The word by which translators know what a code of Meta's means.
#[must_use]
pub fn failure_word(code: &str) -> Option<&'static str> {
    Some(words::failure(code.parse().ok()?)?.0)
}

/// A number as people write it by hand: no more than two places, and none without need.
#[must_use]
pub fn plain_number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0" } else { text }.to_owned()
}

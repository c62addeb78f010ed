//! Charts: from numbers to shapes, once; then as SVG that takes its colours from the page, or as pixels.
//!
//! Nothing in here asks anybody for anything: the same numbers and words make the same picture.

pub mod layout;
pub mod raster;
pub mod scale;
pub mod svg;

use crate::services::reports::{Line, Report, plain_number};

/// How a chart is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A line for each series: they are compared.
    Lines,
    /// Bars that stand on each other: they are parts of a whole.
    Stacked,
}

/// A chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// What its elements are named after, where it stands in a page: letters, digits and dashes.
    pub id: String,
    /// What it shows, in a few words.
    pub title: String,
    /// What is counted.
    pub unit: String,
    /// How it is drawn.
    pub form: Form,
    /// What each step is called.
    pub steps: Vec<String>,
    /// The series.
    pub series: Vec<Series>,
}

/// One series of numbers, one for each step.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What people call it.
    pub name: String,
    /// The numbers; none where there is none.
    pub points: Vec<Option<f64>>,
}

/// How large a picture is, in the units of its drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// For a page on a desk.
    Wide,
    /// For a telephone: as many letters to the inch.
    Narrow,
    /// For a corner of a page: no words at all.
    Small,
}

/// The words of a chart in one language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// What it shows.
    pub title: String,
    /// What is counted.
    pub unit: String,
    /// The name of each line of the report.
    pub names: Vec<String>,
}

/// The chart of a report.
#[must_use]
pub fn of_report(report: &Report, words: &Words) -> Chart {
    // A count of others is no time; and a line that never left nought says less than its number does.
    let is_shown = |line: &Line| {
        let is_other = report.name == "time_to_force" && line.what == "count";
        !is_other && line.points.iter().flatten().any(|value| *value > 0.0)
    };
    let lines = report.lines.iter().zip(&words.names);
    let series = lines.filter(|(line, _)| is_shown(line));
    Chart {
        id: format!("chart-{}", report.name.replace('_', "-")),
        title: words.title.clone(),
        unit: words.unit.clone(),
        form: match report.name.as_str() {
            "saved" | "failures" => Form::Stacked,
            _ => Form::Lines,
        },
        steps: report.steps.clone(),
        series: series
            .map(|(line, name)| Series {
                name: name.clone(),
                points: line.points.clone(),
            })
            .collect(),
    }
}

/// The words of the API, which speaks English.
#[must_use]
pub fn plain_words(report: &Report) -> Words {
    let human = |text: &str| {
        let text = text.replace('_', " ");
        let mut letters = text.chars();
        letters.next().map_or_else(String::new, |first| {
            first.to_uppercase().chain(letters).collect()
        })
    };
    let name = |line: &Line| {
        let what = human(&line.what);
        if line.label.is_empty() {
            what
        } else {
            format!("{what}: {}", line.label)
        }
    };
    Words {
        title: human(&report.name),
        unit: match report.unit.as_str() {
            "per_1000" => "per 1,000 messages".to_owned(),
            "ms" => "milliseconds".to_owned(),
            other => other.to_owned(),
        },
        names: report.lines.iter().map(name).collect(),
    }
}

/// A number beside a mark: short, and never less exact than it looks.
#[must_use]
pub fn short_number(value: f64) -> String {
    let size = value.abs();
    if size >= 1e6 {
        format!("{}M", plain_number(value / 1e6))
    } else if size >= 1e4 {
        format!("{}k", plain_number(value / 1e3))
    } else {
        plain_number(value)
    }
}

/// What a step is called where there is little room.
#[must_use]
pub fn short_step(step: &str) -> &str {
    match step.split_once(' ') {
        Some((day, "00:00")) => day.get(5..).unwrap_or(day),
        Some((_, time)) => time,
        None => step.get(5..).unwrap_or(step),
    }
}

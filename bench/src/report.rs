//! Rows of the table, and the page that they are written to. Each section of the page can be measured again by itself:
//! it says of itself when, how large and under which load it was measured.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use crate::{
    machine::Machine,
    stats::{Runs, figure},
};

/// One line of the table.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// What was done.
    pub what: String,
    /// Our side.
    pub ours: String,
    /// The other side.
    pub peer: String,
    /// How many times better we are; below one we are worse.
    pub ratio: Option<f64>,
    /// What DESIGN asks for.
    pub target: String,
    /// Whether it was reached.
    pub met: Met,
    /// What must be known to read the line.
    pub note: String,
    /// What stands in the way where the target was not reached.
    pub obstacle: &'static str,
}

/// Whether a target was reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Met {
    /// Reached.
    Yes,
    /// Not reached.
    No,
    /// There is no target: a figure to know.
    #[default]
    Figure,
    /// Not at the size that the target speaks of.
    Smaller,
}

impl Met {
    /// From a comparison.
    #[must_use]
    pub const fn when(reached: bool) -> Self {
        if reached { Self::Yes } else { Self::No }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Yes => "met",
            Self::No => "**not met**",
            Self::Figure => "-",
            Self::Smaller => "not at this size",
        }
    }
}

/// The rows of one kind, under a heading.
#[derive(Debug, Clone, Default)]
pub struct Section {
    /// The heading.
    pub title: String,
    /// How it was measured.
    pub how: String,
    /// The lines.
    pub rows: Vec<Row>,
}

/// A median with its unit and, where runs differ, their range.
#[must_use]
pub fn told(runs: &Runs, unit: &str) -> String {
    let (low, high) = runs.range();
    let middle = figure(runs.median());
    if runs.len() < 2 {
        return format!("{middle} {unit}");
    }
    format!("{middle} {unit} ({} to {})", figure(low), figure(high))
}

/// What a section's text begins with, so that it is found again.
const MARK: &str = "<!-- row: ";
const MARK_END: &str = " -->\n";

/// The text of a section; `measured` says how large, when, and under which load.
#[must_use]
pub fn text(name: &str, section: &Section, measured: &str) -> String {
    let mut text = format!(
        "{MARK}{name}{MARK_END}## {}\n\n{}\n\n| what | Consentry | peer | ratio | target | |\n|---|---|---|---|---|---|\n",
        section.title, section.how
    );
    for row in &section.rows {
        let ratio = row
            .ratio
            .map_or_else(|| "-".to_owned(), |ratio| format!("{}x", figure(ratio)));
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} |",
            row.what,
            row.ours,
            row.peer,
            ratio,
            row.target,
            row.met.word()
        );
    }
    // What stands in the way of several lines is said once.
    let mut before: BTreeSet<&str> = BTreeSet::from([""]);
    for row in &section.rows {
        let obstacle = if row.met == Met::No { row.obstacle } else { "" };
        for said in [row.note.as_str(), obstacle] {
            if before.insert(said) {
                let _ = write!(text, "\n{}: {said}\n", row.what);
            }
        }
    }
    let _ = write!(text, "\n{measured}\n\n");
    text
}

/// The sections of a page that was written before, by their names.
#[must_use]
pub fn kept(page: &str) -> BTreeMap<String, String> {
    let parts = page.split(MARK).skip(1);
    parts
        .filter_map(|part| {
            let (name, _) = part.split_once(MARK_END)?;
            Some((name.to_owned(), format!("{MARK}{part}")))
        })
        .collect()
}

/// The whole page: the machine, and the sections in this order.
#[must_use]
pub fn page<'a>(machine: &Machine, sections: impl Iterator<Item = &'a String>) -> String {
    let mut text = String::from(
        "# Results\n\nWritten by `make bench`; how to read it stands in [README.md](README.md). Medians, in brackets the \
         smallest and the largest run. A ratio above 1 says how many times better Consentry is. Under each table stands when, \
         how large and under which load it was measured.\n\n",
    );
    text.push_str(&machine.page());
    text.push('\n');
    sections.for_each(|section| text.push_str(section));
    while text.ends_with("\n\n") {
        text.pop();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(reached: bool) -> Section {
        let row = Row {
            what: "a thing".to_owned(),
            ours: "1 s".to_owned(),
            peer: "2 s".to_owned(),
            ratio: Some(2.0),
            target: ">= 3x".to_owned(),
            met: Met::when(reached),
            obstacle: "the disk",
            ..Row::default()
        };
        Section {
            title: "Things".to_owned(),
            rows: vec![row],
            ..Section::default()
        }
    }

    #[test]
    fn a_section_says_what_was_not_met_and_why() {
        let missed = text("things", &section(false), "At real size.");
        assert!(
            missed.contains("| a thing | 1 s | 2 s | 2.00x | >= 3x | **not met** |"),
            "{missed}"
        );
        assert!(missed.contains("a thing: the disk\n"), "{missed}");
        assert!(missed.contains("At real size."), "{missed}");
        assert!(!text("things", &section(true), "").contains("the disk"));
    }

    #[test]
    fn a_section_that_is_not_measured_again_stays_as_it_was() {
        let (one, two) = (
            text("one", &section(true), "First."),
            text("two", &section(false), "Second."),
        );
        let before = page(&Machine::default(), [&one, &two].into_iter());
        let kept = kept(&before);
        assert_eq!(kept.keys().collect::<Vec<_>>(), ["one", "two"]);
        assert_eq!(page(&Machine::default(), kept.values()), before);
    }
}

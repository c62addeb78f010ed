//! Rows of the table, and the page that they are written to.

use std::fmt::Write as _;

use crate::{
    machine::Machine,
    stats::{Runs, figure},
};

/// One line of the table.
#[derive(Debug, Clone)]
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
    /// What stands in the way, or what must be known to read the line.
    pub note: String,
}

/// Whether a target was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Met {
    /// Reached.
    Yes,
    /// Not reached.
    No,
    /// There is no target: a figure to know.
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
    /// The load average when it began and when it ended.
    pub load: (String, String),
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

/// The whole page.
#[must_use]
pub fn page(machine: &Machine, sections: &[Section]) -> String {
    let mut text = String::from(
        "# Results\n\nWritten by `make bench`; how to read it stands in [README.md](README.md). Medians, in brackets the \
         smallest and the largest run. A ratio above 1 says how many times better Consentry is.\n\n",
    );
    text.push_str(&machine.page());
    for section in sections {
        let _ = write!(text, "\n## {}\n\n{}\n\n", section.title, section.how);
        text.push_str(
            "| what | Consentry | peer | ratio | target | |\n|---|---|---|---|---|---|\n",
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
        for row in section.rows.iter().filter(|row| !row.note.is_empty()) {
            let _ = write!(text, "\n{}: {}\n", row.what, row.note);
        }
        let _ = write!(
            text,
            "\nLoad average {} before, {} after.\n",
            section.load.0, section.load.1
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_what_was_not_met_and_why() {
        let row = Row {
            what: "a thing".to_owned(),
            ours: "1 s".to_owned(),
            peer: "2 s".to_owned(),
            ratio: Some(2.0),
            target: ">= 3x".to_owned(),
            met: Met::when(false),
            note: "the disk".to_owned(),
        };
        let section = Section {
            title: "Things".to_owned(),
            rows: vec![row],
            ..Section::default()
        };
        let page = page(&Machine::default(), &[section]);
        assert!(
            page.contains("| a thing | 1 s | 2 s | 2.00x | >= 3x | **not met** |"),
            "{page}"
        );
        assert!(page.contains("a thing: the disk"), "{page}");
    }
}

//! What is written where: answers to stdout, errors and progress to stderr.

use std::{
    fmt::Display,
    io::{IsTerminal, Write},
};

use serde_json::Value;

/// One line of an answer. A reader that went away is no failure of ours.
pub fn line(text: impl Display) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// An answer for programs: one line of JSON.
pub fn json(value: &Value) {
    line(value);
}

/// An error, in one line.
pub fn error(what: &dyn Display) {
    let text = what.to_string().replace('\n', " ");
    let _ = writeln!(std::io::stderr(), "error: {text}");
}

/// Something to know that is no error.
pub fn note(what: &dyn Display) {
    let _ = writeln!(std::io::stderr(), "note: {what}");
}

/// A line for people beside an answer for programs.
pub fn say(what: &dyn Display) {
    let _ = writeln!(std::io::stderr(), "{what}");
}

/// A few lines with their names aligned.
pub fn fields(rows: &[(&str, String)]) {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in rows {
        line(format_args!("{name:width$}  {value}"));
    }
}

/// A table without lines: a header, and each column as wide as its widest cell.
pub fn table(header: &[&str], rows: &[Vec<String>]) {
    let widths: Vec<usize> = header
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let cells = rows.iter().filter_map(|row| row.get(at));
            let widest = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
            widest.max(name.len())
        })
        .collect();
    let print = |cells: &mut dyn Iterator<Item = &str>| {
        let padded = cells
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"));
        line(padded.collect::<Vec<_>>().join("  ").trim_end());
    };
    print(&mut header.iter().copied());
    for row in rows {
        print(&mut row.iter().map(String::as_str));
    }
}

/// Whether somebody is watching.
pub fn is_watched() -> bool {
    std::io::stderr().is_terminal()
}

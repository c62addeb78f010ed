//! `hot NAME TIMES`: one hot path, so many times, and nothing else: what callgrind counts.

pub mod paths;

use std::io::Write as _;

use anyhow::{Context, Result};

/// Does what was asked on the command line.
///
/// # Errors
/// When there is no such path.
pub fn start() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let name = words
        .next()
        .context("want `hot list` or `hot NAME TIMES`")?;
    if name == "list" {
        for (name, _) in paths::ALL {
            writeln!(std::io::stdout(), "{name}")?;
        }
        return Ok(());
    }
    let times = words.next().context("how many times?")?.parse()?;
    let found = paths::ALL.iter().find(|(known, _)| *known == name);
    let (_, path) =
        found.with_context(|| format!("`{name}` is no hot path: want one of `hot list`"))?;
    path(times)
}

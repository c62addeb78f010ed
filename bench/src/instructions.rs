//! Instructions of the hot paths, counted by callgrind: the same on a busy machine and on an idle one.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path, process::Command};

use anyhow::{Context, Result, bail, ensure};

use crate::say::show;

/// By how much a path may grow before somebody must look, in percent.
const TOLERANCE: f64 = 5.0;

/// Two lengths: what start and end cost falls out of the difference.
const SHORT: u64 = 100;
const LONG: u64 = 1_100;

const OPENING: &str = "# Instructions for one call of each hot path, counted by callgrind over the release build.\n\
                       # `make bench-instructions` compares, `make bench-instructions WRITE=1` keeps new counts.\n";

/// Counts every path and compares with what is kept; with `write` keeps the new counts.
///
/// # Errors
/// When a path needs more instructions than is kept and tolerated, or one is not kept at all.
pub fn compare(hot: &Path, kept: &Path, write: bool) -> Result<()> {
    let before = read(&fs::read_to_string(kept).unwrap_or_default())?;
    let now = count_all(hot)?;
    let mut worse = Vec::new();
    for (name, count) in &now {
        let (was, change) = match before.get(name) {
            Some(was) => (was.to_string(), percent(*was, *count)),
            None => ("-".to_owned(), f64::INFINITY),
        };
        show(&format!(
            "{name:24} {count:>10} was {was:>10} {change:+.1} %"
        ));
        if change > TOLERANCE {
            worse.push(name.clone());
        }
    }
    if write {
        fs::write(kept, text(&now))?;
        return Ok(());
    }
    let gone: Vec<&String> = before
        .keys()
        .filter(|name| !now.contains_key(*name))
        .collect();
    ensure!(gone.is_empty(), "kept and not counted any more: {gone:?}");
    if !worse.is_empty() {
        bail!(
            "more than {TOLERANCE} % worse, or new: {}. Find out why; if it must be, WRITE=1 keeps the new counts",
            worse.join(", ")
        );
    }
    Ok(())
}

fn count_all(hot: &Path) -> Result<BTreeMap<String, u64>> {
    let names = Command::new(hot).arg("list").output()?;
    ensure!(names.status.success(), "`{} list` failed", hot.display());
    let names = String::from_utf8(names.stdout)?;
    names
        .lines()
        .map(|name| {
            let (short, long) = (count(hot, name, SHORT)?, count(hot, name, LONG)?);
            Ok((name.to_owned(), (long - short) / (LONG - SHORT)))
        })
        .collect()
}

fn count(hot: &Path, name: &str, times: u64) -> Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(hot)
        .args([name, &times.to_string()])
        .output()
        .context("run valgrind: is it installed?")?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "callgrind on {name}: {said}");
    let line = said
        .lines()
        .find_map(|line| line.split_once("Collected : "));
    let count = line
        .with_context(|| format!("callgrind said no count: {said}"))?
        .1;
    Ok(count.trim().parse()?)
}

fn read(kept: &str) -> Result<BTreeMap<String, u64>> {
    let lines = kept
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines
        .map(|line| {
            let (name, count) = line
                .rsplit_once(' ')
                .with_context(|| format!("`{line}`: want a name and a count"))?;
            Ok((name.trim().to_owned(), count.parse()?))
        })
        .collect()
}

fn text(counts: &BTreeMap<String, u64>) -> String {
    let mut text = OPENING.to_owned();
    for (name, count) in counts {
        let _ = writeln!(text, "{name:24} {count}");
    }
    text
}

fn percent(was: u64, is: u64) -> f64 {
    (crate::stats::float(is) / crate::stats::float(was.max(1)) - 1.0) * 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_back_as_they_were_kept() {
        let counts = BTreeMap::from([
            ("phone".to_owned(), 120),
            ("webhook, a status".to_owned(), 45_000),
        ]);
        assert_eq!(read(&text(&counts)).unwrap(), counts);
        assert!(read("phone many").is_err());
    }

    #[test]
    fn a_path_that_grew_by_a_tenth_is_beyond_what_is_tolerated() {
        assert!(percent(1_000, 1_100) > TOLERANCE);
        assert!(percent(1_000, 1_049) < TOLERANCE);
    }
}

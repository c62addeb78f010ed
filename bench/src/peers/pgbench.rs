//! pgbench: PostgreSQL's own load generator, with prepared statements and every wait logged.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, bail};

use super::postgres::Postgres;
use crate::stats::Waits;

/// A script and how often it is drawn.
pub struct Script {
    /// The statements, in pgbench's own language.
    pub text: String,
    /// Its share.
    pub weight: u32,
}

/// How hard.
#[derive(Debug, Clone, Copy)]
pub struct Pressure {
    /// Connections at once.
    pub clients: usize,
    /// For how long.
    pub seconds: u64,
    /// The seed of its random numbers.
    pub seed: u64,
}

/// What a run came to.
pub struct Outcome {
    /// Transactions a second, without the time to connect.
    pub per_second: f64,
    /// How long each transaction took.
    pub waits: Waits,
}

/// How often a run is tried in which nobody got through: its time begins before its clients have connected.
const TRIES: u64 = 3;

/// Runs the scripts.
///
/// # Errors
/// When a statement fails, or no transaction ever ends.
pub fn run(postgres: &Postgres, scripts: &[Script], pressure: Pressure) -> Result<Outcome> {
    for longer in 1..=TRIES {
        let seconds = pressure.seconds * longer;
        let done = once(
            postgres,
            scripts,
            Pressure {
                seconds,
                ..pressure
            },
        )?;
        if let Some(outcome) = done {
            return Ok(outcome);
        }
    }
    bail!(
        "pgbench ended no transaction in {} s",
        pressure.seconds * TRIES
    )
}

/// One run; none when no transaction ended in it.
fn once(postgres: &Postgres, scripts: &[Script], pressure: Pressure) -> Result<Option<Outcome>> {
    let folder = tempfile::tempdir()?;
    let mut command = postgres.program("pgbench");
    command
        .current_dir(folder.path())
        .args(["-n", "-M", "prepared", "-l", "--log-prefix=waits"])
        .args(["-c", &pressure.clients.to_string(), "-j", "1"])
        .args([
            "-T",
            &pressure.seconds.to_string(),
            &format!("--random-seed={}", pressure.seed),
        ]);
    for (at, script) in scripts.iter().enumerate() {
        let path = folder.path().join(format!("script{at}.sql"));
        fs::write(&path, &script.text)?;
        command
            .arg("-f")
            .arg(format!("{}@{}", path.display(), script.weight));
    }
    command.arg("postgres");
    let output = command.output().context("run pgbench")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() || errors.contains("ERROR") {
        bail!("pgbench failed: {}", errors.trim());
    }
    let line = text.lines().find_map(|line| line.strip_prefix("tps = "));
    let Some(line) = line else {
        return Ok(None);
    };
    let per_second = line.split(' ').next().unwrap_or_default();
    Ok(Some(Outcome {
        per_second: per_second.parse().with_context(|| line.to_owned())?,
        waits: waits(folder.path())?,
    }))
}

/// The third word of each line is how long a transaction took, in microseconds.
fn waits(folder: &Path) -> Result<Waits> {
    let mut waits = Waits::new()?;
    let logs = fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path()));
    let is_log = |path: &PathBuf| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("waits"))
    };
    for log in logs.filter(is_log) {
        for line in fs::read_to_string(log)?.lines() {
            let micros = line.split(' ').nth(2).and_then(|word| word.parse().ok());
            waits.record(Duration::from_micros(
                micros.with_context(|| format!("pgbench logged `{line}`"))?,
            ));
        }
    }
    Ok(waits)
}

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

/// Runs the scripts.
///
/// # Errors
/// When a statement fails.
pub fn run(postgres: &Postgres, scripts: &[Script], pressure: Pressure) -> Result<Outcome> {
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
    let per_second = line
        .and_then(|line| line.split(' ').next())
        .with_context(|| format!("pgbench gave no tps: {text} {errors}"))?;
    Ok(Outcome {
        per_second: per_second.parse()?,
        waits: waits(folder.path())?,
    })
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

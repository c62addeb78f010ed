//! `bench`: peers and Consentry side by side, in one run on one machine, and what came of it as a page.

mod desk;
mod engine;
mod events;
pub mod hot;
mod instructions;
mod machine;
mod meta;
mod numbers;
mod ours;
mod peers;
mod plan;
mod report;
mod rows;
mod say;
mod seed;
mod snapshots;
mod stats;
mod webhooks;
mod wire;

use std::{collections::BTreeMap, path::PathBuf, time::Instant};

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::{
    machine::Machine,
    peers::{postgres::Postgres, redis::Redis},
    plan::{Bench, Scale},
    say::{say, show},
};

/// Measures Consentry beside what people would use instead.
#[derive(Debug, Parser)]
#[command(name = "bench", about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure, print the table and write it.
    Run(Run),
    /// Count the instructions of the hot paths with callgrind, and compare them with those that are kept.
    Instructions {
        /// The program with the hot paths.
        #[arg(long)]
        hot: PathBuf,
        /// The counts that are kept.
        #[arg(long)]
        kept: PathBuf,
        /// Keep the new counts.
        #[arg(long)]
        write: bool,
    },
}

#[derive(Debug, clap::Args)]
struct Run {
    /// The `consentry` that is measured.
    #[arg(long)]
    binary: PathBuf,
    /// Only these rows, separated by commas.
    #[arg(long, value_delimiter = ',')]
    rows: Vec<String>,
    /// How much.
    #[arg(long, value_enum, default_value = "real")]
    scale: Scale,
    /// Runs of each side.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Where databases are made; those of people are kept for the next run.
    #[arg(long)]
    work: PathBuf,
    /// Where the page is written.
    #[arg(long)]
    out: PathBuf,
}

/// Does what was asked on the command line.
///
/// # Errors
/// What went wrong, for people.
pub fn start() -> Result<()> {
    match Arguments::parse().command {
        Command::Run(asked) => run(asked),
        Command::Instructions { hot, kept, write } => instructions::compare(&hot, &kept, write),
    }
}

fn run(asked: Run) -> Result<()> {
    std::fs::create_dir_all(&asked.work)?;
    let machine = machine(&asked)?;
    let bench = Bench {
        size: asked.scale.size(),
        runs: asked.runs.max(1),
        binary: asked.binary.canonicalize()?,
        work: asked.work.canonicalize()?,
    };
    let wanted = |name: &str| asked.rows.is_empty() || asked.rows.iter().any(|row| row == name);
    let before = std::fs::read_to_string(&asked.out).unwrap_or_default();
    let mut sections = report::kept(&before);
    sections.retain(|name, _| !wanted(name));
    let page = |sections: &BTreeMap<String, String>| {
        let in_order = rows::ALL.iter().filter_map(|(name, _)| sections.get(*name));
        report::page(&machine, in_order)
    };
    for (name, work) in rows::ALL {
        if !wanted(name) {
            continue;
        }
        say(&format!("== {name}"));
        let load = machine::load();
        let began = Instant::now();
        let section = work(&bench)?;
        let measured = format!(
            "{}, {} runs of each side, taking turns; {} min in all, until {}, commit {}. Load average {load} before, {} after.",
            asked.scale.word(),
            bench.runs,
            began.elapsed().as_secs().div_ceil(60),
            machine::said("date", &["-u", "+%F %H:%M UTC"]),
            machine::said("git", &["rev-parse", "--short", "HEAD"]),
            machine::load()
        );
        sections.insert(name.to_owned(), report::text(name, &section, &measured));
        // After each section, so that a run that is broken off leaves what it has.
        std::fs::write(&asked.out, page(&sections))?;
    }
    show(&page(&sections));
    Ok(())
}

fn machine(asked: &Run) -> Result<Machine> {
    let mut machine = Machine::look(&asked.work)?;
    machine.add(
        "Consentry",
        &machine::said(&asked.binary.to_string_lossy(), &["--version"]),
    );
    machine.add(
        "Redis",
        &format!("{}; {}", Redis::version(), peers::redis::SETTINGS),
    );
    machine.add(
        "PostgreSQL",
        &format!("{}; {}", Postgres::version(), Postgres::settings()),
    );
    Ok(machine)
}

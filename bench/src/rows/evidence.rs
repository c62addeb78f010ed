//! What evidence costs: webhooks with the log, and with a database that drops what the log would hold.

use std::path::Path;

use anyhow::Result;
use sqlx::{Connection, SqliteConnection};

use crate::{
    events::{self, Door},
    plan::Bench,
    report::{Met, Row, Section, told},
    say::say,
    seed,
    stats::Runs,
};

const CONNECTIONS: usize = 64;
/// The share of throughput that evidence may cost.
const COST_MAX: f64 = 0.10;

/// Measures.
///
/// # Errors
/// When a side does not start, or refuses.
pub fn run(bench: &Bench) -> Result<Section> {
    let size = &bench.size;
    let seconds = size.seconds * u64::try_from(bench.runs)? + 10;
    let mut on = Door::make(&bench.work, size.ingest_contacts, seconds)?;
    let mut off = Door::make(&bench.work, size.ingest_contacts, seconds)?;
    without_log(off.folder())?;
    let (with, without) = (
        events::serve(&bench.binary, &on)?,
        events::serve(&bench.binary, &off)?,
    );
    on.knock(&with, 4, 1)?;
    off.knock(&without, 4, 1)?;
    let (mut runs_on, mut runs_off) = (Runs::default(), Runs::default());
    for run in 0..bench.runs {
        say(&format!("evidence: run {}", run + 1));
        runs_on.push(on.knock(&with, CONNECTIONS, size.seconds)?.per_second());
        runs_off.push(off.knock(&without, CONNECTIONS, size.seconds)?.per_second());
    }
    with.stop()?;
    without.stop()?;
    let cost = 1.0 - runs_on.median() / runs_off.median();
    let row = Row {
        what: "ledger on, against off".to_owned(),
        ours: format!("on: {}", told(&runs_on, "/s")),
        peer: format!("off: {}", told(&runs_off, "/s")),
        ratio: Some(runs_on.median() / runs_off.median()),
        target: "<= 10 % of throughput".to_owned(),
        met: Met::when(cost <= COST_MAX),
        note: format!("the log costs {:.1} % of the throughput.", cost * 100.0),
        ..Row::default()
    };
    Ok(Section {
        title: "Evidence".to_owned(),
        how: format!(
            "The same webhooks over {CONNECTIONS} connections, into a database as it is and into one with a trigger that drops \
             every leaf before it waits for its number: no numbering, no entries, no tiles, no head. There is no switch for this in \
             the program, and so none that somebody could leave off. What stays on both sides is making a leaf (three \
             commitments and a hash), whose cost is in instructions.txt."
        ),
        rows: vec![row],
    })
}

/// The least harmful way to switch the log off: in the database of this run, never in the program.
fn without_log(data: &Path) -> Result<()> {
    let file = format!("sqlite:{}", data.join("consentry.db").display());
    seed::block_on(async {
        let mut database = SqliteConnection::connect(&file).await?;
        sqlx::query(
            "create trigger bench_without_log before insert on log_pending begin select raise(ignore); end",
        )
        .execute(&mut database)
        .await?;
        database.close().await?;
        Ok(())
    })
}

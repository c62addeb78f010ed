//! Webhooks taken in durably, beside PostgreSQL doing the same table work.

use anyhow::Result;

use crate::{
    events::{self, Door},
    peers::{
        pgbench::{Outcome, Pressure},
        postgres::Postgres,
    },
    plan::Bench,
    report::{Met, Row, Section, told},
    say::say,
    stats::Runs,
    wire::Load,
};

/// Connections at once.
const CONNECTIONS: [usize; 3] = [1, 16, 64];
/// The number of connections that the targets speak of.
const TARGET: usize = 64;
/// The longest that 99 in 100 may wait, in milliseconds.
const P99_MS: f64 = 25.0;

/// What stands in the way.
const OBSTACLE: &str = "a statement is a journey to the thread of the connection and back, some 0.1 ms here: an opt-out takes sixteen, a group of statuses five, one after the \
                        other, while one core stands idle. PostgreSQL gets a transaction as one pipelined text, and neither parses nor seals nor hashes. Of CPU an event \
                        costs 0.45 ms.";

#[derive(Default)]
struct Sides {
    ours: Runs,
    p50: Runs,
    p99: Runs,
    same: Runs,
    same_p99: Runs,
    bare: Runs,
    bare_p99: Runs,
}

/// Measures.
///
/// # Errors
/// When a side does not start, or refuses.
pub fn run(bench: &Bench) -> Result<Section> {
    let size = &bench.size;
    let runs = u64::try_from(bench.runs)?;
    let seconds = size.seconds * runs * 3;
    let mut door = Door::make(&bench.work, size.ingest_contacts, seconds)?;
    let messages = size.seconds * 12_000;
    let postgres = events::tables(size.ingest_contacts, messages)?;
    events::same_people(&postgres)?;
    let ours = events::serve(&bench.binary, &door)?;
    // The first seconds of either side fill caches.
    warm(bench, &mut door, &ours, (&postgres, messages))?;
    let mut all: Vec<(usize, Sides)> = Vec::new();
    for connections in CONNECTIONS {
        let mut sides = Sides::default();
        for run in 0..runs {
            say(&format!(
                "ingest: {connections} connections, run {}",
                run + 1
            ));
            sides.take_ours(&door.knock(&ours, connections, size.seconds)?);
            let pressure = Pressure {
                clients: connections,
                seconds: size.seconds,
                seed: run * 100 + u64::try_from(connections)?,
            };
            sides.take_same(&events::same_work(
                &postgres,
                size.ingest_contacts,
                messages,
                pressure,
            )?);
            sides.take_bare(&events::bare_insert(&postgres, pressure)?);
        }
        all.push((connections, sides));
    }
    ours.stop()?;
    door.look()?;
    Ok(section(bench, &all))
}

fn warm(
    bench: &Bench,
    door: &mut Door,
    ours: &crate::ours::Ours,
    peer: (&Postgres, u64),
) -> Result<()> {
    let (postgres, messages) = peer;
    door.knock(ours, 4, 1)?;
    let pressure = Pressure {
        clients: 4,
        seconds: 1,
        seed: 99,
    };
    events::same_work(postgres, bench.size.ingest_contacts, messages, pressure)?;
    Ok(())
}

impl Sides {
    fn take_ours(&mut self, load: &Load) {
        self.ours.push(load.per_second());
        self.p50.push(load.waits.percentile_us(50.0) / 1_000.0);
        self.p99.push(load.waits.percentile_us(99.0) / 1_000.0);
    }

    fn take_same(&mut self, done: &Outcome) {
        self.same.push(done.per_second);
        self.same_p99.push(done.waits.percentile_us(99.0) / 1_000.0);
    }

    fn take_bare(&mut self, done: &Outcome) {
        self.bare.push(done.per_second);
        self.bare_p99.push(done.waits.percentile_us(99.0) / 1_000.0);
    }
}

fn section(bench: &Bench, all: &[(usize, Sides)]) -> Section {
    let mut rows = Vec::new();
    for (connections, sides) in all {
        let is_target = *connections == TARGET;
        let ours = format!(
            "{}; p50 {}, p99 {}",
            told(&sides.ours, "/s"),
            told(&sides.p50, "ms"),
            told(&sides.p99, "ms")
        );
        let mut peer = |name: &str, theirs: (&Runs, &Runs), least: f64| {
            let ratio = sides.ours.median() / theirs.0.median();
            rows.push(Row {
                what: format!("webhooks in force, {connections} connections"),
                ours: ours.clone(),
                peer: format!(
                    "{name}: {}; p99 {}",
                    told(theirs.0, "/s"),
                    told(theirs.1, "ms")
                ),
                ratio: Some(ratio),
                target: if is_target {
                    format!(">= {least}x")
                } else {
                    "-".to_owned()
                },
                met: if is_target {
                    Met::when(ratio >= least)
                } else {
                    Met::Figure
                },
                obstacle: OBSTACLE,
                ..Row::default()
            });
        };
        peer(
            "PostgreSQL, the same table work",
            (&sides.same, &sides.same_p99),
            3.0,
        );
        peer(
            "PostgreSQL, a bare INSERT",
            (&sides.bare, &sides.bare_p99),
            1.0,
        );
        if is_target {
            rows.push(Row {
                what: format!("the wait for the 200, {connections} connections"),
                ours: format!("p99 {}", told(&sides.p99, "ms")),
                peer: "-".to_owned(),
                ratio: None,
                target: format!("p99 <= {P99_MS} ms"),
                met: Met::when(sides.p99.median() <= P99_MS),
                obstacle: OBSTACLE,
                ..Row::default()
            });
        }
    }
    Section {
        title: "Webhooks in".to_owned(),
        how: format!(
            "Each request a signed body of its own with one event: one in ten a STOP or START, the rest statuses of messages \
             of ours; {} contacts. Before the 200: signature, parse, registers, events and leaves, commit with fsync (SQLite, \
             WAL, synchronous=FULL). PostgreSQL: pgbench -M prepared over the Unix socket, all statements of a transaction \
             pipelined, our own schema and indexes, the same rows an event, and no parsing, sealing or hashing at all. Both \
             sides on the same disk, taking turns, {} s each; the load generators share the two cores with what they measure.",
            bench.size.ingest_contacts, bench.size.seconds
        ),
        rows,
    }
}

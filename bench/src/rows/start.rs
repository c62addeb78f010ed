//! A cold start, and the memory that a contact takes: Redis loading its dump beside Consentry.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};

use crate::{
    machine,
    numbers::{agreed, number},
    ours::{Start, question},
    peers::redis::Redis,
    plan::Bench,
    report::{Met, Row, Section, told},
    rows::filter::{ALLOWED, with_sets},
    say::say,
    seed,
    stats::{Runs, figure, float},
};

#[derive(Default)]
struct Sides {
    redis: Runs,
    ours: Runs,
    index: Runs,
    redis_bytes: Runs,
    our_bytes: Runs,
}

/// Measures.
///
/// # Errors
/// When a side does not start, or answers wrongly.
pub fn run(bench: &Bench) -> Result<Section> {
    let contacts = bench.size.contacts;
    let data = seed::people(&bench.work, contacts)?;
    let nobody = seed::people(&bench.work, 0)?;
    let folder = tempfile::Builder::new()
        .prefix("redis-")
        .tempdir_in(&bench.work)?;
    with_sets(folder.path(), contacts)?.dump_and_stop()?;
    let empty = tempfile::tempdir()?;
    let redis_empty = Redis::start(empty.path())?.used_memory()?;
    let ours_empty = ours(bench, &nobody, None)?.bytes;
    // The first start makes the index from the rows and writes it down. What is timed are starts after that.
    say("start: the index is made from the rows");
    let from_rows = ours(bench, &data, Some(contacts))?.index;
    let mut sides = Sides::default();
    for run in 0..bench.runs {
        say(&format!("start: run {}", run + 1));
        forget_pages();
        let began = Instant::now();
        let redis = Redis::start(folder.path())?;
        let said = redis
            .loopback()?
            .call(&["SISMEMBER", ALLOWED, &number(0).to_string()])?;
        sides.redis.push(began.elapsed().as_secs_f64());
        ensure!((said == b"1") == agreed(0), "Redis answered wrongly");
        sides
            .redis_bytes
            .push(float(redis.used_memory()?.saturating_sub(redis_empty)) / float(contacts));
        drop(redis);
        forget_pages();
        let started = ours(bench, &data, Some(contacts))?;
        sides.ours.push(started.verdict);
        sides.index.push(started.index);
        sides
            .our_bytes
            .push(float(started.bytes.saturating_sub(ours_empty)) / float(contacts));
    }
    Ok(section(bench, &sides, from_rows))
}

/// Seconds to the first right answer and until the index is in force, and the memory of the process then.
struct Started {
    verdict: f64,
    index: f64,
    bytes: u64,
}

fn ours(bench: &Bench, data: &Path, contacts: Option<u64>) -> Result<Started> {
    let start = Start::new(&bench.binary, data);
    let key = start.key()?;
    forget_pages();
    let began = Instant::now();
    let gate = start.serve()?;
    let mut wire = gate.wire()?;
    let ends = Instant::now() + Duration::from_secs(300);
    let verdict = loop {
        let answer = wire.ask(&question(&key, number(0)))?;
        if answer.status == 200 {
            let said = String::from_utf8_lossy(&answer.body).into_owned();
            let right = contacts.is_none() || said.contains(&format!("\"allow\":{}", agreed(0)));
            ensure!(right, "the first verdict is wrong: {said}");
            break began.elapsed().as_secs_f64();
        }
        if Instant::now() > ends {
            bail!("no verdict after five minutes");
        }
        thread::sleep(Duration::from_millis(1));
    };
    gate.wait_for_index()?;
    let index = began.elapsed().as_secs_f64();
    let bytes = machine::resident(gate.pid())?;
    gate.stop()?;
    Ok(Started {
        verdict,
        index,
        bytes,
    })
}

/// A cold start reads from the disk. Where we may not empty the page cache, both sides start warm.
fn forget_pages() {
    let _ = std::process::Command::new("sync").status();
    let _ = std::fs::write("/proc/sys/vm/drop_caches", "3");
}

fn section(bench: &Bench, sides: &Sides, from_rows: f64) -> Section {
    let size = |reached: bool| {
        if bench.size.is_real {
            Met::when(reached)
        } else {
            Met::Smaller
        }
    };
    let faster = sides.redis.median() / sides.ours.median();
    let smaller = sides.redis_bytes.median() / sides.our_bytes.median();
    Section {
        title: "Start and memory".to_owned(),
        how: format!(
            "{} contacts. The page cache is emptied before each start (as root). Redis: from the start of the process to the answer \
             of a SISMEMBER, its dump holding two sets, of those allowed and those refused; memory: used_memory less that of \
             an empty one. Consentry: from the start of `consentry serve` to the first verdict over HTTP, which must be right (the \
             database answers until the index is read from its snapshot), and until the index is in force; memory: resident \
             size with the index, less that of a gate without contacts. Where no snapshot is believed, the index is made \
             from the rows: {} s, in the background.",
            bench.size.contacts,
            figure(from_rows)
        ),
        rows: vec![
            Row {
                what: "cold start to the first right answer".to_owned(),
                ours: told(&sides.ours, "s"),
                peer: format!("Redis: {}", told(&sides.redis, "s")),
                ratio: Some(faster),
                target: ">= 5x".to_owned(),
                met: size(faster >= 5.0),
                ..Row::default()
            },
            Row {
                what: "cold start until the index is in force".to_owned(),
                ours: told(&sides.index, "s"),
                peer: format!("Redis: {}", told(&sides.redis, "s")),
                ratio: Some(sides.redis.median() / sides.index.median()),
                target: "-".to_owned(),
                ..Row::default()
            },
            Row {
                what: "memory a contact".to_owned(),
                ours: told(&sides.our_bytes, "bytes"),
                peer: format!("Redis sets: {}", told(&sides.redis_bytes, "bytes")),
                ratio: Some(smaller),
                target: "<= 1/5".to_owned(),
                met: size(smaller >= 5.0),
                ..Row::default()
            },
        ],
    }
}

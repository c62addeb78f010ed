//! How a verdict and the memory for it grow with the number of contacts.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

use super::filter::over_http;
use crate::{
    engine::Engine,
    machine,
    numbers::{Answer, List},
    ours::{Ours, Start, question},
    plan::Bench,
    report::{Met, Row, Section, told},
    say::say,
    seed, snapshots,
    stats::{Runs, figure, float},
    wire::load,
};

const QUESTIONS: u64 = 50_000;
/// Numbers on the list.
const LIST: u64 = 10_000_000;
/// Numbers whose answers show that a gate has its index.
const FIRST_LIST: u64 = 1_000;
/// Contacts above which a database takes longer to fill than a run of the bench should.
const FILLED_MAX: u64 = 10_000_000;
/// The memory that a hundred million contacts may take, in GiB.
const GIB_MAX: f64 = 24.0;

/// Measures.
///
/// # Errors
/// When the gate does not start, refuses, or answers wrongly.
pub fn run(bench: &Bench) -> Result<Section> {
    let mut rows = Vec::new();
    for contacts in bench.size.growth {
        say(&format!("growth: {contacts} contacts in the index"));
        let engine = Engine::with(*contacts)?;
        rows.push(index(bench, *contacts, &engine)?);
        say(&format!("growth: {contacts} contacts from a snapshot"));
        rows.push(served(bench, *contacts, engine)?);
    }
    let filled = bench.size.growth.iter().copied();
    for contacts in filled.filter(|contacts| *contacts <= FILLED_MAX) {
        say(&format!("growth: {contacts} contacts in the database"));
        rows.push(one(bench, contacts)?);
    }
    Ok(Section {
        title: "Growth".to_owned(),
        how: "The same work at growing numbers of contacts. In the index: in this process, one question at a time, and a list over two \
              threads. From a snapshot: `consentry serve` over a file with so many contacts that a generator wrote, and nothing \
              in the database: what it answers comes from the index; start to the first 1,000 right verdicts, and a list through \
              HTTP, compared number by number. In the database: filled through the house, each contact with its event, its \
              leaf and its standing; one question at a time over HTTP."
            .to_owned(),
        rows,
    })
}

/// The index by itself.
fn index(bench: &Bench, contacts: u64, engine: &Engine) -> Result<Row> {
    let list = List::new(contacts, LIST.min(contacts));
    let (text, wanted) = (list.text(), list.expected());
    let texts: Vec<String> = List::new(contacts, QUESTIONS)
        .numbers()
        .map(|number| format!("+{number}"))
        .collect();
    let (mut p50, mut p99, mut rate) = (Runs::default(), Runs::default(), Runs::default());
    for _ in 0..bench.runs {
        let waits = engine.ask(&texts, 1)?;
        p50.push(waits.percentile_us(50.0));
        p99.push(waits.percentile_us(99.0));
        let (answer, took) = engine.filter(&text)?;
        same(answer, wanted)?;
        rate.push(float(list.len()) / took);
    }
    let bytes = u64::try_from(engine.bytes())?;
    Ok(Row {
        what: format!("{} contacts in the index", figure(float(contacts))),
        ours: format!(
            "p50 {}, p99 {}; a list {}; {} bytes a contact",
            told(&p50, "us"),
            told(&p99, "us"),
            told(&rate, "numbers/s"),
            figure(float(bytes) / float(contacts))
        ),
        peer: "-".to_owned(),
        target: "-".to_owned(),
        ..Row::default()
    })
}

/// A gate that starts from a snapshot of so many.
fn served(bench: &Bench, contacts: u64, engine: Engine) -> Result<Row> {
    let folder = tempfile::Builder::new()
        .prefix("snapshot-")
        .tempdir_in(&bench.work)?;
    let data = folder.path().join("data");
    snapshots::make(&data, &bench.binary, &engine)?;
    drop(engine);
    let start = Start::new(&bench.binary, &data);
    let key = start.key()?;
    let list = List::new(contacts, LIST.min(contacts));
    let (text, wanted) = (Arc::new(list.text()), list.expected());
    let (mut starts, mut rate) = (Runs::default(), Runs::default());
    let (mut bytes, mut most) = (0, 0);
    for _ in 0..bench.runs {
        let (gate, took) = first_right(&start, &key, contacts)?;
        starts.push(took);
        let began = Instant::now();
        same(over_http(&gate, &key, &text)?, wanted)?;
        rate.push(float(list.len()) / began.elapsed().as_secs_f64());
        bytes = machine::resident(gate.pid())?.max(bytes);
        most = machine::most_resident(gate.pid())?.max(most);
        gate.stop()?;
    }
    let gib = |bytes: u64| float(bytes) / float(1 << 30);
    Ok(Row {
        what: format!("{} contacts from a snapshot", figure(float(contacts))),
        ours: format!(
            "start {}; a list through HTTP {}; {} GiB resident, {} GiB at the most",
            told(&starts, "s"),
            told(&rate, "numbers/s"),
            figure(gib(bytes)),
            figure(gib(most))
        ),
        peer: "-".to_owned(),
        target: format!("within {GIB_MAX} GiB"),
        met: Met::when(gib(most) <= GIB_MAX),
        ..Row::default()
    })
}

/// Starts the gate, and times it until it has answered a list as is right.
fn first_right(start: &Start<'_>, key: &str, contacts: u64) -> Result<(Ours, f64)> {
    let list = List::new(contacts, FIRST_LIST);
    let (text, wanted) = (Arc::new(list.text()), list.expected());
    let began = Instant::now();
    let gate = start.serve()?;
    gate.wait_for_index()?;
    // Were the snapshot not believed, the index would be made from the rows, where nobody is.
    same(over_http(&gate, key, &text)?, wanted)?;
    Ok((gate, began.elapsed().as_secs_f64()))
}

fn same(answer: Answer, wanted: Answer) -> Result<()> {
    ensure!(
        answer == wanted,
        "the answer was {answer:?}, and {wanted:?} is right"
    );
    Ok(())
}

/// A gate over a database of so many.
fn one(bench: &Bench, contacts: u64) -> Result<Row> {
    let data = seed::people(&bench.work, contacts)?;
    let start = Start::new(&bench.binary, &data);
    let key = start.key()?;
    let gate = start.serve()?;
    gate.wait_for_index()?;
    let questions: Vec<Vec<u8>> = List::new(contacts, QUESTIONS)
        .numbers()
        .map(|number| question(&key, number))
        .collect();
    let questions = Arc::new(questions);
    let (mut p50, mut p99) = (Runs::default(), Runs::default());
    for _ in 0..bench.runs {
        let time = Duration::from_secs(bench.size.seconds);
        let done = load(gate.address(), &questions, 1, time)?;
        ensure!(done.refused == 0, "{} questions were refused", done.refused);
        p50.push(done.waits.percentile_us(50.0));
        p99.push(done.waits.percentile_us(99.0));
    }
    let bytes = machine::resident(gate.pid())?;
    gate.stop()?;
    Ok(Row {
        what: format!("{} contacts, over HTTP", figure(float(contacts))),
        ours: format!(
            "p50 {}, p99 {}; {} MiB resident",
            told(&p50, "us"),
            told(&p99, "us"),
            bytes / 1024 / 1024
        ),
        peer: "-".to_owned(),
        target: "-".to_owned(),
        ..Row::default()
    })
}

//! How a verdict and the memory for it grow with the number of contacts.

use std::{sync::Arc, time::Duration};

use anyhow::{Result, ensure};

use crate::{
    engine::Engine,
    machine,
    numbers::List,
    ours::{Start, question},
    plan::Bench,
    report::{Met, Row, Section, told},
    say::say,
    seed,
    stats::{Runs, figure, float},
    wire::load,
};

const QUESTIONS: u64 = 50_000;
/// Numbers on the list.
const LIST: u64 = 10_000_000;
/// Contacts above which a database takes longer to fill than a run of the bench should.
const FILLED_MAX: u64 = 10_000_000;

/// Measures.
///
/// # Errors
/// When the gate does not start, or refuses.
pub fn run(bench: &Bench) -> Result<Section> {
    let mut rows = Vec::new();
    for contacts in bench.size.growth {
        say(&format!("growth: {contacts} contacts in the index"));
        rows.push(index(bench, *contacts)?);
    }
    for contacts in bench
        .size
        .growth
        .iter()
        .copied()
        .filter(|contacts| *contacts <= FILLED_MAX)
    {
        say(&format!("growth: {contacts} contacts"));
        rows.push(one(bench, contacts)?);
    }
    Ok(Section {
        title: "Growth".to_owned(),
        how: "The same question over HTTP, one connection, at growing numbers of contacts."
            .to_owned(),
        rows,
        ..Section::default()
    })
}

/// The index by itself.
fn index(bench: &Bench, contacts: u64) -> Result<Row> {
    let engine = Engine::with(contacts)?;
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
        ensure!(
            answer == wanted,
            "the index answered {answer:?}, and {wanted:?} is right"
        );
        rate.push(float(lines_of(&text)) / took);
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
        ratio: None,
        target: "-".to_owned(),
        met: Met::Figure,
        note: String::new(),
    })
}

fn lines_of(text: &[u8]) -> u64 {
    u64::try_from(text.iter().filter(|byte| **byte == b'\n').count()).unwrap_or(0)
}

fn one(bench: &Bench, contacts: u64) -> Result<Row> {
    let data = seed::people(&bench.work, contacts)?;
    let start = Start::new(&bench.binary, &data);
    let key = start.key()?;
    let gate = start.serve()?;
    let questions: Vec<Vec<u8>> = List::new(contacts, QUESTIONS)
        .numbers()
        .map(|number| question(&key, number))
        .collect();
    let questions = Arc::new(questions);
    let (mut p50, mut p99) = (Runs::default(), Runs::default());
    for _ in 0..bench.runs {
        let done = load(
            gate.address(),
            &questions,
            1,
            Duration::from_secs(bench.size.seconds),
        )?;
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
        ratio: None,
        target: "-".to_owned(),
        met: Met::Figure,
        note: String::new(),
    })
}

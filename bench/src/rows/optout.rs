//! From an opt-out to its effect: how long until no further send can start, and whether one ever did.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

use crate::{
    events::Door,
    meta::Meta,
    numbers::{agreed, number},
    ours::{NUMBER, Ours, Start, question},
    plan::Bench,
    report::{Met, Row, Section, told},
    say::say,
    stats::{Runs, Waits, figure},
    webhooks::{Signer, inbound},
    wire,
};

/// Apps that write to the person at the moment when they opt out.
const SENDERS: usize = 2;
/// How long they write before.
const BEFORE: Duration = Duration::from_millis(8);
/// How long they go on after.
const AFTER: Duration = Duration::from_millis(8);
/// The longest that 99 in 100 may take, in milliseconds.
const P99_MS: f64 = 25.0;

/// What was seen of some opt-outs.
#[derive(Default)]
pub struct Told {
    opt_outs: usize,
    p50: Runs,
    p99: Runs,
    /// Sends that were asked for after the acknowledgement, and went out.
    stale_sends: usize,
    stale_verdicts: usize,
    /// Sends that reached Meta.
    arrived: usize,
    /// Those of them that were let through before the acknowledgement and noticed after it.
    late: usize,
    latest: Duration,
}

/// Measures.
///
/// # Errors
/// When the gate does not start, or a webhook is refused.
pub fn run(bench: &Bench) -> Result<Section> {
    let door = Door::make(&bench.work, bench.size.ingest_contacts, 1)?;
    let meta = Meta::start()?;
    let url = meta.url();
    let start = Start {
        graph_url: &url,
        ..Start::new(&bench.binary, door.folder())
    };
    let key = start.key()?;
    let gate = start.serve()?;
    gate.wait_for_index()?;
    let way = Way {
        hears: &gate,
        sends: &gate,
        key: &key,
        meta: &meta,
    };
    let told = way.many("optout", bench)?;
    gate.stop()?;
    Ok(Section {
        title: "From an opt-out to its effect".to_owned(),
        how: format!("One gate, SQLite. {}", told.how()),
        rows: told.rows(P99_MS),
    })
}

/// The way of an opt-out: one gate hears of it, one sends to the person meanwhile. They may be the same.
#[derive(Clone, Copy)]
pub struct Way<'a> {
    /// Hears the STOP.
    pub hears: &'a Ours,
    /// Sends.
    pub sends: &'a Ours,
    /// The key to both.
    pub key: &'a str,
    /// Where what is sent arrives.
    pub meta: &'a Meta,
}

impl Way<'_> {
    /// The opt-outs of all runs, of people who agreed.
    ///
    /// # Errors
    /// When a webhook is refused.
    pub fn many(self, row: &str, bench: &Bench) -> Result<Told> {
        let people = (0..bench.size.ingest_contacts).filter(|index| agreed(*index));
        let people: Vec<u64> = people.collect();
        let each = (usize::try_from(bench.size.opt_outs)? / bench.runs).max(1);
        let mut told = Told::default();
        for (run, part) in people.chunks(each).take(bench.runs).enumerate() {
            say(&format!("{row}: run {}", run + 1));
            let mut waits = Waits::new()?;
            for person in part {
                waits.record(one(self, *person, &mut told)?);
                told.opt_outs += 1;
            }
            told.p50.push(waits.percentile_us(50.0) / 1_000.0);
            told.p99.push(waits.percentile_us(99.0) / 1_000.0);
        }
        Ok(told)
    }
}

/// How long the opt-out of one person took to be acknowledged, while others write to them.
fn one(way: Way<'_>, person: u64, told: &mut Told) -> Result<Duration> {
    let Way {
        hears,
        sends,
        key,
        meta,
    } = way;
    let over = Arc::new(AtomicBool::new(false));
    let request = Arc::new(send(key, number(person)));
    let senders: Result<Vec<_>> = (0..SENDERS)
        .map(|_| {
            let (mut wire, request, over) =
                (sends.wire()?, Arc::clone(&request), Arc::clone(&over));
            Ok(thread::spawn(move || {
                let mut sent: Vec<Instant> = Vec::new();
                while !over.load(Ordering::Relaxed) {
                    let asked = Instant::now();
                    match wire.ask(&request) {
                        Ok(answer) if answer.status == 200 => sent.push(asked),
                        Ok(_) => {}
                        Err(_) => break,
                    }
                }
                sent
            }))
        })
        .collect();
    let senders = senders?;
    thread::sleep(BEFORE);
    let (mut wire, mut other) = (hears.wire()?, sends.wire()?);
    let stop = Signer::new()?.request(&inbound(
        person,
        &format!("wamid.HBgMU1RPUA{person:016X}"),
        "STOP",
    ));
    let began = Instant::now();
    let answer = wire.ask(&stop)?;
    let acknowledged = Instant::now();
    ensure!(
        answer.status == 200,
        "an opt-out was answered {}",
        answer.status
    );
    let verdict = other.ask(&question(key, number(person)))?;
    let denied = String::from_utf8_lossy(&verdict.body).contains("\"allow\":false");
    told.stale_verdicts += usize::from(!denied);
    thread::sleep(AFTER);
    over.store(true, Ordering::Relaxed);
    for sender in senders {
        let sent = sender.join().unwrap_or_default();
        told.stale_sends += sent.iter().filter(|asked| **asked > acknowledged).count();
    }
    let to = number(person).to_string();
    let theirs = meta.arrivals();
    let theirs = theirs
        .iter()
        .rev()
        .take_while(|arrival| arrival.to.ends_with(&to))
        .filter(|arrival| arrival.marketing);
    for arrival in theirs {
        told.arrived += 1;
        if arrival.at > acknowledged {
            told.late += 1;
            told.latest = told.latest.max(arrival.at - acknowledged);
        }
    }
    Ok(acknowledged - began)
}

/// A marketing message through the gateway.
#[must_use]
pub fn send(key: &str, number: u64) -> Vec<u8> {
    let body = format!(
        "{{\"messaging_product\":\"whatsapp\",\"to\":\"{number}\",\"type\":\"template\",\"template\":{{\"name\":\"spring_sale\",\
         \"language\":{{\"code\":\"en_US\"}}}}}}"
    );
    let headers = [
        ("Authorization", format!("Bearer {key}")),
        ("Content-Type", "application/json".to_owned()),
    ];
    let headers: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    wire::post(
        &format!("/v25.0/{NUMBER}/messages"),
        &headers,
        body.as_bytes(),
    )
}

impl Told {
    /// How it is measured, in any kind of house.
    #[must_use]
    pub fn how(&self) -> String {
        format!(
            "{} people write STOP, each while {SENDERS} connections send marketing to them without a pause. Timed from the \
         first byte of the signed webhook to its 200: from then on no send to that person may start. The very next verdict \
         must be a no, and so must every send that is asked for after it. A simulated Meta notes when it sees the first byte of \
         each send: on a busy machine its thread sees some later than they came.",
            self.opt_outs
        )
    }

    /// The lines of the table, against so many milliseconds.
    #[must_use]
    pub fn rows(&self, p99_ms: f64) -> Vec<Row> {
        let stale = self.stale_sends + self.stale_verdicts;
        vec![
            Row {
                what: "STOP received, until no further send can start".to_owned(),
                ours: format!(
                    "p50 {}, p99 {}",
                    told(&self.p50, "ms"),
                    told(&self.p99, "ms")
                ),
                peer: "-".to_owned(),
                ratio: None,
                target: format!("p99 <= {p99_ms} ms"),
                met: Met::when(self.p99.median() <= p99_ms),
                ..Row::default()
            },
            Row {
                what: "sends asked for after the 200 that went out, and yeses after it".to_owned(),
                ours: format!("{} sends, {} yeses", self.stale_sends, self.stale_verdicts),
                peer: "-".to_owned(),
                ratio: None,
                target: "0".to_owned(),
                met: Met::when(stale == 0),
                ..Row::default()
            },
            Row {
                what: "sends let through before the 200 that Meta saw after it".to_owned(),
                ours: format!(
                    "{} of {}, the latest {} ms after",
                    self.late,
                    self.arrived,
                    figure(self.latest.as_secs_f64() * 1_000.0)
                ),
                peer: "-".to_owned(),
                target: "-".to_owned(),
                ..Row::default()
            },
        ]
    }
}

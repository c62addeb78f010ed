//! Sending to many people while what became of each message comes back.

use std::{
    collections::HashSet,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

use super::optout::send;
use crate::{
    events::Door,
    meta::Meta,
    numbers::{agreed, number},
    ours::Start,
    plan::Bench,
    report::{Met, Row, Section, told},
    say::say,
    stats::{Runs, float},
    wire::load,
};

/// Connections of the app that sends.
const APPS: usize = 32;
/// Connections over which Meta tells statuses.
const TELLERS: usize = 8;
/// Sends a second that DESIGN asks for; three statuses come for each.
const SENDS_A_SECOND: f64 = 2_000.0;
/// How long statuses may still come after the last send.
const DRAIN: Duration = Duration::from_secs(60);

/// Measures.
///
/// # Errors
/// When the gate does not start, or a send is refused.
pub fn run(bench: &Bench) -> Result<Section> {
    let (mut sends, mut statuses, mut p99, mut behind) = (
        Runs::default(),
        Runs::default(),
        Runs::default(),
        Runs::default(),
    );
    let mut doubles = 0;
    for run in 0..bench.runs {
        say(&format!("sends: run {}", run + 1));
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
        let people = (0..bench.size.ingest_contacts).filter(|index| agreed(*index));
        let people = people.take(usize::try_from(bench.size.sends)?);
        let requests: Arc<Vec<Vec<u8>>> =
            Arc::new(people.map(|index| send(&key, number(index))).collect());
        let tellers = meta.tell(gate.address(), TELLERS)?;
        let began = Instant::now();
        let seconds = Duration::from_secs(bench.size.seconds * 2);
        let done = load(gate.address(), &requests, APPS, seconds)?;
        ensure!(done.refused == 0, "{} sends were refused", done.refused);
        sends.push(done.per_second());
        p99.push(done.waits.percentile_us(99.0) / 1_000.0);
        let ends = Instant::now() + DRAIN;
        let wanted = done.waits.len() * 3;
        while meta.told() < wanted && meta.waiting() > 0 && Instant::now() < ends {
            thread::sleep(Duration::from_millis(5));
        }
        meta.end();
        for teller in tellers {
            teller
                .join()
                .map_err(|_| anyhow::anyhow!("a teller broke off"))??;
        }
        ensure!(
            meta.told() == wanted,
            "{} statuses of {wanted} were taken",
            meta.told()
        );
        statuses.push(float(meta.told()) / began.elapsed().as_secs_f64());
        behind.push((began.elapsed() - done.took).as_secs_f64());
        let arrivals = meta.arrivals();
        let different: HashSet<&str> = arrivals.iter().map(|arrival| arrival.to.as_str()).collect();
        doubles += arrivals.len() - different.len();
        gate.stop()?;
    }
    Ok(section(&sends, (&statuses, &behind), (&p99, doubles)))
}

fn section(
    sends: &Runs,
    (statuses, behind): (&Runs, &Runs),
    (p99, doubles): (&Runs, usize),
) -> Section {
    let reached = sends.median() >= SENDS_A_SECOND
        && statuses.median() >= 3.0 * SENDS_A_SECOND
        && doubles == 0;
    let row = Row {
        what: "sends through the gateway, three statuses each".to_owned(),
        ours: format!(
            "{}, p99 {}; statuses {}, the last {} after the last send; {doubles} doubles",
            told(sends, "sends/s"),
            told(p99, "ms"),
            told(statuses, "/s"),
            told(behind, "s")
        ),
        peer: "Meta's ceiling for one number: 1,000/s".to_owned(),
        ratio: Some(sends.median() / 1_000.0),
        target: ">= 2,000 sends/s + 6,000 statuses/s, no double".to_owned(),
        met: Met::when(reached),
        note: "there are no campaigns in this version: each send is a request of its own to the gateway, one durable reservation \
               each. A campaign reserves for many people in one statement."
            .to_owned(),
        obstacle: "each send is two transactions, the reservation and its outcome, of the one writer that the statuses write with as well; both cores are busy with \
                   the app and with Meta's side too.",
    };
    Section {
        title: "Sending".to_owned(),
        how: format!(
            "{APPS} connections send a marketing template to different people through the gateway; a simulated Meta in this \
             process answers at once and tells three statuses for each over {TELLERS} connections, in bodies of up to 50 as they \
             gather. Verdict, durable reservation, POST, outcome; both cores are shared with the app and with Meta."
        ),
        rows: vec![row],
    }
}

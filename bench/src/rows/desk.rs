//! The pages of the dashboard over a million customers, on SQLite and on PostgreSQL, and a dry run of another policy over everybody.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use consent::{id::ContactId, policy::Policy};
use server::{
    app::App,
    services::{
        dry_run, policy,
        segments::{self, SegmentBody},
    },
};

use crate::{
    desk,
    ours::{Ours, Start},
    peers::postgres::Postgres,
    plan::Bench,
    report::{Met, Row, Section, told},
    say::say,
    seed,
    stats::Runs,
};

/// The longest that a page may take, in milliseconds.
const PAGE_MS: f64 = 200.0;
/// The longest that a dry run may take, in seconds.
const DRY_RUN_S: f64 = 3.0;

/// What is looked at: a name, and the address.
const PAGES: [(&str, &str); 34] = [
    ("home", "/"),
    ("table", "/consent"),
    ("table: opted in", "/consent?consent=opted_in"),
    ("table: opted out", "/consent?consent=opted_out"),
    ("table: pending (nobody)", "/consent?consent=pending"),
    (
        "table: stopped at WhatsApp (nobody)",
        "/consent?platform=stopped",
    ),
    (
        "table: open at WhatsApp, opted out",
        "/consent?platform=open&consent=opted_out",
    ),
    ("table: source of all", "/consent?source=web_form"),
    ("table: source of nobody", "/consent?source=import"),
    ("table: topic", "/consent?topic=Offers"),
    (
        "table: topic, opted out of it",
        "/consent?topic=Offers&consent=opted_out",
    ),
    ("table: a tag of 10 %", "/consent?tag=vip"),
    ("table: a tag of 1 in 5,000", "/consent?tag=rare"),
    (
        "table: two tags of 10 % that nobody has both of",
        "/consent?tag=vip&tag=news",
    ),
    ("table: a tag and a topic", "/consent?tag=news&topic=Offers"),
    (
        "table: an attribute of 10 %",
        "/consent?attribute=city:York",
    ),
    (
        "table: an attribute and a tag that never meet",
        "/consent?attribute=city:York&tag=news",
    ),
    (
        "table: three at once",
        "/consent?attribute=city:Lima&tag=vip&consent=opted_out",
    ),
    (
        "table: created in a range",
        "/consent?created_from=2026-01-01&created_to=2036-01-01",
    ),
    (
        "table: changed in a range",
        "/consent?changed_from=2026-01-01&changed_to=2036-01-01",
    ),
    ("table: a name of 1 in 20", "/consent?search=maria"),
    ("table: first and last name", "/consent?search=maria+silva"),
    (
        "table: a name and a tag that never meet",
        "/consent?search=maria&tag=vip",
    ),
    ("table: a number's beginning", "/consent?search=%2B4475"),
    ("table: a number's end", "/consent?search=5678"),
    ("customers", "/customers"),
    (
        "customers: a name that nobody has",
        "/customers?search=xyzzy",
    ),
    (
        "a customer with 2,000 messages and 200 events",
        "/customers/{long}",
    ),
    ("inbox", "/inbox"),
    ("inbox: a name", "/inbox?search=maria"),
    ("inbox: a name that nobody has", "/inbox?search=xyzzy"),
    ("segments", "/segments"),
    ("reports", "/reports/consent"),
    ("ledger", "/ledger"),
];

/// Segments whose people are counted: a name, and the condition.
const SEGMENTS: [(&str, &str); 5] = [
    ("opted out", r#"{"consent":{"is":"opted_out"}}"#),
    ("a tag", r#"{"tag":"vip"}"#),
    (
        "a topic, with those who said nothing of it",
        r#"{"consent":{"is":"opted_in","topic":"Offers"}}"#,
    ),
    (
        "three of these or not",
        r#"{"any":[{"all":[{"tag":"vip"},{"not":{"tag":"news"}}]},{"attribute":{"key":"city","is":"York"}},{"activity":{"wrote_within_days":30}}]}"#,
    ),
    (
        "part of an attribute, that nobody has",
        r#"{"attribute":{"key":"city","contains":"zz"}}"#,
    ),
];

/// The times of one page.
struct Seen {
    name: String,
    path: String,
    cold: Runs,
    warm: Runs,
    is_target: bool,
}

/// Where the house is, and how it is made to forget what it read.
struct Side<'a> {
    name: &'static str,
    start: Start<'a>,
    files: Vec<PathBuf>,
}

/// Measures.
///
/// # Errors
/// When a side does not start, or a page is refused.
pub fn run(bench: &Bench) -> Result<Section> {
    let contacts = bench.size.keys;
    let data = copy_of_people(bench, contacts)?;
    let sqlite = Side {
        name: "SQLite",
        start: Start::new(&bench.binary, &data),
        files: vec![data.join("consentry.db"), data.join("consentry.db-wal")],
    };
    let mut rows = side(bench, &sqlite)?;
    let postgres = Postgres::start()?;
    let folder = tempfile::tempdir()?;
    move_over(bench, &data, &postgres)?;
    let master = std::fs::read(data.join("consentry.db.master"))?;
    let master = String::from_utf8_lossy(&master).trim().to_owned();
    let more = format!(
        "database = \"{}\"\nkeys.master = \"{master}\"\n",
        postgres.url()
    );
    let server = Side {
        name: "PostgreSQL",
        start: Start {
            more: &more,
            ..Start::new(&bench.binary, folder.path())
        },
        files: Vec::new(),
    };
    rows.extend(side(bench, &server)?);
    Ok(Section {
        title: "The dashboard".to_owned(),
        how: format!(
            "{contacts} customers with names and numbers; tags, attributes, a topic and conversations for one in ten to one in two. Each page whole, over HTTP, \
             by somebody signed in. Cold: the first time after a start of `consentry serve`, with SQLite's file out of the page cache as well. Warm: the \
             times after that. People of a segment who cannot be counted in a tenth of a second come after the page; how long they are counted \
             stands beside. The dry run asks what a shorter life of opt-ins would change for everybody."
        ),
        rows,
    })
}

/// The people of the other rows, with everything that pages show; made once.
fn copy_of_people(bench: &Bench, contacts: u64) -> Result<PathBuf> {
    let data = bench.work.join(format!("desk-{contacts}"));
    if !data.join("whole").exists() {
        let people = seed::people(&bench.work, contacts)?;
        std::fs::create_dir_all(&data)?;
        for end in ["", ".master", ".checkpoint"] {
            let name = format!("consentry.db{end}");
            if people.join(&name).exists() {
                std::fs::copy(people.join(&name), data.join(&name))?;
            }
        }
        seed::block_on(async {
            let app = seed::open(&data).await?;
            desk::fill(&app).await?;
            app.store.close().await;
            Ok(())
        })?;
        std::fs::write(data.join("whole"), "")?;
    }
    Ok(data)
}

/// The same rows in PostgreSQL, by the command that people have for it.
fn move_over(bench: &Bench, data: &Path, postgres: &Postgres) -> Result<()> {
    say("desk: moving everybody to PostgreSQL");
    let copy = tempfile::tempdir_in(&bench.work)?;
    for end in ["", ".master"] {
        let name = format!("consentry.db{end}");
        std::fs::copy(data.join(&name), copy.path().join(&name))?;
    }
    let config = Start::new(&bench.binary, copy.path()).config()?;
    let from = format!("sqlite:{}", copy.path().join("consentry.db").display());
    let done = Command::new(&bench.binary)
        .arg("--config")
        .arg(config)
        .args(["migrate", "--from", &from, "--to", &postgres.url()])
        .output()?;
    ensure!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    postgres.sql("vacuum analyze")?;
    Ok(())
}

fn side(bench: &Bench, side: &Side<'_>) -> Result<Vec<Row>> {
    let (cookie, mut all, dry) = seed::block_on(async {
        let app = seed::open_as(&side.start).await?;
        let long = desk::fill(&app).await?;
        let cookie = desk::cookie(&app).await?;
        let mut all = pages(long);
        all.extend(with_segments(&app).await?);
        let dry = dry_runs(bench, &app).await?;
        app.store.close().await;
        Ok((cookie, all, dry))
    })?;
    for run in 0..bench.runs {
        say(&format!("desk: {}, run {}", side.name, run + 1));
        forget(&side.files);
        let gate = side.start.serve()?;
        for seen in &mut all {
            seen.look(&gate, &cookie)?;
        }
        gate.stop()?;
    }
    let mut rows: Vec<Row> = all.iter().map(|seen| row(bench, side, seen)).collect();
    rows.push(Row {
        what: format!("{}: dry run over everybody", side.name),
        ours: told(&dry, "s"),
        peer: "-".to_owned(),
        target: format!("<= {DRY_RUN_S} s"),
        met: met(bench, dry.median() <= DRY_RUN_S),
        ..Row::default()
    });
    Ok(rows)
}

/// The pages of some segments, and their counts; the segments are made once.
async fn with_segments(app: &App) -> Result<Vec<Seen>> {
    let held = segments::list(app).await?;
    let (mut shown, mut counted) = (Vec::new(), Vec::new());
    for (name, condition) in SEGMENTS {
        let id = match held.iter().find(|segment| segment.name == name) {
            Some(segment) => segment.id.clone(),
            None => {
                let body = format!(r#"{{"name":"{name}","condition":{condition}}}"#);
                let body: SegmentBody = serde_json::from_str(&body)?;
                segments::create(app, &body, "bench").await?.id
            }
        };
        let at = format!("/segments/{id}");
        counted.push(seen(
            format!("segment: {name}: counted"),
            format!("{at}/count"),
            false,
        ));
        shown.push(seen(format!("segment: {name}"), at, true));
    }
    shown.extend(counted);
    Ok(shown)
}

/// How long a dry run takes, of a policy that must be decided anew for everybody.
async fn dry_runs(bench: &Bench, app: &App) -> Result<Runs> {
    let rules = policy::current(app).await?;
    let other = Policy {
        opt_in_days: Some(30),
        skew_ms: 7_000,
        ..rules.as_ref().clone()
    };
    let mut times = Runs::default();
    for _ in 0..bench.runs {
        let began = Instant::now();
        let checked = dry_run::run(app, &other).await?.checked;
        times.push(began.elapsed().as_secs_f64());
        ensure!(
            checked >= bench.size.keys,
            "a dry run over {checked} people"
        );
    }
    Ok(times)
}

impl Seen {
    /// Asks for the page three times, each time over a connection of its own, as after a while.
    fn look(&mut self, gate: &Ours, cookie: &str) -> Result<()> {
        let request = request(&self.path, cookie);
        for turn in 0..3 {
            let mut wire = gate.wire()?;
            let began = Instant::now();
            let answer = wire.ask(&request)?;
            let ms = began.elapsed().as_secs_f64() * 1_000.0;
            ensure!(
                answer.status == 200,
                "{}: {} {}",
                self.path,
                answer.status,
                String::from_utf8_lossy(&answer.body)
            );
            let times = if turn == 0 {
                &mut self.cold
            } else {
                &mut self.warm
            };
            times.push(ms);
        }
        Ok(())
    }
}

fn pages(long: ContactId) -> Vec<Seen> {
    let long = long.to_string();
    let named = |(name, path): &(&str, &str)| {
        let path = path.replace("{long}", &long);
        seen((*name).to_owned(), path, true)
    };
    PAGES.iter().map(named).collect()
}

fn seen(name: String, path: String, is_target: bool) -> Seen {
    Seen {
        name,
        path,
        cold: Runs::default(),
        warm: Runs::default(),
        is_target,
    }
}

fn row(bench: &Bench, side: &Side<'_>, seen: &Seen) -> Row {
    let slowest = seen.cold.median().max(seen.warm.median());
    Row {
        what: format!("{}: {}", side.name, seen.name),
        ours: format!(
            "cold {}, warm {}",
            told(&seen.cold, "ms"),
            told(&seen.warm, "ms")
        ),
        peer: "-".to_owned(),
        target: if seen.is_target {
            format!("<= {PAGE_MS} ms")
        } else {
            "-".to_owned()
        },
        met: if seen.is_target {
            met(bench, slowest <= PAGE_MS)
        } else {
            Met::Figure
        },
        ..Row::default()
    }
}

fn met(bench: &Bench, reached: bool) -> Met {
    if bench.size.is_real {
        Met::when(reached)
    } else {
        Met::Smaller
    }
}

/// A request as a browser of somebody who is signed in makes it.
fn request(path: &str, cookie: &str) -> Vec<u8> {
    format!(
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\nAccept: text/html\r\n\r\n"
    )
    .into_bytes()
}

/// Puts files out of the page cache, and nothing else: others work here too.
fn forget(files: &[PathBuf]) {
    for file in files.iter().filter(|file| file.exists()) {
        let of = format!("of={}", file.display());
        let _ = Command::new("dd")
            .args([
                of.as_str(),
                "oflag=nocache",
                "conv=notrunc,fdatasync",
                "count=0",
                "status=none",
            ])
            .status()
            .context("dd");
    }
}

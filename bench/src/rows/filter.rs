//! A list of numbers, filtered: Redis SMISMEMBER pipelined and a hash join in PostgreSQL, beside Consentry.

use std::{
    io::{BufWriter, Write},
    path::Path,
    process::Stdio,
    sync::Arc,
    thread,
    time::Instant,
};

use anyhow::{Context, Result, ensure};

use crate::{
    engine::Engine,
    numbers::{Answer, List, agreed, number},
    ours::{Ours, Start},
    peers::{
        postgres::Postgres,
        redis::{self, Redis},
    },
    plan::Bench,
    report::{Met, Row, Section, told},
    say::say,
    seed,
    stats::{Runs, float},
    wire::Wire,
};

/// Numbers in one SMISMEMBER.
const AT_ONCE: usize = 1_000;
/// Commands under way; more made it no faster.
const UNDER_WAY: usize = 16;

/// What stands in the way.
const OBSTACLE: &str = "three quarters of the time of the engine go into bringing the line of each number near and comparing it; with a million contacts the \
                        rate is nearly the same (see Growth). Through HTTP the text and the answer cross the loopback besides, by the same two cores.";

/// The numbers that may be written to.
pub const ALLOWED: &str = "allowed";
/// The numbers that may not.
pub const REFUSED: &str = "refused";

#[derive(Default)]
struct Sides {
    redis: Runs,
    postgres: Runs,
    postgres_with_copy: Runs,
    engine: Runs,
    http: Runs,
    command: Runs,
}

/// Measures.
///
/// # Errors
/// When a side does not start, or two sides disagree.
pub fn run(bench: &Bench) -> Result<Section> {
    let data = seed::people(&bench.work, bench.size.contacts)?;
    let folder = tempfile::tempdir()?;
    let list = List::new(bench.size.contacts, bench.size.list);
    let wanted = list.expected();
    let text = Arc::new(list.text());
    let redis = with_sets(folder.path(), bench.size.contacts)?;
    let postgres = with_table(bench.size.contacts)?;
    let commands = redis::commands("SMISMEMBER", ALLOWED, list.numbers(), AT_ONCE);
    let engine = Engine::with(bench.size.contacts)?;
    let start = Start::new(&bench.binary, &data);
    let key = start.key()?;
    let ours = start.serve()?;
    ours.wait_for_index()?;
    let mut sides = Sides::default();
    for run in 0..bench.runs {
        say(&format!("filter: run {}", run + 1));
        let mut wire = redis.unix()?;
        let began = Instant::now();
        let answer = redis::members(&mut wire, &commands, UNDER_WAY)?;
        sides.redis.push(began.elapsed().as_secs_f64());
        same("Redis", answer, wanted)?;
        let (answer, took) = engine.filter(&text)?;
        sides.engine.push(took);
        same("the index", answer, wanted)?;
        let began = Instant::now();
        let answer = over_http(&ours, &key, &text)?;
        sides.http.push(began.elapsed().as_secs_f64());
        same("Consentry over HTTP", answer, wanted)?;
        let (with_copy, join) = hash_join(&postgres, &text, wanted)?;
        sides.postgres.push(join);
        sides.postgres_with_copy.push(with_copy);
        sides.command.push(by_command(&start, &text, wanted)?);
    }
    ours.stop()?;
    Ok(section(bench, &sides, wanted))
}

fn same(side: &str, answer: Answer, wanted: Answer) -> Result<()> {
    ensure!(
        answer == wanted,
        "{side} answered {answer:?}, and {wanted:?} is right"
    );
    Ok(())
}

fn section(bench: &Bench, sides: &Sides, wanted: Answer) -> Section {
    let smismember = ("Redis SMISMEMBER, 1,000 a command", &sides.redis);
    let join = ("PostgreSQL hash join", &sides.postgres);
    let with_copy = ("PostgreSQL COPY and hash join", &sides.postgres_with_copy);
    let engine = ("in this process, two threads", &sides.engine);
    let http = ("through HTTP, `POST /api/v1/check/batch`", &sides.http);
    let command = (
        "`consentry filter`, from its start to its end",
        &sides.command,
    );
    let row = |ours, peer, least| row(bench, ours, peer, least);
    Section {
        title: "A list of numbers".to_owned(),
        how: format!(
            "{} numbers as text, of which {} are allowed, against {} contacts. Redis: {UNDER_WAY} commands under way on a Unix \
             socket, made before the clock starts. PostgreSQL: a hash join with the list in an unlogged table, parallel \
             workers allowed; from a text stream, as ours is, it is COPY and join. Consentry in this process: the index from \
             text to text; over HTTP: the text is sent as it is, and the answer read to its end; the command reads a file and \
             writes one, beside a running server. Every answer was compared number by number (count and a sum of hashes).",
            bench.size.list, wanted.count, bench.size.contacts
        ),
        rows: vec![
            row(engine, smismember, Some(50.0)),
            row(http, smismember, Some(10.0)),
            row(command, smismember, None),
            row(engine, join, Some(30.0)),
            row(http, join, None),
            row(http, with_copy, None),
            row(command, with_copy, None),
        ],
    }
}

fn row(bench: &Bench, ours: (&str, &Runs), peer: (&str, &Runs), least: Option<f64>) -> Row {
    let ratio = peer.1.median() / ours.1.median();
    let rate = float(bench.size.list) / ours.1.median();
    Row {
        what: ours.0.to_owned(),
        ours: format!(
            "{}, {} numbers/s",
            told(ours.1, "s"),
            crate::stats::figure(rate)
        ),
        peer: format!("{}: {}", peer.0, told(peer.1, "s")),
        ratio: Some(ratio),
        target: least.map_or_else(|| "-".to_owned(), |least| format!(">= {least}x")),
        met: match least {
            None => Met::Figure,
            Some(_) if !bench.size.is_real => Met::Smaller,
            Some(least) => Met::when(ratio >= least),
        },
        obstacle: OBSTACLE,
        ..Row::default()
    }
}

/// A Redis with the two sets.
///
/// # Errors
/// When it does not start.
pub fn with_sets(folder: &Path, contacts: u64) -> Result<Redis> {
    let redis = Redis::start(folder)?;
    for (key, yes) in [(ALLOWED, true), (REFUSED, false)] {
        let numbers = (0..contacts)
            .filter(|index| agreed(*index) == yes)
            .map(number);
        let mut wire = redis.unix()?;
        for (bytes, _) in redis::commands("SADD", key, numbers, AT_ONCE) {
            wire.send(&bytes)?;
            wire.text()?;
        }
    }
    Ok(redis)
}

fn with_table(contacts: u64) -> Result<Postgres> {
    let postgres = Postgres::start()?;
    let mut rows = Vec::new();
    for index in (0..contacts).filter(|index| agreed(*index)) {
        rows.extend_from_slice(number(index).to_string().as_bytes());
        rows.push(b'\n');
    }
    postgres.sql("create table allowed (number bigint)")?;
    postgres.copy("allowed", &rows)?;
    postgres.sql("alter table allowed add primary key (number)")?;
    postgres.sql("vacuum (analyze, freeze) allowed")?;
    Ok(postgres)
}

/// The time with the copy, and that of the join alone.
fn hash_join(postgres: &Postgres, text: &[u8], wanted: Answer) -> Result<(f64, f64)> {
    let rows: Vec<u8> = text.iter().copied().filter(|byte| *byte != b'+').collect();
    postgres.sql("drop table if exists list; create unlogged table list (number bigint)")?;
    let began = Instant::now();
    postgres.copy("list", &rows)?;
    let copied = began.elapsed().as_secs_f64();
    postgres.sql("analyze list")?;
    let began = Instant::now();
    let counted = postgres
        .sql("select count(*), sum(number % 1000003) from list join allowed using (number)")?;
    let joined = began.elapsed().as_secs_f64();
    let count = counted.split('|').next().context("no count")?;
    ensure!(
        count.parse::<u64>()? == wanted.count,
        "PostgreSQL counted {count}, and {} is right",
        wanted.count
    );
    Ok((copied + joined, joined))
}

/// The allowed numbers of a text, as the batch endpoint answers.
///
/// # Errors
/// When the gate does not answer, or with another status than 200.
pub fn over_http(ours: &Ours, key: &str, text: &Arc<Vec<u8>>) -> Result<Answer> {
    let mut reader = ours.wire()?;
    let mut writer: Wire = reader.twin()?;
    let head = format!(
        "POST /api/v1/check/batch?category=marketing HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: text/plain\r\nContent-Length: {}\r\n\r\n",
        text.len()
    );
    let body = Arc::clone(text);
    let sending = thread::spawn(move || {
        writer.write(head.as_bytes())?;
        writer.write(&body)
    });
    let answer = reader.answer()?;
    sending
        .join()
        .map_err(|_| anyhow::anyhow!("the sending thread broke off"))??;
    ensure!(
        answer.status == 200,
        "the batch was answered {}: {}",
        answer.status,
        String::from_utf8_lossy(&answer.body)
    );
    Ok(Answer::of_text(&answer.body))
}

/// `consentry filter` beside the running server, from the start of the process to its end.
fn by_command(start: &Start<'_>, text: &[u8], wanted: Answer) -> Result<f64> {
    let config = start.config()?;
    let out = tempfile::NamedTempFile::new()?;
    let input = tempfile::NamedTempFile::new()?;
    BufWriter::new(input.reopen()?).write_all(text)?;
    let began = Instant::now();
    let done = start
        .command(&config)
        .args(["filter", "--category", "marketing"])
        .stdin(input.reopen()?)
        .stdout(out.reopen()?)
        .stderr(Stdio::piped())
        .output()?;
    let took = began.elapsed().as_secs_f64();
    ensure!(
        done.status.success(),
        "consentry filter: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    same(
        "consentry filter",
        Answer::of_text(&std::fs::read(out.path())?),
        wanted,
    )?;
    Ok(took)
}

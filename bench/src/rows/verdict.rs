//! One verdict: in process and over HTTP, beside Redis's GET and PostgreSQL's SELECT by primary key.

use std::{
    path::Path,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use server::services::check::{self, Ask, CheckBody};

use crate::{
    engine::Engine,
    numbers::{List, agreed, number},
    ours::{Ours, Start, question},
    peers::{
        pgbench::{self, Pressure, Script},
        postgres::Postgres,
        redis::{self, Redis, command},
    },
    plan::Bench,
    report::{Met, Row, Section, told},
    say::say,
    seed,
    stats::{Runs, Waits},
    wire::load,
};

/// Questions whose answers are compared with what is known.
const COMPARED: u64 = 2_000;
/// Connections of the loads that are about throughput.
const CONNECTIONS: usize = 64;
/// Questions made beforehand.
const QUESTIONS: u64 = 100_000;

/// Half of the waits are not longer than the first, 99 in 100 not longer than the second; and how many a second.
#[derive(Default)]
struct Side {
    p50: Runs,
    p99: Runs,
}

#[derive(Default)]
struct Sides {
    process: Side,
    service: Side,
    http: Side,
    redis: Side,
    member: Side,
    postgres: Side,
    http_many: Runs,
    redis_many: Runs,
    postgres_many: Runs,
}

/// Measures.
///
/// # Errors
/// When a side does not start, or answers wrongly.
pub fn run(bench: &Bench) -> Result<Section> {
    let data = seed::people(&bench.work, bench.size.contacts)?;
    let folder = tempfile::tempdir()?;
    let redis = with_keys(folder.path(), bench.size.keys)?;
    let postgres = with_people(bench.size.contacts)?;
    let start = Start::new(&bench.binary, &data);
    let key = start.key()?;
    let ours = start.serve()?;
    ours.wait_for_index()?;
    first_answers(&ours, &key, bench.size.contacts)?;
    let questions = Arc::new(questions(bench, &key));
    let engine = Engine::with(bench.size.contacts)?;
    let texts: Vec<String> = List::new(bench.size.contacts, QUESTIONS)
        .numbers()
        .map(|number| format!("+{number}"))
        .collect();
    let mut sides = Sides::default();
    for run in 0..bench.runs {
        say(&format!("verdict: run {}", run + 1));
        let time = Duration::from_secs(bench.size.seconds);
        let get = |number: u64| command(&[b"GET", format!("consent:{number}").as_bytes()]);
        sides.redis.take(&asked(&redis, bench, (time, &get))?);
        let member =
            |number: u64| command(&[b"SISMEMBER", b"allowed", number.to_string().as_bytes()]);
        sides.member.take(&asked(&redis, bench, (time, &member))?);
        let http = load(ours.address(), &questions, 1, time)?;
        ensure!(http.refused == 0, "{} questions were refused", http.refused);
        sides.http.take(&http.waits);
        sides
            .postgres
            .take(&selects(&postgres, bench, (1, run))?.waits);
        sides.process.take(&engine.ask(&texts, bench.size.seconds)?);
        sides.service.take(&by_service(&data, (&texts, time))?);
        sides.redis_many.push(redis_benchmark(&redis, bench)?);
        sides.http_many.push(wrk(&ours, &key, bench)?);
        sides
            .postgres_many
            .push(selects(&postgres, bench, (CONNECTIONS, run))?.per_second);
    }
    ours.stop()?;
    Ok(section(bench, &sides))
}

impl Side {
    fn take(&mut self, waits: &Waits) {
        self.p50.push(waits.percentile_us(50.0));
        self.p99.push(waits.percentile_us(99.0));
    }

    fn told(&self) -> String {
        format!(
            "p50 {}, p99 {}",
            told(&self.p50, "us"),
            told(&self.p99, "us")
        )
    }
}

/// What stands in the way.
const OBSTACLE: &str = "a no, and the first yes about a person, name what they rest on, which is read from the database: a statement is two thread switches, and \
                        with 10 million contacts it may be a read of the disk, which is the p99. The p50 needs neither, and is near Redis's.";

fn section(bench: &Bench, sides: &Sides) -> Section {
    let p99 = |side: &Side| side.p99.median();
    let row = |what: &str, ours: &Side, peer: (&str, &Side), target: (&str, Met)| Row {
        what: what.to_owned(),
        ours: ours.told(),
        peer: format!("{}: {}", peer.0, peer.1.told()),
        ratio: Some(p99(peer.1) / p99(ours)),
        target: target.0.to_owned(),
        met: target.1,
        obstacle: OBSTACLE,
        ..Row::default()
    };
    let per_second = |peer: &str, theirs: &Runs| Row {
        what: format!("verdicts a second over {CONNECTIONS} connections"),
        ours: told(&sides.http_many, "/s"),
        peer: format!("{peer}: {}", told(theirs, "/s")),
        ratio: Some(sides.http_many.median() / theirs.median()),
        target: "-".to_owned(),
        met: Met::Figure,
        ..Row::default()
    };
    let process = p99(&sides.process) <= p99(&sides.redis) / 25.0 && p99(&sides.process) <= 2.0;
    let to_redis = p99(&sides.http) <= 2.0 * p99(&sides.redis);
    let to_postgres = p99(&sides.http) <= p99(&sides.postgres);
    Section {
        title: "One verdict".to_owned(),
        how: format!(
            "Is marketing to this number allowed, of {} contacts (Redis: {} keys). One connection, one question at a time: \
             Redis GET and `POST /api/v1/check` by one thread of this program, over loopback; PostgreSQL by pgbench -M \
             prepared over its Unix socket. Many connections: wrk -t1 -c{CONNECTIONS}, redis-benchmark -c {CONNECTIONS}, \
             pgbench -c {CONNECTIONS}. The answers to {COMPARED} questions were compared first.",
            bench.size.contacts, bench.size.keys
        ),
        rows: vec![
            row(
                "one verdict in process",
                &sides.process,
                ("Redis GET", &sides.redis),
                ("p99 <= 1/25 and <= 2 us", Met::when(process)),
            ),
            row(
                "the whole answer in process, with its events",
                &sides.service,
                ("Redis GET", &sides.redis),
                ("-", Met::Figure),
            ),
            row(
                "one verdict over HTTP",
                &sides.http,
                ("Redis GET", &sides.redis),
                ("p99 <= 2x", Met::when(to_redis)),
            ),
            row(
                "one verdict over HTTP",
                &sides.http,
                ("Redis SISMEMBER", &sides.member),
                ("-", Met::Figure),
            ),
            row(
                "one verdict over HTTP",
                &sides.http,
                ("PostgreSQL SELECT", &sides.postgres),
                ("p99 <= 1x", Met::when(to_postgres)),
            ),
            per_second("Redis GET", &sides.redis_many),
            per_second("PostgreSQL SELECT", &sides.postgres_many),
        ],
    }
}

fn questions(bench: &Bench, key: &str) -> Vec<Vec<u8>> {
    let list = List::new(bench.size.contacts, QUESTIONS);
    let some: Vec<Vec<u8>> = list.numbers().map(|number| question(key, number)).collect();
    // Time ends a run, never the lack of questions.
    some.iter().cycle().take(some.len() * 10).cloned().collect()
}

fn first_answers(ours: &Ours, key: &str, contacts: u64) -> Result<()> {
    let mut wire = ours.wire()?;
    for index in (0..contacts).step_by(usize::try_from(contacts / COMPARED + 1)?) {
        let answer = wire.ask(&question(key, number(index)))?;
        let said: serde_json::Value = serde_json::from_slice(&answer.body)?;
        let allow = said.get("allow").and_then(serde_json::Value::as_bool);
        ensure!(
            allow == Some(agreed(index)),
            "wrong verdict on contact {index}: {said}"
        );
    }
    Ok(())
}

fn with_keys(folder: &Path, keys: u64) -> Result<Redis> {
    let redis = Redis::start(folder)?;
    let mut wire = redis.unix()?;
    let all: Vec<u64> = (0..keys).collect();
    for part in all.chunks(1_000) {
        let sets = part.iter().flat_map(|index| {
            let key = format!("consent:{}", number(*index));
            let value: &[u8] = if agreed(*index) { b"1" } else { b"0" };
            command(&[b"SET", key.as_bytes(), value])
        });
        wire.send(&sets.collect::<Vec<u8>>())?;
        for _ in part {
            wire.text()?;
        }
    }
    let yes = (0..keys).filter(|index| agreed(*index)).map(number);
    for (bytes, _) in redis::commands("SADD", "allowed", yes, 1_000) {
        wire.send(&bytes)?;
        wire.text()?;
    }
    Ok(redis)
}

fn with_people(contacts: u64) -> Result<Postgres> {
    let postgres = Postgres::start()?;
    let mut rows = Vec::new();
    for index in 0..contacts {
        let flag = if agreed(index) { 't' } else { 'f' };
        rows.extend_from_slice(format!("{index}\t{}\t{flag}\n", number(index)).as_bytes());
    }
    postgres.sql("create table consent (id bigint, number bigint, allowed boolean not null)")?;
    postgres.copy("consent", &rows)?;
    postgres.sql("alter table consent add primary key (number)")?;
    postgres.sql("vacuum (analyze, freeze) consent")?;
    Ok(postgres)
}

/// One command at a time, over loopback.
fn asked(
    redis: &Redis,
    bench: &Bench,
    (time, command): (Duration, &dyn Fn(u64) -> Vec<u8>),
) -> Result<Waits> {
    let list = List::new(bench.size.keys, QUESTIONS);
    let commands: Vec<Vec<u8>> = list.numbers().map(command).collect();
    let (mut wire, mut waits) = (redis.loopback()?, Waits::new()?);
    let ends = Instant::now() + time;
    for bytes in commands.iter().cycle() {
        let began = Instant::now();
        if began >= ends {
            break;
        }
        wire.send(bytes)?;
        wire.text()?;
        waits.record(began.elapsed());
    }
    Ok(waits)
}

/// The number is computed from a drawn index, as `numbers::number` does.
fn selects(
    postgres: &Postgres,
    bench: &Bench,
    (clients, run): (usize, usize),
) -> Result<pgbench::Outcome> {
    let text = format!(
        "\\set i random(0, {} - 1)\n\
         \\set p case when :i % 4 = 0 then 4475 when :i % 4 = 1 then 55119 when :i % 4 = 2 then 9198 else 49151 end\n\
         \\set n :p * 100000000 + (:i / 4 * 61803399 + 12345678) % 100000000\n\
         select allowed from consent where number = :n;\n",
        bench.size.contacts
    );
    let pressure = Pressure {
        clients,
        seconds: bench.size.seconds,
        seed: u64::try_from(run)?,
    };
    pgbench::run(postgres, &[Script { text, weight: 1 }], pressure)
}

/// The whole answer, with its events, in this process.
fn by_service(data: &Path, (texts, time): (&[String], Duration)) -> Result<Waits> {
    seed::block_on(async {
        let app = seed::open(data).await?;
        let body = CheckBody {
            to: Some("+447400000000".to_owned()),
            category: Some("marketing".to_owned()),
            ..CheckBody::default()
        };
        let shelf = check::shelf(&app, &[&body]).await?;
        let ask = check::read(&app, &shelf, &body)?;
        let mut waits = Waits::new()?;
        let ends = Instant::now() + time;
        for text in texts.iter().cycle() {
            let began = Instant::now();
            if began >= ends {
                break;
            }
            let asks: [Ask; 1] = [ask.about(&app, text)];
            check::decide(&app, &asks).await?;
            waits.record(began.elapsed());
        }
        app.store.close().await;
        Ok(waits)
    })
}

fn wrk(ours: &Ours, key: &str, bench: &Bench) -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let script = folder.path().join("check.lua");
    let numbers: Vec<String> = List::new(bench.size.contacts, 1_000)
        .numbers()
        .map(|number| number.to_string())
        .collect();
    std::fs::write(
        &script,
        format!(
            "local n = {{{}}}\nlocal i = 0\nwrk.method = \"POST\"\nwrk.headers[\"Content-Type\"] = \"application/json\"\n\
             wrk.headers[\"Authorization\"] = \"Bearer {key}\"\nrequest = function()\n i = i % #n + 1\n \
             return wrk.format(nil, nil, nil, '{{\"to\":\"+' .. string.format(\"%d\", n[i]) .. '\",\"category\":\"marketing\"}}')\nend\n",
            numbers.join(",")
        ),
    )?;
    let output = Command::new("wrk")
        .args([
            "-t1",
            &format!("-c{CONNECTIONS}"),
            &format!("-d{}s", bench.size.seconds),
            "-s",
        ])
        .arg(&script)
        .arg(format!("http://{}/api/v1/check", ours.address()))
        .output()
        .context("run wrk: is it installed?")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(!text.contains("Non-2xx"), "wrk: {text}");
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("Requests/sec:"));
    Ok(line
        .with_context(|| format!("wrk said: {text}"))?
        .trim()
        .parse()?)
}

fn redis_benchmark(redis: &Redis, bench: &Bench) -> Result<f64> {
    let count = bench.size.seconds * 50_000;
    let output = Command::new("redis-benchmark")
        .args([
            "-p",
            &redis.port().to_string(),
            "-c",
            &CONNECTIONS.to_string(),
            "-n",
            &count.to_string(),
        ])
        .args([
            "--csv",
            "-r",
            "1000000",
            "GET",
            "consent:447512__rand_int__",
        ])
        .output()
        .context("run redis-benchmark")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().last().and_then(|line| line.split(',').nth(1));
    Ok(line
        .with_context(|| format!("redis-benchmark said: {text}"))?
        .trim_matches('"')
        .parse()?)
}

//! How fast the index is on this machine: `measure COUNT [FOLDER]` makes so many people and asks about all of them.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "an example for people who measure"
)]

use std::{
    fs::File,
    hint::black_box,
    io::{BufReader, BufWriter, Write},
    path::PathBuf,
    thread,
    time::Instant,
};

use consent::{reason::Code, request::Request, scope::Category};
use index::{
    answer,
    index::Index,
    key::PhoneKey,
    plan::Plan,
    sheet::{Home, Sheet, Tally},
    snapshot::{self, Label},
    state::State,
};

const LABEL: Label = Label {
    id: [1; 16],
    policy: 1,
    maker: [0; 32],
};

fn main() {
    let mut words = std::env::args().skip(1);
    let count: u64 = words
        .next()
        .map_or(10_000_000, |word| word.parse().unwrap());
    let folder = words.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let begun = Instant::now();
    let index = people(count);
    let size = index.size();
    say("fill", begun, count);
    println!(
        "memory: {:.2} bytes a contact ({} MB)",
        size.bytes as f64 / size.keys as f64,
        size.bytes >> 20
    );
    snapshots(&index, &folder);
    let plan = Plan::of(
        &Request::about(Category::Marketing),
        answer::deny(Code::NoConsent),
    );
    single(&index, &plan, count);
    let text = list(count, 10_000_000);
    let lines = text.iter().filter(|byte| **byte == b'\n').count() as u64;
    for threads in [1, 2] {
        let begun = Instant::now();
        let tally = filter(&index, &plan, &text, threads);
        say(&format!("filter, {threads} threads"), begun, lines);
        println!("  {} of {} allowed", tally.allowed(), tally.total());
    }
}

/// Every fifth number of a range, in no order; two of three may get marketing.
fn people(count: u64) -> Index {
    let index = Index::with_room_for(usize::try_from(count).unwrap(), 0);
    for n in 0..count {
        let state = if n % 3 == 0 { 8 } else { 1 };
        index.phones.set(
            PhoneKey::from_number(number(n)).unwrap(),
            State::from_bits(state),
        );
    }
    index
}

fn number(n: u64) -> u64 {
    491_511_111_111 + n * 5
}

fn snapshots(index: &Index, folder: &std::path::Path) {
    let file = folder.join("consentry-measure.index");
    let begun = Instant::now();
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&file).unwrap());
    snapshot::write(index, &LABEL, &mut out).unwrap();
    out.flush().unwrap();
    out.get_ref().sync_all().unwrap();
    let keys = index.size().keys as u64;
    say("write snapshot", begun, keys);
    let begun = Instant::now();
    let mut from = BufReader::with_capacity(1 << 20, File::open(&file).unwrap());
    let read = snapshot::read(&LABEL, &mut from).unwrap();
    say("read snapshot", begun, keys);
    assert_eq!(read.size().keys, index.size().keys);
    std::fs::remove_file(file).unwrap();
}

fn single(index: &Index, plan: &Plan, count: u64) {
    let mut times: Vec<u64> = Vec::with_capacity(1_000_000);
    let mut seed = 88_172_645_463_325_252_u64;
    for _ in 0..1_000_000 {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let key = PhoneKey::from_number(number(seed % (count * 2))).unwrap();
        let begun = Instant::now();
        black_box(plan.answer(index.phone(key)));
        times.push(u64::try_from(begun.elapsed().as_nanos()).unwrap());
    }
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 1000).copied().unwrap_or(0);
    println!(
        "one verdict: p50 {} ns, p99 {} ns, p99.9 {} ns",
        at(500),
        at(990),
        at(999)
    );
}

/// Numbers in no order, half of them unknown.
fn list(count: u64, lines: u64) -> Vec<u8> {
    let mut text = Vec::new();
    let mut seed = 1_181_783_497_276_652_981_u64;
    for _ in 0..lines {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        writeln!(text, "{}", number(seed % (count * 2))).unwrap();
    }
    text
}

fn filter(index: &Index, plan: &Plan, text: &[u8], threads: usize) -> Tally {
    let share = text.len() / threads;
    let mut tally = Tally::default();
    thread::scope(|scope| {
        let mut rest = text;
        let mut workers = Vec::new();
        for part in 0..threads {
            let mine = if part + 1 == threads {
                std::mem::take(&mut rest)
            } else {
                let end = rest
                    .iter()
                    .skip(share)
                    .position(|byte| *byte == b'\n')
                    .unwrap();
                let (mine, others) = rest.split_at(share + end + 1);
                rest = others;
                mine
            };
            workers.push(scope.spawn(move || sift(index, plan, mine)));
        }
        for worker in workers {
            tally.add(&worker.join().unwrap());
        }
    });
    tally
}

fn sift(index: &Index, plan: &Plan, text: &[u8]) -> Tally {
    let (mut sheet, mut out, mut tally) = (Sheet::default(), Vec::new(), Tally::default());
    let mut rest = text;
    while !rest.is_empty() {
        let upto = rest.len().min(64 * 1024);
        let end = rest
            .get(..upto)
            .and_then(|piece| piece.iter().rposition(|byte| *byte == b'\n'))
            .map_or(rest.len(), |end| end + 1);
        let (piece, others) = rest.split_at(end);
        sheet.read(piece, Home::Abroad);
        sheet.look_up(&index.phones, plan);
        out.clear();
        sheet.hand_back(piece, &mut out, &mut tally);
        black_box(&out);
        rest = others;
    }
    tally
}

fn say(what: &str, begun: Instant, count: u64) {
    let took = begun.elapsed();
    println!(
        "{what}: {} ms, {:.1} ns each, {:.1} million a second",
        took.as_millis(),
        took.as_nanos() as f64 / count as f64,
        count as f64 / took.as_secs_f64() / 1e6
    );
}

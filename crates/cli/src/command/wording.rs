//! `wording score`: how well a corpus of phrases is understood.

use std::{collections::BTreeMap, fs, path::Path};

use consent::wording::score::{self, Share, Tally, VERDICTS};
use serde_json::{Value, json};

use crate::{
    args::{Common, Wording},
    exit::OK,
    failure::Failure,
    output,
};

pub fn run(common: &Common, act: &Wording) -> Result<u8, Failure> {
    let Wording::Score { file } = act;
    let corpus = fs::read_to_string(file)
        .map_err(|cause| Failure::io(&format!("read `{}`", file.display()), &cause))?;
    let lines = score::lines(&corpus).map_err(|bad| bad_line(file, &bad))?;
    let mut scores = Scores::default();
    for line in &lines {
        scores.add(line);
    }
    if common.json {
        output::json(&scores.json());
    } else {
        scores.show();
    }
    Ok(OK)
}

fn bad_line(file: &Path, bad: &score::BadLine) -> Failure {
    Failure::Usage(format!("{}: {bad}", file.display()))
}

#[derive(Default)]
struct Scores {
    all: Tally,
    languages: BTreeMap<String, Tally>,
    lines: Vec<Value>,
}

impl Scores {
    fn add(&mut self, line: &score::Line<'_>) {
        let reading = score::read(line.phrase);
        let verdict = reading.verdict();
        self.all.add(line.expected, verdict);
        let tally = self.languages.entry(line.language.to_owned()).or_default();
        tally.add(line.expected, verdict);
        let found = reading.found();
        self.lines.push(json!({
            "phrase": line.phrase, "language": line.language, "expected": line.expected, "verdict": verdict,
            "rule": found.map(|found| found.rule.as_str()), "span": found.map(|found| found.span.as_str()),
        }));
    }

    fn json(self) -> Value {
        let languages: BTreeMap<&String, Value> = self
            .languages
            .iter()
            .map(|(language, tally)| (language, totals(tally)))
            .collect();
        json!({"lines": self.lines, "totals": totals(&self.all), "languages": languages})
    }

    fn show(&self) {
        let mut rows: Vec<Vec<String>> = Vec::new();
        let languages = self
            .languages
            .iter()
            .map(|(name, tally)| (name.as_str(), tally));
        for (name, tally) in languages.chain([("all", &self.all)]) {
            let counts = [tally.lines(), tally.right()].map(|count| count.to_string());
            let shares = [tally.precision(), tally.recall(), tally.acted()];
            let mut row = vec![name.to_owned()];
            row.extend(counts);
            row.extend(shares.iter().map(Share::to_string));
            rows.push(row);
        }
        let header = ["language", "lines", "right", "precision", "recall", "acted"];
        output::table(&header, &rows);
        output::line("\nprecision: of what is acted upon at once, the share that is right");
        output::line(
            "recall: of what asks to stop, the share that is acted upon or goes to a person",
        );
        output::line("acted: of what asks to stop, the share that is acted upon at once");
        for (name, tally) in &self.languages {
            confusion(name, tally);
        }
        confusion("all", &self.all);
    }
}

fn totals(tally: &Tally) -> Value {
    let mut confusion: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    for ((expected, given), count) in &tally.counts {
        confusion.entry(expected).or_default().insert(given, *count);
    }
    json!({
        "lines": tally.lines(), "right": tally.right(), "precision": tally.precision().fraction(),
        "recall": tally.recall().fraction(), "acted": tally.acted().fraction(), "confusion": confusion,
    })
}

/// What was taken for what: a row for what a person said, a column for what was given.
fn confusion(name: &str, tally: &Tally) {
    let count = |expected, given| tally.counts.get(&(expected, given)).copied();
    let row = |expected: &&'static str| {
        let cells = VERDICTS.iter().map(|given| match count(*expected, *given) {
            Some(count) => count.to_string(),
            None => ".".to_owned(),
        });
        std::iter::once((*expected).to_owned())
            .chain(cells)
            .collect::<Vec<_>>()
    };
    let seen = |expected: &&&'static str| {
        VERDICTS
            .iter()
            .any(|given| count(**expected, *given).is_some())
    };
    let rows: Vec<Vec<String>> = VERDICTS.iter().filter(seen).map(row).collect();
    output::line(format_args!("\n{name}: expected down, given across"));
    let header: Vec<&str> = std::iter::once("").chain(VERDICTS).collect();
    output::table(&header, &rows);
}

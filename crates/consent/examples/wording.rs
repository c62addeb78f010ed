//! Reads phrases from standard input: `language`, `verdict` and `phrase` with tabs between, and prints what is not
//! read so; with `--time`, how long a message takes.

use std::io::{Read, Write};

use consent::wording::score;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut corpus = String::new();
    std::io::stdin().read_to_string(&mut corpus)?;
    let lines = score::lines(&corpus)?;
    let mut out = std::io::stdout().lock();
    if std::env::args().any(|argument| argument == "--time") {
        let _ = score::read("the first one reads the lexicons");
        let began = std::time::Instant::now();
        let rounds = 100;
        for _ in 0..rounds {
            for line in &lines {
                std::hint::black_box(score::read(line.phrase));
            }
        }
        let each = began.elapsed().as_secs_f64() * 1e6 / (f64::from(rounds) * lines.len() as f64);
        writeln!(out, "{each:.2} µs a message")?;
        return Ok(());
    }
    for line in lines {
        let reading = score::read(line.phrase);
        let given = reading.verdict();
        if given != line.expected {
            let found = reading.found();
            let rule = found.map_or("", |found| found.rule.as_str());
            let span = found.map_or("", |found| found.span.as_str());
            writeln!(
                out,
                "{}\t{}\t{given}\t{}\t[{rule}] {span}",
                line.language, line.expected, line.phrase
            )?;
        }
    }
    Ok(())
}

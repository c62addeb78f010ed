//! Stories that a lawyer can read (`scenarios/*.txt`), told to the real rules.
//!
//! A story is a title, its source, and lines. A line tells a policy that is not the default (`policy: …`), a topic
//! (`topic: offers is marketing`), something that happens, or what follows (`then …`). Times are UTC. Every line
//! counts: without it the story must end differently, unless it begins with `in vain,`; then it must not.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

#[path = "scenarios/outcome.rs"]
mod outcome;
#[path = "scenarios/steps.rs"]
mod steps;
#[path = "scenarios/text.rs"]
mod text;
#[path = "scenarios/world.rs"]
mod world;

use std::{collections::BTreeSet, fs, path::PathBuf};

use consent::reason::Code;

use text::Text;
use world::World;

/// One story, as it is written.
struct Story {
    file: String,
    lines: Vec<(usize, String)>,
}

fn stories() -> Vec<Story> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "txt"))
        .collect();
    files.sort();
    files.into_iter().map(|path| read(&path)).collect()
}

fn read(path: &PathBuf) -> Story {
    let file = path.file_name().unwrap().to_string_lossy().into_owned();
    let text = fs::read_to_string(path).unwrap();
    let mut lines = (1..).zip(text.lines().map(str::trim));
    let title = lines.next().map_or("", |(_, line)| line);
    assert!(!title.is_empty(), "{file}:1: want a title");
    let source = lines.next().map_or("", |(_, line)| line);
    assert!(source.starts_with("Source: "), "{file}:2: want `Source: …`");
    let lines = lines
        .filter(|(_, line)| !line.is_empty())
        .map(|(number, line)| (number, line.to_owned()))
        .collect();
    Story { file, lines }
}

/// What a story came to: the codes that it checked, or where it went wrong and how.
fn tell<'a>(lines: impl Iterator<Item = &'a (usize, String)>) -> Result<BTreeSet<Code>, String> {
    let mut world = World::default();
    let mut codes = BTreeSet::new();
    let mut checked = false;
    for (number, line) in lines {
        let checks = hear(&mut world, line).map_err(|error| format!("{number}: {error}"))?;
        checked |= checks.is_some();
        codes.extend(checks.flatten());
    }
    if checked {
        Ok(codes)
    } else {
        Err("1: the story says nothing that follows".to_owned())
    }
}

/// One line. `Some` when it said what follows.
fn hear(world: &mut World, line: &str) -> Result<Option<Option<Code>>, String> {
    let mut text = Text(line);
    if text.take("then ") {
        let outcome = outcome::then(world, &mut text)?;
        text.end()?;
        return if outcome.wanted == outcome.found {
            Ok(Some(outcome.code))
        } else {
            Err(format!("want {}, found {}", outcome.wanted, outcome.found))
        };
    }
    text.take("in vain, ");
    if text.take("policy:") {
        steps::policy(world, &mut text)?;
    } else if text.take("topic:") {
        let (name, category) = text
            .0
            .split_once(" is ")
            .ok_or("want `<topic> is <category>`")?;
        text = Text(category);
        let category = text.category()?;
        world.declare_topic(name, category);
    } else if text.take("the business is at home in ") {
        let country = text.word()?;
        world.home = Some(country.parse().map_err(|error| format!("{error}"))?);
    } else {
        happening(world, &mut text)?;
    }
    text.end()?;
    Ok(None)
}

fn happening(world: &mut World, text: &mut Text<'_>) -> Result<(), String> {
    let today = world
        .now
        .unwrap_or(consent::time::Timestamp::from_millis(0));
    let before = world.now;
    if let Some(now) = text.when(today)? {
        if before.is_some_and(|before| now < before) {
            return Err("time goes backwards".to_owned());
        }
        world.now = Some(now);
    }
    let now = world.now()?;
    if text.take("Meta delivers that again") {
        return world.deliver_again();
    }
    world.delivered.clear();
    let occurred = if text.take("Meta delivers that ") {
        text.when(now)?
            .ok_or("want the time at which it happened")?
    } else {
        now
    };
    steps::happen(world, text, occurred, now)
}

#[test]
fn every_story_ends_as_it_is_told() {
    let mut wrong = Vec::new();
    for story in stories() {
        if let Err(error) = tell(story.lines.iter()) {
            wrong.push(format!("{}:{error}", story.file));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_line_of_a_story_counts() {
    let mut wrong = Vec::new();
    for story in stories() {
        for (number, line) in story
            .lines
            .iter()
            .filter(|(_, line)| !line.starts_with("then "))
        {
            let without = tell(story.lines.iter().filter(|(other, _)| other != number));
            let counts = without.is_err();
            if counts == line.starts_with("in vain, ") {
                let how = if counts {
                    "is not in vain"
                } else {
                    "changes nothing"
                };
                wrong.push(format!("{}:{number}: `{line}` {how}", story.file));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_code_is_in_a_story() {
    let told: BTreeSet<Code> = stories()
        .iter()
        .filter_map(|story| tell(story.lines.iter()).ok())
        .flatten()
        .collect();
    let missing: Vec<&str> = Code::ALL
        .into_iter()
        .filter(|code| !told.contains(code))
        .map(Code::word)
        .collect();
    assert!(missing.is_empty(), "no story for {missing:?}");
    assert!(stories().len() >= 45, "only {} stories", stories().len());
}

#[test]
fn a_word_that_is_not_understood_is_named_with_its_line() {
    for (line, want) in [
        (
            "on 2026-11-22 at 10:00 Ana dances",
            "want `writes ` before `dances`",
        ),
        ("policy: be nice", "`be` is not a category"),
        (
            "on 2026-13-22 at 10:00 Ana writes \"x\"",
            "`2026-13-22` is not a date",
        ),
        (
            "on 2026-11-22 at 10:00 Ana writes \"x\" loudly",
            "cannot read `loudly`",
        ),
        (
            "then a marketing message to Ana is refused: nonsense",
            "no time was told yet",
        ),
    ] {
        let told = tell([(7, line.to_owned())].iter()).unwrap_err();
        assert!(
            told.starts_with("7: ") && told.contains(want),
            "{line}: {told}"
        );
    }
}

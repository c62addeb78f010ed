//! The pages for people say what the program says: codes, settings, routes, counters, and the tests that keep a promise.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on says where"
)]

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use consent::reason::Code;
use server::{config::DEFAULTS, http};

const RULES: &str = include_str!("../../../docs/rules.md");
const OPERATE: &str = include_str!("../../../docs/operate.md");
const API: &str = include_str!("../../../docs/api.md");
const README: &str = include_str!("../../../README.md");
const ARCHITECTURE: &str = include_str!("../../../ARCHITECTURE.md");

/// Pages that grew past this have become something else.
const ARCHITECTURE_LINES_MAX: usize = 150;

#[test]
fn the_page_of_refusals_has_the_code_that_clients_of_meta_see() {
    for code in Code::ALL {
        let row = RULES
            .lines()
            .find(|line| line.contains(&format!("| `{}` |", code.word())))
            .unwrap_or_else(|| panic!("docs/rules.md has no row for `{}`", code.word()));
        let graph = format!("| {} |", http::graph_fault::graph_code(code));
        assert!(row.ends_with(&graph), "want {graph} at the end of: {row}");
    }
}

#[test]
fn the_page_for_operators_has_every_setting() {
    let mut section = String::new();
    for line in DEFAULTS.lines() {
        let line = line.trim_start_matches("# ").trim();
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            section = format!("{}.", name.trim_matches(['[', ']']));
        } else if let Some((key, _)) = line.split_once(" = ")
            && key.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        {
            let name = format!("`{section}{key}`");
            assert!(OPERATE.contains(&name), "docs/operate.md has no {name}");
        }
    }
    assert!(!section.is_empty(), "the defaults have sections");
}

#[test]
fn the_page_of_the_api_has_every_route() {
    let description = http::api::description();
    assert!(!description.paths.paths.is_empty(), "there are routes");
    for path in description.paths.paths.keys() {
        assert!(API.contains(path.as_str()), "docs/api.md has no `{path}`");
    }
}

#[test]
fn every_test_and_every_counter_that_a_page_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut texts = Vec::new();
    for folder in ["crates", "tests"] {
        read_all(&root.join(folder), &mut texts).unwrap();
    }
    let mut pages = vec![README.to_owned(), ARCHITECTURE.to_owned()];
    read_all(&root.join("docs"), &mut pages).unwrap();
    let missing: BTreeSet<&str> = pages
        .iter()
        .flat_map(|page| named(page))
        .filter(|name| {
            let wanted = if name.starts_with("consentry_") {
                [format!("\"{name}\""), format!("'{name}'")]
            } else {
                [format!("fn {name}("), format!("def {name}(")]
            };
            !texts
                .iter()
                .any(|text| wanted.iter().any(|wanted| text.contains(wanted)))
        })
        .collect();
    assert!(
        missing.is_empty(),
        "a page names what is not there: {missing:#?}"
    );
}

#[test]
fn the_map_fits_on_a_few_screens() {
    assert!(ARCHITECTURE.lines().count() <= ARCHITECTURE_LINES_MAX);
}

/// Names of tests and counters in a page: code with three underscores or more, as sentences have.
fn named(page: &str) -> impl Iterator<Item = &str> {
    page.split('`').skip(1).step_by(2).filter(|code| {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        code.matches('_').count() >= 3 && code.chars().all(plain)
    })
}

fn read_all(folder: &Path, texts: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path: PathBuf = entry?.path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        if path.is_dir() {
            read_all(&path, texts)?;
        } else if matches!(ending, Some("rs" | "py" | "md")) {
            texts.push(fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

//! Every public method of `Store` and `Tx` is called somewhere in this suite.

use std::{fs, path::Path};

/// The text of every Rust file below a folder, without white space.
fn texts(dir: &Path, out: &mut Vec<String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts(&path, out);
        } else if path.extension().is_some_and(|ext| ext == "rs")
            // Built for tests of tampering only, behind a feature.
            && path.file_name().is_none_or(|name| name != "tamper.rs")
        {
            out.push(fs::read_to_string(&path).unwrap());
        }
    }
}

/// The methods in `impl Store` and `impl Tx` blocks, as `store.name(` and `tx.name(`.
fn methods(source: &str) -> Vec<String> {
    let mut found = vec![];
    let mut receiver = None;
    for line in source.lines() {
        match line {
            "impl Store {" => receiver = Some("store"),
            "impl Tx {" => receiver = Some("tx"),
            "}" => receiver = None,
            _ => {}
        }
        let head = ["    pub async fn ", "    pub const fn ", "    pub fn "];
        let rest = head.iter().find_map(|head| line.strip_prefix(head));
        if let (Some(receiver), Some(rest)) = (receiver, rest) {
            let name = rest.split(['(', '<']).next().unwrap();
            found.push(format!("{receiver}.{name}("));
        }
    }
    found
}

#[test]
fn every_public_method_is_in_the_contract() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut sources, mut tests) = (vec![], vec![]);
    texts(&here.join("src"), &mut sources);
    texts(&here.join("tests/contract"), &mut tests);
    let tests: String = tests
        .concat()
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect();
    let public: Vec<String> = sources.iter().flat_map(|text| methods(text)).collect();
    assert!(public.len() > 80, "only {} methods seen", public.len());
    let missing: Vec<&String> = public
        .iter()
        .filter(|call| !tests.contains(call.as_str()) && !call.starts_with("store.open"))
        .collect();
    assert!(missing.is_empty(), "not in the contract: {missing:?}");
    assert!(tests.contains("Store::open(") && tests.contains("Store::open_with("));
}

//! `consentry filter`, as a marketer runs it.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on says where"
)]

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
    thread,
};

use serde_json::{Value, json};

fn filter(data: &Path, words: &[&str], list: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_consentry"))
        .arg("filter")
        .args(words)
        .arg("--data")
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, list) = (child.stdin.take().unwrap(), list.to_owned());
    let feeding = thread::spawn(move || stdin.write_all(list.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let _ = feeding.join().unwrap();
    output
}

fn counted(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stderr);
    serde_json::from_str(text.trim()).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn the_allowed_come_out_in_order_and_the_others_are_counted() {
    let data = tempfile::tempdir().unwrap();
    let list = "+44 7700 900124\n\nno number\r\n447700900123\r\n  +447700900125\t\n447700900123\nGB.123456\n";
    let done = filter(data.path(), &["--category", "utility", "--json"], list);
    assert_eq!(done.status.code(), Some(0));
    let allowed = String::from_utf8(done.stdout.clone()).unwrap();
    let wanted = "+44 7700 900124\n447700900123\n+447700900125\n447700900123\nGB.123456\n";
    assert_eq!(allowed, wanted);
    let wanted = json!({"total": 6, "allowed": 5, "refused": {"invalid_recipient": 1}});
    assert_eq!(counted(&done), wanted);
    let none = filter(data.path(), &["--category", "marketing"], list);
    assert_eq!(
        none.status.code(),
        Some(0),
        "that nobody is allowed is an answer"
    );
    assert!(none.stdout.is_empty());
    let said = String::from_utf8(none.stderr).unwrap();
    let rows: Vec<Vec<&str>> = said
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    let wanted = [
        ["allowed", "0"],
        ["invalid_recipient", "1"],
        ["no_consent", "5"],
        ["total", "6"],
    ];
    assert_eq!(rows, wanted);
}

#[test]
fn a_long_list_keeps_its_order() {
    let data = tempfile::tempdir().unwrap();
    let mut list = String::new();
    for n in 0..300_000_u64 {
        let number = 491_511_111_111 + (n * 7_919) % 400_000;
        list.push_str(&format!("{number}\n"));
        if n == 150_000 {
            list.push_str(&"x".repeat(3 << 20));
            list.push('\n');
        }
    }
    list.push_str("491511111119");
    let done = filter(data.path(), &["--category", "utility", "--json"], &list);
    assert_eq!(done.status.code(), Some(0));
    let wanted = json!({"total": 300_002, "allowed": 300_001, "refused": {"invalid_recipient": 1}});
    assert_eq!(counted(&done), wanted);
    let allowed: Vec<&str> = list.lines().filter(|line| !line.starts_with('x')).collect();
    let found = String::from_utf8(done.stdout).unwrap();
    assert!(found.lines().eq(allowed), "the order changed");
}

#[test]
fn wrong_usage_is_told_before_a_line_is_read() {
    let data = tempfile::tempdir().unwrap();
    for words in [
        &["--category", "spam"][..],
        &["--category", "marketing", "--topic", "none"],
        &["--category", "marketing", "--number", "x"],
        &["--category", "marketing", "--channel", "pigeon"],
        &[],
    ] {
        let done = filter(data.path(), words, "447700900123\n");
        assert_eq!(done.status.code(), Some(2), "{words:?}");
        assert!(done.stdout.is_empty());
    }
}

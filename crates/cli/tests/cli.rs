//! The real binary: what it answers, and with which exit code.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on says where"
)]

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

fn consentry(data: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_consentry"))
        .args(words)
        .arg("--data")
        .arg(data)
        .output()
        .unwrap()
}

fn json(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(text.trim()).unwrap_or_else(|error| {
        panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr))
    })
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

#[test]
fn nobody_may_be_sent_marketing_unasked() {
    let data = tempfile::tempdir().unwrap();
    let check = |category| {
        let words = ["check", "+447700900123", "--category", category, "--json"];
        consentry(data.path(), &words)
    };
    let no = check("marketing");
    assert_eq!(code(&no), 3);
    assert_eq!(json(&no)["code"], "no_consent");
    let yes = check("utility");
    assert_eq!(code(&yes), 0);
    assert_eq!(json(&yes)["allow"], true);
    assert_eq!(
        code(&check("spam")),
        2,
        "a category that does not exist is wrong usage"
    );
    assert_eq!(code(&consentry(data.path(), &["check"])), 2);
}

#[test]
fn keys_are_shown_once_and_can_be_revoked() {
    let data = tempfile::tempdir().unwrap();
    let words = [
        "keys", "create", "--name", "shop", "--role", "app", "--json",
    ];
    let made = json(&consentry(data.path(), &words));
    assert!(made["key"].as_str().unwrap().starts_with("csk_"));
    let id = made["id"].as_str().unwrap();
    assert_eq!(code(&consentry(data.path(), &["keys", "revoke", id])), 0);
    assert_eq!(
        code(&consentry(data.path(), &["keys", "revoke", id])),
        1,
        "only once"
    );
    let listed = json(&consentry(data.path(), &["keys", "list", "--json"]));
    assert!(listed["items"][0]["revoked_at"].is_string() && listed["items"][0]["key"].is_null());
    let proved = json(&consentry(data.path(), &["verify", "--json"]));
    assert_eq!(proved["holds"], true, "{proved}");
}

#[test]
fn an_older_copy_is_noticed_until_it_is_acknowledged() {
    let data = tempfile::tempdir().unwrap();
    let copy = data.path().join("copy.db");
    let name = copy.to_str().unwrap();
    consentry(
        data.path(),
        &["keys", "create", "--name", "a", "--role", "app"],
    );
    assert_eq!(code(&consentry(data.path(), &["backup", name])), 0);
    assert_eq!(
        code(&consentry(data.path(), &["backup", name])),
        1,
        "never over a file"
    );
    // The server signs and remembers what the copy lacks.
    consentry(
        data.path(),
        &["keys", "create", "--name", "b", "--role", "app"],
    );
    serve_for_a_moment(data.path());
    assert_eq!(
        code(&consentry(data.path(), &["restore", name])),
        1,
        "there is a database"
    );
    let back = consentry(data.path(), &["restore", name, "--force"]);
    assert_eq!(code(&back), 0);
    assert!(String::from_utf8_lossy(&back.stderr).contains("--acknowledge"));
    let words = [
        "check",
        "+447700900123",
        "--category",
        "marketing",
        "--json",
    ];
    assert_eq!(json(&consentry(data.path(), &words))["code"], "held");
    assert_eq!(
        code(&consentry(data.path(), &["restore", "--acknowledge"])),
        0
    );
    assert_eq!(json(&consentry(data.path(), &words))["code"], "no_consent");
    assert_eq!(
        code(&consentry(data.path(), &["restore", "--acknowledge"])),
        1
    );
}

#[test]
fn a_mistyped_setting_is_named_with_the_nearest() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("consentry.toml");
    std::fs::write(&file, "lisen = \"127.0.0.1:0\"").unwrap();
    let done = consentry(
        data.path(),
        &["migrate", "--config", file.to_str().unwrap()],
    );
    assert_eq!(code(&done), 1);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(
        said.starts_with("error: ") && said.contains("`listen`"),
        "{said}"
    );
}

#[cfg(unix)]
fn serve_for_a_moment(data: &Path) {
    let file = data.join("serve.toml");
    std::fs::write(&file, "listen = \"127.0.0.1:0\"").unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_consentry"))
        .args([
            "serve",
            "--json",
            "--config",
            file.to_str().unwrap(),
            "--data",
        ])
        .arg(data)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert!(line.contains("listen"), "{line}");
    let second = consentry(data, &["serve", "--config", file.to_str().unwrap()]);
    assert_eq!(code(&second), 1, "one server a file");
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(
        child.wait().unwrap().code(),
        Some(0),
        "it stops when told to"
    );
}

#[test]
fn a_file_is_tried_taken_in_and_taken_out() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("people.csv");
    let csv = "Telefon,name,consent\n+447700900123,Ana,yes\n12,Nobody,\n+447700900124,=1+1,\n";
    std::fs::write(&file, csv).unwrap();
    let file = file.to_str().unwrap();
    let columns = "--column Telefon=phone --column name=name --column consent=consent \
                   --source shop --wording Yes. --at 2026-01-02";
    let columns: Vec<&str> = columns.split_whitespace().collect();
    let import = |more: &[&str]| {
        let words = [&["import", file], &columns[..], more].concat();
        consentry(data.path(), &words)
    };
    let summary = |output: &Output| -> Value {
        let text = String::from_utf8_lossy(&output.stdout);
        let last = text.lines().last().unwrap_or_default();
        serde_json::from_str::<Value>(last).unwrap()["summary"].clone()
    };
    let check = || {
        consentry(
            data.path(),
            &["check", "+447700900123", "--category", "marketing"],
        )
    };
    let tried = import(&["--dry-run", "--json"]);
    assert_eq!(summary(&tried)["imported"], 2);
    assert_eq!(code(&check()), 3, "a dry run writes nothing");
    // What a server has open it would not hear of; trying changes nothing.
    let lock = server::serve::Lock::take(&data.path().join("consentry.db")).unwrap();
    let refused = import(&[]);
    assert_eq!(code(&refused), 1);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("POST /api/v1/import"), "{said}");
    assert_eq!(code(&import(&["--dry-run"])), 0);
    drop(lock);
    let taken = import(&[]);
    assert_eq!(code(&taken), 0);
    let said = String::from_utf8_lossy(&taken.stdout).into_owned();
    assert!(said.contains("line 3  invalid_number"), "{said}");
    assert_eq!(code(&check()), 0);
    assert_eq!(summary(&import(&["--json"]))["unchanged"], 2);
    let words = ["export", "contacts", "--consent", "opted_in"];
    let out = String::from_utf8(consentry(data.path(), &words).stdout).unwrap();
    assert_eq!(out.lines().count(), 2, "{out}");
    let out = String::from_utf8(consentry(data.path(), &["export"]).stdout).unwrap();
    assert!(out.contains(",'=1+1,+447700900124,"), "{out}");
    let events = consentry(data.path(), &["export", "events"]);
    assert!(
        String::from_utf8_lossy(&events.stdout)
            .contains(",opt_in,marketing|*|*,claimed,2026-01-02T00:00:00Z,")
    );
    let proved = json(&consentry(data.path(), &["verify", "--json"]));
    assert_eq!(proved["holds"], true, "{proved}");
    assert_eq!(
        code(&consentry(data.path(), &["import", "/nowhere.csv"])),
        1
    );
    assert_eq!(
        code(&consentry(
            data.path(),
            &["export", "events", "--segment", "x"]
        )),
        2
    );
    assert_eq!(code(&import(&["--column", "Nope=phone"])), 2);
}

//! `consentry campaign`, as a marketer and a colleague run it, beside a server and a simulated WhatsApp.

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
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::Arc,
};

use sandbox::{Options, Running, Sandbox};
use serde_json::{Value, json};
use server::{
    app::{App, House},
    clock::Clock,
    config::Config,
    serve::{Secrets, Server},
    services::sample,
};
use tempfile::TempDir;

/// Who agreed to marketing. Nobody else did.
const AGREED: [&str; 3] = ["+447700900123", "+12025550142", "+447700900188"];
/// Nobody has heard of them.
const STRANGER: &str = "+447700900199";

/// A shop whose settings let two people be written to without a second person's approval.
struct Shop {
    meta: Running,
    app: App,
    settings: PathBuf,
    data: TempDir,
}

impl Shop {
    async fn open() -> Self {
        let data = tempfile::tempdir().unwrap();
        let meta = Sandbox::start(Options::sample().unwrap()).await.unwrap();
        let options = &meta.options;
        let account = &options.accounts[0];
        let settings = data.path().join("consentry.toml");
        let text = format!(
            "listen = \"127.0.0.1:0\"\n[whatsapp]\ngraph_url = \"{}\"\napp_secrets = [\"{}\"]\nverify_token = \"{}\"\n\
             access_token = \"{}\"\n[[whatsapp.accounts]]\nid = \"{}\"\nnumbers = [\"{}\"]\n[campaigns]\n\
             approval_above = 2\n",
            meta.base_url(),
            options.app_secret,
            options.verify_token,
            options.access_tokens[0],
            account.id,
            account.numbers[0].id,
        );
        std::fs::write(&settings, text).unwrap();
        let config = Config::load(Some(&settings), Some(data.path())).unwrap();
        let app = House::open(config, Clock::Real).await.unwrap();
        let people = AGREED.map(|phone| (phone, "Ada"));
        sample::agree(&app, &people).await.unwrap();
        Self {
            meta,
            app,
            settings,
            data,
        }
    }

    /// What a command answers, given this on stdin.
    fn fed(&self, words: &[&str], stdin: &str) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_consentry"))
            .arg("campaign")
            .args(words)
            .arg("--config")
            .arg(&self.settings)
            .arg("--data")
            .arg(self.data.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// What a command answers.
    fn run(&self, words: &[&str]) -> Output {
        self.fed(words, "")
    }

    /// What a command that must succeed answers, as JSON.
    fn json(&self, words: &[&str]) -> Value {
        let done = self.run(&[words, &["--json"]].concat());
        assert_eq!(code(&done), 0, "{words:?}: {}", said(&done));
        answer(&done)
    }

    /// Makes a campaign and gives its id.
    fn made(&self, body: &Value, by: &str) -> String {
        let done = self.fed(&["create", "-", "--as", by, "--json"], &body.to_string());
        assert_eq!(code(&done), 0, "{}", said(&done));
        assert_eq!(answer(&done)["created_by"], by);
        answer(&done)["id"].as_str().unwrap().to_owned()
    }
}

fn spring(basis: Option<&str>) -> Value {
    let people = [&AGREED[..], &[STRANGER]].concat();
    json!({
        "name": "Spring", "template": { "name": "spring_sale", "language": "en_GB" },
        "audience": { "numbers": people }, "basis": basis,
    })
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn shown(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn answer(output: &Output) -> Value {
    let text = shown(output);
    serde_json::from_str(text.trim())
        .unwrap_or_else(|error| panic!("{error}: {text}{}", said(output)))
}

fn lines(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preflight_says_who_is_out_and_what_keeps_it_from_starting() {
    let shop = Shop::open().await;
    let id = shop.made(&spring(None), "Marta");
    let looked = shop.run(&["preflight", &id, "--json"]);
    assert_eq!(code(&looked), 3, "no lawful basis, no campaign");
    assert!(said(&looked).contains("it cannot start: the campaign names no lawful basis"));
    let found = answer(&looked);
    assert_eq!((&found["in"], &found["out"]), (&json!(3), &json!(1)));
    assert_eq!(found["reasons"], json!({ "no_consent": 1 }));
    assert_eq!(code(&shop.run(&["start", &id])), 1, "nor does it start");
    let id = shop.made(&spring(Some("consent")), "Marta");
    let looked = shop.run(&["preflight", &id]);
    assert_eq!(code(&looked), 0, "{}", said(&looked));
    let text = shown(&looked);
    assert!(text.contains("\nno_consent  1"), "{text}");
    assert!(said(&looked).contains(&format!("consentry campaign approve {id} --as NAME")));
    let seen = shop.run(&["preview", &id, "--limit", "2"]);
    let text = shown(&seen);
    assert_eq!(text.matches("Spring is here!").count(), 2, "{text}");
    let all = shop.json(&["list"]);
    assert_eq!(all["items"].as_array().unwrap().len(), 2);
    assert_eq!(all["items"][0]["id"], id, "the newest comes first");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_to_many_needs_somebody_else_who_agrees() {
    let shop = Shop::open().await;
    let id = shop.made(&spring(Some("consent")), "Marta");
    let refused = shop.run(&["start", &id]);
    assert_eq!(code(&refused), 1);
    assert!(
        said(&refused).contains("second person"),
        "{}",
        said(&refused)
    );
    let own = shop.run(&["approve", &id, "--as", "Marta"]);
    assert_eq!(code(&own), 1, "nobody approves their own");
    assert_eq!(shop.json(&["show", &id])["approved_by"], Value::Null);
    let agreed = shop.json(&["approve", &id, "--as", "Carla"]);
    assert_eq!(agreed["approved_by"], "Carla");
    let mut body = spring(Some("consent"));
    body["pace"] = json!(5);
    let changed = shop.fed(
        &["change", &id, "-", "--as", "Marta", "--json"],
        &body.to_string(),
    );
    assert_eq!(code(&changed), 0, "{}", said(&changed));
    let changed = answer(&changed);
    assert_eq!(
        (&changed["pace"], &changed["changed_by"]),
        (&json!(5), &json!("Marta"))
    );
    assert_eq!(
        changed["approved_by"],
        Value::Null,
        "that was of another pace"
    );
    shop.json(&["approve", &id, "--as", "Carla"]);
    assert_eq!(shop.json(&["start", &id])["state"], "running");
    let late = shop.fed(&["change", &id, "-"], &body.to_string());
    assert_eq!(code(&late), 1);
    assert!(
        said(&late).contains("only a draft is changed"),
        "{}",
        said(&late)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_is_drawn_begun_stopped_and_reported() {
    let shop = Shop::open().await;
    let id = shop.made(&spring(Some("consent")), "Marta");
    shop.json(&["approve", &id, "--as", "Carla"]);
    let drawn = shop.json(&["draw", &id]);
    assert!(drawn["drawn_at"].is_string(), "{drawn}");
    assert_eq!(drawn["counts"]["waiting"], 4);
    let started = shop.run(&["start", &id, "--watch", "--json"]);
    assert_eq!(code(&started), 0, "{}", said(&started));
    assert_eq!(answer(&started)["state"], "running");
    assert!(
        said(&started).contains("no server has this database open"),
        "nobody waits for a server that is not there: {}",
        said(&started)
    );
    assert_eq!(shop.json(&["pause", &id])["state"], "paused");
    assert_eq!(shop.json(&["report", &id, "--watch"])["state"], "paused");
    let server = Server::start(Arc::clone(&shop.app), Secrets::Sandbox)
        .await
        .unwrap();
    shop.meta
        .set_callback(&format!("http://{}/webhooks/whatsapp", server.addr()));
    let resumed = shop.run(&["resume", &id]);
    assert_eq!((code(&resumed), said(&resumed).as_str()), (0, ""));
    let (people, time) = (
        shop.data.path().join("people.csv"),
        shop.data.path().join("time.csv"),
    );
    let files = [
        "--csv",
        people.to_str().unwrap(),
        "--series",
        time.to_str().unwrap(),
    ];
    let told = shop.json(&[&["report", &id, "--watch"], &files[..]].concat());
    assert_eq!(told["state"], "done", "{told}");
    assert_eq!(told["counts"]["accepted"], 3);
    assert_eq!(told["denied"], json!({ "no_consent": 1 }));
    let rows = lines(&people);
    assert!(rows[0].starts_with("contact,address,variant,state,"));
    assert_eq!(rows.len(), 1 + 4);
    assert!(
        rows.iter()
            .any(|row| row.contains(STRANGER) && row.contains(",denied,no_consent,"))
    );
    assert_eq!(lines(&time)[0], "at,sent,delivered,read,failed,opted_out");
    let text = shown(&shop.run(&["report", &id]));
    let words: Vec<Vec<&str>> = text
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    for row in [
        &["accepted", "3", "75.0", "%"],
        &["no_consent", "1", "25.0", "%"],
    ] {
        assert!(words.iter().any(|line| line == row), "{row:?}: {text}");
    }
    assert_eq!(code(&shop.run(&["cancel", &id])), 1, "it is over");
    server.stop().await;
    shop.meta.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_campaign_leaves_everybody_out() {
    let shop = Shop::open().await;
    let id = shop.made(&spring(Some("consent")), "Marta");
    shop.json(&["draw", &id]);
    let ended = shop.json(&["cancel", &id]);
    assert_eq!(ended["state"], "cancelled");
    assert_eq!(ended["counts"]["skipped"], 4);
    assert_eq!(shop.json(&["show", &id])["counts"], ended["counts"]);
    assert_eq!(
        code(&shop.run(&["draw", &id, "--json"])),
        0,
        "it was drawn before"
    );
    assert_eq!(code(&shop.run(&["resume", &id])), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_usage_and_what_is_not_there_are_told_apart() {
    let shop = Shop::open().await;
    let id = "01936f3e-0000-7000-8000-000000000001";
    for (words, stdin) in [
        (&["create", "-"][..], "no JSON"),
        (
            &["create", "-"],
            r#"{"name":"Spring","audience":{},"speed":1}"#,
        ),
        (&["create", "-"], r#"{"name":"","audience":{"tag":"fair"}}"#),
        (&["create"], ""),
        (&["approve", id, "--as", ""], ""),
        (&["preview", id, "--limit", "21"], ""),
        (&["show", "spring"], ""),
    ] {
        let done = shop.fed(words, stdin);
        assert_eq!(code(&done), 2, "{words:?} {stdin}: {}", said(&done));
        assert!(done.stdout.is_empty());
    }
    let missing = shop.run(&["create", "/nowhere.json"]);
    assert_eq!(code(&missing), 1);
    assert!(said(&missing).contains("cannot read `/nowhere.json`"));
    for word in [
        "show",
        "preview",
        "preflight",
        "approve",
        "draw",
        "start",
        "pause",
        "resume",
        "cancel",
        "report",
    ] {
        let done = shop.run(&[word, id]);
        assert_eq!(code(&done), 1, "{word}");
        assert!(
            said(&done).contains("there is no such campaign"),
            "{word}: {}",
            said(&done)
        );
    }
    assert_eq!(shop.json(&["list"]), json!({ "items": [], "next": null }));
}

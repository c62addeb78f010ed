//! A house for a test: its own database, a clock that only the test moves, and a key for everything.
#![allow(dead_code, reason = "a harness for every file of this binary")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, Request, StatusCode, header},
};
use http_body_util::BodyExt;
use serde_json::Value;
use server::{
    app::{App, House as Opened},
    clock::Clock,
    config::Config,
    http,
    services::{
        keys::{self, Role},
        memory, numbering,
    },
};
use tempfile::TempDir;
use tower::ServiceExt;

/// When every test begins: 2026-11-22T10:00:00Z.
pub const START_MS: i64 = 1_795_341_600_000;

/// A business number of the test's account.
pub const NUMBER: &str = "109900000000001";

/// Where the public reaches the house.
pub const PUBLIC: &str = "https://gate.example.com";

/// A house with its door open.
pub struct House {
    pub app: App,
    pub router: Router,
    pub key: String,
    at: Arc<AtomicI64>,
    folder: TempDir,
}

/// What a door answered.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Bytes,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub fn lines(&self) -> Vec<Value> {
        let text = self.text();
        let lines = text.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The answer, which must have this status.
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }
}

impl House {
    /// A house on SQLite.
    pub async fn open() -> Self {
        Self::open_with("").await
    }

    /// The same with more in its settings.
    pub async fn open_with(settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("consentry.db").display());
        Self::at(folder, &url, settings).await
    }

    /// A house on PostgreSQL, in a schema of its own.
    pub async fn open_postgres() -> Self {
        Self::open_postgres_with("").await
    }

    /// The same with more in its settings.
    pub async fn open_postgres_with(settings: &str) -> Self {
        let server = env("CONSENTRY_TEST_DATABASE").expect(
            "CONSENTRY_TEST_DATABASE names no PostgreSQL: use `make test`, which brings one",
        );
        let folder = tempfile::tempdir().unwrap();
        let schema = format!("it_{}", uuid::Uuid::now_v7().simple());
        let joint = if server.contains('?') { '&' } else { '?' };
        let url = format!("{server}{joint}options=-c%20search_path%3D{schema}");
        Self::at(folder, &url, settings).await
    }

    /// A house on SQLite, with a WhatsApp beside it at this address, which takes this token.
    pub async fn open_beside(meta: &str, token: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("consentry.db").display());
        let settings = settings(&url, "");
        let settings = settings.replace("http://127.0.0.1:9", meta);
        Self::started(folder, &settings.replace("example-token", token)).await
    }

    async fn at(folder: TempDir, database: &str, more: &str) -> Self {
        Self::started(folder, &settings(database, more)).await
    }

    async fn started(folder: TempDir, settings: &str) -> Self {
        let file = folder.path().join("consentry.toml");
        std::fs::write(&file, settings).unwrap();
        let config = Config::load(Some(&file), Some(folder.path())).unwrap();
        let at = Arc::new(AtomicI64::new(START_MS));
        let app = Opened::open(config, Clock::Stepped(Arc::clone(&at)))
            .await
            .unwrap();
        app.address.set(PUBLIC.to_owned()).unwrap();
        let key = keys::create(&app, "test", Role::Admin, "test")
            .await
            .unwrap();
        Self {
            router: http::router(Arc::clone(&app)),
            app,
            key: key.key,
            at,
            folder,
        }
    }

    /// Closes the house, and opens it again on the same database, with the settings of every test.
    pub async fn reopen(self) -> Self {
        self.app.store.close().await;
        let url = self.app.config.database.clone();
        Self::at(self.folder, &url, "").await
    }

    /// The same database, opened beside this house as a command does: nobody tells it of commits, so it asks the rows.
    pub async fn beside(&self) -> App {
        let file = self.folder.path().join("consentry.toml");
        let config = Config::load(Some(&file), Some(self.folder.path())).unwrap();
        let clock = Clock::Stepped(Arc::clone(&self.at));
        Opened::open(config, clock).await.unwrap()
    }

    /// The index is built, and told of every commit from here on.
    pub async fn remember(&self) {
        memory::watch(&self.app);
        while self.app.memory.ready().is_none() {
            memory::step(&self.app).await.unwrap();
        }
    }

    /// Which of these numbers may get marketing, by the batch.
    pub async fn sifted(&self, numbers: &[&str]) -> Vec<String> {
        let path = "/api/v1/check/batch?category=marketing";
        let answer = self.post_as(path, "text/plain", numbers.join("\n")).await;
        let text = answer.expect(200).text();
        text.lines().map(str::to_owned).collect()
    }

    /// Closes the house.
    pub async fn close(self) {
        self.app.store.close().await;
    }

    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        let ms = i64::try_from(time.as_millis()).unwrap();
        self.at.fetch_add(ms, Ordering::SeqCst);
    }

    /// Where files of this test may lie.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// A further key.
    pub async fn key_for(&self, role: Role) -> String {
        keys::create(&self.app, "other", role, "test")
            .await
            .unwrap()
            .key
    }

    /// Numbers what waits, as the worker does where numbers are not given at once.
    pub async fn number(&self) {
        let mut tx = self.app.store.begin().await.unwrap();
        numbering::number(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn raw(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        // News never end by themselves.
        let kind = parts.headers.get(header::CONTENT_TYPE);
        let bytes = match kind.is_some_and(|kind| kind == "text/event-stream") {
            true => Bytes::new(),
            false => body.collect().await.unwrap().to_bytes(),
        };
        Answer {
            status: parts.status,
            headers: parts.headers,
            bytes,
        }
    }

    /// A request with the admin key, or with another one.
    pub fn request(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
    ) -> axum::http::request::Builder {
        let key = key.unwrap_or(&self.key);
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
    }

    pub async fn get(&self, path: &str) -> Answer {
        let request = self.request("GET", path, None).body(Body::empty());
        self.raw(request.unwrap()).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        let request = self.request("DELETE", path, None).body(Body::empty());
        self.raw(request.unwrap()).await
    }

    pub async fn send(&self, method: &str, path: &str, body: Value) -> Answer {
        let request = self
            .request(method, path, None)
            .header(header::CONTENT_TYPE, "application/json");
        self.raw(request.body(Body::from(body.to_string())).unwrap())
            .await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, body).await
    }

    pub async fn post_as(&self, path: &str, kind: &str, body: impl Into<Body>) -> Answer {
        let request = self
            .request("POST", path, None)
            .header(header::CONTENT_TYPE, kind);
        self.raw(request.body(body.into()).unwrap()).await
    }

    /// Records an event that must be taken.
    pub async fn event(&self, body: Value) -> Value {
        self.post("/api/v1/events", body).await.expect(201).json()
    }

    /// An opt-in to marketing with evidence.
    pub async fn opt_in(&self, to: &str) -> Value {
        let evidence = serde_json::json!({"source": "web_form", "wording": "Yes, send me offers."});
        self.event(serde_json::json!({"to": to, "kind": "opt_in", "evidence": evidence}))
            .await
    }

    /// An opt-out of marketing.
    pub async fn opt_out(&self, to: &str) -> Value {
        self.event(serde_json::json!({"to": to, "kind": "opt_out"}))
            .await
    }

    /// The path of a contact's own page.
    pub async fn link(&self, contact: &str) -> String {
        let path = format!("/api/v1/contacts/{contact}/preference_link");
        let request = self.request("POST", &path, None).body(Body::empty());
        let made = self.raw(request.unwrap()).await.expect(201).json();
        let url = made["url"].as_str().unwrap();
        url.strip_prefix(PUBLIC).unwrap().to_owned()
    }

    /// A form, as a browser sends it, without any key.
    pub async fn form(&self, path: &str, body: &str) -> Answer {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body.to_owned()));
        self.raw(request.unwrap()).await
    }

    /// What a browser without any key sees.
    pub async fn see(&self, path: &str) -> Answer {
        let request = Request::get(path).body(Body::empty());
        self.raw(request.unwrap()).await
    }

    /// The events of a contact, newest first.
    pub async fn events(&self, contact: &str) -> Vec<Value> {
        let path = format!("/api/v1/contacts/{contact}/timeline?limit=500");
        let page = self.get(&path).await.expect(200).json();
        page["items"].as_array().unwrap().clone()
    }

    /// The verdict about marketing: `allow`, or the code.
    pub async fn marketing(&self, to: &str) -> String {
        let body = serde_json::json!({"to": to, "category": "marketing"});
        let answer = self.post("/api/v1/check", body).await.expect(200).json();
        answer["code"].as_str().unwrap_or("allow").to_owned()
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "tests find their server in the environment"
)]
fn env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The settings of every test, with some more.
fn settings(database: &str, more: &str) -> String {
    format!(
        "database = \"{database}\"\ndefault_region = \"GB\"\n[keys]\nmaster = \"{}\"\n\
             [whatsapp]\ngraph_url = \"http://127.0.0.1:9\"\napp_secrets = [\"example-app-secret\"]\n\
             verify_token = \"example-verify\"\naccess_token = \"example-token\"\n\
             [[whatsapp.accounts]]\nid = \"209900000000001\"\nnumbers = [\"{NUMBER}\", \"109900000000002\"]\n\
             [pages]\nname = \"Example Shop\"\nwhatsapp = \"+442079460000\"\n{more}",
        "0123456789abcdef".repeat(4)
    )
}

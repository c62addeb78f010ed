//! A house with a simulated Meta behind it, for tests of the gate.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use consent::{
    alias::Alias,
    event::{Clock as Dated, Evidence, Fact},
    id::ContactId,
    scope::Scope,
};
use sandbox::{Options, Running, Sandbox, settings::Settings};
use serde_json::{Value, json};
use server::{
    app::{App, House as Opened},
    clock::Clock,
    config::{Config, Secret},
    services::{
        cast::{Cast, Draft},
        keys::{self, Role},
        policy, quiet, templates,
    },
};
use tower::ServiceExt;

pub const NUMBER: &str = "109900000000001";

/// The gate, its key, and Meta's side.
pub struct House {
    pub app: App,
    pub router: Router,
    pub key: String,
    pub meta: Meta,
    control: reqwest::Client,
    _folder: tempfile::TempDir,
}

/// Meta's side, which a test may take away.
pub struct Meta {
    running: Option<Running>,
    base: String,
    pub options: Arc<Options>,
}

impl Meta {
    pub fn base_url(&self) -> String {
        self.base.clone()
    }

    pub async fn stop(&mut self) {
        self.running.take().unwrap().shutdown().await;
    }
}

/// An answer of the gate.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    pub fn verdict(&self) -> &str {
        self.headers
            .get("x-consentry-verdict")
            .map_or("", |value| value.to_str().unwrap())
    }

    pub fn code(&self) -> i64 {
        self.body["error"]["code"].as_i64().unwrap_or(0)
    }
}

impl House {
    pub async fn open() -> Self {
        Self::with(|_| {}).await
    }

    /// The same on PostgreSQL, in a schema of its own.
    pub async fn on_postgres() -> Self {
        Self::on_postgres_with(|_| {}).await
    }

    /// The same with other settings.
    pub async fn on_postgres_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::with(|config| {
            use_postgres(config);
            change(config);
        })
        .await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::with_clock(Clock::Real, change).await
    }

    /// The same with another clock.
    pub async fn with_clock(clock: Clock, change: impl FnOnce(&mut Config)) -> Self {
        let mut options = Options::sample().unwrap();
        options.settings = Settings::immediate();
        let running = Sandbox::start(options).await.unwrap();
        let meta = Meta {
            base: running.base_url(),
            options: Arc::clone(&running.options),
            running: Some(running),
        };
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.toml");
        let text = format!(
            "[whatsapp]\ngraph_url = \"{}\"\naccess_token = \"{}\"\nsend_timeout_ms = 700\n\
             [[whatsapp.accounts]]\nid = \"209900000000001\"\nnumbers = [\"{NUMBER}\"]\n",
            meta.base_url(),
            meta.options.access_tokens[0],
        );
        std::fs::write(&file, text).unwrap();
        let mut config = Config::load(Some(&file), Some(folder.path())).unwrap();
        change(&mut config);
        let app = Opened::open(config, clock).await.unwrap();
        templates::refresh(&app).await.unwrap();
        let key = keys::create(&app, "test", Role::App, "test")
            .await
            .unwrap()
            .key;
        let router = server::http::router(App::clone(&app));
        Self {
            app,
            router,
            key,
            meta,
            control: reqwest::Client::new(),
            _folder: folder,
        }
    }

    /// The same after the process was ended and begun again: what is not in the database is forgotten.
    pub async fn again(self) -> Self {
        let config = self.app.config.clone();
        self.app.store.close().await;
        let app = Opened::open(config, Clock::Real).await.unwrap();
        let router = server::http::router(App::clone(&app));
        Self {
            app,
            router,
            ..self
        }
    }

    /// Records that somebody agreed to (or refused) something, as the API would.
    pub async fn record(&self, phone: &str, fact: Fact) -> ContactId {
        let alias = Alias::Phone(phone.parse().unwrap());
        let policy = policy::current(&self.app).await.unwrap();
        let mut tx = self.app.store.begin().await.unwrap();
        let mut cast = Cast::gather(&self.app, &mut tx, std::slice::from_ref(&alias))
            .await
            .unwrap();
        let contact = match cast.id_of(&alias) {
            Some(contact) => contact,
            None => cast.create(std::slice::from_ref(&alias), None).unwrap(),
        };
        let evidence = Evidence {
            source: "web_form".to_owned(),
            ..Evidence::default()
        };
        let at = self.app.clock.now();
        cast.record(Draft {
            contact,
            fact,
            clock: Dated::Ours,
            at,
            evidence,
        })
        .unwrap();
        let saved = cast.save(&mut tx, &policy).await.unwrap();
        tx.commit().await.unwrap();
        quiet::settle(&self.app, &saved.restricted).await.unwrap();
        contact
    }

    pub async fn opt_in(&self, phone: &str) -> ContactId {
        self.record(phone, Fact::OptIn(Scope::MARKETING)).await
    }

    pub async fn opt_out(&self, phone: &str) -> ContactId {
        self.record(phone, Fact::OptOut(Scope::MARKETING)).await
    }

    pub async fn send(&self, body: &Value) -> Answer {
        self.post(&format!("/v25.0/{NUMBER}/messages"), body.to_string())
            .await
    }

    pub async fn post(&self, path: &str, body: impl Into<Body>) -> Answer {
        let request = Request::post(path)
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json")
            .body(body.into())
            .unwrap();
        self.call(request).await
    }

    pub async fn call(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer {
            status,
            headers,
            body,
        }
    }

    /// What Meta's side got on its doors for messages, oldest first.
    pub async fn arrived(&self) -> Vec<Value> {
        let url = format!("{}/sandbox/sent?limit=20000", self.meta.base_url());
        let request = self
            .control
            .get(url)
            .bearer_auth(&self.meta.options.control_token);
        let list: Value = request.send().await.unwrap().json().await.unwrap();
        let items = list
            .get("sent")
            .or_else(|| list.get("items"))
            .unwrap_or(&list);
        items
            .as_array()
            .unwrap()
            .iter()
            .filter(|line| line["edge"] != Value::Null)
            .cloned()
            .collect()
    }

    pub async fn control(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.meta.base_url());
        let request = self
            .control
            .post(url)
            .bearer_auth(&self.meta.options.control_token)
            .json(body);
        let response = request.send().await.unwrap();
        assert!(
            response.status().is_success(),
            "{path}: {}",
            response.text().await.unwrap()
        );
        response.json().await.unwrap_or(Value::Null)
    }

    pub async fn fault(&self, kind: &str, more: &Value) {
        let mut body = json!({ "kind": kind });
        for (key, value) in more.as_object().unwrap() {
            body[key] = value.clone();
        }
        self.control("/sandbox/faults", &body).await;
    }
}

pub fn template(to: &str, name: &str) -> Value {
    json!({
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": to, "type": "template",
        "template": { "name": name, "language": { "code": "en_US" },
            "components": [{ "type": "body", "parameters": [{ "type": "text", "text": "Ada" }] }] },
        "biz_opaque_callback_data": "mine",
    })
}

/// A schema of its own on the PostgreSQL of the tests.
pub fn use_postgres(config: &mut Config) {
    let server = std::env::var("CONSENTRY_TEST_DATABASE")
        .expect("CONSENTRY_TEST_DATABASE names no PostgreSQL: use `make test`, which brings one");
    let schema = format!("gate_{}", uuid::Uuid::now_v7().simple());
    let joint = if server.contains('?') { '&' } else { '?' };
    config.database = format!("{server}{joint}options=-csearch_path%3D{schema}");
    config.keys.master = Some(Secret::made(
        "a master key that only this test knows".to_owned(),
    ));
}

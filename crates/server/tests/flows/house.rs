//! A house with a simulated WhatsApp around it: customers write, webhooks come in, answers go out.

use std::time::Duration;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use consent::{id::ContactId, scope::Category};
use graph::signature::{AppSecret, sign};
use sandbox::{Options, Running, Sandbox, settings::Settings};
use serde_json::{Value, json};
use server::{
    app::{App, House as Opened},
    clock::Clock,
    config::{Config, Secret},
    services::{
        flows::pump,
        keys::{self, Role},
        templates,
    },
};
use store::reply::{ReplyLine, ReplyState};
use tower::ServiceExt;

pub const NUMBER: &str = "109900000000001";
pub const ACCOUNT: &str = "209900000000001";
/// Luz, in Mexico, as WhatsApp keeps her number.
pub const LUZ: &str = "5215555550103";
/// Ada, in Britain.
pub const ADA: &str = "447700900123";
const SECRET: &str = "a secret of the flows";
const PATIENCE: Duration = Duration::from_secs(10);

pub struct House {
    pub app: App,
    pub router: Router,
    pub key: String,
    pub meta: Running,
    client: reqwest::Client,
    _folder: tempfile::TempDir,
}

impl House {
    pub async fn open() -> Self {
        Self::open_at(Clock::Real).await
    }

    pub async fn open_at(clock: Clock) -> Self {
        let mut options = Options::sample().unwrap();
        options.settings = Settings::immediate();
        options.app_secret = SECRET.to_owned();
        let meta = Sandbox::start(options).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.toml");
        let text = format!(
            "[whatsapp]\ngraph_url = \"{}\"\naccess_token = \"{}\"\napp_secrets = [\"{SECRET}\"]\n\
             send_timeout_ms = 700\n[[whatsapp.accounts]]\nid = \"{ACCOUNT}\"\nnumbers = [\"{NUMBER}\"]\n",
            meta.base_url(),
            meta.options.access_tokens[0],
        );
        std::fs::write(&file, text).unwrap();
        let mut config = Config::load(Some(&file), Some(folder.path())).unwrap();
        if let Some(url) = database() {
            let schema = format!("flows_{}", uuid::Uuid::now_v7().simple());
            let joint = if url.contains('?') { '&' } else { '?' };
            config.database = format!("{url}{joint}options=-csearch_path%3D{schema}");
            config.keys.master = Some(Secret::made(
                "a master key that only this test knows".to_owned(),
            ));
        }
        let app = Opened::open(config, clock).await.unwrap();
        templates::refresh(&app).await.unwrap();
        let key = keys::create(&app, "Mia", Role::Admin, "test")
            .await
            .unwrap()
            .key;
        let router = server::http::router(App::clone(&app));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let doors = router.clone();
        tokio::spawn(async move { axum::serve(listener, doors).await });
        meta.set_callback(&format!("http://{address}/webhooks/whatsapp"));
        let house = Self {
            app,
            router,
            key,
            meta,
            client: reqwest::Client::new(),
            _folder: folder,
        };
        // Meta tells seconds: ahead of ours, its times count as ours, and no two of them are one.
        house.later(2).await;
        house
    }

    async fn control(&self, method: reqwest::Method, path: &str, body: Option<&Value>) -> Value {
        let url = format!("{}/sandbox/{path}", self.meta.base_url());
        let request = self
            .client
            .request(method, url)
            .bearer_auth(&self.meta.options.control_token);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let response = request.send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{path}: {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// Moves Meta's clock.
    pub async fn later(&self, seconds: i64) {
        let body = json!({ "advance_ms": seconds * 1_000 });
        self.control(reqwest::Method::POST, "clock", Some(&body))
            .await;
    }

    /// Meta changes a template: `status`, `category`, `quality` or `components`.
    pub async fn meta_changes(&self, template: &str, what: &str, args: Value) {
        let path = format!("templates/{template}/{what}");
        self.control(reqwest::Method::POST, &path, Some(&args))
            .await;
    }

    /// The simulator's id of somebody.
    async fn customer(&self, who: &str) -> String {
        let list = self.control(reqwest::Method::GET, "customers", None).await;
        let items = list["items"].as_array().unwrap();
        let found = items.iter().find(|item| item["wa_id"] == json!(who));
        found.unwrap_or_else(|| panic!("nobody has {who}"))["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Lets a customer act.
    pub async fn acts(&self, who: &str, action: &str, args: Value) -> Value {
        let id = self.customer(who).await;
        let path = format!("customers/{id}/{action}");
        self.control(reqwest::Method::POST, &path, Some(&args))
            .await
    }

    /// A customer writes, taps or picks; returns once we have taken it in, and what is due was sent.
    pub async fn hears(&self, who: &str, action: &str, args: Value) -> String {
        let done = self.acts(who, action, args).await;
        let wamid = done["id"].as_str().unwrap().to_owned();
        self.until(|| async {
            let found = self
                .app
                .store
                .find_messages(&[], std::slice::from_ref(&wamid))
                .await;
            !found.unwrap().is_empty()
        })
        .await;
        pump::step(&self.app).await.unwrap();
        wamid
    }

    pub async fn says(&self, who: &str, text: &str) -> String {
        self.hears(who, "say", json!({ "text": text })).await
    }

    pub async fn until<F, Fut>(&self, mut done: F)
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = bool>,
    {
        let waiting = async {
            while !done().await {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting)
            .await
            .expect("it never came");
    }

    /// What stands on somebody's phone from us, oldest first.
    pub async fn phone(&self, who: &str) -> Vec<Value> {
        let id = self.customer(who).await;
        let path = format!("phones/{id}/messages");
        let chat = self.control(reqwest::Method::GET, &path, None).await;
        let items = chat["items"].as_array().unwrap().iter();
        items
            .filter(|bubble| bubble["from"] == json!("business"))
            .cloned()
            .collect()
    }

    /// The newest message from us on somebody's phone.
    pub async fn newest(&self, who: &str) -> Value {
        self.phone(who).await.pop().unwrap_or(Value::Null)
    }

    pub async fn fault(&self, body: Value) {
        self.control(reqwest::Method::POST, "faults", Some(&body))
            .await;
    }

    /// Posts messages as Meta would, in a body of their own.
    pub async fn posts(&self, messages: Value) -> StatusCode {
        self.posts_to("messages", messages).await
    }

    /// The same in another field.
    pub async fn posts_to(&self, field: &str, messages: Value) -> StatusCode {
        let value = json!({ "messaging_product": "whatsapp", "messages": messages,
            "metadata": { "display_phone_number": "12025550100", "phone_number_id": NUMBER } });
        let body = json!({ "object": "whatsapp_business_account", "entry": [{ "id": ACCOUNT,
            "changes": [{ "field": field, "value": value }] }] });
        let raw = body.to_string().into_bytes();
        let signature = sign(&AppSecret::new(SECRET).unwrap(), &raw);
        let request = Request::post("/webhooks/whatsapp").header("X-Hub-Signature-256", signature);
        let request = request.body(Body::from(raw)).unwrap();
        self.router.clone().oneshot(request).await.unwrap().status()
    }

    /// Calls our own API.
    pub async fn api(&self, method: &str, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json");
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let answer = self
            .router
            .clone()
            .oneshot(request.body(body).unwrap())
            .await
            .unwrap();
        let status = answer.status();
        let bytes = to_bytes(answer.into_body(), 1 << 22).await.unwrap();
        (
            status,
            serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        )
    }

    /// Whether a message of a category may go to somebody now: `allow`, or the code.
    pub async fn may(&self, who: &str, category: Category) -> String {
        let body = json!({ "to": who, "category": category.word() });
        let (_, answer) = self.api("POST", "/api/v1/check", Some(body)).await;
        if answer["allow"] == json!(true) {
            "allow".to_owned()
        } else {
            answer["code"].as_str().unwrap_or_default().to_owned()
        }
    }

    pub async fn contact(&self, who: &str) -> ContactId {
        let alias = consent::alias::Alias::Phone(who.parse().unwrap());
        let found = self.app.store.find(&[alias.key()]).await.unwrap();
        found.first().expect("nobody has that number").1
    }

    /// The answer that waits for somebody is tried again now.
    pub async fn tries_again(&self, who: &str) {
        let line = self.replies(who).await.pop().unwrap();
        let mut tx = self.app.store.begin().await.unwrap();
        tx.put_off_replies(&[(line.contact, line.id)], self.app.clock.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        pump::step(&self.app).await.unwrap();
    }

    /// Our answers to somebody, newest first.
    pub async fn replies(&self, who: &str) -> Vec<ReplyLine> {
        let contact = self.contact(who).await;
        self.app.store.replies_to(contact, 100).await.unwrap()
    }

    pub async fn states(&self, who: &str) -> Vec<(String, ReplyState)> {
        let lines = self.replies(who).await;
        lines
            .into_iter()
            .rev()
            .map(|line| (line.kind, line.state))
            .collect()
    }

    pub async fn kinds(&self, who: &str) -> Vec<String> {
        let contact = self.contact(who).await;
        let history = self.app.store.history(contact).await.unwrap();
        history
            .into_iter()
            .map(|line| format!("{} {}", line.kind, line.source))
            .collect()
    }

    pub async fn flows(&self, body: Value) {
        let (status, answer) = self.api("PUT", "/api/v1/flows", Some(body)).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }

    pub fn seconds_ago(&self, seconds: i64) -> String {
        (self.app.clock.now().millis() / 1_000 - seconds).to_string()
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "a test asks which database to run on"
)]
fn database() -> Option<String> {
    let on_postgresql = std::env::var("CONSENTRY_TEST_ON").is_ok_and(|word| word == "postgresql");
    on_postgresql.then(|| {
        std::env::var("CONSENTRY_TEST_DATABASE").expect("no address in CONSENTRY_TEST_DATABASE")
    })
}

/// A text as Meta tells it.
pub fn text(who: &str, id: &str, at: &str, words: &str) -> Value {
    json!({ "from": who, "id": id, "timestamp": at, "type": "text", "text": { "body": words } })
}

/// A tap as Meta tells it.
pub fn tap(who: &str, id: &str, at: &str, (button, title): (&str, &str)) -> Value {
    json!({ "from": who, "id": id, "timestamp": at, "type": "interactive",
        "interactive": { "type": "button_reply", "button_reply": { "id": button, "title": title } } })
}

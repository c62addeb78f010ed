//! A running simulator, a receiver for its webhooks, and short ways to speak to both.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    routing::get,
};
use reqwest::Method;
use sandbox::{Options, Running, Sandbox, settings::Settings};
use serde_json::{Value, json};

pub const WABA: &str = "209900000000001";
pub const NUMBER: &str = "109900000000001";
pub const ADA: &str = "447700900123";
pub const ADA_ID: &str = "GB.70012345678901234567";
pub const NOOR_ID: &str = "GB.70055512345678909876";

pub struct House {
    pub meta: Running,
    pub heard: Receiver,
    client: reqwest::Client,
}

/// What came to the callback, as it came.
#[derive(Clone, Default)]
pub struct Receiver(Arc<Mutex<Inbox>>);

#[derive(Default)]
struct Inbox {
    posts: Vec<(Bytes, String)>,
    refuse: usize,
    verify_token: String,
}

impl House {
    pub async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    pub async fn open_with(change: impl FnOnce(&mut Options)) -> Self {
        let mut options = Options::sample().unwrap();
        options.settings = Settings::immediate();
        let heard = Receiver::default();
        heard
            .0
            .lock()
            .unwrap()
            .verify_token
            .clone_from(&options.verify_token);
        options.callback = Some(format!("http://{}/hook", heard.listen().await));
        change(&mut options);
        let meta = Sandbox::start(options).await.unwrap();
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            meta,
            heard,
            client,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.meta.base_url())
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client
            .request(method, self.url(path))
            .timeout(Duration::from_secs(10))
    }

    pub fn token(&self) -> &str {
        &self.meta.options.access_tokens[0]
    }

    /// A call of the Graph API with the good token.
    pub async fn graph(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let request = self
            .request(method, &format!("/v25.0/{path}"))
            .bearer_auth(self.token());
        finish(if body.is_null() {
            request
        } else {
            request.json(&body)
        })
        .await
    }

    pub async fn send(&self, body: Value) -> (u16, Value) {
        self.graph(Method::POST, &format!("{NUMBER}/messages"), body)
            .await
    }

    /// Sends and wants it accepted; the wamid.
    pub async fn sent(&self, body: Value) -> String {
        let (status, answer) = self.send(body).await;
        assert_eq!(status, 200, "{answer}");
        answer["messages"][0]["id"].as_str().unwrap().to_owned()
    }

    pub async fn control(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let request = self
            .request(method, &format!("/sandbox/{path}"))
            .bearer_auth(&self.meta.options.control_token);
        finish(if body.is_null() {
            request
        } else {
            request.json(&body)
        })
        .await
    }

    pub async fn customer(&self, who: &str, action: &str, args: Value) -> Value {
        let (status, answer) = self
            .control(Method::POST, &format!("customers/{who}/{action}"), args)
            .await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    pub async fn set(&self, patch: Value) {
        let (status, answer) = self.control(Method::PATCH, "settings", patch).await;
        assert_eq!(status, 200, "{answer}");
    }

    pub async fn fault(&self, fault: Value) {
        let (status, answer) = self.control(Method::POST, "faults", fault).await;
        assert_eq!(status, 201, "{answer}");
    }

    pub async fn quiet(&self) {
        let (_, answer) = self.control(Method::GET, "idle", Value::Null).await;
        assert_eq!(answer["idle"], true);
    }

    /// Waits until all is told, and gives the values of one field.
    pub async fn told(&self, field: &str) -> Vec<Value> {
        self.quiet().await;
        self.heard.values(field)
    }

    pub async fn statuses(&self) -> Vec<Value> {
        let values = self.told("messages").await;
        values
            .iter()
            .filter_map(|value| value["statuses"].get(0))
            .cloned()
            .collect()
    }

    pub async fn chat(&self, who: &str) -> Vec<Value> {
        self.quiet().await;
        let (_, answer) = self
            .control(Method::GET, &format!("phones/{who}/messages"), Value::Null)
            .await;
        answer["items"].as_array().unwrap().clone()
    }

    pub async fn log(&self) -> Vec<Value> {
        let (_, answer) = self.control(Method::GET, "sent", Value::Null).await;
        answer["items"].as_array().unwrap().clone()
    }
}

impl Receiver {
    async fn listen(&self) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let routes = Router::new()
            .route("/hook", get(verify).post(take))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        addr
    }

    pub fn posts(&self) -> Vec<(Bytes, String)> {
        self.0.lock().unwrap().posts.clone()
    }

    pub fn refuse_next(&self, count: usize) {
        self.0.lock().unwrap().refuse = count;
    }

    pub fn values(&self, field: &str) -> Vec<Value> {
        let mut found = Vec::new();
        for (body, _) in self.posts() {
            let body: Value = serde_json::from_slice(&body).unwrap();
            for entry in body["entry"].as_array().unwrap() {
                let changes = entry["changes"].as_array().unwrap();
                found.extend(
                    changes
                        .iter()
                        .filter(|change| change["field"] == field)
                        .map(|change| change["value"].clone()),
                );
            }
        }
        found
    }
}

async fn verify(
    State(receiver): State<Receiver>,
    Query(query): Query<Value>,
) -> (StatusCode, String) {
    let right = query["hub.verify_token"] == receiver.0.lock().unwrap().verify_token.as_str();
    if right {
        (
            StatusCode::OK,
            query["hub.challenge"].as_str().unwrap().to_owned(),
        )
    } else {
        (StatusCode::FORBIDDEN, String::new())
    }
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let mut inbox = receiver.0.lock().unwrap();
    let signature = headers["x-hub-signature-256"].to_str().unwrap().to_owned();
    inbox.posts.push((body, signature));
    if inbox.refuse > 0 {
        inbox.refuse -= 1;
        return StatusCode::INTERNAL_SERVER_ERROR;
    }
    StatusCode::OK
}

async fn finish(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (
        status,
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default(),
    )
}

/// A template send; one body parameter when `parameter` is not empty.
pub fn template(to: &str, name: &str, parameter: &str) -> Value {
    let components = if parameter.is_empty() {
        json!([])
    } else {
        json!([{"type": "BODY", "parameters": [{"type": "text", "text": parameter}]}])
    };
    let mut body = json!({
        "messaging_product": "whatsapp", "type": "template",
        "template": {"name": name, "language": {"code": "en_GB"}, "components": components},
    });
    body[if to.contains('.') { "recipient" } else { "to" }] = json!(to);
    body
}

pub fn text(to: &str, body: &str) -> Value {
    let mut send = json!({"messaging_product": "whatsapp", "type": "text", "text": {"body": body}});
    send[if to.contains('.') { "recipient" } else { "to" }] = json!(to);
    send
}

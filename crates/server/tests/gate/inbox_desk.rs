//! A house with an inbox, and somebody with a key for everything before it.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use graph::signature::{AppSecret, sign};
use serde_json::{Value, json};
use server::{
    config::Secret,
    services::keys::{self, Role},
};

use crate::house::{Answer, House, NUMBER};

const SECRET: &str = "example-app-secret";

/// A house with a key for everything, on either database.
pub struct Desk {
    pub house: House,
    pub key: String,
}

impl Desk {
    pub async fn open() -> Self {
        Self::of(House::with(secrets).await).await
    }

    pub async fn both() -> [Self; 2] {
        let postgres = House::on_postgres_with(secrets).await;
        [Self::open().await, Self::of(postgres).await]
    }

    pub async fn of(house: House) -> Self {
        let key = keys::create(&house.app, "agent", Role::Admin, "test")
            .await
            .unwrap()
            .key;
        Self { house, key }
    }

    /// Somebody writes.
    pub async fn hear(&self, from: &str, id: &str, text: &str) {
        let at = self.house.app.clock.now().millis() / 1000;
        let message = json!({"from": from, "id": format!("wamid.{id}"), "timestamp": at.to_string(), "type": "text",
            "text": {"body": text}});
        self.tell(json!({"contacts": [{"profile": {"name": "Ada <b>Example</b>"}, "wa_id": from}], "messages": [message]}))
            .await;
    }

    /// Meta tells something about messages.
    pub async fn tell(&self, news: Value) {
        self.tell_of("messages", news).await;
    }

    /// The same of something else.
    pub async fn tell_of(&self, field: &str, news: Value) {
        let mut value = json!({"messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "442079460000", "phone_number_id": NUMBER}});
        for (name, part) in news.as_object().unwrap() {
            value[name] = part.clone();
        }
        let body = json!({"object": "whatsapp_business_account",
            "entry": [{"id": "209900000000001", "changes": [{"field": field, "value": value}]}]});
        let raw = body.to_string();
        let signature = sign(&AppSecret::new(SECRET).unwrap(), raw.as_bytes());
        let request = Request::post("/webhooks/whatsapp")
            .header("x-hub-signature-256", signature)
            .body(Body::from(raw))
            .unwrap();
        let answer = self.house.call(request).await;
        assert_eq!(answer.status, StatusCode::OK);
    }

    pub async fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.key))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        self.house.call(request).await
    }

    pub async fn get(&self, path: &str) -> Value {
        let answer = self.call("GET", path, &Value::Null).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        answer.body
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, &body).await
    }

    /// The address of the newest conversation.
    pub async fn newest(&self) -> String {
        let page = self.get("/conversations").await;
        let line = &page["items"][0];
        let contact = line["contact"].as_str().unwrap();
        format!("/conversations/{contact}/{NUMBER}")
    }

    /// What stands in a conversation, the oldest first: the kind and what is said.
    pub async fn said(&self, talk: &str) -> Vec<(String, String)> {
        let page = self.get(&format!("{talk}/messages")).await;
        let items = page["items"].as_array().unwrap().iter().rev();
        let words = |item: &Value| {
            let kind = item["kind"].as_str().unwrap().to_owned();
            let said = item["text"].as_str().or(item["event"].as_str());
            (kind, said.unwrap_or_default().to_owned())
        };
        items.map(words).collect()
    }
}

pub fn secrets(config: &mut server::config::Config) {
    config.whatsapp.app_secrets = vec![Secret::made(SECRET.to_owned())];
}

/// Kinds and texts, as [`Desk::said`] gives them.
pub fn pairs(items: &[(&str, &str)]) -> Vec<(String, String)> {
    let items = items.iter();
    items
        .map(|(kind, text)| ((*kind).to_owned(), (*text).to_owned()))
        .collect()
}

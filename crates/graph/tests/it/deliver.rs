//! Webhooks made by hand, for the tests beside.

use graph::webhook::{Delivery, Notice, inbound::Message, read};
use serde_json::{Value, json};

pub const AT: i64 = 1_795_341_600;

pub fn deliver(body: &Value) -> Delivery {
    read(body.to_string().as_bytes()).unwrap()
}

/// One change under one entry.
pub fn change(field: &str, value: Value) -> Delivery {
    deliver(&json!({"entry": [{"id": "2099", "changes": [{"field": field, "value": value}]}]}))
}

pub fn one(delivery: Delivery) -> Notice {
    assert!(delivery.bad.is_empty(), "{:?}", delivery.bad);
    let [item] = <[_; 1]>::try_from(delivery.items).unwrap();
    item.notice
}

pub fn text(id: usize, body: &str) -> Value {
    json!({"from": "447700900123", "id": format!("wamid.{id}"), "timestamp": AT.to_string(), "type": "text", "text": {"body": body}})
}

pub fn message(item: Value) -> Message {
    match one(change("messages", json!({"messages": [item]}))) {
        Notice::Message(message) => *message,
        other => panic!("{other:?}"),
    }
}

pub fn system(item: Value) -> Notice {
    one(change("messages", json!({"messages": [item]})))
}

//! Media that were uploaded or sent, kept in memory within bounds.

use std::collections::VecDeque;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const ITEMS_MAX: usize = 200;
const BYTES_MAX: usize = 64 * 1024 * 1024;

#[derive(Default)]
pub struct MediaShelf {
    items: VecDeque<Media>,
    made: u64,
}

pub struct Media {
    pub id: String,
    pub mime: String,
    pub bytes: Bytes,
    pub sha256: [u8; 32],
}

impl MediaShelf {
    /// Keeps an item; the oldest ones go when there are too many, or too many bytes.
    pub fn add(&mut self, mime: &str, bytes: Bytes) -> String {
        self.made += 1;
        let id = (309_900_000_000_000 + self.made).to_string();
        let sha256 = Sha256::digest(&bytes).into();
        self.items.push_back(Media {
            id: id.clone(),
            mime: mime.to_owned(),
            bytes,
            sha256,
        });
        while self.items.len() > ITEMS_MAX
            || self
                .items
                .iter()
                .map(|item| item.bytes.len())
                .sum::<usize>()
                > BYTES_MAX
        {
            self.items.pop_front();
        }
        id
    }

    pub fn get(&self, id: &str) -> Option<&Media> {
        self.items.iter().find(|item| item.id == id)
    }

    pub fn remove(&mut self, id: &str) -> bool {
        let before = self.items.len();
        self.items.retain(|item| item.id != id);
        self.items.len() < before
    }
}

impl Media {
    pub fn url(&self, base: &str) -> String {
        format!("{base}/lookaside/{}", self.id)
    }

    pub fn to_json(&self, base: &str) -> Value {
        json!({
            "messaging_product": "whatsapp", "url": self.url(base), "mime_type": self.mime,
            "sha256": hex::encode(self.sha256), "file_size": self.bytes.len(), "id": self.id,
        })
    }

    /// As a webhook shows it: the hash is base64 there.
    pub fn sha256_base64(&self) -> String {
        STANDARD.encode(self.sha256)
    }
}

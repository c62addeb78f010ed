//! Media: upload, look-up, download and deletion, kept in memory within bounds.

use std::{collections::VecDeque, sync::Arc};

use axum::{
    Json,
    extract::{FromRequest, Multipart, Path, Request, State},
    http::header,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    app::App,
    cloud::{fault::Fault, node::Caller},
    secret, witness,
};

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

pub async fn upload(
    State(app): State<Arc<App>>,
    Path((_, number)): Path<(String, String)>,
    _caller: Caller,
    request: Request,
) -> Result<Json<Value>, Fault> {
    if app.world().account_of(&number).is_none() {
        return Err(Fault::no_such_object(&number));
    }
    let broken =
        |error: axum::extract::multipart::MultipartError| Fault::invalid(error.body_text());
    let form = Multipart::from_request(request, &()).await;
    let mut form = form.map_err(|error| Fault::invalid(error.body_text()))?;
    let (mut product, mut kind, mut file) = (None, None, None);
    while let Some(part) = form.next_field().await.map_err(broken)? {
        let mime = part.content_type().map(str::to_owned);
        match part.name().map(str::to_owned).as_deref() {
            Some("messaging_product") => product = Some(part.text().await.map_err(broken)?),
            Some("type") => kind = Some(part.text().await.map_err(broken)?),
            Some("file") => file = Some((mime, part.bytes().await.map_err(broken)?)),
            _ => {}
        }
    }
    if product.as_deref() != Some("whatsapp") {
        return Err(Fault::invalid("messaging_product: want `whatsapp`"));
    }
    let (mime, bytes) = file.ok_or_else(|| Fault::invalid("the parameter file is required"))?;
    let mime = kind
        .or(mime)
        .unwrap_or_else(|| "application/octet-stream".to_owned());
    Ok(Json(json!({"id": app.world().media.add(&mime, bytes)})))
}

pub async fn download(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let token = witness::bearer(request.headers()).unwrap_or_default();
    if !app
        .options
        .access_tokens
        .iter()
        .any(|known| secret::same(known, &token))
    {
        return Fault::token("media is handed out to the bearer of a good token only")
            .into_response();
    }
    let world = app.world();
    match world.media.get(&id) {
        Some(item) => (
            [(header::CONTENT_TYPE, item.mime.clone())],
            item.bytes.clone(),
        )
            .into_response(),
        None => Fault {
            status: 404,
            ..Fault::no_such_object(&id)
        }
        .into_response(),
    }
}

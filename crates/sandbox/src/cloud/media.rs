//! Media over HTTP: upload and download; look-up and deletion are the node's.

use std::sync::Arc;

use axum::{
    Json,
    extract::{FromRequest, Multipart, Path, Request, State},
    http::header,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{
    app::App,
    cloud::{fault::Fault, node::Caller},
    secret, witness,
};

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

//! Style, script and pictures of the pages: inside the program, and kept by browsers for good under the hash in their address.

use std::sync::LazyLock;

use axum::{
    Router,
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use rust_embed::RustEmbed;

use crate::app::App;

#[derive(RustEmbed)]
#[folder = "src/ui/assets"]
struct Files;

/// How many characters of a file's hash stand in its address.
const HASH_CHARS: usize = 12;

// The same for as long as the program runs.
static STYLE: LazyLock<String> = LazyLock::new(|| address("app.css"));
static SCRIPT: LazyLock<String> = LazyLock::new(|| address("app.js"));
static ICON: LazyLock<String> = LazyLock::new(|| address("icon.svg"));

/// The routes of the files.
pub fn routes() -> Router<App> {
    Router::new().route("/assets/{file}", get(serve))
}

/// Where the style is.
pub fn style() -> &'static str {
    &STYLE
}

/// Where the script is.
pub fn script() -> &'static str {
    &SCRIPT
}

/// Where the icon is.
pub fn icon() -> &'static str {
    &ICON
}

fn address(name: &str) -> String {
    let hash = Files::get(name).map(|file| hex::encode(file.metadata.sha256_hash()));
    let hash: String = hash.unwrap_or_default().chars().take(HASH_CHARS).collect();
    format!("/assets/{name}?v={hash}")
}

async fn serve(Path(name): Path<String>) -> Response {
    let Some(file) = Files::get(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kind = match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, file.data).into_response()
}

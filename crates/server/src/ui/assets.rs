//! Style, script and pictures of the pages: inside the program, and kept by browsers for good under the hash in their address.

use std::{borrow::Cow, sync::LazyLock};

use axum::{
    Router,
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use rust_embed::RustEmbed;

use crate::{app::App, vault::sha256};

#[derive(RustEmbed)]
#[folder = "src/ui/assets"]
struct Files;

/// How many characters of a file's hash stand in its address.
const HASH_CHARS: usize = 12;

/// The stylesheets and scripts, each made of rooms that lie in folders of their own.
const MADE: [(&str, &[&str]); 4] = [
    (
        "people.css",
        &["style/tokens.css", "style/base.css", "style/public.css"],
    ),
    ("people.js", &["script/public.js"]),
    (
        "desk.css",
        &[
            "style/tokens.css",
            "style/base.css",
            "style/desk.css",
            "style/reports.css",
            "style/segments.css",
            "style/journeys.css",
            "style/table.css",
            "style/inbox.css",
            "style/rooms.css",
            "style/campaigns.css",
        ],
    ),
    (
        "desk.js",
        &[
            "script/desk.js",
            "script/segments.js",
            "script/inbox.js",
            "script/campaigns.js",
        ],
    ),
];

// The same for as long as the program runs.
static STYLE: LazyLock<String> = LazyLock::new(|| address("people.css"));
static SCRIPT: LazyLock<String> = LazyLock::new(|| address("people.js"));
static DESK_STYLE: LazyLock<String> = LazyLock::new(|| address("desk.css"));
static DESK_SCRIPT: LazyLock<String> = LazyLock::new(|| address("desk.js"));
static ICON: LazyLock<String> = LazyLock::new(|| address("icon.svg"));

/// The routes of the files.
pub fn routes() -> Router<App> {
    Router::new().route("/assets/{file}", get(serve))
}

/// Where the style of the pages for customers is.
pub fn style() -> &'static str {
    &STYLE
}

/// Where the script of the pages for customers is.
pub fn script() -> &'static str {
    &SCRIPT
}

/// Where the style of the dashboard is.
pub fn desk_style() -> &'static str {
    &DESK_STYLE
}

/// Where the script of the dashboard is.
pub fn desk_script() -> &'static str {
    &DESK_SCRIPT
}

/// Where the icon is.
pub fn icon() -> &'static str {
    &ICON
}

fn address(name: &str) -> String {
    let hash = hex::encode(sha256(&read(name).unwrap_or_default()));
    let hash: String = hash.chars().take(HASH_CHARS).collect();
    format!("/assets/{name}?v={hash}")
}

/// A file as it is served: made of its rooms, or as it lies there.
fn read(name: &str) -> Option<Cow<'static, [u8]>> {
    let file = |name: &str| Files::get(name).map(|file| file.data);
    let Some((_, rooms)) = MADE.iter().find(|(made, _)| *made == name) else {
        return file(name);
    };
    let rooms: Option<Vec<_>> = rooms.iter().map(|room| file(room)).collect();
    Some(Cow::Owned(rooms?.concat()))
}

async fn serve(Path(name): Path<String>) -> Response {
    let Some(data) = read(&name) else {
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
    (headers, data).into_response()
}

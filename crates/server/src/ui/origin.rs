//! Where a request came from, among our own pages.

use axum::http::{HeaderMap, Uri, header, request::Parts};

use super::frame::root;
use crate::app::App;

/// Where whoever signs in goes on: the page that was asked for, or the one that a form came from.
#[must_use]
pub fn place(app: &App, parts: &Parts) -> String {
    if parts.method.is_safe() {
        let here = parts.uri.path_and_query();
        return here.map_or("/", |path| path.as_str()).to_owned();
    }
    came_from(app, &parts.headers).unwrap_or_else(|| "/".to_owned())
}

/// The page of ours that a request came from, without what comes before it at a proxy.
#[must_use]
pub fn came_from(app: &App, headers: &HeaderMap) -> Option<String> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let from: Uri = text(header::REFERER)?.parse().ok()?;
    let host = text(header::HOST)?;
    if from.authority()?.as_str() != host {
        return None;
    }
    let path = from.path_and_query()?.as_str();
    let path = path.strip_prefix(&root(app.config.public_url.as_deref()))?;
    (path.starts_with('/') && !path.starts_with("//")).then(|| path.to_owned())
}

//! Browsers that ask for what is not there: they get a page with a way on, where a program gets what its API says.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Uri, header},
    middleware::Next,
    response::Response,
};

use super::{
    desk::refusal::{self, Refusal},
    frame::Frame,
    guard,
    notice::Notice,
};
use crate::{app::App, http::graph_fault::GraphFault};

/// Addresses that programs ask for, whatever they say that they like to read.
const PROGRAMS: [&str; 5] = ["api", "webhooks", "healthz", "metrics", "assets"];

/// Dresses what a browser was refused at the main address.
pub async fn dress(State(app): State<App>, request: Request, next: Next) -> Response {
    if !is_browser(request.method().as_str(), request.uri(), request.headers()) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let asked = parts.clone();
    let response = next.run(Request::from_parts(parts, body)).await;
    let refusal = if response.extensions().get::<GraphFault>().is_some() {
        // Whoever types an address by hand does not look for a node of the Graph.
        Some(Refusal::NotFound)
    } else {
        refusal::bare(&response)
    };
    match refusal {
        Some(refusal) => {
            let allow = response.headers().get(header::ALLOW);
            guard::desk(refusal::page(&app, &asked, &refusal, allow).await)
        }
        None => response,
    }
}

/// The same at the public address, where nobody signs in.
pub async fn dress_public(State(app): State<App>, request: Request, next: Next) -> Response {
    if !is_browser(request.method().as_str(), request.uri(), request.headers()) {
        return next.run(request).await;
    }
    let (path, headers) = (request.uri().path().to_owned(), request.headers().clone());
    let response = next.run(request).await;
    if refusal::bare(&response).is_none() {
        return response;
    }
    let frame = Frame::of(&app, &path, None, &headers).await;
    let mut page = Notice::Gone.page(&frame);
    *page.status_mut() = response.status();
    guard::people(page)
}

/// Whether somebody reads the answer in a browser: they like pages and show no key. For a path that could be one of the
/// Graph's, a browser also has to say that it goes there.
fn is_browser(method: &str, uri: &Uri, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let first = uri.path().split('/').nth(1).unwrap_or_default();
    let likes_pages = text("accept").is_some_and(|accept| accept.contains("text/html"));
    let has_key = headers.contains_key(header::AUTHORIZATION)
        || uri
            .query()
            .is_some_and(|query| query.contains("access_token="));
    let version = first.strip_prefix('v').unwrap_or_default();
    let is_graph = version.starts_with(|c: char| c.is_ascii_digit()) || method == "DELETE";
    let goes_there = text("sec-fetch-mode") == Some("navigate");
    likes_pages && !has_key && !PROGRAMS.contains(&first) && (!is_graph || goes_there)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_program_is_not_taken_for_a_browser() {
        let page = "text/html,application/xhtml+xml";
        for (path, accept, key, mode, want) in [
            ("/nowhere", page, None, None, true),
            ("/nowhere/at/all", page, None, None, true),
            ("/nowhere", "*/*", None, None, false),
            ("/nowhere", page, Some("Bearer x"), None, false),
            ("/nowhere?access_token=x", page, None, None, false),
            ("/v25.0/1/messages", page, None, None, false),
            ("/v25.0/1/messages", page, None, Some("navigate"), true),
            ("/api/v1/nothing", page, None, Some("navigate"), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            if let Some(key) = key {
                headers.insert(header::AUTHORIZATION, HeaderValue::from_static(key));
            }
            if let Some(mode) = mode {
                headers.insert("sec-fetch-mode", HeaderValue::from_static(mode));
            }
            let uri: Uri = path.parse().unwrap();
            assert_eq!(is_browser("GET", &uri, &headers), want, "{path} {accept}");
        }
    }
}

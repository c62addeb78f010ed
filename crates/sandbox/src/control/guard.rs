//! Who may drive the simulator: callers on this machine who use its loopback name, and hold the token.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::Response,
};

use crate::{app::App, control::refuse, page::door, secret, witness};

/// Refuses other names in `Host` (a page that rebinds its own name to us) and other sites in `Origin`.
pub async fn only_from_here(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let authority = request.uri().authority().map(ToString::to_string);
    let host = text(request.headers(), header::HOST)
        .map(str::to_owned)
        .or(authority);
    if !host.is_some_and(|host| is_ours(&app, &host)) {
        return refuse(
            StatusCode::MISDIRECTED_REQUEST,
            format!("call the sandbox as `{}`", app.addr),
        );
    }
    let origins = request.headers().get_all(header::ORIGIN);
    let same = |origin: &str| {
        origin
            .strip_prefix("http://")
            .is_some_and(|host| is_ours(&app, host))
    };
    if !origins.iter().all(|origin| origin.to_str().is_ok_and(same)) {
        return refuse(
            StatusCode::FORBIDDEN,
            "a page of another site may not call the sandbox",
        );
    }
    next.run(request).await
}

fn is_ours(app: &App, host: &str) -> bool {
    let port = app.addr.port();
    host.eq_ignore_ascii_case(&app.addr.to_string())
        || [
            format!("localhost:{port}"),
            format!("127.0.0.1:{port}"),
            format!("[::1]:{port}"),
        ]
        .iter()
        .any(|name| host.eq_ignore_ascii_case(name))
}

/// The control token, or the session of somebody who opened the phones page.
pub async fn holder_of_the_token(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    let token = witness::bearer(request.headers());
    let holds = token.is_some_and(|token| secret::same(&token, &app.options.control_token));
    if holds || door::has_session(&app, request.headers()) {
        return next.run(request).await;
    }
    refuse(
        StatusCode::UNAUTHORIZED,
        "want `Authorization: Bearer` with the control token",
    )
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

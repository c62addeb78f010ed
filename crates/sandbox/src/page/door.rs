//! The way to the page: a link that opens once, and the session that it leaves behind.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{Html, IntoResponse, Redirect, Response},
};

use crate::{app::App, secret};

pub fn new_link(app: &App) -> Result<String, getrandom::Error> {
    let token = secret::make("page")?;
    app.doors().add_link(token.clone());
    Ok(format!("{}/phones?token={token}", app.base_url()))
}

/// Exchanges the token for a session and sends the browser on, away from the token in the address.
pub fn enter(app: &App, token: &str, headers: &HeaderMap) -> Response {
    if has_session(app, headers) {
        app.doors().open(token);
        return Redirect::to("/phones").into_response();
    }
    if !app.doors().open(token) {
        return closed();
    }
    let Ok(session) = secret::make("session") else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let cookie = format!(
        "{}={session}; Path=/; HttpOnly; SameSite=Strict",
        cookie_name(app)
    );
    app.doors().add_session(session);
    ([(header::SET_COOKIE, cookie)], Redirect::to("/phones")).into_response()
}

pub fn has_session(app: &App, headers: &HeaderMap) -> bool {
    let name = cookie_name(app);
    let lines = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok());
    let pairs = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let doors = app.doors();
    pairs
        .into_iter()
        .any(|(key, value)| key == name && doors.has_session(value))
}

pub async fn only_with_session(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    if has_session(&app, request.headers()) {
        next.run(request).await
    } else {
        closed()
    }
}

/// What somebody sees who has no session.
pub fn closed() -> Response {
    const PAGE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
        <title>Phones</title><link rel=\"stylesheet\" href=\"/phones/assets/app.css\"><body class=\"closed\"><main><h1>This link has been used</h1>\
        <p>A link to the phones opens once. Ask for a new one where the sandbox was started.</p></main></body></html>";
    (StatusCode::FORBIDDEN, Html(PAGE)).into_response()
}

/// Cookies are shared by all ports of a host, so the port is part of the name.
fn cookie_name(app: &App) -> String {
    format!("sandbox_session_{}", app.addr.port())
}

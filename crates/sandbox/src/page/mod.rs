//! The phones page: every simulated phone side by side, and a panel that sends as the business through the gateway.

pub mod door;
pub mod panel;
mod send;
mod serve;
pub mod session;
mod view;

use std::sync::Arc;

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, header},
    middleware::{self, Next},
    response::Response,
    routing::{get, post},
};

use crate::app::App;

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Browsers ask for one without being told to.
pub async fn no_icon() -> axum::http::StatusCode {
    axum::http::StatusCode::NO_CONTENT
}

pub fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    let inside = Router::new()
        .route("/chat/{id}", get(serve::chat))
        .route("/panel", get(serve::panel))
        .route("/events", get(serve::events))
        .route("/do/{id}/scan", post(serve::scan))
        .route("/do/{id}/{action}", post(serve::act))
        .route("/send", post(serve::send))
        .layer(middleware::from_fn_with_state(
            app.clone(),
            door::only_with_session,
        ));
    Router::new()
        .route("/", get(serve::phones))
        .route("/assets/app.css", get(serve::css))
        .route("/assets/app.js", get(serve::js))
        .merge(inside)
        .layer(middleware::from_fn(strict))
}

async fn strict(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(POLICY),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("same-origin"),
    );
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

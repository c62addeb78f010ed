//! The door for Twilio: text messages, and what became of those that the business sent.

use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::post,
};
use sms::{answer, form::BODY_BYTES_MAX, signature};
use tracing::{error, warn};

use super::webhook;
use crate::{
    app::App,
    error::Error,
    services::sms::{self as service, Letter, PATH, Post, Refusal},
};

/// The routes of this door.
pub fn routes() -> Router<App> {
    Router::new().route(PATH, post(receive))
}

async fn receive(State(app): State<App>, request: Request) -> Response {
    if app.sms_tokens.is_empty() {
        return StatusCode::NOT_FOUND.into_response();
    }
    let (parts, body) = request.into_parts();
    let (outcome, answer) = match webhook::read(body, BODY_BYTES_MAX).await {
        Ok(raw) => answered(app, &arrived(&parts, raw)).await,
        Err(status) => ("unreadable", status.into_response()),
    };
    metrics::counter!("consentry_sms_total", "outcome" => outcome).increment(1);
    answer
}

/// What came of a request, as it is counted, and the answer to it.
async fn answered(app: App, post: &Post) -> (&'static str, Response) {
    let letter = match Letter::open(&app, post) {
        Ok(letter) => letter,
        Err(refusal) => return refused(&refusal),
    };
    // A connection that Twilio closes must not stop what has begun.
    let taken = tokio::spawn(async move { service::take(&app, &letter).await });
    taken_in(
        taken
            .await
            .unwrap_or_else(|cause| Err(Error::internal(cause))),
    )
}

fn arrived(parts: &Parts, body: Bytes) -> Post {
    let bytes = |headers: &HeaderMap, name: &str| Some(headers.get(name)?.as_bytes().to_vec());
    let kind = parts.headers.get(header::CONTENT_TYPE);
    Post {
        query: parts.uri.query().map(str::to_owned),
        kind: kind.map(|kind| String::from_utf8_lossy(kind.as_bytes()).into_owned()),
        signature: bytes(&parts.headers, signature::HEADER),
        settings: bytes(&parts.headers, signature::SETTINGS_HEADER),
        body,
    }
}

/// Who cannot sign learns nothing; who can learns what was wanted.
fn refused(refusal: &Refusal) -> (&'static str, Response) {
    match refusal {
        Refusal::Forged(bad) => {
            warn!(%bad, "a text message was not signed by Twilio");
            (
                "forged",
                (StatusCode::FORBIDDEN, "forbidden\n").into_response(),
            )
        }
        Refusal::Unreadable(_) | Refusal::NoForm => {
            error!(%refusal, "a text message that Twilio signed could not be read; it may be a STOP");
            let said = format!("{refusal}\n");
            (
                "unreadable",
                (StatusCode::BAD_REQUEST, said).into_response(),
            )
        }
        Refusal::NoAddress => {
            error!(%refusal, "no text message can be believed");
            ("failed", StatusCode::SERVICE_UNAVAILABLE.into_response())
        }
    }
}

fn taken_in(taken: Result<service::Outcome, Error>) -> (&'static str, Response) {
    match taken {
        Ok(outcome) => {
            let kind = [(header::CONTENT_TYPE, answer::CONTENT_TYPE)];
            (outcome.word(), (kind, answer::EMPTY).into_response())
        }
        Err(cause @ Error::Unavailable(_)) => {
            error!(
                ?cause,
                "a text message could not be kept: Twilio has to ask again"
            );
            ("failed", StatusCode::SERVICE_UNAVAILABLE.into_response())
        }
        Err(cause) => {
            error!(?cause, "a text message could not be taken in");
            ("failed", StatusCode::INTERNAL_SERVER_ERROR.into_response())
        }
    }
}

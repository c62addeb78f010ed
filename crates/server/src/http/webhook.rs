//! The door for Meta: verification and webhooks.

use std::time::Duration;

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Query, Request, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode, header::CONTENT_LENGTH},
    response::{IntoResponse, Response},
    routing::get,
};
use graph::signature;
use serde::Deserialize;
use subtle::ConstantTimeEq;
use tracing::{error, warn};

use crate::{app::App, error::Error, services::ingest, vault::sha256};

/// The largest body that is read. Meta's own limit is 3 MB.
pub const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How long a body may take to arrive: it holds a place in the waiting room meanwhile.
const READ_TIMEOUT: Duration = Duration::from_secs(20);

/// Where Meta sends.
pub const PATH: &str = "/webhooks/whatsapp";

/// The routes of this door.
pub fn routes() -> Router<App> {
    Router::new().route(PATH, get(verify).post(receive))
}

/// What Meta asks when the address is set.
#[derive(Debug, Default, Deserialize)]
struct Question {
    #[serde(rename = "hub.mode")]
    mode: Option<String>,
    #[serde(rename = "hub.verify_token")]
    token: Option<String>,
    #[serde(rename = "hub.challenge")]
    challenge: Option<String>,
}

async fn verify(
    State(app): State<App>,
    question: Result<Query<Question>, QueryRejection>,
) -> Response {
    let Query(question) = question.unwrap_or_default();
    match answer(&app, question) {
        Some(challenge) => challenge.into_response(),
        None => StatusCode::FORBIDDEN.into_response(),
    }
}

/// The challenge, for whoever knows our word. Hashes are compared, so that the time taken tells nothing.
fn answer(app: &App, question: Question) -> Option<String> {
    let ours = app.config.whatsapp.verify_token.as_ref()?;
    let given = question.token?;
    let same = sha256(ours.expose().as_bytes()).ct_eq(&sha256(given.as_bytes()));
    let is_right =
        bool::from(same) && !given.is_empty() && question.mode.as_deref() == Some("subscribe");
    question.challenge.filter(|_| is_right)
}

async fn receive(State(app): State<App>, request: Request) -> StatusCode {
    let (parts, body) = request.into_parts();
    let Ok(mut place) = app.intake.enter(length(&parts.headers)) else {
        metrics::counter!("consentry_webhook_turned_away_total").increment(1);
        return StatusCode::SERVICE_UNAVAILABLE;
    };
    let raw = match read(body, BODY_BYTES_MAX).await {
        Ok(raw) => raw,
        Err(status) => return status,
    };
    app.intake.turn(&mut place, raw.len()).await;
    let header = parts.headers.get(signature::HEADER);
    if let Err(bad) = signature::verify(&app.app_secrets, header.map(AsRef::as_ref), &raw) {
        metrics::counter!("consentry_webhook_signature_failures_total").increment(1);
        warn!(%bad, bytes = raw.len(), "a webhook was not signed by Meta");
        return StatusCode::UNAUTHORIZED;
    }
    let header = header
        .and_then(|header| header.to_str().ok())
        .unwrap_or_default();
    // A connection that Meta closes must not stop what has begun.
    let header = header.to_owned();
    let taken = tokio::spawn(async move { ingest::take(&app, place, raw, &header).await });
    match taken.await {
        Ok(taken) => status(taken),
        Err(cause) => {
            error!(%cause, "taking a webhook in broke off");
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}

/// How much a body may be, before it is read: what it says of itself, else the most that it may be.
fn length(headers: &HeaderMap) -> usize {
    let said = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    said.unwrap_or(BODY_BYTES_MAX).min(BODY_BYTES_MAX)
}

/// A body of at most so many bytes; else the status that says why not.
pub(super) async fn read(body: Body, most: usize) -> Result<Bytes, StatusCode> {
    let read = tokio::time::timeout(READ_TIMEOUT, to_bytes(body, most)).await;
    read.map_err(|_| StatusCode::REQUEST_TIMEOUT)?
        .map_err(|error| {
            let cause = std::error::Error::source(&error);
            let too_long =
                cause.is_some_and(|cause| cause.is::<http_body_util::LengthLimitError>());
            if too_long {
                StatusCode::PAYLOAD_TOO_LARGE
            } else {
                StatusCode::BAD_REQUEST
            }
        })
}

fn status(taken: Result<(), Error>) -> StatusCode {
    match taken {
        Ok(()) => StatusCode::OK,
        Err(Error::Busy(_)) => {
            metrics::counter!("consentry_webhook_turned_away_total").increment(1);
            StatusCode::SERVICE_UNAVAILABLE
        }
        Err(cause @ Error::Unavailable(_)) => {
            error!(?cause, "a webhook could not be kept: Meta will ask again");
            StatusCode::SERVICE_UNAVAILABLE
        }
        Err(cause) => {
            error!(
                ?cause,
                "a webhook could not be taken in: Meta will ask again"
            );
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}

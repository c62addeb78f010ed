//! The log of every write that reached the Graph side: when its first byte came, when it was whole, what became of it.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    app::App,
    arrival::{Arrival, Line, Outcome},
    cloud::fault::Fault,
    listen::Wire,
};

const BODY_BYTES_MAX: usize = 1024 * 1024;
const MEDIA_BYTES_MAX: usize = 16 * 1024 * 1024;
const KEPT_BYTES_MAX: usize = 16 * 1024;

pub async fn watch(
    State(app): State<Arc<App>>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    request: Request,
    next: Next,
) -> Response {
    if !matches!(
        *request.method(),
        Method::POST | Method::DELETE | Method::PUT | Method::PATCH
    ) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let edge = path.rsplit('/').next().unwrap_or_default().to_owned();
    let limit = if edge == "media" {
        MEDIA_BYTES_MAX
    } else {
        BODY_BYTES_MAX
    };
    let arrival = Arrival {
        method: parts.method.to_string(),
        first_byte: app.clock.at(wire.first_byte_ns()),
        token: bearer(&parts.headers),
        path,
        edge,
        complete: None,
        answered: None,
        body: None,
        bytes: 0,
        status: None,
        verdict: None,
        code: None,
        wamid: None,
        fault: None,
    };
    let seq = app.world().sent.push(arrival);
    let Ok(bytes) = to_bytes(body, limit).await else {
        let refused = Fault {
            status: 413,
            ..Fault::invalid(format!(
                "the body broke off, or is larger than {limit} bytes"
            ))
        };
        return answered(&app, seq, refused.into_response());
    };
    let complete = app.clock.now();
    let text = parts
        .headers
        .get(header::CONTENT_TYPE)
        .is_none_or(|kind| !kind.as_bytes().starts_with(b"multipart"));
    if let Some(line) = app.world().sent.get_mut(seq) {
        (line.complete, line.bytes) = (Some(complete), bytes.len());
        line.body = text.then(|| kept(&bytes));
    }
    parts.extensions.insert(Line(seq));
    let response = next
        .run(Request::from_parts(parts, Body::from(bytes)))
        .await;
    answered(&app, seq, response)
}

/// The token of `Authorization: Bearer`.
pub fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim().to_owned())
}

fn answered(app: &App, seq: u64, response: Response) -> Response {
    let outcome = response
        .extensions()
        .get::<Outcome>()
        .cloned()
        .unwrap_or_default();
    let status = response.status();
    let now = app.clock.now();
    let mut world = app.world();
    if let Some(line) = world.sent.get_mut(seq) {
        line.answered = Some(now);
        line.status = Some(status.as_u16());
        line.verdict = Some(match (outcome.fault, status) {
            (Some(_), _) => "fault",
            (None, StatusCode::OK) => "accepted",
            (None, _) => "refused",
        });
        (line.code, line.fault) = (outcome.code, outcome.fault);
        if outcome.wamid.is_some() {
            line.wamid = outcome.wamid;
        }
    }
    if status == StatusCode::OK {
        world.counts.accepted += 1
    } else {
        world.counts.refused += 1
    }
    drop(world);
    response
}

fn kept(bytes: &Bytes) -> String {
    String::from_utf8_lossy(bytes.get(..KEPT_BYTES_MAX).unwrap_or(bytes)).into_owned()
}

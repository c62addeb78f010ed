//! Events that callers tell us.

use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    error::Error,
    http::{
        auth::Admin,
        batch,
        body::JsonBody,
        problem::{Kind, Problem},
    },
    services::record::{self, Desk, EventBody, Memo, Recorded},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(one))
        .routes(routes!(many))
}

/// Records an event. Once answered it is in force: no send that it forbids can start any more.
#[utoipa::path(post, path = "/api/v1/events", tag = "events", request_body = EventBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body get the first answer.")),
    responses((status = 201, body = Recorded)))]
async fn one(
    State(app): State<App>,
    Admin(caller): Admin,
    headers: HeaderMap,
    body: JsonBody<EventBody>,
) -> Result<(StatusCode, Json<Recorded>), Problem> {
    let memo = batch::idempotency_key(&headers)?;
    let memo = memo.map(|key| Memo::of(&caller.id.to_string(), key, 0, &body.bytes));
    let told = Desk::open(&app, &caller.name)
        .await?
        .read(&body.value)
        .await?;
    let mut outcomes = record::tell(&app, &[told], memo.as_ref()).await?;
    let recorded = outcomes.pop().flatten();
    let recorded = recorded.ok_or(Error::NotFound("contact, or no more"))?;
    Ok((StatusCode::CREATED, Json(recorded)))
}

/// Records up to 10,000 events, one a line; gives a result a line, in their order.
#[utoipa::path(post, path = "/api/v1/events/batch", tag = "events",
    request_body(content = EventBody, content_type = "application/x-ndjson"),
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body get the first answer.")),
    responses((status = 200, body = Recorded, content_type = "application/x-ndjson")))]
async fn many(
    State(app): State<App>,
    Admin(caller): Admin,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    if batch::is_ndjson(&headers) {
        return batch::events(&app, &caller, &headers, body).await;
    }
    Err(Problem::of(
        Kind::UnsupportedMediaType,
        "want `Content-Type: application/x-ndjson`",
    ))
}

//! Verdicts: one, or very many.

use axum::{Json, body::Body, extract::State, http::HeaderMap, response::Response};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    http::{
        auth::Checker,
        batch,
        body::{JsonBody, Query},
        problem::Problem,
    },
    services::check::{self, CheckAnswer, CheckBody},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(one))
        .routes(routes!(many))
}

/// What all the numbers of a batch are asked about.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct BatchQuery {
    /// The category.
    category: Option<String>,
    /// The id or the name of a topic.
    topic: Option<String>,
    /// The business number that would send.
    number: Option<String>,
    /// `whatsapp`, `sms` or `email`.
    channel: Option<String>,
}

/// May this message go to this person now? A malformed address is answered with a denial.
#[utoipa::path(post, path = "/api/v1/check", tag = "check", request_body = CheckBody,
    responses((status = 200, body = CheckAnswer)))]
async fn one(
    State(app): State<App>,
    _: Checker,
    body: JsonBody<CheckBody>,
) -> Result<Json<CheckAnswer>, Problem> {
    let shelf = check::shelf(&app, &[&body.value]).await?;
    let ask = check::read(&app, &shelf, &body.value)?;
    let mut answers = check::decide(&app, &[ask]).await?;
    let missing = || crate::error::Error::internal("a verdict is missing");
    Ok(Json(answers.pop().ok_or_else(missing)?))
}

/// Which of these numbers may be written to? Plain text, a number a line, gives back those that may, in their order.
/// NDJSON, a question a line, gives a verdict or a problem a line. Both are streamed: read the answer while sending.
#[utoipa::path(post, path = "/api/v1/check/batch", tag = "check", params(BatchQuery),
    request_body(content((String = "text/plain"), (CheckBody = "application/x-ndjson"))),
    responses((status = 200, content((String = "text/plain"), (CheckAnswer = "application/x-ndjson")))))]
async fn many(
    State(app): State<App>,
    _: Checker,
    Query(query): Query<BatchQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let template = CheckBody {
        category: query.category,
        topic: query.topic,
        number: query.number,
        channel: query.channel,
        ..CheckBody::default()
    };
    batch::check(app, template, &headers, body).await
}

//! Journeys: written, tried out, published, stopped, and how far each person is.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    app::App,
    error::Error,
    http::{
        auth::{Admin, Reader},
        batch,
        body::{JsonBody, Path, Query},
        page::{self, Page, PageQuery},
        problem::{Kind, Problem},
    },
    services::journeys::{
        self, Written,
        body::{
            FaultAnswer, JourneyAnswer, RehearsalAnswer, RunAnswer, RunDetail, ScriptBody,
            VersionAnswer,
        },
        event::{self, TellAnswer, TellBody},
    },
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(tell))
        .routes(routes!(show))
        .routes(routes!(save))
        .routes(routes!(check))
        .routes(routes!(publish))
        .routes(routes!(stop))
        .routes(routes!(leave))
        .routes(routes!(versions))
        .routes(routes!(runs))
        .routes(routes!(run))
        .routes(routes!(rehearse))
}

/// What a journey is to say.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DefinitionBody {
    /// The definition, as `docs/schemas/journey-1.json` describes it.
    #[schema(value_type = Object)]
    definition: Value,
}

/// What a journey is to say from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DraftBody {
    /// The definition, as `docs/schemas/journey-1.json` describes it.
    #[schema(value_type = Object)]
    definition: Value,
    /// The `cas` of the journey as the caller saw it.
    cas: i64,
}

/// Which state of a journey is meant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SeenBody {
    /// The `cas` of the journey as the caller saw it.
    cas: i64,
}

/// What is wrong with a journey, beside what problem details say.
#[derive(Debug, Serialize, ToSchema)]
struct Faults {
    #[serde(flatten)]
    problem: Problem,
    /// Everything that is wrong, each with its place.
    faults: Vec<FaultAnswer>,
}

/// What is wrong with a journey, if anything.
#[derive(Debug, Serialize, ToSchema)]
struct CheckAnswer {
    /// Everything that keeps the draft from being published; empty when nothing does.
    faults: Vec<FaultAnswer>,
}

/// How many people left.
#[derive(Debug, Serialize, ToSchema)]
struct LeftAnswer {
    /// How many were inside.
    left: u64,
}

fn written(status: StatusCode, written: Written) -> Response {
    match written {
        Ok(journey) => (status, Json(journey)).into_response(),
        Err(faults) => {
            let say = match faults.as_slice() {
                [one] => format!("{}: {}", one.place, one.say),
                many => format!("{} things are wrong with the journey", many.len()),
            };
            let problem = Problem::of(Kind::Invalid, say);
            let mut response = (
                StatusCode::UNPROCESSABLE_ENTITY,
                Json(Faults { problem, faults }),
            )
                .into_response();
            let kind = axum::http::HeaderValue::from_static("application/problem+json");
            let headers = response.headers_mut();
            headers.insert(axum::http::header::CONTENT_TYPE, kind);
            response
        }
    }
}

fn id(text: &str) -> Result<Uuid, Error> {
    text.parse().map_err(|_| Error::NotFound("journey"))
}

/// Journeys, newest first.
#[utoipa::path(get, path = "/api/v1/journeys", tag = "journeys", params(PageQuery),
    responses((status = 200, body = Page<JourneyAnswer>)))]
async fn list(
    State(app): State<App>,
    _: Reader,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<JourneyAnswer>>, Problem> {
    let limit = page::limit(query.limit)?;
    let after: Option<Uuid> = query.cursor.as_deref().map(page::read_cursor).transpose()?;
    let items = journeys::list(&app, after, limit + 1).await?;
    Ok(Json(Page::cut(items, limit, |item| item.id.clone())))
}

/// Makes a journey: a draft, which nobody enters before it is published.
#[utoipa::path(post, path = "/api/v1/journeys", tag = "journeys", request_body = DefinitionBody,
    responses((status = 201, body = JourneyAnswer), (status = 422, body = Faults)))]
async fn create(
    State(app): State<App>,
    Admin(caller): Admin,
    body: JsonBody<DefinitionBody>,
) -> Result<Response, Problem> {
    let text = body.value.definition.to_string();
    let made = journeys::create(&app, &text, &caller.name).await?;
    Ok(written(StatusCode::CREATED, made))
}

/// Tells an event, which lets a person into the journeys that wait for it.
#[utoipa::path(post, path = "/api/v1/journeys/events", tag = "journeys", request_body = TellBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body get the first answer, and happen once.")),
    responses((status = 202, body = TellAnswer)))]
async fn tell(
    State(app): State<App>,
    Admin(caller): Admin,
    headers: HeaderMap,
    body: JsonBody<TellBody>,
) -> Result<(StatusCode, Json<TellAnswer>), Problem> {
    let key = batch::idempotency_key(&headers)?;
    let caller = caller.id.to_string();
    let key = key.map(|key| (caller.as_str(), key));
    let told = event::tell(&app, &body.value, key).await?;
    Ok((StatusCode::ACCEPTED, Json(told)))
}

/// A journey, and how many people stand how.
#[utoipa::path(get, path = "/api/v1/journeys/{id}", tag = "journeys", params(("id" = String, Path)),
    responses((status = 200, body = JourneyAnswer)))]
async fn show(
    State(app): State<App>,
    _: Reader,
    Path(text): Path<String>,
) -> Result<Json<JourneyAnswer>, Problem> {
    Ok(Json(journeys::show(&app, id(&text)?).await?))
}

/// Changes the draft. Who is inside, and who enters, keeps the version that was published.
#[utoipa::path(put, path = "/api/v1/journeys/{id}/draft", tag = "journeys", params(("id" = String, Path)),
    request_body = DraftBody, responses((status = 200, body = JourneyAnswer), (status = 422, body = Faults)))]
async fn save(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(text): Path<String>,
    body: JsonBody<DraftBody>,
) -> Result<Response, Problem> {
    let definition = body.value.definition.to_string();
    let seen = (id(&text)?, body.value.cas);
    let saved = journeys::save(&app, seen, &definition, &caller.name).await?;
    Ok(written(StatusCode::OK, saved))
}

/// Everything that keeps the draft from being published. Nothing is changed.
#[utoipa::path(post, path = "/api/v1/journeys/{id}/check", tag = "journeys", params(("id" = String, Path)),
    responses((status = 200, body = CheckAnswer)))]
async fn check(
    State(app): State<App>,
    _: Reader,
    Path(text): Path<String>,
) -> Result<Json<CheckAnswer>, Problem> {
    let faults = journeys::faults(&app, id(&text)?).await?;
    Ok(Json(CheckAnswer { faults }))
}

/// Publishes the draft as the next version: from now on people enter by it.
#[utoipa::path(post, path = "/api/v1/journeys/{id}/publish", tag = "journeys", params(("id" = String, Path)),
    request_body = SeenBody, responses((status = 200, body = JourneyAnswer), (status = 422, body = Faults)))]
async fn publish(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(text): Path<String>,
    body: JsonBody<SeenBody>,
) -> Result<Response, Problem> {
    let seen = (id(&text)?, body.value.cas);
    let published = journeys::publish(&app, seen, &caller.name).await?;
    Ok(written(StatusCode::OK, published))
}

/// Lets nobody enter any more. Who is inside goes on.
#[utoipa::path(post, path = "/api/v1/journeys/{id}/stop", tag = "journeys", params(("id" = String, Path)),
    responses((status = 200, body = JourneyAnswer)))]
async fn stop(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(text): Path<String>,
) -> Result<Json<JourneyAnswer>, Problem> {
    Ok(Json(journeys::stop(&app, id(&text)?, &caller.name).await?))
}

/// Takes everybody out of a journey that is not live, and cancels what was queued.
#[utoipa::path(post, path = "/api/v1/journeys/{id}/leave", tag = "journeys", params(("id" = String, Path)),
    responses((status = 200, body = LeftAnswer)))]
async fn leave(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(text): Path<String>,
) -> Result<Json<LeftAnswer>, Problem> {
    let left = journeys::leave(&app, id(&text)?, &caller.name).await?;
    Ok(Json(LeftAnswer { left }))
}

/// Every version, the newest first, with how many people are inside.
#[utoipa::path(get, path = "/api/v1/journeys/{id}/versions", tag = "journeys", params(("id" = String, Path), PageQuery),
    responses((status = 200, body = Page<VersionAnswer>)))]
async fn versions(
    State(app): State<App>,
    _: Reader,
    Path(text): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<VersionAnswer>>, Problem> {
    let limit = page::limit(query.limit)?;
    let all = journeys::versions(&app, id(&text)?).await?;
    Page::slice(all, query.cursor.as_deref(), limit).map(Json)
}

/// The ways that people took, newest first.
#[utoipa::path(get, path = "/api/v1/journeys/{id}/runs", tag = "journeys", params(("id" = String, Path), PageQuery),
    responses((status = 200, body = Page<RunAnswer>)))]
async fn runs(
    State(app): State<App>,
    _: Reader,
    Path(text): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<RunAnswer>>, Problem> {
    let limit = page::limit(query.limit)?;
    let after: Option<Uuid> = query.cursor.as_deref().map(page::read_cursor).transpose()?;
    let items = journeys::runs(&app, id(&text)?, (after, limit + 1)).await?;
    Ok(Json(Page::cut(items, limit, |item| item.id.clone())))
}

/// One person's way, step by step, with the error that stopped it.
#[utoipa::path(get, path = "/api/v1/journeys/{id}/runs/{run}", tag = "journeys",
    params(("id" = String, Path), ("run" = String, Path)), responses((status = 200, body = RunDetail)))]
async fn run(
    State(app): State<App>,
    _: Reader,
    Path((text, run)): Path<(String, String)>,
) -> Result<Json<RunDetail>, Problem> {
    let run = run.parse().map_err(|_| Error::NotFound("run"))?;
    Ok(Json(journeys::run(&app, id(&text)?, run).await?))
}

/// Tries a journey out: a script of what happens, with a clock that steps. Nothing is sent and nothing is kept.
#[utoipa::path(post, path = "/api/v1/journeys/{id}/rehearse", tag = "journeys", params(("id" = String, Path)),
    request_body = ScriptBody, responses((status = 200, body = RehearsalAnswer)))]
async fn rehearse(
    State(app): State<App>,
    _: Reader,
    Path(text): Path<String>,
    body: JsonBody<ScriptBody>,
) -> Result<Json<RehearsalAnswer>, Problem> {
    let tried = journeys::rehearse(&app, id(&text)?, &body.value).await?;
    Ok(Json(tried))
}

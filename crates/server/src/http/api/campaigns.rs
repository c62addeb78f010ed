//! Campaigns: made, looked at before they begin, begun, stopped, and what became of them.

pub mod files;

use axum::{Json, body::Body, extract::State, http::StatusCode, response::Response};
use consent::id::ContactId;
use serde::Deserialize;
use store::campaign::recipient::{self, Did, Filter};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    app::App,
    clock,
    error::Error,
    http::{
        auth::{Admin, Reader},
        body::{JsonBody, Path, Query},
        page::{self, Page, PageQuery},
        problem::Problem,
    },
    services::campaigns::{
        self, PreviewAnswer, acts,
        body::{CampaignAnswer, CampaignBody, PreflightAnswer},
        draft,
        plan::id,
        preflight::{
            self,
            people::{self, Half, SeatAnswer},
        },
        report::{self, RecipientAnswer, ReportAnswer},
        series::{self, SeriesAnswer, Slice},
    },
};

/// The largest body of a campaign: a million numbers.
const LIST_BYTES_MAX: usize = 32 * 1024 * 1024;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change))
        .routes(routes!(preview))
        .routes(routes!(preflight))
        .routes(routes!(within))
        .routes(routes!(barred))
        .routes(routes!(draw))
        .routes(routes!(approve))
        .routes(routes!(start))
        .routes(routes!(pause))
        .routes(routes!(resume))
        .routes(routes!(cancel))
        .routes(routes!(recipients))
        .routes(routes!(recipients_csv))
        .routes(routes!(report))
        .routes(routes!(over_time))
        .routes(routes!(over_time_csv))
}

/// Campaigns, newest first.
#[utoipa::path(get, path = "/api/v1/campaigns", tag = "campaigns", params(PageQuery),
    responses((status = 200, body = Page<CampaignAnswer>)))]
async fn list(
    State(app): State<App>,
    _: Reader,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<CampaignAnswer>>, Problem> {
    let limit = page::limit(query.limit)?;
    let after: Option<Uuid> = query.cursor.as_deref().map(page::read_cursor).transpose()?;
    let items = campaigns::list(&app, after, limit + 1).await?;
    Ok(Json(Page::cut(items, limit, |item| item.id.clone())))
}

/// Makes a campaign. It sends nothing before it is started.
#[utoipa::path(post, path = "/api/v1/campaigns", tag = "campaigns", request_body = CampaignBody,
    responses((status = 201, body = CampaignAnswer)))]
async fn create(
    State(app): State<App>,
    Admin(caller): Admin,
    body: JsonBody<CampaignBody, LIST_BYTES_MAX>,
) -> Result<(StatusCode, Json<CampaignAnswer>), Problem> {
    let made = draft::create(&app, &body.value, &caller.name).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// What the caller saw.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SeenQuery {
    /// The `version` that the caller saw: 409 when somebody else changed the campaign since.
    version: Option<i64>,
}

/// Changes a draft: it is as the body says then. An approval of what it was before falls away.
#[utoipa::path(put, path = "/api/v1/campaigns/{id}", tag = "campaigns", request_body = CampaignBody,
    params(("id" = String, Path), SeenQuery), responses((status = 200, body = CampaignAnswer)))]
async fn change(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(text): Path<String>,
    Query(query): Query<SeenQuery>,
    body: JsonBody<CampaignBody, LIST_BYTES_MAX>,
) -> Result<Json<CampaignAnswer>, Problem> {
    let seen = (id(&text)?, query.version);
    Ok(Json(
        draft::change(&app, seen, &body.value, &caller.name).await?,
    ))
}

/// A campaign, and where everybody stands.
#[utoipa::path(get, path = "/api/v1/campaigns/{id}", tag = "campaigns", params(("id" = String, Path)),
    responses((status = 200, body = CampaignAnswer)))]
async fn show(
    State(app): State<App>,
    _: Reader,
    Path(text): Path<String>,
) -> Result<Json<CampaignAnswer>, Problem> {
    Ok(Json(campaigns::show(&app, id(&text)?).await?))
}

/// How the message reads, person by person: at most 20 a page.
#[utoipa::path(get, path = "/api/v1/campaigns/{id}/preview", tag = "campaigns",
    params(("id" = String, Path), PageQuery), responses((status = 200, body = Page<PreviewAnswer>)))]
async fn preview(
    State(app): State<App>,
    _: Reader,
    Path(text): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<PreviewAnswer>>, Problem> {
    let limit = page::limit(query.limit)?;
    let cursor = query.cursor.unwrap_or_default();
    let (items, next) = campaigns::preview(&app, id(&text)?, (&cursor, limit)).await?;
    Ok(Json(Page { items, next }))
}

/// Who is in, who is out and why, what it costs and how long it takes. Nothing is sent.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/preflight", tag = "campaigns", params(("id" = String, Path)),
    responses((status = 200, body = PreflightAnswer)))]
async fn preflight(
    State(app): State<App>,
    _: Reader,
    Path(text): Path<String>,
) -> Result<Json<PreflightAnswer>, Problem> {
    Ok(Json(preflight::run(&app, id(&text)?).await?))
}

/// Where a page begins.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CursorQuery {
    /// `next` of the page before.
    cursor: Option<String>,
}

/// Which of those who are out.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct BarredQuery {
    /// The code of the refusal.
    code: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// Who is in and what that rests on, from a thousand people of the audience a page: a page may hold nobody, and there may be more.
#[utoipa::path(get, path = "/api/v1/campaigns/{id}/preflight/in", tag = "campaigns",
    params(("id" = String, Path), CursorQuery), responses((status = 200, body = Page<SeatAnswer>)))]
async fn within(
    State(app): State<App>,
    _: Admin,
    Path(text): Path<String>,
    Query(query): Query<CursorQuery>,
) -> Result<Json<Page<SeatAnswer>>, Problem> {
    half(&app, id(&text)?, &Half::In, query.cursor).await
}

/// Who is out and why, from a thousand people of the audience a page: a page may hold nobody, and there may be more.
#[utoipa::path(get, path = "/api/v1/campaigns/{id}/preflight/out", tag = "campaigns",
    params(("id" = String, Path), BarredQuery), responses((status = 200, body = Page<SeatAnswer>)))]
async fn barred(
    State(app): State<App>,
    _: Admin,
    Path(text): Path<String>,
    Query(query): Query<BarredQuery>,
) -> Result<Json<Page<SeatAnswer>>, Problem> {
    half(&app, id(&text)?, &Half::Out(query.code), query.cursor).await
}

async fn half(
    app: &App,
    id: Uuid,
    half: &Half,
    cursor: Option<String>,
) -> Result<Json<Page<SeatAnswer>>, Problem> {
    let bounds = (cursor.as_deref(), files::SEATS);
    let (items, next) = people::of(app, (id, half), bounds).await?;
    Ok(Json(Page { items, next }))
}

/// Freezes the audience of a draft now, instead of when it starts.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/draw", tag = "campaigns", params(("id" = String, Path)),
    responses((status = 200, body = CampaignAnswer)))]
async fn draw(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(text): Path<String>,
) -> Result<Json<CampaignAnswer>, Problem> {
    Ok(Json(
        campaigns::draw_now(&app, id(&text)?, &caller.name).await?,
    ))
}

/// A second person agrees to a campaign above the set size: somebody else than whoever made it.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/approve", tag = "campaigns", params(("id" = String, Path), SeenQuery),
    responses((status = 200, body = CampaignAnswer)))]
async fn approve(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(text): Path<String>,
    Query(query): Query<SeenQuery>,
) -> Result<Json<CampaignAnswer>, Problem> {
    let seen = (id(&text)?, query.version);
    Ok(Json(acts::approve(&app, seen, &caller.name).await?))
}

/// Starts a campaign: at once, or at its time.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/start", tag = "campaigns", params(("id" = String, Path), SeenQuery),
    responses((status = 200, body = CampaignAnswer)))]
async fn start(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(text): Path<String>,
    Query(query): Query<SeenQuery>,
) -> Result<Json<CampaignAnswer>, Problem> {
    let seen = (id(&text)?, query.version);
    Ok(Json(acts::start(&app, seen, &caller.name).await?))
}

/// Stops a campaign for now: once this is answered, none of its sends begins.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/pause", tag = "campaigns", params(("id" = String, Path)),
    responses((status = 200, body = CampaignAnswer)))]
async fn pause(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(text): Path<String>,
) -> Result<Json<CampaignAnswer>, Problem> {
    Ok(Json(acts::pause(&app, id(&text)?, &caller.name).await?))
}

/// Lets a campaign go on.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/resume", tag = "campaigns", params(("id" = String, Path)),
    responses((status = 200, body = CampaignAnswer)))]
async fn resume(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(text): Path<String>,
) -> Result<Json<CampaignAnswer>, Problem> {
    Ok(Json(acts::resume(&app, id(&text)?, &caller.name).await?))
}

/// Ends a campaign: whoever was not sent to gets nothing.
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/cancel", tag = "campaigns", params(("id" = String, Path)),
    responses((status = 200, body = CampaignAnswer)))]
async fn cancel(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(text): Path<String>,
) -> Result<Json<CampaignAnswer>, Problem> {
    Ok(Json(acts::cancel(&app, id(&text)?, &caller.name).await?))
}

/// Which people of a campaign.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RecipientsQuery {
    /// Whose turn stands so: `waiting`, `sending`, `accepted`, `sent`, `delivered`, `read`, `denied`, `failed`, `unknown` or `skipped`.
    /// Each of `accepted`, `sent` and `delivered` holds those after it.
    state: Option<String>,
    /// What they did within 72 hours after their message: `replied` or `opted_out`.
    did: Option<String>,
    /// A refusal's code, or Meta's error code.
    code: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Items on the page, 1 to 500.
    limit: Option<u32>,
}

/// The people of a campaign, once its audience is drawn.
#[utoipa::path(get, path = "/api/v1/campaigns/{id}/recipients", tag = "campaigns",
    params(("id" = String, Path), RecipientsQuery), responses((status = 200, body = Page<RecipientAnswer>)))]
async fn recipients(
    State(app): State<App>,
    _: Reader,
    Path(text): Path<String>,
    Query(query): Query<RecipientsQuery>,
) -> Result<Json<Page<RecipientAnswer>>, Problem> {
    let limit = page::limit(query.limit)?;
    let none = |field: &str, word: &str| {
        Error::field(field, format!("`{word}` is no state of a recipient"))
    };
    let (mut state, mut message) = (None, None);
    if let Some(word) = query.state.as_deref() {
        message = report::stage(word);
        state = recipient::State::read(word);
        if state.is_none() && message.is_none() {
            return Err(none("state", word).into());
        }
    }
    let did = query.did.as_deref();
    let did = did.map(|word| Did::read(word).ok_or_else(|| none("did", word)));
    let after: Option<Uuid> = query.cursor.as_deref().map(page::read_cursor).transpose()?;
    let filter = Filter {
        state,
        message,
        did: did.transpose()?.map(|did| (did, report::WITHIN_MS)),
        code: query.code,
        after: after.map(ContactId::new),
        limit: limit + 1,
        ..Filter::default()
    };
    let items = report::recipients(&app, id(&text)?, &filter).await?;
    Ok(Json(Page::cut(items, limit, |item| item.contact.clone())))
}

/// Everybody of a campaign, as CSV.
#[utoipa::path(get, path = "/api/v1/campaigns/{id}/recipients.csv", tag = "campaigns", params(("id" = String, Path)),
    responses((status = 200, content_type = "text/csv", body = String)))]
async fn recipients_csv(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(text): Path<String>,
) -> Result<Response, Problem> {
    let id = id(&text)?;
    acts::find(&app, id).await?;
    report::note_export(&app, id, &caller.name).await?;
    Ok(files::everybody(app, id))
}

/// What became of a campaign.
#[utoipa::path(get, path = "/api/v1/campaigns/{id}/report", tag = "campaigns", params(("id" = String, Path)),
    responses((status = 200, body = ReportAnswer)))]
async fn report(
    State(app): State<App>,
    _: Reader,
    Path(text): Path<String>,
) -> Result<Json<ReportAnswer>, Problem> {
    Ok(Json(report::report(&app, id(&text)?).await?))
}

/// Which piece of a campaign.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SliceQuery {
    /// Where it begins, RFC 3339; with the campaign where nothing is said.
    from: Option<String>,
    /// Where it ends; 72 hours after the campaign, or now, where nothing is said.
    until: Option<String>,
    /// Only whoever gets the variant of this name.
    variant: Option<String>,
    /// Only whoever is in this segment now.
    segment: Option<String>,
}

impl SliceQuery {
    fn slice(self) -> Result<Slice, Error> {
        let read = |field: &str, text: &Option<String>| {
            let Some(text) = text else { return Ok(None) };
            let none = || Error::field(field, format!("`{text}` is no time: want RFC 3339"));
            clock::read_rfc3339(text).ok_or_else(none).map(Some)
        };
        Ok(Slice {
            from: read("from", &self.from)?,
            until: read("until", &self.until)?,
            variant: self.variant,
            segment: self.segment,
        })
    }
}

/// A campaign over time.
#[utoipa::path(get, path = "/api/v1/campaigns/{id}/series", tag = "campaigns", params(("id" = String, Path), SliceQuery),
    responses((status = 200, body = SeriesAnswer)))]
async fn over_time(
    State(app): State<App>,
    _: Reader,
    Path(text): Path<String>,
    Query(query): Query<SliceQuery>,
) -> Result<Json<SeriesAnswer>, Problem> {
    Ok(Json(
        series::series(&app, id(&text)?, &query.slice()?).await?,
    ))
}

/// A campaign over time, as CSV.
#[utoipa::path(get, path = "/api/v1/campaigns/{id}/series.csv", tag = "campaigns", params(("id" = String, Path), SliceQuery),
    responses((status = 200, content_type = "text/csv", body = String)))]
async fn over_time_csv(
    State(app): State<App>,
    _: Reader,
    Path(text): Path<String>,
    Query(query): Query<SliceQuery>,
) -> Result<Response, Problem> {
    let id = id(&text)?;
    let body = series::series_csv(&app, id, &query.slice()?).await?;
    Ok(files::csv(
        Body::from(body),
        &format!("campaign-{id}-series.csv"),
    ))
}

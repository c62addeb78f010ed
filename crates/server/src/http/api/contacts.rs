//! Contacts: listing, showing, editing, explaining, erasing.

use axum::{
    Json,
    extract::{Request, State},
    http::StatusCode,
};
use consent::id::ContactId;
use jiff::tz::TimeZone;
use store::contact::ContactFilter;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    app::App,
    error::Error,
    http::{
        auth::{Admin, Reader, Teller},
        body::{JSON_BYTES_MAX, JsonBody, Path, Query, parse, read_all},
        page::{self, Page, PageQuery},
        problem::{Kind, Problem},
    },
    services::{
        aliases::{self, AliasBody},
        contacts::{self, ContactAnswer, EditBody, Erased, Item},
        explain::{self, ExplainQuery, Explanation},
        fatigue::{self, FatigueAnswer},
        preferences::link::{self, LinkAnswer, LinkBody},
        roster::{self, CountAnswer, ask::FilterBody},
    },
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(count))
        .routes(routes!(show, edit, erase))
        .routes(routes!(timeline))
        .routes(routes!(why))
        .routes(routes!(weariness))
        .routes(routes!(preference_link))
        .routes(routes!(link_alias))
}

/// Reads the address of a list: its filter, where it begins and how long it is.
pub(super) async fn filter(
    app: &App,
    pairs: Vec<(String, String)>,
) -> Result<ContactFilter, Problem> {
    let mut body = FilterBody::default();
    let (mut cursor, mut size) = (None, None);
    for (name, value) in pairs {
        match name.as_str() {
            "cursor" => cursor = Some(value),
            "limit" => size = Some(value),
            _ => body.take(&name, value).map_err(malformed)?,
        }
    }
    let size = size.map(|text| {
        text.parse::<u32>().map_err(|_| {
            let detail = format!("`{text}` is not a limit: want a number");
            Problem::of(Kind::Malformed, detail).at("limit")
        })
    });
    let read = body.read(app, &TimeZone::UTC).await;
    Ok(ContactFilter {
        after: cursor.as_deref().map(page::read_cursor).transpose()?,
        limit: page::limit(size.transpose()?)?,
        ..read?
    })
}

/// What an address has too much is not what makes no sense.
fn malformed(error: Error) -> Problem {
    let Error::Invalid { field, message } = error else {
        return error.into();
    };
    let problem = Problem::of(Kind::Malformed, message);
    match field {
        Some(field) => problem.at(&field),
        None => problem,
    }
}

/// Contacts, newest changed first. A page may be short, or even empty, and have a `next`: then the search goes on there.
#[utoipa::path(get, path = "/api/v1/contacts", tag = "contacts", params(FilterBody, PageQuery),
    responses((status = 200, body = Page<ContactAnswer>)))]
async fn list(
    State(app): State<App>,
    _: Reader,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Json<Page<ContactAnswer>>, Problem> {
    let filter = filter(&app, query).await?;
    let (items, next) = contacts::list(&app, &filter).await?;
    let next = next.map(|place| place.to_string());
    Ok(Json(Page { items, next }))
}

/// How many contacts a filter means, counted up to 10,000.
#[utoipa::path(get, path = "/api/v1/contacts/count", tag = "contacts", params(FilterBody),
    responses((status = 200, body = CountAnswer)))]
async fn count(
    State(app): State<App>,
    _: Reader,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Json<CountAnswer>, Problem> {
    let filter = filter(&app, query).await?;
    Ok(Json(roster::count(&app, &filter).await?))
}

/// A contact.
#[utoipa::path(get, path = "/api/v1/contacts/{id}", tag = "contacts", params(("id" = String, Path)),
    responses((status = 200, body = ContactAnswer)))]
async fn show(
    State(app): State<App>,
    _: Reader,
    Path(id): Path<Uuid>,
) -> Result<Json<ContactAnswer>, Problem> {
    Ok(Json(contacts::show(&app, ContactId::new(id)).await?))
}

/// Sets and takes away attributes and tags.
#[utoipa::path(patch, path = "/api/v1/contacts/{id}", tag = "contacts", params(("id" = String, Path)),
    request_body = EditBody, responses((status = 200, body = ContactAnswer)))]
async fn edit(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(id): Path<Uuid>,
    body: JsonBody<EditBody>,
) -> Result<Json<ContactAnswer>, Problem> {
    let edited = contacts::edit(&app, ContactId::new(id), &body.value, &caller.name).await?;
    Ok(Json(edited))
}

/// Erases a person: everything but the refusal.
#[utoipa::path(delete, path = "/api/v1/contacts/{id}", tag = "contacts", params(("id" = String, Path)),
    responses((status = 200, body = Erased)))]
async fn erase(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(id): Path<Uuid>,
) -> Result<Json<Erased>, Problem> {
    let erased = contacts::erase(&app, ContactId::new(id), &caller.name, None).await?;
    Ok(Json(erased))
}

/// Events and messages of a contact, newest first.
#[utoipa::path(get, path = "/api/v1/contacts/{id}/timeline", tag = "contacts",
    params(("id" = String, Path), PageQuery), responses((status = 200, body = Page<Item>)))]
async fn timeline(
    State(app): State<App>,
    _: Reader,
    Path(id): Path<Uuid>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Item>>, Problem> {
    let limit = page::limit(query.limit)?;
    let after = query.cursor.as_deref().map(page::read_cursor).transpose()?;
    let items = contacts::timeline(&app, ContactId::new(id), after, limit).await?;
    Ok(Json(Page::cut(items, limit, Item::id)))
}

/// What a contact may be sent, and why; now or at a past moment.
#[utoipa::path(get, path = "/api/v1/contacts/{id}/explain", tag = "contacts",
    params(("id" = String, Path), ExplainQuery), responses((status = 200, body = Explanation)))]
async fn why(
    State(app): State<App>,
    _: Reader,
    Path(id): Path<Uuid>,
    Query(query): Query<ExplainQuery>,
) -> Result<Json<Explanation>, Problem> {
    Ok(Json(
        explain::explain(&app, ContactId::new(id), &query).await?,
    ))
}

/// How weary of marketing a contact may be: an estimate, which only ever slows campaigns down.
#[utoipa::path(get, path = "/api/v1/contacts/{id}/fatigue", tag = "contacts",
    params(("id" = String, Path)), responses((status = 200, body = FatigueAnswer)))]
async fn weariness(
    State(app): State<App>,
    _: Reader,
    Path(id): Path<Uuid>,
) -> Result<Json<FatigueAnswer>, Problem> {
    Ok(Json(fatigue::show(&app, ContactId::new(id)).await?))
}

/// Makes a link to the contact's own page, where they see and stop what is sent to them. The body may be left out.
#[utoipa::path(post, path = "/api/v1/contacts/{id}/preference_link", tag = "contacts",
    params(("id" = String, Path)), request_body = Option<LinkBody>, responses((status = 201, body = LinkAnswer)))]
async fn preference_link(
    State(app): State<App>,
    _: Admin,
    Path(id): Path<Uuid>,
    request: Request,
) -> Result<(StatusCode, Json<LinkAnswer>), Problem> {
    let bytes = read_all(request.into_body(), JSON_BYTES_MAX).await?;
    let body: LinkBody = if bytes.is_empty() {
        LinkBody::default()
    } else {
        parse(&bytes)?
    };
    let link = link::answer(&app, ContactId::new(id), &body).await?;
    Ok((StatusCode::CREATED, Json(link)))
}

/// Gives a contact one more address: a telephone number, a BSUID or an e-mail address. One that means another contact
/// is a conflict, unless `merge` says that the two are one person: then what either refused holds for both.
#[utoipa::path(post, path = "/api/v1/contacts/{id}/aliases", tag = "contacts",
    params(("id" = String, Path)), request_body = AliasBody,
    responses((status = 201, body = ContactAnswer), (status = 200, body = ContactAnswer)))]
async fn link_alias(
    State(app): State<App>,
    Teller(caller): Teller,
    Path(id): Path<Uuid>,
    body: JsonBody<AliasBody>,
) -> Result<(StatusCode, Json<ContactAnswer>), Problem> {
    let linked = aliases::link(&app, ContactId::new(id), body.value, &caller.name).await?;
    let status = if linked.is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(linked.contact)))
}

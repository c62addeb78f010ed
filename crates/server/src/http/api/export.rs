//! Contacts and events as CSV, streamed.

use std::io;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{StreamExt, stream};
use serde::Deserialize;
use store::contact::ContactFilter;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    http::{
        auth::Admin,
        body::Query,
        problem::{Kind, Problem},
    },
    services::export::{Export, What, Whom},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(contacts))
        .routes(routes!(events))
}

/// The mark by which a spreadsheet knows UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Whom to take out: everybody, those that a list would show, or a segment.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ContactsQuery {
    /// The id of a segment; then nothing else narrows it.
    segment: Option<String>,
    /// Part of a name, a number or an id.
    search: Option<String>,
    /// A tag.
    tag: Option<String>,
    /// An attribute and its value, as `plan:gold`.
    attribute: Option<String>,
    /// `opted_in`, `opted_out`, `pending` or `none`.
    consent: Option<String>,
    /// Whether it begins with the mark by which spreadsheets know UTF-8.
    bom: Option<bool>,
}

/// Events.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct EventsQuery {
    /// Whether it begins with the mark by which spreadsheets know UTF-8.
    bom: Option<bool>,
}

/// Contacts as CSV: a column for each attribute, and no cell that a spreadsheet would run.
#[utoipa::path(get, path = "/api/v1/export/contacts.csv", tag = "export", params(ContactsQuery),
    responses((status = 200, body = String, content_type = "text/csv")))]
async fn contacts(
    State(app): State<App>,
    Admin(caller): Admin,
    Query(query): Query<ContactsQuery>,
) -> Result<Response, Problem> {
    let bom = query.bom.unwrap_or(false);
    let what = What::Contacts(query.whom()?);
    let export = Export::open(&app, what, &caller.name).await?;
    Ok(download(export, "contacts.csv", bom))
}

/// Events of everybody as CSV, oldest first. What is sealed stays sealed.
#[utoipa::path(get, path = "/api/v1/export/events.csv", tag = "export", params(EventsQuery),
    responses((status = 200, body = String, content_type = "text/csv")))]
async fn events(
    State(app): State<App>,
    Admin(caller): Admin,
    Query(query): Query<EventsQuery>,
) -> Result<Response, Problem> {
    let export = Export::open(&app, What::Events, &caller.name).await?;
    Ok(download(export, "events.csv", query.bom.unwrap_or(false)))
}

impl ContactsQuery {
    /// Whom it means.
    ///
    /// # Errors
    /// 400 for an attribute that is none, or a segment with a filter.
    pub fn whom(self) -> Result<Whom, Problem> {
        let filters = [&self.search, &self.tag, &self.attribute, &self.consent];
        let is_narrowed = filters.into_iter().any(Option::is_some);
        match (self.segment, is_narrowed) {
            (Some(segment), false) => return Ok(Whom::Segment(segment)),
            (Some(_), true) => {
                let detail = "want a segment or filters, not both";
                return Err(Problem::of(Kind::Malformed, detail).at("segment"));
            }
            (None, _) => {}
        }
        let attribute = self.attribute.map(|text| {
            let pair = text.split_once(':');
            let pair = pair.map(|(key, value)| (key.to_owned(), value.to_owned()));
            pair.ok_or_else(|| {
                let detail = format!("`{text}` is not an attribute: want one like plan:gold");
                Problem::of(Kind::Malformed, detail).at("attribute")
            })
        });
        Ok(Whom::Listed(ContactFilter {
            search: self.search.filter(|text| !text.trim().is_empty()),
            tags: self.tag.into_iter().collect(),
            attributes: attribute.transpose()?.into_iter().collect(),
            consent: self.consent,
            ..ContactFilter::default()
        }))
    }
}

/// A file that is saved, and made while it is.
pub fn download(export: Export, name: &'static str, bom: bool) -> Response {
    let mark = bom.then(|| Ok(Bytes::from_static(MARK)));
    let rows = stream::try_unfold(export, |mut export| async move {
        let next = export.step().await.map_err(|error| {
            tracing::error!(%error, "an export could not go on");
            io::Error::other(error.to_string())
        })?;
        Ok::<_, io::Error>(next.map(|bytes| (Bytes::from(bytes), export)))
    });
    let mut response = Body::from_stream(stream::iter(mark).chain(rows)).into_response();
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("text/csv; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, kind);
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    let options = HeaderValue::from_static("nosniff");
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, options);
    response
}

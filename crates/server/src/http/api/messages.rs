//! Messages and the verdicts on them.

use axum::{Json, extract::State};
use serde::Deserialize;
use store::message::MessageFilter;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    http::{
        auth::Reader,
        body::Query,
        page::{self, Page},
        problem::Problem,
    },
    services::messages::{self, MessageAnswer},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Which messages.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// To or from whom: an address or a contact's id.
    to: Option<String>,
    /// A refusal's code, or Meta's error code.
    code: Option<String>,
    /// What became of it, as `denied` or `delivered`.
    state: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Items on the page, 1 to 500.
    limit: Option<u32>,
}

/// Messages, newest first.
#[utoipa::path(get, path = "/api/v1/messages", tag = "messages", params(ListQuery),
    responses((status = 200, body = Page<MessageAnswer>)))]
async fn list(
    State(app): State<App>,
    _: Reader,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<MessageAnswer>>, Problem> {
    let limit = page::limit(query.limit)?;
    let filter = MessageFilter {
        code: query.code,
        state: query.state,
        after: query.cursor.as_deref().map(page::read_cursor).transpose()?,
        limit: limit + 1,
        ..MessageFilter::default()
    };
    let items = messages::list(&app, query.to.as_deref(), filter).await?;
    Ok(Json(Page::cut(items, limit, |item| item.id.clone())))
}

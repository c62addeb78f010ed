//! Reports as JSON, as CSV and as pictures; and alerts.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    app::App,
    http::{
        auth::{Admin, Reader},
        body::{Path, Query},
        page::{self, Page},
        problem::Problem,
    },
    services::reports::{
        self, Ask, Report,
        alerts::{self, Alert},
        csv,
        numbers::{self, Numbers},
        range::Wanted,
        tally,
    },
    ui::{
        chart,
        download::{Format, file},
    },
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(numbers))
        .routes(routes!(rebuild))
        .routes(routes!(report))
        .routes(routes!(list_alerts))
        .routes(routes!(settle_alert))
}

/// What of a report.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReportQuery {
    /// The first day (`2026-11-01`, in the zone) or a moment. 30 days ago where it is missing.
    from: Option<String>,
    /// The last day, or the moment before which. Today where it is missing.
    to: Option<String>,
    /// By what it is broken down; docs/reports.md names what each report has.
    by: Option<String>,
    /// `hour` or `day`.
    step: Option<String>,
    /// A time zone, like `Europe/Madrid`. UTC where it is missing.
    zone: Option<String>,
}

impl ReportQuery {
    fn ask(&self) -> Ask<'_> {
        Ask {
            by: self.by.as_deref(),
            wanted: Wanted {
                from: self.from.as_deref(),
                to: self.to.as_deref(),
                step: self.step.as_deref(),
                zone: self.zone.as_deref(),
            },
        }
    }
}

/// What happened over time: `consent`, `opt_out_rate`, `messages`, `failures`, `saved` or `time_to_force`; with `.csv`, `.svg` or
/// `.png` behind the name as a table or a picture.
#[utoipa::path(get, path = "/api/v1/reports/{name}", tag = "reports", params(("name" = String, Path), ReportQuery),
    responses((status = 200, body = Report)))]
async fn report(
    State(app): State<App>,
    _: Reader,
    Path(name): Path<String>,
    Query(query): Query<ReportQuery>,
) -> Result<Response, Problem> {
    let (name, ending) = name.split_once('.').unwrap_or((&name, ""));
    let format = Format::of(ending)?;
    if name == "numbers" && format == Format::Csv {
        let text = numbers::to_csv(&numbers::all(&app).await?);
        return Ok(file(format, name, text.into_bytes()));
    }
    let report = reports::make(&app, name, &query.ask()).await?;
    Ok(match format {
        Format::Json => Json(report).into_response(),
        Format::Csv => file(format, name, csv::of(&report).into_bytes()),
        Format::Svg => {
            let chart = chart::of_report(&report, &chart::plain_words(&report));
            file(format, name, chart::svg::standalone(&chart).into_bytes())
        }
        Format::Png => {
            let chart = chart::of_report(&report, &chart::plain_words(&report));
            file(format, name, chart::raster::png(&chart)?)
        }
    })
}

/// Each of our numbers with its quality and limits, and what Meta told about them; with `.csv` the numbers as a table.
#[utoipa::path(get, path = "/api/v1/reports/numbers", tag = "reports", responses((status = 200, body = Numbers)))]
async fn numbers(State(app): State<App>, _: Reader) -> Result<Json<Numbers>, Problem> {
    Ok(Json(numbers::all(&app).await?))
}

/// That it has begun.
#[derive(Debug, Serialize, ToSchema)]
struct Begun {
    /// Always true.
    begun: bool,
}

/// Makes every tally anew, from the log and from the messages. Reports show less until it is done.
#[utoipa::path(post, path = "/api/v1/reports/rebuild", tag = "reports", responses((status = 200, body = Begun)))]
async fn rebuild(State(app): State<App>, _: Admin) -> Result<Json<Begun>, Problem> {
    tally::rebuild(&app).await?;
    Ok(Json(Begun { begun: true }))
}

/// Which of them.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AlertQuery {
    /// `open` (the default) or `settled`.
    state: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Items on the page, 1 to 500.
    limit: Option<u32>,
}

/// What rose beyond what chance explains, newest first.
#[utoipa::path(get, path = "/api/v1/alerts", tag = "reports", params(AlertQuery),
    responses((status = 200, body = Page<Alert>)))]
async fn list_alerts(
    State(app): State<App>,
    _: Reader,
    Query(query): Query<AlertQuery>,
) -> Result<Json<Page<Alert>>, Problem> {
    let limit = page::limit(query.limit)?;
    let after = query.cursor.as_deref().map(page::read_cursor).transpose()?;
    let open = match query.state.as_deref() {
        None | Some("open") => true,
        Some("settled") => false,
        Some(other) => {
            let message = format!("`{other}` is no state: want `open` or `settled`");
            return Err(crate::error::Error::field("state", message).into());
        }
    };
    let items = alerts::list(&app, open, after, limit + 1).await?;
    Ok(Json(Page::cut(items, limit, |item| item.id.clone())))
}

/// Sets an alert aside. A second time changes nothing.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/settle", tag = "reports", params(("id" = String, Path)),
    responses((status = 200, body = Alert)))]
async fn settle_alert(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(id): Path<Uuid>,
) -> Result<Json<Alert>, Problem> {
    Ok(Json(alerts::settle(&app, id, &caller.name).await?))
}

//! The first page: what needs somebody, and how the week went beside the one before.

use askama::Template;
use axum::{Router, extract::State, http::StatusCode, response::Response, routing::get};

use super::{
    Desk,
    refusal::Refusal,
    reports::{Told, number, told, words},
};
use crate::{
    app::App,
    services::reports::{
        self, Ask, alerts,
        figures::{self, Figure},
        range::Wanted,
    },
    ui::{
        chart::{self, Size},
        notice::shown,
    },
};

/// Alerts that are shown.
const ALERTS_MAX: u32 = 5;
/// The reports that are shown small, each as a way to itself.
const CHARTS: [&str; 4] = ["consent", "opt_out_rate", "saved", "failures"];

/// Series that can be told apart in so small a chart.
const SERIES_MAX: usize = 4;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/", get(show))
}

/// A figure as people read it.
struct Shown {
    name: String,
    value: String,
    before: String,
}

/// A small chart, which leads to the report.
struct Small {
    href: String,
    name: String,
    svg: String,
}

#[derive(Template)]
#[template(path = "desk/home.html")]
struct Page {
    desk: Desk,
    alerts: Vec<Told>,
    reviews: Option<String>,
    quarantine: Option<String>,
    figures: Vec<Shown>,
    charts: Vec<Small>,
    is_empty: bool,
}

impl Page {
    fn is_calm(&self) -> bool {
        self.alerts.is_empty() && self.reviews.is_none() && self.quarantine.is_none()
    }
}

async fn show(State(app): State<App>, desk: Desk) -> Result<Response, Refusal> {
    let zone = desk.frame.voice.zone_name().to_owned();
    let made = figures::make(&app, &zone).await?;
    let alerts = alerts::list(&app, true, None, ALERTS_MAX).await?;
    let waiting = |key: &str, count: i64| {
        let count = usize::try_from(count).unwrap_or(0);
        (count > 0).then(|| desk.count(key, count))
    };
    let page = Page {
        alerts: alerts.into_iter().map(|alert| told(&desk, alert)).collect(),
        reviews: waiting("home-reviews", made.reviews),
        quarantine: waiting("home-quarantine", made.quarantine),
        figures: made
            .figures
            .iter()
            .map(|figure| shown_figure(&desk, figure))
            .collect(),
        charts: if made.is_empty {
            Vec::new()
        } else {
            charts(&app, &desk, &zone).await?
        },
        is_empty: made.is_empty,
        desk,
    };
    Ok(shown(StatusCode::OK, &page))
}

fn shown_figure(desk: &Desk, figure: &Figure) -> Shown {
    let unit = |value: Option<f64>| match value {
        None => "–".to_owned(),
        Some(_) if figure.what == "median" => format!("{} ms", number(desk, value)),
        Some(_) => number(desk, value),
    };
    Shown {
        name: desk.say(&format!("figure-{}", figure.what.replace('_', "-"))),
        value: unit(figure.now),
        before: desk.say_with("home-before", &[("value", &unit(figure.before))]),
    }
}

/// Thirty days of each report, small.
async fn charts(app: &App, desk: &Desk, zone: &str) -> Result<Vec<Small>, Refusal> {
    let ask = Ask {
        by: None,
        wanted: Wanted {
            zone: Some(zone),
            ..Wanted::default()
        },
    };
    let mut charts = Vec::new();
    for name in CHARTS {
        let report = reports::make(app, name, &ask).await?;
        let mut chart = chart::of_report(&report, &words(desk, &report));
        chart.series.truncate(SERIES_MAX);
        charts.push(Small {
            href: desk.to(&format!("/reports/{name}")),
            name: chart.title.clone(),
            svg: chart::svg::inline(&chart, Size::Small),
        });
    }
    Ok(charts)
}

//! The first page: what needs somebody, and how the week went beside the one before.

use askama::Template;
use axum::{Router, extract::State, http::StatusCode, response::Response, routing::get};

use super::{
    Desk, nav,
    refusal::Refusal,
    reports::{Told, number, told, words},
};
use crate::{
    app::App,
    error::Error,
    proving::Phase,
    services::{
        campaigns, forms,
        reports::{
            self, Ask, alerts,
            figures::{self, Figure},
            range::Wanted,
        },
    },
    ui::{
        chart::{self, Size},
        notice::shown,
    },
};

/// Campaigns that are looked through for one that stopped itself.
const CAMPAIGNS: u32 = 25;
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
    waiting: Vec<Waits>,
    ledger: Ledger,
    steps: Vec<Step>,
    figures: Vec<Shown>,
    charts: Vec<Small>,
    is_empty: bool,
}

/// Something that waits, with the page where it is dealt with.
struct Waits {
    href: String,
    text: String,
    tone: &'static str,
}

/// What the log says of itself.
struct Ledger {
    entries: String,
    proved: String,
    tone: &'static str,
}

/// One of the first steps, and whether it is done.
struct Step {
    text: String,
    /// Where it is done, for whoever may.
    href: Option<String>,
    is_done: bool,
}

impl Page {
    fn is_calm(&self) -> bool {
        self.alerts.is_empty() && self.waiting.is_empty()
    }
}

async fn show(State(app): State<App>, desk: Desk) -> Result<Response, Refusal> {
    let zone = desk.frame.voice.zone_name().to_owned();
    let made = figures::make(&app, &zone).await?;
    let alerts = alerts::list(&app, true, None, ALERTS_MAX).await?;
    let mut waits = waiting(&desk);
    waits.extend(stopped(&app, &desk).await?);
    let page = Page {
        alerts: alerts.into_iter().map(|alert| told(&desk, alert)).collect(),
        waiting: waits,
        ledger: ledger(&app, &desk).await?,
        steps: steps(&app, &desk, made.is_empty).await?,
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

/// What waits, as the menu counts it, where the member can open the page.
fn waiting(desk: &Desk) -> Vec<Waits> {
    let counted = [
        ("/inbox", "home-unread", desk.waiting.unread, "info"),
        ("/reviews", "home-reviews", desk.waiting.reviews, "warn"),
        (
            "/quarantine",
            "home-quarantine",
            desk.waiting.quarantine,
            "bad",
        ),
    ];
    let there = counted
        .into_iter()
        .filter(|(path, _, count, _)| *count > 0 && nav::opens(desk, path));
    there
        .map(|(path, text, count, tone)| Waits {
            href: desk.to(path),
            text: desk.count(text, usize::try_from(count).unwrap_or_default()),
            tone,
        })
        .collect()
}

/// Campaigns that stopped themselves and ask whether to go on.
async fn stopped(app: &App, desk: &Desk) -> Result<Vec<Waits>, Error> {
    let newest = campaigns::list(app, None, CAMPAIGNS).await?;
    let asks = newest
        .into_iter()
        .filter(|one| one.state == "paused" && one.why.is_some());
    let told = asks.map(|one| Waits {
        href: desk.to(&format!("/campaigns/{}", one.id)),
        text: desk.say_with("home-campaign", &[("name", &one.name)]),
        tone: "warn",
    });
    Ok(told.collect())
}

async fn ledger(app: &App, desk: &Desk) -> Result<Ledger, Error> {
    let size = app.store.head().await?.size;
    let (proved, tone) = match app.proving.phase() {
        Phase::Never => ("home-ledger-never", ""),
        Phase::Running { .. } => ("home-ledger-running", "info"),
        Phase::Done { report, .. } if report.holds => ("home-ledger-holds", "good"),
        Phase::Done { .. } => ("home-ledger-breaks", "bad"),
        Phase::Failed { .. } => ("home-ledger-failed", "warn"),
    };
    Ok(Ledger {
        entries: desk.count("home-ledger", usize::try_from(size).unwrap_or_default()),
        proved: desk.say(proved),
        tone,
    })
}

/// The first steps in a house where nothing has happened yet.
async fn steps(app: &App, desk: &Desk, is_empty: bool) -> Result<Vec<Step>, Error> {
    if !is_empty {
        return Ok(Vec::new());
    }
    let has_number = app.config.numbers().next().is_some();
    let has_key = app
        .store
        .keys()
        .await?
        .iter()
        .any(|key| key.revoked.is_none());
    let has_colleague = app.store.members().await?.len() > 1;
    let has_form = !forms::list(app).await?.is_empty();
    let steps = [
        ("home-step-number", "/reports/numbers", has_number),
        ("home-step-key", "/settings/keys", has_key),
        ("home-step-colleague", "/settings/users", has_colleague),
        ("home-step-form", "/forms", has_form),
    ];
    let step = |(text, path, is_done): (&str, &str, bool)| Step {
        text: desk.say(text),
        href: (path == "/reports/numbers" || nav::opens(desk, path)).then(|| desk.to(path)),
        is_done,
    };
    Ok(steps.map(step).into())
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

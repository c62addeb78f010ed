//! Reports: one on a page, with what it means, a chart, the same as a table, and files of it.

use askama::Template;
use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use consent::time::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{Desk, posted::Posted, refusal::Refusal};
use crate::{
    app::App,
    services::{
        reports::{
            self, Ask, Line, Report,
            alerts::{self, Alert},
            csv,
            numbers::{self, Numbers},
            plain_number,
            range::Wanted,
        },
        staff::Power,
    },
    ui::{
        chart::{self, Chart, Size, Words},
        download::{Format, file},
        language::Language,
        notice::shown,
    },
};

/// Where reports are.
const HERE: &str = "/reports";
/// The report that is shown first.
const FIRST: &str = "consent";
/// Alerts that are shown of each kind.
const ALERTS_MAX: u32 = 50;
/// Lines whose totals stand above a chart.
const TOTALS_MAX: usize = 6;
/// Stretches that one click chooses, in days.
const STRETCHES: [i32; 3] = [7, 30, 90];

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(HERE, get(first))
        .route("/reports/alerts", get(show_alerts))
        .route("/reports/alerts/{id}/settle", post(settle))
        .route("/reports/numbers", get(show_numbers))
        .route("/reports/{name}", get(show))
}

/// What of a report.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    from: Option<String>,
    to: Option<String>,
    by: Option<String>,
    step: Option<String>,
    /// What the shell reads of every address.
    #[allow(dead_code, reason = "the language is read from the address elsewhere")]
    lang: Option<String>,
}

impl Asked {
    fn ask<'a>(&'a self, zone: &'a str) -> Ask<'a> {
        Ask {
            by: self.by.as_deref(),
            wanted: Wanted {
                from: self.from.as_deref(),
                to: self.to.as_deref(),
                step: self.step.as_deref(),
                zone: Some(zone),
            },
        }
    }
}

/// A way to another report.
struct Tab {
    href: String,
    name: String,
    is_here: bool,
}

/// Something that can be chosen.
struct Choice {
    value: &'static str,
    name: String,
    is_chosen: bool,
}

/// A sum above a chart.
struct Total {
    name: String,
    value: String,
}

/// A report as its page shows it.
#[derive(Template)]
#[template(path = "desk/report.html")]
struct Page {
    desk: Desk,
    tabs: Vec<Tab>,
    name: String,
    heading: String,
    about: String,
    from: String,
    to: String,
    by: Vec<Choice>,
    step: Vec<Choice>,
    stretches: Vec<(String, String)>,
    fault: Option<String>,
    totals: Vec<Total>,
    wide: String,
    narrow: String,
    notes: Vec<(String, String)>,
    heads: Vec<String>,
    rows: Vec<(String, Vec<String>)>,
    query: String,
    is_empty: bool,
}

async fn first(_: Desk) -> Redirect {
    Redirect::to(&format!("{HERE}/{FIRST}"))
}

async fn show(
    State(app): State<App>,
    desk: Desk,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    let (name, ending) = name.split_once('.').unwrap_or((&name, ""));
    let format = Format::of(ending)?;
    let zone = desk.frame.voice.zone_name().to_owned();
    let made = reports::make(&app, name, &asked.ask(&zone)).await;
    let (report, fault) = match made {
        Ok(report) => (report, None),
        // A range that makes no sense is told beside its form, and what is usual is shown.
        Err(crate::error::Error::Invalid { message, .. }) if ending.is_empty() => {
            let usual = Asked::default();
            let report = reports::make(&app, name, &usual.ask(&zone)).await?;
            (report, Some(desk.objection(&message)))
        }
        Err(error) => return Err(error.into()),
    };
    let words = words(&desk, &report);
    let chart = chart::of_report(&report, &words);
    Ok(match format {
        Format::Csv => file(format, name, csv::of(&report).into_bytes()),
        Format::Svg => file(format, name, chart::svg::standalone(&chart).into_bytes()),
        Format::Png => file(format, name, chart::raster::png(&chart)?),
        Format::Json => {
            let page = page(desk, &report, (&words, &chart), fault, app.clock.now());
            shown(StatusCode::OK, &page)
        }
    })
}

fn page(
    desk: Desk,
    report: &Report,
    drawn: (&Words, &Chart),
    fault: Option<String>,
    now: Timestamp,
) -> Page {
    let (words, chart) = drawn;
    let (from, to) = ends(report);
    let kept: Vec<(&str, &str)> = [
        ("from", from.as_str()),
        ("to", to.as_str()),
        ("by", report.by.as_deref().unwrap_or_default()),
        ("step", report.step.as_str()),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .collect();
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&kept)
        .finish();
    let lines = report.lines.iter().zip(&words.names);
    let totals = lines.clone().take(TOTALS_MAX);
    let totals = totals.map(|(line, name)| Total {
        name: name.clone(),
        value: number(&desk, line.total),
    });
    let notes = lines.filter_map(|(line, name)| Some((name.clone(), note(&desk, line)?)));
    let rows = report.steps.iter().enumerate().map(|(at, step)| {
        let cells = report
            .lines
            .iter()
            .map(|line| number(&desk, line.points.get(at).copied().flatten()));
        (step.clone(), cells.collect())
    });
    Page {
        tabs: tabs(&desk, &report.name),
        name: report.name.clone(),
        heading: words.title.clone(),
        about: desk.say(&format!("reports-{}-note", report.name.replace('_', "-"))),
        by: parts(&desk, report),
        step: ["day", "hour"]
            .map(|word| {
                choice(
                    word,
                    desk.say(&format!("reports-step-{word}")),
                    &report.step,
                )
            })
            .into_iter()
            .collect(),
        stretches: stretches(&desk, &report.name, now),
        fault,
        totals: totals.collect(),
        wide: chart::svg::inline(chart, Size::Wide),
        narrow: chart::svg::inline(chart, Size::Narrow),
        notes: notes.collect(),
        heads: words.names.clone(),
        rows: rows.collect(),
        is_empty: chart.series.is_empty(),
        query,
        from,
        to,
        desk,
    }
}

fn choice(value: &'static str, name: String, chosen: &str) -> Choice {
    Choice {
        is_chosen: value == chosen,
        value,
        name,
    }
}

/// By what a report may be broken down.
fn parts(desk: &Desk, report: &Report) -> Vec<Choice> {
    let by = report.by.as_deref().unwrap_or_default();
    let none = choice("", desk.say("reports-by-none"), by);
    let is_always_parted = matches!(report.name.as_str(), "saved" | "failures");
    let parts = reports::dimensions(&report.name).iter();
    let parts = parts.map(|word| choice(word, desk.say(&format!("reports-by-{word}")), by));
    let none = (!is_always_parted).then_some(none);
    none.into_iter().chain(parts).collect()
}

/// The first and the last day, as a form shows them.
fn ends(report: &Report) -> (String, String) {
    let day = |step: Option<&String>| {
        let step = step.map(String::as_str).unwrap_or_default();
        step.get(..10).unwrap_or_default().to_owned()
    };
    (day(report.steps.first()), day(report.steps.last()))
}

/// Addresses of the same report over other stretches that end today.
fn stretches(desk: &Desk, name: &str, now: Timestamp) -> Vec<(String, String)> {
    let now = jiff::Timestamp::from_millisecond(now.millis()).unwrap_or_default();
    let last = now.to_zoned(desk.frame.voice.zone().clone()).date();
    let link = |days: i32| {
        let first = last.checked_sub(jiff::Span::new().days(days - 1)).ok()?;
        let href = desk.to(&format!("{HERE}/{name}?from={first}&to={last}"));
        let count = usize::try_from(days).unwrap_or(0);
        Some((href, desk.count("reports-days", count)))
    };
    STRETCHES.into_iter().filter_map(link).collect()
}

fn tabs(desk: &Desk, here: &str) -> Vec<Tab> {
    let others = ["numbers", "alerts"];
    let names = reports::names().into_iter().chain(others);
    let tab = |name: &str| Tab {
        href: desk.to(&format!("{HERE}/{name}")),
        name: desk.say(&format!("reports-{}", name.replace('_', "-"))),
        is_here: name == here,
    };
    names.map(tab).collect()
}

/// A number as people of the reader's language write it; a dash where there is none.
pub(super) fn number(desk: &Desk, value: Option<f64>) -> String {
    value.map_or_else(
        || "–".to_owned(),
        |value| grouped(desk, &plain_number(value)),
    )
}

/// Digits in threes, with the signs of the language.
pub(super) fn grouped(desk: &Desk, plain: &str) -> String {
    let (thousands, point) = match desk.frame.voice.language {
        Language::Spanish | Language::Portuguese => ('.', ','),
        Language::English | Language::Hindi | Language::Arabic => (',', '.'),
    };
    let (whole, rest) = plain.split_once('.').unwrap_or((plain, ""));
    let count = whole.chars().count();
    let mut text = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (count - at).is_multiple_of(3) && !text.ends_with('-') {
            text.push(thousands);
        }
        text.push(digit);
    }
    if !rest.is_empty() {
        text.push(point);
        text.push_str(rest);
    }
    text
}

/// The words of a report in the reader's language.
pub(super) fn words(desk: &Desk, report: &Report) -> Words {
    let key = report.name.replace('_', "-");
    let name = |line: &Line| {
        let what = desk.say(&format!("what-{}", line.what.replace('_', "-")));
        match value(desk, report.by.as_deref(), line) {
            Some(value) if is_alone(report, line) => value,
            Some(value) => format!("{what}: {value}"),
            None => what,
        }
    };
    Words {
        title: desk.say(&format!("reports-{key}")),
        unit: desk.say(&format!("unit-{}", report.unit.replace('_', "-"))),
        names: report.lines.iter().map(name).collect(),
    }
}

/// Whether a line's value says enough without what is counted.
fn is_alone(report: &Report, line: &Line) -> bool {
    report.lines.iter().all(|other| other.what == line.what)
}

fn value(desk: &Desk, by: Option<&str>, line: &Line) -> Option<String> {
    if line.value.is_empty() {
        return None;
    }
    let word = line.value.replace('_', "-");
    Some(match by {
        _ if line.value == "other" => desk.say("reports-other"),
        Some("source") => {
            let key = format!("source-{word}");
            let name = desk.say(&key);
            if name == key {
                line.label.clone()
            } else {
                name
            }
        }
        Some("category") => desk.say(&format!("category-{word}")),
        Some("topic") if line.value == line.label => desk.say(&format!("category-{word}")),
        _ => line.label.clone(),
    })
}

/// What a code means, in the reader's language.
fn note(desk: &Desk, line: &Line) -> Option<String> {
    line.note.as_ref()?;
    Some(match reports::failure_word(&line.value) {
        Some(word) => desk.say(&format!("failure-{word}")),
        None => desk.say(&format!("code-{}", line.value.replace('_', "-"))),
    })
}

/// The numbers as their page shows them.
#[derive(Template)]
#[template(path = "desk/numbers.html")]
struct NumbersPage {
    desk: Desk,
    tabs: Vec<Tab>,
    all: Numbers,
}

impl NumbersPage {
    fn quality(&self, word: Option<&str>) -> (&'static str, String) {
        let (class, key) = match word.unwrap_or_default() {
            "GREEN" => ("good", "quality-green"),
            "YELLOW" => ("warn", "quality-yellow"),
            "RED" => ("bad", "quality-red"),
            _ => ("", "quality-unknown"),
        };
        (class, self.desk.say(key))
    }

    fn time(&self, at: &str) -> String {
        self.desk.told(at)
    }
}

async fn show_numbers(State(app): State<App>, desk: Desk) -> Result<Response, Refusal> {
    let page = NumbersPage {
        tabs: tabs(&desk, "numbers"),
        all: numbers::all(&app).await?,
        desk,
    };
    Ok(shown(StatusCode::OK, &page))
}

/// An alert as people read it.
pub(super) struct Told {
    pub(super) id: String,
    pub(super) sentence: String,
    pub(super) confidence: String,
    pub(super) at: String,
    pub(super) machine: String,
    pub(super) settled: Option<String>,
}

/// An alert in the reader's language.
pub(super) fn told(desk: &Desk, alert: Alert) -> Told {
    let moment = |text: &str| desk.told(text);
    let whole = |count: u64| grouped(desk, &count.to_string());
    let (count, odds) = (whole(alert.count), whole(alert.once_in));
    let expected = number(desk, Some((alert.expected * 10.0).round() / 10.0));
    let until = moment(&alert.until);
    let (what, window) = (alert.what.replace('_', "-"), alert.window.as_str());
    let sentence = desk.say_with(
        &format!("alert-{what}-{window}"),
        &[
            ("count", &count),
            ("expected", &expected),
            ("until", &until),
        ],
    );
    let of = (!alert.dimension.is_empty()).then(|| {
        let key = format!("alert-of-{}", alert.dimension);
        desk.say_with(&key, &[("name", &alert.label)])
    });
    let settled = alert.settled_by.as_deref().map(|by| {
        let at = alert.settled_at.as_deref().map(moment).unwrap_or_default();
        desk.say_with("alert-settled", &[("name", by), ("when", &at)])
    });
    Told {
        id: alert.id,
        sentence: match of {
            Some(of) => format!("{sentence} {of}"),
            None => sentence,
        },
        confidence: desk.say_with(&format!("alert-odds-{window}"), &[("odds", &odds)]),
        at: moment(&alert.at),
        machine: alert.at,
        settled,
    }
}

#[derive(Template)]
#[template(path = "desk/alerts.html")]
struct AlertsPage {
    desk: Desk,
    tabs: Vec<Tab>,
    open: Vec<Told>,
    settled: Vec<Told>,
    may_settle: bool,
}

async fn show_alerts(State(app): State<App>, desk: Desk) -> Result<Response, Refusal> {
    let open = alerts::list(&app, true, None, ALERTS_MAX).await?;
    let settled = alerts::list(&app, false, None, ALERTS_MAX).await?;
    let all = |alerts: Vec<Alert>| alerts.into_iter().map(|alert| told(&desk, alert)).collect();
    let page = AlertsPage {
        tabs: tabs(&desk, "alerts"),
        open: all(open),
        settled: all(settled),
        may_settle: desk.may(Power::Market),
        desk,
    };
    Ok(shown(StatusCode::OK, &page))
}

async fn settle(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    posted: Posted,
) -> Result<Response, Refusal> {
    posted.desk.need(Power::Market)?;
    alerts::settle(&app, id, posted.desk.actor()).await?;
    Ok(Redirect::to("/reports/alerts").into_response())
}

//! Alerts: looked for once an hour, told once, and settled by somebody of the business.

use std::collections::{BTreeMap, BTreeSet};

use consent::{
    event::StaffAct,
    time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp},
};
use serde::{Deserialize, Serialize};
use store::report::{AlertLine, SLOT_MS, TallyAsk, TallyLine};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    numbers,
    rise::{self, HISTORY_HOURS, Rise, Series, Window},
    tally::{self, COUNTED_TO},
};
use crate::{app::App, clock::rfc3339, error::Error, services::keys};

/// How far the hours were looked at.
pub const ALERTS_TO: &str = "alerts_to";
/// So long after its end an hour is looked at: by then everything of it was counted.
const GRACE_MS: i64 = 5 * MINUTE_MS;
/// So long one alert speaks for all that would say the same.
const SPEAKS_MS: i64 = DAY_MS;

/// What may rise.
const RISING: [&str; 2] = ["own_opt_out", "platform_stop"];
/// The messages that it may answer.
const MESSAGES: &str = "marketing_sent";

/// What an alert says, as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Body {
    window: String,
    dimension: String,
    value: String,
    count: u64,
    expected: f64,
    chance: f64,
    tests: usize,
    until_ms: i64,
}

/// An alert.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Alert {
    /// Its id.
    pub id: String,
    /// What rose: `own_opt_out` or `platform_stop`.
    pub what: String,
    /// Of what: empty for the whole business, else `number` or `template`.
    pub dimension: String,
    /// Which of them.
    pub value: String,
    /// What people call that.
    pub label: String,
    /// `hour` or `day`.
    pub window: String,
    /// The end of that hour or day.
    pub until: String,
    /// How many there were.
    pub count: u64,
    /// About how many were to be expected.
    pub expected: f64,
    /// How likely chance alone makes as many: 0 to 1.
    pub chance: f64,
    /// In how many such hours (or days) chance alone makes as many once, rounded down to a plain number.
    pub once_in: u64,
    /// What happened, in a sentence.
    pub sentence: String,
    /// How sure that is, in a sentence.
    pub confidence: String,
    /// When it was raised.
    pub at: String,
    /// Who looked at it.
    pub settled_by: Option<String>,
    /// When.
    pub settled_at: Option<String>,
}

/// Looks at the hour that ended, once. Says nothing before all of it was counted.
///
/// # Errors
/// When the database does not answer.
pub async fn step(app: &App) -> Result<(), Error> {
    let now = app.clock.now();
    let until = (now.millis() - GRACE_MS).div_euclid(HOUR_MS) * HOUR_MS;
    let seen = app.store.tally_state(ALERTS_TO).await?;
    if seen.is_some_and(|seen| seen >= until) || !is_counted(app, until).await? {
        return Ok(());
    }
    let found = look(app, until).await?;
    let Some(mut tx) = tally::begin(app).await? else {
        return Ok(());
    };
    if !tx.move_tally(ALERTS_TO, seen, until).await? {
        return Ok(());
    }
    for (what, body) in found {
        let line = AlertLine {
            id: app.clock.id(),
            subject: format!("{}:{}", body.dimension, body.value),
            body: serde_json::to_string(&body).map_err(Error::internal)?,
            kind: what,
            at: now,
            settled_by: None,
            settled: None,
        };
        if tx.raise_alert(&line, now.plus_millis(-SPEAKS_MS)).await? {
            tracing::warn!(
                what = line.kind,
                of = line.subject,
                "more than chance explains"
            );
            metrics::counter!("consentry_alerts_total").increment(1);
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Whether all that came in before a moment was counted.
async fn is_counted(app: &App, until: i64) -> Result<bool, Error> {
    let events = app.store.tally_state(COUNTED_TO).await?.unwrap_or(0);
    if events < app.store.head().await?.size || app.store.has_pending().await? {
        return Ok(false);
    }
    let slots = app.store.counted_slots().await?;
    let last = slots.iter().find(|(slot, _)| *slot == until - SLOT_MS);
    Ok(last.is_none_or(|(_, at)| at.millis() >= until))
}

/// Takes every test, all of them at one threshold.
async fn look(app: &App, until: i64) -> Result<Vec<(String, Body)>, Error> {
    let hours = i64::try_from(HISTORY_HOURS).unwrap_or(0) + 1;
    let steps: Vec<(i64, i64)> = (0..hours)
        .rev()
        .map(|hour| (until - (hour + 1) * HOUR_MS, until - hour * HOUR_MS))
        .collect();
    let whats = [RISING[0], RISING[1], MESSAGES];
    let ask = |dimension, steps| TallyAsk {
        whats: &whats,
        dimension,
        steps,
    };
    let all = Table::of(&app.store.tallies(ask("", &steps)).await?, steps.len());
    let by_number = Table::of(
        &app.store.tallies(ask("number", &steps)).await?,
        steps.len(),
    );
    let day = [(until - DAY_MS, until)];
    let by_template = Table::of(&app.store.tallies(ask("template", &day)).await?, 1);
    let began = all.began();
    let mut tests: Vec<Test> = Vec::new();
    for (dimension, table) in [("", &all), ("number", &by_number)] {
        for value in table.values() {
            tests.extend(RISING.into_iter().flat_map(|what| {
                [Window::Hour, Window::Day].map(|window| Test {
                    what,
                    dimension,
                    value: value.clone(),
                    window,
                })
            }));
        }
    }
    let templates = by_template.values();
    let threshold = rise::threshold(tests.len() + templates.len());
    let count = tests.len() + templates.len();
    let mut found = Vec::new();
    for test in tests {
        let table = if test.dimension.is_empty() {
            &all
        } else {
            &by_number
        };
        let series = Series {
            counts: table.line(test.what, &test.value, began),
            messages: table.line(MESSAGES, &test.value, began),
        };
        if let Some(rise) = rise::look(&series, test.window, threshold) {
            found.push(test.found(rise, count, until));
        }
    }
    let history = all.line(RISING[0], "", began);
    let enough = history.len() > rise::HISTORY_HOURS_MIN;
    for value in templates.into_iter().filter(|_| enough) {
        let (what, dimension, window) = (RISING[0], "template", Window::Day);
        let sum = |what| by_template.line(what, &value, 0).iter().sum();
        let before = |what| all.before_the_day(what, began);
        let rise = rise::compare(
            (sum(what), sum(MESSAGES)),
            (before(what), before(MESSAGES)),
            rise::spread(&history),
            threshold,
        );
        let test = Test {
            what,
            dimension,
            value,
            window,
        };
        found.extend(rise.map(|rise| test.found(rise, count, until)));
    }
    Ok(found)
}

/// One test.
struct Test {
    what: &'static str,
    dimension: &'static str,
    value: String,
    window: Window,
}

impl Test {
    fn found(self, rise: Rise, tests: usize, until: i64) -> (String, Body) {
        let window = match self.window {
            Window::Hour => "hour",
            Window::Day => "day",
        };
        let body = Body {
            window: window.to_owned(),
            dimension: self.dimension.to_owned(),
            value: self.value,
            count: rise.count,
            expected: rise.expected,
            chance: rise.chance,
            tests,
            until_ms: until,
        };
        (self.what.to_owned(), body)
    }
}

/// Counts by what and value, step by step.
struct Table {
    lines: BTreeMap<(String, String), Vec<u64>>,
    steps: usize,
}

impl Table {
    fn of(sums: &[TallyLine], steps: usize) -> Self {
        let mut lines: BTreeMap<(String, String), Vec<u64>> = BTreeMap::new();
        for sum in sums {
            let key = (sum.what.clone(), sum.value.clone());
            let line = lines.entry(key).or_insert_with(|| vec![0; steps]);
            if let Some(count) = line.get_mut(sum.step) {
                *count += u64::try_from(sum.count).unwrap_or(0);
            }
        }
        Self { lines, steps }
    }

    fn values(&self) -> BTreeSet<String> {
        self.lines.keys().map(|(_, value)| value.clone()).collect()
    }

    fn line(&self, what: &str, value: &str, from: usize) -> Vec<u64> {
        let key = (what.to_owned(), value.to_owned());
        match self.lines.get(&key) {
            Some(line) => line.get(from..).unwrap_or_default().to_vec(),
            None => vec![0; self.steps.saturating_sub(from)],
        }
    }

    /// The first step in which anything was counted: what lies before is no history.
    fn began(&self) -> usize {
        let first = |line: &Vec<u64>| line.iter().position(|count| *count > 0);
        let firsts = self.lines.values().filter_map(first);
        firsts.min().unwrap_or(self.steps)
    }

    fn before_the_day(&self, what: &str, from: usize) -> u64 {
        let line = self.line(what, "", from);
        let before = line.len().saturating_sub(Window::Day.hours());
        line.iter().take(before).sum()
    }
}

/// Alerts that nobody settled, or those that somebody did, the newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(
    app: &App,
    open: bool,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Alert>, Error> {
    let lines = app.store.alerts(open, after, limit).await?;
    let names = numbers::names(app).await?;
    lines.into_iter().map(|line| show(line, &names)).collect()
}

/// Sets one aside. Who did it is kept in the log.
///
/// # Errors
/// [`Error::NotFound`]; when the database does not answer.
pub async fn settle(app: &App, id: Uuid, actor: &str) -> Result<Alert, Error> {
    let mut tx = app.store.begin().await?;
    if tx.settle_alert(id, actor, app.clock.now()).await? {
        keys::staff_event(app, &mut tx, StaffAct::AlertSettled, actor, &id.to_string()).await?;
        tx.commit().await?;
        app.bell.log.notify_one();
    }
    let line = app.store.alert(id).await?;
    let names = numbers::names(app).await?;
    show(line.ok_or(Error::NotFound("alert"))?, &names)
}

fn show(
    line: AlertLine,
    names: &std::collections::HashMap<String, String>,
) -> Result<Alert, Error> {
    let body: Body = serde_json::from_str(&line.body).map_err(Error::internal)?;
    let label = names.get(&body.value).unwrap_or(&body.value).clone();
    let once_in = once_in(body.chance);
    let until = Timestamp::from_millis(body.until_ms);
    Ok(Alert {
        id: line.id.to_string(),
        sentence: sentence(&line.kind, &body, &label),
        confidence: confidence(&body, once_in),
        what: line.kind,
        dimension: body.dimension,
        value: body.value,
        label,
        window: body.window,
        until: rfc3339(until),
        count: body.count,
        expected: body.expected,
        chance: body.chance,
        once_in,
        at: rfc3339(line.at),
        settled_by: line.settled_by,
        settled_at: line.settled.map(rfc3339),
    })
}

fn sentence(what: &str, body: &Body, label: &str) -> String {
    let did = if what == "platform_stop" {
        "switched marketing off in WhatsApp"
    } else {
        "opted out"
    };
    let of = match body.dimension.as_str() {
        "number" => format!(" on the number {label}"),
        "template" => format!(" after the template {label}"),
        _ => String::new(),
    };
    let span = if body.window == "hour" {
        "in the hour"
    } else {
        "in the 24 hours"
    };
    let until = rfc3339(Timestamp::from_millis(body.until_ms));
    let expected = super::plain_number((body.expected * 10.0).round() / 10.0);
    format!(
        "{} people {did}{of} {span} before {until}, where about {expected} were to be expected.",
        body.count
    )
}

fn confidence(body: &Body, once_in: u64) -> String {
    format!(
        "Chance alone makes as many in fewer than one of {once_in} such {}s. With all {} tests that are taken every hour, a false \
         alarm comes about once a year at the most.",
        body.window, body.tests
    )
}

/// One in so many, rounded down to 1, 2 or 5 and noughts. Beyond a million the model says no more than its assumptions do.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bounded from both sides just before"
)]
fn once_in(chance: f64) -> u64 {
    let odds = (1.0 / chance.max(1e-6)).clamp(1.0, 1e6).round() as u64;
    let steps = (0..=6_u32).flat_map(|place| [1, 2, 5].map(|digit| digit * 10_u64.pow(place)));
    steps.take_while(|step| *step <= odds).last().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odds_are_told_in_plain_numbers_and_never_too_large() {
        for (chance, want) in [
            (1.0, 1),
            (0.3, 2),
            (1.0 / 999.0, 500),
            (1e-5, 100_000),
            (0.0, 1_000_000),
        ] {
            assert_eq!(once_in(chance), want, "{chance}");
        }
    }

    #[test]
    fn an_alert_says_what_how_much_and_how_sure() {
        let body = Body {
            window: "hour".to_owned(),
            dimension: "template".to_owned(),
            value: "spring".to_owned(),
            count: 60,
            expected: 8.23,
            chance: 1e-9,
            tests: 24,
            until_ms: 1_795_341_600_000,
        };
        assert_eq!(
            sentence("own_opt_out", &body, "spring"),
            "60 people opted out after the template spring in the hour before 2026-11-22T10:00:00Z, where about 8.2 were to be expected."
        );
        assert!(confidence(&body, 500).contains("one of 500 such hours"));
    }
}

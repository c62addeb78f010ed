//! The figures that stand first: a week beside the week before.

use consent::time::DAY_MS;
use store::report::{TallyAsk, TallyLine};

use super::{
    Line, lines,
    range::{Range, Step, Wanted},
};
use crate::{app::App, error::Error};

/// Days of each of both stretches.
pub const DAYS: i64 = 7;

/// One figure, now and before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// What it says.
    pub what: &'static str,
    /// In the last days.
    pub now: Option<f64>,
    /// In as many days before.
    pub before: Option<f64>,
}

/// What the first page shows.
#[derive(Debug, Clone)]
pub struct Figures {
    /// The figures.
    pub figures: Vec<Figure>,
    /// Messages that wait for somebody to read them.
    pub reviews: i64,
    /// Parts of webhooks that could not be understood.
    pub quarantine: i64,
    /// Whether anything was ever counted.
    pub is_empty: bool,
}

const WHATS: [&str; 6] = [
    "opt_in",
    "own_opt_out",
    "platform_stop",
    "marketing_sent",
    "denied",
    "received",
];

/// Makes them, for the days of a zone.
///
/// # Errors
/// When the database does not answer.
pub async fn make(app: &App, zone: &str) -> Result<Figures, Error> {
    let wanted = Wanted {
        step: Some(Step::Day.word()),
        zone: Some(zone),
        ..Wanted::default()
    };
    let range = Range::read(&wanted, app.clock.now())?;
    let end = range.to().millis();
    let middle = day_before(&range, DAYS).unwrap_or(end - DAYS * DAY_MS);
    let start = day_before(&range, 2 * DAYS).unwrap_or(end - 2 * DAYS * DAY_MS);
    let steps = [(start, middle), (middle, end)];
    let ask = TallyAsk {
        whats: &WHATS,
        dimension: "",
        steps: &steps,
    };
    let sums = app.store.tallies(ask).await?;
    let times = lines::times(&app.store.in_force_times(&steps).await?, steps.len());
    let counted = |what: &'static str| Figure {
        what,
        now: Some(count(&sums, what, 1)),
        before: Some(count(&sums, what, 0)),
    };
    let rate = |step| {
        let sent = count(&sums, "marketing_sent", step);
        (sent > 0.0).then(|| count(&sums, "own_opt_out", step) * 1_000.0 / sent)
    };
    let time = |name: &str, step: usize| {
        let line: Option<&Line> = times.iter().find(|line| line.what == name);
        line.and_then(|line| line.points.get(step).copied().flatten())
    };
    let figures = vec![
        counted("opt_in"),
        counted("own_opt_out"),
        counted("platform_stop"),
        Figure {
            what: "rate",
            now: rate(1),
            before: rate(0),
        },
        counted("denied"),
        Figure {
            what: "median",
            now: time("median", 1),
            before: time("median", 0),
        },
    ];
    Ok(Figures {
        figures,
        reviews: app.store.count_reviews().await?,
        quarantine: app.store.count_quarantine().await?,
        is_empty: sums.is_empty() && app.store.head().await?.size < FIRST_EVENTS,
    })
}

/// A log of no more than this has only what setting up wrote.
const FIRST_EVENTS: i64 = 50;

fn count(sums: &[TallyLine], what: &str, step: usize) -> f64 {
    let own = sums
        .iter()
        .filter(|line| line.what == what && line.step == step);
    own.map(|line| lines::to_f64(line.count)).sum()
}

/// Where the last so many days of a range begin.
fn day_before(range: &Range, days: i64) -> Option<i64> {
    let days = usize::try_from(days).ok()?;
    let at = range.steps.len().checked_sub(days)?;
    range.steps.get(at).map(|step| step.0)
}

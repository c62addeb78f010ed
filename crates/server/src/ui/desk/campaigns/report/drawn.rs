//! A campaign over time, drawn: what became of its messages, and its opt-outs beside those that are allowed.

use consent::time::Timestamp;

use crate::{
    clock,
    services::campaigns::{
        body::CampaignAnswer,
        series::{Course, PointAnswer, SeriesAnswer},
    },
    ui::{
        chart::{self, Chart, Form, Series, Size},
        desk::{Desk, reports::number},
    },
};

/// Steps of a drawing at the most: each tells its numbers, and a page has to stay light.
const STEPS_MAX: i64 = 48;

/// These two are always drawn, and first: so opt-outs have one colour in every picture.
const SENT: &str = "what-sent";
const OUT: &str = "campaigns-opted-out";

/// One picture, for a desk and for a telephone.
pub(super) struct Picture {
    pub(super) wide: String,
    pub(super) narrow: String,
}

/// The pictures, and the same as a table.
pub(super) struct Drawn {
    pub(super) course: Picture,
    pub(super) recorder: Picture,
    pub(super) rows: Vec<(String, [String; 5])>,
}

impl Drawn {
    /// None where nothing happened yet.
    pub(super) fn of(
        desk: &Desk,
        campaign: &CampaignAnswer,
        series: &SeriesAnswer,
    ) -> Option<Self> {
        let steps = steps(desk, series)?;
        let names: Vec<String> = steps.iter().map(|(name, _)| name.clone()).collect();
        let of = |read: fn(&Course) -> u64| -> Vec<u64> {
            steps.iter().map(|(_, point)| read(point)).collect()
        };
        let whats = [
            (SENT, of(|point| point.sent)),
            (OUT, of(|point| point.opted_out)),
            ("what-delivered", of(|point| point.delivered)),
            ("what-read", of(|point| point.read)),
            ("what-failed", of(|point| point.failed)),
        ];
        let course = chart(desk, ("course", "campaigns-over-time"), &names, &whats);
        let (sent, out) = (
            sums(&of(|point| point.sent)),
            sums(&of(|point| point.opted_out)),
        );
        let share = campaign.opt_out_limit / 100.0;
        let allowed = sent
            .iter()
            .map(|count| Some((count * share * 10.0).round() / 10.0));
        let limit = number(desk, Some(campaign.opt_out_limit));
        let recorder = Chart {
            id: "chart-recorder".to_owned(),
            title: desk.say("campaigns-recorder-chart"),
            unit: desk.say("campaigns-persons"),
            form: Form::Lines,
            steps: names.clone(),
            series: vec![
                Series {
                    name: desk.say_with("campaigns-allowed", &[("limit", &limit)]),
                    points: allowed.collect(),
                },
                Series {
                    name: desk.say("campaigns-opted-out"),
                    points: out.into_iter().map(Some).collect(),
                },
            ],
        };
        let rows = steps.into_iter().skip(1).map(|(name, point)| {
            let cells = [
                point.sent,
                point.delivered,
                point.read,
                point.failed,
                point.opted_out,
            ];
            (name, cells.map(|count| super::words::whole(desk, count)))
        });
        Some(Self {
            rows: rows.collect(),
            course: picture(&course),
            recorder: picture(&recorder),
        })
    }
}

fn picture(chart: &Chart) -> Picture {
    Picture {
        wide: chart::svg::inline(chart, Size::Wide),
        narrow: chart::svg::inline(chart, Size::Narrow),
    }
}

fn chart(
    desk: &Desk,
    (id, title): (&str, &str),
    steps: &[String],
    whats: &[(&str, Vec<u64>)],
) -> Chart {
    let shown = whats.iter().filter(|(name, points)| {
        matches!(*name, SENT | OUT) || points.iter().any(|count| *count > 0)
    });
    let series = shown.map(|(name, points)| Series {
        name: desk.say(name),
        points: sums(points).into_iter().map(Some).collect(),
    });
    Chart {
        id: format!("chart-{id}"),
        title: desk.say(title),
        unit: desk.say("campaigns-persons"),
        form: Form::Lines,
        steps: steps.to_vec(),
        series: series.collect(),
    }
}

/// Each number with all before it.
fn sums(points: &[u64]) -> Vec<f64> {
    let mut sum = 0;
    let sums = points.iter().map(|count| {
        sum += count;
        to_f64(sum)
    });
    sums.collect()
}

/// The whole time from the first thing that happened to the last, in steps of one length, each with all of it.
fn steps(desk: &Desk, series: &SeriesAnswer) -> Option<Vec<(String, Course)>> {
    let at = |point: &PointAnswer| clock::read_rfc3339(&point.at).map(Timestamp::millis);
    let first = at(series.points.first()?)?;
    let last = at(series.points.last()?)?;
    let bucket = i64::try_from(series.seconds).unwrap_or(60).max(1) * 1_000;
    let spans = (last - first) / bucket + 1;
    // Messages go out in minutes and are read for days: the first hours say most.
    let step = bucket * ((spans - 1) / STEPS_MAX + 1);
    let count = (last - first) / step + 1;
    let name = |step_at: i64| {
        let at = jiff::Timestamp::from_millisecond(step_at).unwrap_or_default();
        let there = at.to_zoned(desk.frame.voice.zone().clone());
        there.strftime("%Y-%m-%d %H:%M").to_string()
    };
    // What is added up begins at nothing.
    let mut all: Vec<(String, Course)> = (-1..count)
        .map(|place| (name(first + place * step), Course::default()))
        .collect();
    for point in &series.points {
        let place = usize::try_from((at(point)? - first) / step + 1).ok()?;
        let Some((_, sum)) = all.get_mut(place) else {
            continue;
        };
        sum.add(point.course);
    }
    Some(all)
}

#[allow(
    clippy::cast_precision_loss,
    reason = "no campaign has so many people that a picture could show the difference"
)]
const fn to_f64(count: u64) -> f64 {
    count as f64
}

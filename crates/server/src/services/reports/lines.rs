//! From sums to lines: filled with noughts, divided, cut to what can be read.

use std::collections::{BTreeMap, BTreeSet};

use store::report::{InForceLine, TallyLine};

use super::{Line, mark::OTHER};

/// Lines of one thing that are shown at the most; what is left is one line more.
pub const LINES_MAX: usize = 11;

/// A line for each thing counted, and for each value that was seen of it. Nothing counted is nought. Things that were never counted
/// have a line where `all` are wanted.
pub(super) fn of(sums: &[TallyLine], whats: &[&str], steps: usize, all: bool) -> Vec<Line> {
    let mut found: BTreeMap<(usize, &str), Vec<f64>> = BTreeMap::new();
    for sum in sums {
        let Some(place) = whats.iter().position(|what| *what == sum.what) else {
            continue;
        };
        let points = found
            .entry((place, &sum.value))
            .or_insert_with(|| vec![0.0; steps]);
        if let Some(point) = points.get_mut(sum.step) {
            *point += to_f64(sum.count);
        }
    }
    if all {
        for place in 0..whats.len() {
            found.entry((place, "")).or_insert_with(|| vec![0.0; steps]);
        }
    }
    let line = |((place, value), points): ((usize, &str), Vec<f64>)| Line {
        what: whats.get(place).copied().unwrap_or_default().to_owned(),
        value: value.to_owned(),
        label: String::new(),
        note: None,
        total: Some(points.iter().sum()),
        points: points.into_iter().map(Some).collect(),
    };
    found.into_iter().map(line).collect()
}

/// Opt-outs, and WhatsApp's own beside them, for each thousand marketing messages that went out. Where none did there is no rate.
pub(super) fn rates(lines: &[Line]) -> Vec<Line> {
    let find = |what: &str, value: &str| {
        lines
            .iter()
            .find(|line| line.what == what && line.value == value)
    };
    let values: BTreeSet<&str> = lines.iter().map(|line| line.value.as_str()).collect();
    let mut made = Vec::new();
    for (what, name) in [
        ("own_opt_out", "opt_outs_per_1000"),
        ("platform_stop", "platform_stops_per_1000"),
    ] {
        for value in &values {
            let Some(sent) = find("marketing_sent", value) else {
                continue;
            };
            let out = find(what, value);
            let at = |step: usize| out.and_then(|line| line.points.get(step).copied().flatten());
            let points = sent.points.iter().enumerate();
            made.push(Line {
                what: name.to_owned(),
                value: (*value).to_owned(),
                label: String::new(),
                note: None,
                points: points.map(|(step, sent)| rate(at(step), *sent)).collect(),
                total: rate(out.and_then(|line| line.total), sent.total),
            });
        }
    }
    made
}

fn rate(out: Option<f64>, sent: Option<f64>) -> Option<f64> {
    let sent = sent.filter(|sent| *sent > 0.0)?;
    Some(out.unwrap_or(0.0) * 1_000.0 / sent)
}

/// The largest lines of each thing; the others together as one, unless they cannot be added.
pub(super) fn cut(lines: Vec<Line>, are_rates: bool) -> Vec<Line> {
    let mut kept: Vec<Line> = Vec::new();
    let whats = lines.iter().map(|line| line.what.clone());
    let mut seen = BTreeSet::new();
    let whats: Vec<String> = whats.filter(|what| seen.insert(what.clone())).collect();
    for what in whats {
        let mut own: Vec<Line> = lines
            .iter()
            .filter(|line| line.what == what)
            .cloned()
            .collect();
        own.sort_by(|a, b| b.total.unwrap_or(0.0).total_cmp(&a.total.unwrap_or(0.0)));
        let rest = own.split_off(own.len().min(LINES_MAX));
        kept.extend(own);
        if !rest.is_empty() && !are_rates {
            kept.push(together(what, &rest));
        }
    }
    kept
}

fn together(what: String, rest: &[Line]) -> Line {
    let steps = rest.first().map_or(0, |line| line.points.len());
    let sum = |step: usize| {
        let points = rest
            .iter()
            .filter_map(|line| line.points.get(step).copied().flatten());
        Some(points.sum())
    };
    Line {
        what,
        value: OTHER.to_owned(),
        label: String::new(),
        note: None,
        points: (0..steps).map(sum).collect(),
        total: Some(rest.iter().filter_map(|line| line.total).sum()),
    }
}

/// The median and the worst time until a no was in force, and how many there were.
pub(super) fn times(times: &[InForceLine], steps: usize) -> Vec<Line> {
    let each: Vec<Vec<&InForceLine>> = (0..steps)
        .map(|step| times.iter().filter(|time| time.step == step).collect())
        .collect();
    let all: Vec<&InForceLine> = times.iter().collect();
    let figures: [(&str, fn(&[&InForceLine]) -> Option<f64>); 3] =
        [("median", median), ("worst", worst), ("count", count)];
    let line = |(what, figure): (&str, fn(&[&InForceLine]) -> Option<f64>)| Line {
        what: what.to_owned(),
        value: String::new(),
        label: String::new(),
        note: None,
        points: each.iter().map(|times| figure(times)).collect(),
        total: figure(&all),
    };
    figures.map(line).into_iter().collect()
}

fn count(times: &[&InForceLine]) -> Option<f64> {
    Some(times.iter().map(|time| to_f64(time.count)).sum())
}

fn worst(times: &[&InForceLine]) -> Option<f64> {
    let worst = times.iter().map(|time| time.worst_us).max()?;
    Some(to_f64(worst) / 1_000.0)
}

/// The bound below which half of them lie.
fn median(times: &[&InForceLine]) -> Option<f64> {
    let mut bounds: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    for time in times {
        let (count, worst) = bounds.entry(time.upto_us).or_default();
        *count += time.count;
        *worst = (*worst).max(time.worst_us);
    }
    let all: i64 = bounds.values().map(|(count, _)| count).sum();
    let mut below = 0;
    let half = bounds.iter().find(|(_, (count, _))| {
        below += count;
        below * 2 >= all
    });
    half.map(|(upto, (_, worst))| to_f64((*upto).min(*worst)) / 1_000.0)
}

#[allow(clippy::cast_precision_loss, reason = "nobody counts to 2^52")]
pub(super) const fn to_f64(count: i64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(step: usize, what: &str, value: &str, count: i64) -> TallyLine {
        TallyLine {
            step,
            what: what.to_owned(),
            value: value.to_owned(),
            count,
        }
    }

    #[test]
    fn a_rate_is_opt_outs_for_each_thousand_sent_and_none_where_nothing_was() {
        let sums = [
            sum(0, "own_opt_out", "", 3),
            sum(0, "marketing_sent", "", 600),
            sum(1, "own_opt_out", "", 1),
        ];
        let whats = ["own_opt_out", "platform_stop", "marketing_sent"];
        let lines = rates(&of(&sums, &whats, 2, true));
        assert_eq!(lines[0].what, "opt_outs_per_1000");
        assert_eq!(lines[0].points, [Some(5.0), None]);
        assert_eq!(lines[1].points, [Some(0.0), None]);
        let total = lines[0].total.unwrap();
        assert!((total - 4_000.0 / 600.0).abs() < 1e-9, "{total}");
    }

    #[test]
    fn what_does_not_fit_is_added_up() {
        let sums: Vec<TallyLine> = (0..30)
            .map(|at| sum(0, "sent", &format!("t{at:02}"), 100 - at))
            .collect();
        let all: f64 = sums.iter().map(|sum| to_f64(sum.count)).sum();
        let lines = cut(of(&sums, &["sent"], 1, false), false);
        assert_eq!(lines.len(), LINES_MAX + 1);
        assert_eq!(
            (lines[0].value.as_str(), lines[11].value.as_str()),
            ("t00", OTHER)
        );
        let shown: f64 = lines.iter().filter_map(|line| line.total).sum();
        assert!((shown - all).abs() < 1e-9);
    }

    #[test]
    fn half_of_the_times_lie_below_the_median() {
        let time = |step, upto_us, count, worst_us| InForceLine {
            step,
            upto_us,
            count,
            worst_us,
        };
        let all = [
            time(0, 10_000, 5, 9_000),
            time(0, 20_000, 4, 19_000),
            time(1, 50_000, 1, 41_000),
        ];
        let lines = times(&all, 3);
        assert_eq!(lines[0].points, [Some(9.0), Some(41.0), None]);
        assert_eq!(lines[0].total, Some(9.0));
        assert_eq!(lines[1].total, Some(41.0));
        assert_eq!(lines[2].points, [Some(9.0), Some(1.0), Some(0.0)]);
    }
}

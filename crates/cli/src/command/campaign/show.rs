//! Campaigns for people: fields and tables.

use std::collections::BTreeMap;

use server::services::campaigns::{
    PreviewAnswer,
    body::{AudienceAnswer, CampaignAnswer, CostAnswer, Counts, PreflightAnswer, VariantAnswer},
    report::{ReportAnswer, VariantReport, WinnerAnswer},
};

use crate::output;

/// One campaign, and where everybody stands.
pub fn campaign(answer: &CampaignAnswer) {
    output::fields(&fields(answer));
    if let Some(counts) = answer.counts.filter(|counts| counts.total > 0) {
        section("Where everybody stands:");
        output::table(&STANDS, &shares(&stands(&counts, None), counts.total));
    }
}

/// Campaigns, a line each.
pub fn list(all: &[CampaignAnswer]) {
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|one| {
            vec![
                one.id.clone(),
                one.state.clone(),
                one.created_at.clone(),
                or_dash(one.started_at.as_deref()),
                or_dash(one.ended_at.as_deref()),
                plain(&one.name),
            ]
        })
        .collect();
    output::table(&["id", "state", "made", "started", "ended", "name"], &rows);
}

/// How the message reads, person by person.
pub fn previews(all: &[PreviewAnswer]) {
    if all.is_empty() {
        output::line("Nobody is in the audience.");
    }
    for (place, one) in all.iter().enumerate() {
        if place > 0 {
            output::line("");
        }
        output::line(format_args!(
            "{} (variant {})",
            plain(&one.who),
            one.variant
        ));
        for line in preview(one) {
            output::line(format_args!("  {line}"));
        }
    }
}

/// What a campaign would do if it began now. What keeps it from starting is not told here.
pub fn preflight(answer: &PreflightAnswer) {
    output::fields(&look(answer));
    if !answer.reasons.is_empty() {
        section("Why some are out:");
        output::table(
            &["code", "people", "of all"],
            &by_code(&answer.reasons, answer.total),
        );
    }
    if !answer.cost.lines.is_empty() {
        section("What it costs, as an estimate and before taxes:");
        output::table(
            &["country", "category", "people", "each", "together"],
            &costs(&answer.cost),
        );
    }
    if !answer.templates.is_empty() {
        section("The templates, as Meta last told us:");
        let rows: Vec<Vec<String>> = answer
            .templates
            .iter()
            .map(|one| {
                vec![
                    one.name.clone(),
                    one.language.clone(),
                    one.category.clone(),
                    one.status.clone(),
                    or_dash(one.quality.as_deref()),
                ]
            })
            .collect();
        output::table(
            &["template", "language", "category", "status", "quality"],
            &rows,
        );
    }
    if !answer.warnings.is_empty() {
        section("Worth a second look:");
        for warning in &answer.warnings {
            output::line(format_args!("  {warning}"));
        }
    }
}

/// What became of a campaign.
pub fn report(answer: &ReportAnswer) {
    let mut rows = vec![
        ("id", answer.id.clone()),
        ("name", plain(&answer.name)),
        ("state", answer.state.clone()),
    ];
    rows.extend(answer.why.as_deref().map(|why| ("why", plain(why))));
    output::fields(&rows);
    section("Where everybody stands:");
    let total = answer.counts.total;
    let after = (answer.replied, answer.opted_out);
    output::table(
        &STANDS,
        &shares(&stands(&answer.counts, Some(after)), total),
    );
    for (title, codes) in [
        ("Failed, by code:", &answer.failed),
        ("Denied, by code:", &answer.denied),
        ("Left out, by code:", &answer.skipped),
    ] {
        if !codes.is_empty() {
            section(title);
            output::table(&["code", "people", "of all"], &by_code(codes, total));
        }
    }
    section("By variant:");
    let header = [
        "variant",
        "template",
        "accepted",
        "delivered",
        "read",
        "replied",
        "opted out",
        "score",
    ];
    output::table(&header, &variants(&answer.variants));
    if answer.variants.len() > 1 {
        output::line(format_args!("\n{}", winner(&answer.winner)));
    }
}

/// The columns of where everybody stands.
const STANDS: [&str; 3] = ["stand", "people", "of all"];

fn section(title: &str) {
    output::line(format_args!("\n{title}"));
}

fn fields(answer: &CampaignAnswer) -> Vec<(&'static str, String)> {
    let mut rows = vec![
        ("id", answer.id.clone()),
        ("name", plain(&answer.name)),
        ("state", answer.state.clone()),
    ];
    let mut add = |name: &'static str, value: Option<String>| {
        rows.extend(value.map(|value| (name, value)));
    };
    add("why", answer.why.as_deref().map(plain));
    add("from", Some(answer.numbers.join(", ")));
    for variant in &answer.variants {
        let is_only = answer.variants.len() == 1;
        add("sends", Some(sends(variant, is_only)));
        let text = variant.text.as_deref();
        add("text", text.map(|text| plain(&text.replace('\n', " / "))));
    }
    add("to", Some(audience(&answer.audience)));
    let basis = answer.basis.as_deref().map(plain);
    add(
        "basis",
        Some(basis.unwrap_or_else(|| "none is named".to_owned())),
    );
    add("flight recorder", Some(recorder(answer)));
    let quiet = answer.quiet_hours.as_ref();
    add(
        "quiet hours",
        quiet.map(|hours| format!("{} to {}, where each person lives", hours.from, hours.to)),
    );
    add(
        "pace",
        answer
            .pace
            .map(|pace| format!("{pace} a second and number at the most")),
    );
    add(
        "made",
        Some(format!(
            "{} by {}",
            answer.created_at,
            plain(&answer.created_by)
        )),
    );
    add("approved by", answer.approved_by.as_deref().map(plain));
    let begins = match answer.state.as_str() {
        "draft" => "begins, once started",
        _ => "begins",
    };
    add(begins, answer.start_at.clone());
    add("started", answer.started_at.clone());
    add("drawn", answer.drawn_at.clone());
    add("ended", answer.ended_at.clone());
    rows
}

fn sends(variant: &VariantAnswer, is_only: bool) -> String {
    let template = format!("{} ({})", variant.template, variant.language);
    if is_only {
        return template;
    }
    let later = match variant.delay_minutes {
        0 => String::new(),
        minutes => format!(", {minutes} min later"),
    };
    format!(
        "{}: {template}, share {}{later}",
        plain(&variant.name),
        variant.share
    )
}

fn audience(answer: &AudienceAnswer) -> String {
    let name = answer.name.as_deref().map(plain);
    match (name, answer.listed) {
        (Some(name), _) => format!("{} {name}", answer.kind),
        (None, Some(listed)) => format!("{listed} listed ({})", answer.kind),
        (None, None) => answer.kind.clone(),
    }
}

fn recorder(answer: &CampaignAnswer) -> String {
    let because = answer.flight_recorder_reason.as_deref();
    match (answer.flight_recorder, because) {
        ("on", _) => format!("on: it stops above {} % of opt-outs", answer.opt_out_limit),
        (word, Some(why)) => format!("{word}: {}", plain(why)),
        (word, None) => word.to_owned(),
    }
}

/// Everybody by where they stand, in the words of the API; with how many replied and opted out, where that was counted.
fn stands(counts: &Counts, after: Option<(u64, u64)>) -> Vec<(&'static str, u64)> {
    let mut rows = vec![
        ("total", counts.total),
        ("waiting", counts.waiting),
        ("sending", counts.sending),
        ("accepted", counts.accepted),
        ("sent", counts.sent),
        ("delivered", counts.delivered),
        ("read", counts.read),
    ];
    if let Some((replied, opted_out)) = after {
        rows.push(("replied", replied));
        rows.push(("opted out", opted_out));
    }
    rows.extend([
        ("denied", counts.denied),
        ("failed", counts.failed),
        ("unknown", counts.unknown),
        ("skipped", counts.skipped),
    ]);
    rows
}

/// The codes, the most frequent first.
fn by_code(codes: &BTreeMap<String, u64>, total: u64) -> Vec<Vec<String>> {
    let mut rows: Vec<(&str, u64)> = codes
        .iter()
        .map(|(code, count)| (code.as_str(), *count))
        .collect();
    rows.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    shares(&rows, total)
}

/// Rows of a table: what, how many with their digits below each other, and what share of all that is.
fn shares(rows: &[(&str, u64)], total: u64) -> Vec<Vec<String>> {
    let widest = rows.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let digits = widest.to_string().len();
    rows.iter()
        .map(|(what, count)| {
            vec![
                plain(what),
                format!("{count:>digits$}"),
                format!("{:>7}", share(*count, total)),
            ]
        })
        .collect()
}

/// A share in per cent, with one decimal, cut off: never more than it is.
fn share(count: u64, total: u64) -> String {
    let permille = count.saturating_mul(1_000).checked_div(total);
    permille.map_or_else(
        || "-".to_owned(),
        |permille| format!("{}.{} %", permille / 10, permille % 10),
    )
}

fn preview(one: &PreviewAnswer) -> Vec<String> {
    match (&one.text, &one.fault) {
        (Some(text), _) => text.lines().map(plain).collect(),
        (None, Some(fault)) => vec![format!("cannot be made: {}", plain(fault))],
        (None, None) => vec!["cannot be made".to_owned()],
    }
}

fn look(answer: &PreflightAnswer) -> Vec<(&'static str, String)> {
    let limit = answer.daily_limit.map_or_else(
        || "none is known".to_owned(),
        |limit| match answer.days {
            0 | 1 => format!("{limit} people a day"),
            days => format!("{limit} people a day: at least {days} days"),
        },
    );
    let approval = if answer.needs_approval {
        "missing"
    } else {
        "not needed, or given"
    };
    vec![
        ("audience", answer.total.to_string()),
        ("in", answer.within.to_string()),
        ("out", answer.out.to_string()),
        ("cost", cost(&answer.cost)),
        ("takes", duration(answer.seconds)),
        ("limit at Meta", limit),
        (
            "written to lately",
            format!("{} in the last seven days", answer.recently_written),
        ),
        ("quiet now", format!("{}: theirs waits", answer.quiet_now)),
        ("approval", approval.to_owned()),
    ]
}

fn cost(answer: &CostAnswer) -> String {
    let known = format!("{} {}", answer.total, answer.currency);
    match answer.unpriced {
        0 => known,
        people => format!("{known}, and {people} people where no price is known"),
    }
}

fn costs(answer: &CostAnswer) -> Vec<Vec<String>> {
    answer
        .lines
        .iter()
        .map(|line| {
            vec![
                or_dash(Some(line.country.as_str()).filter(|country| !country.is_empty())),
                line.category.clone(),
                line.people.to_string(),
                or_dash(line.each.as_deref()),
                or_dash(line.together.as_deref()),
            ]
        })
        .collect()
}

fn duration(seconds: u64) -> String {
    let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest} s"),
        (0, minutes) => format!("{minutes} min {rest} s"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

fn variants(all: &[VariantReport]) -> Vec<Vec<String>> {
    all.iter()
        .map(|one| {
            let score = one.score.map(|score| format!("{score:.3}"));
            vec![
                plain(&one.name),
                format!("{} ({})", one.template, one.language),
                one.counts.accepted.to_string(),
                one.counts.delivered.to_string(),
                one.counts.read.to_string(),
                one.replied.to_string(),
                one.opted_out.to_string(),
                or_dash(score.as_deref()),
            ]
        })
        .collect()
}

fn winner(answer: &WinnerAnswer) -> String {
    let Some(leader) = answer.leader.as_deref().map(plain) else {
        return format!("By {} less opt-outs, no variant is ahead yet.", answer.by);
    };
    let sure = answer.confidence * 100.0;
    let word = if answer.decided {
        "that is sure enough to call it the winner"
    } else {
        "that is not sure enough to call it the winner"
    };
    format!(
        "By {} less opt-outs, {leader} is ahead, {sure:.1} % sure: {word}.",
        answer.by
    )
}

fn or_dash(text: Option<&str>) -> String {
    text.map_or_else(|| "-".to_owned(), plain)
}

/// What others wrote, without what a terminal would take for an order.
fn plain(text: &str) -> String {
    text.chars()
        .map(|letter| {
            if letter.is_control() {
                '\u{fffd}'
            } else {
                letter
            }
        })
        .collect()
}

#[cfg(test)]
pub mod tests;

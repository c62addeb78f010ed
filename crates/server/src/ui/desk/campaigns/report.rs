//! What became of a campaign: a funnel, the reasons, the variants, the flight recorder, and all of it over time.

mod drawn;

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    Router,
    body::Body,
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
    routing::get,
};
use serde::Deserialize;
use store::{campaign::recipient::Filter, message};
use uuid::Uuid;

use self::drawn::Drawn;
use super::{
    people::{self, Row},
    words,
};
use crate::{
    app::App,
    error::Error,
    http::api::campaigns::files::csv,
    services::{
        campaigns::{
            self, acts,
            body::CampaignAnswer,
            plan,
            report::{self, RecipientAnswer, ReportAnswer, VariantReport},
            series::{self, Course, SeriesAnswer, Slice},
        },
        segments,
        staff::Power,
    },
    ui::{
        desk::{
            Desk,
            refusal::Refusal,
            reports::{grouped, number},
            segments::{in_time, name_of},
        },
        notice::shown,
    },
};

/// People whose message nobody knows of, who are named on the page itself.
const UNKNOWN_SHOWN: u32 = 20;

/// So sure anybody is who tosses a coin: nobody is ahead by less.
const EVEN: f64 = 0.5;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/campaigns/{id}/report", get(show))
        .route("/campaigns/{id}/series.csv", get(over_time))
}

#[derive(Debug, Default, Deserialize)]
struct Asked {
    whole: Option<String>,
    /// `all` for the whole time, and not only that in which most happened.
    span: Option<String>,
    /// Only the people of a variant, by its name.
    variant: Option<String>,
    /// Only the people of a segment, by its id.
    segment: Option<String>,
}

impl Asked {
    /// As a piece of the campaign: `near` unless the whole time is asked for.
    fn slice(&self, near: Option<Slice>) -> Slice {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let near = near.filter(|_| self.span.as_deref() != Some("all"));
        Slice {
            variant: given(&self.variant),
            segment: given(&self.segment),
            ..near.unwrap_or_default()
        }
    }
}

/// Everything that is counted.
struct Told {
    report: ReportAnswer,
    total: Course,
    drawn: Option<Drawn>,
    unknown: Vec<Row>,
}

/// A step of the funnel: how many came so far, their share of all, and where they are listed.
struct Step {
    name: String,
    count: String,
    share: String,
    bar: String,
    href: String,
}

/// A code: its meaning, how many, and where they are listed.
struct Code {
    bar: String,
    why: String,
    code: String,
    count: String,
    href: String,
}

#[derive(Template)]
#[template(path = "desk/campaign_report.html")]
struct Page {
    desk: Desk,
    here: String,
    campaign: CampaignAnswer,
    told: Option<Told>,
    /// Whether all of the time is shown; none where there is nothing to choose.
    spans: Option<bool>,
    /// Which people of it are shown over time.
    slice: Slice,
    /// Every segment, by its id.
    segments: Vec<(String, String)>,
}

async fn show(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    desk.need(Power::See)?;
    let id = plan::id(&id)?;
    let line = acts::find(&app, id).await?;
    let mut campaign = campaigns::brief(&line)?;
    campaigns::add_texts(&app, &mut campaign).await?;
    let near = Slice::near(&line);
    let spans = near.is_some().then(|| asked.span.as_deref() == Some("all"));
    let slice = asked.slice(near);
    let work = count(App::clone(&app), id, slice.clone());
    let counted = in_time(asked.whole.is_some(), work).await?;
    let told = match counted {
        Some((report, series, unknown)) => Some(Told {
            total: series.total,
            drawn: Drawn::of(&desk, &campaign, &series),
            unknown: people::rows(&app, &desk, unknown).await?,
            report,
        }),
        None => None,
    };
    let page = Page {
        here: desk.to(&format!("/campaigns/{id}")),
        spans,
        slice,
        segments: named_segments(&app, &desk).await?,
        campaign,
        told,
        desk,
    };
    Ok(shown(StatusCode::OK, &page))
}

/// Those that come with us have names in the reader's words.
async fn named_segments(app: &App, desk: &Desk) -> Result<Vec<(String, String)>, Refusal> {
    let all = segments::list(app).await?.into_iter();
    Ok(all
        .map(|segment| (segment.id.clone(), name_of(desk, &segment)))
        .collect())
}

async fn count(
    app: App,
    id: Uuid,
    slice: Slice,
) -> Result<(ReportAnswer, SeriesAnswer, Vec<RecipientAnswer>), Error> {
    let report = report::report(&app, id).await?;
    let series = series::series(&app, id, &slice).await?;
    let filter = Filter {
        message: Some(message::State::Unknown),
        limit: UNKNOWN_SHOWN,
        ..Filter::default()
    };
    let unknown = match report.counts.unknown {
        0 => Vec::new(),
        _ => report::recipients(&app, id, &filter).await?,
    };
    Ok((report, series, unknown))
}

async fn over_time(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    desk.need(Power::See)?;
    let id = plan::id(&id)?;
    let body = series::series_csv(&app, id, &asked.slice(None)).await?;
    Ok(csv(Body::from(body), &format!("campaign-{id}-series.csv")))
}

impl Page {
    /// Whether only some of its people are shown over time.
    const fn is_part(&self) -> bool {
        self.slice.variant.is_some() || self.slice.segment.is_some()
    }

    fn is_all(&self) -> bool {
        self.spans == Some(true)
    }

    fn is_variant(&self, name: &str) -> bool {
        self.slice.variant.as_deref() == Some(name)
    }

    fn is_segment(&self, id: &str) -> bool {
        self.slice.segment.as_deref() == Some(id)
    }

    fn query(&self, more: &[(&str, &str)]) -> String {
        let people = [
            ("variant", self.slice.variant.as_deref()),
            ("segment", self.slice.segment.as_deref()),
        ];
        let people = people.map(|(name, value)| (name, value.unwrap_or_default()));
        words::query(&[more, people.as_slice()].concat())
    }

    /// The same people over all of the time, or over that in which most happened.
    fn over(&self, is_all: bool) -> String {
        let span = if is_all { "all" } else { "" };
        let query = self.query(&[("whole", "1"), ("span", span)]);
        format!("{}/report?{query}#over", self.here)
    }

    /// The file of what is shown over time, of all of it.
    fn series_file(&self) -> String {
        match self.query(&[]) {
            query if query.is_empty() => format!("{}/series.csv", self.here),
            query => format!("{}/series.csv?{query}", self.here),
        }
    }

    /// What became of some people, in a sentence.
    fn part_saw(&self, total: &Course) -> String {
        let what = [
            ("sent", words::whole(&self.desk, total.sent)),
            ("read", words::whole(&self.desk, total.read)),
            ("failed", words::whole(&self.desk, total.failed)),
            ("out", words::whole(&self.desk, total.opted_out)),
            (
                "share",
                words::percent(&self.desk, total.opted_out, total.sent),
            ),
        ];
        let what = what.each_ref().map(|(name, value)| (*name, value.as_str()));
        self.desk.say_with("campaigns-part-saw", &what)
    }

    fn state(&self) -> String {
        words::state(&self.desk, &self.campaign.state)
    }

    fn tone(&self) -> &'static str {
        words::tone(&self.campaign.state)
    }

    fn why(&self) -> Option<String> {
        Some(self.desk.objection(self.campaign.why.as_deref()?))
    }

    fn whole(&self, count: &u64) -> String {
        words::whole(&self.desk, *count)
    }

    /// Each step of the funnel; the shares are of all messages that were tried.
    fn funnel(&self, report: &ReportAnswer) -> Vec<Step> {
        let counts = &report.counts;
        let all = counts.accepted + counts.failed + counts.unknown;
        let steps = [
            ("stand-accepted", counts.accepted, "good", "state=accepted"),
            (
                "stand-delivered",
                counts.delivered,
                "good",
                "state=delivered",
            ),
            ("stand-read", counts.read, "good", "state=read"),
            ("replied", report.replied, "good", "did=replied"),
            ("stand-failed", counts.failed, "bad", "state=failed"),
            ("opted-out-72", report.opted_out, "out", "did=opted_out"),
        ];
        let step = |(id, count, class, query): (&str, u64, &'static str, &str)| Step {
            name: self.desk.say(&format!("campaigns-{id}")),
            count: words::whole(&self.desk, count),
            share: words::percent(&self.desk, count, all),
            bar: words::bar(&[(class, count)], all),
            href: format!("{}/recipients?{query}", self.here),
        };
        steps.into_iter().map(step).collect()
    }

    /// Those who did not get it, by what kept it from them: a word, a heading, a note, and the codes.
    fn groups(&self, report: &ReportAnswer) -> [(&'static str, String, String, Vec<Code>); 3] {
        let say = |id| self.desk.say(id);
        [
            (
                "denied",
                say("campaigns-denied-title"),
                say("campaigns-denied-note"),
                self.codes(&report.denied, "denied"),
            ),
            (
                "failed",
                say("campaigns-failed-title"),
                say("campaigns-failed-note"),
                self.codes(&report.failed, "failed"),
            ),
            (
                "skipped",
                say("campaigns-skipped-title"),
                say("campaigns-skipped-note"),
                self.codes(&report.skipped, "skipped"),
            ),
        ]
    }

    fn codes(&self, of: &BTreeMap<String, u64>, state: &str) -> Vec<Code> {
        let most = of.values().copied().max().unwrap_or(0);
        let mut all: Vec<_> = of.iter().collect();
        all.sort_by_key(|(code, count)| (std::cmp::Reverse(**count), (*code).clone()));
        let told = all.into_iter().map(|(code, count)| {
            let query = words::query(&[("state", state), ("code", code)]);
            Code {
                bar: words::bar(&[("bad", *count)], most),
                why: words::code(&self.desk, code),
                code: code.clone(),
                count: words::whole(&self.desk, *count),
                href: format!("{}/recipients?{query}", self.here),
            }
        });
        told.collect()
    }

    fn score(&self, variant: &VariantReport) -> String {
        let score = variant.score.map(|score| (score * 1_000.0).round() / 10.0);
        score.map_or_else(
            || self.desk.say("campaigns-score-few"),
            |score| format!("{} %", number(&self.desk, Some(score))),
        )
    }

    fn is_leading(&self, report: &ReportAnswer, variant: &VariantReport) -> bool {
        let winner = &report.winner;
        winner.confidence > EVEN && winner.leader.as_deref() == Some(variant.name.as_str())
    }

    /// Which variant is ahead, and how sure that is, in words.
    fn winner(&self, report: &ReportAnswer) -> String {
        let winner = &report.winner;
        let sure = (winner.confidence * 1_000.0).floor().min(999.0) / 10.0;
        let sure = grouped(&self.desk, &crate::services::reports::plain_number(sure));
        let by = match winner.by.as_str() {
            "replies" => self.desk.say("campaigns-by-replies"),
            _ => self.desk.say("campaigns-by-reads"),
        };
        match &winner.leader {
            Some(name) if winner.decided => self.desk.say_with(
                "campaigns-winner",
                &[("name", name), ("by", &by), ("sure", &sure)],
            ),
            Some(name) if winner.confidence > EVEN => self.desk.say_with(
                "campaigns-winner-maybe",
                &[("name", name), ("by", &by), ("sure", &sure)],
            ),
            _ => self.desk.say_with("campaigns-winner-none", &[("by", &by)]),
        }
    }

    /// What the flight recorder saw, in a sentence.
    fn recorder(&self, report: &ReportAnswer) -> String {
        let limit = number(&self.desk, Some(self.campaign.opt_out_limit));
        let sent = report.counts.accepted;
        let what = [
            ("count", words::whole(&self.desk, report.opted_out)),
            ("all", words::whole(&self.desk, sent)),
            ("share", words::percent(&self.desk, report.opted_out, sent)),
            ("limit", limit),
        ];
        let what = what.each_ref().map(|(name, value)| (*name, value.as_str()));
        self.desk.say_with("campaigns-recorder-saw", &what)
    }
}

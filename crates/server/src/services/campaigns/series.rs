//! A campaign over time: the flight recorder's tape, by the minute, of everybody or of a variant or a segment.

use std::collections::BTreeMap;

use consent::time::{MINUTE_MS, Timestamp};
use serde::Serialize;
use store::campaign::{CampaignLine, figure::What, part::Part};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{acts, plan::Plan, report::WITHIN_MS};
use crate::{
    app::House,
    clock,
    error::Error,
    services::{export::cell::Sheet, segments},
};

/// Points of a series at the most: with more, each covers a longer time.
const POINTS_MAX: i64 = 500;
/// The shortest time that is shown of a campaign that ended: 48 minutes, a step of a drawing each.
const NEAR_MIN_MS: i64 = 48 * MINUTE_MS;

/// What happened in one stretch of time.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct PointAnswer {
    /// When it begins.
    pub at: String,
    /// What happened.
    #[serde(flatten)]
    pub course: Course,
}

/// How much of what happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Course {
    /// Messages that Meta took then, without those that failed since.
    pub sent: u64,
    /// Messages that arrived; of one that was read, when that was told.
    pub delivered: u64,
    /// Messages that were read then.
    pub read: u64,
    /// Messages that failed then.
    pub failed: u64,
    /// People who opted out then.
    pub opted_out: u64,
}

impl Course {
    const fn count(&mut self, what: What, count: u64) {
        match what {
            What::Sent => self.sent += count,
            What::Delivered => self.delivered += count,
            What::Read => self.read += count,
            What::Failed => self.failed += count,
            What::OptedOut => self.opted_out += count,
        }
    }

    /// Adds what happened at another time.
    pub const fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.delivered += other.delivered;
        self.read += other.read;
        self.failed += other.failed;
        self.opted_out += other.opted_out;
    }
}

/// A campaign over time.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SeriesAnswer {
    /// Where the piece of time begins.
    pub from: String,
    /// Where it ends.
    pub until: String,
    /// How many seconds each point covers.
    pub seconds: u64,
    /// All points together.
    pub total: Course,
    /// The points, oldest first; where nothing happened there is none.
    pub points: Vec<PointAnswer>,
}

/// A piece of a campaign: of its time, and of its people those of whom all that is said here holds.
#[derive(Debug, Clone, Default)]
pub struct Slice {
    /// Where it begins; with the campaign where nothing is said.
    pub from: Option<Timestamp>,
    /// Where it ends; 72 hours after the campaign, or now, where nothing is said.
    pub until: Option<Timestamp>,
    /// Those who get the variant of this name.
    pub variant: Option<String>,
    /// Those who are in a segment now, by its id.
    pub segment: Option<String>,
}

impl Slice {
    /// The time in which a campaign went out and in which most of its answers came: four times as long as it ran, or 48 minutes. None
    /// for one that has not ended: all of it is near.
    #[must_use]
    pub fn near(campaign: &CampaignLine) -> Option<Self> {
        let (from, ended) = (campaign.started?, campaign.ended?);
        let ran = ended.millis_since(from).max(0);
        let length = ran.saturating_mul(4).max(NEAR_MIN_MS);
        let is_shorter = length < ran.saturating_add(WITHIN_MS);
        is_shorter.then(|| Self {
            from: None,
            until: Some(from.plus_millis(length)),
            ..Self::default()
        })
    }
}

/// A campaign, or a piece of it, a minute a point; a longer one in as many points as can be drawn.
///
/// # Errors
/// [`Error::Invalid`] for a piece of time that ends before it begins, and for a variant or a segment that there is none of; as for
/// [`acts::find`].
pub async fn series(app: &House, id: Uuid, slice: &Slice) -> Result<SeriesAnswer, Error> {
    let line = acts::find(app, id).await?;
    let from = slice.from.or(line.started).unwrap_or(line.created);
    let ended = line.ended.map(|ended| ended.plus_millis(WITHIN_MS));
    let until = slice.until.or(ended).unwrap_or_else(|| app.clock.now());
    if slice.until.is_some() && until <= from {
        return Err(Error::field("until", "want a time after `from`"));
    }
    let bucket = bucket_ms(from, until);
    let is_in = |moment: &Timestamp| moment.plus_millis(bucket) > from && *moment < until;
    let part = part(app, &line, slice).await?;
    let counted = if part.is_all() {
        let out = app.store.opt_out_series(id, WITHIN_MS, bucket).await?;
        let out = out
            .into_iter()
            .map(|(at, count)| (at, What::OptedOut, count));
        let mut all = app.store.series(id, bucket).await?;
        all.extend(out);
        all
    } else {
        let bounds = (WITHIN_MS, bucket);
        let now = app.clock.now();
        app.store.part_series((id, &part), bounds, now).await?
    };
    let mut points: BTreeMap<i64, PointAnswer> = BTreeMap::new();
    let mut total = Course::default();
    for (moment, what, count) in counted.into_iter().filter(|(moment, ..)| is_in(moment)) {
        let count = u64::try_from(count).unwrap_or(0);
        point(&mut points, moment).course.count(what, count);
        total.count(what, count);
    }
    Ok(SeriesAnswer {
        from: clock::rfc3339(from),
        until: clock::rfc3339(until),
        seconds: u64::try_from(bucket / 1_000).unwrap_or(60),
        total,
        points: points.into_values().collect(),
    })
}

/// The part of a campaign that is asked for.
async fn part(app: &House, line: &CampaignLine, slice: &Slice) -> Result<Part, Error> {
    let mut part = Part::default();
    if let Some(name) = &slice.variant {
        let plan = Plan::kept(&line.spec)?;
        let mut named = (0_i64..).zip(&plan.variants);
        let found = named.find(|(_, variant)| variant.name == *name);
        let none = || Error::field("variant", format!("there is no variant `{name}`"));
        part.variant = Some(found.ok_or_else(none)?.0);
    }
    if let Some(id) = &slice.segment {
        let known = segments::condition_of(app, id).await;
        part.condition = Some(known.map_err(|error| match error {
            Error::NotFound(_) => Error::field("segment", format!("there is no segment `{id}`")),
            other => other,
        })?);
    }
    Ok(part)
}

fn point(points: &mut BTreeMap<i64, PointAnswer>, at: Timestamp) -> &mut PointAnswer {
    points.entry(at.millis()).or_insert_with(|| PointAnswer {
        at: clock::rfc3339(at),
        ..PointAnswer::default()
    })
}

/// A minute, or as many as make no more points than can be drawn.
fn bucket_ms(from: Timestamp, until: Timestamp) -> i64 {
    let minutes = until.millis_since(from).max(0) / MINUTE_MS;
    (minutes / POINTS_MAX + 1).saturating_mul(MINUTE_MS)
}

/// The series as CSV.
///
/// # Errors
/// As for [`series`].
pub async fn series_csv(app: &House, id: Uuid, slice: &Slice) -> Result<Vec<u8>, Error> {
    let series = series(app, id, slice).await?;
    let mut sheet = Sheet::default();
    sheet.row(["at", "sent", "delivered", "read", "failed", "opted_out"].map(str::to_owned));
    for point in series.points {
        sheet.row([
            point.at,
            point.course.sent.to_string(),
            point.course.delivered.to_string(),
            point.course.read.to_string(),
            point.course.failed.to_string(),
            point.course.opted_out.to_string(),
        ]);
    }
    sheet.bytes()
}

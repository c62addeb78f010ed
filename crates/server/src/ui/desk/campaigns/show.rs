//! One campaign: a draft is looked at and begun here, one that runs is watched, paused and ended.

use askama::Template;
use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    aims,
    look::{Bubble, Check},
    words,
};
use crate::{
    app::App,
    error::Error,
    services::{
        campaigns::{
            self, acts,
            body::{CampaignAnswer, Counts},
            count, plan, preflight, report,
        },
        reports::numbers,
        staff::Power,
    },
    ui::{
        desk::{Desk, fault, posted::Posted, refusal::Refusal, segments::in_time},
        form::Form,
        notice::shown,
    },
};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/campaigns/{id}", get(show))
        .route("/campaigns/{id}/approve", post(approve).get(back))
        .route("/campaigns/{id}/start", post(start).get(back))
        .route("/campaigns/{id}/pause", post(pause).get(back))
        .route("/campaigns/{id}/resume", post(resume).get(back))
        .route("/campaigns/{id}/cancel", post(cancel).get(back))
}

/// Whether the page waits for its figures, and whose message is shown.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    whole: Option<String>,
    /// Where the people begin of whom one message is shown.
    from: Option<String>,
    /// Which of them.
    nth: Option<usize>,
    /// Whether somebody comes from starting what had begun already.
    begun: Option<String>,
}

/// What comes after the page where it takes long.
enum Late {
    /// What would happen, of a draft.
    Check(Box<Check>),
    /// What happens, of one that began.
    Course(Course),
}

/// How far a campaign came.
struct Course {
    counts: Counts,
    opted_out: u64,
    /// How long the rest takes at its pace, where it runs.
    left: Option<u64>,
}

#[derive(Template)]
#[template(path = "desk/campaign.html")]
struct Page {
    desk: Desk,
    campaign: CampaignAnswer,
    fault: Option<String>,
    late: Option<Late>,
    /// Whether its segment or a template of it is gone.
    is_gone: bool,
    bubble: Option<Bubble>,
    /// Where the same page is with what came too late.
    whole: String,
    /// The numbers that send, as people write them.
    numbers: String,
    /// How many may be sent to before a second person has to agree.
    approval_above: u64,
    /// Whether its time is still to come.
    is_later: bool,
}

async fn show(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    desk.need(Power::See)?;
    let page = Page::of(&app, desk, &id, &asked).await?;
    Ok(shown(StatusCode::OK, &page))
}

impl Page {
    async fn of(app: &App, desk: Desk, text: &str, asked: &Asked) -> Result<Self, Refusal> {
        let id = plan::id(text)?;
        let line = acts::find(app, id).await?;
        let is_draft = line.state == "draft";
        let mut campaign = campaigns::brief(&line)?;
        campaigns::add_texts(app, &mut campaign).await?;
        let work = late(App::clone(app), id, is_draft);
        // A segment or a template may be gone since: then it can still be dropped.
        let (late, mut is_gone) = match in_time(asked.whole.is_some(), work).await {
            Err(Error::NotFound(_)) => (None, true),
            counted => (counted?, false),
        };
        let mut bubble = None;
        if is_draft && !is_gone {
            let from = asked.from.as_deref().unwrap_or_default();
            let nth = asked.nth.unwrap_or(0);
            match Bubble::of(app, &desk, id, (from, nth)).await {
                Err(Refusal::NotFound) => is_gone = true,
                made => bubble = Some(made?),
            }
        }
        let cards = numbers::all(app).await?.numbers;
        let written = campaign.numbers.iter().map(|id| {
            let card = cards.iter().find(|card| card.number == *id);
            let display = card.and_then(|card| card.display.clone());
            display.unwrap_or_else(|| id.clone())
        });
        Ok(Self {
            numbers: written.collect::<Vec<_>>().join(", "),
            whole: desk.to(&format!("/campaigns/{id}?whole=1")),
            approval_above: app.config.campaigns.approval_above,
            is_later: line.start.is_some_and(|at| at > app.clock.now()),
            fault: (asked.begun.is_some() && !is_draft).then(|| desk.say("campaigns-begun")),
            campaign,
            late,
            is_gone,
            bubble,
            desk,
        })
    }

    fn here(&self) -> String {
        self.desk.to(&format!("/campaigns/{}", self.campaign.id))
    }

    fn state(&self) -> String {
        words::state(&self.desk, &self.campaign.state)
    }

    fn tone(&self) -> &'static str {
        words::tone(&self.campaign.state)
    }

    fn is_draft(&self) -> bool {
        self.campaign.state == "draft"
    }

    fn is_running(&self) -> bool {
        self.campaign.state == "running"
    }

    fn may(&self, act: &str) -> bool {
        let state = self.campaign.state.as_str();
        let follows = match act {
            "pause" => matches!(state, "running" | "scheduled"),
            "resume" => state == "paused",
            _ => matches!(state, "draft" | "scheduled" | "running" | "paused"),
        };
        follows && self.desk.may(Power::Market)
    }

    /// Why it stopped by itself, in the reader's language.
    fn why(&self) -> Option<String> {
        let why = self.campaign.why.as_deref()?;
        Some(self.desk.objection(why))
    }

    /// Who wrote it as it is.
    fn author(&self) -> &str {
        let changed = self.campaign.changed_by.as_deref();
        changed.unwrap_or(&self.campaign.created_by)
    }

    fn own(&self) -> bool {
        self.author() == self.desk.actor()
    }

    /// Whether it can be changed: a draft of which nobody is drawn.
    fn is_open(&self) -> bool {
        self.is_draft() && self.campaign.drawn_at.is_none() && self.desk.may(Power::Market)
    }

    /// Whether it ended before it began.
    fn is_stillborn(&self) -> bool {
        self.campaign.state == "cancelled" && self.campaign.started_at.is_none()
    }

    /// Whether there is anything to count: not before it began.
    fn has_course(&self) -> bool {
        self.campaign.state != "scheduled" && !self.is_stillborn()
    }

    fn check(&self) -> Option<&Check> {
        match &self.late {
            Some(Late::Check(check)) => Some(check.as_ref()),
            _ => None,
        }
    }

    fn course(&self) -> Option<&Course> {
        match &self.late {
            Some(Late::Course(course)) => Some(course),
            _ => None,
        }
    }

    fn bar(&self, course: &Course) -> String {
        super::progress(&course.counts)
    }

    fn whole_number(&self, count: u64) -> String {
        words::whole(&self.desk, count)
    }

    fn done_of(&self, course: &Course) -> String {
        words::done(&self.desk, &self.campaign.state, &course.counts)
    }

    fn left(&self, course: &Course) -> Option<String> {
        let left = words::duration(&self.desk, course.left?);
        Some(
            self.desk
                .say_with("campaigns-left-time", &[("time", &left)]),
        )
    }

    /// What is counted, each with the list of whom it counts where that is exact.
    fn figures(&self, course: &Course) -> Vec<(String, String, Option<String>)> {
        let counts = &course.counts;
        let list = |state: &str| {
            let query = words::query(&[("state", state)]);
            Some(format!("{}/recipients?{query}", self.here()))
        };
        let opted_out = Some(format!("{}/recipients?did=opted_out", self.here()));
        let figure = |id: &str, count: u64, list: Option<String>| {
            (self.desk.say(id), self.whole_number(count), list)
        };
        vec![
            figure(
                "campaigns-stand-waiting",
                counts.waiting + counts.sending,
                list("waiting"),
            ),
            figure(
                "campaigns-stand-accepted",
                counts.accepted,
                list("accepted"),
            ),
            figure(
                "campaigns-stand-delivered",
                counts.delivered,
                list("delivered"),
            ),
            figure("campaigns-stand-read", counts.read, list("read")),
            figure("campaigns-opted-out", course.opted_out, opted_out),
            figure("campaigns-stand-denied", counts.denied, list("denied")),
            figure("campaigns-stand-failed", counts.failed, list("failed")),
            figure("campaigns-stand-unknown", counts.unknown, list("unknown")),
            figure("campaigns-stand-skipped", counts.skipped, list("skipped")),
        ]
    }

    /// What it is to do, line by line.
    fn plan(&self) -> Vec<(String, String)> {
        aims::lines(&self.desk, &self.campaign, &self.numbers)
    }

    /// When it begins once it is confirmed, where that is later; with the words for a time that has passed meanwhile.
    fn start_told(&self) -> Option<String> {
        let at = words::moment(&self.desk, self.campaign.start_at.as_deref()?);
        let id = if self.is_later {
            "campaigns-start-then"
        } else {
            "campaigns-start-passed"
        };
        Some(self.desk.say_with(id, &[("when", &at)]))
    }

    /// What the button that confirms it does.
    fn confirms(&self, check: &Check) -> String {
        let at = self.campaign.start_at.as_deref().filter(|_| self.is_later);
        at.map_or_else(
            || check.send_to(&self.desk),
            |at| {
                let at = words::moment(&self.desk, at);
                self.desk.say_with("campaigns-schedule", &[("when", &at)])
            },
        )
    }

    /// What a campaign says that was confirmed and waits for its time.
    fn waits_told(&self) -> String {
        let at = self.campaign.start_at.as_deref().unwrap_or_default();
        let at = words::moment(&self.desk, at);
        self.desk
            .say_with("campaigns-scheduled-note", &[("when", &at)])
    }
}

/// What is counted: what would happen, of a draft; otherwise what happens.
async fn late(app: App, id: Uuid, is_draft: bool) -> Result<Late, Error> {
    if is_draft {
        let check = preflight::run(&app, id).await?;
        return Ok(Late::Check(Box::new(Check(check))));
    }
    let line = acts::find(&app, id).await?;
    let kept = plan::Plan::kept(&line.spec)?;
    let counts = count::tally(&app, id).await?.all;
    let opted_out = app.store.reached_opt_outs(id, report::WITHIN_MS).await?;
    let opted_out = opted_out.iter().map(|(_, count)| *count).sum::<i64>();
    let numbers = u32::try_from(kept.numbers.len()).unwrap_or(1);
    let pace = kept.pace.unwrap_or(campaign::pace::USUAL_PER_SECOND);
    let pace = pace.saturating_mul(numbers);
    let left = campaign::limits::duration(counts.waiting, pace).as_secs();
    Ok(Late::Course(Course {
        left: (line.state == "running" && counts.waiting > 0).then_some(left),
        opted_out: u64::try_from(opted_out).unwrap_or(0),
        counts,
    }))
}

/// Where something is done there is nothing to see: whoever loads such an address anew comes back to the campaign.
async fn back(desk: Desk, Path(id): Path<String>) -> Result<Response, Refusal> {
    desk.need(Power::See)?;
    let id = plan::id(&id)?;
    Ok(Redirect::to(&format!("/campaigns/{id}")).into_response())
}

async fn approve(
    State(app): State<App>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Refusal> {
    posted.desk.need(Power::Market)?;
    let seen = (plan::id(&id)?, version(&posted.form));
    let done = acts::approve(&app, seen, posted.desk.actor()).await;
    answer(&app, posted.desk, &id, done).await
}

/// Starts it, when whoever presses the button said so once more, and no more people would get it than they were told.
async fn start(
    State(app): State<App>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Market)?;
    let campaign = plan::id(&id)?;
    if acts::find(&app, campaign).await?.state != "draft" {
        // Started in another tab, most likely: the campaign itself says how it stands.
        let there = format!("/campaigns/{campaign}?begun=1");
        return Ok(Redirect::to(&there).into_response());
    }
    let expected: u64 = form
        .get("expected")
        .and_then(|count| count.parse().ok())
        .unwrap_or(0);
    let done = match form.get("sure") {
        Some("yes") => match confirmed(&app, campaign, expected).await {
            Ok(()) => acts::start(&app, (campaign, version(&form)), desk.actor()).await,
            Err(moved) => Err(moved),
        },
        _ => Err(Error::Conflict(NOT_SURE.to_owned())),
    };
    answer(&app, desk, &id, done).await
}

/// The version of the campaign that the page showed.
fn version(form: &Form) -> Option<i64> {
    form.get("version")?.parse().ok()
}

/// What whoever starts without the tick is told.
const NOT_SURE: &str = "nothing was sent: tick that it is meant, and press again";

/// People come and go all the time; one in a hundred more than were confirmed is no surprise.
async fn confirmed(app: &App, id: Uuid, expected: u64) -> Result<(), Error> {
    let count = preflight::run(app, id).await?.within;
    if count > expected + expected / 100 {
        return Err(Error::Conflict(format!(
            "`{expected}` people were expected and there are {count}: look again, and confirm that"
        )));
    }
    Ok(())
}

async fn pause(
    State(app): State<App>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Refusal> {
    posted.desk.need(Power::Market)?;
    let done = acts::pause(&app, plan::id(&id)?, posted.desk.actor()).await;
    answer(&app, posted.desk, &id, done).await
}

async fn resume(
    State(app): State<App>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Refusal> {
    posted.desk.need(Power::Market)?;
    let done = acts::resume(&app, plan::id(&id)?, posted.desk.actor()).await;
    answer(&app, posted.desk, &id, done).await
}

async fn cancel(
    State(app): State<App>,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, Refusal> {
    posted.desk.need(Power::Market)?;
    let done = acts::cancel(&app, plan::id(&id)?, posted.desk.actor()).await;
    answer(&app, posted.desk, &id, done).await
}

/// The page again; with the reason where nothing was done.
pub(super) async fn answer(
    app: &App,
    desk: Desk,
    id: &str,
    done: Result<CampaignAnswer, Error>,
) -> Result<Response, Refusal> {
    let told = match done {
        Ok(done) => return Ok(Redirect::to(&format!("/campaigns/{}", done.id)).into_response()),
        Err(error) => fault::of(&desk, error)?,
    };
    let asked = Asked {
        whole: Some(String::new()),
        ..Asked::default()
    };
    let mut page = Page::of(app, desk, id, &asked).await?;
    page.fault = Some(told);
    Ok(shown(StatusCode::CONFLICT, &page))
}

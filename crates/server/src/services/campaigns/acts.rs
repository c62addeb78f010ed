//! What is done to a campaign: by somebody, or by itself.

use campaign::state::{self, Act, Approval, State};
use consent::{event::StaffAct, time::Timestamp};
use store::campaign::{CampaignChange, CampaignLine};
use uuid::Uuid;

use super::{
    audience,
    body::CampaignAnswer,
    plan::{self, Plan, UNWATCHED_MAX},
};
use crate::{
    app::{App, House},
    error::Error,
    services::keys::staff_event,
};

/// How often an act is tried anew because somebody else changed the campaign meanwhile.
const TRIES: usize = 8;
/// People who are left out in one transaction.
const SKIPPED_AT_ONCE: u32 = 10_000;

/// Who acts.
#[derive(Debug, Clone, Copy)]
enum By<'a> {
    /// Somebody: it is an event.
    Somebody(&'a str),
    /// The campaign itself, with the reason why.
    Itself(Option<&'a str>),
    /// The flight recorder, with the reason why and with what it keeps of it, as the plan is kept.
    Recorder(&'a str, &'a str),
}

/// Starts a campaign: at once, or at its time. With `seen` only if it still has that version: what somebody looked at is what begins.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Conflict`] with what keeps it from starting; when the database does not answer.
pub async fn start(
    app: &App,
    (id, seen): (Uuid, Option<i64>),
    actor: &str,
) -> Result<CampaignAnswer, Error> {
    let line = find_as_seen(app, id, seen).await?;
    let plan = Plan::kept(&line.spec)?;
    let total = audience::total(app, &line, &plan.audience).await?;
    if let Some(blocker) = blockers(app, &plan, total).await?.into_iter().next() {
        return Err(Error::Conflict(blocker));
    }
    let later = line.start.is_some_and(|at| at > app.clock.now());
    // What was looked at here is what begins: a draft that was changed meanwhile is looked at again.
    let begun = act_on(
        app,
        &line,
        Act::Start { later },
        (By::Somebody(actor), total),
    )
    .await?;
    if !begun {
        return Err(overtaken());
    }
    super::show(app, id).await
}

/// What keeps a campaign to so many from starting, in sentences.
///
/// # Errors
/// When the database does not answer.
pub async fn blockers(app: &House, plan: &Plan, total: u64) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    if plan.basis.is_none() {
        found.push(
            "the campaign names no lawful basis: want one in `basis`, as `consent`".to_owned(),
        );
    }
    if let Some(template) = plan::standing_in_the_way(app, plan).await? {
        found.push(format!("the template {template} cannot be sent now"));
    }
    if !plan.is_watched && plan.unwatched_because.is_none() && total > UNWATCHED_MAX {
        found.push(format!(
            "the flight recorder is off for more than {UNWATCHED_MAX} people: want the reason in `flight_recorder_reason`"
        ));
    }
    if total == 0 {
        found.push("nobody is in the audience".to_owned());
    }
    if app.token.is_none() {
        found.push(
            "whatsapp.access_token is not configured: nothing can be sent from here".to_owned(),
        );
    }
    Ok(found)
}

/// Whether a second person has to agree to a campaign to so many, and whether they did.
#[must_use]
pub const fn approval(app: &House, line: &CampaignLine, total: u64) -> Approval {
    if total <= app.config.campaigns.approval_above {
        Approval::NotNeeded
    } else if line.approved_by.is_some() {
        Approval::Given
    } else {
        Approval::Missing
    }
}

/// Who wrote a campaign as it is: whoever changed it last, or made it.
fn author(line: &CampaignLine) -> Result<String, Error> {
    let changed = Plan::kept(&line.spec)?.changed_by;
    Ok(changed.unwrap_or_else(|| line.created_by.clone()))
}

/// A second person agrees to a campaign as it is; with `seen` only if it still has that version.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Conflict`] when it is whoever wrote it, or it began already; when the database does not answer.
pub async fn approve(
    app: &App,
    (id, seen): (Uuid, Option<i64>),
    actor: &str,
) -> Result<CampaignAnswer, Error> {
    for _ in 0..TRIES {
        let line = find_as_seen(app, id, seen).await?;
        if author(&line)? == actor {
            return Err(Error::Conflict(
                "whoever wrote a campaign cannot approve it: somebody else has to look at it"
                    .to_owned(),
            ));
        }
        if line.state != State::Draft.name() {
            return Err(Error::Conflict(format!(
                "the campaign is {}: only a draft is approved",
                line.state
            )));
        }
        let total = audience::total(app, &line, &Plan::kept(&line.spec)?.audience).await?;
        if approval(app, &line, total) == Approval::NotNeeded {
            let most = app.config.campaigns.approval_above;
            return Err(Error::Conflict(format!(
                "this campaign needs no approval: it goes to no more than {most} people"
            )));
        }
        let now = app.clock.now();
        let change = CampaignChange {
            approved_by: Some(actor.to_owned()),
            approved: Some(now),
            ..change_of(&line, now)
        };
        if put(app, &line, &change, Some((actor, "approved"))).await? {
            return super::show(app, id).await;
        }
    }
    Err(overtaken())
}

/// Stops a campaign for now: when this returns, no send of it begins any more.
///
/// # Errors
/// As for [`start`].
pub async fn pause(app: &App, id: Uuid, actor: &str) -> Result<CampaignAnswer, Error> {
    act(app, id, Act::Pause, (By::Somebody(actor), 0)).await?;
    super::show(app, id).await
}

/// Lets a campaign go on.
///
/// # Errors
/// As for [`start`].
pub async fn resume(app: &App, id: Uuid, actor: &str) -> Result<CampaignAnswer, Error> {
    let line = find(app, id).await?;
    let plan = Plan::kept(&line.spec)?;
    if let Some(template) = plan::standing_in_the_way(app, &plan).await? {
        return Err(Error::Conflict(format!(
            "the template {template} cannot be sent now"
        )));
    }
    let total = u64::try_from(line.total).unwrap_or(0);
    act(app, id, Act::Resume, (By::Somebody(actor), total)).await?;
    super::show(app, id).await
}

/// Ends a campaign: whoever was not sent to gets nothing.
///
/// # Errors
/// As for [`start`].
pub async fn cancel(app: &App, id: Uuid, actor: &str) -> Result<CampaignAnswer, Error> {
    act(app, id, Act::Cancel, (By::Somebody(actor), 0)).await?;
    leave_out(app, id, "cancelled").await?;
    app.drives.forget(id);
    super::show(app, id).await
}

/// Nobody who still waits gets anything: some at a time, so that others can write in between.
async fn leave_out(app: &App, id: Uuid, code: &str) -> Result<(), Error> {
    loop {
        let mut tx = app.store.begin().await?;
        let skipped = tx.skip_waiting(id, code, SKIPPED_AT_ONCE).await?;
        if skipped == 0 {
            tx.drop_list(id).await?;
        }
        tx.commit().await?;
        if skipped == 0 {
            return Ok(());
        }
    }
}

/// The time that was set has come.
///
/// # Errors
/// When the database does not answer.
pub async fn due(app: &App, line: &CampaignLine) -> Result<(), Error> {
    let total = audience::total(app, line, &Plan::kept(&line.spec)?.audience).await?;
    act(app, line.id, Act::Due, (By::Itself(None), total)).await
}

/// The campaign stops itself and says why; it goes on when somebody says so.
///
/// # Errors
/// When the database does not answer.
pub async fn stop_itself(app: &App, id: Uuid, why: &str) -> Result<(), Error> {
    tracing::warn!(campaign = %id, why, "a campaign stopped itself");
    match act(app, id, Act::Pause, (By::Itself(Some(why)), 0)).await {
        // Somebody was faster.
        Err(Error::Conflict(_)) => Ok(()),
        done => done,
    }
}

/// The flight recorder stops the campaign and asks whether it should go on. What it saw is kept with that, in the plan: whoever lets it go
/// on is not asked the same again.
///
/// # Errors
/// When the database does not answer.
pub async fn ask(app: &App, id: Uuid, seen: &Plan, why: &str) -> Result<(), Error> {
    tracing::warn!(campaign = %id, why, "a campaign stopped itself");
    let spec = seen.text()?;
    match act(app, id, Act::Pause, (By::Recorder(why, &spec), 0)).await {
        Err(Error::Conflict(_)) => Ok(()),
        done => done,
    }
}

/// Everybody was dealt with.
///
/// # Errors
/// When the database does not answer.
pub async fn finish(app: &App, id: Uuid) -> Result<(), Error> {
    app.drives.forget(id);
    match act(app, id, Act::Finish, (By::Itself(None), 0)).await {
        Err(Error::Conflict(_)) => Ok(()),
        done => done,
    }
}

async fn act(app: &App, id: Uuid, act: Act, by: (By<'_>, u64)) -> Result<(), Error> {
    for _ in 0..TRIES {
        let line = find(app, id).await?;
        if act_on(app, &line, act, by).await? {
            return Ok(());
        }
    }
    Err(overtaken())
}

/// Does something to a campaign as it was read. Says whether it did: not if somebody else changed it meanwhile.
async fn act_on(
    app: &App,
    line: &CampaignLine,
    act: Act,
    (by, total): (By<'_>, u64),
) -> Result<bool, Error> {
    let before = State::read(&line.state).ok_or_else(|| Error::internal("no state"))?;
    let approval = match act {
        Act::Start { .. } | Act::Due | Act::Resume => approval(app, line, total),
        _ => Approval::NotNeeded,
    };
    let after = state::next(before, approval, act);
    let after = after.map_err(|refused| Error::Conflict(refused.to_string()))?;
    let now = app.clock.now();
    let begins = after == State::Running && line.started.is_none();
    let change = CampaignChange {
        state: after.name().to_owned(),
        started: line.started.or(begins.then_some(now)),
        // A draft that is dropped was never confirmed: it keeps no time, and leaves the list by that.
        start: line
            .start
            .filter(|_| before != State::Draft || after != State::Cancelled),
        ended: after.is_over().then_some(now),
        why: match by {
            By::Itself(why) => why.map(str::to_owned),
            By::Recorder(why, _) => Some(why.to_owned()),
            By::Somebody(_) => None,
        },
        spec: match by {
            By::Recorder(_, spec) => spec.to_owned(),
            By::Itself(_) | By::Somebody(_) => line.spec.clone(),
        },
        ..change_of(line, now)
    };
    let told = match by {
        By::Somebody(actor) => Some((actor, after.name())),
        By::Itself(Some(_)) | By::Recorder(..) => Some(("consentry", after.name())),
        By::Itself(None) => None,
    };
    let is_done = put(app, line, &change, told).await?;
    if is_done {
        app.bell.campaigns.notify_one();
    }
    Ok(is_done)
}

/// Keeps a change, if nobody else changed the campaign since it was read. What somebody did is an event.
async fn put(
    app: &App,
    line: &CampaignLine,
    change: &CampaignChange,
    told: Option<(&str, &str)>,
) -> Result<bool, Error> {
    let mut tx = app.store.begin().await?;
    if !tx.change_campaign(line.id, line.version, change).await? {
        return Ok(false);
    }
    if let Some((actor, done)) = told {
        let note = format!("{} {done}", line.id);
        staff_event(app, &mut tx, StaffAct::CampaignChanged, actor, &note).await?;
    }
    match tx.commit().await {
        Ok(_) => {}
        Err(conflict) if conflict.is_conflict() => return Ok(false),
        Err(other) => return Err(other.into()),
    }
    app.bell.log.notify_one();
    Ok(true)
}

/// Notes what somebody did to a campaign that leaves its state as it is.
///
/// # Errors
/// When the database does not answer.
pub async fn note(app: &App, id: Uuid, (actor, done): (&str, &str)) -> Result<(), Error> {
    let mut tx = app.store.begin().await?;
    let note = format!("{id} {done}");
    staff_event(app, &mut tx, StaffAct::CampaignChanged, actor, &note).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    Ok(())
}

/// What a campaign is, to be changed.
#[must_use]
pub fn change_of(line: &CampaignLine, now: Timestamp) -> CampaignChange {
    CampaignChange {
        name: line.name.clone(),
        state: line.state.clone(),
        spec: line.spec.clone(),
        approved_by: line.approved_by.clone(),
        approved: line.approved,
        start: line.start,
        started: line.started,
        drawn: line.drawn,
        ended: line.ended,
        why: line.why.clone(),
        changed: now,
    }
}

/// One campaign.
///
/// # Errors
/// [`Error::NotFound`] when there is none; when the database does not answer.
pub async fn find(app: &House, id: Uuid) -> Result<CampaignLine, Error> {
    let line = app.store.campaign(id).await?;
    line.ok_or(Error::NotFound("campaign"))
}

/// The same if it still has the version that somebody saw, where they say which.
///
/// # Errors
/// As for [`find`], and [`overtaken`].
pub async fn find_as_seen(app: &House, id: Uuid, seen: Option<i64>) -> Result<CampaignLine, Error> {
    let line = find(app, id).await?;
    if seen.is_some_and(|version| version != line.version) {
        return Err(overtaken());
    }
    Ok(line)
}

/// Somebody else was faster.
#[must_use]
pub fn overtaken() -> Error {
    Error::Conflict("somebody else changed the campaign meanwhile: look again".to_owned())
}

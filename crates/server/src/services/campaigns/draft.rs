//! A draft: made, changed as often as somebody likes, and never changed once its audience is drawn or it began.

use campaign::state::State;
use consent::event::StaffAct;
use store::{
    campaign::{CampaignChange, CampaignLine, ListLine},
    pool::Tx,
};
use uuid::Uuid;

use super::{
    acts,
    audience::Listed,
    body::{CampaignAnswer, CampaignBody, Counts},
    plan,
};
use crate::{
    app::{App, House},
    error::Error,
    services::keys::staff_event,
};

/// Addresses that are written at one time.
const LINES: usize = 5_000;
/// The same, as the store counts them.
const PAGE: u32 = 5_000;

/// Makes a campaign: a draft, which sends nothing before it is started.
///
/// # Errors
/// [`Error::Invalid`] naming the field; when the database does not answer.
pub async fn create(app: &App, body: &CampaignBody, actor: &str) -> Result<CampaignAnswer, Error> {
    let read = plan::read(app, body).await?;
    let now = app.clock.now();
    let line = CampaignLine {
        id: app.clock.id(),
        name: read.name,
        state: State::Draft.name().to_owned(),
        spec: read.plan.text()?,
        version: 1,
        created: now,
        created_by: actor.to_owned(),
        approved_by: None,
        approved: None,
        start: read.start,
        started: None,
        drawn: None,
        ended: None,
        why: None,
        cursor: String::new(),
        total: 0,
        changed: now,
    };
    let mut tx = app.store.begin().await?;
    tx.put_campaign(&line).await?;
    match read.list_of {
        Some(other) => copy_list(app, &mut tx, other, line.id).await?,
        None => keep_list(&mut tx, line.id, &read.listed).await?,
    }
    let note = format!("{} made", line.id);
    staff_event(app, &mut tx, StaffAct::CampaignChanged, actor, &note).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    super::answer(&line, Some(Counts::default()))
}

/// Changes a draft: everything that it is to do is as the body says then. An approval was one of what it was before, and falls away.
/// With `seen` only if it still has that version.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Conflict`] when it is no draft any more, its audience is drawn, or somebody else was faster;
/// [`Error::Invalid`] naming the field; when the database does not answer.
pub async fn change(
    app: &App,
    (id, seen): (Uuid, Option<i64>),
    body: &CampaignBody,
    actor: &str,
) -> Result<CampaignAnswer, Error> {
    let line = open(app, id).await?;
    if seen.is_some_and(|version| version != line.version) {
        return Err(acts::overtaken());
    }
    let mut read = plan::read(app, body).await?;
    read.plan.changed_by = Some(actor.to_owned());
    let now = app.clock.now();
    let change = CampaignChange {
        name: read.name,
        spec: read.plan.text()?,
        start: read.start,
        approved_by: None,
        approved: None,
        ..acts::change_of(&line, now)
    };
    let mut tx = app.store.begin().await?;
    if !tx.change_campaign(id, line.version, &change).await? {
        return Err(acts::overtaken());
    }
    if tx.draw_began(id).await? {
        return Err(drawn());
    }
    if read.list_of != Some(id) {
        tx.drop_list(id).await?;
        match read.list_of {
            Some(other) => copy_list(app, &mut tx, other, id).await?,
            None => keep_list(&mut tx, id, &read.listed).await?,
        }
    }
    let note = format!("{id} changed");
    staff_event(app, &mut tx, StaffAct::CampaignChanged, actor, &note).await?;
    match tx.commit().await {
        Ok(()) => {}
        Err(conflict) if conflict.is_conflict() => return Err(acts::overtaken()),
        Err(other) => return Err(other.into()),
    }
    app.bell.log.notify_one();
    super::show(app, id).await
}

/// A draft that can be changed.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Conflict`] with what keeps it from being changed; when the database does not answer.
pub async fn open(app: &House, id: Uuid) -> Result<CampaignLine, Error> {
    let line = acts::find(app, id).await?;
    if line.state != State::Draft.name() {
        return Err(Error::Conflict(format!(
            "the campaign is {}: only a draft is changed",
            line.state
        )));
    }
    if line.drawn.is_some() || !line.cursor.is_empty() {
        return Err(drawn());
    }
    Ok(line)
}

fn drawn() -> Error {
    Error::Conflict(
        "the audience of this draft is drawn already: make a copy, and change that".to_owned(),
    )
}

/// Keeps the addresses that were given.
async fn keep_list(tx: &mut Tx, id: Uuid, listed: &[Listed]) -> Result<(), Error> {
    for (part, listed) in listed.chunks(LINES).enumerate() {
        let lines: Vec<ListLine> = (part * LINES..)
            .zip(listed)
            .map(|(place, one)| ListLine {
                place: i64::try_from(place).unwrap_or(i64::MAX),
                address: one.address.clone(),
                extra: (!one.own.is_empty())
                    .then(|| serde_json::to_string(&one.own).unwrap_or_default()),
            })
            .collect();
        tx.put_list(id, &lines).await?;
    }
    Ok(())
}

/// Keeps the addresses that were given for another campaign.
async fn copy_list(app: &House, tx: &mut Tx, from: Uuid, to: Uuid) -> Result<(), Error> {
    let mut last = -1;
    loop {
        let lines = app.store.list_page(from, last, PAGE).await?;
        let Some(end) = lines.last() else {
            return Ok(());
        };
        last = end.place;
        tx.put_list(to, &lines).await?;
    }
}

//! Journeys: written, published, stopped, and how far each person is. What happens next is a function of the crate `journey`; here it
//! is told what happened, its answer is kept, and what it wants done is done once.

pub mod body;
mod call;
mod checks;
pub mod dates;
pub mod drive;
mod errand;
pub mod event;
mod letter;
mod library;
mod person;
mod pump;
mod rehearsal;
mod series;
mod show;
mod trial;
mod turn;
pub mod way;

use consent::event::StaffAct;
use graph::template::Shape;
use journey::{definition::Definition, fault::Fault};
use store::journey::{JourneyLine, State, run};
use uuid::Uuid;

use self::body::{
    CountsAnswer, FaultAnswer, JourneyAnswer, RehearsalAnswer, RunAnswer, RunDetail, ScriptBody,
    VersionAnswer,
};
use crate::{
    app::{App, House},
    clock,
    error::Error,
    services::keys::staff_event,
};

/// Ways that are ended in one transaction, when everybody is taken out.
const LEAVE_PAGE: u32 = 200;

/// A journey, or everything that is wrong with what was written.
pub type Written = Result<JourneyAnswer, Vec<FaultAnswer>>;

/// A page of journeys, newest first: those after one, so many at the most.
///
/// # Errors
/// When the database does not answer.
pub async fn list(
    app: &House,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<JourneyAnswer>, Error> {
    let lines = app.store.journeys(after, limit).await?;
    Ok(lines.iter().map(|line| answer(line, None)).collect())
}

/// One journey, with how many people stand how.
///
/// # Errors
/// [`Error::NotFound`]; when the database does not answer.
pub async fn show(app: &House, id: Uuid) -> Result<JourneyAnswer, Error> {
    let line = find(app, id).await?;
    let mut counts = CountsAnswer::default();
    for (_, state, count) in app.store.count_runs(id).await? {
        counts.add(state, count);
    }
    Ok(answer(&line, Some(counts)))
}

/// The row of a journey.
///
/// # Errors
/// [`Error::NotFound`]; when the database does not answer.
pub async fn find(app: &House, id: Uuid) -> Result<JourneyLine, Error> {
    let line = app.store.journey(id).await?;
    line.ok_or(Error::NotFound("journey"))
}

/// Makes a journey out of a definition, as JSON: a draft, which nobody enters before it is published.
///
/// # Errors
/// When the database does not answer. What is wrong with the definition is an answer.
pub async fn create(app: &App, definition: &str, actor: &str) -> Result<Written, Error> {
    let definition = match Definition::read(definition) {
        Ok(definition) => definition,
        Err(faults) => return Ok(Err(told(&faults))),
    };
    let line = JourneyLine {
        id: app.clock.id(),
        name: definition.head().name.clone(),
        state: State::Draft,
        draft: definition.write(),
        version: 0,
        changed: app.clock.now(),
        changed_by: actor.to_owned(),
        cas: 0,
    };
    let mut tx = app.store.begin().await?;
    tx.put_journey(&line).await?;
    note(app, &mut tx, actor, &format!("{} made", line.id)).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    show(app, line.id).await.map(Ok)
}

/// Keeps a new draft, if nobody changed the journey since it had the count `cas`.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Conflict`] when somebody did; when the database does not answer. What is wrong with the definition
/// is an answer.
pub async fn save(
    app: &App,
    (id, cas): (Uuid, i64),
    definition: &str,
    actor: &str,
) -> Result<Written, Error> {
    let definition = match Definition::read(definition) {
        Ok(definition) => definition,
        Err(faults) => return Ok(Err(told(&faults))),
    };
    let line = JourneyLine {
        name: definition.head().name.clone(),
        draft: definition.write(),
        ..find(app, id).await?
    };
    change(app, (&line, cas), actor, "draft changed").await?;
    show(app, id).await.map(Ok)
}

/// Publishes the draft as the next version, if nobody changed the journey since it had the count `cas`: from now on people enter by it.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Conflict`] when somebody did; when the database does not answer. What keeps it from being published
/// is an answer.
pub async fn publish(app: &App, (id, cas): (Uuid, i64), actor: &str) -> Result<Written, Error> {
    let line = find(app, id).await?;
    let definition = library::read(&line.draft)?;
    let faults = checks::run(app, &definition).await?;
    if !faults.is_empty() {
        return Ok(Err(faults));
    }
    let mut tx = app.store.begin().await?;
    let at = (app.clock.now(), actor);
    let Some(version) = tx.publish((id, cas), &line.draft, at).await? else {
        return Err(overtaken());
    };
    if line.state != State::Live {
        dates::begin(&mut tx, id, app.clock.now()).await?;
    }
    note(
        app,
        &mut tx,
        actor,
        &format!("{id} published as version {version}"),
    )
    .await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    app.bell.journeys.notify_one();
    show(app, id).await.map(Ok)
}

/// Everything that keeps the draft from being published.
///
/// # Errors
/// [`Error::NotFound`]; when the database does not answer.
pub async fn faults(app: &App, id: Uuid) -> Result<Vec<FaultAnswer>, Error> {
    let line = find(app, id).await?;
    checks::run(app, &library::read(&line.draft)?).await
}

/// Everything that keeps the version that people enter by from being walked through now, as a template that was deleted; nothing of a
/// journey that is not live.
///
/// # Errors
/// When the database does not answer.
pub async fn ails(app: &App, journey: &JourneyAnswer) -> Result<Vec<FaultAnswer>, Error> {
    if journey.state != State::Live.word() {
        return Ok(Vec::new());
    }
    let id = Uuid::parse_str(&journey.id).unwrap_or_default();
    match app.store.journey_version(id, journey.version).await? {
        Some(line) => checks::run(app, &library::read(&line.definition)?).await,
        None => Ok(Vec::new()),
    }
}

/// A template that a step can send, or that one sends.
#[derive(Debug, Clone)]
pub struct Sendable {
    /// Its name.
    pub name: String,
    /// Its language, as in `en_US`.
    pub language: String,
    /// Whether it can be sent by a step.
    pub is_fit: bool,
    /// What it says.
    pub shape: Shape,
}

impl Sendable {
    /// The names of the variables that it wants of a step, where the step gives these.
    #[must_use]
    pub fn variables(&self, given: &[&str]) -> Vec<String> {
        letter::wanted(&self.shape, given)
    }
}

/// The templates of the account that a journey sends from.
///
/// # Errors
/// When the database does not answer.
pub async fn templates(app: &App, definition: &Definition) -> Result<Vec<Sendable>, Error> {
    let account = checks::account(app, definition);
    let lines = app.store.templates().await?.into_iter();
    let own = lines.filter(|line| line.account == account);
    let all = own.map(|line| Sendable {
        is_fit: checks::is_fit(&line),
        shape: Shape::of(&line.components),
        name: line.name,
        language: line.language,
    });
    Ok(all.collect())
}

/// Lets nobody enter any more. Who is inside goes on.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Conflict`] when it is not live; when the database does not answer.
pub async fn stop(app: &App, id: Uuid, actor: &str) -> Result<JourneyAnswer, Error> {
    let line = find(app, id).await?;
    if line.state != State::Live {
        return Err(Error::Conflict(
            "the journey is not live: nobody enters it".to_owned(),
        ));
    }
    let stopped = JourneyLine {
        state: State::Stopped,
        ..line
    };
    change(app, (&stopped, stopped.cas), actor, "stopped").await?;
    show(app, id).await
}

/// Takes everybody out of a journey, and cancels what was queued. Gives how many were inside.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Conflict`] while it is live: others would enter meanwhile; when the database does not answer.
pub async fn leave(app: &App, id: Uuid, actor: &str) -> Result<u64, Error> {
    if find(app, id).await?.state == State::Live {
        let say = "the journey is live, and others would enter meanwhile: stop it first";
        return Err(Error::Conflict(say.to_owned()));
    }
    let mut after = None;
    let mut count = 0;
    loop {
        let lines = app.store.runs(id, after, LEAVE_PAGE).await?;
        let Some(last) = lines.last() else { break };
        after = Some(last.id);
        let mut batch = turn::what::Batch::new();
        for line in lines
            .iter()
            .filter(|line| line.state == run::State::Running)
        {
            let all = batch.entry(line.contact).or_default();
            all.push(turn::what::What::Emptied(line.id));
            count += 1;
        }
        turn::take(app, &batch).await?;
    }
    let mut tx = app.store.begin().await?;
    note(app, &mut tx, actor, &format!("{id} emptied of {count}")).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    Ok(count)
}

/// Every version, the newest first, with how many people are inside.
///
/// # Errors
/// [`Error::NotFound`]; when the database does not answer.
pub async fn versions(app: &House, id: Uuid) -> Result<Vec<VersionAnswer>, Error> {
    find(app, id).await?;
    let counts = app.store.count_runs(id).await?;
    let inside = |version: i64| {
        let running = run::State::Running;
        let of = counts
            .iter()
            .filter(|(of, state, _)| (*of, *state) == (version, running));
        of.map(|(_, _, count)| *count).sum()
    };
    let lines = app.store.journey_versions(id).await?;
    let lines = lines.into_iter().map(|line| VersionAnswer {
        version: line.version,
        definition: body::json(&line.definition),
        published_at: clock::rfc3339(line.published),
        published_by: line.published_by,
        inside: inside(line.version),
    });
    Ok(lines.collect())
}

/// A page of the ways that people took through a journey, newest first.
///
/// # Errors
/// [`Error::NotFound`]; when the database does not answer.
pub async fn runs(
    app: &House,
    id: Uuid,
    (after, limit): (Option<Uuid>, u32),
) -> Result<Vec<RunAnswer>, Error> {
    find(app, id).await?;
    let lines = app.store.runs(id, after, limit).await?;
    show::runs(app, &lines).await
}

/// One person's way through a journey, step by step, with the error that stopped it.
///
/// # Errors
/// [`Error::NotFound`]; when the database does not answer.
pub async fn run(app: &House, id: Uuid, run: Uuid) -> Result<RunDetail, Error> {
    // A page that begins just before it, and ends with it.
    let after = Uuid::from_u128(run.as_u128().saturating_add(1));
    let mut lines = app.store.runs(id, Some(after), 1).await?;
    let line = lines.pop().filter(|line| line.id == run);
    let line = line.ok_or(Error::NotFound("run"))?;
    show::detail(app, &line).await
}

/// Tries the draft out, or a version: a script of what happens, with a clock that steps. Nothing is sent and nothing is kept.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Invalid`] naming the place in the script; when the database does not answer.
pub async fn rehearse(
    app: &House,
    id: Uuid,
    script: &ScriptBody,
) -> Result<RehearsalAnswer, Error> {
    let line = find(app, id).await?;
    let text = match script.version {
        None => line.draft,
        Some(version) => {
            let version = app.store.journey_version(id, version).await?;
            version.ok_or(Error::NotFound("version"))?.definition
        }
    };
    rehearsal::run(app, &library::read(&text)?, script).await
}

/// A journey as answers say it.
fn answer(line: &JourneyLine, counts: Option<CountsAnswer>) -> JourneyAnswer {
    JourneyAnswer {
        id: line.id.to_string(),
        name: line.name.clone(),
        state: line.state.word(),
        version: line.version,
        draft: body::json(&line.draft),
        counts,
        changed_at: clock::rfc3339(line.changed),
        changed_by: line.changed_by.clone(),
        cas: line.cas,
    }
}

fn told(faults: &[Fault]) -> Vec<FaultAnswer> {
    faults.iter().map(FaultAnswer::of).collect()
}

async fn change(
    app: &App,
    (line, cas): (&JourneyLine, i64),
    actor: &str,
    what: &str,
) -> Result<(), Error> {
    let line = JourneyLine {
        changed: app.clock.now(),
        changed_by: actor.to_owned(),
        cas,
        ..line.clone()
    };
    let mut tx = app.store.begin().await?;
    if !tx.change_journey(&line).await? {
        return Err(overtaken());
    }
    note(app, &mut tx, actor, &format!("{} {what}", line.id)).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    Ok(())
}

fn overtaken() -> Error {
    Error::Conflict("somebody else changed the journey meanwhile: look at it again".to_owned())
}

async fn note(app: &App, tx: &mut store::pool::Tx, actor: &str, note: &str) -> Result<(), Error> {
    staff_event(app, tx, StaffAct::JourneyChanged, actor, note).await
}

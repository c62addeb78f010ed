//! Runs: how far each person is in a journey, with each step that they took.

use consent::{id::ContactId, time::Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::effect::EffectLine;
use crate::{
    codec,
    error::{StoreError, corrupt},
    later::Arg,
    list::{List, before, clean, hex, last_of_each},
    pool::{Store, Tx, on_pool, on_tx},
};

/// Whether somebody is still inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Yes.
    Running,
    /// They came to an end.
    Ended,
    /// They were taken out: they said no, or were found to be somebody who is inside already.
    Left,
    /// A step could not be taken.
    Failed,
    /// The gate refused a step.
    Refused,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 5] = [
        Self::Running,
        Self::Ended,
        Self::Left,
        Self::Failed,
        Self::Refused,
    ];

    /// The word used in JSON and tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Ended => "ended",
            Self::Left => "left",
            Self::Failed => "failed",
            Self::Refused => "refused",
        }
    }

    /// Reads [`State::word`].
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// One person's way through a journey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunLine {
    /// Whose.
    pub contact: ContactId,
    /// Its id; time-ordered.
    pub id: Uuid,
    /// Through which journey.
    pub journey: Uuid,
    /// The version that they entered with.
    pub version: i64,
    /// Whether they are still inside.
    pub state: State,
    /// Where they are and what is remembered of them, as JSON of the caller's.
    pub memory: String,
    /// When something is to be done next; none while they wait for something to happen.
    pub due: Option<Timestamp>,
    /// When they entered.
    pub entered: Timestamp,
    /// When they came to an end, left or failed.
    pub ended: Option<Timestamp>,
    /// Why they left or failed.
    pub why: Option<String>,
    /// Rises with each change.
    pub cas: i64,
}

/// A step that somebody took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitLine {
    /// Who.
    pub contact: ContactId,
    /// In which run.
    pub run: Uuid,
    /// The how-manieth of the run, from the caller.
    pub place: i64,
    /// Which step of the definition.
    pub step: String,
    /// When.
    pub at: Timestamp,
    /// How it came out, in a word.
    pub result: String,
    /// The error that stopped it, or another remark.
    pub note: Option<String>,
}

/// A run as it is to be, with what came with the change.
#[derive(Debug, Clone, Copy)]
pub struct Save<'a> {
    /// The run; its `cas` is the one that the caller saw.
    pub run: &'a RunLine,
    /// The steps that were taken.
    pub visits: &'a [VisitLine],
    /// What they want done.
    pub effects: &'a [EffectLine],
}

#[derive(sqlx::FromRow)]
struct Row {
    contact_id: Vec<u8>,
    id: Vec<u8>,
    journey_id: Vec<u8>,
    version: i64,
    state: String,
    memory: String,
    due_ms: Option<i64>,
    entered_ms: i64,
    ended_ms: Option<i64>,
    why: Option<String>,
    cas: i64,
}

type VisitRow = (Vec<u8>, Vec<u8>, i64, String, i64, String, Option<String>);

macro_rules! select_run {
    ($rest:literal) => {
        concat!(
            "select contact_id, id, journey_id, version, state, memory, due_ms, entered_ms, ended_ms, why, cas from journey_run ",
            $rest
        )
    };
}

impl Store {
    /// A page of the runs through a journey, newest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn runs(
        &self,
        journey: Uuid,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<RunLine>, StoreError> {
        let sql = select_run!("where journey_id = $1 and id < $2 order by id desc limit $3");
        let rows: Vec<Row> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(journey.as_bytes().to_vec()).bind(before(after)).bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter().map(RunLine::try_from).collect()
    }

    /// How many runs through a journey stand how, by version.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn count_runs(&self, journey: Uuid) -> Result<Vec<(i64, State, i64)>, StoreError> {
        let sql = "select version, state, count(*) from journey_run where journey_id = $1 \
                   group by version, state order by version, state";
        let id = journey.as_bytes().to_vec();
        let rows: Vec<(i64, String, i64)> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(id).fetch_all(pool).await?);
        let read =
            |(version, state, count): (i64, String, i64)| Ok((version, read_state(&state)?, count));
        rows.into_iter().map(read).collect()
    }

    /// One run.
    ///
    /// # Errors
    /// When the database does not answer or the row makes no sense.
    pub async fn run(&self, contact: ContactId, id: Uuid) -> Result<Option<RunLine>, StoreError> {
        let sql = select_run!("where contact_id = $1 and id = $2");
        let (contact, id) = (contact.get().as_bytes().to_vec(), id.as_bytes().to_vec());
        let row: Option<Row> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(contact).bind(id).fetch_optional(pool).await?);
        row.map(RunLine::try_from).transpose()
    }

    /// The runs of a contact, newest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn runs_of(
        &self,
        contact: ContactId,
        limit: u32,
    ) -> Result<Vec<RunLine>, StoreError> {
        let sql = select_run!("where contact_id = $1 order by id desc limit $2");
        let id = contact.get().as_bytes().to_vec();
        let rows: Vec<Row> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(id).bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter().map(RunLine::try_from).collect()
    }

    /// The runs of these contacts that are not over, oldest first: whom something that happened may move.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn running(&self, contacts: &[ContactId]) -> Result<Vec<RunLine>, StoreError> {
        // The state goes through a function: of single people the primary key is the way in, and not the index of states.
        let sql = select_run!(
            "where contact_id in (select unhex(r.value ->> 'c') from jsonb_each($1) as r) \
             and coalesce(state, '') = 'running' order by id"
        );
        let list = List::of(contacts.iter().map(|id| json!({ "c": hex(id.get()) })));
        let rows: Vec<Row> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(list.text()).fetch_all(pool).await?);
        rows.into_iter().map(RunLine::try_from).collect()
    }

    /// Runs in which something is to be done, the longest due first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn due_runs(&self, now: Timestamp, limit: u32) -> Result<Vec<RunLine>, StoreError> {
        let sql = select_run!("where state = 'running' and due_ms <= $1 order by due_ms limit $2");
        let rows: Vec<Row> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(now.millis()).bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter().map(RunLine::try_from).collect()
    }

    /// The steps of a run, in order.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn visits(
        &self,
        contact: ContactId,
        run: Uuid,
    ) -> Result<Vec<VisitLine>, StoreError> {
        let sql = "select contact_id, run_id, place, step, at_ms, result, note from journey_visit \
                   where contact_id = $1 and run_id = $2 order by place";
        let (contact, run) = (contact.get().as_bytes().to_vec(), run.as_bytes().to_vec());
        let rows: Vec<VisitRow> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(contact).bind(run).fetch_all(pool).await?);
        rows.into_iter().map(visit).collect()
    }
}

impl Tx {
    /// For each of these contacts who entered a journey before: when they last did, and whether they are still inside.
    ///
    /// Ask it behind [`Tx::lock`]: two nodes may have seen the same thing happen.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn entered_before(
        &mut self,
        journey: Uuid,
        contacts: &[ContactId],
    ) -> Result<Vec<(ContactId, Timestamp, bool)>, StoreError> {
        let sql = "select contact_id, max(entered_ms), count(case when state = 'running' then 1 end) from journey_run \
                   where contact_id in (select unhex(r.value ->> 'c') from jsonb_each($1) as r) \
                   and coalesce(journey_id, contact_id) = $2 group by contact_id order by contact_id";
        let list = List::of(contacts.iter().map(|id| json!({ "c": hex(id.get()) })));
        let journey = journey.as_bytes().to_vec();
        let rows: Vec<(Vec<u8>, i64, i64)> = on_tx!(self, conn => sqlx::query_as(sql)
            .bind(list.text()).bind(journey).fetch_all(conn).await?);
        let read = |(id, at, inside): (Vec<u8>, i64, i64)| {
            let contact = ContactId::new(codec::uuid(&id)?);
            Ok((contact, Timestamp::from_millis(at), inside > 0))
        };
        rows.into_iter().map(read).collect()
    }

    /// Begins runs. One that is there already stays as it is.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn enter(&mut self, runs: &[RunLine]) -> Result<(), StoreError> {
        if runs.is_empty() {
            return Ok(());
        }
        let sql = "insert into journey_run (contact_id, id, journey_id, version, state, memory, due_ms, entered_ms, ended_ms, why, cas) \
                   select unhex(r.value ->> 'c'), unhex(r.value ->> 'id'), unhex(r.value ->> 'j'), cast(r.value ->> 'v' as bigint), \
                   r.value ->> 's', r.value ->> 'm', cast(r.value ->> 'due' as bigint), cast(r.value ->> 'in' as bigint), \
                   cast(r.value ->> 'out' as bigint), r.value ->> 'y', cast(r.value ->> 'cas' as bigint) from jsonb_each($1) as r \
                   where true on conflict (contact_id, id) do nothing";
        let list = List::of(runs.iter().map(value));
        self.later(sql, vec![list.into()]).await
    }

    /// Writes runs with the steps that were taken and what they want done, each only if nobody changed it since the caller saw it.
    /// Gives those that were written. Who entered, which journey and which version stay.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn save_runs(&mut self, saves: &[Save<'_>]) -> Result<Vec<Uuid>, StoreError> {
        if saves.is_empty() {
            return Ok(vec![]);
        }
        let sql = "update journey_run set state = r.value ->> 's', memory = r.value ->> 'm', \
                   due_ms = cast(r.value ->> 'due' as bigint), ended_ms = cast(r.value ->> 'out' as bigint), why = r.value ->> 'y', \
                   cas = journey_run.cas + 1 from jsonb_each($1) as r where journey_run.contact_id = unhex(r.value ->> 'c') \
                   and journey_run.id = unhex(r.value ->> 'id') and journey_run.cas = cast(r.value ->> 'cas' as bigint) \
                   returning journey_run.id";
        let saves = last_of_each(saves, |save| (save.run.contact, save.run.id));
        let list = List::of(saves.iter().map(|save| value(save.run)));
        let rows: Vec<(Vec<u8>,)> =
            on_tx!(self, conn => sqlx::query_as(sql).bind(list.text()).fetch_all(conn).await?);
        let done: Result<Vec<Uuid>, _> = rows.iter().map(|(id,)| codec::uuid(id)).collect();
        let done = done?;
        let written = |save: &&&Save<'_>| done.contains(&save.run.id);
        // Lists, not iterators: a future that holds closures could not go from one thread to another.
        let mut visits: Vec<&VisitLine> = Vec::new();
        let mut effects: Vec<&EffectLine> = Vec::new();
        for save in saves.iter().filter(written) {
            visits.extend(save.visits);
            effects.extend(save.effects);
        }
        self.add_visits(&visits).await?;
        self.add_effects(&effects).await?;
        Ok(done)
    }

    /// [`Tx::save_runs`] for one. Says whether it was written.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn save_run(&mut self, save: Save<'_>) -> Result<bool, StoreError> {
        let done = self.save_runs(&[save]).await?;
        Ok(done.contains(&save.run.id))
    }

    async fn add_visits(&mut self, visits: &[&VisitLine]) -> Result<(), StoreError> {
        let sql = "insert into journey_visit (contact_id, run_id, place, step, at_ms, result, note) \
                   select unhex(r.value ->> 'c'), unhex(r.value ->> 'run'), cast(r.value ->> 'p' as bigint), r.value ->> 's', \
                   cast(r.value ->> 'at' as bigint), r.value ->> 'r', r.value ->> 'n' from jsonb_each($1) as r \
                   where true on conflict (contact_id, run_id, place) do nothing";
        if visits.is_empty() {
            return Ok(());
        }
        let list = List::of(visits.iter().map(|visit| {
            json!({ "c": hex(visit.contact.get()), "run": hex(visit.run), "p": visit.place, "s": visit.step,
                    "at": visit.at.millis(), "r": visit.result, "n": visit.note })
        }));
        self.later(sql, vec![list.into()]).await
    }

    /// Puts off what is due of a contact until a time, so that others are looked at.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn put_off_runs(
        &mut self,
        contact: ContactId,
        (now, until): (Timestamp, Timestamp),
    ) -> Result<(), StoreError> {
        let sql = "update journey_run set due_ms = $3 \
                   where contact_id = $1 and coalesce(state, '') = 'running' and due_ms <= $2";
        let id = contact.get().as_bytes().to_vec();
        on_tx!(self, conn => { sqlx::query(sql).bind(id).bind(now.millis()).bind(until.millis()).execute(conn).await?; });
        Ok(())
    }

    /// Takes these contacts out of every journey that they are in, and cancels what was to be done in them.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn leave_all(
        &mut self,
        contacts: &[ContactId],
        why: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        if contacts.is_empty() {
            return Ok(());
        }
        let leave = "update journey_run set state = 'left', due_ms = null, ended_ms = $3, why = $2, cas = cas + 1 \
                     where contact_id in (select unhex(r.value ->> 'c') from jsonb_each($1) as r) and coalesce(state, '') = 'running'";
        let cancel = "update journey_effect set state = 'cancelled', outcome = $2 \
                      where contact_id in (select unhex(r.value ->> 'c') from jsonb_each($1) as r) and coalesce(state, '') = 'waiting'";
        let list = List::of(contacts.iter().map(|id| json!({ "c": hex(id.get()) }))).into_text();
        let why = Arg::Text(clean(why).into_owned());
        let args = vec![
            Arg::Text(list.clone()),
            why.clone(),
            Arg::Number(at.millis()),
        ];
        self.later(leave, args).await?;
        self.later(cancel, vec![Arg::Text(list), why]).await
    }

    /// Takes the journeys of a contact over to whoever the contact was found to be. Nobody is twice inside one: where both are, the
    /// contact leaves it here.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn move_runs(
        &mut self,
        (from, to): (ContactId, ContactId),
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let leave = "update journey_run set state = 'left', due_ms = null, ended_ms = $3, why = 'merged', cas = cas + 1 \
                     where contact_id = $1 and state = 'running' and journey_id in \
                     (select o.journey_id from journey_run o where o.contact_id = $2 and o.state = 'running')";
        let cancel = "update journey_effect set state = 'cancelled', outcome = 'merged' \
                      where contact_id = $1 and state = 'waiting' and run_id in \
                      (select o.id from journey_run o where o.contact_id = $1 and o.state = 'left' and o.why = 'merged')";
        let copies = [
            "insert into journey_run (contact_id, id, journey_id, version, state, memory, due_ms, entered_ms, ended_ms, why, cas) \
             select $2, o.id, o.journey_id, o.version, o.state, o.memory, o.due_ms, o.entered_ms, o.ended_ms, o.why, o.cas + 1 \
             from journey_run o where o.contact_id = $1",
            "insert into journey_visit (contact_id, run_id, place, step, at_ms, result, note) \
             select $2, o.run_id, o.place, o.step, o.at_ms, o.result, o.note from journey_visit o where o.contact_id = $1",
            "insert into journey_effect (contact_id, id, key, run_id, kind, body, state, tries, due_ms, attempt_id, outcome) \
             select $2, o.id, o.key, o.run_id, o.kind, o.body, o.state, o.tries, o.due_ms, o.attempt_id, o.outcome \
             from journey_effect o where o.contact_id = $1",
        ];
        let drops = [
            "delete from journey_run where contact_id = $1",
            "delete from journey_visit where contact_id = $1",
            "delete from journey_effect where contact_id = $1",
        ];
        let (from, to) = (from.get().as_bytes().to_vec(), to.get().as_bytes().to_vec());
        on_tx!(self, conn => { sqlx::query(leave).bind(&from).bind(&to).bind(at.millis()).execute(conn).await?; });
        on_tx!(self, conn => { sqlx::query(cancel).bind(&from).execute(conn).await?; });
        for sql in copies {
            on_tx!(self, conn => { sqlx::query(sql).bind(&from).bind(&to).execute(conn).await?; });
        }
        for sql in drops {
            on_tx!(self, conn => { sqlx::query(sql).bind(&from).execute(conn).await?; });
        }
        Ok(())
    }
}

fn value(run: &RunLine) -> serde_json::Value {
    json!({ "c": hex(run.contact.get()), "id": hex(run.id), "j": hex(run.journey), "v": run.version, "s": run.state.word(),
            "m": run.memory, "due": run.due.map(Timestamp::millis), "in": run.entered.millis(),
            "out": run.ended.map(Timestamp::millis), "y": run.why, "cas": run.cas })
}

fn read_state(word: &str) -> Result<State, StoreError> {
    State::read(word).ok_or_else(|| corrupt("state of a run", word))
}

fn visit((contact, run, place, step, at, result, note): VisitRow) -> Result<VisitLine, StoreError> {
    Ok(VisitLine {
        contact: ContactId::new(codec::uuid(&contact)?),
        run: codec::uuid(&run)?,
        place,
        step,
        at: Timestamp::from_millis(at),
        result,
        note,
    })
}

impl TryFrom<Row> for RunLine {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            contact: ContactId::new(codec::uuid(&row.contact_id)?),
            id: codec::uuid(&row.id)?,
            journey: codec::uuid(&row.journey_id)?,
            version: row.version,
            state: read_state(&row.state)?,
            memory: row.memory,
            due: row.due_ms.map(Timestamp::from_millis),
            entered: Timestamp::from_millis(row.entered_ms),
            ended: row.ended_ms.map(Timestamp::from_millis),
            why: row.why,
            cas: row.cas,
        })
    }
}

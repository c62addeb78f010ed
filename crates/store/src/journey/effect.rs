//! Effects: what a step of a journey wants done, written with the step, so that it is done once and never twice.

use consent::{
    id::{AttemptId, ContactId},
    time::Timestamp,
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    codec,
    error::{StoreError, corrupt},
    list::{List, hex, last_of_each, maybe_hex},
    pool::{Store, Tx, on_pool, on_tx},
};

/// Whether something was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Not yet, or it is to be tried again.
    Waiting,
    /// Somebody has taken it.
    Doing,
    /// Yes.
    Done,
    /// It could not be, and is not tried again.
    Failed,
    /// It is not wanted any more.
    Cancelled,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 5] = [
        Self::Waiting,
        Self::Doing,
        Self::Done,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The word used in JSON and tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Doing => "doing",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads [`State::word`].
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// Something to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectLine {
    /// For whom.
    pub contact: ContactId,
    /// Its id.
    pub id: Uuid,
    /// What it is, once in its run: a second one with the same key is not kept.
    pub key: String,
    /// In which run.
    pub run: Uuid,
    /// What kind of thing.
    pub kind: String,
    /// What exactly, as JSON of the caller's.
    pub body: String,
    /// Whether it was done.
    pub state: State,
    /// How often it was tried, as the caller counts.
    pub tries: i64,
    /// When it is to be done; once it is taken, when it was.
    pub due: Timestamp,
    /// The attempt, where it sends.
    pub attempt: Option<AttemptId>,
    /// What came of it, or why not.
    pub outcome: Option<String>,
}

/// Something to be taken, with the reservation of its attempt where it sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Take {
    /// For whom.
    pub contact: ContactId,
    /// Which.
    pub id: Uuid,
    /// The attempt, where it sends.
    pub attempt: Option<AttemptId>,
    /// When.
    pub at: Timestamp,
}

/// How something came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// For whom.
    pub contact: ContactId,
    /// Which.
    pub id: Uuid,
    /// The attempt, where it sent: it must be the last.
    pub attempt: Option<AttemptId>,
    /// Whether it was done. [`State::Waiting`] with `due`: it is tried again.
    pub state: State,
    /// What came of it, or why not.
    pub outcome: Option<String>,
    /// When it is tried again; otherwise the old time stays.
    pub due: Option<Timestamp>,
    /// How often it was tried now.
    pub tries: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    contact_id: Vec<u8>,
    id: Vec<u8>,
    key: String,
    run_id: Vec<u8>,
    kind: String,
    body: String,
    state: String,
    tries: i64,
    due_ms: i64,
    attempt_id: Option<Vec<u8>>,
    outcome: Option<String>,
}

macro_rules! select_effect {
    ($rest:literal) => {
        concat!(
            "select contact_id, id, key, run_id, kind, body, state, tries, due_ms, attempt_id, outcome from journey_effect ",
            $rest
        )
    };
}

impl Store {
    /// What is to be done, the longest due first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn due_effects(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<EffectLine>, StoreError> {
        let sql =
            select_effect!("where state = 'waiting' and due_ms <= $1 order by due_ms limit $2");
        let rows: Vec<Row> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(now.millis()).bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter().map(EffectLine::try_from).collect()
    }

    /// What was taken before `before` and never settled, as after a crash. Whether it was done says the message of its attempt, or
    /// nobody.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn stuck_effects(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<EffectLine>, StoreError> {
        let sql = select_effect!("where state = 'doing' and due_ms < $1 order by due_ms limit $2");
        let rows: Vec<Row> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(before.millis()).bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter().map(EffectLine::try_from).collect()
    }

    /// All that a run wanted done, in the order of their ids.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn effects(
        &self,
        contact: ContactId,
        run: Uuid,
    ) -> Result<Vec<EffectLine>, StoreError> {
        let sql = select_effect!("where contact_id = $1 and run_id = $2 order by id");
        let (contact, run) = (contact.get().as_bytes().to_vec(), run.as_bytes().to_vec());
        let rows: Vec<Row> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(contact).bind(run).fetch_all(pool).await?);
        rows.into_iter().map(EffectLine::try_from).collect()
    }

    /// What these attempts were made for. Attempts that are of no journey are left out.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn effects_of(
        &self,
        attempts: &[(ContactId, AttemptId)],
    ) -> Result<Vec<EffectLine>, StoreError> {
        let sql = "select e.contact_id, e.id, e.key, e.run_id, e.kind, e.body, e.state, e.tries, e.due_ms, e.attempt_id, e.outcome \
                   from journey_effect e join jsonb_each($1) as r on e.contact_id = unhex(r.value ->> 'c') \
                   and e.attempt_id = unhex(r.value ->> 'a')";
        let list =
            List::of(attempts.iter().map(
                |(contact, attempt)| json!({ "c": hex(contact.get()), "a": hex(attempt.get()) }),
            ));
        let rows: Vec<Row> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(list.text()).fetch_all(pool).await?);
        rows.into_iter().map(EffectLine::try_from).collect()
    }
}

impl Tx {
    pub(super) async fn add_effects(&mut self, effects: &[&EffectLine]) -> Result<(), StoreError> {
        let sql = "insert into journey_effect (contact_id, id, key, run_id, kind, body, state, tries, due_ms, attempt_id, outcome) \
                   select unhex(r.value ->> 'c'), unhex(r.value ->> 'id'), r.value ->> 'k', unhex(r.value ->> 'run'), \
                   r.value ->> 'kind', r.value ->> 'b', r.value ->> 's', cast(r.value ->> 'n' as bigint), \
                   cast(r.value ->> 'due' as bigint), unhex(r.value ->> 'a'), r.value ->> 'o' from jsonb_each($1) as r \
                   where true on conflict do nothing";
        if effects.is_empty() {
            return Ok(());
        }
        let list = List::of(effects.iter().map(|effect| {
            json!({ "c": hex(effect.contact.get()), "id": hex(effect.id), "k": effect.key, "run": hex(effect.run),
                    "kind": effect.kind, "b": effect.body, "s": effect.state.word(), "n": effect.tries,
                    "due": effect.due.millis(), "a": maybe_hex(effect.attempt.map(AttemptId::get)), "o": effect.outcome })
        }));
        self.later(sql, vec![list.into()]).await
    }

    /// Takes what waits, in the transaction that reserves the attempts: gives those that were really taken, for which alone anything
    /// may be done. What was cancelled is not taken.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn take_effects(
        &mut self,
        takes: &[Take],
    ) -> Result<Vec<(ContactId, Uuid)>, StoreError> {
        if takes.is_empty() {
            return Ok(vec![]);
        }
        // The state goes through a function, here and below: the primary key is the way in, and not the index of states.
        let sql = "update journey_effect set state = 'doing', attempt_id = unhex(r.value ->> 'a'), \
                   due_ms = cast(r.value ->> 'at' as bigint), outcome = null from jsonb_each($1) as r \
                   where journey_effect.contact_id = unhex(r.value ->> 'c') and journey_effect.id = unhex(r.value ->> 'id') \
                   and coalesce(journey_effect.state, '') = 'waiting' returning journey_effect.contact_id, journey_effect.id";
        let takes = last_of_each(takes, |take| (take.contact, take.id));
        let list = List::of(takes.into_iter().map(|take| {
            json!({ "c": hex(take.contact.get()), "id": hex(take.id), "at": take.at.millis(),
                    "a": maybe_hex(take.attempt.map(AttemptId::get)) })
        }));
        let rows: Vec<(Vec<u8>, Vec<u8>)> =
            on_tx!(self, conn => sqlx::query_as(sql).bind(list.text()).fetch_all(conn).await?);
        rows.into_iter()
            .map(|(contact, id)| Ok((ContactId::new(codec::uuid(&contact)?), codec::uuid(&id)?)))
            .collect()
    }

    /// Notes how things came out: those that were taken with the same attempt, or, without one, also those that still wait. What is
    /// over stays as it is.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn settle_effects(&mut self, settled: &[Settled]) -> Result<(), StoreError> {
        if settled.is_empty() {
            return Ok(());
        }
        let sql = "update journey_effect set state = r.value ->> 's', outcome = r.value ->> 'o', tries = cast(r.value ->> 'n' as bigint), \
                   due_ms = coalesce(cast(r.value ->> 'due' as bigint), journey_effect.due_ms) from jsonb_each($1) as r \
                   where journey_effect.contact_id = unhex(r.value ->> 'c') and journey_effect.id = unhex(r.value ->> 'id') \
                   and ((coalesce(journey_effect.state, '') = 'doing' and (journey_effect.attempt_id = unhex(r.value ->> 'a') \
                   or (journey_effect.attempt_id is null and r.value ->> 'a' is null))) \
                   or (coalesce(journey_effect.state, '') = 'waiting' and r.value ->> 'a' is null))";
        let settled = last_of_each(settled, |one| (one.contact, one.id));
        let list = List::of(settled.into_iter().map(|one| {
            json!({ "c": hex(one.contact.get()), "id": hex(one.id), "a": maybe_hex(one.attempt.map(AttemptId::get)),
                    "s": one.state.word(), "o": one.outcome, "n": one.tries, "due": one.due.map(Timestamp::millis) })
        }));
        self.later(sql, vec![list.into()]).await
    }

    /// Cancels what waits in these runs.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn cancel_effects(&mut self, runs: &[(ContactId, Uuid)]) -> Result<(), StoreError> {
        if runs.is_empty() {
            return Ok(());
        }
        let sql = "update journey_effect set state = 'cancelled' from jsonb_each($1) as r \
                   where journey_effect.contact_id = unhex(r.value ->> 'c') and journey_effect.run_id = unhex(r.value ->> 'run') \
                   and coalesce(journey_effect.state, '') = 'waiting'";
        let list = List::of(
            runs.iter()
                .map(|(contact, run)| json!({ "c": hex(contact.get()), "run": hex(*run) })),
        );
        self.later(sql, vec![list.into()]).await
    }
}

impl TryFrom<Row> for EffectLine {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let attempt = row.attempt_id.map(|id| codec::uuid(&id)).transpose()?;
        Ok(Self {
            contact: ContactId::new(codec::uuid(&row.contact_id)?),
            id: codec::uuid(&row.id)?,
            key: row.key,
            run: codec::uuid(&row.run_id)?,
            kind: row.kind,
            body: row.body,
            state: State::read(&row.state)
                .ok_or_else(|| corrupt("state of an effect", &row.state))?,
            tries: row.tries,
            due: Timestamp::from_millis(row.due_ms),
            attempt: attempt.map(AttemptId::new),
            outcome: row.outcome,
        })
    }
}

//! An effect that is carried out, and what becomes of it.

use consent::{
    id::{AttemptId, NumberId},
    time::Timestamp,
};
use journey::{
    effect::{Effect, Key},
    happening::What as Outcome,
};
use store::journey::{
    effect::{EffectLine, Settled, State},
    run::RunLine,
};

use super::turn::{
    self,
    what::{Batch, What},
};
use crate::{app::App, error::Error};

/// What became of an effect for now.
pub(super) enum Fate {
    /// It is over.
    Over(Outcome, Option<AttemptId>),
    /// It is tried again then; counted where a new attempt is needed.
    Later(Timestamp, Counted),
    /// Nobody wants it any more.
    Unwanted,
}

/// Whether a wait begins a new series of attempts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Counted {
    Yes,
    No,
}

/// An effect that is to be carried out.
pub(super) struct Errand {
    pub(super) line: EffectLine,
    pub(super) run: RunLine,
    pub(super) effect: Effect,
    pub(super) name: String,
    pub(super) number: Option<NumberId>,
}

/// Writes down what became of an effect, and tells the journey, in one transaction.
pub(super) async fn finish(app: &App, errand: &Errand, fate: Fate) -> Result<(), Error> {
    let line = &errand.line;
    let (outcome, attempt) = match fate {
        Fate::Over(outcome, attempt) => (outcome, attempt),
        Fate::Later(due, counted) => {
            let again = Settled {
                tries: line.tries + i64::from(counted == Counted::Yes),
                ..settled(line, State::Waiting, Some(due))
            };
            return put(app, again).await;
        }
        Fate::Unwanted => return put(app, settled(line, State::Cancelled, None)).await,
    };
    let (state, words) = told(&outcome);
    metrics::counter!("consentry_journey_effects_total", "outcome" => state.word()).increment(1);
    let done = Settled {
        attempt,
        outcome: Some(words),
        ..settled(line, state, None)
    };
    let what = What::Outcome(line.run, Key::kept(&line.key), outcome, Some(done));
    let batch = Batch::from([(line.contact, vec![what])]);
    turn::take(app, &batch).await
}

async fn put(app: &App, one: Settled) -> Result<(), Error> {
    let mut tx = app.store.begin().await?;
    tx.settle_effects(&[one]).await?;
    tx.commit().await?;
    Ok(())
}

/// How an effect stands, but for its state and when it is looked at again.
pub(super) fn settled(line: &EffectLine, state: State, due: Option<Timestamp>) -> Settled {
    Settled {
        contact: line.contact,
        id: line.id,
        attempt: None,
        state,
        outcome: line.outcome.clone(),
        due,
        tries: line.tries,
    }
}

/// How an outcome stands in the table.
fn told(outcome: &Outcome) -> (State, String) {
    match outcome {
        Outcome::Accepted => (State::Done, "accepted".to_owned()),
        Outcome::Unknown => (State::Done, "unknown".to_owned()),
        Outcome::Denied { code, .. } => (State::Failed, format!("denied: {code}")),
        Outcome::Failed { code, words } => (State::Failed, format!("failed: {code} {words}")),
    }
}

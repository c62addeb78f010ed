//! One message of a campaign leaves, and what Meta answers is put where it belongs.

use campaign::answer::{self, Answer, Meaning};
use consent::{id::NumberId, time::Timestamp};
use store::campaign::recipient::{self, RecipientLine, Settled};

use super::acts;
use crate::{
    app::App,
    drives::Slot,
    error::Error,
    services::{
        campaigns::{compose::Letter, late},
        gate::Admitted,
        send::{self, Posted, Way},
    },
};

/// How often a permit may lapse before its person is let go.
const LAPSES_MAX: i64 = 50;

/// Sends one message, beside all others, and settles its recipient.
pub(super) fn begin(
    app: &App,
    (recipient, letter): (RecipientLine, Letter),
    way: &Way,
    admitted: Admitted,
) {
    // There is room: no more were claimed than there was.
    let slot = app.drives.slot(recipient.campaign);
    let (app, way) = (App::clone(app), way.clone());
    tokio::spawn(async move {
        let attempt = admitted.attempt;
        let posted = send::post(&app, &way, (&letter.ask, &letter.outgoing), admitted).await;
        let done = match posted {
            Ok(posted) => {
                let turn = Turn {
                    recipient: &recipient,
                    attempt,
                    number: &letter.ask.number,
                };
                turn.end(&app, posted).await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = done {
            // What became of the message stands with the message, and is put right when the campaign ends.
            tracing::error!(%error, attempt = %attempt, "a recipient of a campaign could not be settled");
        }
        end(&app, slot);
    });
}

/// There is room again, and perhaps nothing left to do.
fn end(app: &App, slot: Option<Slot>) {
    drop(slot);
    app.bell.campaigns.notify_one();
}

struct Turn<'a> {
    recipient: &'a RecipientLine,
    attempt: consent::id::AttemptId,
    number: &'a NumberId,
}

impl Turn<'_> {
    async fn end(&self, app: &App, posted: Posted) -> Result<(), Error> {
        let now = app.clock.now();
        let (heard, words) = match posted {
            Posted::Lapsed => return self.again(app).await,
            Posted::Answered(heard, words) => (heard, words),
        };
        let meaning = answer::read(heard);
        if meaning == Meaning::Accepted {
            // It stands with the message.
            return Ok(());
        }
        // After what nobody can tell, the next ones wait a little longer as well.
        if matches!(meaning, Meaning::SlowDown | Meaning::Unknown) {
            app.drives.slow_down(self.number.as_str(), now);
        }
        let tries = self.recipient.tries + 1;
        let due = meaning.next(u32::try_from(tries).unwrap_or(u32::MAX), now);
        let settled = Settled {
            code: code(heard),
            reason: words.clone(),
            due,
            ..self.settled(state(meaning, due), tries)
        };
        self.settle(app, settled).await?;
        if let Some(why) = answer::holds(heard) {
            let said = words.unwrap_or_default();
            acts::stop_itself(app, self.recipient.campaign, &late::sentence(why, &said)).await?;
        }
        Ok(())
    }

    /// No connection was ready in time: nothing was sent. A person whom that happens to again and again is let go.
    async fn again(&self, app: &App) -> Result<(), Error> {
        let tries = self.recipient.tries + 1;
        let state = if tries < LAPSES_MAX {
            recipient::State::Waiting
        } else {
            recipient::State::Failed
        };
        let settled = Settled {
            code: Some("lapsed".to_owned()),
            ..self.settled(state, tries)
        };
        self.settle(app, settled).await?;
        // The next ones find a connection.
        if let Err(error) = app.graph.warm().await {
            tracing::debug!(%error, "Meta cannot be reached");
        }
        Ok(())
    }

    fn settled(&self, state: recipient::State, tries: i64) -> Settled {
        Settled {
            campaign: self.recipient.campaign,
            contact: self.recipient.contact,
            attempt: Some(self.attempt),
            state,
            code: None,
            reason: None,
            due: None,
            tries,
        }
    }

    async fn settle(&self, app: &App, settled: Settled) -> Result<(), Error> {
        let all = |settled: Vec<Settled>| async move {
            let mut tx = app.store.begin().await?;
            tx.settle_recipients(&settled).await?;
            tx.commit().await?;
            Ok(vec![(); settled.len()])
        };
        app.turns.run(settled, all).await
    }
}

const fn state(meaning: Meaning, due: Option<Timestamp>) -> recipient::State {
    match (meaning, due) {
        (Meaning::Unknown, _) => recipient::State::Unknown,
        (_, Some(_)) => recipient::State::Waiting,
        (_, None) => recipient::State::Failed,
    }
}

fn code(heard: Answer) -> Option<String> {
    match heard {
        Answer::Rejected { status, code } => {
            Some(code.unwrap_or_else(|| i64::from(status)).to_string())
        }
        Answer::NotSent => Some("unreachable".to_owned()),
        Answer::Unknown => Some("unknown".to_owned()),
        Answer::Accepted => None,
    }
}

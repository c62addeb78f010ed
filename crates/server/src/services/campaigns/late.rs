//! What Meta says of a message after it took it: most refusals come so, a moment later, as a failed status.

use std::collections::{BTreeMap, BTreeSet};

use campaign::{
    answer::{self, HoldAll, Meaning},
    state,
};
use consent::id::{AttemptId, ContactId};
use store::{
    campaign::recipient::{RecipientLine, Settled, State},
    pool::Tx,
};
use uuid::Uuid;

use crate::{app::House, drives::Hold, error::Error};

/// A message of ours that failed.
#[derive(Debug, Clone)]
pub struct Failed {
    /// Whose.
    pub contact: ContactId,
    /// Which.
    pub attempt: AttemptId,
    /// Meta's code.
    pub code: i64,
    /// Meta's words.
    pub said: Option<String>,
}

/// Settles those among the failed that a campaign sent: over for that person, again tomorrow, or the end of it for everybody.
///
/// # Errors
/// When the database does not answer.
pub async fn settle(app: &House, tx: &mut Tx, failed: &[Failed]) -> Result<(), Error> {
    if failed.is_empty() {
        return Ok(());
    }
    let attempts: Vec<(ContactId, AttemptId)> = failed
        .iter()
        .map(|one| (one.contact, one.attempt))
        .collect();
    let turns: BTreeMap<AttemptId, RecipientLine> = app
        .store
        .turns_of(&attempts)
        .await?
        .into_iter()
        .filter_map(|line| Some((line.attempt?, line)))
        .collect();
    let open = open_of(app, turns.values()).await?;
    let mut settled = Vec::new();
    for one in failed {
        let Some(turn) = turns.get(&one.attempt) else {
            continue;
        };
        let meaning = answer::late(one.code);
        let tries = turn.tries + 1;
        let due = meaning.next(u32::try_from(tries).unwrap_or(u32::MAX), app.clock.now());
        // Whoever the campaign ended for is not waited for.
        let due = due.filter(|_| open.contains(&turn.campaign));
        settled.push(Settled {
            campaign: turn.campaign,
            contact: turn.contact,
            attempt: Some(one.attempt),
            state: if due.is_some() {
                State::Waiting
            } else {
                State::Failed
            },
            code: Some(one.code.to_string()),
            reason: one.said.clone(),
            due,
            tries,
        });
        if let Meaning::HoldAll { why } = meaning {
            let said = one.said.as_deref().unwrap_or_default();
            let hold = Hold {
                sent: turn.taken.unwrap_or(turn.due),
                why: sentence(why, said),
            };
            // Whoever hears it stops the campaign, whichever node drives it.
            app.drives.hold(turn.campaign, hold);
            app.bell.campaigns.notify_one();
        }
    }
    Ok(tx.settle_recipients(&settled).await?)
}

/// Those of the campaigns that may still send to somebody.
async fn open_of(
    app: &House,
    turns: impl Iterator<Item = &RecipientLine>,
) -> Result<BTreeSet<Uuid>, Error> {
    let campaigns: BTreeSet<Uuid> = turns.map(|turn| turn.campaign).collect();
    let mut open = BTreeSet::new();
    for id in campaigns {
        let line = app.store.campaign(id).await?;
        let state = line.and_then(|line| state::State::read(&line.state));
        if matches!(state, Some(state::State::Running | state::State::Paused)) {
            open.insert(id);
        }
    }
    Ok(open)
}

/// Why a campaign stops itself, in a sentence, with Meta's words.
#[must_use]
pub fn sentence(why: HoldAll, said: &str) -> String {
    format!("{why}. Meta said: {said}")
}

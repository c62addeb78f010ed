//! One turn: what happened to some people, what it leads to, and what of it is written, in one transaction. Everybody it is about is
//! locked first; so a no that comes meanwhile is before it or after it, never between.

mod act;
mod stage;
pub(super) mod what;
mod write;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use consent::{
    id::{AttemptId, ContactId},
    time::Timestamp,
};
use journey::{
    happening::{Happening, What as Outcome},
    trigger::Cause,
};
use store::pool::Tx;
use uuid::Uuid;

use self::{
    stage::Stage,
    what::{Batch, What},
};
use super::way::{self, Way};
use crate::{
    app::{App, House},
    error::Error,
    services::{happenings::Told, retry},
};

/// Journeys that may stand behind each other as causes: two that give each other's tags must not go on for ever.
const DEPTH_MAX: u8 = 5;

/// Takes a turn.
///
/// # Errors
/// When the database does not answer, or something kept makes no sense.
pub(super) async fn take(app: &App, batch: &Batch) -> Result<(), Error> {
    if batch.is_empty() {
        return Ok(());
    }
    retry::on_conflict(|| once(app, batch)).await?;
    app.bell.log.notify_one();
    app.bell.journeys.notify_one();
    app.live.ring();
    Ok(())
}

async fn once(app: &App, batch: &Batch) -> Result<(), Error> {
    let mut tx = app.store.begin().await?;
    let mut stage = Stage::set(app, &mut tx, batch).await?;
    let rows = batch.iter().flat_map(|(contact, all)| {
        all.iter().filter_map(|what| match what {
            What::Told(id, _) => Some((*contact, *id)),
            What::TimeCame(_) | What::Outcome(..) | What::Emptied(_) => None,
        })
    });
    let rows: Vec<(ContactId, Uuid)> = rows.collect();
    let mine: BTreeSet<(ContactId, Uuid)> =
        tx.forget_happenings(&rows).await?.into_iter().collect();
    for (contact, all) in batch {
        for what in all {
            let is_theirs = match what {
                What::Told(id, _) => mine.contains(&(*contact, *id)),
                What::TimeCame(_) | What::Outcome(..) | What::Emptied(_) => true,
            };
            if is_theirs {
                stage.play(app, &mut tx, (*contact, what)).await?;
            }
        }
    }
    stage.write(app, &mut tx).await?;
    tx.commit().await?;
    Ok(())
}

impl Stage<'_> {
    async fn play(
        &mut self,
        app: &House,
        tx: &mut Tx,
        (contact, what): (ContactId, &What),
    ) -> Result<(), Error> {
        match what {
            What::TimeCame(run) => self.tell_run(contact, *run, &Happening::TimeCame),
            What::Outcome(run, key, outcome, settled) => {
                self.settled.extend(settled.iter().cloned());
                self.outcome(contact, *run, (key, outcome));
            }
            What::Emptied(run) => {
                let sentence = way::sentence("emptied").to_owned();
                self.tell_run(contact, *run, &Happening::OptedOut { sentence });
            }
            What::Told(_, told) => self.told(app, tx, (contact, told)).await?,
        }
        Ok(())
    }

    async fn told(
        &mut self,
        app: &House,
        tx: &mut Tx,
        (contact, told): (ContactId, &Told),
    ) -> Result<(), Error> {
        let depth = told.depth();
        let enter = Door {
            contact,
            depth,
            only: None,
            given: &BTreeMap::new(),
        };
        match told {
            Told::Changed => self.tell_all(contact, &Happening::Changed),
            Told::Joined { form } => {
                self.tell_all(contact, &Happening::Changed);
                let form = form.as_deref();
                self.enter(app, tx, enter, Cause::Joined { form }).await?;
            }
            Told::Tagged { tags, .. } => {
                self.tell_all(contact, &Happening::Changed);
                for tag in tags {
                    self.enter(app, tx, enter, Cause::TagAdded { tag }).await?;
                }
            }
            Told::Set {
                attribute,
                from,
                to,
                ..
            } => {
                self.tell_all(contact, &Happening::Changed);
                let cause = changed(attribute, from.as_deref(), to.as_deref());
                self.enter(app, tx, enter, cause).await?;
            }
            Told::Event { name, data } => {
                let enter = Door {
                    given: data,
                    ..enter
                };
                self.enter(app, tx, enter, Cause::Event { name }).await?;
            }
            Told::DateCame {
                journey,
                attribute,
                at,
            } => {
                let only = Some((*journey, Timestamp::from_millis(*at)));
                let (enter, cause) = (Door { only, ..enter }, Cause::DateCame { attribute });
                self.enter(app, tx, enter, cause).await?;
            }
            Told::Wrote {
                message,
                payload,
                ad,
            } => {
                let text = self.words.get(message).cloned().unwrap_or_default();
                if !self.replied(contact, &text, payload.as_deref()) {
                    let (text, ad) = (text.as_str(), ad.as_deref());
                    self.enter(app, tx, enter, Cause::Wrote { text, ad })
                        .await?;
                }
            }
            Told::Failed {
                attempt,
                code,
                words,
            } => self.failed(contact, AttemptId::new(*attempt), (code, words)),
        }
        Ok(())
    }

    fn failed(&mut self, contact: ContactId, attempt: AttemptId, (code, words): (&str, &str)) {
        let Some((run, key)) = self.attempts.get(&attempt).cloned() else {
            return;
        };
        let outcome = Outcome::Failed {
            code: code.to_owned(),
            words: words.to_owned(),
        };
        self.outcome(contact, run, (&key, &outcome));
    }

    /// Lets somebody into the journeys that this lets them into.
    async fn enter(
        &mut self,
        app: &House,
        tx: &mut Tx,
        door: Door<'_>,
        cause: Cause<'_>,
    ) -> Result<(), Error> {
        let open = self.library.live.iter().filter(|live| {
            let is_meant = door.only.is_none_or(|(journey, _)| live.journey == journey);
            is_meant && live.definition.head().trigger.matches(&cause)
        });
        let open: Vec<_> = open.cloned().collect();
        if open.is_empty() || !self.people.contains_key(&door.contact) {
            return Ok(());
        }
        if door.depth >= DEPTH_MAX {
            tracing::warn!(contact = %door.contact, "journeys begin each other: the chain ends here");
            return Ok(());
        }
        for live in open {
            let before = self.before(tx, live.journey, door.contact).await?;
            // Told twice, after a crash perhaps: they entered for this very day.
            let is_old = door
                .only
                .is_some_and(|(_, at)| before.at().is_some_and(|entered| entered >= at));
            let again = live.definition.head().again;
            if is_old || !again.admits(before.rule(), self.now) {
                continue;
            }
            let id = app.clock.id();
            let line = way::entering((door.contact, id), (live.journey, live.version), self.now);
            let version = u32::try_from(live.version).unwrap_or(u32::MAX);
            let way = Way {
                memory: way::Memory {
                    passed: 0,
                    depth: door.depth.saturating_add(1),
                    state: journey::state::State::enter(&id.to_string(), version, door.given),
                },
                line,
                definition: Arc::clone(&live.definition),
                is_new: true,
                is_changed: true,
                visits: Vec::new(),
                effects: Vec::new(),
            };
            self.entered(door.contact, live.journey);
            self.ways.insert((door.contact, id), way);
            self.tell_run(door.contact, id, &Happening::Entered);
        }
        Ok(())
    }
}

/// Somebody at the door of journeys.
#[derive(Clone, Copy)]
struct Door<'a> {
    contact: ContactId,
    /// How many journeys stand behind each other as the cause.
    depth: u8,
    /// Only this journey, for a day that came then.
    only: Option<(Uuid, Timestamp)>,
    /// What the event brought along.
    given: &'a BTreeMap<String, String>,
}

const fn changed<'a>(attribute: &'a str, from: Option<&'a str>, to: Option<&'a str>) -> Cause<'a> {
    Cause::AttributeChanged {
        attribute,
        from,
        to,
    }
}

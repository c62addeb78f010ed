//! What a turn writes.

use std::collections::BTreeMap;

use consent::{
    event::{Clock, Event, Evidence, Fact, StaffAct, source},
    id::{ContactId, EventId},
};
use store::{
    error::StoreError,
    journey::{
        effect::Take,
        run::{RunLine, Save},
    },
    note::NoteLine,
    pool::Tx,
};

use super::stage::{Handed, Stage};
use crate::{
    app::House,
    error::Error,
    services::{
        cast::Draft,
        happenings,
        journeys::way::Way,
        notes::{NOTE_CHARS_MAX, NOTE_PURPOSE},
        staff::members,
    },
};

impl Stage<'_> {
    /// Writes everything.
    pub(super) async fn write(mut self, app: &House, tx: &mut Tx) -> Result<(), Error> {
        self.write_ways(tx).await?;
        // The attempt is noted with what came of it: it is not known before.
        let takes = self.settled.iter().filter(|one| one.attempt.is_some());
        let takes = takes.map(|one| Take {
            contact: one.contact,
            id: one.id,
            attempt: one.attempt,
            at: self.now,
        });
        tx.take_effects(&takes.collect::<Vec<_>>()).await?;
        tx.settle_effects(&self.settled).await?;
        self.note_edits()?;
        let mut given = Vec::new();
        for handed in &self.handed {
            let to = hand_over(app, tx, (&self, handed)).await?;
            given.extend(to.map(|note| assigned(app, &handed.journey, note)));
        }
        for event in given {
            self.cast.house_event(event);
        }
        for (contact, edit) in &self.edits {
            tx.edit(*contact, edit).await?;
        }
        happenings::tell(app, tx, &self.told).await?;
        self.cast.save(tx, &self.policy).await?;
        Ok(())
    }

    async fn write_ways(&self, tx: &mut Tx) -> Result<(), Error> {
        let changed: Vec<&Way> = self.ways.values().filter(|way| way.is_changed).collect();
        let rows = changed.iter().map(|way| way.row());
        let rows: Vec<RunLine> = rows.collect::<Result<_, _>>()?;
        let new = changed.iter().zip(&rows).filter(|(way, _)| way.is_new);
        let new: Vec<RunLine> = new.map(|(_, row)| row.clone()).collect();
        tx.enter(&new).await?;
        let saves = changed.iter().zip(&rows).map(|(way, row)| Save {
            run: row,
            visits: &way.visits,
            effects: &way.effects,
        });
        let lost = self.lost.iter().map(|run| Save {
            run,
            visits: &[],
            effects: &[],
        });
        let saves: Vec<Save<'_>> = saves.chain(lost).collect();
        let written = tx.save_runs(&saves).await?;
        // Somebody else was faster with one of them: all of it is to be looked at anew.
        if saves.iter().any(|save| !written.contains(&save.run.id)) {
            return Err(Error::Unavailable(StoreError::Conflict));
        }
        let lost = self.lost.iter().map(|run| (run.contact, run.id));
        tx.cancel_effects(&lost.collect::<Vec<_>>()).await?;
        Ok(())
    }

    /// Who changed what is known of people is an event, as when somebody of the staff does.
    fn note_edits(&mut self) -> Result<(), Error> {
        for (contact, edit) in &self.edits {
            let note = serde_json::json!({ "tags": edit.tags, "untag": edit.untag,
                "attributes": edit.attributes.iter().cloned().collect::<BTreeMap<_, _>>() });
            let by = self.edited_by.get(contact);
            let by: Vec<&str> = by.into_iter().flatten().map(String::as_str).collect();
            self.cast.record(Draft {
                contact: *contact,
                fact: Fact::Staff(StaffAct::ContactEdited),
                clock: Clock::Ours,
                at: self.now,
                evidence: Evidence {
                    source: source::STAFF.to_owned(),
                    actor: Some(format!("journey {}", by.join(", "))),
                    note: Some(note.to_string()),
                    ..Evidence::default()
                },
            })?;
        }
        Ok(())
    }
}

/// Opens the conversation, with a note for whoever takes it over: the member of the staff that the step names, or whoever is free. Gives who
/// that is, as the log says it.
async fn hand_over(
    app: &House,
    tx: &mut Tx,
    (stage, handed): (&Stage<'_>, &Handed),
) -> Result<Option<String>, Error> {
    let (contact, number) = (handed.contact, handed.number.as_str());
    let member = match &handed.agent {
        Some(address) => members::who_talks(app, address).await?,
        None => None,
    };
    let to = member.map(|member| member.id);
    tx.hand_over_conversation((contact, number), to, stage.now)
        .await?;
    let words = if handed.note.trim().is_empty() {
        "They wait for an agent."
    } else {
        &handed.note
    };
    // Whoever is gone takes nothing over: somebody else has to know.
    let gone = handed.agent.as_ref().filter(|_| to.is_none());
    let words = match gone {
        Some(address) => {
            format!("{words}\n(For {address}, who does not answer customers here any more.)")
        }
        None => words.to_owned(),
    };
    let words: String = words.chars().take(NOTE_CHARS_MAX).collect();
    let line = NoteLine {
        contact,
        id: app.clock.id(),
        author: format!("journey {}", handed.journey),
        at: stage.now,
        sealed: stage.cast.seal(contact, NOTE_PURPOSE, words.as_bytes())?,
    };
    tx.keep_notes(&[line]).await?;
    Ok(to.map(|id| format!("contact {contact}, number {number}: to member {id}")))
}

/// The event that a conversation was given to somebody, as when somebody of the staff gives it.
fn assigned(app: &House, journey: &str, note: String) -> Event {
    let now = app.clock.now();
    Event {
        id: EventId::new(app.clock.id()),
        contact: ContactId::HOUSE,
        fact: Fact::Staff(StaffAct::Assigned),
        clock: Clock::Ours,
        at: now,
        received: now,
        evidence: Evidence {
            source: source::STAFF.to_owned(),
            actor: Some(format!("journey {journey}")),
            note: Some(note),
            ..Evidence::default()
        },
    }
}

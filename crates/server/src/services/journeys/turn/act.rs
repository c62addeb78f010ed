//! What happens to one way, and what its steps do at once: tags, attributes, and handing the conversation to an agent.

use consent::{id::ContactId, time::Timestamp};
use journey::{
    advance::{Advance, advance, after_leaving},
    effect::{Effect, Key},
    facts::Facts,
    happening::{Happening, What as Outcome},
};
use store::journey::{effect, run};
use uuid::Uuid;

use super::stage::{Handed, Stage};
use crate::services::{
    attributes, contacts,
    happenings::Told,
    journeys::{
        person,
        way::{self, Way},
    },
};

impl Stage<'_> {
    /// Tells every way that somebody is on.
    pub(super) fn tell_all(&mut self, contact: ContactId, happening: &Happening) {
        for run in self.inside(contact) {
            self.tell_run(contact, run, happening);
        }
    }

    /// Tells what somebody wrote: a button goes to the way that it is of, other words to each in turn until one takes them. Says whether
    /// one did.
    pub(super) fn replied(
        &mut self,
        contact: ContactId,
        text: &str,
        payload: Option<&str>,
    ) -> bool {
        let own = payload.and_then(|payload| payload.strip_prefix(Key::PAYLOAD));
        let happening = Happening::Replied {
            text: text.to_owned(),
            payload: payload.map(str::to_owned),
        };
        for run in self.inside(contact) {
            let is_meant = own.is_none_or(|key| key.starts_with(&run.to_string()));
            if is_meant && self.advance(contact, run, &happening) {
                return true;
            }
        }
        // A button of a journey begins no other one.
        own.is_some()
    }

    fn inside(&self, contact: ContactId) -> Vec<Uuid> {
        let ways = self.ways.iter();
        let theirs = ways.filter(|((of, _), way)| *of == contact && way.is_inside());
        theirs.map(|((_, run), _)| *run).collect()
    }

    /// Tells one way, if somebody is on it.
    pub(super) fn tell_run(&mut self, contact: ContactId, run: Uuid, happening: &Happening) {
        let is_inside = self.ways.get(&(contact, run)).is_some_and(Way::is_inside);
        if is_inside {
            self.advance(contact, run, happening);
        }
    }

    /// Tells what became of an effect. Whoever left is told of it too, and does nothing any more.
    pub(super) fn outcome(
        &mut self,
        contact: ContactId,
        run: Uuid,
        (key, outcome): (&Key, &Outcome),
    ) {
        let Some(way) = self.ways.get(&(contact, run)) else {
            return;
        };
        if way.line.state == run::State::Left && way.memory.state.ended().is_none() {
            let why = way.line.why.as_deref().unwrap_or_default();
            let sentence = way::sentence(why).to_owned();
            self.step(contact, run, |way, facts, now| {
                let news = (key, outcome, sentence.as_str());
                after_leaving(&way.definition, &way.memory.state, news, (facts, now))
            });
            return;
        }
        let happening = Happening::Outcome {
            key: key.clone(),
            what: outcome.clone(),
        };
        self.advance(contact, run, &happening);
    }

    /// One step of the rules. Says whether a message was the answer to a question.
    fn advance(&mut self, contact: ContactId, run: Uuid, happening: &Happening) -> bool {
        self.step(contact, run, |way, facts, now| {
            advance(&way.definition, &way.memory.state, happening, facts, now)
        })
    }

    /// Takes a way to where a rule says. Says whether a message was the answer to a question.
    fn step(
        &mut self,
        contact: ContactId,
        run: Uuid,
        rule: impl FnOnce(&Way, &Facts, Timestamp) -> Advance,
    ) -> bool {
        let Some(mut way) = self.ways.remove(&(contact, run)) else {
            return false;
        };
        let number = self.number(&way);
        let policy = (number.as_ref(), self.policy.as_ref());
        let facts = self
            .people
            .get(&contact)
            .map(|known| known.facts(policy, self.now));
        let facts = facts.unwrap_or_else(Facts::unknown);
        let was_inside = way.is_inside();
        let Advance {
            state,
            effects,
            visits,
            cancelled,
            took_reply,
        } = rule(&way, &facts, self.now);
        if state != way.memory.state || !visits.is_empty() {
            way.pass(visits);
            way.go(state, self.now);
        }
        if was_inside {
            for effect in &effects {
                self.act(&mut way, effect);
            }
        }
        if let Some(key) = cancelled {
            self.settled.push(effect::Settled {
                contact,
                id: way::id_of(run, &key),
                attempt: None,
                state: effect::State::Cancelled,
                outcome: None,
                due: None,
                tries: 0,
            });
        }
        self.ways.insert((contact, run), way);
        took_reply
    }

    fn number(&self, way: &Way) -> Option<consent::id::NumberId> {
        let app = self.cast.house();
        let standing = self.people.get(&way.line.contact);
        let own = way.definition.head().number.as_ref();
        person::number(app, own, standing.map(|known| &known.standing))
    }

    /// Does what is done at once, and keeps what is to be done outside.
    fn act(&mut self, way: &mut Way, effect: &Effect) {
        let contact = way.line.contact;
        if effect.is_awaited() {
            way.want(effect, (effect::State::Waiting, self.now));
            return;
        }
        let done = match effect {
            Effect::AddTag { tag, .. } => self.tag(way, tag, true),
            Effect::RemoveTag { tag, .. } => self.tag(way, tag, false),
            Effect::SetAttribute {
                attribute, value, ..
            } => self.set_attribute(way, attribute, value),
            Effect::HandToAgent { note, agent, .. } => match self.number(way) {
                Some(number) => {
                    self.handed.push(Handed {
                        contact,
                        number: number.to_string(),
                        journey: way.definition.head().name.clone(),
                        agent: agent.clone(),
                        note: note.clone(),
                    });
                    Ok(())
                }
                None => Err("there is no number to talk from".to_owned()),
            },
            Effect::SendTemplate { .. }
            | Effect::SendMessage { .. }
            | Effect::Ask { .. }
            | Effect::CallWebhook { .. } => Ok(()),
        };
        let state = if done.is_ok() {
            effect::State::Done
        } else {
            effect::State::Failed
        };
        way.want(effect, (state, self.now));
        if let (Err(why), Some(line)) = (done, way.effects.last_mut()) {
            line.outcome = Some(why);
        }
    }

    fn tag(&mut self, way: &Way, tag: &str, set: bool) -> Result<(), String> {
        let contact = way.line.contact;
        contacts::tag_name(tag).map_err(|error| error.to_string())?;
        let Some(known) = self.people.get_mut(&contact) else {
            return Err("they are gone".to_owned());
        };
        let is_news = if set {
            known.tags.insert(tag.to_owned())
        } else {
            known.tags.remove(tag)
        };
        if !is_news {
            return Ok(());
        }
        let edit = self.edits.entry(contact).or_default();
        edit.tags.retain(|other| other != tag);
        edit.untag.retain(|other| other != tag);
        let list = if set { &mut edit.tags } else { &mut edit.untag };
        list.push(tag.to_owned());
        let tags = set.then(|| tag.to_owned()).into_iter().collect();
        let depth = way.memory.depth;
        self.told.push((contact, Told::Tagged { tags, depth }));
        self.sign(way);
        Ok(())
    }

    fn set_attribute(&mut self, way: &Way, key: &str, value: &str) -> Result<(), String> {
        let contact = way.line.contact;
        let value = value.trim();
        let to = if value.is_empty() {
            None
        } else {
            let fitting = attributes::fitting(&self.kinds, key, value);
            Some(fitting.map_err(|error| error.to_string())?)
        };
        let Some(known) = self.people.get_mut(&contact) else {
            return Err("they are gone".to_owned());
        };
        let from = match &to {
            Some(value) => known.attributes.insert(key.to_owned(), value.clone()),
            None => known.attributes.remove(key),
        };
        if from == to {
            return Ok(());
        }
        let edit = self.edits.entry(contact).or_default();
        edit.attributes.push((key.to_owned(), to.clone()));
        self.told.push((
            contact,
            Told::Set {
                attribute: key.to_owned(),
                from,
                to,
                depth: way.memory.depth,
            },
        ));
        self.sign(way);
        Ok(())
    }

    fn sign(&mut self, way: &Way) {
        let by = self.edited_by.entry(way.line.contact).or_default();
        by.insert(way.definition.head().name.clone());
    }
}

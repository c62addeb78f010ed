//! Somebody on their way through the steps, until something must be waited for.

use consent::time::{DAY_MS, Timestamp};

use super::{Advance, chars_max};
use crate::{
    condition::Condition,
    date,
    definition::Definition,
    effect::{Choice, Effect, Key},
    facts::Facts,
    id::StepId,
    known::Known,
    limits::{OUTCOME_DAYS, VALUE_CHARS_MAX},
    state::{Place, State, Waiting},
    step::{Act, Ask, Branch, CallWebhook, SendMessage, SendTemplate, Step, Tag},
    text::{From, Text},
    visit::{Ending, Passed, Visit},
};

pub(super) struct Walk<'a> {
    pub(super) definition: &'a Definition,
    pub(super) state: &'a State,
    pub(super) now: Timestamp,
    pub(super) known: Known,
    pub(super) took_reply: bool,
    /// What holds now: what the journey itself sets on the way is seen by its next branch.
    facts: Facts,
    place: Place,
    effects: Vec<Effect>,
    visits: Vec<Visit>,
}

/// Where a step leads.
pub(super) enum Then<'a> {
    To(Option<&'a Step>),
    Stay,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        definition: &'a Definition,
        state: &'a State,
        facts: &Facts,
        now: Timestamp,
    ) -> Self {
        Self {
            definition,
            state,
            now,
            known: state.known().clone(),
            took_reply: false,
            facts: facts.clone(),
            place: state.place().clone(),
            effects: Vec::new(),
            visits: Vec::new(),
        }
    }

    pub(super) fn done(self) -> Advance {
        Advance {
            state: self.state.moved(self.place, self.known),
            effects: self.effects,
            visits: self.visits,
            cancelled: None,
            took_reply: self.took_reply,
        }
    }

    pub(super) fn visit(&mut self, step: Option<&Step>, passed: Passed) {
        let step = step.map(|step| step.id.clone());
        self.visits.push(Visit {
            step,
            at: self.now,
            passed,
        });
    }

    pub(super) fn holds(&self, condition: &Condition) -> bool {
        condition.holds(&self.facts, &self.known)
    }

    /// Ends the journey.
    pub(super) fn end(&mut self, step: Option<&Step>, how: Ending) {
        self.visit(step, Passed::Ended { how: how.clone() });
        self.place = Place::Out { how };
    }

    /// Waits at a step.
    pub(super) fn stay(&mut self, step: &Step, waiting: Waiting, until: Timestamp, count: u8) {
        self.place = Place::Step {
            step: step.id.clone(),
            waiting,
            until,
            count,
        };
    }

    /// Notes what happened at a step, and goes on behind it.
    pub(super) fn pass(&mut self, step: &Step, passed: Passed) {
        self.visit(Some(step), passed);
        self.go_behind(step);
    }

    pub(super) fn go_behind(&mut self, step: &Step) {
        self.go(self.definition.behind(&step.id));
    }

    /// Goes on from a step. Each is nearer to the end of the text than the one before, so this comes to an end.
    pub(super) fn go(&mut self, mut next: Option<&'a Step>) {
        loop {
            let Some(step) = next else {
                return self.end(None, Ending::Done);
            };
            match self.begin(step) {
                Then::To(then) => next = then,
                Then::Stay => return,
            }
        }
    }

    fn begin(&mut self, step: &'a Step) -> Then<'a> {
        let key = Key::of(self.state.run(), &step.id, 1);
        match &step.act {
            Act::SendTemplate(send) => self.template(step, send, key),
            Act::SendMessage(send) => self.message(step, send, key),
            Act::Ask(ask) => self.ask(step, ask, 1),
            Act::CallWebhook(call) => self.call(step, call, key),
            Act::Wait(wait) => {
                let until = self.now.plus_millis(wait.span.millis());
                match &wait.or_when {
                    Some(when) if self.holds(when) => self.pass_by(step, Passed::CameToHold),
                    Some(_) | None => self.wait(step, until),
                }
            }
            Act::WaitUntil(wait) => {
                let zone = date::zone(self.facts.zone.as_deref());
                match date::next(wait.time, &zone, self.now) {
                    Some(until) if until > self.now => self.wait(step, until),
                    Some(_) | None => self.pass_by(step, Passed::TimeCame),
                }
            }
            Act::Branch(branch) => self.branch(step, branch),
            Act::AddTag(Tag { tag }) => {
                let tag = tag.clone();
                self.facts.tags.insert(tag.clone());
                self.act(step, Effect::AddTag { key, tag })
            }
            Act::RemoveTag(Tag { tag }) => {
                let tag = tag.clone();
                self.facts.tags.remove(&tag);
                self.act(step, Effect::RemoveTag { key, tag })
            }
            Act::SetAttribute(set) => {
                let value = self.fill(&set.value, VALUE_CHARS_MAX);
                self.set(key, &set.attribute, value);
                self.pass_by(step, Passed::Done)
            }
            Act::HandToAgent(hand) => {
                let agent = hand.agent.clone();
                let note = hand.note.as_ref();
                let note = note.map_or_else(String::new, |note| self.fill(note, VALUE_CHARS_MAX));
                let _ = self.act(step, Effect::HandToAgent { key, note, agent });
                self.over(step, Ending::HandedOver)
            }
            Act::End(_) => self.over(step, Ending::Done),
        }
    }

    /// Notes what happened at a step that is over at once.
    fn pass_by(&mut self, step: &Step, passed: Passed) -> Then<'a> {
        self.visit(Some(step), passed);
        Then::To(self.definition.behind(&step.id))
    }

    /// Does what cannot fail.
    fn act(&mut self, step: &Step, effect: Effect) -> Then<'a> {
        self.effects.push(effect);
        self.pass_by(step, Passed::Done)
    }

    fn over(&mut self, step: &Step, how: Ending) -> Then<'a> {
        self.end(Some(step), how);
        Then::Stay
    }

    fn wait(&mut self, step: &Step, until: Timestamp) -> Then<'a> {
        self.visit(Some(step), Passed::Waiting { until });
        self.stay(step, Waiting::Time, until, 1);
        Then::Stay
    }

    fn branch(&mut self, step: &Step, branch: &'a Branch) -> Then<'a> {
        let way = branch.ways.iter().position(|way| self.holds(&way.when));
        self.visit(Some(step), Passed::Took { way });
        let list = way.and_then(|way| branch.ways.get(way));
        let list = list.map_or(&branch.otherwise, |way| &way.steps);
        Then::To(list.first().or_else(|| self.definition.behind(&step.id)))
    }

    fn template(&mut self, step: &Step, send: &SendTemplate, key: Key) -> Then<'a> {
        let each = send.variables.iter();
        let variables = each
            .map(|(name, text)| (name.clone(), self.fill(text, VALUE_CHARS_MAX)))
            .collect();
        let (template, language) = (send.template.clone(), send.language.clone());
        self.hand_over(
            step,
            Effect::SendTemplate {
                key,
                template,
                language,
                variables,
            },
            1,
        )
    }

    fn message(&mut self, step: &Step, send: &SendMessage, key: Key) -> Then<'a> {
        let text = self.fill(&send.text, chars_max(&send.buttons));
        let buttons = choices(&key, &send.buttons);
        self.hand_over(step, Effect::SendMessage { key, text, buttons }, 1)
    }

    fn call(&mut self, step: &Step, call: &CallWebhook, key: Key) -> Then<'a> {
        let (answers, given) = (self.known.answers.clone(), self.known.given.clone());
        let webhook = call.webhook.clone();
        self.hand_over(
            step,
            Effect::CallWebhook {
                key,
                webhook,
                answers,
                given,
            },
            1,
        )
    }

    /// Puts a question for the so manieth time.
    pub(super) fn ask(&mut self, step: &Step, ask: &Ask, count: u8) -> Then<'a> {
        let key = Key::of(self.state.run(), &step.id, count);
        let text = self.fill(&ask.text, chars_max(&ask.choices));
        let choices = choices(&key, &ask.choices);
        self.hand_over(step, Effect::Ask { key, text, choices }, count)
    }

    /// Has something done, and waits for what becomes of it.
    fn hand_over(&mut self, step: &Step, effect: Effect, count: u8) -> Then<'a> {
        self.effects.push(effect);
        self.visit(Some(step), Passed::Begun);
        let until = self.now.plus_millis(OUTCOME_DAYS * DAY_MS);
        self.stay(step, Waiting::Outcome, until, count);
        Then::Stay
    }

    /// Sets an attribute; an empty value takes it away.
    pub(super) fn set(&mut self, key: Key, attribute: &str, value: String) {
        if value.trim().is_empty() {
            self.facts.attributes.remove(attribute);
        } else {
            self.facts
                .attributes
                .insert(attribute.to_owned(), value.clone());
        }
        let attribute = attribute.to_owned();
        self.effects.push(Effect::SetAttribute {
            key,
            attribute,
            value,
        });
    }

    fn fill(&self, text: &Text, chars_max: usize) -> String {
        text.fill(chars_max, |from| {
            let found = match from {
                From::Attribute(name) => self.facts.attributes.get(name),
                From::Answer(step) => StepId::read(step)
                    .ok()
                    .and_then(|step| self.known.answers.get(&step)),
                From::Event(key) => self.known.given.get(key),
            };
            found.map(String::as_str)
        })
    }
}

fn choices(key: &Key, labels: &[String]) -> Vec<Choice> {
    let each = labels.iter().enumerate();
    each.map(|(index, label)| Choice {
        label: label.clone(),
        payload: key.payload(index),
    })
    .collect()
}

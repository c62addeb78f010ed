//! Tries a journey out: a script of what happens, with a clock that steps from one happening to the next.

use std::collections::BTreeMap;

use consent::time::Timestamp;

use crate::{
    advance::{Advance, advance},
    definition::Definition,
    effect::{Effect, Key},
    facts::Facts,
    happening::{Happening, What},
    id::StepId,
    limits::STEPS_MAX,
    state::State,
    visit::Visit,
};

/// What happens to somebody, as far as somebody writes it down beforehand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// When they enter.
    pub start: Timestamp,
    /// What is known of them then.
    pub facts: Facts,
    /// What the event that began the journey brought along.
    pub given: BTreeMap<String, String>,
    /// What becomes of steps that send or call; where nothing stands here, all goes well.
    pub outcomes: BTreeMap<StepId, What>,
    /// What happens on the way, in this order.
    pub beats: Vec<Beat>,
}

/// Something that happens at a time, or as soon as the clock has come past it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beat {
    /// When.
    pub at: Timestamp,
    /// What.
    pub happening: Happening,
    /// What is known of the person from then on, where that changes.
    pub facts: Option<Facts>,
}

/// How a journey went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// What happened and what came of it, in order.
    pub lines: Vec<Line>,
    /// Where the person is at the end.
    pub state: State,
}

/// A line of a rehearsal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// Something happened.
    Happened(Timestamp, Happening),
    /// A step was passed.
    Visit(Visit),
    /// Something would have been done.
    Effect(Timestamp, Effect),
}

/// Who the person is while a journey is tried: what may be sent to them, and what they do by writing.
pub trait World {
    /// Sets what is known by now: consents and the window change with time and with what they write.
    fn know(&mut self, facts: &mut Facts, now: Timestamp);

    /// What a happening of the script is for a journey: itself, or what it means. Told once for each, in order.
    fn hear(&mut self, happening: &Happening, now: Timestamp) -> Vec<Happening>;

    /// What becomes of an effect, where the script has it that it ends like this: now, and until when it is awaited at the latest.
    fn fate(&mut self, effect: &Effect, scripted: What, times: (Timestamp, Timestamp)) -> Fate;
}

/// What becomes of an effect in a trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is over.
    Over(What),
    /// Time alone stands against it: it is tried again then.
    Later(Timestamp),
}

/// A world in which everything goes as the script has it.
struct AsWritten;

impl World for AsWritten {
    fn know(&mut self, _: &mut Facts, _: Timestamp) {}

    fn hear(&mut self, happening: &Happening, _: Timestamp) -> Vec<Happening> {
        vec![happening.clone()]
    }

    fn fate(&mut self, _: &Effect, scripted: What, _: (Timestamp, Timestamp)) -> Fate {
        Fate::Over(scripted)
    }
}

/// Runs a journey over a script until the person is outside, or nothing happens any more.
#[must_use]
pub fn rehearse(definition: &Definition, script: &Script) -> Rehearsal {
    rehearse_in(&mut AsWritten, definition, script)
}

/// The same in a world that has a say in it.
pub fn rehearse_in(world: &mut dyn World, definition: &Definition, script: &Script) -> Rehearsal {
    let mut stage = Stage {
        world,
        state: State::enter("rehearsal", 0, &script.given),
        facts: script.facts.clone(),
        now: script.start,
        lines: Vec::new(),
    };
    stage.play(definition, &Happening::Entered);
    let mut beats = script.beats.iter().peekable();
    // Each step is begun, settled, asked again and left a few times at the most.
    let turns = STEPS_MAX
        .saturating_mul(8)
        .saturating_add(script.beats.len());
    for _ in 0..turns {
        let Some(due) = stage.state.due() else { break };
        let fate = stage.fate(script, due);
        if let Some((key, Fate::Over(what))) = fate {
            stage.play(definition, &Happening::Outcome { key, what });
            continue;
        }
        // What is put off is tried again before the wait for it ends.
        let next = match &fate {
            Some((_, Fate::Later(at))) => due.min(*at),
            Some((_, Fate::Over(_))) | None => due,
        };
        if let Some(beat) = beats.next_if(|beat| beat.at <= next) {
            stage.beat(definition, beat);
        } else {
            stage.now = stage.now.max(next);
            if fate.is_none() || next == due {
                stage.play(definition, &Happening::TimeCame);
            }
        }
    }
    Rehearsal {
        lines: stage.lines,
        state: stage.state,
    }
}

struct Stage<'a> {
    world: &'a mut dyn World,
    state: State,
    facts: Facts,
    now: Timestamp,
    lines: Vec<Line>,
}

impl Stage<'_> {
    /// What becomes of what is awaited; none while nothing is.
    fn fate(&mut self, script: &Script, until: Timestamp) -> Option<(Key, Fate)> {
        let key = self.state.awaited()?;
        let step = key.step(self.state.run());
        let what = step.and_then(|step| script.outcomes.get(&step));
        let what = what.cloned().unwrap_or(What::Accepted);
        let effect = self.lines.iter().rev().find_map(|line| match line {
            Line::Effect(_, effect) if *effect.key() == key => Some(effect),
            Line::Effect(..) | Line::Happened(..) | Line::Visit(_) => None,
        });
        let fate = match effect {
            Some(effect) => self.world.fate(effect, what, (self.now, until)),
            None => Fate::Over(what),
        };
        Some((key, fate))
    }

    fn beat(&mut self, definition: &Definition, beat: &Beat) {
        self.now = self.now.max(beat.at);
        if let Some(facts) = &beat.facts {
            self.facts = facts.clone();
        }
        let all = self.world.hear(&beat.happening, self.now);
        if all.first() != Some(&beat.happening) {
            let happened = Line::Happened(self.now, beat.happening.clone());
            self.lines.push(happened);
        }
        for one in &all {
            self.play(definition, one);
        }
    }

    fn play(&mut self, definition: &Definition, happening: &Happening) {
        self.lines.push(Line::Happened(self.now, happening.clone()));
        self.world.know(&mut self.facts, self.now);
        let Advance {
            state,
            effects,
            visits,
            ..
        } = advance(definition, &self.state, happening, &self.facts, self.now);
        self.state = state;
        self.lines.extend(visits.into_iter().map(Line::Visit));
        for effect in effects {
            self.apply(&effect);
            self.lines.push(Line::Effect(self.now, effect));
        }
    }

    /// What the journey sets itself is known from then on.
    fn apply(&mut self, effect: &Effect) {
        match effect {
            Effect::AddTag { tag, .. } => {
                self.facts.tags.insert(tag.clone());
            }
            Effect::RemoveTag { tag, .. } => {
                self.facts.tags.remove(tag);
            }
            Effect::SetAttribute {
                attribute, value, ..
            } if value.trim().is_empty() => {
                self.facts.attributes.remove(attribute);
            }
            Effect::SetAttribute {
                attribute, value, ..
            } => {
                self.facts
                    .attributes
                    .insert(attribute.clone(), value.clone());
            }
            Effect::SendTemplate { .. }
            | Effect::SendMessage { .. }
            | Effect::Ask { .. }
            | Effect::CallWebhook { .. }
            | Effect::HandToAgent { .. } => {}
        }
    }
}

impl Rehearsal {
    /// The effects alone.
    pub fn effects(&self) -> impl Iterator<Item = &Effect> {
        self.lines.iter().filter_map(|line| match line {
            Line::Effect(_, effect) => Some(effect),
            Line::Happened(..) | Line::Visit(_) => None,
        })
    }

    /// The visits alone.
    pub fn visits(&self) -> impl Iterator<Item = &Visit> {
        self.lines.iter().filter_map(|line| match line {
            Line::Visit(visit) => Some(visit),
            Line::Happened(..) | Line::Effect(..) => None,
        })
    }
}

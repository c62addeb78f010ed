//! Tries a journey out: a script of what happens, with a clock that steps from one happening to the next.

use std::collections::BTreeMap;

use consent::time::Timestamp;

use crate::{
    advance::{Advance, advance},
    definition::Definition,
    effect::Effect,
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

/// Runs a journey over a script until the person is outside, or nothing happens any more.
#[must_use]
pub fn rehearse(definition: &Definition, script: &Script) -> Rehearsal {
    let mut stage = Stage {
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
        if let Some(key) = stage.state.awaited() {
            let step = key.step(stage.state.run());
            let what = step.and_then(|step| script.outcomes.get(&step));
            let what = what.cloned().unwrap_or(What::Accepted);
            stage.play(definition, &Happening::Outcome { key, what });
        } else if let Some(beat) = beats.next_if(|beat| beat.at <= due) {
            stage.now = stage.now.max(beat.at);
            if let Some(facts) = &beat.facts {
                stage.facts = facts.clone();
            }
            stage.play(definition, &beat.happening);
        } else {
            stage.now = stage.now.max(due);
            stage.play(definition, &Happening::TimeCame);
        }
    }
    Rehearsal {
        lines: stage.lines,
        state: stage.state,
    }
}

struct Stage {
    state: State,
    facts: Facts,
    now: Timestamp,
    lines: Vec<Line>,
}

impl Stage {
    fn play(&mut self, definition: &Definition, happening: &Happening) {
        self.lines.push(Line::Happened(self.now, happening.clone()));
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

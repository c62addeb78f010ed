//! What holds between the steps of a journey: ids, references, depth, and that each can be reached.

use std::{cell::RefCell, collections::BTreeMap};

use super::{json::note, lists};
use crate::{
    condition::Condition,
    fault::Fault,
    id::StepId,
    limits::{DEPTH_MAX, STEPS_MAX},
    step::{Act, Step},
    text::{From, Text},
};

/// What earlier steps offer to later ones.
struct Seen {
    takes_answer: bool,
    can_fail: bool,
}

struct Walk {
    seen: BTreeMap<StepId, Seen>,
    count: usize,
    faults: RefCell<Vec<Fault>>,
}

/// Everything that is wrong between steps.
pub(super) fn faults(steps: &[Step]) -> Vec<Fault> {
    let mut walk = Walk {
        seen: BTreeMap::new(),
        count: 0,
        faults: RefCell::default(),
    };
    walk.list(steps, "/steps", 0);
    if walk.count > STEPS_MAX {
        let say = format!(
            "{} steps are too many: want at most {STEPS_MAX}",
            walk.count
        );
        note(&walk.faults, "/steps".to_owned(), None, say);
    }
    walk.faults.into_inner()
}

impl Walk {
    fn list(&mut self, steps: &[Step], place: &str, depth: usize) {
        if depth > DEPTH_MAX {
            let say =
                format!("branches lie too deep in each other: want at most {DEPTH_MAX} levels");
            note(&self.faults, place.to_owned(), None, say);
            return;
        }
        let mut over: Option<&StepId> = None;
        for (at, step) in steps.iter().enumerate() {
            let place = format!("{place}/{at}");
            if let Some(last) = over {
                self.fault(
                    &place,
                    step,
                    format!("nothing ever comes here: `{last}` before it always ends the journey"),
                );
            }
            self.step(step, &place, depth);
            if over.is_none() && ends(step) {
                over = Some(&step.id);
            }
        }
    }

    fn step(&mut self, step: &Step, place: &str, depth: usize) {
        self.count += 1;
        let seen = Seen {
            takes_answer: step.act.takes_answer(),
            can_fail: step.act.if_not().is_some(),
        };
        self.references(step, place);
        if self.seen.insert(step.id.clone(), seen).is_some() {
            self.fault(
                &format!("{place}/id"),
                step,
                format!(
                    "`{}` is the id of a step before it too: want another",
                    step.id
                ),
            );
        }
        if let Act::Branch(branch) = &step.act {
            for (at, way) in branch.ways.iter().enumerate() {
                self.list(&way.steps, &format!("{place}/ways/{at}/steps"), depth + 1);
            }
            self.list(&branch.otherwise, &format!("{place}/otherwise"), depth + 1);
        }
    }

    fn references(&self, step: &Step, place: &str) {
        for (inside, id) in conditions(&step.act) {
            let fits = |seen: &Seen| match inside {
                Asks::Answer => seen.takes_answer,
                Asks::Outcome => seen.can_fail,
            };
            if !self.seen.get(&id).is_some_and(fits) {
                self.fault(place, step, format!("`{id}` {}", inside.wanted()));
            }
        }
        for hole in step.act.texts().into_iter().flat_map(Text::holes) {
            let From::Answer(id) = &hole.from else {
                continue;
            };
            let known = StepId::read(id).ok().and_then(|id| self.seen.get(&id));
            if !known.is_some_and(|seen| seen.takes_answer) {
                self.fault(place, step, format!("`{id}` {}", Asks::Answer.wanted()));
            }
        }
    }

    fn fault(&self, place: &str, step: &Step, say: String) {
        note(&self.faults, place.to_owned(), Some(&step.id), say);
    }
}

/// What a condition asks of an earlier step.
#[derive(Clone, Copy)]
enum Asks {
    Answer,
    Outcome,
}

impl Asks {
    const fn wanted(self) -> &'static str {
        match self {
            Self::Answer => "is no question before this step, nor a wait that a reply ends",
            Self::Outcome => "is no step before this one that sends or calls something",
        }
    }
}

/// Whether the journey never goes on behind this step.
fn ends(step: &Step) -> bool {
    let over = |list: &[Step]| list.iter().any(ends);
    step.act.is_last() || (matches!(step.act, Act::Branch(_)) && lists(step).all(over))
}

/// The steps that the conditions of this one name, and what for.
fn conditions(act: &Act) -> Vec<(Asks, StepId)> {
    let mut found = Vec::new();
    match act {
        Act::Branch(branch) => branch
            .ways
            .iter()
            .for_each(|way| named(&way.when, &mut found)),
        Act::Wait(wait) => wait.or_when.iter().for_each(|when| named(when, &mut found)),
        Act::SendTemplate(_)
        | Act::SendMessage(_)
        | Act::Ask(_)
        | Act::WaitUntil(_)
        | Act::AddTag(_)
        | Act::RemoveTag(_)
        | Act::SetAttribute(_)
        | Act::CallWebhook(_)
        | Act::HandToAgent(_)
        | Act::End(_) => {}
    }
    found
}

fn named(condition: &Condition, found: &mut Vec<(Asks, StepId)>) {
    match condition {
        Condition::All(all) | Condition::Any(all) => all.iter().for_each(|one| named(one, found)),
        Condition::Not(one) => named(one, found),
        Condition::Answer(asked) => found.push((Asks::Answer, asked.step.clone())),
        Condition::Outcome(asked) => found.push((Asks::Outcome, asked.step.clone())),
        Condition::Tag(_)
        | Condition::Attribute(_)
        | Condition::Event(_)
        | Condition::Consent(_)
        | Condition::Window(_)
        | Condition::Language(_) => {}
    }
}

//! Changes of a definition, one at a time: what comes out is valid, or the old one stays and the faults are told.

use crate::{
    condition::Condition,
    definition::{Definition, Head},
    fault::Fault,
    id::StepId,
    limits::STEPS_MAX,
    step::{Act, Branch, Step, Way},
};

/// One of the lists of a journey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum List {
    /// The journey's own.
    Main,
    /// That of a way of a branch.
    Way {
        /// The branch.
        branch: StepId,
        /// Which way, from 0.
        way: usize,
    },
    /// What a branch does when no condition holds.
    Otherwise {
        /// The branch.
        branch: StepId,
    },
}

/// What comes out of a change.
pub type Edited = Result<Definition, Vec<Fault>>;

/// An id that no step has yet: `s1`, `s2` and so on.
#[must_use]
pub fn free_id(definition: &Definition) -> StepId {
    let steps = definition.all();
    let taken = |id: &StepId| steps.iter().any(|step| step.id == *id);
    // One more than there can be steps is always free.
    let numbers = 1..=u32::try_from(STEPS_MAX)
        .unwrap_or(u32::MAX)
        .saturating_add(1);
    let mut ids = numbers.map(StepId::numbered);
    ids.find(|id| !taken(id))
        .unwrap_or_else(|| StepId::numbered(0))
}

/// Another head over the same steps.
///
/// # Errors
/// Everything that would be wrong.
pub fn with_head(definition: &Definition, head: Head) -> Edited {
    Definition::of(head, definition.steps().to_vec())
}

/// Puts a step behind another one.
///
/// # Errors
/// When there is no such step; everything that would be wrong.
pub fn insert_after(definition: &Definition, id: &StepId, step: Step) -> Edited {
    at(definition, id, |list, place| {
        list.insert(place.saturating_add(1), step);
        Ok(())
    })
}

/// Puts a step at the beginning of a list.
///
/// # Errors
/// When there is no such list; everything that would be wrong.
pub fn insert_into(definition: &Definition, list: &List, step: Step) -> Edited {
    match list {
        List::Main => {
            let steps = [&[step], definition.steps()].concat();
            Definition::of(definition.head().clone(), steps)
        }
        List::Way { branch, way } => in_way(definition, branch, *way, |way| {
            way.steps.insert(0, step);
        }),
        List::Otherwise { branch } => in_branch(definition, branch, |branch| {
            branch.otherwise.insert(0, step);
            Ok(())
        }),
    }
}

/// Puts a step in the place of another one. A branch that replaces a branch brings its own lists.
///
/// # Errors
/// When there is no such step; everything that would be wrong.
pub fn replace(definition: &Definition, id: &StepId, step: Step) -> Edited {
    at(definition, id, |list, place| {
        list.splice(place..=place, [step]);
        Ok(())
    })
}

/// Takes a step out, a branch with everything in it.
///
/// # Errors
/// When there is no such step, or a later one refers to it.
pub fn remove(definition: &Definition, id: &StepId) -> Edited {
    at(definition, id, |list, place| {
        list.remove(place);
        Ok(())
    })
}

/// Moves a step before the one above it in its list.
///
/// # Errors
/// When there is no such step, or none above it; everything that would be wrong.
pub fn move_up(definition: &Definition, id: &StepId) -> Edited {
    at(definition, id, |list, place| {
        let above = place
            .checked_sub(1)
            .ok_or("this is the first step of its list")?;
        list.swap(above, place);
        Ok(())
    })
}

/// Moves a step behind the one below it in its list.
///
/// # Errors
/// When there is no such step, or none below it; everything that would be wrong.
pub fn move_down(definition: &Definition, id: &StepId) -> Edited {
    at(definition, id, |list, place| {
        let below = place.saturating_add(1);
        if below >= list.len() {
            return Err("this is the last step of its list");
        }
        list.swap(place, below);
        Ok(())
    })
}

/// Gives a branch one way more, without steps, asked last.
///
/// # Errors
/// When there is no such branch; everything that would be wrong.
pub fn add_way(definition: &Definition, id: &StepId, when: Condition) -> Edited {
    in_branch(definition, id, |branch| {
        branch.ways.push(Way {
            when,
            steps: Vec::new(),
        });
        Ok(())
    })
}

/// Takes a way out of a branch, with everything in it.
///
/// # Errors
/// When there is no such way; everything that would be wrong.
pub fn remove_way(definition: &Definition, id: &StepId, way: usize) -> Edited {
    in_branch(definition, id, |branch| {
        if way >= branch.ways.len() {
            return Err(NO_WAY);
        }
        branch.ways.remove(way);
        Ok(())
    })
}

/// Gives a way of a branch another condition.
///
/// # Errors
/// When there is no such way; everything that would be wrong.
pub fn set_when(definition: &Definition, id: &StepId, way: usize, when: Condition) -> Edited {
    in_way(definition, id, way, |way| way.when = when)
}

const NO_WAY: &str = "the branch has no such way";

fn in_way(
    definition: &Definition,
    id: &StepId,
    way: usize,
    change: impl FnOnce(&mut Way),
) -> Edited {
    in_branch(definition, id, |branch| {
        change(branch.ways.get_mut(way).ok_or(NO_WAY)?);
        Ok(())
    })
}

fn in_branch(
    definition: &Definition,
    id: &StepId,
    change: impl FnOnce(&mut Branch) -> Result<(), &'static str>,
) -> Edited {
    at(definition, id, |list, place| {
        match list.get_mut(place).map(|step| &mut step.act) {
            Some(Act::Branch(branch)) => change(branch),
            _ => Err("this is no branch"),
        }
    })
}

/// Changes the list that a step lies in.
fn at(
    definition: &Definition,
    id: &StepId,
    change: impl FnOnce(&mut Vec<Step>, usize) -> Result<(), &'static str>,
) -> Edited {
    let fault = |say: &str| {
        vec![Fault {
            place: String::new(),
            step: Some(id.clone()),
            say: say.to_owned(),
        }]
    };
    let mut steps = definition.steps().to_vec();
    let (list, place) = find(&mut steps, id).ok_or_else(|| fault("there is no such step"))?;
    change(list, place).map_err(fault)?;
    Definition::of(definition.head().clone(), steps)
}

/// The list that a step lies in, and its place there.
fn find<'a>(list: &'a mut Vec<Step>, id: &StepId) -> Option<(&'a mut Vec<Step>, usize)> {
    if let Some(place) = list.iter().position(|step| step.id == *id) {
        return Some((list, place));
    }
    list.iter_mut().find_map(|step| {
        let Act::Branch(branch) = &mut step.act else {
            return None;
        };
        let ways = branch.ways.iter_mut().map(|way| &mut way.steps);
        ways.chain([&mut branch.otherwise])
            .find_map(|list| find(list, id))
    })
}

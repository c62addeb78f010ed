//! What a journey is: a trigger and a list of steps, stored as versioned JSON.

mod check;
mod conditions;
mod json;
mod read;

use consent::id::NumberId;
use serde::{Serialize, Serializer};

use crate::{
    fault::Fault,
    id::StepId,
    step::{Act, Step},
    trigger::{Again, Trigger},
};

/// The version of the language of definitions.
pub const FORMAT: u32 = 1;

/// A journey: valid, or it would not be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Definition {
    /// INVARIANT: [`Definition::read`] accepts what is written of both.
    #[serde(flatten)]
    head: Head,
    steps: Vec<Step>,
}

/// What stands above the steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Head {
    /// The version of the language: [`FORMAT`].
    pub format: Format,
    /// What people call the journey.
    pub name: String,
    /// The number that it sends from; the house's own choice where it is not named.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "number")]
    pub number: Option<NumberId>,
    /// What lets people in.
    pub trigger: Trigger,
    /// Who may enter once more.
    #[serde(skip_serializing_if = "is_never")]
    pub again: Again,
}

/// The version of the language of definitions: there is one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Format;

impl Serialize for Format {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        writer.serialize_u32(FORMAT)
    }
}

impl Definition {
    /// Reads a definition.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of the text.
    pub fn read(text: &str) -> Result<Self, Vec<Fault>> {
        read::definition(text)
    }

    /// A journey of these parts.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn of(head: Head, steps: Vec<Step>) -> Result<Self, Vec<Fault>> {
        Self::read(&Self { head, steps }.write())
    }

    /// The definition as JSON: the same text for the same definition, members in one order, what is as usual left out.
    #[must_use]
    pub fn write(&self) -> String {
        // Every map has text for keys, and every number is finite: there is nothing that JSON could not hold.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// What stands above the steps.
    #[must_use]
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// The steps, those of branches in their branches.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Every step, in the order in which they are read.
    #[must_use]
    pub fn all(&self) -> Vec<&Step> {
        let mut all = Vec::new();
        collect(&self.steps, &mut all);
        all
    }

    /// A step by its id.
    #[must_use]
    pub fn find(&self, id: &StepId) -> Option<&Step> {
        self.all().into_iter().find(|step| step.id == *id)
    }

    /// The step that comes behind this one: in its own list, or behind the branch that the list belongs to.
    #[must_use]
    pub fn behind(&self, id: &StepId) -> Option<&Step> {
        behind(&self.steps, id, None).flatten()
    }
}

/// A step, from JSON: what an editor puts in.
///
/// # Errors
/// Everything that is wrong with it by itself; what it says of other steps is looked at when it is put in.
pub fn step(text: &str) -> Result<Step, Vec<Fault>> {
    read::step(text)
}

fn collect<'a>(steps: &'a [Step], all: &mut Vec<&'a Step>) {
    for step in steps {
        all.push(step);
        for list in lists(step) {
            collect(list, all);
        }
    }
}

/// The lists of a branch, `otherwise` last; none of other steps.
fn lists(step: &Step) -> impl Iterator<Item = &[Step]> {
    let branch = if let Act::Branch(branch) = &step.act {
        Some(branch)
    } else {
        None
    };
    branch.into_iter().flat_map(|branch| {
        let ways = branch.ways.iter().map(|way| way.steps.as_slice());
        ways.chain([branch.otherwise.as_slice()])
    })
}

/// The step behind one of these, or of those in them; `after` is what comes behind the list. None when it is not here.
fn behind<'a>(steps: &'a [Step], id: &StepId, after: Option<&'a Step>) -> Option<Option<&'a Step>> {
    let mut rest = steps.iter().peekable();
    while let Some(step) = rest.next() {
        let next = rest.peek().copied().or(after);
        if step.id == *id {
            return Some(next);
        }
        if let Some(found) = lists(step).find_map(|list| behind(list, id, next)) {
            return Some(found);
        }
    }
    None
}

fn is_never(again: &Again) -> bool {
    *again == Again::Never
}

fn number<S: Serializer>(number: &Option<NumberId>, writer: S) -> Result<S::Ok, S::Error> {
    match number {
        Some(number) => writer.serialize_str(number.as_str()),
        None => writer.serialize_none(),
    }
}

//! The steps of a journey as cards, one below the other, those of branches set in.

use std::collections::BTreeSet;

use journey::{
    definition::Definition,
    edit::List,
    id::StepId,
    outline::{self, Of},
    step::{Act, Step},
};

use super::{
    draft::Faults,
    words::{self, Said},
};
use crate::ui::desk::Desk;

/// A card: a step, or the head of a way of a branch.
pub struct Card {
    /// How far it is set in.
    pub depth: usize,
    /// The kind of the step, or `way` and `otherwise`.
    pub kind: &'static str,
    /// The id of the step; of the branch for the head of a way.
    pub step: String,
    /// Which way it is the head of.
    pub way: Option<usize>,
    /// What it says.
    pub said: Said,
    /// What is wrong with it.
    pub faults: Vec<String>,
    /// Where a step put in below it comes; none where nothing would ever come.
    pub below: Option<String>,
    /// Whether there is a step above it in its list.
    pub has_above: bool,
    /// Whether there is a step below it in its list.
    pub has_below: bool,
    /// Whether it is a way without a step.
    pub is_empty: bool,
}

impl Card {
    /// Whether it is a step.
    pub fn is_step(&self) -> bool {
        !matches!(self.kind, "way" | "otherwise")
    }

    /// Whether a form changes it: a branch is changed way by way, and an end says nothing.
    pub fn has_form(&self) -> bool {
        self.is_step() && !matches!(self.kind, "branch" | "end")
    }
}

/// The cards of a journey, with what is wrong at their steps.
pub fn of(desk: &Desk, definition: &Definition, faults: &Faults) -> Vec<Card> {
    let mut edges = Edges::default();
    edges.list(definition.steps());
    let rows = outline::rows(definition);
    let heads = rows.iter().map(|row| row.depth).skip(1).chain([0]);
    let next_depths: Vec<usize> = heads.collect();
    let cards = rows.iter().zip(next_depths).map(|(row, next)| {
        let card = match &row.of {
            Of::Step(id) => step(desk, definition, id, &edges),
            Of::List(list) => head(desk, definition, list, next <= row.depth),
        };
        let own = faults
            .iter()
            .filter(|(step, _)| card.is_step() && step.as_deref() == Some(card.step.as_str()));
        Card {
            depth: row.depth,
            kind: row.kind,
            faults: own.map(|(_, say)| say.clone()).collect(),
            ..card
        }
    });
    cards.collect()
}

fn blank(kind: &'static str, step: String, said: Said) -> Card {
    Card {
        depth: 0,
        kind,
        step,
        way: None,
        said,
        faults: Vec::new(),
        below: None,
        has_above: false,
        has_below: false,
        is_empty: false,
    }
}

fn step(desk: &Desk, definition: &Definition, id: &StepId, edges: &Edges) -> Card {
    let found = definition.find(id);
    let said = found.map_or_else(Said::default, |step| words::step(desk, &step.act));
    let kind = found.map_or("end", |step| step.act.kind());
    let ends = found.is_none_or(|step| step.act.is_last());
    Card {
        below: (!ends).then(|| format!("after:{id}")),
        has_above: !edges.first.contains(id),
        has_below: !edges.last.contains(id),
        ..blank(kind, id.to_string(), said)
    }
}

fn head(desk: &Desk, definition: &Definition, list: &List, is_empty: bool) -> Card {
    let (branch, way) = match list {
        List::Way { branch, way } => (branch.to_string(), Some(*way)),
        List::Otherwise { branch } => (branch.to_string(), None),
        List::Main => (String::new(), None),
    };
    let title = match list {
        List::Way { branch, way } => {
            let when = condition(desk, definition, branch, *way);
            let id = if *way == 0 {
                "journeys-say-if"
            } else {
                "journeys-say-else-if"
            };
            desk.say_with(id, &[("condition", &when)])
        }
        List::Otherwise { .. } | List::Main => desk.say("journeys-say-otherwise"),
    };
    let below = way.map_or_else(
        || format!("otherwise:{branch}"),
        |way| format!("way:{branch}:{way}"),
    );
    let said = Said {
        title,
        ..Said::default()
    };
    Card {
        way,
        below: Some(below),
        is_empty,
        ..blank("way", branch, said)
    }
}

fn condition(desk: &Desk, definition: &Definition, branch: &StepId, way: usize) -> String {
    let Some(Act::Branch(branch)) = definition.find(branch).map(|step| &step.act) else {
        return String::new();
    };
    let way = branch.ways.get(way);
    way.map_or_else(String::new, |way| words::condition(desk, &way.when))
}

/// The steps at the ends of their lists.
#[derive(Default)]
struct Edges {
    first: BTreeSet<StepId>,
    last: BTreeSet<StepId>,
}

impl Edges {
    fn list(&mut self, steps: &[Step]) {
        self.first.extend(steps.first().map(|step| step.id.clone()));
        self.last.extend(steps.last().map(|step| step.id.clone()));
        for step in steps {
            if let Act::Branch(branch) = &step.act {
                branch.ways.iter().for_each(|way| self.list(&way.steps));
                self.list(&branch.otherwise);
            }
        }
    }
}

/// Where a step is to be put in, as addresses name it.
pub enum Place {
    /// At the beginning of a list.
    Into(List),
    /// Behind a step.
    After(StepId),
}

impl Place {
    /// Reads `start`, `after:s1`, `way:s1:0` and `otherwise:s1`.
    pub fn read(text: &str) -> Option<Self> {
        if text == "start" {
            return Some(Self::Into(List::Main));
        }
        let (word, rest) = text.split_once(':')?;
        let id = |text: &str| StepId::read(text).ok();
        match word {
            "after" => id(rest).map(Self::After),
            "otherwise" => id(rest).map(|branch| Self::Into(List::Otherwise { branch })),
            "way" => {
                let (branch, way) = rest.rsplit_once(':')?;
                let way = way.parse().ok()?;
                id(branch).map(|branch| Self::Into(List::Way { branch, way }))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_cards_write_it() {
        assert!(matches!(
            Place::read("start"),
            Some(Place::Into(List::Main))
        ));
        assert!(matches!(Place::read("after:s1"), Some(Place::After(_))));
        let way = Place::read("way:s4:2");
        assert!(matches!(way, Some(Place::Into(List::Way { way: 2, .. }))));
        let otherwise = Place::read("otherwise:s4");
        assert!(matches!(
            otherwise,
            Some(Place::Into(List::Otherwise { .. }))
        ));
        for bad in [
            "",
            "after:",
            "after:S 1",
            "way:s1",
            "way:s1:x",
            "nowhere:s1",
        ] {
            assert!(Place::read(bad).is_none(), "{bad}");
        }
    }
}

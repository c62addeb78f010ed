//! The part of a form that asks a condition: what its rows offer.

use journey::definition::Definition;

use super::{
    conditions::{Asking, KINDS, Row, TESTS},
    words,
};
use crate::ui::desk::Desk;

/// A condition in a form, with what it can ask about.
pub struct Asker {
    desk: Desk,
    /// What is asked.
    pub asking: Asking,
    /// Steps that take an answer, with what they say.
    answers: Vec<(String, String)>,
    /// Steps that can fail, with what they say.
    outcomes: Vec<(String, String)>,
}

impl Asker {
    /// For a condition in this journey.
    pub fn of(desk: &Desk, definition: &Definition, asking: Asking) -> Self {
        let named = |step: &&journey::step::Step| {
            let title = words::step(desk, &step.act).title;
            (step.id.to_string(), format!("{}: {title}", step.id))
        };
        let all = definition.all();
        let answers = all.iter().copied().filter(|step| step.act.takes_answer());
        let outcomes = all
            .iter()
            .copied()
            .filter(|step| step.act.if_not().is_some());
        Self {
            answers: answers.map(|step| named(&step)).collect(),
            outcomes: outcomes.map(|step| named(&step)).collect(),
            asking,
            desk: desk.clone(),
        }
    }

    /// Asks a first question: about an answer where one is taken, otherwise about a tag.
    pub fn begin(&mut self) {
        let kind = if self.answers.is_empty() {
            "tag"
        } else {
            "answer"
        };
        let rows = vec![Row::fresh(kind)];
        self.asking = Asking::Rows {
            is_any: false,
            rows,
        };
    }

    /// The rows; none where it is written as JSON.
    pub fn rows(&self) -> &[Row] {
        match &self.asking {
            Asking::Rows { rows, .. } => rows,
            Asking::Json(_) => &[],
        }
    }

    /// Whether one of the rows is enough.
    pub fn is_any(&self) -> bool {
        matches!(self.asking, Asking::Rows { is_any: true, .. })
    }

    /// The condition as JSON, where it lies deeper than a list.
    pub fn json(&self) -> Option<&str> {
        match &self.asking {
            Asking::Json(text) => Some(text),
            Asking::Rows { .. } => None,
        }
    }

    /// The kinds of questions, with what they are called.
    pub fn kinds(&self) -> Vec<(&'static str, String)> {
        KINDS.map(|kind| (kind, self.kind(kind))).to_vec()
    }

    /// What a kind is called.
    pub fn kind(&self, kind: &str) -> String {
        self.desk.say(&format!("journeys-question-{kind}"))
    }

    /// Whether the first field of a row is chosen from [`Asker::choices`].
    pub fn chooses(&self, row: &Row) -> bool {
        matches!(
            row.kind.as_str(),
            "answer" | "outcome" | "consent" | "window"
        )
    }

    /// What the first field of a row offers.
    pub fn choices(&self, row: &Row) -> Vec<(String, String)> {
        let words = |words: &[&str], name: &dyn Fn(&str) -> String| {
            let each = words.iter().map(|word| ((*word).to_owned(), name(word)));
            each.collect::<Vec<_>>()
        };
        let mut choices = match row.kind.as_str() {
            "answer" => self.answers.clone(),
            "outcome" => self.outcomes.clone(),
            "consent" => words(
                &["marketing", "utility", "authentication", "service"],
                &|word| self.desk.category(word),
            ),
            _ => words(&["open", "closed"], &|word| {
                self.desk.say(&format!("journeys-window-{word}"))
            }),
        };
        // What is there already is never changed by being shown.
        if !row.a.is_empty() && !choices.iter().any(|(word, _)| *word == row.a) {
            choices.push((row.a.clone(), row.a.clone()));
        }
        choices
    }

    /// What the second field of a row offers; nothing where it has none.
    pub fn tests(&self, row: &Row) -> Vec<(&'static str, String)> {
        let (words, name): (&[&'static str], &str) = match row.kind.as_str() {
            "answer" | "attribute" | "event" => (&TESTS, "test"),
            "outcome" => (&["done", "failed"], "became"),
            "consent" => (&["allow", "deny"], "verdict"),
            _ => (&[], ""),
        };
        let label = |word: &str| match name {
            "became" => self.desk.say(&format!("journeys-became-{word}")),
            "verdict" => self.desk.say(&format!("journeys-verdict-{word}")),
            _ => {
                let word = word.replace('_', "-");
                self.desk.say(&format!("journeys-test-{word}"))
            }
        };
        words.iter().map(|word| (*word, label(word))).collect()
    }

    /// Whether a row compares with something that is typed.
    pub fn compares(&self, row: &Row) -> bool {
        matches!(row.kind.as_str(), "answer" | "attribute" | "event")
    }
}

//! Reading JSON member by member, so that everything that is wrong is told at once, and where.

use std::cell::RefCell;

use serde_json::{Map, Value};

use crate::{fault::Fault, id::StepId};

/// Faults that are told at once: whoever mends so many looks again anyway.
const FAULTS_MAX: usize = 100;

/// A value and its place.
pub(super) struct Node<'a> {
    value: &'a Value,
    place: String,
    step: Option<StepId>,
    faults: &'a RefCell<Vec<Fault>>,
}

/// The members of an object, and which of them were asked for.
pub(super) struct Members<'a> {
    node: Node<'a>,
    map: &'a Map<String, Value>,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Node<'a> {
    pub(super) const fn root(value: &'a Value, faults: &'a RefCell<Vec<Fault>>) -> Self {
        Self {
            value,
            place: String::new(),
            step: None,
            faults,
        }
    }

    /// Notes what is wrong here.
    pub(super) fn fault(&self, say: impl Into<String>) {
        note(
            self.faults,
            self.place.clone(),
            self.step.as_ref(),
            say.into(),
        );
    }

    fn inner(&self, name: &str, value: &'a Value) -> Self {
        Self {
            value,
            place: format!(
                "{}/{}",
                self.place,
                name.replace('~', "~0").replace('/', "~1")
            ),
            step: self.step.clone(),
            faults: self.faults,
        }
    }

    pub(super) fn object(self) -> Option<Members<'a>> {
        let Value::Object(map) = self.value else {
            self.fault(format!("{} stands here: want an object", kind(self.value)));
            return None;
        };
        Some(Members {
            node: self,
            map,
            asked: RefCell::default(),
        })
    }

    pub(super) fn list(&self, max: usize) -> Option<Vec<Self>> {
        let Value::Array(values) = self.value else {
            self.fault(format!("{} stands here: want a list", kind(self.value)));
            return None;
        };
        if values.len() > max {
            self.fault(format!("{} are too many: want at most {max}", values.len()));
            return None;
        }
        let each = values.iter().enumerate();
        Some(
            each.map(|(at, value)| self.inner(&at.to_string(), value))
                .collect(),
        )
    }

    /// Every member of an object whose names are not fixed.
    pub(super) fn entries(&self, max: usize) -> Option<Vec<(&'a str, Self)>> {
        let Value::Object(map) = self.value else {
            self.fault(format!("{} stands here: want an object", kind(self.value)));
            return None;
        };
        if map.len() > max {
            self.fault(format!("{} are too many: want at most {max}", map.len()));
            return None;
        }
        Some(
            map.iter()
                .map(|(name, value)| (name.as_str(), self.inner(name, value)))
                .collect(),
        )
    }

    pub(super) fn text(&self) -> Option<&'a str> {
        let found = self.value.as_str();
        if found.is_none() {
            self.fault(format!("{} stands here: want a text", kind(self.value)));
        }
        found
    }

    /// A text in one line: a name, a label, a value.
    pub(super) fn line(&self, max: usize) -> Option<String> {
        let text = self.text()?;
        match line_fault(text, max) {
            None => Some(text.to_owned()),
            Some(say) => {
                self.fault(say);
                None
            }
        }
    }

    /// One of these words.
    pub(super) fn word<T: Copy>(&self, all: &[(&str, T)]) -> Option<T> {
        let text = self.text()?;
        let found = all
            .iter()
            .find(|(word, _)| *word == text)
            .map(|(_, value)| *value);
        if found.is_none() {
            let words: Vec<&str> = all.iter().map(|(word, _)| *word).collect();
            self.fault(format!(
                "`{}` is none of {}",
                shortened(text),
                words.join(", ")
            ));
        }
        found
    }

    pub(super) fn flag(&self) -> Option<bool> {
        let found = self.value.as_bool();
        if found.is_none() {
            self.fault(format!(
                "{} stands here: want true or false",
                kind(self.value)
            ));
        }
        found
    }

    /// A whole number within bounds.
    pub(super) fn whole(&self, min: i64, max: i64) -> Option<i64> {
        let found = self
            .value
            .as_i64()
            .filter(|number| (min..=max).contains(number));
        if found.is_none() {
            self.fault(format!("want a whole number from {min} to {max}"));
        }
        found
    }

    pub(super) fn number(&self) -> Option<f64> {
        let found = self
            .value
            .as_f64()
            .filter(|number| number.abs() <= NUMBER_MAX);
        if found.is_none() {
            self.fault("want a number of at most 15 digits");
        }
        found
    }

    pub(super) fn is_text(&self) -> bool {
        self.value.is_string()
    }

    /// The same place, as one of this step.
    pub(super) fn of(mut self, step: &StepId) -> Self {
        self.step = Some(step.clone());
        self
    }

    /// The id that an object has, without a word about one that is none.
    pub(super) fn id(&self) -> Option<StepId> {
        StepId::read(self.value.get("id")?.as_str()?).ok()
    }
}

/// Larger numbers are not exact.
const NUMBER_MAX: f64 = 1e15;

impl<'a> Members<'a> {
    pub(super) fn may(&self, name: &'static str) -> Option<Node<'a>> {
        self.asked.borrow_mut().push(name);
        Some(self.node.inner(name, self.map.get(name)?))
    }

    pub(super) fn need(&self, name: &'static str) -> Option<Node<'a>> {
        let found = self.may(name);
        if found.is_none() {
            self.node.fault(format!("`{name}` is missing"));
        }
        found
    }

    /// A member that may be left out; what it is then. None when it is there and wrong.
    pub(super) fn or<T>(
        &self,
        name: &'static str,
        usual: T,
        read: impl FnOnce(Node<'a>) -> Option<T>,
    ) -> Option<T> {
        self.may(name).map_or(Some(usual), read)
    }

    /// Exactly one of these members: its name and its value.
    pub(super) fn one(&self, names: &[&'static str]) -> Option<(&'static str, Node<'a>)> {
        let mut found: Vec<_> = names
            .iter()
            .filter_map(|name| Some((*name, self.may(name)?)))
            .collect();
        if found.len() > 1 {
            self.node
                .fault(format!("want one of {}, not more", names.join(", ")));
            return None;
        }
        if found.is_empty() {
            self.node.fault(format!("want one of {}", names.join(", ")));
        }
        found.pop()
    }

    /// Names the members that nobody asked for.
    pub(super) fn done(self) -> Option<()> {
        let asked = self.asked.into_inner();
        let unknown: Vec<&String> = self
            .map
            .keys()
            .filter(|name| !asked.contains(&name.as_str()))
            .collect();
        for name in &unknown {
            let say = format!(
                "`{}` is no member here: want {}",
                shortened(name),
                asked.join(", ")
            );
            self.node.fault(say);
        }
        unknown.is_empty().then_some(())
    }
}

/// Notes a fault, unless there are very many.
pub(super) fn note(
    faults: &RefCell<Vec<Fault>>,
    place: String,
    step: Option<&StepId>,
    say: String,
) {
    let mut faults = faults.borrow_mut();
    if faults.len() < FAULTS_MAX {
        faults.push(Fault {
            place,
            step: step.cloned(),
            say,
        });
    }
}

/// What is wrong with a text that should be one line.
pub(super) fn line_fault(text: &str, max: usize) -> Option<String> {
    let chars = text.chars().count();
    if text.trim().is_empty() || chars > max {
        return Some(format!(
            "want 1 to {max} characters, not {chars} or blank ones"
        ));
    }
    if text.trim() != text {
        return Some("want no white space at the ends".to_owned());
    }
    let strange = text.chars().any(char::is_control);
    strange.then(|| "want one line without control characters".to_owned())
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

//! A condition as rows of a form, and back again. Pure.
//!
//! The form has one list, joined by "and" or by "or", each row perhaps turned round. What lies deeper is written as JSON.

use journey::condition::Condition;
use serde_json::{Value, json};

use crate::ui::form::Form;

/// Most rows of one form.
const ROWS_MAX: usize = 20;
/// What can be asked, in the order in which it is offered.
pub const KINDS: [&str; 8] = [
    "answer",
    "tag",
    "attribute",
    "consent",
    "outcome",
    "window",
    "language",
    "event",
];
/// What can be asked of a value.
pub const TESTS: [&str; 9] = [
    "is", "is_not", "contains", "is_set", "is_unset", "less", "greater", "before", "after",
];
/// The field with a condition that no list can say.
const JSON: &str = "when_json";

/// A condition in a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asking {
    /// A list of rows.
    Rows {
        /// Whether one of them is enough.
        is_any: bool,
        /// What is asked.
        rows: Vec<Row>,
    },
    /// JSON.
    Json(String),
}

/// One question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// Its kind, one of [`KINDS`].
    pub kind: String,
    /// What is asked about.
    pub a: String,
    /// The test, or the word.
    pub b: String,
    /// What it is compared with.
    pub c: String,
    /// Whether the contrary is asked.
    pub is_not: bool,
}

impl Asking {
    /// A list without a row.
    pub const fn nothing() -> Self {
        Self::Rows {
            is_any: false,
            rows: Vec::new(),
        }
    }

    /// The rows of a condition, or its JSON where it lies deeper.
    pub fn of(condition: &Condition) -> Self {
        let value = serde_json::to_value(condition).unwrap_or_default();
        let (is_any, list) = match (value.get("all"), value.get("any")) {
            (Some(Value::Array(all)), _) => (false, all.clone()),
            (_, Some(Value::Array(any))) => (true, any.clone()),
            _ => (false, vec![value.clone()]),
        };
        let rows: Option<Vec<Row>> = list.iter().map(Row::of).collect();
        rows.map_or_else(
            || Self::Json(serde_json::to_string_pretty(&value).unwrap_or_default()),
            |rows| Self::Rows { is_any, rows },
        )
    }

    /// What somebody filled in.
    pub fn read(form: &Form) -> Self {
        if let Some(text) = form.get(JSON) {
            return Self::Json(text.to_owned());
        }
        let places = form.all("row").take(ROWS_MAX);
        let rows = places.map(|place| {
            let text = |name: &str| {
                let value = form.get(&format!("{name}.{place}")).unwrap_or_default();
                value.trim().to_owned()
            };
            Row {
                kind: text("kind"),
                a: text("a"),
                b: text("b"),
                c: text("c"),
                is_not: form.get(&format!("not.{place}")).is_some(),
            }
        });
        Self::Rows {
            is_any: form.get("join") == Some("any"),
            rows: rows.collect(),
        }
    }

    /// One row more, or one less, where that was pressed; says whether it was.
    pub fn press(&mut self, act: &str, form: &Form) -> bool {
        let Self::Rows { rows, .. } = self else {
            return false;
        };
        if act == "ask" {
            let kind = form.get("new").filter(|kind| KINDS.contains(kind));
            rows.extend(kind.map(Row::fresh));
            rows.truncate(ROWS_MAX);
            return true;
        }
        let place = act.strip_prefix("unask:").and_then(|at| at.parse().ok());
        let place = place.filter(|at: &usize| *at < rows.len());
        place.map(|at| rows.remove(at)).is_some() || act.starts_with("unask:")
    }

    /// The condition as JSON; none where nothing is asked.
    pub fn value(&self) -> Option<Value> {
        match self {
            Self::Json(text) => {
                let read = serde_json::from_str(text);
                Some(read.unwrap_or_else(|_| Value::String(text.clone())))
            }
            Self::Rows { is_any, rows } => match rows.as_slice() {
                [] => None,
                [one] => Some(one.value()),
                many => {
                    let join = if *is_any { "any" } else { "all" };
                    let each: Vec<Value> = many.iter().map(Row::value).collect();
                    Some(json!({ join: each }))
                }
            },
        }
    }
}

impl Row {
    /// A question with nothing filled in.
    pub fn fresh(kind: &str) -> Self {
        let (a, b) = match kind {
            "answer" | "attribute" | "event" => ("", "is"),
            "consent" => ("marketing", "allow"),
            "outcome" => ("", "done"),
            "window" => ("open", ""),
            _ => ("", ""),
        };
        Self {
            kind: kind.to_owned(),
            a: a.to_owned(),
            b: b.to_owned(),
            ..Self::default()
        }
    }

    fn of(value: &Value) -> Option<Self> {
        if let Some(inner) = value.get("not") {
            let row = Self::of(inner).filter(|row| !row.is_not)?;
            return Some(Self {
                is_not: true,
                ..row
            });
        }
        let (kind, inner) = value.as_object()?.iter().next()?;
        let kind = KINDS.into_iter().find(|known| known == kind)?;
        let text = |name: &str| inner.get(name).and_then(Value::as_str).map(str::to_owned);
        let row = match kind {
            "tag" | "window" | "language" => Self {
                a: inner.as_str()?.to_owned(),
                ..Self::default()
            },
            "consent" => Self {
                a: text("category")?,
                b: text("is")?,
                ..Self::default()
            },
            "outcome" => Self {
                a: text("step")?,
                b: text("is")?,
                ..Self::default()
            },
            _ => {
                let (test, value) = inner
                    .as_object()?
                    .iter()
                    .find(|(name, _)| !matches!(name.as_str(), "key" | "step"))?;
                let (b, c) = match (test.as_str(), value) {
                    ("is_set", Value::Bool(true)) => ("is_set".to_owned(), String::new()),
                    ("is_set", _) => ("is_unset".to_owned(), String::new()),
                    (test, Value::String(text)) => (test.to_owned(), text.clone()),
                    (test, other) => (test.to_owned(), other.to_string()),
                };
                let a = text("key").or_else(|| text("step"))?;
                Self {
                    a,
                    b,
                    c,
                    ..Self::default()
                }
            }
        };
        Some(Self {
            kind: kind.to_owned(),
            ..row
        })
    }

    fn value(&self) -> Value {
        let (a, b) = (self.a.as_str(), self.b.as_str());
        let inner = match self.kind.as_str() {
            "consent" => json!({ "category": a, "is": b }),
            "outcome" => json!({ "step": a, "is": b }),
            "answer" => self.tested("step"),
            "attribute" | "event" => self.tested("key"),
            _ => json!(a),
        };
        let value = json!({ self.kind.as_str(): inner });
        if self.is_not {
            json!({ "not": value })
        } else {
            value
        }
    }

    fn tested(&self, name: &str) -> Value {
        let (test, value) = match self.b.as_str() {
            "is_set" => ("is_set", json!(true)),
            "is_unset" => ("is_set", json!(false)),
            test @ ("less" | "greater") => {
                let number: Option<f64> = self.c.parse().ok();
                (
                    test,
                    number.map_or_else(|| json!(self.c), |number| json!(number)),
                )
            }
            test => (test, json!(self.c)),
        };
        json!({ name: self.a, test: value })
    }
}

#[cfg(test)]
mod tests {
    use journey::definition;

    use super::*;

    /// A condition as a definition reads it.
    fn read(when: &Value) -> Condition {
        let way = json!({ "when": when, "steps": [] });
        let step = json!({ "id": "s1", "kind": "branch", "ways": [way] });
        let step = definition::step(&step.to_string()).unwrap();
        match step.act {
            journey::step::Act::Branch(branch) => branch.ways[0].when.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_list_of_questions_comes_back_as_it_was() {
        for when in [
            json!({"tag": "vip"}),
            json!({"not": {"window": "open"}}),
            json!({"any": [{"answer": {"step": "s1", "is": "Yes"}}, {"language": "pt"}]}),
            json!({"all": [{"attribute": {"key": "a", "is_set": false}}, {"not": {"tag": "x"}},
                {"consent": {"category": "marketing", "is": "deny"}}]}),
            json!({"all": [{"event": {"key": "total", "greater": 7.5}}, {"attribute": {"key": "d", "before": "2026-01-02"}},
                {"outcome": {"step": "s1", "is": "failed"}}]}),
        ] {
            let condition = read(&when);
            let asking = Asking::of(&condition);
            assert!(matches!(asking, Asking::Rows { .. }), "{when}");
            assert_eq!(read(&asking.value().unwrap()), condition, "{when}");
        }
    }

    #[test]
    fn what_lies_deeper_is_json() {
        let when = json!({"all": [{"tag": "a"}, {"any": [{"tag": "b"}, {"tag": "c"}]}]});
        let condition = read(&when);
        let asking = Asking::of(&condition);
        assert!(matches!(asking, Asking::Json(_)));
        assert_eq!(read(&asking.value().unwrap()), condition);
    }

    #[test]
    fn rows_come_and_go_as_they_are_pressed() {
        let mut asking = Asking::nothing();
        assert_eq!(asking.value(), None);
        assert!(asking.press("ask", &Form::of(b"new=tag")));
        assert!(!asking.press("save", &Form::of(b"")));
        assert_eq!(asking.value(), Some(json!({"tag": ""})));
        assert!(asking.press("unask:9", &Form::of(b"")));
        assert!(asking.press("unask:0", &Form::of(b"")));
        assert_eq!(asking, Asking::nothing());
        let form = Form::of(b"row=4&kind.4=answer&a.4=s1&b.4=is&c.4=+Yes+&not.4=1&join=any");
        let value = Asking::read(&form).value().unwrap();
        assert_eq!(
            value,
            json!({"not": {"answer": {"step": "s1", "is": "Yes"}}})
        );
    }
}

//! A condition as rows of a form, each with its place, and back again. Pure.

use serde_json::Value;

use crate::{
    error::Error,
    services::segments::condition::{ActivityBody, AttributeBody, ConditionBody, ConsentBody},
    ui::form::Form,
};

/// The place of the group that holds everything.
pub const ROOT: &str = "0";
/// Most rows of one form.
const ROWS_MAX: usize = 100;
/// The kinds of groups: each of them, at least one, none.
pub const GROUPS: [&str; 3] = ["all", "any", "none"];
/// The kinds of questions, in the order in which they are offered.
pub const QUESTIONS: [&str; 7] = [
    "consent",
    "whatsapp",
    "tag",
    "attribute",
    "activity",
    "address",
    "phone_prefix",
];
/// What can be asked of an attribute.
pub const TESTS: [&str; 9] = [
    "is", "is_not", "contains", "less", "greater", "before", "after", "is_set", "is_unset",
];
/// What can have happened lately.
pub const ACTIVITIES: [&str; 3] = ["wrote", "sent", "created"];
/// What comes before a category where topics and categories stand in one list.
pub const CATEGORY: &str = "category:";

/// A row: a group, or a question with what was chosen and typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// Its place: that of its group, a dot, a number.
    pub path: String,
    /// One of [`GROUPS`] or [`QUESTIONS`].
    pub kind: String,
    /// What was chosen or typed first: a state, a tag, the name of an attribute, an activity, a kind of address, digits.
    pub a: String,
    /// What was chosen or typed then: a topic, what is asked of an attribute, days.
    pub b: String,
    /// A value.
    pub c: String,
}

impl Row {
    /// Whether it holds others.
    #[must_use]
    pub fn is_group(&self) -> bool {
        GROUPS.contains(&self.kind.as_str())
    }

    /// How deep it lies, from 1.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.path.split('.').count()
    }

    /// Whether it may be taken away.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.path == ROOT
    }

    fn is_below(&self, path: &str) -> bool {
        let rest = self.path.strip_prefix(path);
        rest.is_some_and(|rest| rest.starts_with('.'))
    }

    fn is_child_of(&self, path: &str) -> bool {
        self.is_below(path) && self.depth() == path.split('.').count() + 1
    }
}

/// The rows of a condition, each group before what it holds.
#[must_use]
pub fn of(body: &ConditionBody) -> Vec<Row> {
    let mut rows = Vec::new();
    if group(body).is_some() {
        push(&mut rows, body, ROOT.to_owned());
    } else {
        rows.push(blank(ROOT.to_owned(), "all"));
        push(&mut rows, body, format!("{ROOT}.0"));
    }
    rows
}

/// The rows of a new condition.
#[must_use]
pub fn fresh() -> Vec<Row> {
    let mut rows = vec![blank(ROOT.to_owned(), "all")];
    add(&mut rows, ROOT, "consent");
    rows
}

/// The rows that were sent.
#[must_use]
pub fn read(form: &Form) -> Vec<Row> {
    let text = |name: &str, path: &str| {
        let value = form.get(&format!("{name}.{path}"));
        value.unwrap_or_default().trim().to_owned()
    };
    let known = |row: &Row| row.is_group() || QUESTIONS.contains(&row.kind.as_str());
    let paths = form.all("row").take(ROWS_MAX).filter(|path| is_path(path));
    let mut rows: Vec<Row> = paths
        .map(|path| Row {
            path: path.to_owned(),
            kind: text("kind", path),
            a: text("a", path),
            b: text("b", path),
            c: text("c", path),
        })
        .filter(known)
        .collect();
    if !rows
        .first()
        .is_some_and(|row| row.is_root() && row.is_group())
    {
        rows = fresh();
    }
    rows
}

/// Adds a row to a group, after everything that the group holds.
pub fn add(rows: &mut Vec<Row>, group: &str, kind: &str) {
    let Some(at) = rows
        .iter()
        .position(|row| row.path == group && row.is_group())
    else {
        return;
    };
    if rows.len() >= ROWS_MAX {
        return;
    }
    let children = rows.iter().filter(|row| row.is_child_of(group));
    let numbers = children.filter_map(|row| row.path.rsplit('.').next()?.parse::<usize>().ok());
    let number = numbers.max().map_or(0, |number| number + 1);
    let below = rows.iter().filter(|row| row.is_below(group)).count();
    let path = format!("{group}.{number}");
    rows.insert((at + 1 + below).min(rows.len()), blank(path, kind));
}

/// Takes a row away, with everything that it holds. The group that holds everything stays.
pub fn drop_row(rows: &mut Vec<Row>, path: &str) {
    if path != ROOT {
        rows.retain(|row| row.path != path && !row.is_below(path));
    }
}

/// The condition that the rows mean.
///
/// # Errors
/// [`Error::Invalid`] for `condition`: a group without anything in it, or a number that is none.
pub fn condition(rows: &[Row]) -> Result<ConditionBody, Error> {
    let root = rows.iter().find(|row| row.is_root());
    let root = root.ok_or_else(|| wrong("there is no condition"))?;
    node(rows, root)
}

fn node(rows: &[Row], row: &Row) -> Result<ConditionBody, Error> {
    if !row.is_group() {
        return question(row);
    }
    let children = rows.iter().filter(|child| child.is_child_of(&row.path));
    let mut all: Vec<ConditionBody> = children
        .map(|child| node(rows, child))
        .collect::<Result<_, _>>()?;
    if all.is_empty() {
        return Err(wrong(
            "a group is empty: add a condition to it, or take it away",
        ));
    }
    Ok(match row.kind.as_str() {
        "any" => ConditionBody::Any(all),
        "none" => ConditionBody::Not(Box::new(match (all.pop(), all.is_empty()) {
            (Some(only), true) => only,
            (Some(last), false) => {
                all.push(last);
                ConditionBody::Any(all)
            }
            (None, _) => ConditionBody::Any(all),
        })),
        _ => ConditionBody::All(all),
    })
}

fn question(row: &Row) -> Result<ConditionBody, Error> {
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    Ok(match row.kind.as_str() {
        "consent" => {
            let category = row.b.strip_prefix(CATEGORY);
            ConditionBody::Consent(ConsentBody {
                is: row.a.clone(),
                category: category.map(str::to_owned),
                topic: if category.is_some() {
                    None
                } else {
                    some(&row.b)
                },
            })
        }
        "whatsapp" => ConditionBody::Whatsapp(row.a.clone()),
        "tag" => ConditionBody::Tag(row.a.clone()),
        "attribute" => ConditionBody::Attribute(Box::new(attribute(row)?)),
        "activity" => {
            let days = row.b.parse().map_err(|_| number(&row.b))?;
            let days = |kind: &str| Some(days).filter(|_| row.a == kind);
            ConditionBody::Activity(ActivityBody {
                wrote_within_days: days("wrote"),
                sent_within_days: days("sent"),
                created_within_days: days("created"),
            })
        }
        "address" => ConditionBody::Address(row.a.clone()),
        _ => ConditionBody::PhonePrefix(row.a.clone()),
    })
}

fn attribute(row: &Row) -> Result<AttributeBody, Error> {
    let of = |test: &str| Some(row.c.clone()).filter(|_| row.b == test);
    let float = |test: &str| {
        let text = of(test);
        let read = text.map(|text| text.parse().map_err(|_| number(&text)));
        read.transpose()
    };
    let set = match row.b.as_str() {
        "is_set" => Some(true),
        "is_unset" => Some(false),
        _ => None,
    };
    Ok(AttributeBody {
        key: row.a.clone(),
        is: of("is").map(Value::String),
        is_not: of("is_not").map(Value::String),
        contains: of("contains"),
        before: of("before"),
        after: of("after"),
        less: float("less")?,
        greater: float("greater")?,
        is_set: set,
    })
}

fn blank(path: String, kind: &str) -> Row {
    let (a, b) = match kind {
        "consent" => ("opted_in", ""),
        "whatsapp" => ("open", ""),
        "attribute" => ("", "is"),
        "activity" => ("wrote", "30"),
        "address" => ("phone", ""),
        "phone_prefix" => ("+", ""),
        _ => ("", ""),
    };
    Row {
        path,
        kind: kind.to_owned(),
        a: a.to_owned(),
        b: b.to_owned(),
        c: String::new(),
    }
}

/// A group and what it holds.
fn group(body: &ConditionBody) -> Option<(&'static str, Vec<&ConditionBody>)> {
    match body {
        ConditionBody::All(all) => Some(("all", all.iter().collect())),
        ConditionBody::Any(any) => Some(("any", any.iter().collect())),
        ConditionBody::Not(one) => Some(match one.as_ref() {
            ConditionBody::Any(any) => ("none", any.iter().collect()),
            other => ("none", vec![other]),
        }),
        ConditionBody::Consent(_)
        | ConditionBody::Whatsapp(_)
        | ConditionBody::Tag(_)
        | ConditionBody::Attribute(_)
        | ConditionBody::Activity(_)
        | ConditionBody::Address(_)
        | ConditionBody::PhonePrefix(_) => None,
    }
}

fn push(rows: &mut Vec<Row>, body: &ConditionBody, path: String) {
    if let Some((kind, held)) = group(body) {
        rows.push(blank(path.clone(), kind));
        for (number, one) in held.into_iter().enumerate() {
            push(rows, one, format!("{path}.{number}"));
        }
        return;
    }
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (kind, a, b, c) = match body {
        ConditionBody::Consent(consent) => {
            let category = consent.category.as_ref();
            let category = category.map(|category| format!("{CATEGORY}{category}"));
            let about = category.unwrap_or_else(|| text(&consent.topic));
            ("consent", consent.is.clone(), about, String::new())
        }
        ConditionBody::Whatsapp(word) => ("whatsapp", word.clone(), String::new(), String::new()),
        ConditionBody::Tag(tag) => ("tag", tag.clone(), String::new(), String::new()),
        ConditionBody::Attribute(asked) => {
            let (test, value) = asked_of(asked);
            ("attribute", asked.key.clone(), test.to_owned(), value)
        }
        ConditionBody::Activity(asked) => {
            let found = [
                ("wrote", asked.wrote_within_days),
                ("sent", asked.sent_within_days),
                ("created", asked.created_within_days),
            ];
            let found = found
                .into_iter()
                .find_map(|(kind, days)| Some((kind, days?)));
            let (kind, days) = found.unwrap_or(("wrote", 0));
            ("activity", kind.to_owned(), days.to_string(), String::new())
        }
        ConditionBody::Address(kind) => ("address", kind.clone(), String::new(), String::new()),
        ConditionBody::PhonePrefix(digits) => {
            ("phone_prefix", digits.clone(), String::new(), String::new())
        }
        ConditionBody::All(_) | ConditionBody::Any(_) | ConditionBody::Not(_) => return,
    };
    let kind = kind.to_owned();
    rows.push(Row {
        path,
        kind,
        a,
        b,
        c,
    });
}

/// What is asked of an attribute, and with which value.
fn asked_of(asked: &AttributeBody) -> (&'static str, String) {
    let plain = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let found = [
        ("is", asked.is.as_ref().map(plain)),
        ("is_not", asked.is_not.as_ref().map(plain)),
        ("contains", asked.contains.clone()),
        ("before", asked.before.clone()),
        ("after", asked.after.clone()),
        ("less", asked.less.map(|number| number.to_string())),
        ("greater", asked.greater.map(|number| number.to_string())),
    ];
    let found = found
        .into_iter()
        .find_map(|(test, value)| Some((test, value?)));
    found.unwrap_or_else(|| match asked.is_set {
        Some(false) => ("is_unset", String::new()),
        Some(true) | None => ("is_set", String::new()),
    })
}

fn is_path(path: &str) -> bool {
    let parts = || path.split('.');
    parts().next() == Some(ROOT)
        && parts().all(|part| {
            (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        })
        && parts().count() <= 10
}

fn wrong(message: impl Into<String>) -> Error {
    Error::field("condition", message)
}

fn number(text: &str) -> Error {
    wrong(format!("`{text}` is no number"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body(value: Value) -> ConditionBody {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn rows_mean_what_they_were_made_of() {
        for value in [
            json!({"all": [{"tag": "vip"}, {"any": [{"whatsapp": "open"}, {"not": {"any": [{"address": "email"}, {"phone_prefix": "+44"}]}}]}]}),
            json!({"all": [{"consent": {"is": "opted_in", "topic": "x"}}, {"consent": {"is": "none", "category": "utility"}}]}),
            json!({"any": [{"activity": {"sent_within_days": 7}}, {"attribute": {"key": "plan", "is": "gold"}}, {"attribute": {"key": "age", "less": 4.5}},
                {"attribute": {"key": "x", "is_set": false}}, {"not": {"tag": "a"}}]}),
        ] {
            let body = body(value);
            assert_eq!(condition(&of(&body)).unwrap(), body);
        }
        let leaf = body(json!({"tag": "vip"}));
        assert_eq!(
            condition(&of(&leaf)).unwrap(),
            ConditionBody::All(vec![leaf])
        );
    }

    #[test]
    fn rows_are_added_taken_away_and_read_back() {
        let mut rows = fresh();
        add(&mut rows, ROOT, "any");
        add(&mut rows, "0.1", "tag");
        add(&mut rows, ROOT, "address");
        add(&mut rows, "0.1", "whatsapp");
        let paths: Vec<&str> = rows.iter().map(|row| row.path.as_str()).collect();
        assert_eq!(paths, ["0", "0.0", "0.1", "0.1.0", "0.1.1", "0.2"]);
        let sent: String = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(rows.iter().flat_map(|row| {
                let field = |name: &str| format!("{name}.{}", row.path);
                [
                    ("row".to_owned(), row.path.clone()),
                    (field("kind"), row.kind.clone()),
                    (field("a"), row.a.clone()),
                    (field("b"), row.b.clone()),
                ]
            }))
            .finish();
        assert_eq!(read(&Form::of(sent.as_bytes())), rows);
        drop_row(&mut rows, "0.1");
        drop_row(&mut rows, ROOT);
        assert_eq!(rows.len(), 3);
        for evil in [
            "row=1&kind.1=all",
            "row=0&kind.0=sql",
            "row=0.0&kind.0.0=tag",
            "",
        ] {
            assert_eq!(read(&Form::of(evil.as_bytes())), fresh(), "{evil}");
        }
    }
}

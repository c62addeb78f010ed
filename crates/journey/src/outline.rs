//! A journey as the rows of a list, one under the other, for the page that shows and changes it.

use crate::{
    condition::{Condition, Test},
    definition::Definition,
    edit::List,
    id::StepId,
    step::{Act, Ask, IfNot, Step},
};

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// How far it is set in: 0 for the journey's own list, one more for the ways of a branch, two for what lies in them.
    pub depth: usize,
    /// What it is of.
    pub of: Of,
    /// The kind of the step, or `way` and `otherwise`.
    pub kind: &'static str,
    /// What it says, to be put into the reader's language.
    pub parts: Vec<Part>,
}

/// What a row is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Of {
    /// A step.
    Step(StepId),
    /// The head of a list: what [`crate::edit::insert_into`] takes.
    List(List),
}

/// A part of what a row says: a word of ours for what it is, and what somebody wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is: the name of the member in JSON. `all`, `any` and `not` hold for the parts up to the matching `close`.
    pub name: &'static str,
    /// What stands there; of a question first what is asked about, then the question, then what it is compared with.
    pub words: Vec<String>,
}

/// The rows of a journey, its own head not among them.
#[must_use]
pub fn rows(definition: &Definition) -> Vec<Row> {
    let mut rows = Vec::new();
    list(definition.steps(), 0, &mut rows);
    rows
}

fn list(steps: &[Step], depth: usize, rows: &mut Vec<Row>) {
    for step in steps {
        rows.push(Row {
            depth,
            of: Of::Step(step.id.clone()),
            kind: step.act.kind(),
            parts: parts(&step.act),
        });
        let Act::Branch(branch) = &step.act else {
            continue;
        };
        let inner = depth.saturating_add(1);
        for (at, way) in branch.ways.iter().enumerate() {
            let mut parts = Vec::new();
            condition(&way.when, &mut parts);
            let of = Of::List(List::Way {
                branch: step.id.clone(),
                way: at,
            });
            rows.push(Row {
                depth: inner,
                of,
                kind: "way",
                parts,
            });
            list(&way.steps, inner.saturating_add(1), rows);
        }
        let of = Of::List(List::Otherwise {
            branch: step.id.clone(),
        });
        rows.push(Row {
            depth: inner,
            of,
            kind: "otherwise",
            parts: Vec::new(),
        });
        list(&branch.otherwise, inner.saturating_add(1), rows);
    }
}

/// What a step says.
#[must_use]
pub fn parts(act: &Act) -> Vec<Part> {
    match act {
        Act::SendTemplate(send) => {
            let mut parts = vec![
                one("template", &send.template),
                one("language", &send.language),
            ];
            let each = send.variables.iter();
            parts.extend(each.map(|(name, text)| two("variable", name, text.as_str())));
            parts.extend(if_not("if_not_sent", send.if_not_sent));
            parts
        }
        Act::SendMessage(send) => {
            let mut parts = vec![one("text", send.text.as_str())];
            parts.extend(send.buttons.iter().map(|label| one("button", label)));
            parts.extend(if_not("if_not_sent", send.if_not_sent));
            parts
        }
        Act::Ask(ask) => question(ask),
        Act::Wait(wait) => {
            let (count, unit) = wait.span.parts();
            let mut parts = vec![two("for", &count.to_string(), unit)];
            parts.extend(wait.or_reply.then(|| Part {
                name: "or_reply",
                words: Vec::new(),
            }));
            if let Some(when) = &wait.or_when {
                parts.push(Part {
                    name: "or_when",
                    words: Vec::new(),
                });
                condition(when, &mut parts);
            }
            parts
        }
        Act::WaitUntil(wait) => vec![one("time", &wait.time.to_string())],
        Act::AddTag(tag) | Act::RemoveTag(tag) => vec![one("tag", &tag.tag)],
        Act::SetAttribute(set) => {
            vec![
                one("attribute", &set.attribute),
                one("value", set.value.as_str()),
            ]
        }
        Act::CallWebhook(call) => {
            let mut parts = vec![one("webhook", &call.webhook)];
            parts.extend(if_not("if_failed", call.if_failed));
            parts
        }
        Act::HandToAgent(hand) => {
            let agent = hand.agent.iter().map(|agent| one("agent", agent));
            let note = hand.note.iter().map(|note| one("note", note.as_str()));
            agent.chain(note).collect()
        }
        Act::Branch(_) | Act::End(_) => Vec::new(),
    }
}

fn question(ask: &Ask) -> Vec<Part> {
    let (count, unit) = ask.within.parts();
    let mut parts = vec![one("text", ask.text.as_str())];
    parts.extend(ask.choices.iter().map(|label| one("choice", label)));
    parts.push(two("within", &count.to_string(), unit));
    parts.extend((ask.tries > 1).then(|| one("tries", &ask.tries.to_string())));
    parts.extend(ask.save_as.iter().map(|name| one("save_as", name)));
    parts.extend(if_not("if_not_sent", ask.if_not_sent));
    parts
}

/// What a condition says.
pub fn condition(condition: &Condition, parts: &mut Vec<Part>) {
    match condition {
        Condition::All(all) => joined("all", all, parts),
        Condition::Any(any) => joined("any", any, parts),
        Condition::Not(one) => joined("not", std::slice::from_ref(one.as_ref()), parts),
        Condition::Tag(tag) => parts.push(one("tag", tag)),
        Condition::Attribute(asked) => parts.push(test("attribute", &asked.key, &asked.test)),
        Condition::Event(asked) => parts.push(test("event", &asked.key, &asked.test)),
        Condition::Answer(asked) => parts.push(test("answer", asked.step.as_str(), &asked.test)),
        Condition::Outcome(asked) => {
            parts.push(two("outcome", asked.step.as_str(), asked.is.word()));
        }
        Condition::Consent(asked) => {
            parts.push(two("consent", asked.category.word(), asked.is.word()));
        }
        Condition::Window(window) => parts.push(one("window", window.word())),
        Condition::Language(language) => parts.push(one("language", language)),
    }
}

fn joined(name: &'static str, all: &[Condition], parts: &mut Vec<Part>) {
    parts.push(Part {
        name,
        words: Vec::new(),
    });
    all.iter().for_each(|one| condition(one, parts));
    parts.push(Part {
        name: "close",
        words: Vec::new(),
    });
}

fn test(name: &'static str, key: &str, test: &Test) -> Part {
    let (question, value) = match test {
        Test::Is(value) => ("is", value.clone()),
        Test::IsNot(value) => ("is_not", value.clone()),
        Test::Contains(value) => ("contains", value.clone()),
        Test::Less(number) => ("less", number.to_string()),
        Test::Greater(number) => ("greater", number.to_string()),
        Test::Before(day) => ("before", day.to_string()),
        Test::After(day) => ("after", day.to_string()),
        Test::IsSet(set) => ("is_set", set.to_string()),
    };
    Part {
        name,
        words: vec![key.to_owned(), question.to_owned(), value],
    }
}

fn one(name: &'static str, word: &str) -> Part {
    Part {
        name,
        words: vec![word.to_owned()],
    }
}

fn two(name: &'static str, first: &str, second: &str) -> Part {
    Part {
        name,
        words: vec![first.to_owned(), second.to_owned()],
    }
}

/// What is as usual is not said.
fn if_not(name: &'static str, what: IfNot) -> Option<Part> {
    (what != IfNot::End).then(|| one(name, what.word()))
}

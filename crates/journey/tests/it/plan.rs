//! Any valid journey, for the laws: plans are drawn, and written down with ids and references that make sense.

use journey::definition::Definition;
use proptest::prelude::*;
use serde_json::{Value, json};

/// A step before it has an id.
#[derive(Debug, Clone)]
pub enum Plan {
    Template(bool),
    Message(u8, bool),
    Ask {
        choices: u8,
        tries: u8,
        save: bool,
        go_on: bool,
    },
    Wait {
        minutes: u32,
        reply: bool,
        when: Option<When>,
    },
    Until(u8, u8),
    Branch(Vec<(When, Vec<Plan>)>, Vec<Plan>),
    AddTag(u8),
    RemoveTag(u8),
    Set(u8),
    Hook(bool),
    Hand,
    End,
}

/// A condition before it names a step.
#[derive(Debug, Clone)]
pub enum When {
    Tag(u8),
    Attribute(u8, u8),
    Answer(u8, u8),
    Outcome(u8, bool),
    Consent(bool),
    Window(bool),
    Language,
    All(Vec<When>),
    Any(Vec<When>),
    Not(Box<When>),
}

pub fn journeys() -> impl Strategy<Value = Definition> {
    (prop::collection::vec(plan(), 0..8), 0..7_u8, 0..3_u8).prop_map(|(plans, trigger, again)| {
        let mut names = Names::default();
        let steps = names.list(&plans);
        let again = [json!("never"), json!("outside"), json!({"after_days": 30})]
            [usize::from(again)]
        .clone();
        let whole = json!({"format": 1, "name": "Any", "number": "109900000000001",
            "trigger": entrance(trigger), "again": again, "steps": steps});
        Definition::read(&whole.to_string())
            .unwrap_or_else(|faults| panic!("{faults:?}\n{whole:#}"))
    })
}

fn entrance(kind: u8) -> Value {
    match kind {
        0 => json!({"kind": "joined", "form": "spring"}),
        1 => json!({"kind": "tag_added", "tag": "t1"}),
        2 => json!({"kind": "attribute_changed", "attribute": "a1", "to": "x"}),
        3 => json!({"kind": "event", "name": "paid"}),
        4 => {
            json!({"kind": "date", "attribute": "born", "days": -3, "time": "09:00", "yearly": true})
        }
        5 => json!({"kind": "keyword", "words": ["hello", "olá"]}),
        _ => json!({"kind": "ad_referral"}),
    }
}

fn plan() -> impl Strategy<Value = Plan> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Plan::Template),
        (0..4_u8, any::<bool>()).prop_map(|(buttons, go_on)| Plan::Message(buttons, go_on)),
        (0..6_u8, 1..4_u8, any::<bool>(), any::<bool>()).prop_map(
            |(choices, tries, save, go_on)| Plan::Ask {
                choices,
                tries,
                save,
                go_on
            }
        ),
        (1..525_600_u32, any::<bool>(), prop::option::of(when())).prop_map(
            |(minutes, reply, when)| Plan::Wait {
                minutes,
                reply,
                when
            }
        ),
        (0..24_u8, 0..60_u8).prop_map(|(hour, minute)| Plan::Until(hour, minute)),
        (0..3_u8).prop_map(Plan::AddTag),
        (0..3_u8).prop_map(Plan::RemoveTag),
        (0..3_u8).prop_map(Plan::Set),
        any::<bool>().prop_map(Plan::Hook),
        Just(Plan::Hand),
        Just(Plan::End),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let list = || prop::collection::vec(inner.clone(), 0..3);
        (prop::collection::vec((when(), list()), 1..3), list())
            .prop_map(|(ways, otherwise)| Plan::Branch(ways, otherwise))
    })
}

fn when() -> impl Strategy<Value = When> {
    let leaf = prop_oneof![
        (0..3_u8).prop_map(When::Tag),
        (0..3_u8, 0..8_u8).prop_map(|(key, test)| When::Attribute(key, test)),
        (any::<u8>(), 0..8_u8).prop_map(|(step, test)| When::Answer(step, test)),
        (any::<u8>(), any::<bool>()).prop_map(|(step, done)| When::Outcome(step, done)),
        any::<bool>().prop_map(When::Consent),
        any::<bool>().prop_map(When::Window),
        Just(When::Language),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(When::All),
            prop::collection::vec(inner.clone(), 1..3).prop_map(When::Any),
            inner.prop_map(|one| When::Not(Box::new(one))),
        ]
    })
}

/// Which ids are given so far, and what they offer.
#[derive(Default)]
struct Names {
    count: u32,
    answers: Vec<String>,
    sends: Vec<String>,
}

impl Names {
    fn list(&mut self, plans: &[Plan]) -> Vec<Value> {
        let mut steps = Vec::new();
        for plan in plans {
            steps.push(self.step(plan));
            if plan.ends() {
                break; // Nothing may stand behind it.
            }
        }
        steps
    }

    fn step(&mut self, plan: &Plan) -> Value {
        self.count += 1;
        let id = format!("s{}", self.count);
        let if_not = |go_on: bool| if go_on { "continue" } else { "end" };
        let mut step = match plan {
            Plan::Template(go_on) => {
                json!({"kind": "send_template", "template": "hello", "language": "en_US",
                "variables": {"1": "{{a1|friend}}"}, "if_not_sent": if_not(*go_on)})
            }
            Plan::Message(buttons, go_on) => json!({"kind": "send_message", "text": self.text(),
                "buttons": labels(*buttons), "if_not_sent": if_not(*go_on)}),
            Plan::Ask {
                choices,
                tries,
                save,
                go_on,
            } => {
                let mut ask = json!({"kind": "ask", "text": self.text(), "choices": labels(*choices),
                    "tries": tries, "within": {"hours": 3}, "if_not_sent": if_not(*go_on)});
                if *save {
                    ask["save_as"] = json!("a2");
                }
                ask
            }
            Plan::Wait {
                minutes,
                reply,
                when,
            } => {
                let mut wait =
                    json!({"kind": "wait", "for": {"minutes": minutes}, "or_reply": reply});
                if let Some(when) = when {
                    wait["or_when"] = self.when(when);
                }
                wait
            }
            Plan::Until(hour, minute) => {
                json!({"kind": "wait_until", "time": format!("{hour:02}:{minute:02}")})
            }
            Plan::Branch(ways, otherwise) => {
                let ways: Vec<Value> = ways
                    .iter()
                    .map(|(when, plans)| (self.when(when), plans))
                    .collect::<Vec<_>>()
                    .into_iter()
                    .map(|(when, plans)| json!({"when": when, "steps": self.list(plans)}))
                    .collect();
                json!({"kind": "branch", "ways": ways, "otherwise": self.list(otherwise)})
            }
            Plan::AddTag(tag) => json!({"kind": "add_tag", "tag": format!("t{tag}")}),
            Plan::RemoveTag(tag) => json!({"kind": "remove_tag", "tag": format!("t{tag}")}),
            Plan::Set(key) => {
                json!({"kind": "set_attribute", "attribute": format!("a{key}"), "value": self.text()})
            }
            Plan::Hook(go_on) => {
                json!({"kind": "call_webhook", "webhook": "crm", "if_failed": if_not(*go_on)})
            }
            Plan::Hand => json!({"kind": "hand_to_agent", "note": "Look: {{a1|nothing}}"}),
            Plan::End => json!({"kind": "end"}),
        };
        step["id"] = json!(id);
        match plan {
            Plan::Ask { .. } => {
                self.answers.push(id.clone());
                self.sends.push(id);
            }
            Plan::Wait { reply: true, .. } => self.answers.push(id),
            Plan::Template(_) | Plan::Message(..) | Plan::Hook(_) => self.sends.push(id),
            _ => {}
        }
        step
    }

    fn text(&self) -> String {
        let answer = self
            .answers
            .last()
            .map(|id| format!("{{{{answer:{id}|nothing}}}}"));
        format!("Hi {{{{a1|you}}}} {}", answer.unwrap_or_default())
    }

    fn when(&self, when: &When) -> Value {
        let each = |all: &[When]| all.iter().map(|one| self.when(one)).collect::<Vec<_>>();
        let one_of = |ids: &[String], at: u8| {
            (!ids.is_empty()).then(|| ids[usize::from(at) % ids.len()].clone())
        };
        match when {
            When::Tag(tag) => json!({"tag": format!("t{tag}")}),
            When::Attribute(key, test) => {
                json!({"attribute": asked("key", &format!("a{key}"), *test)})
            }
            When::Answer(step, test) => match one_of(&self.answers, *step) {
                Some(id) => json!({"answer": asked("step", &id, *test)}),
                None => json!({"event": asked("key", "amount", *test)}),
            },
            When::Outcome(step, done) => match one_of(&self.sends, *step) {
                Some(id) => {
                    json!({"outcome": {"step": id, "is": if *done { "done" } else { "failed" }}})
                }
                None => json!({"window": "open"}),
            },
            When::Consent(allow) => {
                json!({"consent": {"category": "marketing", "is": if *allow { "allow" } else { "deny" }}})
            }
            When::Window(open) => json!({"window": if *open { "open" } else { "closed" }}),
            When::Language => json!({"language": "pt-BR"}),
            When::All(all) => json!({"all": each(all)}),
            When::Any(any) => json!({"any": each(any)}),
            When::Not(one) => json!({"not": self.when(one)}),
        }
    }
}

impl Plan {
    fn ends(&self) -> bool {
        let over = |plans: &[Self]| plans.iter().any(Self::ends);
        match self {
            Self::Hand | Self::End => true,
            Self::Branch(ways, otherwise) => {
                ways.iter().all(|(_, plans)| over(plans)) && over(otherwise)
            }
            _ => false,
        }
    }
}

fn labels(count: u8) -> Vec<String> {
    (0..count)
        .map(|number| format!("Choice {number}"))
        .collect()
}

fn asked(name: &str, what: &str, test: u8) -> Value {
    let mut asked = match test {
        0 => json!({"is": "Choice 0"}),
        1 => json!({"is_not": "x"}),
        2 => json!({"contains": "o"}),
        3 => json!({"less": 12.25}),
        4 => json!({"greater": -3}),
        5 => json!({"before": "2026-11-22"}),
        6 => json!({"after": "2026-11-22"}),
        _ => json!({"is_set": true}),
    };
    asked[name] = json!(what);
    asked
}

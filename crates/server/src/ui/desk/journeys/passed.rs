//! What happened on somebody's way through a journey, one line after the other: as it was, or as a trial would have it.

use journey::{definition::Definition, id::StepId, step::Act};
use serde_json::Value;

use super::words;
use crate::{
    services::journeys::{
        body::{RehearsalLine, VisitAnswer},
        way,
    },
    ui::desk::{Desk, table::source_name},
};

/// A line.
#[derive(Debug, Default)]
pub struct Line {
    /// When, as machines read it.
    pub at: String,
    /// At which step.
    pub step: Option<String>,
    /// What the step says.
    pub title: Option<String>,
    /// What happened.
    pub said: String,
    /// What somebody wrote.
    pub wrote: Option<String>,
    /// The code of an error.
    pub code: Option<String>,
    /// The error, in the words of whoever reported it.
    pub words: Option<String>,
    /// Through what they said it.
    pub through: Option<String>,
    /// What was sent, or would be.
    pub message: Option<String>,
    /// The buttons below it.
    pub choices: Vec<String>,
    /// `good`, `bad`, or nothing.
    pub tone: &'static str,
}

/// A visit as a line.
pub fn visit(desk: &Desk, definition: &Definition, visit: &VisitAnswer) -> Line {
    let tone = match visit.is.as_str() {
        "failed" => "bad",
        "denied" => "warn",
        "accepted" | "done" => "good",
        "ended" if visit.end.as_deref() == Some("stopped") => "bad",
        "ended" if visit.end.as_deref() == Some("refused") => "warn",
        _ => "",
    };
    Line {
        at: visit.at.clone(),
        title: visit
            .step
            .as_deref()
            .and_then(|step| title(desk, definition, step)),
        step: visit.step.clone(),
        said: said(desk, definition, visit),
        wrote: visit.text.clone(),
        code: visit.code.clone(),
        words: words::why(desk, visit.code.as_deref(), visit.words.as_deref()),
        through: visit.source.as_deref().map(|source| {
            let source = source_name(desk, source);
            desk.say_with("journeys-through", &[("source", &source)])
        }),
        tone,
        ..Line::default()
    }
}

/// What a step says; none where the definition has no such step.
pub fn title(desk: &Desk, definition: &Definition, step: &str) -> Option<String> {
    let step = StepId::read(step).ok()?;
    let step = definition.find(&step)?;
    Some(words::step(desk, &step.act).title)
}

/// How a journey ended.
pub fn end(desk: &Desk, end: &str) -> String {
    desk.say(&format!("journeys-end-{}", end.replace('_', "-")))
}

/// Whoever left for another reason than a no of theirs did not opt out: the reason stands below.
fn ended(desk: &Desk, visit: &VisitAnswer) -> String {
    let is_other = |words: &str| way::reason(words).is_some_and(|reason| reason != "opt_out");
    match visit.end.as_deref().unwrap_or("done") {
        "opted_out" if visit.words.as_deref().is_some_and(is_other) => end(desk, "left"),
        how => end(desk, how),
    }
}

fn said(desk: &Desk, definition: &Definition, visit: &VisitAnswer) -> String {
    match visit.is.as_str() {
        "waiting" => {
            let until = visit.until.as_deref().map(|until| desk.told(until));
            let until = until.unwrap_or_default();
            desk.say_with("journeys-waiting-until", &[("time", &until)])
        }
        "took" => took(desk, definition, visit),
        "ended" => ended(desk, visit),
        other => desk.say(&format!("journeys-passed-{}", other.replace('_', "-"))),
    }
}

fn took(desk: &Desk, definition: &Definition, visit: &VisitAnswer) -> String {
    let step = visit
        .step
        .as_deref()
        .and_then(|step| StepId::read(step).ok());
    let branch = step.and_then(|step| match &definition.find(&step)?.act {
        Act::Branch(branch) => Some(branch),
        _ => None,
    });
    let way = visit.way.and_then(|at| branch?.ways.get(at));
    match way {
        Some(way) => {
            let when = words::condition(desk, &way.when);
            desk.say_with("journeys-took", &[("condition", &when)])
        }
        None => desk.say("journeys-took-otherwise"),
    }
}

/// A line of a trial; none for what says nothing new.
pub fn rehearsed(desk: &Desk, definition: &Definition, line: &RehearsalLine) -> Option<Line> {
    if let Some(own) = &line.visit {
        // Where a step begins, what it sends stands below it.
        return (own.is != "begun").then(|| visit(desk, definition, own));
    }
    let line = match (&line.happened, &line.effect) {
        (Some(happened), _) => Line {
            at: line.at.clone(),
            ..occurred(desk, happened)?
        },
        (None, Some(effect)) => Line {
            at: line.at.clone(),
            ..done(desk, effect, line.text.as_deref())?
        },
        (None, None) => return None,
    };
    Some(line)
}

fn text(value: &Value, name: &str) -> String {
    let text = value.get(name).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

fn occurred(desk: &Desk, happened: &Value) -> Option<Line> {
    match happened.get("happening")?.as_str()? {
        "replied" => Some(Line {
            said: desk.say("journeys-they-write"),
            wrote: Some(text(happened, "text")),
            ..Line::default()
        }),
        "opted_out" => Some(Line {
            said: desk.say("journeys-they-refuse"),
            wrote: Some(text(happened, "sentence")),
            ..Line::default()
        }),
        _ => None,
    }
}

fn done(desk: &Desk, effect: &Value, words: Option<&str>) -> Option<Line> {
    let labels = |name: &str| {
        let list = effect.get(name).and_then(Value::as_array);
        let each = list.into_iter().flatten();
        each.map(|one| text(one, "label")).collect::<Vec<_>>()
    };
    let said = |id: &str| Line {
        said: desk.say(id),
        ..Line::default()
    };
    match effect.get("effect")?.as_str()? {
        "send_message" => Some(Line {
            message: Some(text(effect, "text")),
            choices: labels("buttons"),
            ..said("journeys-sends")
        }),
        "ask" => Some(Line {
            message: Some(text(effect, "text")),
            choices: labels("choices"),
            ..said("journeys-asks")
        }),
        "send_template" => {
            let (template, language) = (text(effect, "template"), text(effect, "language"));
            let template = format!("{template} ({language})");
            Some(Line {
                said: desk.say_with("journeys-sends-named", &[("template", &template)]),
                message: words.map(str::to_owned),
                ..Line::default()
            })
        }
        "call_webhook" => Some(Line {
            wrote: Some(text(effect, "webhook")),
            ..said("journeys-calls")
        }),
        "hand_to_agent" => Some(Line {
            wrote: Some(text(effect, "note")).filter(|note| !note.is_empty()),
            ..match effect.get("agent").and_then(Value::as_str) {
                Some(agent) => Line {
                    said: desk.say_with("journeys-hands-to", &[("agent", agent)]),
                    ..Line::default()
                },
                None => said("journeys-hands"),
            }
        }),
        // What is set is said by the step itself.
        _ => None,
    }
}

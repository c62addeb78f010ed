//! The ways that people took, as answers show them.

use std::collections::BTreeMap;

use consent::{alias::Alias, id::ContactId, time::Timestamp};
use graph::template::Shape;
use journey::{
    effect::Effect,
    state::{Place, Waiting},
    visit::{Ending, Passed, Visit},
};
use store::journey::{
    effect::{EffectLine, State as Doing},
    run::{self, RunLine, VisitLine},
};
use store::{event::EventLine, template::TemplateLine};

use super::{
    body::{EffectAnswer, RunAnswer, RunDetail, VisitAnswer},
    letter,
    way::{self, Memory},
};
use crate::{
    app::House,
    clock,
    error::Error,
    services::{happenings, inbox},
};

/// Ways, with what people are called.
pub(super) async fn runs(app: &House, lines: &[RunLine]) -> Result<Vec<RunAnswer>, Error> {
    let ids: Vec<ContactId> = lines.iter().map(|line| line.contact).collect();
    let mut names: BTreeMap<ContactId, String> = BTreeMap::new();
    for person in app.store.pick_contacts(&ids).await? {
        let current = person.aliases.iter().filter(|held| held.until.is_none());
        let aliases: Vec<Alias> = current.map(|held| held.alias.clone()).collect();
        let address = || inbox::address(&aliases).map(Alias::value);
        let name = person.person.name.clone().or_else(address);
        names.insert(person.person.id, name.unwrap_or_default());
    }
    lines
        .iter()
        .map(|line| {
            let who = names.get(&line.contact).cloned().unwrap_or_default();
            Ok(way_of(line, &Memory::read(&line.memory)?, who))
        })
        .collect()
}

/// One way, step by step.
pub(super) async fn detail(app: &House, line: &RunLine) -> Result<RunDetail, Error> {
    let mut runs = runs(app, std::slice::from_ref(line)).await?;
    let run = runs.pop().ok_or(Error::NotFound("run"))?;
    let known = Memory::read(&line.memory)?.state.known().clone();
    let visits = app.store.visits(line.contact, line.id).await?;
    let effects = app.store.effects(line.contact, line.id).await?;
    let answers = known.answers.into_iter();
    let mut passed: Vec<VisitAnswer> = visits.iter().map(kept).collect();
    // Whoever says no leaves at once, without a step: what they left by stands in the log.
    if line.state == run::State::Left && passed.last().is_none_or(|last| last.is != "ended") {
        passed.push(left(app, line, run.step.clone()).await?);
    }
    let templates = if effects.iter().any(|one| one.kind == "send_template") {
        app.store.templates().await?
    } else {
        Vec::new()
    };
    Ok(RunDetail {
        run,
        answers: answers
            .map(|(step, text)| (step.to_string(), text))
            .collect(),
        given: known.given,
        visits: passed,
        effects: effects.iter().map(|one| effect(one, &templates)).collect(),
    })
}

/// How somebody left by a no: when, why, and through what they said it.
async fn left(app: &House, line: &RunLine, step: Option<String>) -> Result<VisitAnswer, Error> {
    let why = line.why.as_deref().unwrap_or_default();
    let ended = line.ended.unwrap_or(line.entered);
    let history = app.store.history(line.contact).await?;
    let events = history.iter().filter_map(EventLine::event);
    let noes =
        events.filter(|event| event.received <= ended && happenings::no(&event.fact) == Some(why));
    let no = noes.max_by_key(|event| event.received);
    Ok(VisitAnswer {
        step,
        at: clock::rfc3339(ended),
        is: "ended".to_owned(),
        end: Some("opted_out".to_owned()),
        words: Some(way::sentence(why).to_owned()).filter(|words| !words.is_empty()),
        source: no.map(|event| event.evidence.source),
        ..VisitAnswer::default()
    })
}

/// The template that an effect sends, and what the person reads.
fn sends(line: &EffectLine, templates: &[TemplateLine]) -> (Option<String>, Option<String>) {
    match serde_json::from_str::<Effect>(&line.body) {
        Ok(Effect::SendTemplate {
            template,
            language,
            variables,
            ..
        }) => {
            let mut all = templates.iter();
            let found = all.find(|one| one.name == template && one.language == language);
            let text = found.map(|one| letter::said(&Shape::of(&one.components), &variables));
            (Some(format!("{template} ({language})")), text)
        }
        Ok(Effect::SendMessage { text, .. } | Effect::Ask { text, .. }) => (None, Some(text)),
        Ok(
            Effect::CallWebhook { .. }
            | Effect::AddTag { .. }
            | Effect::RemoveTag { .. }
            | Effect::SetAttribute { .. }
            | Effect::HandToAgent { .. },
        )
        | Err(_) => (None, None),
    }
}

fn way_of(line: &RunLine, memory: &Memory, who: String) -> RunAnswer {
    let is_inside = line.ended.is_none();
    let (step, waiting, code) = match memory.state.place() {
        Place::Door => (None, None, None),
        Place::Step { step, waiting, .. } => {
            let word = match waiting {
                Waiting::Time => "time",
                Waiting::Outcome => "outcome",
                Waiting::Answer => "answer",
            };
            (Some(step.to_string()), is_inside.then_some(word), None)
        }
        Place::Out {
            how: Ending::Stopped { step, code, .. },
        } => (Some(step.to_string()), None, Some(code.clone())),
        Place::Out {
            how: Ending::Done | Ending::HandedOver | Ending::OptedOut { .. } | Ending::Lost,
        } => (None, None, None),
    };
    RunAnswer {
        id: line.id.to_string(),
        contact: line.contact.to_string(),
        who,
        version: line.version,
        state: line.state.word(),
        step,
        waiting,
        due_at: line.due.map(clock::rfc3339),
        entered_at: clock::rfc3339(line.entered),
        ended_at: line.ended.map(clock::rfc3339),
        code,
        why: line.why.as_deref().map(|why| way::sentence(why).to_owned()),
    }
}

fn effect(line: &EffectLine, templates: &[TemplateLine]) -> EffectAnswer {
    let (template, text) = sends(line, templates);
    EffectAnswer {
        key: line.key.clone(),
        kind: line.kind.clone(),
        state: line.state.word(),
        tries: line.tries,
        due_at: (line.state == Doing::Waiting).then(|| clock::rfc3339(line.due)),
        attempt: line.attempt.map(|attempt| attempt.to_string()),
        outcome: line.outcome.clone(),
        template,
        text,
    }
}

/// A step as it was kept.
fn kept(line: &VisitLine) -> VisitAnswer {
    let step = Some(line.step.clone()).filter(|step| !step.is_empty());
    let passed = line.note.as_deref();
    let passed = passed.and_then(|note| serde_json::from_str::<Passed>(note).ok());
    match passed {
        Some(passed) => told(step, line.at, &passed),
        None => VisitAnswer {
            step,
            at: clock::rfc3339(line.at),
            is: line.result.clone(),
            ..VisitAnswer::default()
        },
    }
}

/// A step as it was passed.
pub(super) fn visit(visit: &Visit) -> VisitAnswer {
    let step = visit.step.as_ref().map(ToString::to_string);
    told(step, visit.at, &visit.passed)
}

fn told(step: Option<String>, at: Timestamp, passed: &Passed) -> VisitAnswer {
    let mut answer = VisitAnswer {
        step,
        at: clock::rfc3339(at),
        is: way::word(passed),
        ..VisitAnswer::default()
    };
    match passed {
        Passed::Denied { code, sentence } => {
            answer.code = Some(code.clone());
            answer.words = Some(sentence.clone());
        }
        Passed::Failed { code, words } => {
            answer.code = Some(code.clone());
            answer.words = Some(words.clone());
        }
        Passed::Waiting { until } => answer.until = Some(clock::rfc3339(*until)),
        Passed::Answered { text } | Passed::AskedAgain { text } => {
            answer.text = Some(text.clone());
        }
        Passed::Took { way } => answer.way = *way,
        Passed::Ended { how } => {
            answer.end = Some(end(how).to_owned());
            match how {
                Ending::OptedOut { sentence } => answer.words = Some(sentence.clone()),
                Ending::Stopped { code, words, .. } => {
                    answer.code = Some(code.clone());
                    answer.words = Some(words.clone());
                }
                Ending::Done | Ending::HandedOver | Ending::Lost => {}
            }
        }
        Passed::Entered
        | Passed::Begun
        | Passed::Accepted
        | Passed::Unknown
        | Passed::TimeCame
        | Passed::CameToHold
        | Passed::NoAnswer
        | Passed::Done => {}
    }
    answer
}

/// How a journey ended, in the word that JSON has for it.
pub(super) fn end(how: &Ending) -> &'static str {
    match how {
        Ending::Done => "done",
        Ending::HandedOver => "handed_over",
        Ending::OptedOut { .. } => "opted_out",
        Ending::Stopped { code, .. } if way::is_refusal(code) => "refused",
        Ending::Stopped { .. } => "stopped",
        Ending::Lost => "lost",
    }
}

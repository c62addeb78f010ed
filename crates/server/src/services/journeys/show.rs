//! The ways that people took, as answers show them.

use std::collections::BTreeMap;

use consent::{alias::Alias, id::ContactId, time::Timestamp};
use journey::{
    state::{Place, Waiting},
    visit::{Ending, Passed, Visit},
};
use store::journey::{
    effect::{EffectLine, State as Effect},
    run::{RunLine, VisitLine},
};

use super::{
    body::{EffectAnswer, RunAnswer, RunDetail, VisitAnswer},
    way::{self, Memory},
};
use crate::{app::House, clock, error::Error, services::inbox};

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
            Ok(run(line, &Memory::read(&line.memory)?, who))
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
    Ok(RunDetail {
        run,
        answers: answers
            .map(|(step, text)| (step.to_string(), text))
            .collect(),
        given: known.given,
        visits: visits.iter().map(kept).collect(),
        effects: effects.iter().map(effect).collect(),
    })
}

fn run(line: &RunLine, memory: &Memory, who: String) -> RunAnswer {
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

fn effect(line: &EffectLine) -> EffectAnswer {
    EffectAnswer {
        key: line.key.clone(),
        kind: line.kind.clone(),
        state: line.state.word(),
        tries: line.tries,
        due_at: (line.state == Effect::Waiting).then(|| clock::rfc3339(line.due)),
        attempt: line.attempt.map(|attempt| attempt.to_string()),
        outcome: line.outcome.clone(),
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
pub(super) const fn end(how: &Ending) -> &'static str {
    match how {
        Ending::Done => "done",
        Ending::HandedOver => "handed_over",
        Ending::OptedOut { .. } => "opted_out",
        Ending::Stopped { .. } => "stopped",
        Ending::Lost => "lost",
    }
}

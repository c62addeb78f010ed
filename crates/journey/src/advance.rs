//! What happens next: from where somebody is and what happened, to where they are then and what is to be done.

mod walk;

use consent::time::Timestamp;

use self::walk::Walk;
use crate::{
    condition::typed,
    definition::Definition,
    effect::{Effect, Key},
    facts::Facts,
    happening::{Happening, What},
    limits::{ASKED_CHARS_MAX, VALUE_CHARS_MAX},
    state::{Place, State, Waiting},
    step::{Act, Ask, IfNot, Step},
    visit::{Ending, Passed, Visit},
};

/// What a happening led to. State and effects belong in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advance {
    /// Where the person is now.
    pub state: State,
    /// What is to be done, in this order.
    pub effects: Vec<Effect>,
    /// What was passed, in this order.
    pub visits: Vec<Visit>,
    /// An effect of earlier that must not be carried out any more, if it is still queued.
    pub cancelled: Option<Key>,
    /// Whether a message was the answer to a question: then nobody else need look at it.
    pub took_reply: bool,
}

/// A step at which somebody waits.
struct Here<'a> {
    step: &'a Step,
    waiting: Waiting,
    until: Timestamp,
    count: u8,
}

/// Goes on until something must be waited for. What makes no sense where the person is changes nothing; so what is told
/// twice happens once. `definition` must be the version that [`State::version`] names.
///
/// A message that is an opt-out must be told as [`Happening::OptedOut`], never as a reply.
#[must_use]
pub fn advance(
    definition: &Definition,
    state: &State,
    happening: &Happening,
    facts: &Facts,
    now: Timestamp,
) -> Advance {
    let mut walk = Walk::new(definition, state, facts, now);
    match state.place() {
        Place::Out { .. } => outside(&mut walk, happening),
        Place::Door => door(&mut walk, happening),
        Place::Step {
            step: id,
            waiting,
            until,
            count,
        } => match definition.find(id) {
            None => walk.end(None, Ending::Lost),
            Some(step) => {
                let here = Here {
                    step,
                    waiting: *waiting,
                    until: *until,
                    count: *count,
                };
                inside(&mut walk, &here, happening);
            }
        },
    }
    let mut next = walk.done();
    next.cancelled = given_up(state, happening, &next.state);
    next
}

/// What was awaited, and is no more though nothing became of it yet.
fn given_up(before: &State, happening: &Happening, after: &State) -> Option<Key> {
    let awaited = before.awaited()?;
    let settled = matches!(happening, Happening::Outcome { key, .. } if *key == awaited);
    (!settled && after.awaited().as_ref() != Some(&awaited)).then_some(awaited)
}

/// What became of an effect of somebody who had left by the time that it was known: it is noted, they are out with the sentence, and
/// nothing is done after it. A refusal or a failure that stops them says more than the sentence, and stands in its place.
#[must_use]
pub fn after_leaving(
    definition: &Definition,
    state: &State,
    (key, what, sentence): (&Key, &What, &str),
    (facts, now): (&Facts, Timestamp),
) -> Advance {
    let mut walk = Walk::new(definition, state, facts, now);
    let step = match state.place() {
        Place::Step { step, .. } => definition.find(step),
        Place::Door | Place::Out { .. } => None,
    };
    if let Some(step) = step.filter(|_| state.awaited().as_ref() == Some(key)) {
        let (passed, done) = passed(what);
        walk.visit(Some(step), passed);
        walk.known.done.insert(step.id.clone(), done);
        if !done && step.act.if_not() != Some(IfNot::Continue) {
            stop(&mut walk, step, what);
            return walk.done();
        }
    } else if let Some(before) = late(&mut walk, key, what)
        && before.act.if_not() != Some(IfNot::Continue)
    {
        stop(&mut walk, before, what);
        return walk.done();
    }
    let sentence = sentence.to_owned();
    walk.end(step, Ending::OptedOut { sentence });
    walk.done()
}

fn outside(walk: &mut Walk<'_>, happening: &Happening) {
    match happening {
        Happening::Outcome { key, what } => {
            let _ = late(walk, key, what);
        }
        Happening::Entered
        | Happening::TimeCame
        | Happening::Replied { .. }
        | Happening::OptedOut { .. }
        | Happening::Changed => {}
    }
}

fn door(walk: &mut Walk<'_>, happening: &Happening) {
    match happening {
        Happening::Entered => {
            walk.visit(None, Passed::Entered);
            walk.go(walk.definition.steps().first());
        }
        Happening::OptedOut { sentence } => {
            walk.end(
                None,
                Ending::OptedOut {
                    sentence: sentence.clone(),
                },
            );
        }
        Happening::TimeCame
        | Happening::Replied { .. }
        | Happening::Outcome { .. }
        | Happening::Changed => {}
    }
}

fn inside(walk: &mut Walk<'_>, here: &Here<'_>, happening: &Happening) {
    match happening {
        Happening::Entered => {}
        Happening::OptedOut { sentence } => {
            walk.end(
                Some(here.step),
                Ending::OptedOut {
                    sentence: sentence.clone(),
                },
            );
        }
        Happening::TimeCame if walk.now < here.until => {}
        Happening::TimeCame => match here.waiting {
            Waiting::Time => walk.pass(here.step, Passed::TimeCame),
            Waiting::Answer => walk.pass(here.step, Passed::NoAnswer),
            Waiting::Outcome => settle(walk, here.step, here.count, &What::Unknown),
        },
        Happening::Outcome { key, what } => {
            if walk.state.awaited().as_ref() == Some(key) {
                settle(walk, here.step, here.count, what);
            } else {
                failed_later(walk, here, key, what);
            }
        }
        Happening::Replied { text, payload } => replied(walk, here, text, payload.as_deref()),
        Happening::Changed => changed(walk, here),
    }
}

/// The outcome that was waited for.
fn settle(walk: &mut Walk<'_>, step: &Step, count: u8, what: &What) {
    let (passed, done) = passed(what);
    walk.visit(Some(step), passed);
    walk.known.done.insert(step.id.clone(), done);
    if !done {
        not_done(walk, step, what);
        return;
    }
    let Act::Ask(ask) = &step.act else {
        return walk.go_behind(step);
    };
    let until = walk.now.plus_millis(ask.within.millis());
    walk.stay(step, Waiting::Answer, until, count);
}

fn not_done(walk: &mut Walk<'_>, step: &Step, what: &What) {
    match step.act.if_not() {
        Some(IfNot::Continue) => walk.go_behind(step),
        Some(IfNot::End) | None => stop(walk, step, what),
    }
}

fn stop(walk: &mut Walk<'_>, step: &Step, what: &What) {
    let (code, words) = match what {
        What::Denied { code, sentence } => (code.clone(), sentence.clone()),
        What::Failed { code, words } => (code.clone(), words.clone()),
        What::Accepted | What::Unknown => return,
    };
    let step_id = step.id.clone();
    walk.end(
        Some(step),
        Ending::Stopped {
            step: step_id,
            code,
            words,
        },
    );
}

/// An outcome of a step that was left long ago: Meta takes a message first, and tells minutes later that it failed. Gives
/// the step, where this is news.
fn late<'a>(walk: &mut Walk<'a>, key: &Key, what: &What) -> Option<&'a Step> {
    let (passed, done) = passed(what);
    let id = key.step(walk.state.run())?;
    if done || walk.known.done.get(&id) != Some(&true) {
        return None;
    }
    let step = walk.definition.find(&id)?;
    walk.known.done.insert(id, false);
    walk.visit(Some(step), passed);
    Some(step)
}

fn failed_later(walk: &mut Walk<'_>, here: &Here<'_>, key: &Key, what: &What) {
    let Some(step) = late(walk, key, what) else {
        return;
    };
    match step.act.if_not() {
        Some(IfNot::End) | None => stop(walk, step, what),
        // Nobody answers a question that did not arrive.
        Some(IfNot::Continue) if step.id == here.step.id => walk.go_behind(step),
        Some(IfNot::Continue) => {}
    }
}

fn replied(walk: &mut Walk<'_>, here: &Here<'_>, text: &str, payload: Option<&str>) {
    match &here.step.act {
        Act::Ask(ask) => answered(walk, here, ask, (text.trim(), payload)),
        Act::Wait(wait) if wait.or_reply => {
            let text: String = text.trim().chars().take(VALUE_CHARS_MAX).collect();
            if !text.is_empty() {
                walk.known
                    .answers
                    .insert(here.step.id.clone(), text.clone());
            }
            walk.pass(here.step, Passed::Answered { text });
        }
        Act::SendTemplate(_)
        | Act::SendMessage(_)
        | Act::Wait(_)
        | Act::WaitUntil(_)
        | Act::Branch(_)
        | Act::AddTag(_)
        | Act::RemoveTag(_)
        | Act::SetAttribute(_)
        | Act::CallWebhook(_)
        | Act::HandToAgent(_)
        | Act::End(_) => {}
    }
}

fn answered(walk: &mut Walk<'_>, here: &Here<'_>, ask: &Ask, reply: (&str, Option<&str>)) {
    let (text, payload) = reply;
    let step = here.step;
    let chosen = chosen(walk, here, ask, reply);
    if here.waiting == Waiting::Outcome {
        // The answer may overtake the news that the question went out. Only a choice is surely its answer.
        if chosen.is_none() {
            return;
        }
        walk.known.done.insert(step.id.clone(), true);
        walk.visit(Some(step), Passed::Accepted);
    }
    let stale = payload.is_some_and(|payload| payload.starts_with(Key::PAYLOAD));
    match chosen {
        Some(choice) => keep(walk, step, ask, choice.to_owned(), true),
        // A button of another question, or a picture without a word.
        None if stale || text.is_empty() => {}
        None if !ask.choices.is_empty() && here.count < ask.tries => {
            walk.took_reply = true;
            let text = text.chars().take(VALUE_CHARS_MAX).collect();
            walk.visit(Some(step), Passed::AskedAgain { text });
            let _ = walk.ask(step, ask, here.count.saturating_add(1));
        }
        None => {
            let text = text.chars().take(VALUE_CHARS_MAX).collect();
            keep(walk, step, ask, text, ask.choices.is_empty());
        }
    }
}

/// The choice that was tapped or typed.
fn chosen<'a>(
    walk: &Walk<'_>,
    here: &Here<'_>,
    ask: &'a Ask,
    (text, payload): (&str, Option<&str>),
) -> Option<&'a str> {
    let pressed = payload.and_then(|payload| {
        (1..=here.count)
            .find_map(|count| Key::of(walk.state.run(), &here.step.id, count).pressed(payload))
    });
    let found = match (pressed, payload) {
        (Some(index), _) => ask.choices.get(index),
        (None, Some(payload)) if payload.starts_with(Key::PAYLOAD) => None,
        (None, _) => ask.choices.iter().find(|choice| typed(choice, text)),
    };
    found.map(String::as_str)
}

/// Keeps an answer, as an attribute too where the question says so, and goes on.
fn keep(walk: &mut Walk<'_>, step: &Step, ask: &Ask, text: String, fits: bool) {
    walk.took_reply = true;
    walk.known.answers.insert(step.id.clone(), text.clone());
    if let Some(attribute) = ask.save_as.as_ref().filter(|_| fits) {
        let key = Key::of_answer(walk.state.run(), &step.id);
        walk.set(key, attribute, text.clone());
    }
    walk.pass(step, Passed::Answered { text });
}

fn changed(walk: &mut Walk<'_>, here: &Here<'_>) {
    let Act::Wait(wait) = &here.step.act else {
        return;
    };
    let holds = wait.or_when.as_ref().is_some_and(|when| walk.holds(when));
    if holds {
        walk.pass(here.step, Passed::CameToHold);
    }
}

/// How an outcome is listed, and whether the step counts as done.
fn passed(what: &What) -> (Passed, bool) {
    match what {
        What::Accepted => (Passed::Accepted, true),
        What::Unknown => (Passed::Unknown, true),
        What::Denied { code, sentence } => (
            Passed::Denied {
                code: code.clone(),
                sentence: sentence.clone(),
            },
            false,
        ),
        What::Failed { code, words } => (
            Passed::Failed {
                code: code.clone(),
                words: words.clone(),
            },
            false,
        ),
    }
}

/// The longest that a filled question or message with buttons may be.
const fn chars_max(choices: &[String]) -> usize {
    if choices.is_empty() {
        crate::limits::TEXT_CHARS_MAX
    } else {
        ASKED_CHARS_MAX
    }
}

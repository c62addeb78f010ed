//! Trying a journey out: a script of what happens, with a clock that steps. Nothing is sent and nothing is kept.

use std::collections::BTreeMap;

use consent::{
    alias::Alias,
    id::ContactId,
    scope::Category,
    time::{MINUTE_MS, Timestamp},
};
use journey::{
    definition::Definition,
    effect::Key,
    facts::{Facts, Leave},
    happening::{Happening, What},
    id::StepId,
    rehearse::{self, Beat, Line, Script},
    state::Place,
    step::Act,
};

use super::{
    body::{BeatBody, FactsBody, OutcomeBody, RehearsalAnswer, RehearsalLine, ScriptBody},
    person::{self, Known},
    show,
};
use crate::{
    app::House,
    clock,
    error::Error,
    services::{contacts, policy},
};

/// Things that happen in one script, at the most.
const BEATS_MAX: usize = 200;

/// Tries a definition out.
///
/// # Errors
/// [`Error::Invalid`] naming the place in the script; [`Error::NotFound`] for the contact; when the database does not answer.
pub(super) async fn run(
    app: &House,
    definition: &Definition,
    body: &ScriptBody,
) -> Result<RehearsalAnswer, Error> {
    let start = match &body.start_at {
        Some(text) => clock::read_rfc3339(text).ok_or_else(|| {
            let say = format!("`{text}` is no time: want one like 2026-11-22T09:00:00Z");
            Error::field("start_at", say)
        })?,
        None => app.clock.now(),
    };
    let mut facts = known(app, definition, body, start).await?;
    if let Some(more) = &body.facts {
        apply(&mut facts, more, "facts")?;
    }
    if body.beats.len() > BEATS_MAX {
        return Err(Error::field("beats", format!("want at most {BEATS_MAX}")));
    }
    let mut then = facts.clone();
    let mut beats = Vec::with_capacity(body.beats.len());
    for (at, one) in body.beats.iter().enumerate() {
        beats.push(beat(definition, (at, one), (start, &mut then))?);
    }
    let script = Script {
        start,
        facts,
        given: body.data.clone(),
        outcomes: outcomes(&body.outcomes)?,
        beats,
    };
    Ok(answer(&rehearse::rehearse(definition, &script)))
}

/// What is known at the beginning: of a contact, or of somebody who may be sent everything.
async fn known(
    app: &House,
    definition: &Definition,
    body: &ScriptBody,
    start: Timestamp,
) -> Result<Facts, Error> {
    let Some(id) = &body.contact else {
        let all = Category::ALL.into_iter();
        let nobody = Facts {
            window_open: true,
            ..Facts::unknown()
        };
        return Ok(all.fold(nobody, |facts, category| facts.with(category, Leave::Allow)));
    };
    let id: ContactId = id.parse().map_err(|_| Error::NotFound("contact"))?;
    let line = contacts::line(app, id).await?;
    let mut known = Known::of(&line.person);
    let current = line.aliases.iter().filter(|held| held.until.is_none());
    let aliases: Vec<&Alias> = current.map(|held| &held.alias).collect();
    aliases.into_iter().for_each(|alias| known.call(alias));
    known.tags = line.tags.into_iter().collect();
    known.attributes = line.attributes.into_iter().collect();
    let own = definition.head().number.as_ref();
    let number = person::number(app, own, Some(&known.standing));
    let policy = policy::current(app).await?;
    Ok(known.facts((number.as_ref(), &policy), start))
}

fn apply(facts: &mut Facts, more: &FactsBody, field: &str) -> Result<(), Error> {
    facts.attributes.extend(more.attributes.clone());
    facts.tags.extend(more.tags.iter().cloned());
    if let Some(allowed) = &more.allowed {
        facts.allowed = BTreeMap::new();
        for word in allowed {
            let category = Category::read(word).ok_or_else(|| {
                let say = format!("`{word}` is no category");
                Error::field(&format!("{field}.allowed"), say)
            })?;
            facts.allowed.insert(category.word(), Leave::Allow);
        }
    }
    match more.window.as_deref() {
        None => {}
        Some("open") => facts.window_open = true,
        Some("closed") => facts.window_open = false,
        Some(other) => {
            let say = format!("`{other}` is neither open nor closed");
            return Err(Error::field(&format!("{field}.window"), say));
        }
    }
    facts.language = more.language.clone().or_else(|| facts.language.take());
    facts.zone = more.zone.clone().or_else(|| facts.zone.take());
    Ok(())
}

fn outcomes(bodies: &BTreeMap<String, OutcomeBody>) -> Result<BTreeMap<StepId, What>, Error> {
    let mut all = BTreeMap::new();
    for (step, body) in bodies {
        let field = format!("outcomes.{step}");
        let id = StepId::read(step).map_err(|why| Error::field(&field, why.to_string()))?;
        let code = body.code.clone().unwrap_or_default();
        let words = body.words.clone().unwrap_or_default();
        let what = match body.is.as_str() {
            "accepted" => What::Accepted,
            "unknown" => What::Unknown,
            "denied" => What::Denied {
                code,
                sentence: words,
            },
            "failed" => What::Failed { code, words },
            other => {
                let say =
                    format!("`{other}` is no outcome: want accepted, denied, failed or unknown");
                return Err(Error::field(&field, say));
            }
        };
        all.insert(id, what);
    }
    Ok(all)
}

/// One thing that happens; `then` is what is known by then.
fn beat(
    definition: &Definition,
    (at, body): (usize, &BeatBody),
    (start, then): (Timestamp, &mut Facts),
) -> Result<Beat, Error> {
    let field = format!("beats.{at}");
    let mut facts = None;
    let happening = match (&body.says, &body.taps, &body.opts_out, &body.changes) {
        (Some(text), None, None, None) => Happening::Replied {
            text: text.clone(),
            payload: None,
        },
        (None, Some(label), None, None) => Happening::Replied {
            text: label.clone(),
            payload: Some(button(definition, label).ok_or_else(|| {
                Error::field(
                    &field,
                    format!("no step has a button or a choice `{label}`"),
                )
            })?),
        },
        (None, None, Some(sentence), None) => Happening::OptedOut {
            sentence: sentence.clone(),
        },
        (None, None, None, Some(more)) => {
            apply(then, more, &field)?;
            facts = Some(then.clone());
            Happening::Changed
        }
        _ => {
            let say = "want exactly one of `says`, `taps`, `opts_out` and `changes`";
            return Err(Error::field(&field, say));
        }
    };
    let minutes = i64::from(body.after_minutes).saturating_mul(MINUTE_MS);
    Ok(Beat {
        at: start.plus_millis(minutes),
        happening,
        facts,
    })
}

/// What the first button with this label carries.
fn button(definition: &Definition, label: &str) -> Option<String> {
    definition.all().into_iter().find_map(|step| {
        let labels: &[String] = match &step.act {
            Act::Ask(ask) => &ask.choices,
            Act::SendMessage(send) => &send.buttons,
            Act::SendTemplate(_)
            | Act::Wait(_)
            | Act::WaitUntil(_)
            | Act::Branch(_)
            | Act::AddTag(_)
            | Act::RemoveTag(_)
            | Act::SetAttribute(_)
            | Act::CallWebhook(_)
            | Act::HandToAgent(_)
            | Act::End(_) => &[],
        };
        let index = labels.iter().position(|one| one == label)?;
        Some(Key::of("rehearsal", &step.id, 1).payload(index))
    })
}

fn answer(rehearsal: &rehearse::Rehearsal) -> RehearsalAnswer {
    let lines = rehearsal.lines.iter().map(|line| match line {
        Line::Happened(at, happening) => RehearsalLine {
            at: clock::rfc3339(*at),
            happened: serde_json::to_value(happening).ok(),
            visit: None,
            effect: None,
        },
        Line::Visit(visit) => RehearsalLine {
            at: clock::rfc3339(visit.at),
            happened: None,
            visit: Some(show::visit(visit)),
            effect: None,
        },
        Line::Effect(at, effect) => RehearsalLine {
            at: clock::rfc3339(*at),
            happened: None,
            visit: None,
            effect: serde_json::to_value(effect).ok(),
        },
    });
    let step = match rehearsal.state.place() {
        Place::Step { step, .. } => Some(step.to_string()),
        Place::Door | Place::Out { .. } => None,
    };
    RehearsalAnswer {
        lines: lines.collect(),
        end: rehearsal.state.ended().map(|how| show::end(how).to_owned()),
        step,
    }
}

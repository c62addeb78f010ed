//! Trying a journey out: a script of what happens, with a clock that steps. Nothing is sent and nothing is kept.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use consent::{
    alias::Alias,
    event::Event,
    id::ContactId,
    policy::Policy,
    request::Sent,
    scope::Category,
    time::{MINUTE_MS, Timestamp},
};
use graph::template::Shape;
use journey::{
    definition::Definition,
    effect::{Effect, Key},
    facts::Facts,
    happening::{Happening, What},
    id::StepId,
    rehearse::{self, Beat, Line, Script},
    state::Place,
    step::Act,
    trigger::Trigger,
};
use store::event::EventLine;

use super::{
    body::{BeatBody, FactsBody, OutcomeBody, RehearsalAnswer, RehearsalLine, ScriptBody},
    letter,
    person::{self, Known},
    show,
    trial::{self, News, Shelf, Trial},
};
use crate::{
    app::House,
    clock,
    error::Error,
    services::{contacts, facts as about, policy},
};

/// A number kept for stories: it reaches nobody.
const NOBODYS_NUMBER: &str = "+447700900000";
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
    if body.beats.len() > BEATS_MAX {
        return Err(Error::field("beats", format!("want at most {BEATS_MAX}")));
    }
    let (known, aliases, contact) = person(app, body).await?;
    let own = definition.head().number.as_ref();
    let number = person::number(app, own, Some(&known.standing));
    let shelf = trial::shelf(app, definition, number.as_ref()).await?;
    let policy = policy::current(app).await?;
    let (sent, history) = past(app, contact, &policy).await?;
    let topics = app.store.topics().await?.into_iter();
    let mut facts = known.facts((number.as_ref(), &policy), start);
    let mut trial = Trial {
        app,
        number,
        known,
        aliases,
        shelf: &shelf,
        topics: topics.map(|line| line.topic).collect(),
        sent,
        history,
        news: VecDeque::new(),
        from_ad: matches!(definition.head().trigger, Trigger::AdReferral { .. }),
        policy,
    };
    if contact.is_none() {
        trial.learn(&anybody(), start);
    }
    if let Some(more) = &body.facts {
        trial.learn(&apply(&mut facts, more, "facts")?, start);
    }
    let mut then = facts.clone();
    let mut beats = Vec::with_capacity(body.beats.len());
    for (at, one) in body.beats.iter().enumerate() {
        let (beat, news) = beat(definition, (at, one), (start, &mut then))?;
        beats.push(beat);
        trial.news.push_back(news);
    }
    let script = Script {
        start,
        facts,
        given: body.data.clone(),
        outcomes: outcomes(&body.outcomes)?,
        beats,
    };
    let rehearsal = rehearse::rehearse_in(&mut trial, definition, &script);
    Ok(answer(&rehearsal, &shelf))
}

/// Somebody who may be sent everything and has just written.
fn anybody() -> News {
    News {
        allowed: Some(Category::ALL.map(Category::word).into()),
        window: Some(true),
    }
}

/// Whom the journey is tried on: the contact, or somebody who is made up, with a number that reaches nobody.
async fn person(
    app: &House,
    body: &ScriptBody,
) -> Result<(Known, Vec<Alias>, Option<ContactId>), Error> {
    let Some(id) = &body.contact else {
        let aliases = NOBODYS_NUMBER.parse().map(Alias::Phone).into_iter();
        return Ok((Known::nobody(), aliases.collect(), None));
    };
    let id: ContactId = id.parse().map_err(|_| Error::NotFound("contact"))?;
    let line = contacts::line(app, id).await?;
    if line.erased.is_some() {
        return Err(Error::NotFound("contact, or no more"));
    }
    let mut known = Known::of(&line.person);
    let current = line.aliases.iter().filter(|held| held.until.is_none());
    let aliases: Vec<Alias> = current.map(|held| held.alias.clone()).collect();
    aliases.iter().for_each(|alias| known.call(alias));
    known.tags = line.tags.into_iter().collect();
    known.attributes = line.attributes.into_iter().collect();
    Ok((known, aliases, Some(id)))
}

/// What went to a contact lately, and what is on record of them; nothing of whoever is made up.
async fn past(
    app: &House,
    contact: Option<ContactId>,
    policy: &Policy,
) -> Result<(Vec<Sent>, Vec<Event>), Error> {
    let Some(contact) = contact else {
        return Ok((Vec::new(), Vec::new()));
    };
    let sent = about::sent(app, contact, policy, app.clock.now()).await?;
    let history = app.store.history(contact).await?;
    let history = history.iter().filter_map(EventLine::event);
    Ok((sent, history.collect()))
}

/// Takes over what a script says of the person, and gives what of it the gate asks about.
fn apply(facts: &mut Facts, more: &FactsBody, field: &str) -> Result<News, Error> {
    let mut news = News::default();
    facts.attributes.extend(more.attributes.clone());
    facts.tags.extend(more.tags.iter().cloned());
    if let Some(allowed) = &more.allowed {
        let mut all = BTreeSet::new();
        for word in allowed {
            let category = Category::read(word).ok_or_else(|| {
                let say = format!("`{word}` is no category");
                Error::field(&format!("{field}.allowed"), say)
            })?;
            all.insert(category.word());
        }
        news.allowed = Some(all);
    }
    match more.window.as_deref() {
        None => {}
        Some("open") => news.window = Some(true),
        Some("closed") => news.window = Some(false),
        Some(other) => {
            let say = format!("`{other}` is neither open nor closed");
            return Err(Error::field(&format!("{field}.window"), say));
        }
    }
    facts.language = more.language.clone().or_else(|| facts.language.take());
    facts.zone = more.zone.clone().or_else(|| facts.zone.take());
    Ok(news)
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
) -> Result<(Beat, News), Error> {
    let field = format!("beats.{at}");
    let mut facts = None;
    let mut news = News::default();
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
            news = apply(then, more, &field)?;
            facts = Some(then.clone());
            Happening::Changed
        }
        _ => {
            let say = "want exactly one of `says`, `taps`, `opts_out` and `changes`";
            return Err(Error::field(&field, say));
        }
    };
    let minutes = i64::from(body.after_minutes).saturating_mul(MINUTE_MS);
    let beat = Beat {
        at: start.plus_millis(minutes),
        happening,
        facts,
    };
    Ok((beat, news))
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

/// What a template says that would be sent.
fn said(effect: &Effect, shelf: &Shelf) -> Option<String> {
    let Effect::SendTemplate { variables, .. } = effect else {
        return None;
    };
    let shown = trial::shown(shelf, effect)?;
    let shape = Shape::of(&shown.line.components);
    Some(letter::said(&shape, variables))
}

fn answer(rehearsal: &rehearse::Rehearsal, shelf: &Shelf) -> RehearsalAnswer {
    let lines = rehearsal.lines.iter().map(|line| match line {
        Line::Happened(at, happening) => RehearsalLine {
            at: clock::rfc3339(*at),
            happened: serde_json::to_value(happening).ok(),
            visit: None,
            effect: None,
            text: None,
        },
        Line::Visit(visit) => RehearsalLine {
            at: clock::rfc3339(visit.at),
            happened: None,
            visit: Some(show::visit(visit)),
            effect: None,
            text: None,
        },
        Line::Effect(at, effect) => RehearsalLine {
            at: clock::rfc3339(*at),
            happened: None,
            visit: None,
            effect: serde_json::to_value(effect).ok(),
            text: said(effect, shelf),
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

//! Tries a journey out: who somebody is and what they do, and what the journey would do then. Nothing is sent and nothing is kept.

use std::collections::{BTreeMap, BTreeSet};

use ::journey::trigger::Trigger;
use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use consent::{scope::Category, time::Timestamp};
use jiff::{civil::DateTime, tz::TimeZone};
use uuid::Uuid;

use super::{
    draft::{self, Draft},
    fields::lines,
    passed::{self, Line},
};
use crate::{
    app::App,
    clock,
    services::{
        journeys::{
            self,
            body::{BeatBody, FactsBody, OutcomeBody, ScriptBody},
        },
        staff::Power,
    },
    ui::{
        desk::{Desk, fault, posted::Posted, refusal::Refusal},
        form::Form,
        notice::shown,
    },
};

/// Things that can happen in one trial.
const BEATS: usize = 4;

#[derive(Template)]
#[template(path = "desk/journey_try.html")]
struct Page {
    desk: Desk,
    id: Uuid,
    name: String,
    typed: Typed,
    /// Steps that can fail, with what they say.
    steps: Vec<(String, String)>,
    lines: Vec<Line>,
    /// Where the person is at the end.
    end: Option<String>,
    is_played: bool,
    fault: Option<String>,
}

/// What was typed.
#[derive(Debug, Default)]
struct Typed {
    start: String,
    attributes: String,
    tags: String,
    data: String,
    language: String,
    zone: String,
    is_open: bool,
    allowed: Vec<String>,
    beats: Vec<Beat>,
    /// The step that fails.
    step: String,
    /// How.
    fails: String,
    code: String,
    words: String,
}

/// Something that happens.
#[derive(Debug, Clone, Default)]
struct Beat {
    count: String,
    unit: String,
    what: String,
    text: String,
}

impl Typed {
    /// Somebody who may be sent everything, and does nothing. Whoever enters by writing has written.
    fn fresh(trigger: &Trigger) -> Self {
        let blank = Beat {
            unit: "hours".to_owned(),
            ..Beat::default()
        };
        Self {
            allowed: Category::ALL.map(|one| one.word().to_owned()).into(),
            beats: vec![blank; BEATS],
            is_open: matches!(
                trigger,
                Trigger::Keyword { .. } | Trigger::AdReferral { .. }
            ),
            ..Self::default()
        }
    }

    fn read(form: &Form) -> Self {
        let text = |name: &str| form.get(name).unwrap_or_default().trim().to_owned();
        let beats = (0..BEATS).map(|at| Beat {
            count: text(&format!("count.{at}")),
            unit: text(&format!("unit.{at}")),
            what: text(&format!("what.{at}")),
            text: text(&format!("text.{at}")),
        });
        Self {
            start: text("start"),
            attributes: text("attributes"),
            tags: text("tags"),
            data: text("data"),
            language: text("language"),
            zone: text("zone"),
            is_open: form.get("window") == Some("open"),
            allowed: form.all("allowed").map(str::to_owned).collect(),
            beats: beats.collect(),
            step: text("step"),
            fails: text("fails"),
            code: text("code"),
            words: text("words"),
        }
    }

    fn script(&self, form: &Form, zone: &TimeZone) -> ScriptBody {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let window = if self.is_open { "open" } else { "closed" };
        let facts = FactsBody {
            attributes: pairs(form, "attributes"),
            tags: lines(form, "tags").into_iter().collect(),
            allowed: Some(self.allowed.iter().cloned().collect::<BTreeSet<_>>()),
            window: Some(window.to_owned()),
            language: given(&self.language),
            zone: given(&self.zone),
        };
        let fails = OutcomeBody {
            is: self.fails.clone(),
            code: given(&self.code),
            words: given(&self.words),
        };
        let outcomes = given(&self.step).map(|step| (step, fails));
        let mut beats: Vec<BeatBody> = self.beats.iter().filter_map(Beat::body).collect();
        beats.sort_by_key(|beat| beat.after_minutes);
        ScriptBody {
            start_at: moment(&self.start, zone).map(clock::rfc3339),
            facts: Some(facts),
            data: pairs(form, "data"),
            outcomes: outcomes.into_iter().collect(),
            beats,
            ..ScriptBody::default()
        }
    }
}

impl Beat {
    /// What happens; none for a line that was left empty.
    fn body(&self) -> Option<BeatBody> {
        let count: u32 = self.count.parse().ok()?;
        let unit = match self.unit.as_str() {
            "days" => 24 * 60,
            "hours" => 60,
            _ => 1,
        };
        let beat = BeatBody {
            after_minutes: count.saturating_mul(unit),
            ..BeatBody::default()
        };
        match self.what.as_str() {
            "opts_out" => {
                let text = Some(self.text.clone()).filter(|text| !text.is_empty());
                Some(BeatBody {
                    opts_out: Some(text.unwrap_or_else(|| "STOP".to_owned())),
                    ..beat
                })
            }
            _ if self.text.is_empty() => None,
            _ => Some(BeatBody {
                says: Some(self.text.clone()),
                ..beat
            }),
        }
    }
}

/// A time as browsers write it, on the reader's clock.
fn moment(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let there: DateTime = text.parse().ok()?;
    let there = there.to_zoned(zone.clone()).ok()?;
    Some(Timestamp::from_millis(there.timestamp().as_millisecond()))
}

/// Lines like `plan=gold`.
fn pairs(form: &Form, name: &str) -> BTreeMap<String, String> {
    let lines = lines(form, name);
    let pairs = lines.iter().filter_map(|line| line.split_once('='));
    pairs
        .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
        .collect()
}

impl Page {
    fn of(desk: Desk, id: Uuid, draft: &Draft, typed: Typed) -> Self {
        let all = draft.definition.all();
        let failing = all.iter().filter(|step| step.act.if_not().is_some());
        let steps = failing.map(|step| {
            let title = super::words::step(&desk, &step.act).title;
            (step.id.to_string(), format!("{}: {title}", step.id))
        });
        Self {
            steps: steps.collect(),
            id,
            name: draft.journey.name.clone(),
            typed,
            lines: Vec::new(),
            end: None,
            is_played: false,
            fault: None,
            desk,
        }
    }

    fn journey(&self) -> String {
        self.desk.to(&format!("/journeys/{}", self.id))
    }

    fn categories(&self) -> Vec<(&'static str, String, bool)> {
        let named = Category::ALL.map(|category| {
            let word = category.word();
            let is_allowed = self.typed.allowed.iter().any(|allowed| allowed == word);
            (word, self.desk.category(word), is_allowed)
        });
        named.to_vec()
    }

    fn units(&self, chosen: &str) -> Vec<(&'static str, String, bool)> {
        let named = journey::span::Span::UNITS.map(|unit| {
            (
                unit,
                self.desk.say(&format!("journeys-unit-{unit}")),
                unit == chosen,
            )
        });
        named.to_vec()
    }

    fn failures(&self) -> Vec<(&'static str, String, bool)> {
        let named = ["denied", "failed", "unknown"].map(|word| {
            let is_chosen = self.typed.fails == word;
            (
                word,
                self.desk.say(&format!("journeys-passed-{word}")),
                is_chosen,
            )
        });
        named.to_vec()
    }
}

/// The form.
pub(super) async fn begin(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<Uuid>,
) -> Result<Response, Refusal> {
    desk.need(Power::See)?;
    let draft = draft::load(&app, id).await?;
    let typed = Typed::fresh(&draft.definition.head().trigger);
    let page = Page::of(desk, id, &draft, typed);
    Ok(shown(StatusCode::OK, &page))
}

/// What would happen.
pub(super) async fn play(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::See)?;
    let draft = draft::load(&app, id).await?;
    let typed = Typed::read(&form);
    let script = typed.script(&form, desk.frame.voice.zone());
    let mut page = Page::of(desk, id, &draft, typed);
    match journeys::rehearse(&app, id, &script).await {
        Ok(played) => {
            let lines = played.lines.iter();
            let lines =
                lines.filter_map(|line| passed::rehearsed(&page.desk, &draft.definition, line));
            page.lines = lines.collect();
            let still = played.step.map(|step| {
                let title = passed::title(&page.desk, &draft.definition, &step);
                let title = title.unwrap_or(step);
                page.desk.say_with("journeys-still-at", &[("step", &title)])
            });
            page.end = played
                .end
                .map(|end| passed::end(&page.desk, &end))
                .or(still);
            page.is_played = true;
            Ok(shown(StatusCode::OK, &page))
        }
        Err(error) => {
            page.fault = Some(fault::of(&page.desk, error)?);
            Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_becomes_a_script() {
        let form = Form::of(
            b"start=2026-11-23T09:00&attributes=plan%3Dgold%0D%0Aodd&tags=vip&allowed=marketing&window=open\
              &count.0=2&unit.0=days&what.0=says&text.0=Yes&count.1=3&unit.1=hours&what.1=opts_out&text.1=\
              &count.2=1&unit.2=days&what.2=says&text.2=&step=s1&fails=failed&code=131050&words=No+more",
        );
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let script = Typed::read(&form).script(&form, &zone);
        assert_eq!(script.start_at.as_deref(), Some("2026-11-23T08:00:00Z"));
        let facts = script.facts.unwrap();
        assert_eq!(
            facts.attributes.get("plan").map(String::as_str),
            Some("gold")
        );
        assert_eq!(facts.allowed.unwrap().len(), 1);
        let beats: Vec<_> = script.beats.iter().map(|beat| beat.after_minutes).collect();
        assert_eq!(beats, [180, 2_880]);
        assert_eq!(script.outcomes["s1"].code.as_deref(), Some("131050"));
    }
}

//! Who went through a journey: the list, and one person's way step by step with the error that stopped it.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use journey::definition::Definition;
use uuid::Uuid;

use super::{
    After, draft,
    passed::{self, Line},
    state, tone, words,
};
use crate::{
    app::App,
    services::{
        journeys::{
            self,
            body::{CountsAnswer, EffectAnswer, JourneyAnswer, RunAnswer, RunDetail},
        },
        staff::Power,
    },
    ui::{
        desk::{Desk, refusal::Refusal},
        notice::shown,
    },
};

/// Ways on one page.
const RUNS: u32 = 50;
/// From so many digits on, what somebody is called is an address.
const DIGITS: usize = 5;

#[derive(Template)]
#[template(path = "desk/journey_runs.html")]
struct List {
    desk: Desk,
    journey: JourneyAnswer,
    runs: Vec<Run>,
    next: Option<String>,
    is_first: bool,
}

/// A way in the list.
struct Run {
    run: RunAnswer,
    who: String,
    /// Where they are, or where it stopped.
    place: Option<String>,
    why: Option<String>,
}

impl List {
    fn counts(&self) -> CountsAnswer {
        self.journey.counts.unwrap_or_default()
    }

    fn own(&self) -> String {
        self.desk.to(&format!("/journeys/{}", self.journey.id))
    }

    fn state(&self, word: &str) -> String {
        state(&self.desk, word)
    }

    fn tone(&self, word: &str) -> &'static str {
        tone(word)
    }
}

/// A journey without steps.
const NOTHING: &str = r#"{"format": 1, "name": "-", "trigger": {"kind": "joined"}, "steps": []}"#;

#[derive(Template)]
#[template(path = "desk/journey_run.html")]
struct Page {
    desk: Desk,
    journey: JourneyAnswer,
    detail: RunDetail,
    who: String,
    lines: Vec<Line>,
    why: Option<String>,
}

impl Page {
    fn own(&self) -> String {
        self.desk.to(&format!("/journeys/{}", self.journey.id))
    }

    fn state(&self) -> String {
        state(&self.desk, self.detail.run.state)
    }

    fn tone(&self) -> &'static str {
        tone(self.detail.run.state)
    }

    fn effect(&self, kind: &str) -> String {
        words::kind(&self.desk, kind)
    }

    /// What became of something. What Meta took and did not deliver has failed, whatever it said first.
    fn effect_state(&self, effect: &EffectAnswer) -> String {
        let step = effect.key.split('/').nth(1);
        let mut visits = self.detail.visits.iter();
        let is_late = effect.state == "done"
            && visits.any(|one| one.step.as_deref() == step && one.is == "failed");
        let outcome = effect.outcome.as_deref().unwrap_or_default();
        if is_late {
            return self.desk.say("journeys-effect-failed");
        }
        match outcome.split(':').next().unwrap_or_default() {
            "denied" => self.desk.say("journeys-passed-denied"),
            "accepted" => self.desk.say("journeys-passed-accepted"),
            "unknown" => self.desk.say("journeys-passed-unknown"),
            _ => self.desk.say(&format!("journeys-effect-{}", effect.state)),
        }
    }

    /// Why something was not done, in words.
    fn outcome(&self, effect: &EffectAnswer) -> Option<String> {
        let outcome = effect.outcome.as_deref()?;
        match outcome.split_once(": ") {
            Some(("denied", code)) => Some(self.desk.why(code)),
            Some(("failed", words)) => Some(words.to_owned()),
            _ if matches!(effect.state, "failed" | "cancelled") => {
                words::why(&self.desk, None, Some(outcome))
            }
            _ => None,
        }
    }

    fn version(&self) -> String {
        let version = self.detail.run.version.to_string();
        self.desk
            .say_with("journeys-version", &[("version", &version)])
    }
}

/// What somebody is called, for whoever may not know addresses: a name stays, an address is masked.
pub fn called(desk: &Desk, who: &str) -> String {
    let digits = who.chars().filter(char::is_ascii_digit).count();
    if who.contains('@') || digits >= DIGITS {
        desk.number(who)
    } else {
        who.to_owned()
    }
}

/// What stopped somebody is told where it happened, and not once more where the journey ends by it.
fn once(mut lines: Vec<Line>) -> Vec<Line> {
    let mut before = None;
    for line in &mut lines {
        let words = line.words.clone();
        if words == before {
            line.words = None;
        }
        before = words;
    }
    lines
}

/// The list.
pub(super) async fn list(
    State(app): State<App>,
    desk: Desk,
    Path(id): Path<Uuid>,
    Query(asked): Query<After>,
) -> Result<Response, Refusal> {
    desk.need(Power::See)?;
    let journey = journeys::show(&app, id).await?;
    let runs = journeys::runs(&app, id, (asked.cursor, RUNS)).await?;
    let versions = journeys::versions(&app, id).await?;
    let versions = versions.iter().filter_map(|version| {
        let read = Definition::read(&version.definition.to_string()).ok()?;
        Some((version.version, read))
    });
    let versions: Vec<(i64, Definition)> = versions.collect();
    let is_full = u32::try_from(runs.len()).unwrap_or(u32::MAX) == RUNS;
    let next = runs.last().filter(|_| is_full).map(|last| last.id.clone());
    let runs = runs.into_iter().map(|run| {
        let own = versions.iter().find(|(version, _)| *version == run.version);
        let step = run.step.clone();
        let title = own.and_then(|(_, read)| passed::title(&desk, read, step.as_deref()?));
        Run {
            who: called(&desk, &run.who),
            place: title.or(step),
            why: words::why(&desk, run.code.as_deref(), run.why.as_deref()),
            run,
        }
    });
    let page = List {
        runs: runs.collect(),
        journey,
        next,
        is_first: asked.cursor.is_none(),
        desk,
    };
    Ok(shown(StatusCode::OK, &page))
}

/// One person's way.
pub(super) async fn show(
    State(app): State<App>,
    desk: Desk,
    Path((id, run)): Path<(Uuid, Uuid)>,
) -> Result<Response, Refusal> {
    desk.need(Power::See)?;
    let journey = journeys::show(&app, id).await?;
    let detail = journeys::run(&app, id, run).await?;
    let versions = journeys::versions(&app, id).await?;
    let own = versions
        .iter()
        .find(|one| one.version == detail.run.version);
    let text = own
        .map_or(&journey.draft, |own| &own.definition)
        .to_string();
    // Of a version that cannot be read any more the steps have no titles.
    let definition = draft::read(&text).or_else(|_| draft::read(NOTHING))?;
    let mut begun: BTreeMap<&str, usize> = BTreeMap::new();
    let lines = detail.visits.iter().map(|visit| {
        let line = passed::visit(&desk, &definition, visit);
        let step = visit.step.as_deref().filter(|_| visit.is == "begun");
        let Some(step) = step else { return line };
        let count = begun.entry(step).or_default();
        *count += 1;
        let mut effects = detail.effects.iter();
        let of = format!("/{step}/{count}");
        let sent = effects.find(|effect| effect.key.ends_with(&of));
        Line {
            message: sent.and_then(|effect| effect.text.clone()),
            ..line
        }
    });
    let lines = once(lines.collect());
    let page = Page {
        lines,
        who: called(&desk, &detail.run.who),
        why: words::why(&desk, detail.run.code.as_deref(), detail.run.why.as_deref()),
        journey,
        detail,
        desk,
    };
    Ok(shown(StatusCode::OK, &page))
}

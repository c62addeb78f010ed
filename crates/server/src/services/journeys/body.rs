//! What people write about a journey, and what they are told.

use std::collections::{BTreeMap, BTreeSet};

use journey::fault::Fault;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::journey::run::State;
use utoipa::ToSchema;

/// A journey.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct JourneyAnswer {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// `draft`, `live` or `stopped`.
    pub state: &'static str,
    /// The version that people enter; 0 before the first.
    pub version: i64,
    /// What is being written, as `docs/schemas/journey-1.json` describes it.
    #[schema(value_type = Object)]
    pub draft: Value,
    /// How many people stand how; null in lists.
    pub counts: Option<CountsAnswer>,
    /// When it was last changed.
    pub changed_at: String,
    /// By whom.
    pub changed_by: String,
    /// Rises with each change: what a change of it must name.
    pub cas: i64,
}

/// How many people stand how in a journey.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct CountsAnswer {
    /// Are inside.
    pub running: i64,
    /// Came to an end.
    pub ended: i64,
    /// Were taken out: they opted out, or somebody took them out.
    pub left: i64,
    /// Were stopped by an error.
    pub failed: i64,
    /// Were stopped by the gate.
    pub refused: i64,
}

impl CountsAnswer {
    /// So many more.
    pub const fn add(&mut self, state: State, count: i64) {
        let place = match state {
            State::Running => &mut self.running,
            State::Ended => &mut self.ended,
            State::Left => &mut self.left,
            State::Failed => &mut self.failed,
            State::Refused => &mut self.refused,
        };
        *place += count;
    }
}

/// One thing that is wrong with a journey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FaultAnswer {
    /// Where: a JSON pointer, as `/steps/0/text`; empty for the whole.
    pub place: String,
    /// The step that it lies in, where it has an id.
    pub step: Option<String>,
    /// What is wrong and what was wanted.
    pub say: String,
}

impl FaultAnswer {
    /// A fault of the reader.
    #[must_use]
    pub fn of(fault: &Fault) -> Self {
        Self {
            place: fault.place.clone(),
            step: fault.step.as_ref().map(ToString::to_string),
            say: fault.say.clone(),
        }
    }
}

/// A version of a journey.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VersionAnswer {
    /// Which, from 1.
    pub version: i64,
    /// What it says.
    #[schema(value_type = Object)]
    pub definition: Value,
    /// When it was published.
    pub published_at: String,
    /// By whom.
    pub published_by: String,
    /// How many people are inside by it.
    pub inside: i64,
}

/// One person's way through a journey.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RunAnswer {
    /// Its id.
    pub id: String,
    /// Whose.
    pub contact: String,
    /// What they call themselves, or their address.
    pub who: String,
    /// The version that they entered with.
    pub version: i64,
    /// `running`, `ended`, `left`, `failed` or `refused`: by the gate.
    pub state: &'static str,
    /// The step at which they wait, or at which it stopped.
    pub step: Option<String>,
    /// What is waited for: `time`, `outcome` or `answer`.
    pub waiting: Option<&'static str>,
    /// When the wait ends at the latest.
    pub due_at: Option<String>,
    /// When they entered.
    pub entered_at: String,
    /// When they came to an end, left or were stopped.
    pub ended_at: Option<String>,
    /// The code of the error or the refusal that stopped it.
    pub code: Option<String>,
    /// Why they left, or the error that stopped it, in the words of whoever reported it.
    pub why: Option<String>,
}

/// One person's way through a journey, step by step.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RunDetail {
    /// The way as a whole.
    #[serde(flatten)]
    pub run: RunAnswer,
    /// What they answered, by step.
    pub answers: BTreeMap<String, String>,
    /// What the event that began it brought along.
    pub given: BTreeMap<String, String>,
    /// What happened, in order.
    pub visits: Vec<VisitAnswer>,
    /// What its steps wanted done outside, in order.
    pub effects: Vec<EffectAnswer>,
}

/// Something that happened at a step.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct VisitAnswer {
    /// The step; null for the journey as a whole.
    pub step: Option<String>,
    /// When.
    pub at: String,
    /// What: `entered`, `begun`, `accepted`, `denied`, `failed`, `unknown`, `waiting`, `time_came`, `came_to_hold`, `answered`,
    /// `asked_again`, `no_answer`, `took`, `done`, `ended`.
    pub is: String,
    /// The code of a refusal or an error.
    pub code: Option<String>,
    /// Its words, as Meta or the gate said them.
    pub words: Option<String>,
    /// Until when a wait lasts.
    pub until: Option<String>,
    /// What the person answered.
    pub text: Option<String>,
    /// Which way a branch went, from 0; null for `otherwise`.
    pub way: Option<usize>,
    /// Through what they left, as events name the source: `keyword`, `api`, `staff` and others.
    pub source: Option<String>,
    /// How the journey ended: `done`, `handed_over`, `opted_out`, `stopped`, `refused`, `lost`.
    pub end: Option<String>,
}

/// Something that a step wanted done outside.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EffectAnswer {
    /// What names it for ever: run, step and count.
    pub key: String,
    /// `send_template`, `send_message`, `ask`, `call_webhook` or `hand_to_agent`.
    pub kind: String,
    /// `waiting`, `doing`, `done`, `failed` or `cancelled`.
    pub state: &'static str,
    /// How often it was tried.
    pub tries: i64,
    /// When it is tried next, while it waits.
    pub due_at: Option<String>,
    /// The attempt, where it sent.
    pub attempt: Option<String>,
    /// What came of it: `accepted`, `unknown`, `denied: <code>` or `failed: <code> <words>`; why it was cancelled.
    pub outcome: Option<String>,
    /// The template that it sends, with its language.
    pub template: Option<String>,
    /// What it sends; of a template as it is worded now.
    pub text: Option<String>,
}

/// A script to try a journey out with.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScriptBody {
    /// The version to try; the draft where nothing is said.
    pub version: Option<i64>,
    /// When the person enters, RFC 3339; now where nothing is said.
    pub start_at: Option<String>,
    /// Take what is known of this contact; somebody unknown who may be sent everything where nothing is said.
    pub contact: Option<String>,
    /// What is known instead, or besides.
    pub facts: Option<FactsBody>,
    /// What the event brings along that begins it.
    #[serde(default)]
    pub data: BTreeMap<String, String>,
    /// What becomes of steps that send or call, by step; where nothing is said, all goes well.
    #[serde(default)]
    pub outcomes: BTreeMap<String, OutcomeBody>,
    /// What happens on the way, in order.
    #[serde(default)]
    pub beats: Vec<BeatBody>,
}

/// What is known of a person in a script.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FactsBody {
    /// Attributes to set.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// Tags to give.
    #[serde(default)]
    pub tags: BTreeSet<String>,
    /// What they may be sent, by category: nothing else is allowed then.
    pub allowed: Option<BTreeSet<String>>,
    /// `open` or `closed`: the customer service window.
    pub window: Option<String>,
    /// Their language, as a tag: `pt-BR`.
    pub language: Option<String>,
    /// Their time zone, by its IANA name.
    pub zone: Option<String>,
}

/// What becomes of a step in a script.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OutcomeBody {
    /// `accepted`, `denied`, `failed` or `unknown`.
    pub is: String,
    /// The code of the refusal or the error.
    pub code: Option<String>,
    /// Its words.
    pub words: Option<String>,
}

/// Something that happens in a script: exactly one of `says`, `taps`, `opts_out` and `changes`.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BeatBody {
    /// So many minutes after the start.
    pub after_minutes: u32,
    /// They write this.
    pub says: Option<String>,
    /// They tap the button with this label.
    pub taps: Option<String>,
    /// They opt out: what they refuse, as a sentence.
    pub opts_out: Option<String>,
    /// From then on this is known of them as well.
    pub changes: Option<FactsBody>,
}

/// How a journey went when it was tried out.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RehearsalAnswer {
    /// What happened and what came of it, in order.
    pub lines: Vec<RehearsalLine>,
    /// How it ended: `done`, `handed_over`, `opted_out`, `stopped`, `refused`, `lost`; null for whoever is still inside.
    pub end: Option<String>,
    /// The step at which they wait at the end.
    pub step: Option<String>,
}

/// A line of a rehearsal: exactly one of `happened`, `visit` and `effect` is set.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RehearsalLine {
    /// When.
    pub at: String,
    /// Something happened, as `{"happening": "replied", "text": "yes"}`.
    #[schema(value_type = Option<Object>)]
    pub happened: Option<Value>,
    /// A step was passed.
    pub visit: Option<VisitAnswer>,
    /// Something would have been done, as `{"effect": "send_template", "template": "welcome"}`.
    #[schema(value_type = Option<Object>)]
    pub effect: Option<Value>,
    /// What the template says that would be sent, with its variables filled.
    pub text: Option<String>,
}

/// JSON that we wrote ourselves.
#[must_use]
pub fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

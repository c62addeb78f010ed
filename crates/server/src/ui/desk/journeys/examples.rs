//! Journeys to begin with, in the reader's language: each is a definition that only needs its templates.

use journey::step::Act;
use serde_json::{Value, json};

use super::draft;
use crate::{
    app::App,
    services::journeys,
    ui::{
        desk::{Desk, refusal::Refusal},
        language::Language,
    },
};

/// A journey to begin with.
pub struct Example {
    /// The word in the form.
    pub word: &'static str,
    /// What it is called.
    pub name: String,
    /// What it does.
    pub note: String,
    /// Templates that it sends and that are not there, named in a sentence.
    pub lacks: Option<String>,
}

const WORDS: [&str; 4] = ["welcome", "birthday", "win-back", "ad"];

/// Every example, with what is missing for it.
///
/// # Errors
/// When the database does not answer.
pub async fn all(app: &App, desk: &Desk) -> Result<Vec<Example>, Refusal> {
    let mut examples = Vec::new();
    for word in WORDS {
        examples.push(Example {
            word,
            name: desk.say(&format!("journeys-example-{word}")),
            note: desk.say(&format!("journeys-example-note-{word}")),
            lacks: lacks(app, desk, word).await?,
        });
    }
    Ok(examples)
}

async fn lacks(app: &App, desk: &Desk, word: &str) -> Result<Option<String>, Refusal> {
    let text = definition(desk, word).unwrap_or_default();
    let definition = draft::read(&text)?;
    let there = journeys::templates(app, &definition).await?;
    let mut missing: Vec<String> = Vec::new();
    for step in definition.all() {
        let Act::SendTemplate(send) = &step.act else {
            continue;
        };
        let is_there = there
            .iter()
            .any(|one| one.is_fit && one.name == send.template && one.language == send.language);
        let name = format!("{} ({})", send.template, send.language);
        if !is_there && !missing.contains(&name) {
            missing.push(name);
        }
    }
    let names = missing.join(", ");
    let say = || desk.say_with("journeys-example-lacks", &[("names", &names)]);
    Ok((!missing.is_empty()).then(say))
}

/// The definition of an example as JSON; none where there is no such example.
pub fn definition(desk: &Desk, word: &str) -> Option<String> {
    let (trigger, again, steps) = match word {
        "welcome" => welcome(desk),
        "birthday" => birthday(desk),
        "win-back" => win_back(desk),
        "ad" => ad(desk),
        _ => return None,
    };
    let name = desk.say(&format!("journeys-example-{word}"));
    let definition =
        json!({ "format": 1, "name": name, "trigger": trigger, "again": again, "steps": steps });
    Some(definition.to_string())
}

type Parts = (Value, Value, Value);

/// A text of an example, with a hole for what the person is called.
fn text(desk: &Desk, id: &str) -> String {
    let there = desk.say("journeys-example-there");
    let hole = format!("{{{{first_name|{there}}}}}");
    desk.say_with(&format!("journeys-example-text-{id}"), &[("name", &hole)])
}

/// Sends a template in the reader's language, greeting by name.
fn template(desk: &Desk, id: &str, name: &str) -> Value {
    let there = desk.say("journeys-example-there");
    let language = match desk.frame.voice.language {
        Language::Spanish => "es",
        Language::Portuguese => "pt_BR",
        _ => "en",
    };
    let variables = json!({ "1": format!("{{{{first_name|{there}}}}}") });
    json!({ "id": id, "kind": "send_template", "template": name, "language": language, "variables": variables })
}

fn welcome(desk: &Desk) -> Parts {
    let yes = desk.say("journeys-example-yes");
    let replied = json!({ "answer": { "step": "s2", "is_set": true } });
    let choices = [yes.clone(), desk.say("journeys-example-no")];
    let wants = json!({ "answer": { "step": "s4", "is": yes } });
    let steps = json!([
        template(desk, "s1", "welcome"),
        { "id": "s2", "kind": "wait", "for": { "days": 2 }, "or_reply": true },
        { "id": "s3", "kind": "branch", "ways": [{ "when": replied, "steps": [
            { "id": "s4", "kind": "ask", "text": text(desk, "welcome"), "choices": choices, "if_not_sent": "continue" },
            { "id": "s5", "kind": "branch", "ways": [{ "when": wants, "steps": [
                { "id": "s6", "kind": "add_tag", "tag": "tips" },
            ] }] },
        ] }], "otherwise": [template(desk, "s7", "welcome_tips")] },
        { "id": "s8", "kind": "add_tag", "tag": "welcomed" },
    ]);
    (json!({ "kind": "joined" }), json!("never"), steps)
}

fn birthday(desk: &Desk) -> Parts {
    let allowed = json!({ "consent": { "category": "marketing", "is": "allow" } });
    let steps = json!([
        { "id": "s1", "kind": "branch", "ways": [{ "when": allowed, "steps": [template(desk, "s2", "birthday")] }] },
    ]);
    let trigger =
        json!({ "kind": "date", "attribute": "birthday", "time": "09:00", "yearly": true });
    (trigger, json!("outside"), steps)
}

fn win_back(desk: &Desk) -> Parts {
    let replied = json!({ "answer": { "step": "s2", "is_set": true } });
    let steps = json!([
        template(desk, "s1", "win_back"),
        { "id": "s2", "kind": "wait", "for": { "days": 3 }, "or_reply": true },
        { "id": "s3", "kind": "branch", "ways": [{ "when": replied, "steps": [
            { "id": "s4", "kind": "hand_to_agent", "note": text(desk, "win-back") },
        ] }], "otherwise": [{ "id": "s5", "kind": "add_tag", "tag": "quiet" }] },
    ]);
    let trigger = json!({ "kind": "date", "attribute": "last_order", "days": 30, "time": "10:00" });
    (trigger, json!({ "after_days": 90 }), steps)
}

fn ad(desk: &Desk) -> Parts {
    let choices =
        ["today", "week", "looking"].map(|id| desk.say(&format!("journeys-example-{id}")));
    let soon = json!({ "answer": { "step": "s1", "is": choices[0] } });
    let steps = json!([
        { "id": "s1", "kind": "ask", "text": text(desk, "ad"), "choices": choices, "within": { "hours": 12 },
          "tries": 2, "save_as": "wanted" },
        { "id": "s2", "kind": "branch", "ways": [{ "when": soon, "steps": [
            { "id": "s3", "kind": "hand_to_agent", "note": text(desk, "lead") },
        ] }], "otherwise": [{ "id": "s4", "kind": "add_tag", "tag": "lead" }] },
    ]);
    (json!({ "kind": "ad_referral" }), json!("outside"), steps)
}

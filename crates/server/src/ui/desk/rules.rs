//! The settings of consent: the master switch, the words, the scope, and who would be newly blocked or allowed before anything is saved.

use askama::Template;
use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use consent::wording::language::Language;

use super::{Desk, posted::Posted, refusal::Refusal};
use crate::{
    app::App,
    error::Error,
    services::{
        dry_run::{self, DryRun},
        policy,
        policy_json::{self, PolicyBody},
        staff::Power,
    },
    ui::{form::Form, notice::shown},
};

const HERE: &str = "/settings/consent";
/// The longest word of a list, in characters.
const WORD_CHARS_MAX: usize = 80;
/// Words of one list.
const WORDS_MAX: usize = 100;
/// The lists of words: name of the fields, and text of the heading.
const LISTS: [(&str, &str, &str); 5] = [
    ("stop", "rules-stop", "rules-stop-note"),
    ("stop_all", "rules-stop-all", "rules-stop-all-note"),
    ("start", "rules-start", "rules-start-note"),
    ("stop_buttons", "rules-buttons", "rules-buttons-note"),
    ("ignored", "rules-ignored", "rules-ignored-note"),
];
/// The choices: the field, and its words; each has a text `rules-FIELD-WORD`.
const CHOICES: [(&str, &[&str]); 6] = [
    ("stop_covers", &["marketing", "all"]),
    ("reach", &["scope", "everything"]),
    ("refusal_spreads", &["every_channel", "its_channel"]),
    ("platform_stop_covers", &["every_number", "that_number"]),
    ("double_opt_in", &["always", "typed", "never"]),
    ("start_from_stranger", &["request", "consent"]),
];

pub(super) fn routes() -> Router<App> {
    Router::new().route(HERE, get(show).post(change))
}

/// A choice: its field, its heading, and what can be chosen, in words, with what is.
type Choice = (&'static str, String, Vec<(&'static str, String, bool)>);

#[derive(Template)]
#[template(path = "desk/rules.html")]
struct Page {
    desk: Desk,
    body: PolicyBody,
    run: Option<DryRun>,
    is_saved: bool,
    fault: Option<String>,
}

async fn show(
    State(app): State<App>,
    desk: Desk,
    axum::extract::RawQuery(query): axum::extract::RawQuery,
) -> Result<Response, Refusal> {
    desk.need(Power::Rule)?;
    let page = Page {
        body: policy_json::body(&*policy::current(&app).await?),
        desk,
        run: None,
        is_saved: query.as_deref() == Some("saved=1"),
        fault: None,
    };
    Ok(shown(StatusCode::OK, &page))
}

/// Every button of the page sends all of it: words come and go, the rules are tried, and kept.
async fn change(State(app): State<App>, posted: Posted) -> Result<Response, Refusal> {
    let Posted { desk, form } = posted;
    desk.need(Power::Rule)?;
    let current = policy::current(&app).await?;
    let before = policy_json::body(&current);
    let mut page = Page {
        body: typed(&form, before.clone()),
        desk,
        run: None,
        is_saved: false,
        fault: None,
    };
    let act = form.get("act").unwrap_or("try");
    let read = policy::read(&app, &page.body).await;
    let new = match read {
        Ok(new) => new,
        Err(Error::Invalid { message, .. }) => {
            page.fault = Some(page.desk.objection(&message));
            return Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, &page));
        }
        Err(error) => return Err(error.into()),
    };
    page.body.keywords = policy_json::body(&new).keywords;
    match act {
        "try" => page.run = Some(dry_run::run(&app, &new).await?),
        "save" => {
            let seen = form.get("version").and_then(|text| text.parse().ok());
            let replaced = policy::replace(
                &app,
                consent::policy::Policy {
                    version: seen.unwrap_or(current.version),
                    ..new
                },
                page.desk.actor(),
            );
            match replaced.await {
                Ok(_) => return Ok(Redirect::to("/settings/consent?saved=1").into_response()),
                Err(Error::Conflict(_)) => {
                    page.fault = Some(page.desk.say("rules-overtaken"));
                    return Ok(shown(StatusCode::CONFLICT, &page));
                }
                Err(error) => return Err(error.into()),
            }
        }
        _ => {}
    }
    Ok(shown(StatusCode::OK, &page))
}

/// The rules as they stand in the form. What has no field stays as it is.
fn typed(form: &Form, before: PolicyBody) -> PolicyBody {
    let choice = |name: &str, kept: &str| form.get(name).unwrap_or(kept).to_owned();
    let mut body = PolicyBody {
        stop_words: if form.get("stop_words").is_some() {
            "act"
        } else {
            "review"
        }
        .to_owned(),
        stop_covers: choice("stop_covers", &before.stop_covers),
        reach: choice("reach", &before.reach),
        refusal_spreads: choice("refusal_spreads", &before.refusal_spreads),
        platform_stop_covers: choice("platform_stop_covers", &before.platform_stop_covers),
        double_opt_in: choice("double_opt_in", &before.double_opt_in),
        start_from_stranger: choice("start_from_stranger", &before.start_from_stranger),
        opt_in_days: form
            .get("opt_in_days")
            .and_then(|text| text.trim().parse().ok()),
        ..before
    };
    let needed = form.get("opt_in_needed").is_some();
    body.opt_in_needed
        .retain(|category| category != "marketing");
    if needed {
        body.opt_in_needed.push("marketing".to_owned());
    }
    let keywords = &mut body.keywords;
    keywords.languages = form.all("language").map(str::to_owned).collect();
    for (name, _, _) in LISTS {
        let words = match name {
            "stop" => &mut keywords.stop,
            "stop_all" => &mut keywords.stop_all,
            "start" => &mut keywords.start,
            "stop_buttons" => &mut keywords.stop_buttons,
            _ => &mut keywords.ignored,
        };
        let gone = form
            .get("gone")
            .and_then(|text| text.strip_prefix(&format!("{name}:")));
        let kept = form.all(name).filter(|word| Some(*word) != gone);
        let new = form.get(&format!("new_{name}")).map(str::trim);
        let new = new.filter(|word| !word.is_empty() && word.chars().count() <= WORD_CHARS_MAX);
        *words = kept.chain(new).take(WORDS_MAX).map(str::to_owned).collect();
    }
    body
}

impl Page {
    fn lists(&self) -> Vec<(&'static str, String, String, &[String])> {
        let words = |name: &str| -> &[String] {
            let keywords = &self.body.keywords;
            match name {
                "stop" => &keywords.stop,
                "stop_all" => &keywords.stop_all,
                "start" => &keywords.start,
                "stop_buttons" => &keywords.stop_buttons,
                _ => &keywords.ignored,
            }
        };
        let list = |(name, text, note): (&'static str, &str, &str)| {
            (name, self.desk.say(text), self.desk.say(note), words(name))
        };
        LISTS.into_iter().map(list).collect()
    }

    /// Whether a word is always among those of its list.
    fn is_fixed(&self, list: &str, word: &str) -> bool {
        match list {
            "stop" => ["STOP", "UNSUBSCRIBE"].contains(&word),
            "stop_all" => word == "STOP ALL",
            _ => false,
        }
    }

    fn choices(&self) -> Vec<Choice> {
        let chosen = |field: &str| {
            let body = &self.body;
            match field {
                "stop_covers" => &body.stop_covers,
                "reach" => &body.reach,
                "refusal_spreads" => &body.refusal_spreads,
                "platform_stop_covers" => &body.platform_stop_covers,
                "double_opt_in" => &body.double_opt_in,
                _ => &body.start_from_stranger,
            }
        };
        let text = |field: &str, word: &str| {
            self.desk
                .say(&format!("rules-{field}-{word}").replace('_', "-"))
        };
        let choice = |(field, words): (&'static str, &'static [&'static str])| {
            let words = words
                .iter()
                .map(|word| (*word, text(field, word), chosen(field) == word));
            let heading = self.desk.say(&format!("rules-{field}").replace('_', "-"));
            (field, heading, words.collect())
        };
        CHOICES.into_iter().map(choice).collect()
    }

    fn languages(&self) -> Vec<(&'static str, bool)> {
        let has = |code: &str| self.body.keywords.languages.iter().any(|own| own == code);
        let all = Language::ALL.iter().map(|language| language.code());
        all.map(|code| (code, has(code))).collect()
    }

    fn is_on(&self) -> bool {
        self.body.stop_words == "act"
    }

    fn needs_opt_in(&self) -> bool {
        self.body
            .opt_in_needed
            .iter()
            .any(|category| category == "marketing")
    }

    fn days(&self) -> String {
        self.body
            .opt_in_days
            .map_or_else(String::new, |days| days.to_string())
    }

    fn why(&self, code: &str) -> String {
        self.desk.say(&format!("why-{}", code.replace('_', "-")))
    }

    fn verdict(&self, code: &Option<&'static str>) -> String {
        code.map_or_else(|| self.desk.say("customer-allowed"), |code| self.why(code))
    }

    fn number(&self, count: &u64) -> String {
        let digits = count.to_string();
        let mut text = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push('\u{202f}');
            }
            text.push(digit);
        }
        text
    }
}

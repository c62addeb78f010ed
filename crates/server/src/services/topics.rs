//! Topics: the subscriptions of the business, and the templates bound to them.

mod change;
pub mod named;

use std::collections::BTreeMap;

use consent::{
    event::StaffAct,
    id::TopicId,
    policy::{Policy, TopicDefault, TopicRule},
    scope::Topic,
};
use serde::{Deserialize, Serialize};
use store::{error::StoreError, house::TopicLine, topic::TopicText};
use utoipa::ToSchema;

use crate::{
    app::App,
    app::House,
    clock,
    error::Error,
    services::{keys, policy, policy_json},
};

pub use change::{ChangeBody, change};
pub use named::{category, resolve};

/// Longest name of a topic, in characters.
const NAME_CHARS_MAX: usize = 100;
/// Longest description of a topic, in characters.
const DESCRIPTION_CHARS_MAX: usize = 300;
/// Longest tag of a language, in characters.
const LANGUAGE_CHARS_MAX: usize = 35;

/// A topic to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TopicBody {
    /// What people call it; unique.
    pub name: String,
    /// The category that it belongs to, for good.
    pub category: String,
    /// What it brings, in a sentence.
    pub description: Option<String>,
    /// Who speaks first: `category` (as for its category), `opt_in` (nothing goes before the person agreed) or
    /// `opt_out` (it goes until they refuse).
    pub default: Option<String>,
    /// What it is called in other languages, by their tags.
    #[serde(default)]
    pub translations: BTreeMap<String, TextBody>,
}

/// A topic in one language.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TextBody {
    /// What it is called.
    pub name: String,
    /// What it brings, in a sentence.
    #[serde(default)]
    pub description: String,
}

/// A topic.
#[derive(Debug, Serialize, ToSchema)]
pub struct TopicAnswer {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The category that it belongs to.
    pub category: String,
    /// What it brings, in a sentence.
    pub description: String,
    /// Who speaks first: `category`, `opt_in` or `opt_out`.
    pub default: String,
    /// What it is called in other languages, by their tags.
    pub translations: BTreeMap<String, TextBody>,
    /// When it was made.
    pub created_at: String,
    /// Since when nothing new is sent on it; null while it is in use.
    pub retired_at: Option<String>,
}

/// Every topic, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(app: &House) -> Result<Vec<TopicAnswer>, Error> {
    let policy = policy::current(app).await?;
    let texts = app.store.topic_texts().await?;
    let topics = app.store.topics().await?;
    let answers = topics.iter().map(|line| answer(line, &texts, &policy));
    Ok(answers.collect())
}

/// One topic.
///
/// # Errors
/// [`Error::NotFound`] when there is none; when the database does not answer.
pub async fn show(app: &House, id: TopicId) -> Result<TopicAnswer, Error> {
    let id = id.to_string();
    let mut all = list(app).await?.into_iter();
    all.find(|topic| topic.id == id)
        .ok_or(Error::NotFound("topic"))
}

/// Makes a topic.
///
/// # Errors
/// [`Error::Conflict`] when the name is taken; when the name or category makes no sense.
pub async fn create(app: &App, body: &TopicBody, actor: &str) -> Result<TopicAnswer, Error> {
    let name = name_of("name", &body.name)?;
    let id = TopicId::new(app.clock.id());
    let line = TopicLine {
        topic: Topic {
            id,
            category: category("category", &body.category)?,
        },
        name: name.clone(),
        description: description_of("description", body.description.as_deref())?,
        created: app.clock.now(),
    };
    let texts = body
        .translations
        .iter()
        .map(|(language, text)| text_of(id, language, text));
    let texts: Vec<TopicText> = texts.collect::<Result<_, _>>()?;
    let default = body.default.as_deref();
    let default = default.map(|text| policy_json::default_of("default", text));
    let default = default.transpose()?.unwrap_or_default();
    let mut tx = app.store.begin().await?;
    tx.add_topic(&line)
        .await
        .map_err(|error| taken(error, &name))?;
    tx.set_topic_texts(&texts).await?;
    let note = format!("{id} {} {name}", line.topic.category.word());
    keys::staff_event(app, &mut tx, StaffAct::TopicCreated, actor, &note).await?;
    if default != TopicDefault::AsCategory {
        let mut rules = policy::current(app).await?.as_ref().clone();
        let retired = None;
        rules.topics.insert(id, TopicRule { default, retired });
        policy::put(app, &mut tx, rules, actor).await?;
    }
    tx.commit().await?;
    app.bell.log.notify_one();
    show(app, id).await
}

fn taken(error: StoreError, name: &str) -> Error {
    match error {
        conflict if conflict.is_conflict() => {
            Error::Conflict(format!("there is a topic `{name}` already"))
        }
        other => other.into(),
    }
}

fn name_of(field: &str, text: &str) -> Result<String, Error> {
    let name = text.trim();
    let length = name.chars().count();
    if (1..=NAME_CHARS_MAX).contains(&length) && !name.chars().any(char::is_control) {
        return Ok(name.to_owned());
    }
    let message = format!("`{name}` is no name for a topic: want 1 to {NAME_CHARS_MAX} characters");
    Err(Error::field(field, message))
}

fn description_of(field: &str, text: Option<&str>) -> Result<String, Error> {
    let said = text.unwrap_or_default().trim();
    let length = said.chars().count();
    if length <= DESCRIPTION_CHARS_MAX && !said.chars().any(char::is_control) {
        return Ok(said.to_owned());
    }
    let message =
        format!("it has `{length}` characters: want at most {DESCRIPTION_CHARS_MAX}, in one line");
    Err(Error::field(field, message))
}

fn text_of(topic: TopicId, language: &str, body: &TextBody) -> Result<TopicText, Error> {
    Ok(TopicText {
        topic,
        language: language_of(language)?,
        name: name_of("translations.name", &body.name)?,
        description: description_of("translations.description", Some(&body.description))?,
    })
}

/// A tag of a language, in lower case: `pt`, `pt-br`.
fn language_of(text: &str) -> Result<String, Error> {
    let tag = text.trim().replace('_', "-").to_ascii_lowercase();
    let parts_ok = tag
        .split('-')
        .all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric()));
    let first = tag.split('-').next().unwrap_or_default();
    let first_ok = (2..=3).contains(&first.len()) && first.chars().all(char::is_alphabetic);
    if parts_ok && first_ok && tag.len() <= LANGUAGE_CHARS_MAX {
        return Ok(tag);
    }
    let message = format!("`{text}` is no language: want a tag like es or pt-BR");
    Err(Error::field("translations", message))
}

fn answer(line: &TopicLine, texts: &[TopicText], policy: &Policy) -> TopicAnswer {
    let rule = policy.topics.get(&line.topic.id).copied();
    let rule = rule.unwrap_or_default();
    let own = texts.iter().filter(|text| text.topic == line.topic.id);
    let translations = own.map(|text| {
        let (name, description) = (text.name.clone(), text.description.clone());
        (text.language.clone(), TextBody { name, description })
    });
    TopicAnswer {
        description: line.description.clone(),
        default: policy_json::default_text(rule.default),
        translations: translations.collect(),
        retired_at: rule.retired.map(clock::rfc3339),
        id: line.topic.id.to_string(),
        name: line.name.clone(),
        category: line.topic.category.word().to_owned(),
        created_at: clock::rfc3339(line.created),
    }
}

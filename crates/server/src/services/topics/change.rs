//! What is changed about a topic after it was made: its words, who speaks first, and whether it is still in use.

use std::collections::BTreeMap;

use consent::{event::StaffAct, id::TopicId, policy::TopicRule};
use serde::Deserialize;
use store::topic::TopicText;
use utoipa::ToSchema;

use super::{TextBody, TopicAnswer, description_of, language_of, name_of, show, taken, text_of};
use crate::{
    app::App,
    error::Error,
    services::{keys, policy, policy_json},
};

/// What to change. Members left out stay as they are.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeBody {
    /// What people call it; unique.
    pub name: Option<String>,
    /// What it brings, in a sentence.
    pub description: Option<String>,
    /// Who speaks first: `category`, `opt_in` or `opt_out`.
    pub default: Option<String>,
    /// `true`: nothing new is sent on it, and it is kept for what was. `false`: it is taken up again.
    pub retired: Option<bool>,
    /// What it is called in other languages, by their tags; null takes one away.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, TextBody>)]
    pub translations: BTreeMap<String, Option<TextBody>>,
}

/// Changes a topic. Who speaks first and whether it is in use are part of the policy: from the next verdict on they count.
///
/// # Errors
/// [`Error::NotFound`] when there is no such topic; [`Error::Conflict`] when the name is taken or somebody else changed
/// the policy meanwhile; [`Error::Invalid`] for what makes no sense.
pub async fn change(
    app: &App,
    id: TopicId,
    body: &ChangeBody,
    actor: &str,
) -> Result<TopicAnswer, Error> {
    let topics = app.store.topics().await?;
    let line = topics.iter().find(|line| line.topic.id == id);
    let line = line.ok_or(Error::NotFound("topic"))?;
    let name = match &body.name {
        Some(name) => name_of("name", name)?,
        None => line.name.clone(),
    };
    let description = match &body.description {
        Some(text) => description_of("description", Some(text))?,
        None => line.description.clone(),
    };
    let (kept, dropped) = translations(id, body)?;
    let rules = policy::current(app).await?;
    let before = rules.topics.get(&id).copied().unwrap_or_default();
    let after = rule(app, before, body)?;
    let mut tx = app.store.begin().await?;
    tx.edit_topic(id, &name, &description)
        .await
        .map_err(|error| taken(error, &name))?;
    tx.set_topic_texts(&kept).await?;
    tx.drop_topic_texts(id, &dropped).await?;
    let note = note(id, body);
    keys::staff_event(app, &mut tx, StaffAct::TopicChanged, actor, &note).await?;
    if after != before {
        let mut rules = rules.as_ref().clone();
        rules.topics.insert(id, after);
        policy::put(app, &mut tx, rules, actor).await?;
    }
    tx.commit().await?;
    app.bell.log.notify_one();
    show(app, id).await
}

fn rule(app: &App, before: TopicRule, body: &ChangeBody) -> Result<TopicRule, Error> {
    let default = body.default.as_deref();
    let default = default.map(|text| policy_json::default_of("default", text));
    Ok(TopicRule {
        default: default.transpose()?.unwrap_or(before.default),
        retired: match body.retired {
            None => before.retired,
            Some(false) => None,
            Some(true) => before.retired.or_else(|| Some(app.clock.now())),
        },
    })
}

type Texts = (Vec<TopicText>, Vec<String>);

fn translations(id: TopicId, body: &ChangeBody) -> Result<Texts, Error> {
    let (mut kept, mut dropped) = (Vec::new(), Vec::new());
    for (language, text) in &body.translations {
        match text {
            Some(text) => kept.push(text_of(id, language, text)?),
            None => dropped.push(language_of(language)?),
        }
    }
    Ok((kept, dropped))
}

/// What the log keeps: which topic, and what about it was changed.
fn note(id: TopicId, body: &ChangeBody) -> String {
    let mut said = vec![id.to_string()];
    said.extend(
        body.name
            .as_ref()
            .map(|name| format!("name {}", name.trim())),
    );
    said.extend(body.description.as_ref().map(|_| "description".to_owned()));
    said.extend(
        body.default
            .as_ref()
            .map(|default| format!("default {default}")),
    );
    said.extend(body.retired.map(|retired| format!("retired {retired}")));
    let languages: Vec<&str> = body.translations.keys().map(String::as_str).collect();
    if !languages.is_empty() {
        said.push(format!("translations {}", languages.join(" ")));
    }
    said.join("; ")
}

//! Topics: the subscriptions of the business, and the templates bound to them.

use consent::{
    event::StaffAct,
    id::TopicId,
    scope::{Category, Topic},
};
use serde::{Deserialize, Serialize};
use store::{error::StoreError, house::TopicLine, template::TemplateLine};
use utoipa::ToSchema;

use crate::{app::App, app::House, clock, error::Error, services::keys};

/// Longest name of a topic, in characters.
const NAME_CHARS_MAX: usize = 100;

/// A topic to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TopicBody {
    /// What people call it; unique.
    pub name: String,
    /// The category that it belongs to, for good.
    pub category: String,
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
    /// When it was made.
    pub created_at: String,
}

/// A template in one language.
#[derive(Debug, Serialize, ToSchema)]
pub struct TemplateAnswer {
    /// Meta's id.
    pub id: String,
    /// The account that owns it.
    pub account: String,
    /// Its name.
    pub name: String,
    /// Its language.
    pub language: String,
    /// Its category, as Meta last told us.
    pub category: String,
    /// Its status, as Meta last told us.
    pub status: String,
    /// Its quality, where Meta told us.
    pub quality: Option<String>,
    /// The id of the topic that it is bound to.
    pub topic: Option<String>,
    /// When we last learned something about it.
    pub changed_at: String,
}

/// Every topic, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(app: &House) -> Result<Vec<TopicAnswer>, Error> {
    Ok(app.store.topics().await?.iter().map(answer).collect())
}

/// Makes a topic.
///
/// # Errors
/// [`Error::Conflict`] when the name is taken; when the name or category makes no sense.
pub async fn create(app: &App, body: &TopicBody, actor: &str) -> Result<TopicAnswer, Error> {
    let name = body.name.trim();
    let length = name.chars().count();
    if length == 0 || length > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        let message =
            format!("`{name}` is no name for a topic: want 1 to {NAME_CHARS_MAX} characters");
        return Err(Error::field("name", message));
    }
    let line = TopicLine {
        topic: Topic {
            id: TopicId::new(app.clock.id()),
            category: category("category", &body.category)?,
        },
        name: name.to_owned(),
        created: app.clock.now(),
    };
    let taken = |error: StoreError| match error {
        conflict if conflict.is_conflict() => {
            Error::Conflict(format!("there is a topic `{name}` already"))
        }
        other => other.into(),
    };
    let mut tx = app.store.begin().await?;
    tx.add_topic(&line).await.map_err(taken)?;
    let note = format!("{} {} {name}", line.topic.id, line.topic.category.word());
    keys::staff_event(app, &mut tx, StaffAct::TopicCreated, actor, &note).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    Ok(answer(&line))
}

/// The topic that a text means, by id or by name.
///
/// # Errors
/// [`Error::Invalid`] for `field` when there is none.
pub fn resolve(topics: &[TopicLine], field: &str, text: &str) -> Result<Topic, Error> {
    let id = text.parse::<TopicId>().ok();
    let name = text.trim().to_lowercase();
    let meant = |line: &&TopicLine| {
        id.map_or_else(
            || line.name.to_lowercase() == name,
            |id| line.topic.id == id,
        )
    };
    let exact = topics.iter().find(|line| line.name == text);
    let found = exact.or_else(|| topics.iter().find(meant));
    found.map(|line| line.topic).ok_or_else(|| {
        let message = format!("`{text}` is not a topic: want the id or the name of one");
        Error::field(field, message)
    })
}

/// Every template, by name and language.
///
/// # Errors
/// When the database does not answer.
pub async fn templates(app: &House) -> Result<Vec<TemplateAnswer>, Error> {
    let lines = app.store.templates().await?;
    Ok(lines.iter().map(template_answer).collect())
}

/// Binds a template to a topic, or to none.
///
/// # Errors
/// [`Error::NotFound`] when there is no such template; [`Error::Invalid`] when there is no such topic.
pub async fn bind(
    app: &App,
    template: &str,
    topic: Option<&str>,
    actor: &str,
) -> Result<TemplateAnswer, Error> {
    let topics = app.store.topics().await?;
    let topic = topic
        .map(|text| resolve(&topics, "topic", text))
        .transpose()?;
    let mut tx = app.store.begin().await?;
    if !tx
        .bind_template(template, topic.map(|topic| topic.id))
        .await?
    {
        return Err(Error::NotFound("template"));
    }
    let note = topic.map_or_else(
        || format!("{template} unbound"),
        |topic| format!("{template} to {}", topic.id),
    );
    keys::staff_event(app, &mut tx, StaffAct::TemplateBound, actor, &note).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    let lines = app.store.templates().await?;
    let line = lines.iter().find(|line| line.id == template);
    line.map(template_answer).ok_or(Error::NotFound("template"))
}

/// Reads a category.
///
/// # Errors
/// [`Error::Invalid`] for `field`, naming those that exist.
pub fn category(field: &str, text: &str) -> Result<Category, Error> {
    Category::read(text).ok_or_else(|| {
        let words = Category::ALL.map(Category::word).join(", ");
        Error::field(field, format!("`{text}` is not a category: want {words}"))
    })
}

fn answer(line: &TopicLine) -> TopicAnswer {
    TopicAnswer {
        id: line.topic.id.to_string(),
        name: line.name.clone(),
        category: line.topic.category.word().to_owned(),
        created_at: clock::rfc3339(line.created),
    }
}

fn template_answer(line: &TemplateLine) -> TemplateAnswer {
    TemplateAnswer {
        id: line.id.clone(),
        account: line.account.clone(),
        name: line.name.clone(),
        language: line.language.clone(),
        category: line.category.to_lowercase(),
        status: line.status.clone(),
        quality: line.quality.clone(),
        topic: line.topic.map(|topic| topic.to_string()),
        changed_at: clock::rfc3339(line.changed),
    }
}

//! Texts that agents send with one click.

use consent::event::StaffAct;
use serde::{Deserialize, Serialize};
use store::note::QuickReplyLine;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::{App, House},
    clock,
    error::Error,
    services::keys,
};

/// Longest title, in characters.
pub const TITLE_CHARS_MAX: usize = 80;
/// Longest text, in characters: what Meta takes.
pub const BODY_CHARS_MAX: usize = 4_096;
/// How many there can be: agents choose from a list.
const REPLIES_MAX: usize = 500;

/// A text to be kept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuickReplyBody {
    /// What agents call it, 1 to 80 characters.
    pub title: String,
    /// The text, 1 to 4,096 characters.
    pub body: String,
}

/// A text that agents send with one click.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct QuickReplyAnswer {
    /// Its id.
    pub id: String,
    /// What agents call it.
    pub title: String,
    /// The text.
    pub body: String,
    /// When it was last changed.
    pub changed_at: String,
}

/// Every one of them, by title.
///
/// # Errors
/// When the database does not answer.
pub async fn list(app: &House) -> Result<Vec<QuickReplyAnswer>, Error> {
    let lines = app.store.quick_replies().await?;
    Ok(lines.into_iter().map(answer).collect())
}

/// Makes one.
///
/// # Errors
/// [`Error::Invalid`] when title or text make no sense; [`Error::Conflict`] when there are too many, or one of that title;
/// when the database does not answer.
pub async fn create(
    app: &App,
    body: &QuickReplyBody,
    actor: &str,
) -> Result<QuickReplyAnswer, Error> {
    put(app, None, body, actor).await
}

/// Changes one.
///
/// # Errors
/// [`Error::NotFound`] when there is none; else as for [`create`].
pub async fn change(
    app: &App,
    id: Uuid,
    body: &QuickReplyBody,
    actor: &str,
) -> Result<QuickReplyAnswer, Error> {
    put(app, Some(id), body, actor).await
}

/// Removes one.
///
/// # Errors
/// [`Error::NotFound`] when there is none; when the database does not answer.
pub async fn remove(app: &App, id: Uuid, actor: &str) -> Result<(), Error> {
    let mut tx = app.store.begin().await?;
    if !tx.drop_quick_reply(id).await? {
        return Err(Error::NotFound("quick reply"));
    }
    let note = format!("{id}, removed");
    keys::staff_event(app, &mut tx, StaffAct::QuickReplyChanged, actor, &note).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    Ok(())
}

async fn put(
    app: &App,
    id: Option<Uuid>,
    body: &QuickReplyBody,
    actor: &str,
) -> Result<QuickReplyAnswer, Error> {
    let title = within("title", &body.title, TITLE_CHARS_MAX)?;
    let text = within("body", &body.body, BODY_CHARS_MAX)?;
    let known = app.store.quick_replies().await?;
    if id.is_some_and(|id| known.iter().all(|line| line.id != id)) {
        return Err(Error::NotFound("quick reply"));
    }
    let mut others = known.iter().filter(|line| Some(line.id) != id);
    if others.any(|line| line.title == title) {
        let message = format!("there is a quick reply called `{title}` already");
        return Err(Error::Conflict(message));
    }
    if id.is_none() && known.len() >= REPLIES_MAX {
        let message = format!("there are {REPLIES_MAX} quick replies: remove one first");
        return Err(Error::Conflict(message));
    }
    let line = QuickReplyLine {
        id: id.unwrap_or_else(|| app.clock.id()),
        title,
        body: text,
        changed: app.clock.now(),
    };
    let mut tx = app.store.begin().await?;
    tx.put_quick_reply(&line).await?;
    let note = line.id.to_string();
    keys::staff_event(app, &mut tx, StaffAct::QuickReplyChanged, actor, &note).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    Ok(answer(line))
}

fn within(field: &str, text: &str, max: usize) -> Result<String, Error> {
    let text = text.trim();
    let length = text.chars().count();
    if (1..=max).contains(&length) {
        return Ok(text.to_owned());
    }
    let message = format!("it has {length} characters: want 1 to {max}");
    Err(Error::field(field, message))
}

fn answer(line: QuickReplyLine) -> QuickReplyAnswer {
    QuickReplyAnswer {
        id: line.id.to_string(),
        title: line.title,
        body: line.body,
        changed_at: clock::rfc3339(line.changed),
    }
}

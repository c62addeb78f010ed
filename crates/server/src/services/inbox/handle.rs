//! Who looks after a conversation, and whether somebody still has to.

use consent::event::StaffAct;
use serde::Deserialize;
use store::conversation::{Key, State};
use utoipa::ToSchema;
use uuid::Uuid;

use super::ConversationAnswer;
use crate::{
    app::App,
    error::Error,
    services::{keys, staff::members},
};

/// Who is to look after a conversation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignBody {
    /// The id of a member of the staff; null for nobody.
    pub member: Option<Uuid>,
}

/// Gives a conversation to a member of the staff, or to nobody.
///
/// # Errors
/// [`Error::NotFound`] when there is no such conversation; when the database does not answer.
pub async fn assign(
    app: &App,
    key: Key<'_>,
    member: Option<Uuid>,
    actor: &str,
) -> Result<ConversationAnswer, Error> {
    if super::find(app, key).await?.assigned == member {
        return super::one(app, key).await;
    }
    if let Some(id) = member {
        members::show(app, id).await?;
    }
    let (contact, number) = key;
    let to = member.map_or_else(|| "nobody".to_owned(), |id| format!("member {id}"));
    let mut tx = app.store.begin().await?;
    if !tx.assign_conversation(key, member, app.clock.now()).await? {
        return Err(Error::NotFound("conversation"));
    }
    let note = format!("contact {contact}, number {number}: to {to}");
    keys::staff_event(app, &mut tx, StaffAct::Assigned, actor, &note).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    app.live.ring();
    super::one(app, key).await
}

/// Closes a conversation, or opens it again.
///
/// # Errors
/// As for [`assign`].
pub async fn set(
    app: &App,
    key: Key<'_>,
    state: State,
    actor: &str,
) -> Result<ConversationAnswer, Error> {
    if super::find(app, key).await?.state == state {
        return super::one(app, key).await;
    }
    let (contact, number) = key;
    let mut tx = app.store.begin().await?;
    if !tx.set_conversation(key, state, app.clock.now()).await? {
        return Err(Error::NotFound("conversation"));
    }
    let note = format!("contact {contact}, number {number}: {}", state.word());
    keys::staff_event(app, &mut tx, StaffAct::Assigned, actor, &note).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    app.live.ring();
    super::one(app, key).await
}

/// Notes that somebody has read a conversation.
///
/// # Errors
/// [`Error::NotFound`] when there is no such conversation; when the database does not answer.
pub async fn read(app: &App, key: Key<'_>) -> Result<(), Error> {
    if super::find(app, key).await?.unread == 0 {
        return Ok(());
    }
    let mut tx = app.store.begin().await?;
    tx.read_conversation(key, app.clock.now()).await?;
    tx.commit().await?;
    app.live.ring();
    Ok(())
}

//! What the staff noted about people: seen by the staff only, and sealed under the person's key.

use consent::{event::StaffAct, id::ContactId};
use serde::{Deserialize, Serialize};
use store::{contact::Person, conversation::Key, note::NoteLine};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::{App, House},
    clock,
    error::Error,
    services::keys,
};

/// What the words of a note are sealed for, under the person's key.
pub const NOTE_PURPOSE: &str = "note";

/// Longest note, in characters.
pub const NOTE_CHARS_MAX: usize = 4_000;

/// A note to be written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteBody {
    /// Its words, 1 to 4,000 characters.
    pub text: String,
}

/// A note about a person.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NoteAnswer {
    /// Its id.
    pub id: String,
    /// When it was written.
    pub at: String,
    /// Who wrote it.
    pub author: String,
    /// Its words.
    pub text: String,
}

/// Writes a note about a person, beside a conversation with them.
///
/// # Errors
/// [`Error::NotFound`] when there is no such person, or not any more; [`Error::Invalid`] when the words are none or too many;
/// when the database does not answer.
pub async fn add(
    app: &App,
    (contact, number): Key<'_>,
    body: &NoteBody,
    actor: &str,
) -> Result<NoteAnswer, Error> {
    let text = body.text.trim();
    let length = text.chars().count();
    if !(1..=NOTE_CHARS_MAX).contains(&length) {
        let message = format!("the note has {length} characters: want 1 to {NOTE_CHARS_MAX}");
        return Err(Error::field("text", message));
    }
    let mut tx = app.store.begin().await?;
    // Whoever erases or merges the person waits until the note is there, or has taken the key already.
    tx.lock(&[contact]).await?;
    let person = tx.persons(&[contact]).await?.pop();
    let person = person.ok_or(Error::NotFound("contact"))?;
    let wrapped = person.sealing_key.ok_or(Error::NotFound("contact"))?;
    let key = app.vault.person(contact, &wrapped);
    let sealed = key
        .map_err(Error::internal)?
        .seal(NOTE_PURPOSE, text.as_bytes());
    let line = NoteLine {
        contact,
        id: app.clock.id(),
        author: actor.to_owned(),
        at: app.clock.now(),
        sealed: sealed.map_err(Error::internal)?,
    };
    tx.keep_notes(std::slice::from_ref(&line)).await?;
    tx.stir_conversations(&[(contact, number)], line.at).await?;
    let about = format!("{} about contact {contact}", line.id);
    keys::staff_event(app, &mut tx, StaffAct::Noted, actor, &about).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    app.live.ring();
    Ok(NoteAnswer {
        id: line.id.to_string(),
        at: clock::rfc3339(line.at),
        author: line.author,
        text: text.to_owned(),
    })
}

/// Destroys a note.
///
/// # Errors
/// [`Error::NotFound`] when there is none; when the database does not answer.
pub async fn remove(app: &App, contact: ContactId, id: Uuid, actor: &str) -> Result<(), Error> {
    let mut tx = app.store.begin().await?;
    if !tx.drop_note(contact, id).await? {
        return Err(Error::NotFound("note"));
    }
    let about = format!("{id} about contact {contact}, destroyed");
    keys::staff_event(app, &mut tx, StaffAct::Noted, actor, &about).await?;
    tx.commit().await?;
    app.bell.log.notify_one();
    Ok(())
}

/// Notes as answers show them. One that cannot be opened any more is left out.
#[must_use]
pub fn opened(app: &House, person: &Person, lines: &[NoteLine]) -> Vec<(Uuid, NoteAnswer)> {
    let wrapped = person.sealing_key.as_deref();
    let Some(key) = wrapped.and_then(|wrapped| app.vault.person(person.id, wrapped).ok()) else {
        return Vec::new();
    };
    let open = |line: &NoteLine| {
        let words = key.open(NOTE_PURPOSE, &line.sealed).ok()?;
        let note = NoteAnswer {
            id: line.id.to_string(),
            at: clock::rfc3339(line.at),
            author: line.author.clone(),
            text: String::from_utf8(words).ok()?,
        };
        Some((line.id, note))
    };
    lines.iter().filter_map(open).collect()
}

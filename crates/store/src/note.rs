//! What the staff noted about people, sealed under their keys; and texts that agents send with one click.

use consent::{id::ContactId, time::Timestamp};
use serde_json::json;
use uuid::Uuid;

use crate::{
    codec,
    error::StoreError,
    list::{List, before, clean, hex, hex_of},
    pool::{Store, Tx, on_pool, on_tx},
};

/// A note beside a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteLine {
    /// About whom.
    pub contact: ContactId,
    /// Its id; time-ordered.
    pub id: Uuid,
    /// Who wrote it.
    pub author: String,
    /// When.
    pub at: Timestamp,
    /// Its words, sealed.
    pub sealed: Vec<u8>,
}

/// A text that agents send with one click.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuickReplyLine {
    /// Its id.
    pub id: Uuid,
    /// What agents call it.
    pub title: String,
    /// The text.
    pub body: String,
    /// When it was last changed.
    pub changed: Timestamp,
}

type NoteRow = (Vec<u8>, Vec<u8>, String, i64, Vec<u8>);

impl Store {
    /// A page of the notes about a contact, newest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn notes(
        &self,
        contact: ContactId,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<NoteLine>, StoreError> {
        let sql = "select contact_id, id, author, at_ms, sealed from note where contact_id = $1 and id < $2 \
                   order by id desc limit $3";
        let rows: Vec<NoteRow> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(contact.get().as_bytes().to_vec()).bind(before(after)).bind(i64::from(limit))
            .fetch_all(pool).await?);
        rows.into_iter().map(note).collect()
    }

    /// Every quick reply, by title.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn quick_replies(&self) -> Result<Vec<QuickReplyLine>, StoreError> {
        let sql = "select id, title, body, changed_ms from quick_reply order by title, id";
        let rows: Vec<(Vec<u8>, String, String, i64)> =
            on_pool!(self, pool => sqlx::query_as(sql).fetch_all(pool).await?);
        let read = |(id, title, body, changed): (Vec<u8>, String, String, i64)| {
            Ok(QuickReplyLine {
                id: codec::uuid(&id)?,
                title,
                body,
                changed: Timestamp::from_millis(changed),
            })
        };
        rows.into_iter().map(read).collect()
    }
}

impl Tx {
    /// Keeps notes.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn keep_notes(&mut self, lines: &[NoteLine]) -> Result<(), StoreError> {
        if lines.is_empty() {
            return Ok(());
        }
        let sql = "insert into note (contact_id, id, author, at_ms, sealed) select unhex(r.value ->> 'c'), \
                   unhex(r.value ->> 'id'), r.value ->> 'by', cast(r.value ->> 'at' as bigint), unhex(r.value ->> 'x') \
                   from jsonb_each($1) as r where true on conflict (contact_id, id) do nothing";
        let list = List::of(lines.iter().map(|line| {
            json!({ "c": hex(line.contact.get()), "id": hex(line.id), "by": line.author, "at": line.at.millis(),
                    "x": hex_of(&line.sealed) })
        }));
        self.later(sql, vec![list.into()]).await
    }

    /// Takes all notes about a contact away, to be kept for whoever the contact was found to be.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn take_notes(&mut self, contact: ContactId) -> Result<Vec<NoteLine>, StoreError> {
        let sql = "delete from note where contact_id = $1 returning contact_id, id, author, at_ms, sealed";
        let id = contact.get().as_bytes().to_vec();
        let rows: Vec<NoteRow> =
            on_tx!(self, conn => sqlx::query_as(sql).bind(id).fetch_all(conn).await?);
        rows.into_iter().map(note).collect()
    }

    /// Destroys a note. Says whether there was one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn drop_note(&mut self, contact: ContactId, id: Uuid) -> Result<bool, StoreError> {
        let sql = "delete from note where contact_id = $1 and id = $2";
        let count = on_tx!(self, conn => sqlx::query(sql).bind(contact.get().as_bytes().to_vec())
            .bind(id.as_bytes().to_vec()).execute(conn).await?.rows_affected());
        Ok(count == 1)
    }

    /// Writes a quick reply, over an older one with its id.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn put_quick_reply(&mut self, line: &QuickReplyLine) -> Result<(), StoreError> {
        let sql = "insert into quick_reply (id, title, body, changed_ms) values ($1, $2, $3, $4) \
                   on conflict (id) do update set title = excluded.title, body = excluded.body, \
                   changed_ms = excluded.changed_ms";
        on_tx!(self, conn => {
            sqlx::query(sql).bind(line.id.as_bytes().to_vec()).bind(clean(&line.title)).bind(clean(&line.body))
                .bind(line.changed.millis()).execute(conn).await?;
        });
        Ok(())
    }

    /// Removes a quick reply. Says whether there was one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn drop_quick_reply(&mut self, id: Uuid) -> Result<bool, StoreError> {
        let sql = "delete from quick_reply where id = $1";
        let id = id.as_bytes().to_vec();
        let count =
            on_tx!(self, conn => sqlx::query(sql).bind(id).execute(conn).await?.rows_affected());
        Ok(count == 1)
    }
}

fn note((contact, id, author, at, sealed): NoteRow) -> Result<NoteLine, StoreError> {
    Ok(NoteLine {
        contact: ContactId::new(codec::uuid(&contact)?),
        id: codec::uuid(&id)?,
        author,
        at: Timestamp::from_millis(at),
        sealed,
    })
}

//! E-mails of ours: those that wait, and what became of the others.

use consent::{id::ContactId, time::Timestamp};
use uuid::Uuid;

use crate::{
    codec,
    error::StoreError,
    list::clean,
    pool::{Store, Tx, on_pool, on_tx},
};

/// An e-mail that waits to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterLine {
    /// To whom.
    pub contact: ContactId,
    /// Its id; time-ordered.
    pub id: Uuid,
    /// What it says, as a word.
    pub kind: String,
    /// The address.
    pub email: String,
    /// Its language, as a tag.
    pub language: String,
    /// What its words depend on, as JSON.
    pub detail: String,
    /// When it was put in line.
    pub created: Timestamp,
    /// When it may be tried (again).
    pub due: Timestamp,
    /// How often it was tried.
    pub tries: i64,
}

type LetterRow = (
    Vec<u8>,
    Vec<u8>,
    String,
    String,
    String,
    String,
    i64,
    i64,
    i64,
);

impl Store {
    /// The e-mails that are due, the longest waiting first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn due_letters(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<LetterLine>, StoreError> {
        let sql = "select contact_id, id, kind, email, language, detail, created_ms, due_ms, tries from letter \
                   where state = 'waiting' and due_ms <= $1 order by due_ms, id limit $2";
        let rows: Vec<LetterRow> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(now.millis()).bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter().map(read).collect()
    }

    /// An e-mail, whatever became of it.
    ///
    /// # Errors
    /// When the database does not answer or the row makes no sense.
    pub async fn letter(
        &self,
        contact: ContactId,
        id: Uuid,
    ) -> Result<Option<LetterLine>, StoreError> {
        let sql = "select contact_id, id, kind, email, language, detail, created_ms, due_ms, tries from letter \
                   where contact_id = $1 and id = $2";
        let row: Option<LetterRow> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(contact.get().as_bytes().to_vec()).bind(id.as_bytes().to_vec())
            .fetch_optional(pool).await?);
        row.map(read).transpose()
    }

    /// What became of the e-mails to a contact, newest first: kind, state and why.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn letters(
        &self,
        contact: ContactId,
    ) -> Result<Vec<(String, String, Option<String>)>, StoreError> {
        let sql = "select kind, state, why from letter where contact_id = $1 order by id desc";
        let id = contact.get().as_bytes().to_vec();
        Ok(on_pool!(self, pool => sqlx::query_as(sql).bind(id).fetch_all(pool).await?))
    }
}

impl Tx {
    /// Puts an e-mail in line; one with the same id stays as it is.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn put_letter(&mut self, line: &LetterLine) -> Result<(), StoreError> {
        let sql = "insert into letter (contact_id, id, kind, email, language, detail, created_ms, due_ms, tries, state) \
                   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting') on conflict (contact_id, id) do nothing";
        on_tx!(self, conn => {
            sqlx::query(sql)
                .bind(line.contact.get().as_bytes().to_vec())
                .bind(line.id.as_bytes().to_vec())
                .bind(clean(&line.kind))
                .bind(clean(&line.email))
                .bind(clean(&line.language))
                .bind(clean(&line.detail))
                .bind(line.created.millis())
                .bind(line.due.millis())
                .bind(line.tries)
                .execute(conn)
                .await?;
        });
        Ok(())
    }

    /// Takes an e-mail in hand until a time, when it is due again unless it has ended: says whether it still waited as
    /// it was read, so that of two who take it one has it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take_letter(
        &mut self,
        line: &LetterLine,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "update letter set due_ms = $4, tries = tries + 1 where contact_id = $1 and id = $2 \
                   and state = 'waiting' and tries = $3";
        let done = on_tx!(self, conn => sqlx::query(sql)
            .bind(line.contact.get().as_bytes().to_vec())
            .bind(line.id.as_bytes().to_vec())
            .bind(line.tries)
            .bind(until.millis())
            .execute(conn).await?.rows_affected());
        Ok(done == 1)
    }

    /// Writes down what became of an e-mail.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn end_letter(
        &mut self,
        (contact, id): (ContactId, Uuid),
        (state, why): (&str, Option<&str>),
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "update letter set state = $3, why = $4, done_ms = $5 where contact_id = $1 and id = $2";
        on_tx!(self, conn => {
            sqlx::query(sql)
                .bind(contact.get().as_bytes().to_vec())
                .bind(id.as_bytes().to_vec())
                .bind(clean(state))
                .bind(why.map(clean))
                .bind(at.millis())
                .execute(conn)
                .await?;
        });
        Ok(())
    }

    /// Moves the e-mails of a contact to whoever the contact was found to be.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn move_letters(&mut self, from: ContactId, to: ContactId) -> Result<(), StoreError> {
        let copy = "insert into letter (contact_id, id, kind, email, language, detail, created_ms, due_ms, tries, state, why, done_ms) \
                    select $2, o.id, o.kind, o.email, o.language, o.detail, o.created_ms, o.due_ms, o.tries, o.state, o.why, o.done_ms \
                    from letter o where o.contact_id = $1 on conflict (contact_id, id) do nothing";
        let leave = "delete from letter where contact_id = $1";
        let (from, to) = (from.get().as_bytes().to_vec(), to.get().as_bytes().to_vec());
        on_tx!(self, conn => { sqlx::query(copy).bind(&from).bind(to).execute(conn).await?; });
        on_tx!(self, conn => { sqlx::query(leave).bind(&from).execute(conn).await?; });
        Ok(())
    }

    /// Forgets e-mails that ended before a time.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn purge_letters(&mut self, before: Timestamp) -> Result<(), StoreError> {
        let sql = "delete from letter where done_ms < $1";
        on_tx!(self, conn => { sqlx::query(sql).bind(before.millis()).execute(conn).await?; });
        Ok(())
    }
}

fn read(row: LetterRow) -> Result<LetterLine, StoreError> {
    let (contact, id, kind, email, language, detail, created, due, tries) = row;
    Ok(LetterLine {
        contact: ContactId::new(codec::uuid(&contact)?),
        id: codec::uuid(&id)?,
        kind,
        email,
        language,
        detail,
        created: Timestamp::from_millis(created),
        due: Timestamp::from_millis(due),
        tries,
    })
}

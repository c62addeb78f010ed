//! The codes by which a first message in the chat is matched to what its writer was shown; and how often something
//! was tried.

use consent::{id::ContactId, time::Timestamp};
use serde_json::json;
use uuid::Uuid;

use crate::{
    codec,
    error::{StoreError, corrupt},
    list::{List, clean, hex_of},
    pool::{Store, Tx, on_pool, on_tx},
};

/// Bytes of the id of a code.
pub const ID_BYTES: usize = 6;

/// What a code was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeKind {
    /// A link or a poster, for everybody who sees it.
    Link,
    /// Somebody who filled in the form and goes on in the chat.
    Visit,
}

impl CodeKind {
    /// The word in the table.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Visit => "visit",
        }
    }

    fn read(word: &str) -> Result<Self, StoreError> {
        match word {
            "link" => Ok(Self::Link),
            "visit" => Ok(Self::Visit),
            other => Err(corrupt("kind of a code", other)),
        }
    }
}

/// A code, and what its holder was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinCode {
    /// The id, which the code carries.
    pub id: [u8; ID_BYTES],
    /// What it was made for.
    pub kind: CodeKind,
    /// The form.
    pub form: Uuid,
    /// Its version.
    pub version: i64,
    /// The language, as a BCP 47 tag.
    pub language: String,
    /// SHA-256 of what is shown with it.
    pub wording: [u8; 32],
    /// What it is about: the choices that were ticked or that the link is for, each as one word.
    pub choices: Vec<String>,
    /// Who filled in the form, of a visit.
    pub contact: Option<ContactId>,
    /// What the business calls a link; the address of the page, of a visit.
    pub name: String,
    /// When it was made.
    pub at: Timestamp,
    /// Until when it counts; none for good.
    pub expires: Option<Timestamp>,
    /// Since when it counts no longer.
    pub retired: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct CodeRow {
    id: Vec<u8>,
    kind: String,
    form_id: Vec<u8>,
    version: i64,
    language: String,
    wording: Vec<u8>,
    choices: String,
    contact_id: Option<Vec<u8>>,
    name: String,
    at_ms: i64,
    expires_ms: Option<i64>,
    retired_ms: Option<i64>,
}

impl Store {
    /// The codes with these ids.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn join_codes(&self, ids: &[[u8; ID_BYTES]]) -> Result<Vec<JoinCode>, StoreError> {
        let sql = "select id, kind, form_id, version, language, wording, choices, contact_id, name, at_ms, expires_ms, retired_ms \
                   from join_code where id in (select unhex(r.value ->> 'i') from jsonb_each($1) as r) order by id";
        let list = List::of(ids.iter().map(|id| json!({ "i": hex_of(id) })));
        let rows: Vec<CodeRow> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(list.text()).fetch_all(pool).await?);
        rows.into_iter().map(JoinCode::try_from).collect()
    }

    /// The links of a form, in no order that means anything.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn join_links(&self, form: Uuid) -> Result<Vec<JoinCode>, StoreError> {
        let sql = "select id, kind, form_id, version, language, wording, choices, contact_id, name, at_ms, expires_ms, retired_ms \
                   from join_code where form_id = $1 and kind = 'link' order by id";
        let id = form.as_bytes().to_vec();
        let rows: Vec<CodeRow> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(id).fetch_all(pool).await?);
        rows.into_iter().map(JoinCode::try_from).collect()
    }
}

impl Tx {
    /// Keeps a code.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its id is taken; when the database does not answer.
    pub async fn add_join_code(&mut self, code: &JoinCode) -> Result<(), StoreError> {
        let sql = "insert into join_code (id, kind, form_id, version, language, wording, choices, contact_id, name, at_ms, \
                   expires_ms, retired_ms) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
        on_tx!(self, conn => {
            sqlx::query(sql)
                .bind(code.id.to_vec())
                .bind(code.kind.word())
                .bind(code.form.as_bytes().to_vec())
                .bind(code.version)
                .bind(clean(&code.language))
                .bind(code.wording.to_vec())
                .bind(clean(&code.choices.join(" ")))
                .bind(code.contact.map(|contact| contact.get().as_bytes().to_vec()))
                .bind(clean(&code.name))
                .bind(code.at.millis())
                .bind(code.expires.map(Timestamp::millis))
                .bind(code.retired.map(Timestamp::millis))
                .execute(conn)
                .await?;
        });
        Ok(())
    }

    /// Ends a code, or takes it up again; says whether there is such a code.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn retire_join_code(
        &mut self,
        id: [u8; ID_BYTES],
        since: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let sql = "update join_code set retired_ms = $2 where id = $1";
        let since = since.map(Timestamp::millis);
        let done = on_tx!(self, conn => sqlx::query(sql).bind(id.to_vec()).bind(since)
            .execute(conn).await?.rows_affected());
        Ok(done == 1)
    }

    /// Drops codes that ended before a time, and counts that began before it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn purge_joins(&mut self, before: Timestamp) -> Result<(), StoreError> {
        let steps = [
            "delete from join_code where expires_ms < $1",
            "delete from attempt_count where from_ms < $1",
        ];
        for sql in steps {
            on_tx!(self, conn => { sqlx::query(sql).bind(before.millis()).execute(conn).await?; });
        }
        Ok(())
    }

    /// Counts one more try of something since a time; gives how many there are with it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_up(&mut self, key: &[u8], since: Timestamp) -> Result<i64, StoreError> {
        let sql = "insert into attempt_count (key, from_ms, count) values ($1, $2, 1) \
                   on conflict (key, from_ms) do update set count = attempt_count.count + 1 returning count";
        Ok(
            on_tx!(self, conn => sqlx::query_scalar(sql).bind(key.to_vec()).bind(since.millis())
            .fetch_one(conn).await?),
        )
    }

    /// Notes that a text message has its effect; says whether it is the first time.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn see_sms(&mut self, sid: &str, now: Timestamp) -> Result<bool, StoreError> {
        let sql = "insert into sms_seen (sid, at_ms) values ($1, $2) on conflict (sid) do nothing";
        let done = on_tx!(self, conn => sqlx::query(sql).bind(clean(sid)).bind(now.millis())
            .execute(conn).await?.rows_affected());
        Ok(done == 1)
    }
}

impl TryFrom<CodeRow> for JoinCode {
    type Error = StoreError;

    fn try_from(row: CodeRow) -> Result<Self, StoreError> {
        let bad_id = || corrupt("id of a code", hex_of(&row.id));
        let contact = row.contact_id.as_deref().map(codec::uuid).transpose()?;
        Ok(Self {
            id: row.id.as_slice().try_into().map_err(|_| bad_id())?,
            kind: CodeKind::read(&row.kind)?,
            form: codec::uuid(&row.form_id)?,
            version: row.version,
            wording: codec::hash(&row.wording)?,
            choices: row.choices.split_whitespace().map(str::to_owned).collect(),
            contact: contact.map(ContactId::new),
            language: row.language,
            name: row.name,
            at: Timestamp::from_millis(row.at_ms),
            expires: row.expires_ms.map(Timestamp::from_millis),
            retired: row.retired_ms.map(Timestamp::from_millis),
        })
    }
}

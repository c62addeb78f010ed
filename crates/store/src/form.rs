//! Opt-in forms, version by version, and what people were shown.

use consent::time::Timestamp;
use serde_json::json;
use uuid::Uuid;

use crate::{
    codec,
    error::StoreError,
    list::{List, clean, hex_of, last_of_each},
    pool::{Store, Tx, on_pool, on_tx},
};

/// A form as it stands: its newest version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormLine {
    /// Its id.
    pub id: Uuid,
    /// Its name in addresses; unique.
    pub slug: String,
    /// The version.
    pub version: FormVersion,
    /// When it was made.
    pub created: Timestamp,
    /// Since when nobody can join by it; none while it is in use.
    pub retired: Option<Timestamp>,
}

/// A version of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormVersion {
    /// Counts up from 1.
    pub version: i64,
    /// What it says, as the API writes it.
    pub body: String,
    /// Who wrote it.
    pub actor: String,
    /// From when.
    pub at: Timestamp,
}

/// Something that people were shown, kept once for all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordingLine {
    /// SHA-256 of the text.
    pub sha256: [u8; 32],
    /// The text.
    pub text: String,
    /// Its language, as a BCP 47 tag.
    pub locale: String,
    /// The form that showed it, and its version; none for what no form showed.
    pub form: Option<(Uuid, i64)>,
    /// When it was first shown.
    pub at: Timestamp,
}

type FormRow = (Vec<u8>, String, i64, Option<i64>, i64, String, String, i64);
type VersionRow = (i64, String, String, i64);
type WordingRow = (Vec<u8>, String, String, Option<Vec<u8>>, Option<i64>, i64);

impl Store {
    /// Every form in its newest version, oldest form first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn forms(&self) -> Result<Vec<FormLine>, StoreError> {
        let sql = "select f.id, f.slug, f.created_ms, f.retired_ms, v.version, v.body, v.actor, v.at_ms from join_form f \
                   join form_version v on v.form_id = f.id and v.version = (select max(o.version) from form_version o \
                   where o.form_id = f.id) order by f.id";
        let rows: Vec<FormRow> = on_pool!(self, pool => sqlx::query_as(sql).fetch_all(pool).await?);
        rows.into_iter().map(form).collect()
    }

    /// The form of a name in its newest version.
    ///
    /// # Errors
    /// When the database does not answer or the row makes no sense.
    pub async fn form_named(&self, slug: &str) -> Result<Option<FormLine>, StoreError> {
        let sql = "select f.id, f.slug, f.created_ms, f.retired_ms, v.version, v.body, v.actor, v.at_ms from join_form f \
                   join form_version v on v.form_id = f.id where f.slug = $1 order by v.version desc limit 1";
        let row: Option<FormRow> = on_pool!(self, pool => sqlx::query_as(sql).bind(clean(slug)).fetch_optional(pool).await?);
        row.map(form).transpose()
    }

    /// Every version of a form, oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn form_versions(&self, form: Uuid) -> Result<Vec<FormVersion>, StoreError> {
        let sql = "select version, body, actor, at_ms from form_version where form_id = $1 order by version";
        let id = form.as_bytes().to_vec();
        let rows: Vec<VersionRow> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(id).fetch_all(pool).await?);
        Ok(rows.into_iter().map(version).collect())
    }

    /// What has these hashes, of those that were ever shown.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn wordings(&self, hashes: &[[u8; 32]]) -> Result<Vec<WordingLine>, StoreError> {
        let sql = "select sha256, body, locale, form_id, version, at_ms from wording \
                   where sha256 in (select unhex(r.value ->> 'h') from jsonb_each($1) as r) order by sha256";
        let list = List::of(hashes.iter().map(|hash| json!({ "h": hex_of(hash) })));
        let rows: Vec<WordingRow> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(list.text()).fetch_all(pool).await?);
        rows.into_iter().map(wording).collect()
    }
}

impl Tx {
    /// Makes a form with its first version.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the name is taken; when the database does not answer.
    pub async fn add_form(&mut self, line: &FormLine) -> Result<(), StoreError> {
        let sql =
            "insert into join_form (id, slug, created_ms, retired_ms) values ($1, $2, $3, $4)";
        on_tx!(self, conn => {
            sqlx::query(sql)
                .bind(line.id.as_bytes().to_vec())
                .bind(clean(&line.slug))
                .bind(line.created.millis())
                .bind(line.retired.map(Timestamp::millis))
                .execute(conn)
                .await?;
        });
        self.add_form_version(line.id, &line.version).await
    }

    /// Adds a version to a form.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when that version is there already; when the database does not answer.
    pub async fn add_form_version(
        &mut self,
        form: Uuid,
        version: &FormVersion,
    ) -> Result<(), StoreError> {
        let sql = "insert into form_version (form_id, version, body, actor, at_ms) values ($1, $2, $3, $4, $5)";
        on_tx!(self, conn => {
            sqlx::query(sql)
                .bind(form.as_bytes().to_vec())
                .bind(version.version)
                .bind(clean(&version.body))
                .bind(clean(&version.actor))
                .bind(version.at.millis())
                .execute(conn)
                .await?;
        });
        Ok(())
    }

    /// Ends a form, or takes it up again.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn retire_form(
        &mut self,
        form: Uuid,
        since: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let sql = "update join_form set retired_ms = $2 where id = $1";
        let id = form.as_bytes().to_vec();
        let since = since.map(Timestamp::millis);
        on_tx!(self, conn => { sqlx::query(sql).bind(id).bind(since).execute(conn).await?; });
        Ok(())
    }

    /// Keeps what is shown; what was kept before stays as it is.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn keep_wordings(&mut self, wordings: &[WordingLine]) -> Result<(), StoreError> {
        let sql = "insert into wording (sha256, body, locale, form_id, version, at_ms) select unhex(r.value ->> 'h'), \
                   r.value ->> 'b', r.value ->> 'l', unhex(r.value ->> 'f'), cast(r.value ->> 'v' as bigint), \
                   cast(r.value ->> 'at' as bigint) from jsonb_each($1) as r where true on conflict (sha256) do nothing";
        let kept = last_of_each(wordings, |line| line.sha256);
        let list = List::of(kept.into_iter().map(|line| {
            let form = line.form.map(|(form, _)| crate::list::hex(form));
            let version = line.form.map(|(_, version)| version);
            json!({ "h": hex_of(line.sha256), "b": line.text, "l": line.locale, "f": form, "v": version,
                "at": line.at.millis() })
        }));
        on_tx!(self, conn => { sqlx::query(sql).bind(list.text()).execute(conn).await?; });
        Ok(())
    }
}

fn form(row: FormRow) -> Result<FormLine, StoreError> {
    let (id, slug, created, retired, number, body, actor, at) = row;
    Ok(FormLine {
        id: codec::uuid(&id)?,
        slug,
        version: version((number, body, actor, at)),
        created: Timestamp::from_millis(created),
        retired: retired.map(Timestamp::from_millis),
    })
}

fn version((version, body, actor, at): VersionRow) -> FormVersion {
    FormVersion {
        version,
        body,
        actor,
        at: Timestamp::from_millis(at),
    }
}

fn wording(row: WordingRow) -> Result<WordingLine, StoreError> {
    let (hash, text, locale, form, version, at) = row;
    let form = form.map(|form| codec::uuid(&form)).transpose()?;
    Ok(WordingLine {
        sha256: codec::hash(&hash)?,
        text,
        locale,
        form: form.zip(version),
        at: Timestamp::from_millis(at),
    })
}

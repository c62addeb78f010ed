//! Templates as Meta last told us, bound to topics as the business wishes; and notices about accounts.

use consent::{id::TopicId, time::Timestamp};
use serde_json::json;
use uuid::Uuid;

use crate::{
    codec,
    error::StoreError,
    list::{List, clean, clean_some, hex, last_of_each, maybe_hex},
    pool::{Store, Tx, on_pool, on_tx},
};

/// A template in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateLine {
    /// The account that owns it.
    pub account: String,
    /// Its name.
    pub name: String,
    /// Its language, as in `en_US`.
    pub language: String,
    /// Meta's id.
    pub id: String,
    /// `marketing`, `utility` or `authentication`.
    pub category: String,
    /// Meta's status, in capitals.
    pub status: String,
    /// `GREEN`, `YELLOW`, `RED` or nothing known.
    pub quality: Option<String>,
    /// The topic that the business bound it to.
    pub topic: Option<TopicId>,
    /// Its components, as Meta wrote them.
    pub components: String,
    /// When we last learned something about it.
    pub changed: Timestamp,
    /// What Meta said besides.
    pub told: Told,
}

/// What Meta said of a template's state, where it said so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// The category that was announced and does not count yet.
    pub coming: Option<String>,
    /// From when on it counts.
    pub coming_at: Option<Timestamp>,
    /// Since when the status holds.
    pub since: Option<Timestamp>,
    /// Why the status is what it is, in Meta's word: `FIRST_PAUSE`, `ABUSIVE_CONTENT`.
    pub reason: Option<String>,
    /// The same in Meta's sentence.
    pub note: Option<String>,
    /// The day that Meta names with it, as Meta writes it.
    pub day: Option<String>,
}

/// One change in the life of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateTurn {
    /// Its id; they rise with time.
    pub id: Uuid,
    /// When we learned of it.
    pub at: Timestamp,
    /// The account, where it was named.
    pub account: Option<String>,
    /// The template's name.
    pub name: String,
    /// The template's language.
    pub language: String,
    /// What changed: `status`, `category`, `category_announced`, `quality`, `components`, `created` or `topic`.
    pub kind: String,
    /// What it was.
    pub was: Option<String>,
    /// What it is now, or will be.
    pub became: Option<String>,
    /// What Meta said about it, or who did it.
    pub note: Option<String>,
}

/// News about an account or a number that is worth keeping.
#[derive(Debug, Clone)]
pub struct Notice {
    /// Its id.
    pub id: Uuid,
    /// When it came.
    pub at: Timestamp,
    /// The account.
    pub account: Option<String>,
    /// The number.
    pub number: Option<String>,
    /// What kind of news: Meta's name of the field.
    pub kind: String,
    /// The news, as Meta wrote it.
    pub body: String,
}

#[derive(sqlx::FromRow)]
struct TemplateRow {
    account: String,
    name: String,
    language: String,
    id: String,
    category: String,
    status: String,
    quality: Option<String>,
    topic_id: Option<Vec<u8>>,
    components: String,
    changed_ms: i64,
    coming: Option<String>,
    coming_ms: Option<i64>,
    since_ms: Option<i64>,
    reason: Option<String>,
    note: Option<String>,
    day: Option<String>,
}

type TurnRow = (
    Vec<u8>,
    i64,
    Option<String>,
    String,
    String,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
);

type NoticeRow = (Vec<u8>, i64, Option<String>, Option<String>, String, String);

impl Store {
    /// Every template, by name and language.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn templates(&self) -> Result<Vec<TemplateLine>, StoreError> {
        let sql = "select account, name, language, id, category, status, quality, topic_id, components, changed_ms, \
                   coming, coming_ms, since_ms, reason, note, day from template order by name, language, account";
        let rows: Vec<TemplateRow> =
            on_pool!(self, pool => sqlx::query_as(sql).fetch_all(pool).await?);
        rows.into_iter().map(TemplateLine::try_from).collect()
    }

    /// One template in one language.
    ///
    /// # Errors
    /// When the database does not answer or the row makes no sense.
    pub async fn template(
        &self,
        account: &str,
        name: &str,
        language: &str,
    ) -> Result<Option<TemplateLine>, StoreError> {
        let sql = "select account, name, language, id, category, status, quality, topic_id, components, changed_ms, \
                   coming, coming_ms, since_ms, reason, note, day from template where account = $1 and name = $2 and language = $3";
        let row: Option<TemplateRow> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(clean(account)).bind(clean(name)).bind(clean(language)).fetch_optional(pool).await?);
        row.map(TemplateLine::try_from).transpose()
    }

    /// What became of a template in one language, the newest first. What was told without an account counts for each.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn template_turns(
        &self,
        of: &TemplateLine,
        limit: u32,
    ) -> Result<Vec<TemplateTurn>, StoreError> {
        let sql = "select id, at_ms, account, name, language, kind, was, became, note from template_turn \
                   where name = $1 and language = $2 and (account = $3 or account is null) order by id desc limit $4";
        let rows: Vec<TurnRow> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(clean(&of.name)).bind(clean(&of.language)).bind(clean(&of.account)).bind(i64::from(limit))
            .fetch_all(pool).await?);
        let read = |(id, at, account, name, language, kind, was, became, note): TurnRow| {
            Ok(TemplateTurn {
                id: codec::uuid(&id)?,
                at: Timestamp::from_millis(at),
                account,
                name,
                language,
                kind,
                was,
                became,
                note,
            })
        };
        rows.into_iter().map(read).collect()
    }

    /// Newest notices first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn notices(&self, limit: u32) -> Result<Vec<Notice>, StoreError> {
        let sql =
            "select id, at_ms, account, number, kind, body from notice order by id desc limit $1";
        let rows: Vec<NoticeRow> = on_pool!(self, pool => sqlx::query_as(sql).bind(i64::from(limit)).fetch_all(pool).await?);
        let read = |(id, at, account, number, kind, body): NoticeRow| {
            Ok(Notice {
                id: codec::uuid(&id)?,
                at: Timestamp::from_millis(at),
                account,
                number,
                kind,
                body,
            })
        };
        rows.into_iter().map(read).collect()
    }
}

impl Tx {
    /// Takes in what Meta says of templates. Bindings to topics stay, and so does what was told of a status or category that
    /// is still the same.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn put_templates(&mut self, templates: &[TemplateLine]) -> Result<(), StoreError> {
        let sql = "insert into template (account, name, language, id, category, status, quality, topic_id, components, changed_ms, \
                   coming, coming_ms, since_ms, reason, note, day) \
                   select r.value ->> 'a', r.value ->> 'n', r.value ->> 'l', r.value ->> 'id', r.value ->> 'c', \
                   r.value ->> 's', r.value ->> 'q', unhex(r.value ->> 't'), r.value ->> 'x', \
                   cast(r.value ->> 'at' as bigint), r.value ->> 'co', cast(r.value ->> 'ct' as bigint), \
                   cast(r.value ->> 'si' as bigint), r.value ->> 're', r.value ->> 'no', r.value ->> 'da' \
                   from jsonb_each($1) as r where true \
                   on conflict (account, name, language) do update set id = excluded.id, \
                   category = excluded.category, quality = coalesce(excluded.quality, template.quality), \
                   components = excluded.components, changed_ms = excluded.changed_ms, \
                   coming = coalesce(excluded.coming, template.coming), \
                   coming_ms = case when excluded.coming is null or excluded.coming = template.coming \
                   then coalesce(excluded.coming_ms, template.coming_ms) else excluded.coming_ms end, \
                   since_ms = case when excluded.status = template.status then coalesce(excluded.since_ms, template.since_ms) \
                   else coalesce(excluded.since_ms, excluded.changed_ms) end, \
                   reason = case when excluded.status = template.status then coalesce(excluded.reason, template.reason) else excluded.reason end, \
                   note = case when excluded.status = template.status then coalesce(excluded.note, template.note) else excluded.note end, \
                   day = case when excluded.status = template.status then coalesce(excluded.day, template.day) else excluded.day end, \
                   status = excluded.status";
        let newest = last_of_each(templates, |line| {
            [&line.account, &line.name, &line.language].map(|text| clean(text).into_owned())
        });
        let list = List::of(newest.into_iter().map(|line| {
            let told = &line.told;
            json!({ "a": line.account, "n": line.name, "l": line.language, "id": line.id, "c": line.category,
                    "s": line.status, "q": line.quality, "t": maybe_hex(line.topic.map(TopicId::get)),
                    "x": line.components, "at": line.changed.millis(), "co": told.coming,
                    "ct": told.coming_at.map(Timestamp::millis), "si": told.since.map(Timestamp::millis),
                    "re": told.reason, "no": told.note, "da": told.day })
        }));
        on_tx!(self, conn => { sqlx::query(sql).bind(list.text()).execute(conn).await?; });
        self.settle_categories().await
    }

    /// What has come is no longer coming.
    async fn settle_categories(&mut self) -> Result<(), StoreError> {
        let sql = "update template set coming = null, coming_ms = null where coming = category";
        on_tx!(self, conn => { sqlx::query(sql).execute(conn).await?; });
        Ok(())
    }

    /// Drops the templates of an account that Meta did not list any more: last changed before `before`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn drop_templates(
        &mut self,
        account: &str,
        before: Timestamp,
    ) -> Result<u64, StoreError> {
        let sql = "update template set status = 'DELETED', since_ms = $2, reason = null, note = null, day = null \
                   where account = $1 and changed_ms < $2 and status <> 'DELETED'";
        Ok(
            on_tx!(self, conn => sqlx::query(sql).bind(clean(account)).bind(before.millis()).execute(conn).await?.rows_affected()),
        )
    }

    /// Changes one trait of a template: whatever is given. A new status takes the reason with it that is given, and holds
    /// since the change. Says whether there is such a template.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn change_template(&mut self, change: &TemplateChange) -> Result<bool, StoreError> {
        let sql = "update template set category = coalesce($4, category), quality = coalesce($6, quality), changed_ms = $7, \
                   since_ms = case when $5 is null or ($5 = status and since_ms is not null) then since_ms else $7 end, \
                   reason = case when $5 is null or ($5 = status and $8 is null) then reason else $8 end, \
                   note = case when $5 is null or ($5 = status and $8 is null) then note else $9 end, \
                   day = case when $5 is null or ($5 = status and $8 is null) then day else $10 end, \
                   coming = coalesce($11, coming), coming_ms = case when $11 is null then coming_ms else $12 end, \
                   status = coalesce($5, status) \
                   where (account = $1 or $1 is null) and name = $2 and language = $3";
        let told = &change.told;
        let rows = on_tx!(self, conn => sqlx::query(sql)
            .bind(clean_some(change.account.as_deref()))
            .bind(clean(&change.name))
            .bind(clean(&change.language))
            .bind(clean_some(change.category.as_deref()))
            .bind(clean_some(change.status.as_deref()))
            .bind(clean_some(change.quality.as_deref()))
            .bind(change.at.millis())
            .bind(clean_some(told.reason.as_deref()))
            .bind(clean_some(told.note.as_deref()))
            .bind(clean_some(told.day.as_deref()))
            .bind(clean_some(told.coming.as_deref()))
            .bind(told.coming_at.map(Timestamp::millis))
            .execute(conn)
            .await?
            .rows_affected());
        self.settle_categories().await?;
        Ok(rows > 0)
    }

    /// Binds a template (every language under one id is its own) to a topic, or to none. Says whether there is such.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn bind_template(
        &mut self,
        id: &str,
        topic: Option<TopicId>,
    ) -> Result<bool, StoreError> {
        let sql = "update template set topic_id = $2 where id = $1";
        let topic = topic.map(|topic| topic.get().as_bytes().to_vec());
        Ok(
            on_tx!(self, conn => sqlx::query(sql).bind(clean(id)).bind(topic).execute(conn).await?.rows_affected())
                > 0,
        )
    }

    /// Keeps what became of templates.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn keep_template_turns(&mut self, turns: &[TemplateTurn]) -> Result<(), StoreError> {
        if turns.is_empty() {
            return Ok(());
        }
        let sql = "insert into template_turn (id, at_ms, account, name, language, kind, was, became, note) \
                   select unhex(r.value ->> 'id'), cast(r.value ->> 'at' as bigint), r.value ->> 'a', r.value ->> 'n', \
                   r.value ->> 'l', r.value ->> 'k', r.value ->> 'w', r.value ->> 'b', r.value ->> 'o' \
                   from jsonb_each($1) as r";
        let list = List::of(turns.iter().map(|turn| {
            json!({ "id": hex(turn.id), "at": turn.at.millis(), "a": turn.account, "n": turn.name, "l": turn.language,
                    "k": turn.kind, "w": turn.was, "b": turn.became, "o": turn.note })
        }));
        on_tx!(self, conn => { sqlx::query(sql).bind(list.text()).execute(conn).await?; });
        Ok(())
    }

    /// Keeps notices.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn keep_notices(&mut self, notices: &[Notice]) -> Result<(), StoreError> {
        if notices.is_empty() {
            return Ok(());
        }
        let sql = "insert into notice (id, at_ms, account, number, kind, body) select unhex(r.value ->> 'id'), \
                   cast(r.value ->> 'at' as bigint), r.value ->> 'a', r.value ->> 'n', r.value ->> 'k', r.value ->> 'b' \
                   from jsonb_each($1) as r";
        let list = List::of(notices.iter().map(|notice| {
            json!({ "id": hex(notice.id), "at": notice.at.millis(), "a": notice.account, "n": notice.number,
                    "k": notice.kind, "b": notice.body })
        }));
        on_tx!(self, conn => { sqlx::query(sql).bind(list.text()).execute(conn).await?; });
        Ok(())
    }
}

/// What changed about a template.
#[derive(Debug, Clone)]
pub struct TemplateChange {
    /// The account, where the webhook named it.
    pub account: Option<String>,
    /// The name.
    pub name: String,
    /// The language.
    pub language: String,
    /// The new category.
    pub category: Option<String>,
    /// The new status.
    pub status: Option<String>,
    /// The new quality.
    pub quality: Option<String>,
    /// What was said besides; since when a status holds is told by `at`.
    pub told: Told,
    /// When.
    pub at: Timestamp,
}

impl TryFrom<TemplateRow> for TemplateLine {
    type Error = StoreError;

    fn try_from(row: TemplateRow) -> Result<Self, StoreError> {
        let topic = row.topic_id.map(|id| codec::uuid(&id)).transpose()?;
        Ok(Self {
            account: row.account,
            name: row.name,
            language: row.language,
            id: row.id,
            category: row.category,
            status: row.status,
            quality: row.quality,
            topic: topic.map(TopicId::new),
            components: row.components,
            changed: Timestamp::from_millis(row.changed_ms),
            told: Told {
                coming: row.coming,
                coming_at: row.coming_ms.map(Timestamp::from_millis),
                since: row.since_ms.map(Timestamp::from_millis),
                reason: row.reason,
                note: row.note,
                day: row.day,
            },
        })
    }
}

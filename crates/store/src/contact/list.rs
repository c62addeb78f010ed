//! Lists of contacts: filters, search and pages.

use consent::{alias::Alias, id::ContactId};

use sqlx::AssertSqlSafe;

use super::{ContactFilter, ContactLine, ContactRow, fold};
use crate::{
    codec,
    error::StoreError,
    list::{before, clean, clean_some},
    pool::{Store, on_pool},
};

/// Longer than any name; SQLite refuses patterns beyond 50,000 bytes.
const SEARCH_CHARS_MAX: usize = 300;

impl Store {
    /// A page of contacts, newest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn contacts(&self, filter: &ContactFilter) -> Result<Vec<ContactLine>, StoreError> {
        // Only what is asked for stands in the text: either database then finds the index for it.
        let mut sql = "select c.id, c.standing, c.version, c.sealing_key, c.name, c.note, c.consent, c.platform, \
                       c.created_ms, c.changed_ms, c.erased_ms from contact c where c.erased_ms is null and c.id < $1"
            .to_owned();
        let asked = [
            (filter.consent.is_some(), " and c.consent = $2"),
            (
                filter.tag.is_some(),
                " and c.id in (select t.contact_id from tag t where t.tag = $3)",
            ),
            (
                filter.attribute.is_some(),
                " and c.id in (select a.contact_id from attribute a where a.key = $4 and a.value = $5)",
            ),
            (
                filter.search.is_some(),
                " and (c.folded like $6 escape '!' or c.id in (select s.contact_id from alias s \
                  where s.key = $7 or lower(s.value) like $8 escape '!'))",
            ),
        ];
        for (_, part) in asked.iter().filter(|(asked, _)| *asked) {
            sql.push_str(part);
        }
        sql.push_str(" order by c.id desc limit $9");
        let (key, value) = filter
            .attribute
            .as_ref()
            .map(|(key, value)| (clean(key), clean(value)))
            .unzip();
        let search = filter.search.as_deref().map(Search::of);
        let rows: Vec<ContactRow> = on_pool!(self, pool => sqlx::query_as(AssertSqlSafe(sql))
            .bind(before(filter.after.map(ContactId::get)))
            .bind(clean_some(filter.consent.as_deref()))
            .bind(clean_some(filter.tag.as_deref()))
            .bind(key)
            .bind(value)
            .bind(search.as_ref().map(|search| &search.name))
            .bind(search.as_ref().map(|search| &search.key))
            .bind(search.as_ref().map(|search| &search.value))
            .bind(i64::from(filter.limit))
            .fetch_all(pool)
            .await?);
        self.dress(rows).await
    }

    /// Every contact's id, page by page, for work over everybody.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn contact_ids(
        &self,
        after: Option<ContactId>,
        limit: u32,
    ) -> Result<Vec<ContactId>, StoreError> {
        let sql = "select id from contact where id > $1 order by id limit $2";
        // No id is shorter than nothing.
        let after = after.map_or_else(Vec::new, |id| id.get().as_bytes().to_vec());
        let rows: Vec<(Vec<u8>,)> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(after).bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter()
            .map(|(id,)| Ok(ContactId::new(codec::uuid(&id)?)))
            .collect()
    }

    /// How many contacts there are that were not erased.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_contacts(&self) -> Result<i64, StoreError> {
        let sql = "select count(*) from contact where erased_ms is null";
        Ok(on_pool!(self, pool => sqlx::query_scalar(sql).fetch_one(pool).await?))
    }
}

/// What a search looks for: part of a name, the key of a whole number, part of a number or id.
struct Search {
    name: String,
    key: String,
    value: String,
}

impl Search {
    fn of(text: &str) -> Self {
        let text: String = fold(clean(text).trim())
            .chars()
            .take(SEARCH_CHARS_MAX)
            .collect();
        let like = |text: &str| {
            format!(
                "%{}%",
                text.replace('!', "!!")
                    .replace('%', "!%")
                    .replace('_', "!_")
            )
        };
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let part = if digits.len() >= 3 && !text.contains('.') {
            &digits
        } else {
            &text
        };
        let key = text
            .parse()
            .map(|phone| Alias::Phone(phone).key())
            .unwrap_or_default();
        Self {
            name: like(&text),
            key,
            value: like(part),
        }
    }
}

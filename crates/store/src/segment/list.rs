//! Who is in a segment: counted, and listed page by page.

use consent::{id::ContactId, time::Timestamp};
use sqlx::AssertSqlSafe;

use super::{
    Condition, Lines, Page,
    text::{Text, bound},
};
use crate::{
    codec,
    error::StoreError,
    later::Arg,
    list::hex,
    pool::{Store, on_pool},
};

impl Store {
    /// How many contacts meet a condition now. Nobody who was erased does.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_segment(
        &self,
        condition: &Condition,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        let begin = "select count(*) from contact c where c.erased_ms is null and ";
        let mut text = Text::of(begin, Vec::new(), now);
        text.condition(condition);
        let Text { sql, args, .. } = text;
        Ok(on_pool!(self, pool => {
            bound!(sqlx::query_scalar::<_, i64>(AssertSqlSafe(sql)), args).fetch_one(pool).await?
        }))
    }

    /// A page of the contacts that meet a condition now, oldest first: those after `after`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn segment_ids(
        &self,
        condition: &Condition,
        now: Timestamp,
        page: &Page,
    ) -> Result<Vec<ContactId>, StoreError> {
        let begin = "select c.id from contact c ";
        let Text { sql, args, .. } = addressed(begin, condition, now, page);
        let rows: Vec<(Vec<u8>,)> = on_pool!(self, pool => {
            bound!(sqlx::query_as(AssertSqlSafe(sql)), args).fetch_all(pool).await?
        });
        rows.into_iter()
            .map(|(id,)| Ok(ContactId::new(codec::uuid(&id)?)))
            .collect()
    }

    /// A page of the people who meet a condition now, oldest first, each with the address in WhatsApp that a message goes to: a
    /// number before an id. Of somebody without any there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn segment_addresses(
        &self,
        condition: &Condition,
        now: Timestamp,
        page: &Page,
    ) -> Result<Vec<(ContactId, Option<String>)>, StoreError> {
        let Text { sql, args, .. } = addressed(ADDRESSED, condition, now, page);
        let rows: Vec<(Vec<u8>, Option<String>)> = on_pool!(self, pool => {
            bound!(sqlx::query_as(AssertSqlSafe(sql)), args).fetch_all(pool).await?
        });
        rows.into_iter()
            .map(|(id, address)| Ok((ContactId::new(codec::uuid(&id)?), address)))
            .collect()
    }

    /// The same page as one text, with a line for each of them: for questions about everybody.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn segment_lines(
        &self,
        condition: &Condition,
        now: Timestamp,
        page: &Page,
    ) -> Result<Lines<ContactId>, StoreError> {
        let begin = format!("with page as ({ADDRESSED}");
        let mut text = addressed(&begin, condition, now, page);
        let end = ") select coalesce(string_agg(coalesce(address, '-'), ?), ''), count(*), \
                   (select id from page order by id desc limit 1) from page";
        text.say(end, vec![Arg::Text("\n".to_owned())]);
        let Text { sql, args, .. } = text;
        let (lines, count, last): (String, i64, Option<Vec<u8>>) = on_pool!(self, pool => {
            bound!(sqlx::query_as(AssertSqlSafe(sql)), args).fetch_one(pool).await?
        });
        let last = last.filter(|_| count == i64::from(page.limit));
        let last = last.map(|id| codec::uuid(&id)).transpose()?;
        Ok(Lines {
            lines,
            last: last.map(ContactId::new),
        })
    }
}

/// Contacts, each with the address that a message goes to: the kind that counts most has the smallest digit before it. A sorted list of
/// kinds would be looked up one by one.
const ADDRESSED: &str = "select c.id, (select substr(min(case a.kind when 'phone' then '0' when 'wa_id' then '1' when 'bsuid' then '2' \
                         when 'parent_bsuid' then '3' end || a.value), 2) from alias a where a.contact_id = c.id and a.until_ms is null) \
                         as address from contact c ";

/// A page of those who meet a condition, behind a beginning that names them `c`.
fn addressed(begin: &str, condition: &Condition, now: Timestamp, page: &Page) -> Text {
    // No id is shorter than nothing.
    let after = page.after.map_or_else(String::new, |id| hex(id.get()));
    let begin = format!("{begin}where c.erased_ms is null and c.id > unhex(?) and ");
    let mut text = Text::of(&begin, vec![Arg::Text(after)], now);
    text.condition(condition);
    let limit = vec![Arg::Number(i64::from(page.limit))];
    text.say(" order by c.id limit ?", limit);
    text
}

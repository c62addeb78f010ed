//! Lists of conversations: filters, search, pages; and the messages of one.

use std::collections::BTreeSet;

use consent::{
    alias::Alias,
    id::{AttemptId, ContactId},
    time::Timestamp,
};
use serde_json::json;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{ConversationLine, Key, Row, State};
use crate::{
    contact::fold,
    error::StoreError,
    list::{List, before, clean, clean_some, hex},
    message::{MessageLine, MessageRow, select_message},
    pool::{Store, on_pool},
};

/// A search looks through so many conversations, the newest; whoever has a whole number is found in any case.
const SEARCHED_MAX: u32 = 3_000;
/// Longer than any name; SQLite refuses patterns beyond 50,000 bytes.
const SEARCH_CHARS_MAX: usize = 300;
/// Digits from which on they are part of a number.
const DIGITS_MIN: usize = 3;

/// Who looks after a conversation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Assigned {
    /// Whoever, or nobody.
    #[default]
    Anybody,
    /// Nobody.
    Nobody,
    /// This member of the staff.
    To(Uuid),
}

/// The last conversation of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// When something was last said.
    pub last: Timestamp,
    /// With whom.
    pub contact: ContactId,
    /// The number of ours.
    pub number: String,
}

/// Which conversations to list, newest first.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Whether somebody still has to look after them.
    pub state: State,
    /// Who looks after them.
    pub assigned: Assigned,
    /// The number of ours.
    pub number: Option<String>,
    /// Part of a name, a number or an id of theirs.
    pub search: Option<String>,
    /// The last one of the page before.
    pub after: Option<Place>,
    /// How many at the most.
    pub limit: u32,
}

const COLUMNS: &str = "v.contact_id, v.number, v.last_ms, v.last_in_ms, v.changed_ms, v.state, v.assigned_to, v.unread";
const ORDER: &str = " order by v.last_ms desc, v.contact_id desc, v.number desc limit ";

impl Filter {
    /// What every conversation of the list has to be: only what is asked for stands in the text, so that either database
    /// finds the index for it.
    fn conditions(&self) -> String {
        let mut sql = " where v.state = $1".to_owned();
        let asked = [
            (
                self.after.is_some(),
                " and (v.last_ms, v.contact_id, v.number) < ($2, $3, $4)",
            ),
            (
                self.assigned == Assigned::Nobody,
                " and v.assigned_to is null",
            ),
            (
                matches!(self.assigned, Assigned::To(_)),
                " and v.assigned_to = $5",
            ),
            (self.number.is_some(), " and v.number = $6"),
        ];
        for (_, part) in asked.iter().filter(|(asked, _)| *asked) {
            sql.push_str(part);
        }
        sql
    }
}

impl Store {
    /// A page of conversations, newest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn conversations(
        &self,
        filter: &Filter,
    ) -> Result<Vec<ConversationLine>, StoreError> {
        let conditions = filter.conditions();
        let Some(text) = &filter.search else {
            let sql = format!("select {COLUMNS} from conversation v{conditions}{ORDER}$10");
            return self.page(sql, filter, &Search::default()).await;
        };
        let search = Search::of(text);
        let within = format!(
            "select {COLUMNS} from (select {COLUMNS} from conversation v{conditions}{ORDER}{SEARCHED_MAX}) as v \
             join contact c on c.id = v.contact_id where (c.folded like $7 escape '!' or exists (select 1 from alias s \
             where s.contact_id = v.contact_id and s.until_ms is null and lower(s.value) like $8 escape '!')){ORDER}$10"
        );
        let mut found = self.page(within, filter, &search).await?;
        let whole = format!(
            "select {COLUMNS} from conversation v{conditions} and v.contact_id in \
             (select s.contact_id from alias s where s.key = $9 and s.until_ms is null){ORDER}$10"
        );
        if !search.key.is_empty() {
            found.extend(self.page(whole, filter, &search).await?);
        }
        found.sort_by_key(|line| std::cmp::Reverse((line.last, line.contact, line.number.clone())));
        let mut seen = BTreeSet::new();
        found.retain(|line| seen.insert((line.contact, line.number.clone())));
        found.truncate(usize::try_from(filter.limit).unwrap_or(usize::MAX));
        Ok(found)
    }

    async fn page(
        &self,
        sql: String,
        filter: &Filter,
        search: &Search,
    ) -> Result<Vec<ConversationLine>, StoreError> {
        let after = filter.after.as_ref();
        let assigned = match filter.assigned {
            Assigned::To(member) => Some(member.as_bytes().to_vec()),
            Assigned::Anybody | Assigned::Nobody => None,
        };
        let rows: Vec<Row> = on_pool!(self, pool => sqlx::query_as(AssertSqlSafe(sql))
            .bind(filter.state.word())
            .bind(after.map(|place| place.last.millis()))
            .bind(after.map(|place| place.contact.get().as_bytes().to_vec()))
            .bind(clean_some(after.map(|place| place.number.as_str())))
            .bind(assigned)
            .bind(clean_some(filter.number.as_deref()))
            .bind(&search.name)
            .bind(&search.value)
            .bind(&search.key)
            .bind(i64::from(filter.limit))
            .fetch_all(pool)
            .await?);
        rows.into_iter().map(ConversationLine::try_from).collect()
    }

    /// A page of what a contact and a number of ours said to each other, and of what was refused, newest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn chat(
        &self,
        (contact, number): Key<'_>,
        after: Option<AttemptId>,
        limit: u32,
    ) -> Result<Vec<MessageLine>, StoreError> {
        let sql = select_message!(
            "where m.contact_id = $1 and m.id < $2 and m.number = $3 order by m.id desc limit $4"
        );
        let rows: Vec<MessageRow> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(contact.get().as_bytes().to_vec()).bind(before(after.map(AttemptId::get))).bind(clean(number))
            .bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter().map(MessageLine::try_from).collect()
    }

    /// What was last said in some conversations.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn last_said(&self, keys: &[Key<'_>]) -> Result<Vec<MessageLine>, StoreError> {
        let sql = select_message!(
            "where m.id in (select (select i.id from message i where i.contact_id = unhex(r.value ->> 'c') \
             and i.number = r.value ->> 'n' and i.state <> 'denied' order by i.id desc limit 1) from jsonb_each($1) as r)"
        );
        let list = List::of(
            keys.iter()
                .map(|(contact, number)| json!({ "c": hex(contact.get()), "n": number })),
        );
        let rows: Vec<MessageRow> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(list.text()).fetch_all(pool).await?);
        rows.into_iter().map(MessageLine::try_from).collect()
    }
}

/// What a search looks for: part of a name, part of a number or id, the key of a whole number.
#[derive(Default)]
struct Search {
    name: String,
    value: String,
    key: String,
}

impl Search {
    fn of(text: &str) -> Self {
        let text: String = fold(clean(text).trim())
            .chars()
            .take(SEARCH_CHARS_MAX)
            .collect();
        let like = |text: &str| {
            let text = text.replace('!', "!!").replace('%', "!%");
            format!("%{}%", text.replace('_', "!_"))
        };
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let is_number = digits.len() >= DIGITS_MIN && !text.contains('.');
        let part = if is_number { &digits } else { &text };
        let key = text.parse().map(|phone| Alias::Phone(phone).key());
        Self {
            name: like(&text),
            value: like(part),
            key: key.unwrap_or_default(),
        }
    }
}

//! Contacts: who they are, what they are called by, and their folded standing.

mod erase;
mod filter;
pub mod label;
mod list;
mod word;
mod write;

use consent::{
    alias::Alias,
    id::{ContactId, TopicId},
    register::Standing,
    time::Timestamp,
};
use serde_json::json;

pub use list::{ContactPage, Count, Place};

use crate::{
    codec,
    error::{StoreError, corrupt},
    list::{List, clean, hex},
    pool::{Store, Tx, on_pool, on_tx},
    stance::Stance,
};

/// A contact as the rules see it.
#[derive(Debug, Clone)]
pub struct Person {
    /// Who.
    pub id: ContactId,
    /// The folded state.
    pub standing: Standing,
    /// Counts up with every change of the standing: what a reservation is conditional on.
    pub version: i64,
    /// The wrapped key that their evidence is sealed with; none once erased.
    pub sealing_key: Option<Vec<u8>>,
    /// What people call them.
    pub name: Option<String>,
}

/// A contact to be made.
#[derive(Debug, Clone)]
pub struct NewContact {
    /// Its id.
    pub id: ContactId,
    /// The name in the profile, if one was told.
    pub name: Option<String>,
    /// The wrapped key for their evidence.
    pub sealing_key: Vec<u8>,
    /// When.
    pub at: Timestamp,
}

/// An alias of a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasLine {
    /// Whose.
    pub contact: ContactId,
    /// The alias.
    pub alias: Alias,
    /// From when.
    pub since: Timestamp,
    /// Until when; none while it holds.
    pub until: Option<Timestamp>,
}

/// A standing to be written, with what lists show of it.
#[derive(Debug)]
pub struct Update<'a> {
    /// Whose.
    pub contact: ContactId,
    /// The new standing.
    pub standing: &'a Standing,
    /// `opted_in`, `opted_out`, `pending` or `none`, for marketing.
    pub consent: &'static str,
    /// `open` or `stopped`: WhatsApp's own switch.
    pub platform: &'static str,
    /// What they said of topics and of categories other than marketing, over all that was written of it before; none where that
    /// cannot have changed.
    pub said: Option<Vec<Stance>>,
    /// When.
    pub at: Timestamp,
}

/// Everything that a page or an answer shows of a contact.
#[derive(Debug, Clone)]
pub struct ContactLine {
    /// Who, and their standing.
    pub person: Person,
    /// `opted_in`, `opted_out`, `pending` or `none`, for marketing.
    pub consent: String,
    /// `open` or `stopped`.
    pub platform: String,
    /// Where their newest opt-in or opt-out came from.
    pub source: Option<String>,
    /// Their username, or another note that is never a key.
    pub note: Option<String>,
    /// When first seen.
    pub created: Timestamp,
    /// When last changed.
    pub changed: Timestamp,
    /// When erased, if they were.
    pub erased: Option<Timestamp>,
    /// What they are called by, ended aliases too.
    pub aliases: Vec<AliasLine>,
    /// Their tags.
    pub tags: Vec<String>,
    /// Their attributes.
    pub attributes: Vec<(String, String)>,
}

/// From one moment on, and before another.
pub type Span = (Option<Timestamp>, Option<Timestamp>);

/// Which contacts to list. Empty fields ask for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactFilter {
    /// The beginnings of words of a name, a note or an address; the beginning or the end of a number.
    pub search: Option<String>,
    /// Tags; all of them.
    pub tags: Vec<String>,
    /// Attributes and their values; all of them.
    pub attributes: Vec<(String, String)>,
    /// `opted_in`, `opted_out`, `pending` or `none`; of marketing, or of the topic that is asked for.
    pub consent: Option<String>,
    /// `open` or `stopped`: WhatsApp's own switch.
    pub platform: Option<String>,
    /// A topic that they said something of.
    pub topic: Option<TopicId>,
    /// Where their newest opt-in or opt-out came from.
    pub source: Option<String>,
    /// When they were last changed.
    pub changed: Span,
    /// When they were first seen.
    pub created: Span,
    /// Where the page before ended.
    pub after: Option<Place>,
    /// How many at the most.
    pub limit: u32,
}

/// Tags and attributes to be set and taken away.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    /// Tags to set.
    pub tags: Vec<String>,
    /// Tags to take away.
    pub untag: Vec<String>,
    /// Attributes to set; none takes one away.
    pub attributes: Vec<(String, Option<String>)>,
}

#[derive(sqlx::FromRow)]
struct PersonRow {
    id: Vec<u8>,
    standing: String,
    version: i64,
    sealing_key: Option<Vec<u8>>,
    name: Option<String>,
}

#[derive(sqlx::FromRow)]
struct ContactRow {
    id: Vec<u8>,
    standing: String,
    version: i64,
    sealing_key: Option<Vec<u8>>,
    name: Option<String>,
    note: Option<String>,
    consent: String,
    platform: String,
    source: Option<String>,
    created_ms: i64,
    changed_ms: i64,
    erased_ms: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct AliasRow {
    contact_id: Vec<u8>,
    kind: String,
    value: String,
    since_ms: i64,
    until_ms: Option<i64>,
}

const BY_KEY: &str = "select a.key, a.contact_id from alias a \
    where a.until_ms is null and a.key in (select r.value ->> 'k' from jsonb_each($1) as r)";

const PERSONS: &str = "select id, standing, version, sealing_key, name from contact \
    where id in (select unhex(r.value ->> 'id') from jsonb_each($1) as r)";

impl Store {
    /// Which contacts these alias keys mean now. Unknown keys are left out.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn find(&self, keys: &[String]) -> Result<Vec<(String, ContactId)>, StoreError> {
        let list = key_list(keys);
        let rows: Vec<(String, Vec<u8>)> =
            on_pool!(self, pool => sqlx::query_as(BY_KEY).bind(list.text()).fetch_all(pool).await?);
        rows.into_iter().map(found).collect()
    }

    /// These contacts, as the rules see them, in no order.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn persons(&self, ids: &[ContactId]) -> Result<Vec<Person>, StoreError> {
        let list = id_list(ids);
        let rows: Vec<PersonRow> = on_pool!(self, pool => sqlx::query_as(PERSONS).bind(list.text()).fetch_all(pool).await?);
        rows.into_iter().map(Person::try_from).collect()
    }

    /// Whom an alias key means now, as the rules see them: both questions in one.
    ///
    /// # Errors
    /// When the database does not answer or the row makes no sense.
    pub async fn person_of(&self, key: &str) -> Result<Option<Person>, StoreError> {
        let sql = "select c.id, c.standing, c.version, c.sealing_key, c.name from alias a \
                   join contact c on c.id = a.contact_id where a.key = $1 and a.until_ms is null";
        let row: Option<PersonRow> = on_pool!(self, pool => sqlx::query_as(sql).bind(clean(key)).fetch_optional(pool).await?);
        row.map(Person::try_from).transpose()
    }

    /// One contact with everything that is shown of it.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn contact(&self, id: ContactId) -> Result<Option<ContactLine>, StoreError> {
        let sql = "select id, standing, version, sealing_key, name, note, consent, platform, source, created_ms, \
                   changed_ms, erased_ms from contact where id = $1";
        let key = id.get().as_bytes().to_vec();
        let row: Option<ContactRow> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(key).fetch_optional(pool).await?);
        let mut lines = self.dress(row.into_iter().collect()).await?;
        Ok(lines.pop())
    }

    /// Adds aliases, tags and attributes to rows of contacts, one statement each.
    async fn dress(&self, rows: Vec<ContactRow>) -> Result<Vec<ContactLine>, StoreError> {
        let ids: Vec<ContactId> = rows
            .iter()
            .map(|row| Ok(ContactId::new(codec::uuid(&row.id)?)))
            .collect::<Result<_, StoreError>>()?;
        let list = id_list(&ids);
        let aliases = "select contact_id, kind, value, since_ms, until_ms from alias \
                       where contact_id in (select unhex(r.value ->> 'id') from jsonb_each($1) as r) order by since_ms";
        let tags = "select contact_id, tag from tag \
                    where contact_id in (select unhex(r.value ->> 'id') from jsonb_each($1) as r) order by tag";
        let attributes = "select contact_id, key, value from attribute \
                          where contact_id in (select unhex(r.value ->> 'id') from jsonb_each($1) as r) order by key";
        let aliases: Vec<AliasRow> = on_pool!(self, pool => sqlx::query_as(aliases).bind(list.text()).fetch_all(pool).await?);
        let tags: Vec<(Vec<u8>, String)> =
            on_pool!(self, pool => sqlx::query_as(tags).bind(list.text()).fetch_all(pool).await?);
        let attributes: Vec<(Vec<u8>, String, String)> = on_pool!(self, pool => sqlx::query_as(attributes).bind(list.text()).fetch_all(pool).await?);
        let mut lines: Vec<ContactLine> = rows
            .into_iter()
            .map(ContactLine::try_from)
            .collect::<Result<_, _>>()?;
        for line in &mut lines {
            let mine = line.person.id.get().as_bytes().to_vec();
            let own = aliases.iter().filter(|row| row.contact_id == mine);
            line.aliases = own.map(AliasLine::try_from).collect::<Result<_, _>>()?;
            line.tags = tags
                .iter()
                .filter(|row| row.0 == mine)
                .map(|row| row.1.clone())
                .collect();
            let own = attributes.iter().filter(|row| row.0 == mine);
            line.attributes = own.map(|row| (row.1.clone(), row.2.clone())).collect();
        }
        Ok(lines)
    }
}

impl Tx {
    /// Which contacts these alias keys mean now, as this transaction sees it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn find(&mut self, keys: &[String]) -> Result<Vec<(String, ContactId)>, StoreError> {
        let list = key_list(keys);
        let rows: Vec<(String, Vec<u8>)> =
            on_tx!(self, conn => sqlx::query_as(BY_KEY).bind(list.text()).fetch_all(conn).await?);
        rows.into_iter().map(found).collect()
    }

    /// These contacts, as this transaction sees them.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn persons(&mut self, ids: &[ContactId]) -> Result<Vec<Person>, StoreError> {
        let list = id_list(ids);
        let rows: Vec<PersonRow> =
            on_tx!(self, conn => sqlx::query_as(PERSONS).bind(list.text()).fetch_all(conn).await?);
        rows.into_iter().map(Person::try_from).collect()
    }

    /// The current aliases of a contact.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn aliases(&mut self, contact: ContactId) -> Result<Vec<AliasLine>, StoreError> {
        let sql = "select contact_id, kind, value, since_ms, until_ms from alias \
                   where contact_id = $1 and until_ms is null order by since_ms";
        let id = contact.get().as_bytes().to_vec();
        let rows: Vec<AliasRow> =
            on_tx!(self, conn => sqlx::query_as(sql).bind(id).fetch_all(conn).await?);
        rows.iter().map(AliasLine::try_from).collect()
    }
}

impl TryFrom<PersonRow> for Person {
    type Error = StoreError;

    fn try_from(row: PersonRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: ContactId::new(codec::uuid(&row.id)?),
            standing: codec::standing(&row.standing)?,
            version: row.version,
            sealing_key: row.sealing_key,
            name: row.name,
        })
    }
}

impl TryFrom<ContactRow> for ContactLine {
    type Error = StoreError;

    fn try_from(row: ContactRow) -> Result<Self, StoreError> {
        let person = PersonRow {
            id: row.id,
            standing: row.standing,
            version: row.version,
            sealing_key: row.sealing_key,
            name: row.name,
        };
        Ok(Self {
            person: person.try_into()?,
            consent: row.consent,
            platform: row.platform,
            source: row.source,
            note: row.note,
            created: Timestamp::from_millis(row.created_ms),
            changed: Timestamp::from_millis(row.changed_ms),
            erased: row.erased_ms.map(Timestamp::from_millis),
            aliases: Vec::new(),
            tags: Vec::new(),
            attributes: Vec::new(),
        })
    }
}

impl TryFrom<&AliasRow> for AliasLine {
    type Error = StoreError;

    fn try_from(row: &AliasRow) -> Result<Self, StoreError> {
        let alias =
            Alias::read(&row.kind, &row.value).ok_or_else(|| corrupt("alias", &row.kind))?;
        Ok(Self {
            contact: ContactId::new(codec::uuid(&row.contact_id)?),
            alias,
            since: Timestamp::from_millis(row.since_ms),
            until: row.until_ms.map(Timestamp::from_millis),
        })
    }
}

fn key_list(keys: &[String]) -> List {
    List::of(keys.iter().map(|key| json!({ "k": key })))
}

fn id_list(ids: &[ContactId]) -> List {
    List::of(ids.iter().map(|id| json!({ "id": hex(id.get()) })))
}

fn found((key, id): (String, Vec<u8>)) -> Result<(String, ContactId), StoreError> {
    Ok((key, ContactId::new(codec::uuid(&id)?)))
}

/// A name as a search compares it: the databases fold no letters but those of ASCII.
pub(crate) fn fold(name: &str) -> String {
    name.to_lowercase()
}

//! Contacts: who they are, what they are called by, and their folded standing.

use consent::{alias::Alias, id::ContactId, register::Standing, time::Timestamp};
use serde_json::json;

use crate::{
    codec,
    error::{StoreError, corrupt},
    list::{List, hex},
    pool::{Store, Tx, on_pool, on_tx},
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

/// Which contacts to list. Empty fields ask for nothing.
#[derive(Debug, Clone, Default)]
pub struct ContactFilter {
    /// Part of a name or a number.
    pub search: Option<String>,
    /// A tag.
    pub tag: Option<String>,
    /// An attribute and its value.
    pub attribute: Option<(String, String)>,
    /// `opted_in`, `opted_out`, `pending` or `none`.
    pub consent: Option<String>,
    /// The last contact of the page before.
    pub after: Option<ContactId>,
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
    where a.until_ms is null and a.key in (select r.value ->> 'k' from json_each($1) as r)";

const SUPPRESSED: &str = "select tag from suppressed where tag in (select unhex(r.value ->> 't') from json_each($1) as r)";

const PERSONS: &str = "select id, standing, version, sealing_key, name from contact \
    where id in (select unhex(r.value ->> 'id') from json_each($1) as r)";

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

    /// One contact with everything that is shown of it.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn contact(&self, id: ContactId) -> Result<Option<ContactLine>, StoreError> {
        let sql = "select id, standing, version, sealing_key, name, note, consent, platform, created_ms, changed_ms, \
                   erased_ms from contact where id = $1";
        let key = id.get().as_bytes().to_vec();
        let row: Option<ContactRow> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(key).fetch_optional(pool).await?);
        let mut lines = self.dress(row.into_iter().collect()).await?;
        Ok(lines.pop())
    }

    /// A page of contacts, newest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn contacts(&self, filter: &ContactFilter) -> Result<Vec<ContactLine>, StoreError> {
        let sql = "select c.id, c.standing, c.version, c.sealing_key, c.name, c.note, c.consent, c.platform, \
                   c.created_ms, c.changed_ms, c.erased_ms from contact c \
                   where c.erased_ms is null \
                   and ($1 is null or c.id < $1) \
                   and ($2 is null or c.consent = $2) \
                   and ($3 is null or exists (select 1 from tag t where t.contact_id = c.id and t.tag = $3)) \
                   and ($4 is null or exists (select 1 from attribute a where a.contact_id = c.id \
                        and a.key = $4 and a.value = $5)) \
                   and ($6 is null or lower(c.name) like $6 escape '!' or exists (select 1 from alias s \
                        where s.contact_id = c.id and (s.key = $7 or lower(s.value) like $8 escape '!'))) \
                   order by c.id desc limit $9";
        let after = filter.after.map(|id| id.get().as_bytes().to_vec());
        let (key, value) = filter.attribute.clone().unzip();
        let search = filter.search.as_deref().map(Search::of);
        let rows: Vec<ContactRow> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(after)
            .bind(filter.consent.clone())
            .bind(filter.tag.clone())
            .bind(key)
            .bind(value)
            .bind(search.as_ref().map(|search| search.name.clone()))
            .bind(search.as_ref().map(|search| search.key.clone()))
            .bind(search.as_ref().map(|search| search.value.clone()))
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
        let sql = "select id from contact where ($1 is null or id > $1) order by id limit $2";
        let after = after.map(|id| id.get().as_bytes().to_vec());
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

    /// Which of these keyed hashes belong to people who were erased.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn suppressed(&self, tags: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, StoreError> {
        let list = tag_list(tags);
        let rows: Vec<(Vec<u8>,)> = on_pool!(self, pool => sqlx::query_as(SUPPRESSED).bind(list.text()).fetch_all(pool).await?);
        Ok(rows.into_iter().map(|(tag,)| tag).collect())
    }

    /// Adds aliases, tags and attributes to rows of contacts, one statement each.
    async fn dress(&self, rows: Vec<ContactRow>) -> Result<Vec<ContactLine>, StoreError> {
        let ids: Vec<ContactId> = rows
            .iter()
            .map(|row| Ok(ContactId::new(codec::uuid(&row.id)?)))
            .collect::<Result<_, StoreError>>()?;
        let list = id_list(&ids);
        let aliases = "select contact_id, kind, value, since_ms, until_ms from alias \
                       where contact_id in (select unhex(r.value ->> 'id') from json_each($1) as r) order by since_ms";
        let tags = "select contact_id, tag from tag \
                    where contact_id in (select unhex(r.value ->> 'id') from json_each($1) as r) order by tag";
        let attributes = "select contact_id, key, value from attribute \
                          where contact_id in (select unhex(r.value ->> 'id') from json_each($1) as r) order by key";
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

    /// Makes contacts, with an empty standing.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn create(&mut self, contacts: &[NewContact]) -> Result<(), StoreError> {
        let sql = "insert into contact (id, name, sealing_key, standing, version, consent, platform, created_ms, changed_ms) \
                   select unhex(r.value ->> 'id'), r.value ->> 'name', unhex(r.value ->> 'key'), $2, 1, 'none', 'open', \
                   cast(r.value ->> 'at' as bigint), cast(r.value ->> 'at' as bigint) from json_each($1) as r";
        let list = List::of(contacts.iter().map(|new| {
            let key = hex_bytes(&new.sealing_key);
            json!({ "id": hex(new.id.get()), "name": clean(new.name.as_deref()), "key": key, "at": new.at.millis() })
        }));
        let empty = codec::standing_text(&Standing::default());
        on_tx!(self, conn => { sqlx::query(sql).bind(list.text()).bind(empty).execute(conn).await?; });
        Ok(())
    }

    /// Links aliases to contacts. An alias that means somebody already makes the whole transaction a
    /// [`StoreError::Conflict`]: somebody was faster.
    ///
    /// # Errors
    /// As said, and when the database does not answer.
    pub async fn link(&mut self, aliases: &[AliasLine]) -> Result<(), StoreError> {
        let sql = "insert into alias (key, contact_id, kind, value, since_ms) \
                   select r.value ->> 'k', unhex(r.value ->> 'id'), r.value ->> 'kind', r.value ->> 'value', \
                   cast(r.value ->> 'at' as bigint) from json_each($1) as r";
        let list = List::of(aliases.iter().map(|line| {
            let alias = &line.alias;
            json!({ "k": alias.key(), "id": hex(line.contact.get()), "kind": alias.kind(), "value": alias.value(),
                    "at": line.since.millis() })
        }));
        on_tx!(self, conn => { sqlx::query(sql).bind(list.text()).execute(conn).await?; });
        Ok(())
    }

    /// Ends what these alias keys mean now.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn end_aliases(&mut self, keys: &[String], at: Timestamp) -> Result<(), StoreError> {
        let sql = "update alias set until_ms = $2 where until_ms is null \
                   and key in (select r.value ->> 'k' from json_each($1) as r)";
        let list = key_list(keys);
        on_tx!(self, conn => { sqlx::query(sql).bind(list.text()).bind(at.millis()).execute(conn).await?; });
        Ok(())
    }

    /// Writes standings. The version counts up, so that no reservation made on the old one goes through.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_standings(&mut self, updates: &[Update<'_>]) -> Result<(), StoreError> {
        let sql = "update contact set standing = r.value ->> 's', version = version + 1, consent = r.value ->> 'c', \
                   platform = r.value ->> 'p', changed_ms = cast(r.value ->> 'at' as bigint) \
                   from json_each($1) as r where contact.id = unhex(r.value ->> 'id')";
        let list = List::of(updates.iter().map(|update| {
            json!({ "id": hex(update.contact.get()), "s": codec::standing_text(update.standing), "c": update.consent,
                    "p": update.platform, "at": update.at.millis() })
        }));
        on_tx!(self, conn => { sqlx::query(sql).bind(list.text()).execute(conn).await?; });
        Ok(())
    }

    /// Notes what people call themselves; an empty name changes nothing.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_names(
        &mut self,
        names: &[(ContactId, Option<String>, Option<String>)],
    ) -> Result<(), StoreError> {
        let sql = "update contact set name = coalesce(r.value ->> 'n', name), note = coalesce(r.value ->> 'u', note) \
                   from json_each($1) as r where contact.id = unhex(r.value ->> 'id')";
        let list = List::of(names.iter().map(|(id, name, note)| {
            json!({ "id": hex(id.get()), "n": clean(name.as_deref()), "u": clean(note.as_deref()) })
        }));
        on_tx!(self, conn => { sqlx::query(sql).bind(list.text()).execute(conn).await?; });
        Ok(())
    }

    /// Sets and takes away tags and attributes of one contact.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn edit(&mut self, contact: ContactId, edit: &Edit) -> Result<(), StoreError> {
        let id = contact.get().as_bytes().to_vec();
        let untag = "delete from tag where contact_id = $1 and tag in (select r.value ->> 't' from json_each($2) as r)";
        let tag = "insert into tag (contact_id, tag) select $1, r.value ->> 't' from json_each($2) as r where true \
                   on conflict (contact_id, tag) do nothing";
        for (sql, tags) in [(untag, &edit.untag), (tag, &edit.tags)] {
            if !tags.is_empty() {
                let list = List::of(tags.iter().map(|tag| json!({ "t": tag })));
                on_tx!(self, conn => { sqlx::query(sql).bind(&id).bind(list.text()).execute(conn).await?; });
            }
        }
        let unset = "delete from attribute where contact_id = $1 \
                     and key in (select r.value ->> 'k' from json_each($2) as r)";
        let set = "insert into attribute (contact_id, key, value) \
                   select $1, r.value ->> 'k', r.value ->> 'v' from json_each($2) as r where r.value ->> 'v' is not null \
                   on conflict (contact_id, key) do update set value = excluded.value";
        if !edit.attributes.is_empty() {
            let list = List::of(
                edit.attributes
                    .iter()
                    .map(|(key, value)| json!({ "k": key, "v": value })),
            );
            for sql in [unset, set] {
                on_tx!(self, conn => { sqlx::query(sql).bind(&id).bind(list.text()).execute(conn).await?; });
            }
        }
        Ok(())
    }

    /// Sets the tag on some contacts and takes it from others, in two statements at the most.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn retag(
        &mut self,
        tag: &str,
        set: &[ContactId],
        unset: &[ContactId],
    ) -> Result<(), StoreError> {
        let insert = "insert into tag (contact_id, tag) select unhex(r.value ->> 'id'), $2 from json_each($1) as r \
                      where true on conflict (contact_id, tag) do nothing";
        let delete = "delete from tag where tag = $2 \
                      and contact_id in (select unhex(r.value ->> 'id') from json_each($1) as r)";
        for (sql, ids) in [(insert, set), (delete, unset)] {
            if !ids.is_empty() {
                let list = id_list(ids);
                on_tx!(self, conn => { sqlx::query(sql).bind(list.text()).bind(tag).execute(conn).await?; });
            }
        }
        Ok(())
    }

    /// Destroys what is known of a person: name, aliases, tags, attributes, sealed evidence, raw bodies and the key to
    /// them. What stays says that somebody was here, not who.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn erase(
        &mut self,
        contact: ContactId,
        keep: &[Vec<u8>],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let id = contact.get().as_bytes().to_vec();
        let steps = [
            "delete from webhook where sha256 in (select sha256 from webhook_person where contact_id = $1)",
            "delete from webhook_person where contact_id = $1",
            "delete from event_detail where contact_id = $1",
            "delete from alias where contact_id = $1",
            "delete from tag where contact_id = $1",
            "delete from attribute where contact_id = $1",
            "update message set recipient = '', sealed = null, fingerprint = null, wamid = null where contact_id = $1",
        ];
        for sql in steps {
            on_tx!(self, conn => { sqlx::query(sql).bind(&id).execute(conn).await?; });
        }
        let forget = "update contact set name = null, note = null, sealing_key = null, erased_ms = $2, \
                      version = version + 1, changed_ms = $2 where id = $1";
        on_tx!(self, conn => { sqlx::query(forget).bind(&id).bind(at.millis()).execute(conn).await?; });
        let suppress = "insert into suppressed (tag, since_ms) select unhex(r.value ->> 't'), $2 from json_each($1) as r \
                        where true on conflict (tag) do nothing";
        let list = List::of(keep.iter().map(|tag| json!({ "t": hex_bytes(tag) })));
        on_tx!(self, conn => { sqlx::query(suppress).bind(list.text()).bind(at.millis()).execute(conn).await?; });
        Ok(())
    }

    /// Which of these keyed hashes belong to people who were erased.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn suppressed(&mut self, tags: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, StoreError> {
        let list = tag_list(tags);
        let rows: Vec<(Vec<u8>,)> = on_tx!(self, conn => sqlx::query_as(SUPPRESSED).bind(list.text()).fetch_all(conn).await?);
        Ok(rows.into_iter().map(|(tag,)| tag).collect())
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

/// What a search looks for: part of a name, the key of a whole number, part of a number or id.
struct Search {
    name: String,
    key: String,
    value: String,
}

impl Search {
    fn of(text: &str) -> Self {
        let text = text.trim().to_lowercase();
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

fn key_list(keys: &[String]) -> List {
    List::of(keys.iter().map(|key| json!({ "k": key })))
}

fn id_list(ids: &[ContactId]) -> List {
    List::of(ids.iter().map(|id| json!({ "id": hex(id.get()) })))
}

fn tag_list(tags: &[Vec<u8>]) -> List {
    List::of(tags.iter().map(|tag| json!({ "t": hex_bytes(tag) })))
}

fn found((key, id): (String, Vec<u8>)) -> Result<(String, ContactId), StoreError> {
    Ok((key, ContactId::new(codec::uuid(&id)?)))
}

fn hex_bytes(bytes: &[u8]) -> String {
    hex::encode(bytes)
}

/// U+0000 is legal in JSON, and PostgreSQL's text does not take it.
fn clean(text: Option<&str>) -> Option<String> {
    text.map(|text| text.replace('\0', ""))
        .filter(|text| !text.trim().is_empty())
}

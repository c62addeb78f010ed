//! Aliases of many contacts at once, and whom a name meant before: what telling people apart needs.

use consent::{alias::Alias, id::ContactId, time::Timestamp};
use serde_json::json;

use crate::{
    codec,
    contact::AliasLine,
    error::{StoreError, corrupt},
    list::{List, hex},
    pool::{Store, Tx, on_pool, on_tx},
};

type Current = (Vec<u8>, String, String, i64);
type Former = (String, Vec<u8>, i64);

const CURRENT: &str = "select contact_id, kind, value, since_ms from alias where until_ms is null \
    and contact_id in (select unhex(r.value ->> 'id') from jsonb_each($1) as r) order by since_ms, key";

impl Store {
    /// The current aliases of these contacts, the oldest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn aliases_of(&self, contacts: &[ContactId]) -> Result<Vec<AliasLine>, StoreError> {
        let list = List::of(contacts.iter().map(|id| json!({ "id": hex(id.get()) })));
        let rows: Vec<Current> = on_pool!(self, pool => sqlx::query_as(CURRENT).bind(list.text()).fetch_all(pool).await?);
        rows.into_iter().map(current).collect()
    }
}

impl Tx {
    /// The current aliases of these contacts, the oldest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn aliases_of(
        &mut self,
        contacts: &[ContactId],
    ) -> Result<Vec<AliasLine>, StoreError> {
        let list = List::of(contacts.iter().map(|id| json!({ "id": hex(id.get()) })));
        let rows: Vec<Current> =
            on_tx!(self, conn => sqlx::query_as(CURRENT).bind(list.text()).fetch_all(conn).await?);
        rows.into_iter().map(current).collect()
    }

    /// Whom these alias keys meant before, and until when; the newest last.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn former_owners(
        &mut self,
        keys: &[String],
    ) -> Result<Vec<(String, ContactId, Timestamp)>, StoreError> {
        let sql = "select key, contact_id, until_ms from alias where until_ms is not null \
                   and key in (select r.value ->> 'k' from jsonb_each($1) as r) order by until_ms";
        let list = List::of(keys.iter().map(|key| json!({ "k": key })));
        let rows: Vec<Former> =
            on_tx!(self, conn => sqlx::query_as(sql).bind(list.text()).fetch_all(conn).await?);
        rows.into_iter()
            .map(|(key, id, until)| {
                let owner = ContactId::new(codec::uuid(&id)?);
                Ok((key, owner, Timestamp::from_millis(until)))
            })
            .collect()
    }

    /// Who has taken over the aliases of a contact that was found to be somebody else we know.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn successor(&mut self, contact: ContactId) -> Result<Option<ContactId>, StoreError> {
        let sql = "select n.contact_id from alias o join alias n on n.key = o.key and n.until_ms is null \
                   where o.contact_id = $1 and n.contact_id <> $1 order by n.since_ms desc limit 1";
        let id = contact.get().as_bytes().to_vec();
        let row: Option<(Vec<u8>,)> =
            on_tx!(self, conn => sqlx::query_as(sql).bind(id).fetch_optional(conn).await?);
        row.map(|(id,)| Ok(ContactId::new(codec::uuid(&id)?)))
            .transpose()
    }

    /// Notes aliases that have ended already.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn link_past(&mut self, aliases: &[AliasLine]) -> Result<(), StoreError> {
        let sql = "insert into alias (key, contact_id, kind, value, since_ms, until_ms) \
                   select r.value ->> 'k', unhex(r.value ->> 'id'), r.value ->> 'kind', r.value ->> 'value', \
                   cast(r.value ->> 'at' as bigint), cast(r.value ->> 'to' as bigint) from jsonb_each($1) as r \
                   where true on conflict (key, contact_id, since_ms) do nothing";
        let list = List::of(aliases.iter().map(|line| {
            let (alias, until) = (&line.alias, line.until.unwrap_or(line.since));
            json!({ "k": alias.key(), "id": hex(line.contact.get()), "kind": alias.kind(), "value": alias.value(),
                    "at": line.since.millis(), "to": until.millis() })
        }));
        on_tx!(self, conn => { sqlx::query(sql).bind(list.text()).execute(conn).await?; });
        self.note_addresses(aliases).await
    }
}

fn current((id, kind, value, since): Current) -> Result<AliasLine, StoreError> {
    Ok(AliasLine {
        contact: ContactId::new(codec::uuid(&id)?),
        alias: Alias::read(&kind, &value).ok_or_else(|| corrupt("alias", &kind))?,
        since: Timestamp::from_millis(since),
        until: None,
    })
}

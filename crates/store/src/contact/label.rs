//! Names, tags and attributes of many contacts at once, and whole rows by their ids.

use consent::id::ContactId;
use serde_json::json;

use super::{ContactLine, ContactRow, id_list};
use crate::{
    codec,
    error::StoreError,
    list::{List, hex, last_of_each},
    pool::{Store, Tx, on_pool, on_tx},
};

/// What a contact is labelled with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels {
    /// Tags, in their order.
    pub tags: Vec<(ContactId, String)>,
    /// Attributes with their values, in their order.
    pub attributes: Vec<(ContactId, String, String)>,
}

impl Store {
    /// These contacts with everything that is shown of them, oldest first. Unknown ones are left out.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn pick_contacts(&self, ids: &[ContactId]) -> Result<Vec<ContactLine>, StoreError> {
        let sql = "select id, standing, version, sealing_key, name, note, consent, platform, source, created_ms, changed_ms, \
                   erased_ms from contact where id in (select unhex(r.value ->> 'id') from jsonb_each($1) as r) order by id";
        let list = id_list(ids);
        let rows: Vec<ContactRow> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(list.text()).fetch_all(pool).await?);
        self.dress(rows).await
    }
}

impl Tx {
    /// The tags and attributes of these contacts.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn labels(&mut self, ids: &[ContactId]) -> Result<Labels, StoreError> {
        let tags = "select contact_id, tag from tag \
                    where contact_id in (select unhex(r.value ->> 'id') from jsonb_each($1) as r) order by contact_id, tag";
        let attributes = "select contact_id, key, value from attribute \
                          where contact_id in (select unhex(r.value ->> 'id') from jsonb_each($1) as r) order by contact_id, key";
        let list = id_list(ids);
        let tags: Vec<(Vec<u8>, String)> =
            on_tx!(self, conn => sqlx::query_as(tags).bind(list.text()).fetch_all(conn).await?);
        let attributes: Vec<(Vec<u8>, String, String)> = on_tx!(self, conn => sqlx::query_as(attributes).bind(list.text()).fetch_all(conn).await?);
        let id = |bytes: &[u8]| Ok::<_, StoreError>(ContactId::new(codec::uuid(bytes)?));
        Ok(Labels {
            tags: tags
                .into_iter()
                .map(|(contact, tag)| Ok((id(&contact)?, tag)))
                .collect::<Result<_, StoreError>>()?,
            attributes: attributes
                .into_iter()
                .map(|(contact, key, value)| Ok((id(&contact)?, key, value)))
                .collect::<Result<_, StoreError>>()?,
        })
    }

    /// Sets tags and attributes of many contacts, in two statements at the most; nothing is taken away.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn put_labels(&mut self, labels: &Labels) -> Result<(), StoreError> {
        let tag = "insert into tag (contact_id, tag) select unhex(r.value ->> 'id'), r.value ->> 't' \
                   from jsonb_each($1) as r where true on conflict (contact_id, tag) do nothing";
        let attribute = "insert into attribute (contact_id, key, value) \
                         select unhex(r.value ->> 'id'), r.value ->> 'k', r.value ->> 'v' from jsonb_each($1) as r where true \
                         on conflict (contact_id, key) do update set value = excluded.value";
        if !labels.tags.is_empty() {
            let list = List::of(
                labels
                    .tags
                    .iter()
                    .map(|(id, tag)| json!({ "id": hex(id.get()), "t": tag })),
            );
            self.later(tag, vec![list.into()]).await?;
        }
        if !labels.attributes.is_empty() {
            let newest = last_of_each(&labels.attributes, |(id, key, _)| (*id, key.clone()));
            let list = List::of(
                newest
                    .into_iter()
                    .map(|(id, key, value)| json!({ "id": hex(id.get()), "k": key, "v": value })),
            );
            self.later(attribute, vec![list.into()]).await?;
        }
        Ok(())
    }
}

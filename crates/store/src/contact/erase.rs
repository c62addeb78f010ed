//! Erasure: what is destroyed of a person, and what outlives them.

use consent::{id::ContactId, time::Timestamp};
use serde_json::json;

use crate::{
    error::StoreError,
    list::{List, hex_of},
    pool::{Store, Tx, on_pool, on_tx},
};

impl Tx {
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
        self.touch_keys_of(&id).await?;
        self.touched.contacts.insert(contact);
        self.touched.erased.extend(keep.iter().cloned());
        let steps = [
            "delete from quarantine where sha256 in (select sha256 from webhook_person where contact_id = $1)",
            "delete from webhook where sha256 in (select sha256 from webhook_person where contact_id = $1)",
            "delete from webhook_person where sha256 in (select sha256 from webhook_person where contact_id = $1)",
            "delete from event_detail where contact_id = $1",
            "delete from letter where contact_id = $1 or email in (select a.value from alias a where a.contact_id = $1 and a.kind = 'email')",
            "delete from campaign_list where address in (select a.key from alias a where a.contact_id = $1 and not exists \
             (select 1 from alias o where o.key = a.key and o.until_ms is null and o.contact_id <> $1))",
            "delete from alias where contact_id = $1",
            "delete from link_code where contact_id = $1",
            "delete from tag where contact_id = $1",
            "delete from attribute where contact_id = $1",
            "delete from stance where contact_id = $1",
            "delete from word where contact_id = $1",
            "delete from enclosure where contact_id = $1",
            "delete from reply where contact_id = $1",
            "delete from review where contact_id = $1",
            "delete from nudge where contact_id = $1",
            "delete from join_code where contact_id = $1",
            "delete from note where contact_id = $1",
            "delete from conversation where contact_id = $1",
            "update message set recipient = '', reason = null, sealed = null, fingerprint = null, wamid = null \
             where contact_id = $1",
            "update message set recipient = '', reason = null, sealed = null, fingerprint = null, wamid = null \
             where contact_id in (select f.former_id from former_self f where f.contact_id = $1)",
            "update recipient set extra = null where contact_id = $1",
            "update recipient set extra = null where contact_id in (select f.former_id from former_self f where f.contact_id = $1)",
            "delete from former_self where contact_id = $1",
            "delete from journey_effect where contact_id = $1",
            "delete from journey_visit where contact_id = $1",
            "delete from journey_run where contact_id = $1",
            "delete from happening where contact_id = $1",
        ];
        for sql in steps {
            on_tx!(self, conn => { sqlx::query(sql).bind(&id).execute(conn).await?; });
        }
        let forget = "update contact set name = null, folded = null, note = null, source = null, sealing_key = null, erased_ms = coalesce(erased_ms, $2), \
                      version = version + 1, changed_ms = $2 where id = $1";
        on_tx!(self, conn => { sqlx::query(forget).bind(&id).bind(at.millis()).execute(conn).await?; });
        let suppress = "insert into suppressed (tag, since_ms) select distinct unhex(r.value ->> 't'), $2 from jsonb_each($1) as r \
                        where true on conflict (tag) do update set since_ms = excluded.since_ms \
                        where suppressed.since_ms < excluded.since_ms";
        let list = tag_list(keep);
        on_tx!(self, conn => { sqlx::query(suppress).bind(list.text()).bind(at.millis()).execute(conn).await?; });
        Ok(())
    }

    /// Which of these keyed hashes belong to people who were erased, and since when.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn suppressed(
        &mut self,
        tags: &[Vec<u8>],
    ) -> Result<Vec<(Vec<u8>, Timestamp)>, StoreError> {
        let sql = "select tag, since_ms from suppressed where tag in (select unhex(r.value ->> 't') from jsonb_each($1) as r)";
        let list = tag_list(tags);
        let rows: Vec<(Vec<u8>, i64)> =
            on_tx!(self, conn => sqlx::query_as(sql).bind(list.text()).fetch_all(conn).await?);
        Ok(rows
            .into_iter()
            .map(|(tag, since)| (tag, Timestamp::from_millis(since)))
            .collect())
    }
}

const SUPPRESSED: &str = "select tag from suppressed where tag in (select unhex(r.value ->> 't') from jsonb_each($1) as r)";

impl Store {
    /// Which of these keyed hashes belong to people who were erased.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn suppressed(&self, tags: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, StoreError> {
        let list = tag_list(tags);
        let rows: Vec<(Vec<u8>,)> = on_pool!(self, pool => sqlx::query_as(SUPPRESSED).bind(list.text()).fetch_all(pool).await?);
        Ok(rows.into_iter().map(|(tag,)| tag).collect())
    }
}

fn tag_list(tags: &[Vec<u8>]) -> List {
    List::of(tags.iter().map(|tag| json!({ "t": hex_of(tag) })))
}

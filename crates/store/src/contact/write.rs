//! Contacts: what is written of them.

use std::{borrow::Cow, collections::BTreeMap};

use consent::{
    id::{ContactId, EventId},
    register::{Marks, Standing},
    time::Timestamp,
};
use serde_json::json;

use super::{AliasLine, Edit, NewContact, Update, fold, id_list, key_list, word::Place};
use crate::{
    codec,
    error::StoreError,
    later::Arg,
    list::{List, clean, filled, hex, hex_of, last_of_each},
    pool::{Tx, on_tx},
    stance::Stance,
};

/// A text that was told, if one was.
type Told<'a> = Option<Cow<'a, str>>;

impl Tx {
    /// Makes contacts, with an empty standing.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn create(&mut self, contacts: &[NewContact]) -> Result<(), StoreError> {
        self.touched
            .contacts
            .extend(contacts.iter().map(|new| new.id));
        let sql = "insert into contact (id, name, folded, sealing_key, standing, version, consent, platform, created_ms, changed_ms) \
                   select unhex(r.value ->> 'id'), r.value ->> 'name', r.value ->> 'fold', unhex(r.value ->> 'key'), $2, 1, 'none', 'open', \
                   cast(r.value ->> 'at' as bigint), cast(r.value ->> 'at' as bigint) from jsonb_each($1) as r";
        let list = List::of(contacts.iter().map(|new| {
            let name = filled(new.name.as_deref());
            json!({ "id": hex(new.id.get()), "fold": name.as_deref().map(fold), "name": name,
                    "key": hex_of(&new.sealing_key), "at": new.at.millis() })
        }));
        let empty = codec::standing_text(&Standing::default());
        on_tx!(self, conn => { sqlx::query(sql).bind(list.text()).bind(empty).execute(conn).await?; });
        let named = contacts
            .iter()
            .filter_map(|new| Some((new.id, new.name.as_deref()?)));
        self.note_words(Place::Name, &named.collect::<Vec<_>>(), false)
            .await
    }

    /// Links aliases to contacts. An alias that means somebody already makes the whole transaction a
    /// [`StoreError::Conflict`]: somebody was faster.
    ///
    /// # Errors
    /// As said, and when the database does not answer.
    pub async fn link(&mut self, aliases: &[AliasLine]) -> Result<(), StoreError> {
        self.touched
            .contacts
            .extend(aliases.iter().map(|line| line.contact));
        self.touched
            .keys
            .extend(aliases.iter().map(|line| line.alias.key()));
        let sql = "insert into alias (key, contact_id, kind, value, since_ms) \
                   select r.value ->> 'k', unhex(r.value ->> 'id'), r.value ->> 'kind', r.value ->> 'value', \
                   cast(r.value ->> 'at' as bigint) from jsonb_each($1) as r where true \
                   on conflict (key, contact_id, since_ms) do update set until_ms = null where alias.until_ms is not null";
        let list = List::of(aliases.iter().map(|line| {
            let alias = &line.alias;
            json!({ "k": alias.key(), "id": hex(line.contact.get()), "kind": alias.kind(), "value": alias.value(),
                    "at": line.since.millis() })
        }));
        on_tx!(self, conn => { sqlx::query(sql).bind(list.text()).execute(conn).await?; });
        self.note_addresses(aliases).await
    }

    /// Ends what these alias keys mean now.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn end_aliases(&mut self, keys: &[String], at: Timestamp) -> Result<(), StoreError> {
        self.touched.keys.extend(keys.iter().cloned());
        let sql = "update alias set until_ms = $2 where until_ms is null \
                   and key in (select r.value ->> 'k' from jsonb_each($1) as r)";
        let list = key_list(keys);
        on_tx!(self, conn => { sqlx::query(sql).bind(list.text()).bind(at.millis()).execute(conn).await?; });
        Ok(())
    }

    /// Writes standings. The version counts up, so that no reservation made on the old one goes through.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_standings(&mut self, updates: &[Update<'_>]) -> Result<(), StoreError> {
        self.touched
            .contacts
            .extend(updates.iter().map(|update| update.contact));
        let sql = "update contact set standing = r.value ->> 's', version = version + 1, consent = r.value ->> 'c', \
                   platform = r.value ->> 'p', source = (select e.source from event e \
                   where e.contact_id = contact.id and e.id = unhex(r.value ->> 'e')), \
                   changed_ms = cast(r.value ->> 'at' as bigint) \
                   from jsonb_each($1) as r where contact.id = unhex(r.value ->> 'id')";
        let updates = last_of_each(updates, |update| update.contact);
        let list = List::of(updates.iter().map(|update| {
            json!({ "id": hex(update.contact.get()), "s": codec::standing_text(update.standing), "c": update.consent,
                    "p": update.platform, "e": newest(update.standing).map(|id| hex(id.get())),
                    "at": update.at.millis() })
        }));
        self.later(sql, vec![list.into()]).await?;
        let said = updates
            .iter()
            .filter_map(|update| Some((update.contact, update.said.as_deref()?)));
        let (ids, said): (Vec<ContactId>, Vec<&[Stance]>) = said.unzip();
        self.set_stances(&ids, said.into_iter().flatten()).await
    }

    /// Notes what people call themselves; an empty name changes nothing.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_names(
        &mut self,
        names: &[(ContactId, Option<String>, Option<String>)],
    ) -> Result<(), StoreError> {
        let sql = "update contact set name = coalesce(r.value ->> 'n', name), folded = coalesce(r.value ->> 'f', folded), \
                   note = coalesce(r.value ->> 'u', note) from jsonb_each($1) as r \
                   where contact.id = unhex(r.value ->> 'id') and contact.erased_ms is null";
        // Of one person the last name and the last note, which may stand in two rows of the batch.
        let mut newest: BTreeMap<ContactId, (Told<'_>, Told<'_>)> = BTreeMap::new();
        for (id, name, note) in names {
            let kept = newest.entry(*id).or_default();
            kept.0 = filled(name.as_deref()).or(kept.0.take());
            kept.1 = filled(note.as_deref()).or(kept.1.take());
        }
        let list = List::of(newest.iter().map(|(id, (name, note))| {
            json!({ "id": hex(id.get()), "f": name.as_deref().map(fold), "n": name, "u": note })
        }));
        self.later(sql, vec![list.into()]).await?;
        let names = newest
            .iter()
            .filter_map(|(id, (name, _))| Some((*id, name.as_deref()?)));
        self.note_words(Place::Name, &names.collect::<Vec<_>>(), true)
            .await?;
        let notes = newest
            .iter()
            .filter_map(|(id, (_, note))| Some((*id, note.as_deref()?)));
        self.note_words(Place::Note, &notes.collect::<Vec<_>>(), true)
            .await
    }

    /// Sets and takes away tags and attributes of one contact.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn edit(&mut self, contact: ContactId, edit: &Edit) -> Result<(), StoreError> {
        let id = contact.get().as_bytes().to_vec();
        let untag = "delete from tag where contact_id = $1 and tag in (select r.value ->> 't' from jsonb_each($2) as r)";
        let tag = "insert into tag (contact_id, tag) select $1, r.value ->> 't' from jsonb_each($2) as r where true \
                   on conflict (contact_id, tag) do nothing";
        for (sql, tags) in [(untag, &edit.untag), (tag, &edit.tags)] {
            if !tags.is_empty() {
                let list = List::of(tags.iter().map(|tag| json!({ "t": tag })));
                on_tx!(self, conn => { sqlx::query(sql).bind(&id).bind(list.text()).execute(conn).await?; });
            }
        }
        let unset = "delete from attribute where contact_id = $1 \
                     and key in (select r.value ->> 'k' from jsonb_each($2) as r)";
        let set = "insert into attribute (contact_id, key, value) \
                   select $1, r.value ->> 'k', r.value ->> 'v' from jsonb_each($2) as r where r.value ->> 'v' is not null \
                   on conflict (contact_id, key) do update set value = excluded.value";
        if !edit.attributes.is_empty() {
            let newest = last_of_each(&edit.attributes, |(key, _)| clean(key).into_owned());
            let list = List::of(
                newest
                    .into_iter()
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
        let insert = "insert into tag (contact_id, tag) select unhex(r.value ->> 'id'), $2 from jsonb_each($1) as r \
                      where true on conflict (contact_id, tag) do nothing";
        let delete = "delete from tag where tag = $2 \
                      and contact_id in (select unhex(r.value ->> 'id') from jsonb_each($1) as r)";
        for (sql, ids) in [(insert, set), (delete, unset)] {
            if !ids.is_empty() {
                let list = id_list(ids);
                let tag = Arg::Text(clean(tag).into_owned());
                self.later(sql, vec![list.into(), tag]).await?;
            }
        }
        Ok(())
    }
}

/// The newest opt-in or opt-out of all that a standing rests on.
fn newest(standing: &Standing) -> Option<EventId> {
    let registers = standing.registers.values();
    let marks = registers.flat_map(|register| [register.opt_in, register.opt_out]);
    let all = marks.flat_map(|marks: Marks| marks.each());
    all.map(|(_, mark)| mark).max().map(|mark| mark.event)
}

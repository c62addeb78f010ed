//! Happenings: what was recorded of somebody and may move them in a journey, until somebody has looked at it. Written in the transaction
//! that records it; so none is lost, and none is told of what was not recorded.

use consent::{id::ContactId, time::Timestamp};
use serde_json::json;
use uuid::Uuid;

use crate::{
    codec,
    error::StoreError,
    list::{List, hex},
    pool::{Store, Tx, on_pool, on_tx},
};

/// Something that happened to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HappeningLine {
    /// To whom.
    pub contact: ContactId,
    /// Its id; time-ordered.
    pub id: Uuid,
    /// What, as JSON of the caller's.
    pub body: String,
    /// From when it is to be looked at.
    pub due: Timestamp,
    /// How often looking at it failed.
    pub tries: i64,
}

type Row = (Vec<u8>, Vec<u8>, String, i64, i64);

impl Store {
    /// What is to be looked at, the oldest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn due_happenings(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<HappeningLine>, StoreError> {
        let sql = "select contact_id, id, body, due_ms, tries from happening where due_ms <= $1 \
                   order by due_ms, id limit $2";
        let rows: Vec<Row> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(now.millis()).bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter().map(line).collect()
    }

    /// Whoever has an attribute, with its value: those after one, in the order of their ids.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn holders(
        &self,
        attribute: &str,
        after: ContactId,
        limit: u32,
    ) -> Result<Vec<(ContactId, String)>, StoreError> {
        let sql = "select contact_id, value from attribute where key = $1 and contact_id > $2 order by contact_id limit $3";
        let rows: Vec<(Vec<u8>, String)> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(attribute).bind(after.get().as_bytes().to_vec()).bind(i64::from(limit)).fetch_all(pool).await?);
        let read = |(id, value): (Vec<u8>, String)| Ok((ContactId::new(codec::uuid(&id)?), value));
        rows.into_iter().map(read).collect()
    }
}

impl Tx {
    /// Keeps what happened, as soon as any journey was ever published: before that nobody would look at it. One that is there already
    /// stays as it is.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tell(&mut self, lines: &[HappeningLine]) -> Result<(), StoreError> {
        if lines.is_empty() {
            return Ok(());
        }
        let sql = "insert into happening (contact_id, id, body, due_ms, tries) \
                   select unhex(r.value ->> 'c'), unhex(r.value ->> 'id'), r.value ->> 'b', cast(r.value ->> 'due' as bigint), \
                   cast(r.value ->> 'n' as bigint) from jsonb_each($1) as r \
                   where exists (select 1 from journey j where j.state <> 'draft') on conflict (contact_id, id) do nothing";
        let list = List::of(lines.iter().map(|line| {
            json!({ "c": hex(line.contact.get()), "id": hex(line.id), "b": line.body, "due": line.due.millis(),
                    "n": line.tries })
        }));
        self.later(sql, vec![list.into()]).await
    }

    /// Forgets what was looked at. Gives those that were still there: what somebody else was faster with is not.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn forget_happenings(
        &mut self,
        seen: &[(ContactId, Uuid)],
    ) -> Result<Vec<(ContactId, Uuid)>, StoreError> {
        if seen.is_empty() {
            return Ok(vec![]);
        }
        let sql = "delete from happening where (contact_id, id) in \
                   (select unhex(r.value ->> 'c'), unhex(r.value ->> 'id') from jsonb_each($1) as r) returning contact_id, id";
        let list = List::of(
            seen.iter()
                .map(|(contact, id)| json!({ "c": hex(contact.get()), "id": hex(*id) })),
        );
        let rows: Vec<(Vec<u8>, Vec<u8>)> =
            on_tx!(self, conn => sqlx::query_as(sql).bind(list.text()).fetch_all(conn).await?);
        let read = |(contact, id): (Vec<u8>, Vec<u8>)| {
            Ok((ContactId::new(codec::uuid(&contact)?), codec::uuid(&id)?))
        };
        rows.into_iter().map(read).collect()
    }

    /// Puts off all that happened to a contact, so that others are looked at.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn put_off_happenings(
        &mut self,
        contact: ContactId,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "update happening set due_ms = $2, tries = tries + 1 where contact_id = $1";
        let id = contact.get().as_bytes().to_vec();
        on_tx!(self, conn => { sqlx::query(sql).bind(id).bind(until.millis()).execute(conn).await?; });
        Ok(())
    }

    /// Forgets all that happened to these contacts so far.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn drop_happenings(&mut self, contacts: &[ContactId]) -> Result<(), StoreError> {
        if contacts.is_empty() {
            return Ok(());
        }
        let sql = "delete from happening where contact_id in (select unhex(r.value ->> 'c') from jsonb_each($1) as r)";
        let list = List::of(contacts.iter().map(|id| json!({ "c": hex(id.get()) })));
        self.later(sql, vec![list.into()]).await
    }

    /// What happened to a contact happened to whoever the contact was found to be.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn move_happenings(
        &mut self,
        from: ContactId,
        to: ContactId,
    ) -> Result<(), StoreError> {
        let copy = "insert into happening (contact_id, id, body, due_ms, tries) \
                    select $2, o.id, o.body, o.due_ms, o.tries from happening o where o.contact_id = $1 \
                    on conflict (contact_id, id) do nothing";
        let (from, to) = (from.get().as_bytes().to_vec(), to.get().as_bytes().to_vec());
        on_tx!(self, conn => { sqlx::query(copy).bind(&from).bind(&to).execute(conn).await?; });
        let drop = "delete from happening where contact_id = $1";
        on_tx!(self, conn => { sqlx::query(drop).bind(&from).execute(conn).await?; });
        Ok(())
    }
}

fn line((contact, id, body, due, tries): Row) -> Result<HappeningLine, StoreError> {
    Ok(HappeningLine {
        contact: ContactId::new(codec::uuid(&contact)?),
        id: codec::uuid(&id)?,
        body,
        due: Timestamp::from_millis(due),
        tries,
    })
}

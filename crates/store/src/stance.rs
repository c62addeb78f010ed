//! What people said of single topics and categories, in a word each: for lists and segments. It follows from the standings.

use consent::id::ContactId;
use serde_json::{Value, json};

use crate::{
    error::{StoreError, corrupt},
    list::{List, hex},
    pool::{Store, Tx, on_pool},
    segment::State,
};

/// The state of a topic (by its id) or of a category (by its word) for one contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stance {
    /// Whose.
    pub contact: ContactId,
    /// The id of the topic, or the word of the category.
    pub subject: String,
    /// What they said.
    pub state: State,
}

impl Store {
    /// What was written of a contact, by subject.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn stances(&self, contact: ContactId) -> Result<Vec<Stance>, StoreError> {
        let sql = "select subject, state from stance where contact_id = $1 order by subject";
        let id = contact.get().as_bytes().to_vec();
        let rows: Vec<(String, String)> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(id).fetch_all(pool).await?);
        let read = |(subject, state): (String, String)| {
            let state = State::read(&state).ok_or_else(|| corrupt("state", &state))?;
            Ok(Stance {
                contact,
                subject,
                state,
            })
        };
        rows.into_iter().map(read).collect()
    }
}

impl Tx {
    /// Writes what these contacts said, over everything that was written of them before.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_stances<'a>(
        &mut self,
        contacts: &[ContactId],
        stances: impl IntoIterator<Item = &'a Stance>,
    ) -> Result<(), StoreError> {
        let drop = "delete from stance where contact_id in (select unhex(r.value ->> 'id') from jsonb_each($1) as r)";
        let put = "insert into stance (contact_id, subject, state) \
                   select unhex(r.value ->> 'id'), r.value ->> 't', r.value ->> 's' from jsonb_each($1) as r where true \
                   on conflict (contact_id, subject) do update set state = excluded.state";
        if contacts.is_empty() {
            return Ok(());
        }
        let list = List::of(contacts.iter().map(|id| json!({ "id": hex(id.get()) })));
        self.later(drop, vec![list.into()]).await?;
        let rows: Vec<Value> = stances
            .into_iter()
            .map(|stance| {
                json!({ "id": hex(stance.contact.get()), "t": stance.subject, "s": stance.state.word() })
            })
            .collect();
        if !rows.is_empty() {
            self.later(put, vec![List::of(rows).into()]).await?;
        }
        Ok(())
    }
}

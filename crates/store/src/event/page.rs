//! Events of everybody, page by page: for taking them out.

use consent::id::EventId;

use super::{EventLine, EventRow};
use crate::{
    error::StoreError,
    pool::{Store, on_pool},
};

impl Store {
    /// A page of all events, oldest first: those after `after`. Their sealed details stay where they are.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn events_page(
        &self,
        after: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<EventLine>, StoreError> {
        let sql = "select e.id, e.contact_id, e.kind, e.argument, e.clock, e.at_ms, e.received_ms, e.source, \
                   e.leaf, nullif(e.leaf, e.leaf) as sealed, l.log_index from event e \
                   left join log_entry l on l.event_id = e.id where e.id > $1 order by e.id limit $2";
        let after = after.map_or_else(Vec::new, |id| id.get().as_bytes().to_vec());
        let rows: Vec<EventRow> = on_pool!(self, pool => sqlx::query_as(sql).bind(after).bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter().map(EventLine::try_from).collect()
    }
}

//! How much waits for somebody of the staff, counted only as far as a menu can show it.

use uuid::Uuid;

use crate::{
    error::StoreError,
    pool::{Store, on_pool},
};

/// How many unread conversations are looked at for those that wait for one member.
const LOOKED_AT: i64 = 2_000;

/// What waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Waiting {
    /// Open conversations with something unread, of the member or of nobody.
    pub unread: i64,
    /// Messages that somebody has to say the meaning of.
    pub reviews: i64,
    /// Parts of webhooks that could not be understood.
    pub quarantine: i64,
    /// Alerts that nobody has looked at.
    pub alerts: i64,
}

impl Store {
    /// What waits for a member, each counted up to `cap`. However much there is, this stays short: of unread conversations
    /// only so many are looked at, whomever they wait for.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn waiting(&self, member: Uuid, cap: u32) -> Result<Waiting, StoreError> {
        let sql = "select \
            (select count(*) from (select 1 as one from (select assigned_to from conversation \
              where state = 'open' and unread > 0 limit $3) v where v.assigned_to is null or v.assigned_to = $1 limit $2) u) as unread, \
            (select count(*) from (select 1 as one from review where state = 'open' limit $2) r) as reviews, \
            (select count(*) from (select 1 as one from quarantine where state = 'open' limit $2) q) as quarantine, \
            (select count(*) from (select 1 as one from alert where settled_ms is null limit $2) a) as alerts";
        Ok(on_pool!(self, pool => sqlx::query_as(sql)
            .bind(member.as_bytes().to_vec()).bind(i64::from(cap)).bind(LOOKED_AT).fetch_one(pool).await?))
    }
}

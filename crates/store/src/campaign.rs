//! Campaigns: what is sent to many. Here the campaigns themselves and the addresses that were given for them; who gets what is in
//! [`recipient`], what came of it in [`figure`] and `reach`.

pub mod figure;
mod look;
pub mod part;
mod reach;
pub mod recipient;

use consent::time::Timestamp;
use serde_json::json;
use uuid::Uuid;

use crate::{
    codec,
    error::StoreError,
    list::{List, before, clean, clean_some, hex},
    pool::{Store, Tx, on_pool, on_tx},
    segment::Lines,
};

/// The state in which people get their turn. The store knows it because a turn is only taken in it; all others are words of the caller.
pub const RUNNING: &str = "running";
/// The state in which the time to begin is waited for.
pub const SCHEDULED: &str = "scheduled";

/// A campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignLine {
    /// Its id; time-ordered.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// What becomes of it now: [`RUNNING`], [`SCHEDULED`], or another word of the caller's.
    pub state: String,
    /// What is sent to whom, as JSON of the caller's.
    pub spec: String,
    /// Rises with each change of anything but `cursor` and `total`.
    pub version: i64,
    /// When it was made.
    pub created: Timestamp,
    /// By whom.
    pub created_by: String,
    /// The second person who agreed.
    pub approved_by: Option<String>,
    /// When they did.
    pub approved: Option<Timestamp>,
    /// When it is to begin.
    pub start: Option<Timestamp>,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When its audience was complete and frozen.
    pub drawn: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Why it rests or failed.
    pub why: Option<String>,
    /// How far the draw of its audience came, in the caller's words; empty before the first step.
    pub cursor: String,
    /// How many people were drawn.
    pub total: i64,
    /// When it was last changed.
    pub changed: Timestamp,
}

/// Everything of a campaign that may change, as it is to be. How far the draw came is written by [`Tx::set_cursor`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignChange {
    /// What people call it.
    pub name: String,
    /// What becomes of it now.
    pub state: String,
    /// What is sent to whom, as JSON of the caller's.
    pub spec: String,
    /// The second person who agreed.
    pub approved_by: Option<String>,
    /// When they did.
    pub approved: Option<Timestamp>,
    /// When it is to begin.
    pub start: Option<Timestamp>,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When its audience was complete and frozen.
    pub drawn: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Why it rests or failed.
    pub why: Option<String>,
    /// When this was changed.
    pub changed: Timestamp,
}

impl From<&CampaignLine> for CampaignChange {
    fn from(line: &CampaignLine) -> Self {
        Self {
            name: line.name.clone(),
            state: line.state.clone(),
            spec: line.spec.clone(),
            approved_by: line.approved_by.clone(),
            approved: line.approved,
            start: line.start,
            started: line.started,
            drawn: line.drawn,
            ended: line.ended,
            why: line.why.clone(),
            changed: line.changed,
        }
    }
}

/// One row of a list of addresses that was given for a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListLine {
    /// Its place in the list.
    pub place: i64,
    /// The key of an alias, as [`consent::alias::Alias::key`] writes it.
    pub address: String,
    /// The row's own variables, as JSON.
    pub extra: Option<String>,
}

#[derive(sqlx::FromRow)]
struct CampaignRow {
    id: Vec<u8>,
    name: String,
    state: String,
    spec: String,
    version: i64,
    created_ms: i64,
    created_by: String,
    approved_by: Option<String>,
    approved_ms: Option<i64>,
    start_ms: Option<i64>,
    started_ms: Option<i64>,
    drawn_ms: Option<i64>,
    ended_ms: Option<i64>,
    why: Option<String>,
    cursor: String,
    total: i64,
    changed_ms: i64,
}

macro_rules! select_campaign {
    ($rest:literal) => {
        concat!(
            "select id, name, state, spec, version, created_ms, created_by, approved_by, approved_ms, start_ms, started_ms, ",
            "drawn_ms, ended_ms, why, cursor, total, changed_ms from campaign ",
            $rest
        )
    };
}

impl Store {
    /// A page of campaigns, newest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn campaigns(
        &self,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<CampaignLine>, StoreError> {
        let sql = select_campaign!(
            "where id < $1 and (state <> 'cancelled' or started_ms is not null or start_ms is not null) \
             order by id desc limit $2"
        );
        let rows: Vec<CampaignRow> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(before(after)).bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter().map(CampaignLine::try_from).collect()
    }

    /// One campaign.
    ///
    /// # Errors
    /// When the database does not answer or the row makes no sense.
    pub async fn campaign(&self, id: Uuid) -> Result<Option<CampaignLine>, StoreError> {
        let sql = select_campaign!("where id = $1");
        let id = id.as_bytes().to_vec();
        let row: Option<CampaignRow> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(id).fetch_optional(pool).await?);
        row.map(CampaignLine::try_from).transpose()
    }

    /// The campaigns that wait for their time or run, oldest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn open_campaigns(&self) -> Result<Vec<CampaignLine>, StoreError> {
        let sql = select_campaign!("where state in ($1, $2) order by id");
        let rows: Vec<CampaignRow> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(SCHEDULED).bind(RUNNING).fetch_all(pool).await?);
        rows.into_iter().map(CampaignLine::try_from).collect()
    }

    /// A page of the addresses that were given for a campaign, in their order, from behind a place.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list_page(
        &self,
        campaign: Uuid,
        after_place: i64,
        limit: u32,
    ) -> Result<Vec<ListLine>, StoreError> {
        let sql = "select place, address, extra from campaign_list where campaign_id = $1 and place > $2 order by place limit $3";
        let id = campaign.as_bytes().to_vec();
        let rows: Vec<(i64, String, Option<String>)> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(id).bind(after_place).bind(i64::from(limit)).fetch_all(pool).await?);
        let read = |(place, address, extra)| ListLine {
            place,
            address,
            extra,
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// The same page as one text.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list_lines(
        &self,
        campaign: Uuid,
        after_place: i64,
        limit: u32,
    ) -> Result<Lines<i64>, StoreError> {
        let sql = "select coalesce(string_agg(coalesce(nullif(replace(address, $4, ' '), ''), '-'), $4), ''), count(*), max(place) \
                   from (select place, address from campaign_list where campaign_id = $1 and place > $2 order by place limit $3) page";
        let id = campaign.as_bytes().to_vec();
        let row: (String, i64, Option<i64>) = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(id).bind(after_place).bind(i64::from(limit)).bind("\n").fetch_one(pool).await?);
        let (lines, count, last) = row;
        let last = last.filter(|_| count == i64::from(limit));
        Ok(Lines { lines, last })
    }

    /// How many addresses were given for a campaign.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_list(&self, campaign: Uuid) -> Result<i64, StoreError> {
        let sql = "select count(*) from campaign_list where campaign_id = $1";
        let id = campaign.as_bytes().to_vec();
        Ok(on_pool!(self, pool => sqlx::query_scalar(sql).bind(id).fetch_one(pool).await?))
    }
}

impl Tx {
    /// Keeps a new campaign.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there is one with its id; and when the database does not answer.
    pub async fn put_campaign(&mut self, line: &CampaignLine) -> Result<(), StoreError> {
        let sql = "insert into campaign (id, name, state, spec, version, created_ms, created_by, approved_by, approved_ms, \
                   start_ms, started_ms, drawn_ms, ended_ms, why, cursor, total, changed_ms) \
                   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
        let id = line.id.as_bytes().to_vec();
        on_tx!(self, conn => { sqlx::query(sql).bind(id).bind(clean(&line.name)).bind(clean(&line.state))
            .bind(clean(&line.spec)).bind(line.version).bind(line.created.millis()).bind(clean(&line.created_by))
            .bind(clean_some(line.approved_by.as_deref())).bind(line.approved.map(Timestamp::millis))
            .bind(line.start.map(Timestamp::millis)).bind(line.started.map(Timestamp::millis))
            .bind(line.drawn.map(Timestamp::millis)).bind(line.ended.map(Timestamp::millis))
            .bind(clean_some(line.why.as_deref())).bind(clean(&line.cursor)).bind(line.total)
            .bind(line.changed.millis()).execute(conn).await?; });
        Ok(())
    }

    /// Changes a campaign, if it still has the version that the caller saw; it has the next one then. Says whether it did.
    ///
    /// Where it leaves [`RUNNING`], this waits for the reservations that are under way, and none that commits later takes a turn.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn change_campaign(
        &mut self,
        id: Uuid,
        version_seen: i64,
        change: &CampaignChange,
    ) -> Result<bool, StoreError> {
        let sql = "update campaign set version = version + 1, name = $3, state = $4, spec = $5, approved_by = $6, approved_ms = $7, \
                   start_ms = $8, started_ms = $9, drawn_ms = $10, ended_ms = $11, why = $12, changed_ms = $13 \
                   where id = $1 and version = $2";
        let id = id.as_bytes().to_vec();
        let count = on_tx!(self, conn => sqlx::query(sql).bind(id).bind(version_seen).bind(clean(&change.name))
            .bind(clean(&change.state)).bind(clean(&change.spec)).bind(clean_some(change.approved_by.as_deref()))
            .bind(change.approved.map(Timestamp::millis)).bind(change.start.map(Timestamp::millis))
            .bind(change.started.map(Timestamp::millis)).bind(change.drawn.map(Timestamp::millis))
            .bind(change.ended.map(Timestamp::millis)).bind(clean_some(change.why.as_deref()))
            .bind(change.changed.millis()).execute(conn).await?.rows_affected());
        Ok(count == 1)
    }

    /// Notes how far the draw came and how many people were drawn, if the campaign still has the version that they were drawn by; that
    /// stays. Says whether it did.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_cursor(
        &mut self,
        (id, version_seen): (Uuid, i64),
        cursor: &str,
        total: i64,
    ) -> Result<bool, StoreError> {
        let sql = "update campaign set cursor = $3, total = $4 where id = $1 and version = $2";
        let id = id.as_bytes().to_vec();
        let count = on_tx!(self, conn => sqlx::query(sql).bind(id).bind(version_seen).bind(clean(cursor)).bind(total)
            .execute(conn).await?.rows_affected());
        Ok(count == 1)
    }

    /// Whether anybody was drawn for a campaign so far, as this transaction sees it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn draw_began(&mut self, id: Uuid) -> Result<bool, StoreError> {
        let sql = "select count(*) from campaign where id = $1 and (total > 0 or cursor <> '' or drawn_ms is not null)";
        let id = id.as_bytes().to_vec();
        let count: i64 =
            on_tx!(self, conn => sqlx::query_scalar(sql).bind(id).fetch_one(conn).await?);
        Ok(count > 0)
    }

    /// Keeps addresses that were given for a campaign. A place that is taken stays as it is.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn put_list(&mut self, campaign: Uuid, lines: &[ListLine]) -> Result<(), StoreError> {
        if lines.is_empty() {
            return Ok(());
        }
        let sql = "insert into campaign_list (campaign_id, place, address, extra) select unhex(r.value ->> 'g'), \
                   cast(r.value ->> 'p' as bigint), r.value ->> 'a', r.value ->> 'x' from jsonb_each($1) as r \
                   where true on conflict (campaign_id, place) do nothing";
        let campaign = hex(campaign);
        let list = List::of(lines.iter().map(
            |line| json!({ "g": campaign, "p": line.place, "a": line.address, "x": line.extra }),
        ));
        self.later(sql, vec![list.into()]).await
    }

    /// Forgets these of the addresses that were given for a campaign, by their places.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn drop_places(&mut self, campaign: Uuid, places: &[i64]) -> Result<(), StoreError> {
        let sql = "delete from campaign_list where campaign_id = $1 \
                   and place in (select cast(r.value ->> 'p' as bigint) from jsonb_each($2) as r)";
        let id = campaign.as_bytes().to_vec();
        let list = List::of(places.iter().map(|place| json!({ "p": place })));
        on_tx!(self, conn => { sqlx::query(sql).bind(id).bind(list.text()).execute(conn).await?; });
        Ok(())
    }

    /// Forgets the addresses that were given for a campaign.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn drop_list(&mut self, campaign: Uuid) -> Result<(), StoreError> {
        let sql = "delete from campaign_list where campaign_id = $1";
        let id = campaign.as_bytes().to_vec();
        on_tx!(self, conn => { sqlx::query(sql).bind(id).execute(conn).await?; });
        Ok(())
    }
}

impl TryFrom<CampaignRow> for CampaignLine {
    type Error = StoreError;

    fn try_from(row: CampaignRow) -> Result<Self, StoreError> {
        let time = |ms: Option<i64>| ms.map(Timestamp::from_millis);
        Ok(Self {
            id: codec::uuid(&row.id)?,
            name: row.name,
            state: row.state,
            spec: row.spec,
            version: row.version,
            created: Timestamp::from_millis(row.created_ms),
            created_by: row.created_by,
            approved_by: row.approved_by,
            approved: time(row.approved_ms),
            start: time(row.start_ms),
            started: time(row.started_ms),
            drawn: time(row.drawn_ms),
            ended: time(row.ended_ms),
            why: row.why,
            cursor: row.cursor,
            total: row.total,
            changed: Timestamp::from_millis(row.changed_ms),
        })
    }
}

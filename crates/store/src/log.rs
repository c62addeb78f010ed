//! The log's rows: entries, tiles, the head, and checkpoints. What they mean is the ledger's affair.

use consent::{
    id::{ContactId, EventId},
    time::Timestamp,
};
use serde_json::json;

use crate::{
    codec,
    error::StoreError,
    later::Arg,
    list::{List, clean, hex, hex_of},
    pool::{Store, Tx, on_pool, on_tx},
};

/// Where the log ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// How many entries there are.
    pub size: i64,
    /// Counts up with every change of sequencer.
    pub epoch: i64,
    /// The hashes at the right edge, as the ledger wrote them.
    pub edge: Vec<u8>,
}

/// A leaf that waits for its number.
#[derive(Debug, Clone)]
pub struct Pending {
    /// The event.
    pub event: EventId,
    /// Whom it is about.
    pub contact: ContactId,
    /// The leaf.
    pub leaf: Vec<u8>,
}

/// A complete tile of hashes.
#[derive(Debug, Clone)]
pub struct TileLine {
    /// The level.
    pub level: i64,
    /// The index on its level.
    pub tile: i64,
    /// 256 hashes.
    pub hashes: Vec<u8>,
}

/// A signed checkpoint.
#[derive(Debug, Clone)]
pub struct CheckpointLine {
    /// The size that it speaks of.
    pub size: i64,
    /// When it was signed.
    pub at: Timestamp,
    /// The signed note.
    pub note: String,
}

/// One numbered entry.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its number.
    pub index: i64,
    /// The event.
    pub event: EventId,
    /// Whom it is about.
    pub contact: ContactId,
    /// The leaf.
    pub leaf: Vec<u8>,
}

type EntryRow = (i64, Vec<u8>, Vec<u8>, Vec<u8>);

const HEAD: &str = "select size, epoch, edge from log_head where one = 1";

impl Store {
    /// Where the log ends.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn head(&self) -> Result<Head, StoreError> {
        let row: (i64, i64, Vec<u8>) =
            on_pool!(self, pool => sqlx::query_as(HEAD).fetch_one(pool).await?);
        Ok(Head {
            size: row.0,
            epoch: row.1,
            edge: row.2,
        })
    }

    /// Whether there are leaves without a number.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn has_pending(&self) -> Result<bool, StoreError> {
        let sql = "select count(*) from (select 1 from log_pending limit 1) as p";
        let count: i64 = on_pool!(self, pool => sqlx::query_scalar(sql).fetch_one(pool).await?);
        Ok(count > 0)
    }

    /// The newest checkpoint.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn checkpoint(&self) -> Result<Option<CheckpointLine>, StoreError> {
        let sql = "select size, at_ms, note from checkpoint order by size desc limit 1";
        let row: Option<(i64, i64, String)> =
            on_pool!(self, pool => sqlx::query_as(sql).fetch_optional(pool).await?);
        Ok(row.map(checkpoint))
    }

    /// Checkpoints after a size, oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn checkpoints(
        &self,
        after: i64,
        limit: u32,
    ) -> Result<Vec<CheckpointLine>, StoreError> {
        let sql = "select size, at_ms, note from checkpoint where size > $1 order by size limit $2";
        let rows: Vec<(i64, i64, String)> = on_pool!(self, pool => sqlx::query_as(sql).bind(after).bind(i64::from(limit)).fetch_all(pool).await?);
        Ok(rows.into_iter().map(checkpoint).collect())
    }

    /// Complete tiles; those that do not exist are left out.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tiles(&self, wanted: &[(i64, i64)]) -> Result<Vec<TileLine>, StoreError> {
        let sql = "select t.level, t.tile, t.hashes from log_tile t join jsonb_each($1) as r \
                   on t.level = cast(r.value ->> 'l' as bigint) and t.tile = cast(r.value ->> 't' as bigint)";
        let list = List::of(
            wanted
                .iter()
                .map(|(level, tile)| json!({ "l": level, "t": tile })),
        );
        let rows: Vec<(i64, i64, Vec<u8>)> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(list.text()).fetch_all(pool).await?);
        Ok(rows
            .into_iter()
            .map(|(level, tile, hashes)| TileLine {
                level,
                tile,
                hashes,
            })
            .collect())
    }

    /// How many complete tiles there are.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_tiles(&self) -> Result<i64, StoreError> {
        let sql = "select count(*) from log_tile";
        Ok(on_pool!(self, pool => sqlx::query_scalar(sql).fetch_one(pool).await?))
    }

    /// Entries from a number on, in order.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn entries(&self, from: i64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        let sql = "select log_index, event_id, contact_id, leaf from log_entry where log_index >= $1 \
                   order by log_index limit $2";
        let rows: Vec<EntryRow> = on_pool!(self, pool => sqlx::query_as(sql).bind(from).bind(i64::from(limit)).fetch_all(pool).await?);
        rows.into_iter().map(entry).collect()
    }

    /// How many events there are, and how many of them have a number.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_events(&self) -> Result<(i64, i64), StoreError> {
        let sql = "select (select count(*) from event), \
                   (select count(*) from event e join log_entry l on l.event_id = e.id and l.leaf = e.leaf \
                    and l.contact_id = e.contact_id)";
        Ok(on_pool!(self, pool => sqlx::query_as(sql).fetch_one(pool).await?))
    }
}

impl Tx {
    /// Where the log ends, as this transaction sees it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn head(&mut self) -> Result<Head, StoreError> {
        let row: (i64, i64, Vec<u8>) =
            on_tx!(self, conn => sqlx::query_as(HEAD).fetch_one(conn).await?);
        Ok(Head {
            size: row.0,
            epoch: row.1,
            edge: row.2,
        })
    }

    /// Leaves that wait for a number, oldest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn pending(&mut self, limit: u32) -> Result<Vec<Pending>, StoreError> {
        let sql = "select event_id, contact_id, leaf from log_pending order by event_id limit $1";
        let rows: Vec<(Vec<u8>, Vec<u8>, Vec<u8>)> =
            on_tx!(self, conn => sqlx::query_as(sql).bind(i64::from(limit)).fetch_all(conn).await?);
        let read = |(event, contact, leaf): (Vec<u8>, Vec<u8>, Vec<u8>)| {
            let (event, contact) = (codec::uuid(&event)?, codec::uuid(&contact)?);
            Ok(Pending {
                event: EventId::new(event),
                contact: ContactId::new(contact),
                leaf,
            })
        };
        rows.into_iter().map(read).collect()
    }

    /// Numbers leaves from the old head on, keeps the tiles that became complete, and puts the new head in the place
    /// of the old one, if nobody else has moved it. The epoch never falls: a sequencer of before is refused.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody has; and when the database does not answer.
    pub async fn number(
        &mut self,
        old: &Head,
        leaves: &[Pending],
        tiles: &[TileLine],
        new: &Head,
    ) -> Result<(), StoreError> {
        let swap = "update log_head set size = $1, edge = $2, epoch = $3 \
                    where one = 1 and size = $4 and epoch = $5 and edge = $6 and epoch <= $3";
        let moved = on_tx!(self, conn => sqlx::query(swap)
            .bind(new.size).bind(&new.edge).bind(new.epoch).bind(old.size).bind(old.epoch).bind(&old.edge)
            .execute(conn).await?.rows_affected());
        if moved != 1 {
            return Err(StoreError::Conflict);
        }
        self.touched.log_size = Some(new.size);
        let entries = "insert into log_entry (log_index, event_id, contact_id, leaf) \
                       select cast(r.value ->> 'i' as bigint), unhex(r.value ->> 'e'), unhex(r.value ->> 'c'), \
                       unhex(r.value ->> 'l') from jsonb_each($1) as r";
        let list = List::of(leaves.iter().zip(old.size..).map(|(leaf, index)| {
            json!({ "i": index, "e": hex(leaf.event.get()), "c": hex(leaf.contact.get()), "l": hex_of(&leaf.leaf) })
        }));
        let done = "delete from log_pending where event_id in (select unhex(r.value ->> 'e') from jsonb_each($1) as r)";
        for sql in [entries, done] {
            if self.is_the_only_writer() {
                self.later(sql, vec![Arg::Text(list.text().to_owned())])
                    .await?;
                continue;
            }
            let rows = on_tx!(self, conn => sqlx::query(sql).bind(list.text()).execute(conn).await?.rows_affected());
            // Somebody else took one of them: then all of this did not happen.
            if usize::try_from(rows).ok() != Some(leaves.len()) {
                return Err(StoreError::Conflict);
            }
        }
        if !tiles.is_empty() {
            let complete = "insert into log_tile (level, tile, hashes) select cast(r.value ->> 'l' as bigint), \
                            cast(r.value ->> 't' as bigint), unhex(r.value ->> 'h') from jsonb_each($1) as r";
            let list =
                List::of(tiles.iter().map(
                    |tile| json!({ "l": tile.level, "t": tile.tile, "h": hex_of(&tile.hashes) }),
                ));
            on_tx!(self, conn => { sqlx::query(complete).bind(list.text()).execute(conn).await?; });
        }
        Ok(())
    }

    /// Keeps a signed checkpoint; of one size there is only the first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn keep_checkpoint(&mut self, line: &CheckpointLine) -> Result<(), StoreError> {
        let sql = "insert into checkpoint (size, at_ms, note) values ($1, $2, $3) on conflict (size) do nothing";
        on_tx!(self, conn => {
            sqlx::query(sql).bind(line.size).bind(line.at.millis()).bind(clean(&line.note)).execute(conn).await?;
        });
        Ok(())
    }
}

fn checkpoint((size, at_ms, note): (i64, i64, String)) -> CheckpointLine {
    CheckpointLine {
        size,
        at: Timestamp::from_millis(at_ms),
        note,
    }
}

fn entry((index, event, contact, leaf): EntryRow) -> Result<Entry, StoreError> {
    let (event, contact) = (
        EventId::new(codec::uuid(&event)?),
        ContactId::new(codec::uuid(&contact)?),
    );
    Ok(Entry {
        index,
        event,
        contact,
        leaf,
    })
}

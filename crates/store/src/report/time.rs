//! How long a no took to be in force.

use serde_json::json;

use crate::{
    error::{StoreError, corrupt},
    list::List,
    pool::{Store, Tx, on_pool, on_tx},
};

/// So many took at most so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InForce {
    /// The slot.
    pub slot: i64,
    /// The upper bound, in microseconds.
    pub upto_us: i64,
    /// How many.
    pub count: i64,
    /// The longest of them, in microseconds.
    pub worst_us: i64,
}

/// The same, over one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InForceLine {
    /// Which step, from 0.
    pub step: usize,
    /// The upper bound, in microseconds.
    pub upto_us: i64,
    /// How many.
    pub count: i64,
    /// The longest of them, in microseconds.
    pub worst_us: i64,
}

impl Store {
    /// How long it took, over steps of time. Steps without any are left out.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn in_force_times(
        &self,
        steps: &[(i64, i64)],
    ) -> Result<Vec<InForceLine>, StoreError> {
        let sql = "select cast(r.value ->> 'i' as bigint) as step, t.upto_us, cast(sum(t.count) as bigint), max(t.worst_us) \
                   from jsonb_each($1) as r join in_force_time t on t.slot_ms >= cast(r.value ->> 'f' as bigint) \
                   and t.slot_ms < cast(r.value ->> 't' as bigint) group by 1, 2 order by 1, 2";
        let list = List::of(
            steps
                .iter()
                .enumerate()
                .map(|(at, (from, until))| json!({ "i": at, "f": from, "t": until })),
        );
        let rows: Vec<(i64, i64, i64, i64)> =
            on_pool!(self, pool => sqlx::query_as(sql).bind(list.text()).fetch_all(pool).await?);
        let read = |(step, upto_us, count, worst_us): (i64, i64, i64, i64)| {
            Ok(InForceLine {
                step: usize::try_from(step).map_err(|_| corrupt("step", step.to_string()))?,
                upto_us,
                count,
                worst_us,
            })
        };
        rows.into_iter().map(read).collect()
    }
}

impl Tx {
    /// Adds what was measured. Each slot and bound stands in the list once.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn add_in_force_times(&mut self, times: &[InForce]) -> Result<(), StoreError> {
        let sql = "insert into in_force_time (slot_ms, upto_us, count, worst_us) select cast(r.value ->> 's' as bigint), \
                   cast(r.value ->> 'u' as bigint), cast(r.value ->> 'n' as bigint), cast(r.value ->> 'w' as bigint) \
                   from jsonb_each($1) as r where true on conflict (slot_ms, upto_us) do update set \
                   count = in_force_time.count + excluded.count, worst_us = case when excluded.worst_us > in_force_time.worst_us \
                   then excluded.worst_us else in_force_time.worst_us end";
        let list = List::of(times.iter().map(|time| {
            json!({ "s": time.slot, "u": time.upto_us, "n": time.count, "w": time.worst_us })
        }));
        on_tx!(self, conn => { sqlx::query(sql).bind(list.text()).execute(conn).await?; });
        Ok(())
    }
}

//! Marks, tallies, and how far they are.

use consent::{
    id::{ContactId, TopicId},
    time::Timestamp,
};
use serde_json::json;
use uuid::Uuid;

use super::{LoggedLine, Mark, MessageCount, TallyAsk, TallyLine, TallyRow};
use crate::{
    codec,
    error::{StoreError, corrupt},
    list::{List, clean, hex},
    pool::{Store, Tx, on_pool, on_tx},
};

type LoggedRow = (
    i64,
    Vec<u8>,
    String,
    String,
    i64,
    String,
    i64,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
);
type CountRow = (
    String,
    String,
    String,
    Option<String>,
    Option<Vec<u8>>,
    String,
    Option<String>,
    Option<i64>,
    i64,
);

impl Store {
    /// How far something is; none before its first step.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tally_state(&self, name: &str) -> Result<Option<i64>, StoreError> {
        let sql = "select value from tally_state where name = $1";
        Ok(
            on_pool!(self, pool => sqlx::query_scalar(sql).bind(clean(name)).fetch_optional(pool).await?),
        )
    }

    /// Events from a number in the log on, in its order.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn logged(&self, from: i64, limit: u32) -> Result<Vec<LoggedLine>, StoreError> {
        let sql = "select l.log_index, e.contact_id, e.kind, e.argument, e.received_ms, e.source, \
                   cast(case when exists (select 1 from event p where p.contact_id = e.contact_id and p.id < e.id \
                   and p.kind = e.kind and p.source = e.source and p.received_ms = e.received_ms) then 0 else 1 end as bigint), \
                   d.sealed, c.sealing_key from log_entry l \
                   join event e on e.contact_id = l.contact_id and e.id = l.event_id \
                   left join event_detail d on d.contact_id = e.contact_id and d.event_id = e.id \
                   left join contact c on c.id = e.contact_id \
                   where l.log_index >= $1 and l.log_index < $2 order by l.log_index";
        let until = from.saturating_add(i64::from(limit));
        let rows: Vec<LoggedRow> = on_pool!(self, pool => sqlx::query_as(sql).bind(from).bind(until).fetch_all(pool).await?);
        let read = |row: LoggedRow| {
            Ok(LoggedLine {
                index: row.0,
                contact: ContactId::new(codec::uuid(&row.1)?),
                kind: row.2,
                argument: row.3,
                received: Timestamp::from_millis(row.4),
                source: row.5,
                is_first: row.6 == 1,
                sealed: row.7,
                sealing_key: row.8,
            })
        };
        rows.into_iter().map(read).collect()
    }

    /// For each of these (a number of the caller's, a person, a time): template and number of the last marketing message that went
    /// to them by then and not longer than `within_ms` before.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn last_marketing(
        &self,
        asked: &[(i64, ContactId, Timestamp)],
        within_ms: i64,
    ) -> Result<Vec<(i64, Option<String>, String)>, StoreError> {
        let sql = "select cast(r.value ->> 'k' as bigint), m.template, m.number from jsonb_each($1) as r \
                   join message m on m.contact_id = unhex(r.value ->> 'c') and m.id = (select n.id from message n \
                   where n.contact_id = unhex(r.value ->> 'c') and n.direction = 'out' and n.category = 'marketing' \
                   and n.state not in ('denied', 'rejected', 'reserved') and n.at_ms <= cast(r.value ->> 'at' as bigint) \
                   and n.at_ms >= cast(r.value ->> 'from' as bigint) order by n.id desc limit 1)";
        let list = List::of(asked.iter().map(|(key, contact, at)| {
            json!({ "k": key, "c": hex(contact.get()), "at": at.millis(), "from": at.millis().saturating_sub(within_ms) })
        }));
        Ok(on_pool!(self, pool => sqlx::query_as(sql).bind(list.text()).fetch_all(pool).await?))
    }

    /// Messages with ids from one to before another, counted by everything that reports tell apart.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn count_messages(
        &self,
        from: Uuid,
        until: Uuid,
    ) -> Result<Vec<MessageCount>, StoreError> {
        let sql = "select m.direction, m.number, m.category, m.template, m.topic_id, m.state, m.code, m.error_code, count(*) \
                   from message m where m.id >= $1 and m.id < $2 group by m.direction, m.number, m.category, m.template, \
                   m.topic_id, m.state, m.code, m.error_code";
        let (from, until) = (from.as_bytes().to_vec(), until.as_bytes().to_vec());
        let rows: Vec<CountRow> = on_pool!(self, pool => sqlx::query_as(sql).bind(from).bind(until).fetch_all(pool).await?);
        let read = |row: CountRow| {
            let topic = row.4.map(|id| codec::uuid(&id)).transpose()?;
            Ok(MessageCount {
                direction: row.0,
                number: row.1,
                category: row.2,
                template: row.3,
                topic: topic.map(TopicId::new),
                state: row.5,
                code: row.6,
                error_code: row.7,
                count: row.8,
            })
        };
        rows.into_iter().map(read).collect()
    }

    /// The first message with this id or a later one.
    ///
    /// # Errors
    /// When the database does not answer or the row makes no sense.
    pub async fn next_message(&self, from: Uuid) -> Result<Option<Uuid>, StoreError> {
        let sql = "select id from message where id >= $1 order by id limit 1";
        let from = from.as_bytes().to_vec();
        let id: Option<Vec<u8>> =
            on_pool!(self, pool => sqlx::query_scalar(sql).bind(from).fetch_optional(pool).await?);
        id.map(|id| codec::uuid(&id)).transpose()
    }

    /// The slots that will be counted again, and when each was counted last.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn counted_slots(&self) -> Result<Vec<(i64, Timestamp)>, StoreError> {
        let sql = "select slot_ms, counted_ms from tally_slot order by slot_ms";
        let rows: Vec<(i64, i64)> =
            on_pool!(self, pool => sqlx::query_as(sql).fetch_all(pool).await?);
        Ok(rows
            .into_iter()
            .map(|(slot, at)| (slot, Timestamp::from_millis(at)))
            .collect())
    }

    /// Sums over steps of time. Steps without any are left out.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tallies(&self, ask: TallyAsk<'_>) -> Result<Vec<TallyLine>, StoreError> {
        let sql = "select cast(r.value ->> 'i' as bigint) as step, t.what, t.value, cast(sum(t.count) as bigint) \
                   from jsonb_each($1) as r join tally t on t.what = r.value ->> 'w' and t.dimension = $2 \
                   and t.slot_ms >= cast(r.value ->> 'f' as bigint) and t.slot_ms < cast(r.value ->> 't' as bigint) \
                   group by 1, 2, 3 order by 1, 2, 3";
        let steps = ask.steps.iter().enumerate();
        let list = List::of(steps.flat_map(|(at, (from, until))| {
            let step = move |what: &&str| json!({ "i": at, "w": what, "f": from, "t": until });
            ask.whats.iter().map(step)
        }));
        let rows: Vec<(i64, String, String, i64)> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(list.text()).bind(clean(ask.dimension)).fetch_all(pool).await?);
        let read = |(step, what, value, count): (i64, String, String, i64)| {
            Ok(TallyLine {
                step: usize::try_from(step).map_err(|_| corrupt("step", step.to_string()))?,
                what,
                value,
                count,
            })
        };
        rows.into_iter().map(read).collect()
    }
}

impl Tx {
    /// Notes how far something is, if it still is where the caller saw it. Says whether it was.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn move_tally(
        &mut self,
        name: &str,
        from: Option<i64>,
        to: i64,
    ) -> Result<bool, StoreError> {
        let sql = "insert into tally_state (name, value) select $1, $3 where $2 is null or exists \
                   (select 1 from tally_state s where s.name = $1) \
                   on conflict (name) do update set value = excluded.value where tally_state.value = $2";
        let rows = on_tx!(self, conn => sqlx::query(sql).bind(clean(name)).bind(from).bind(to).execute(conn).await?.rows_affected());
        Ok(rows == 1)
    }

    /// Keeps marks of events. One that is there already stays as it is.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn keep_marks(&mut self, marks: &[Mark]) -> Result<(), StoreError> {
        let sql = "insert into tally_event (log_index, slot_ms, what, is_first, is_own, source, topic, number, keyword, template) \
                   select cast(r.value ->> 'i' as bigint), cast(r.value ->> 'at' as bigint), r.value ->> 'w', \
                   cast(r.value ->> 'one' as bigint), cast(r.value ->> 'own' as bigint), r.value ->> 's', r.value ->> 't', \
                   r.value ->> 'n', r.value ->> 'k', r.value ->> 'm' from jsonb_each($1) as r where true \
                   on conflict (log_index) do nothing";
        let list = List::of(marks.iter().map(|mark| {
            json!({ "i": mark.index, "at": mark.slot, "w": mark.what, "one": i64::from(mark.is_first),
                    "own": i64::from(mark.is_own), "s": mark.source, "t": mark.topic, "n": mark.number,
                    "k": mark.keyword, "m": mark.template })
        }));
        on_tx!(self, conn => { sqlx::query(sql).bind(list.text()).execute(conn).await?; });
        Ok(())
    }

    /// Adds the marks of some numbers of the log, from one to before another, to the tallies.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_marks(&mut self, from: i64, until: i64) -> Result<(), StoreError> {
        let sql = "insert into tally (what, dimension, slot_ms, value, count) \
                   select s.what, s.dimension, s.slot_ms, s.value, count(*) from (\
                   select case o.own when 1 then 'own_' || m.what else m.what end as what, d.dimension, m.slot_ms, \
                   case d.dimension when 'source' then m.source when 'topic' then m.topic when 'number' then m.number \
                   when 'keyword' then m.keyword when 'template' then m.template else '' end as value \
                   from tally_event m cross join (select '' as dimension union all select 'source' union all select 'topic' \
                   union all select 'number' union all select 'keyword' union all select 'template') as d \
                   cross join (select 0 as own union all select 1) as o \
                   where m.log_index >= $1 and m.log_index < $2 and m.is_own >= o.own \
                   and (m.is_first = 1 or d.dimension = 'topic')) as s where s.value <> '' or s.dimension = '' \
                   group by s.what, s.dimension, s.slot_ms, s.value \
                   on conflict (what, dimension, slot_ms, value) do update set count = tally.count + excluded.count";
        on_tx!(self, conn => { sqlx::query(sql).bind(from).bind(until).execute(conn).await?; });
        Ok(())
    }

    /// Puts what was counted of the messages of a slot in the place of what was counted before.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn put_tallies(
        &mut self,
        slot: i64,
        kinds: &[(&str, &str)],
        rows: &[TallyRow],
    ) -> Result<(), StoreError> {
        let old = List::of(
            kinds
                .iter()
                .map(|(what, dimension)| json!({ "w": what, "d": dimension })),
        );
        let sql = "delete from tally where slot_ms = $1 and exists (select 1 from jsonb_each($2) as r \
                   where r.value ->> 'w' = tally.what and r.value ->> 'd' = tally.dimension)";
        on_tx!(self, conn => { sqlx::query(sql).bind(slot).bind(old.text()).execute(conn).await?; });
        let sql = "insert into tally (what, dimension, slot_ms, value, count) select r.value ->> 'w', r.value ->> 'd', $1, \
                   r.value ->> 'v', cast(r.value ->> 'n' as bigint) from jsonb_each($2) as r";
        let new = List::of(rows.iter().map(
            |row| json!({ "w": row.what, "d": row.dimension, "v": row.value, "n": row.count }),
        ));
        on_tx!(self, conn => { sqlx::query(sql).bind(slot).bind(new.text()).execute(conn).await?; });
        Ok(())
    }

    /// Notes when a slot was counted.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn note_slot(&mut self, slot: i64, at: Timestamp) -> Result<(), StoreError> {
        let sql = "insert into tally_slot (slot_ms, counted_ms) values ($1, $2) \
                   on conflict (slot_ms) do update set counted_ms = excluded.counted_ms";
        on_tx!(self, conn => { sqlx::query(sql).bind(slot).bind(at.millis()).execute(conn).await?; });
        Ok(())
    }

    /// Slots before this one are not counted again.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn finish_slots(&mut self, before: i64) -> Result<(), StoreError> {
        let sql = "delete from tally_slot where slot_ms < $1";
        on_tx!(self, conn => { sqlx::query(sql).bind(before).execute(conn).await?; });
        Ok(())
    }

    /// Forgets every tally, so that all are made anew. Marks stay, and so does how far they are.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget_tallies(&mut self, names: &[&str]) -> Result<(), StoreError> {
        let list = List::of(names.iter().map(|name| json!({ "n": name })));
        for sql in ["delete from tally", "delete from tally_slot"] {
            on_tx!(self, conn => { sqlx::query(sql).execute(conn).await?; });
        }
        let sql = "delete from tally_state where name in (select r.value ->> 'n' from jsonb_each($1) as r)";
        on_tx!(self, conn => { sqlx::query(sql).bind(list.text()).execute(conn).await?; });
        Ok(())
    }
}

//! A part of a campaign over time: the people of one variant, or those who meet a condition now.

use consent::time::Timestamp;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::figure::{What, counted, moments};
use crate::{
    error::StoreError,
    later::Arg,
    list::hex,
    pool::{Store, on_pool},
    segment::{
        Condition,
        text::{Text, bound},
    },
};

/// Which people of a campaign: those of whom all that is said here holds.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// Those who get this variant, by its place.
    pub variant: Option<i64>,
    /// Those who meet a condition now.
    pub condition: Option<Condition>,
}

impl Part {
    /// Whether it is everybody.
    #[must_use]
    pub const fn is_all(&self) -> bool {
        self.variant.is_none() && self.condition.is_none()
    }
}

impl Store {
    /// What became of the messages to a part of a campaign, by the beginning of the piece of time that it lies in, in order: as
    /// [`series`](Self::series) counts, and with the people who said no within so long after their message was decided. Whoever was
    /// found to be one with somebody else meanwhile counts by the id that the message went to, with what they did by it.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn part_series(
        &self,
        (campaign, part): (Uuid, &Part),
        (within_ms, bucket_ms): (i64, i64),
        now: Timestamp,
    ) -> Result<Vec<(Timestamp, What, i64)>, StoreError> {
        let mut text = Text::of(
            "with told as materialized (select p.contact_id, m.at_ms, coalesce(m.outcome_ms, m.at_ms) as news_ms, m.state \
             from recipient p join message m on m.contact_id = p.contact_id and m.id = p.attempt_id \
             where p.campaign_id = unhex(?) and p.state not in ('waiting', 'denied', 'skipped')",
            vec![Arg::Text(hex(campaign))],
            now,
        );
        if let Some(variant) = part.variant {
            text.say(" and p.variant = ?", vec![Arg::Number(variant)]);
        }
        if let Some(condition) = &part.condition {
            let them = " and exists (select 1 from contact c where c.id = p.contact_id and c.erased_ms is null and ";
            text.say(them, Vec::new());
            text.condition(condition);
            text.say(")", Vec::new());
        }
        let bucket = Arg::Number(bucket_ms.max(1));
        text.say(
            concat!(
                ") select x.at_ms / ? * ?, x.what, count(*) from (",
                moments!(),
                " union all select min(e.received_ms), 'opted_out' from told t join event e on e.contact_id = t.contact_id \
                 and e.kind in ('opt_out', 'platform_stop') and e.received_ms >= t.at_ms and e.received_ms < t.at_ms + ? \
                 where t.state in ('unknown', 'accepted', 'sent', 'delivered', 'read') group by t.contact_id) as x \
                 group by 1, 2 order by 1, 2"
            ),
            vec![bucket.clone(), bucket, Arg::Number(within_ms)],
        );
        let Text { sql, args, .. } = text;
        let rows: Vec<(i64, String, i64)> = on_pool!(self, pool => {
            bound!(sqlx::query_as(AssertSqlSafe(sql)), args).fetch_all(pool).await?
        });
        rows.into_iter().map(counted).collect()
    }
}

//! What people did after a campaign reached them: said no, or wrote. Whoever was found to be one with somebody else meanwhile is one
//! person here, whatever id they were reached by and whatever id they did it by.

use consent::time::Timestamp;
use uuid::Uuid;

use crate::{
    codec,
    error::StoreError,
    pool::{Store, on_pool},
};

/// Tables of a query, each read once, because on a cluster the ids of one person lie on different machines: `kin`, every id of whoever
/// was found to be one with somebody, and who they are now; `met`, those of them whom a message of the campaign `$1` reached or may
/// have reached; `theirs`, every id of these; `acts`, what they did and when, as the caller says.
macro_rules! with_kin {
    ($($acts:tt)*) => {
        concat!(
            "with kin as materialized (select f.former_id as id, f.contact_id as person from former_self f \
             union select f.contact_id, f.contact_id from former_self f), \
             met as materialized (select k.person, p.variant, m.at_ms from kin k \
             join recipient p on p.contact_id = k.id and p.campaign_id = $1 \
             join message m on m.contact_id = p.contact_id and m.id = p.attempt_id \
             and m.state in ('unknown', 'accepted', 'sent', 'delivered', 'read')), \
             theirs as materialized (select k.id, k.person from kin k where k.person in (select r.person from met r)), \
             acts as materialized (",
            $($acts)*,
            ") "
        )
    };
}

/// Whom the campaign `$1` reached or may have reached, as `p`, and their message, as `m`: of those who were never found to be one with
/// anybody.
macro_rules! the_others {
    ($rest:literal) => {
        concat!(
            "from recipient p join message m on m.contact_id = p.contact_id and m.id = p.attempt_id \
             and m.state in ('unknown', 'accepted', 'sent', 'delivered', 'read') ",
            $rest
        )
    };
}

/// How many of each variant did something within `$2`: an act of `acts`, or of what `exists` asks for; less those of whom `less` and
/// `others` say more. Each person once.
macro_rules! by_variant {
    ($acts:literal, $exists:literal, $less:literal, $others:literal) => {
        concat!(
            with_kin!($acts),
            "select x.variant, count(*) from (select p.variant, p.contact_id as person ",
            the_others!(
                "where p.campaign_id = $1 and p.contact_id not in (select k.id from kin k) "
            ),
            "and exists (",
            $exists,
            ")",
            $others,
            " union select r.variant, r.person from met r join acts a on a.person = r.person \
             and a.at_ms >= r.at_ms and a.at_ms < r.at_ms + $2",
            $less,
            ") as x group by x.variant order by x.variant"
        )
    };
}

impl Store {
    /// How many of each variant said no within so long after their message was decided: to us, or by WhatsApp's own switch.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn reached_opt_outs(
        &self,
        campaign: Uuid,
        within_ms: i64,
    ) -> Result<Vec<(i64, i64)>, StoreError> {
        let sql = by_variant!(
            "select t.person, e.received_ms as at_ms from theirs t join event e on e.contact_id = t.id \
             and e.kind in ('opt_out', 'platform_stop')",
            "select 1 from event e where e.contact_id = p.contact_id and e.kind in ('opt_out', 'platform_stop') \
             and e.received_ms >= m.at_ms and e.received_ms < m.at_ms + $2",
            "",
            ""
        );
        self.by_variant(sql, campaign, within_ms).await
    }

    /// How many of each variant wrote to us within so long after their message was decided. Whoever said no within that time is none of
    /// them: a STOP is no reply.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn replies(
        &self,
        campaign: Uuid,
        within_ms: i64,
    ) -> Result<Vec<(i64, i64)>, StoreError> {
        let sql = by_variant!(
            "select t.person, i.at_ms from theirs t join message i on i.contact_id = t.id and i.direction = 'in'), \
             noes as materialized (select t.person, e.received_ms as at_ms from theirs t join event e on e.contact_id = t.id \
             and e.kind in ('opt_out', 'platform_stop')",
            "select 1 from message i where i.contact_id = p.contact_id and i.direction = 'in' \
             and i.at_ms >= m.at_ms and i.at_ms < m.at_ms + $2",
            " and not exists (select 1 from noes n where n.person = r.person and n.at_ms >= r.at_ms and n.at_ms < r.at_ms + $2)",
            " and not exists (select 1 from event e where e.contact_id = p.contact_id \
             and e.kind in ('opt_out', 'platform_stop') and e.received_ms >= m.at_ms and e.received_ms < m.at_ms + $2)"
        );
        self.by_variant(sql, campaign, within_ms).await
    }

    /// People who said no within so long after their message was decided, by the beginning of the piece of time in which we first
    /// learned of it, in order.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn opt_out_series(
        &self,
        campaign: Uuid,
        within_ms: i64,
        bucket_ms: i64,
    ) -> Result<Vec<(Timestamp, i64)>, StoreError> {
        let sql = concat!(
            with_kin!(
                "select t.person, e.received_ms as at_ms from theirs t join event e on e.contact_id = t.id \
                 and e.kind in ('opt_out', 'platform_stop')"
            ),
            "select x.at_ms / $3 * $3, count(*) from (select min(e.received_ms) as at_ms ",
            the_others!(
                "join event e on e.contact_id = p.contact_id and e.kind in ('opt_out', 'platform_stop') "
            ),
            "and e.received_ms >= m.at_ms and e.received_ms < m.at_ms + $2 \
             where p.campaign_id = $1 and p.contact_id not in (select k.id from kin k) group by p.contact_id \
             union all select min(a.at_ms) from met r join acts a on a.person = r.person \
             and a.at_ms >= r.at_ms and a.at_ms < r.at_ms + $2 group by r.person) as x group by 1 order by 1"
        );
        let id = campaign.as_bytes().to_vec();
        let rows: Vec<(i64, i64)> = on_pool!(self, pool => sqlx::query_as(sql)
            .bind(id).bind(within_ms).bind(bucket_ms.max(1)).fetch_all(pool).await?);
        let read = |(at, count)| (Timestamp::from_millis(at), count);
        Ok(rows.into_iter().map(read).collect())
    }

    /// How many people of a campaign opted out, with us or at WhatsApp, after their turn was taken: of all events since a time. Cheap
    /// enough to be asked every few seconds; of an event before somebody was found to be one with somebody else, only that id counts.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn opt_outs_of(&self, campaign: Uuid, since: Timestamp) -> Result<i64, StoreError> {
        // Ids of events begin with their time, so the index by id is the way in: few people opt out, and many are sent to. SQLite keeps
        // to the order of a cross join, and would begin with the recipients otherwise.
        let sql = "with later as materialized (select f.former_id as id, e.received_ms as at_ms from event e \
                   cross join former_self f where f.contact_id = e.contact_id and e.id >= $2 \
                   and e.kind in ('opt_out', 'platform_stop')) \
                   select count(*) from (select p.contact_id from event e cross join recipient p \
                   where e.id >= $2 and p.contact_id = e.contact_id and p.campaign_id = $1 \
                   and e.kind in ('opt_out', 'platform_stop') and p.taken_ms is not null \
                   and p.state in ('sending', 'accepted', 'unknown', 'failed') and e.received_ms >= p.taken_ms \
                   union select p.contact_id from later l cross join recipient p \
                   where p.contact_id = l.id and p.campaign_id = $1 and p.taken_ms is not null \
                   and p.state in ('sending', 'accepted', 'unknown', 'failed') and l.at_ms >= p.taken_ms) as x";
        let first = codec::first_id_of(since).as_bytes().to_vec();
        Ok(on_pool!(self, pool => sqlx::query_scalar(sql)
            .bind(campaign.as_bytes().to_vec()).bind(first).fetch_one(pool).await?))
    }

    async fn by_variant(
        &self,
        sql: &'static str,
        campaign: Uuid,
        within_ms: i64,
    ) -> Result<Vec<(i64, i64)>, StoreError> {
        let id = campaign.as_bytes().to_vec();
        Ok(on_pool!(self, pool => sqlx::query_as(sql)
            .bind(id).bind(within_ms).fetch_all(pool).await?))
    }
}

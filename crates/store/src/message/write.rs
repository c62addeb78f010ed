//! Messages: the reservation before the first byte, the outcome, and what Meta reports later.

use consent::{
    id::{AttemptId, ContactId, TopicId},
    time::Timestamp,
};
use serde_json::json;

use super::{Direction, MessageLine, MessageRow, News, Reservation, State, select_message};
use crate::{
    codec,
    error::StoreError,
    list::{List, hex, hex_of, maybe_hex},
    pool::{Tx, on_tx},
};

macro_rules! insert_message {
    ($rest:literal) => {
        concat!(
            "insert into message (contact_id, id, direction, number, recipient, category, topic_id, template, language, ",
            "state, code, reason, because, basis, policy_version, as_of, at_ms, wamid, fingerprint, sealed) ",
            "select unhex(r.value ->> 'c'), unhex(r.value ->> 'id'), r.value ->> 'd', r.value ->> 'n', r.value ->> 'to', ",
            "r.value ->> 'cat', unhex(r.value ->> 'topic'), r.value ->> 't', r.value ->> 'lang', r.value ->> 's', ",
            "r.value ->> 'code', r.value ->> 'why', r.value ->> 'because', r.value ->> 'basis', ",
            "cast(r.value ->> 'p' as bigint), cast(r.value ->> 'asof' as bigint), cast(r.value ->> 'at' as bigint), ",
            "r.value ->> 'w', unhex(r.value ->> 'f'), unhex(r.value ->> 'x') from jsonb_each($1) as r ",
            $rest
        )
    };
}

// By one id a statement: either has its index, which an `or` of both would not use. What was erased learns no address
// again: Meta's id spells the number.
macro_rules! update_message {
    ($which:literal) => {
        concat!(
            "update message set state = r.value ->> 's', outcome_ms = cast(r.value ->> 'at' as bigint), ",
            "wamid = case when recipient = '' then wamid else coalesce(r.value ->> 'w', wamid) end, ",
            "error_code = coalesce(cast(r.value ->> 'e' as bigint), error_code), ",
            "reason = case when recipient = '' then reason else coalesce(r.value ->> 'why', reason) end, ",
            "unknown_ms = case when r.value ->> 's' = 'unknown' then cast(r.value ->> 'at' as bigint) ",
            "else unknown_ms end ",
            "from jsonb_each($1) as r where message.", $which,
            " and cast(r.value ->> 'rank' as bigint) > case message.state ",
            "when 'denied' then 99 when 'received' then 99 when 'echo' then 5 when 'reserved' then 3 ",
            "when 'unknown' then 4 when 'rejected' then 5 when 'accepted' then 6 when 'sent' then 7 ",
            "when 'failed' then 8 when 'delivered' then 9 else 10 end"
        )
    };
}

impl Tx {
    /// Keeps messages that are not reservations: denials, what came in, echoes.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn keep_messages(&mut self, messages: &[MessageLine]) -> Result<(), StoreError> {
        if messages.is_empty() {
            return Ok(());
        }
        let list = List::of(messages.iter().map(|line| value(line, 0)));
        let sql = insert_message!("where true");
        self.later(sql, vec![list.into()]).await?;
        Ok(())
    }

    /// Claims sends: each is written only if the person's standing and the policy are still those that the verdict
    /// saw. Gives the attempts that were claimed.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn reserve(
        &mut self,
        reservations: &[Reservation<'_>],
        policy_version: i64,
    ) -> Result<Vec<AttemptId>, StoreError> {
        let contacts: Vec<ContactId> = reservations
            .iter()
            .map(|reservation| reservation.message.contact)
            .collect();
        self.share(&contacts).await?;
        let sql = insert_message!(
            "join contact c on c.id = unhex(r.value ->> 'c') and c.version = cast(r.value ->> 'v' as bigint) \
             where (select coalesce(max(version), 0) from policy) = $2 returning id"
        );
        let list = List::of(
            reservations
                .iter()
                .map(|reservation| value(reservation.message, reservation.version)),
        );
        let rows: Vec<(Vec<u8>,)> = on_tx!(self, conn => sqlx::query_as(sql)
            .bind(list.text()).bind(policy_version).fetch_all(conn).await?);
        rows.into_iter()
            .map(|(id,)| Ok(AttemptId::new(codec::uuid(&id)?)))
            .collect()
    }

    /// Takes news of messages in: by the attempt and by Meta's id, whichever they name. News that is lower in the lattice
    /// than what is known changes nothing.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take_news(&mut self, news: &[News]) -> Result<(), StoreError> {
        if news.is_empty() {
            return Ok(());
        }
        // Several news of one message in a batch: the highest last, one statement for each rank.
        let mut sorted: Vec<&News> = news.iter().collect();
        sorted.sort_by_key(|news| news.state);
        for group in sorted.chunk_by(|a, b| a.state == b.state) {
            let named = |by: fn(&News) -> bool| group.iter().copied().filter(move |news| by(news));
            let by_id: Vec<&News> = named(|news| news.id.is_some()).collect();
            let by_wamid: Vec<&News> = named(|news| news.wamid.is_some()).collect();
            for (news, sql) in [
                (by_id, update_message!("id = unhex(r.value ->> 'id')")),
                (by_wamid, update_message!("wamid = r.value ->> 'w'")),
            ] {
                if news.is_empty() {
                    continue;
                }
                let list = List::of(news.iter().map(|news| {
                    json!({ "id": maybe_hex(news.id.map(AttemptId::get)), "w": news.wamid, "s": news.state.word(),
                            "rank": rank(news.state), "e": news.error_code, "why": news.reason, "at": news.at.millis() })
                }));
                self.later(sql, vec![list.into()]).await?;
            }
        }
        Ok(())
    }

    /// Settles reservations that a crash left behind: claimed before `before`, outcome unknown for good.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn settle_abandoned(
        &mut self,
        before: Timestamp,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let sql = "update message set state = 'unknown', unknown_ms = $2, outcome_ms = $2 \
                   where state = 'reserved' and at_ms < $1";
        Ok(on_tx!(self, conn => sqlx::query(sql)
            .bind(before.millis()).bind(now.millis()).execute(conn).await?.rows_affected()))
    }

    /// Reservations that no batch in the log speaks of yet, oldest first.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn unsealed_reservations(
        &mut self,
        limit: u32,
    ) -> Result<Vec<MessageLine>, StoreError> {
        let sql = select_message!(
            "where m.batch_id is null and m.direction = 'out' and m.basis is not null order by m.id limit $1"
        );
        let rows: Vec<MessageRow> =
            on_tx!(self, conn => sqlx::query_as(sql).bind(i64::from(limit)).fetch_all(conn).await?);
        rows.into_iter().map(MessageLine::try_from).collect()
    }

    /// Notes that a batch in the log speaks of these reservations.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn seal_reservations(
        &mut self,
        ids: &[AttemptId],
        batch: uuid::Uuid,
    ) -> Result<(), StoreError> {
        let sql = "update message set batch_id = $2 where id in (select unhex(r.value ->> 'id') from jsonb_each($1) as r)";
        let list = List::of(ids.iter().map(|id| json!({ "id": hex(id.get()) })));
        let batch = batch.as_bytes().to_vec();
        on_tx!(self, conn => { sqlx::query(sql).bind(list.text()).bind(batch).execute(conn).await?; });
        Ok(())
    }
}

fn value(line: &MessageLine, version: i64) -> serde_json::Value {
    let direction = match line.direction {
        Direction::Out => "out",
        Direction::In => "in",
    };
    let (template, language) = line.template.clone().unzip();
    json!({
        "c": hex(line.contact.get()), "id": hex(line.id.get()), "d": direction, "n": line.number, "to": line.recipient,
        "cat": line.category, "topic": maybe_hex(line.topic.map(TopicId::get)), "t": template, "lang": language,
        "s": line.state.word(), "code": line.code, "why": line.reason, "because": line.because.join(" "),
        "basis": line.basis, "p": line.policy_version, "asof": line.as_of, "at": line.at.millis(), "w": line.wamid,
        "f": line.fingerprint.as_ref().map(hex_of), "x": line.sealed.as_ref().map(hex_of), "v": version,
    })
}

/// The rank in the lattice, as the statement of `take_news` counts it.
const fn rank(state: State) -> i64 {
    match state {
        State::Denied => 0,
        State::Received => 1,
        State::Echo => 2,
        State::Reserved => 3,
        State::Unknown => 4,
        State::Rejected => 5,
        State::Accepted => 6,
        State::Sent => 7,
        State::Failed => 8,
        State::Delivered => 9,
        State::Read => 10,
    }
}

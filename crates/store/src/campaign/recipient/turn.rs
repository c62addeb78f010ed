//! Turns: who is drawn, whose turn is taken with the reservation, and how it ends.

use consent::{
    id::{AttemptId, ContactId},
    time::Timestamp,
};
use serde_json::json;
use uuid::Uuid;

use super::State;
use crate::{
    campaign::RUNNING,
    codec,
    error::StoreError,
    list::{List, clean, hex, last_of_each, maybe_hex},
    pool::{Tx, on_tx},
};

/// Somebody who was drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRecipient {
    /// Who.
    pub contact: ContactId,
    /// Which variant they get.
    pub variant: i64,
    /// When their turn comes.
    pub due: Timestamp,
    /// The variables that were given for them alone, as JSON.
    pub extra: Option<String>,
}

/// A turn to be taken, with the reservation of its attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// In which campaign.
    pub campaign: Uuid,
    /// Whose.
    pub contact: ContactId,
    /// The attempt.
    pub attempt: AttemptId,
    /// When.
    pub at: Timestamp,
}

/// How a turn ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// In which campaign.
    pub campaign: Uuid,
    /// Whose.
    pub contact: ContactId,
    /// The attempt, where one was made or written down.
    pub attempt: Option<AttemptId>,
    /// What became of them. [`State::Waiting`] with `due`: they have another turn.
    pub state: State,
    /// The code of a refusal or a failure.
    pub code: Option<String>,
    /// The same in a sentence.
    pub reason: Option<String>,
    /// When their turn comes again; otherwise the old time stays.
    pub due: Option<Timestamp>,
    /// How often it was tried now.
    pub tries: i64,
}

/// How many turns one statement settles after a crash.
const RECONCILED_MAX: i64 = 5_000;
const MERGED: &str = "merged";
const RUNNING_NOW: &str = "select id from campaign where state = $2 \
    and id in (select unhex(r.value ->> 'g') from jsonb_each($1) as r) order by id";
const RUNNING_HELD: &str = "select id from campaign where state = $2 \
    and id in (select unhex(r.value ->> 'g') from jsonb_each($1) as r) order by id for share";

impl Tx {
    /// Adds people to a campaign. Who is in it already stays as they are. Says how many were added.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn add_recipients(
        &mut self,
        campaign: Uuid,
        recipients: &[NewRecipient],
    ) -> Result<u64, StoreError> {
        let sql = "insert into recipient (contact_id, campaign_id, variant, state, due_ms, tries, extra) \
                   select unhex(r.value ->> 'c'), unhex(r.value ->> 'g'), cast(r.value ->> 'v' as bigint), 'waiting', \
                   cast(r.value ->> 'due' as bigint), 0, r.value ->> 'x' from jsonb_each($1) as r \
                   where true on conflict (contact_id, campaign_id) do nothing";
        if recipients.is_empty() {
            return Ok(0);
        }
        let campaign = hex(campaign);
        let list = List::of(recipients.iter().map(|new| {
            json!({ "c": hex(new.contact.get()), "g": campaign, "v": new.variant, "due": new.due.millis(), "x": new.extra })
        }));
        Ok(
            on_tx!(self, conn => sqlx::query(sql).bind(list.text()).execute(conn).await?.rows_affected()),
        )
    }

    /// Takes turns, in the transaction that reserves their attempts: gives those that were really taken, for which alone there may
    /// be a reservation. A turn is taken only once, and only in a campaign that is [`RUNNING`]; until the end of the transaction
    /// nobody can change that, so a pause is in force for all that commits after it.
    ///
    /// # Errors
    /// When the database does not answer or a row makes no sense.
    pub async fn take_turns(
        &mut self,
        turns: &[Turn],
    ) -> Result<Vec<(Uuid, ContactId)>, StoreError> {
        if turns.is_empty() {
            return Ok(vec![]);
        }
        let campaigns = last_of_each(turns, |turn| turn.campaign);
        let campaigns = List::of(
            campaigns
                .iter()
                .map(|turn| json!({ "g": hex(turn.campaign) })),
        );
        let running = if self.is_the_only_writer() {
            RUNNING_NOW
        } else {
            RUNNING_HELD
        };
        let running: Vec<(Vec<u8>,)> = on_tx!(self, conn => sqlx::query_as(running)
            .bind(campaigns.text()).bind(RUNNING).fetch_all(conn).await?);
        let running: Result<Vec<Uuid>, _> = running.iter().map(|(id,)| codec::uuid(id)).collect();
        let running = running?;
        // On a cluster campaigns and recipients lie on different machines: two statements, and no join.
        let turns = last_of_each(turns, |turn| (turn.contact, turn.campaign));
        let turns = turns
            .into_iter()
            .filter(|turn| running.contains(&turn.campaign));
        let list = List::of(turns.map(|turn| {
            json!({ "g": hex(turn.campaign), "c": hex(turn.contact.get()), "a": hex(turn.attempt.get()),
                    "at": turn.at.millis() })
        }));
        let sql = "update recipient set state = 'sending', attempt_id = unhex(r.value ->> 'a'), \
                   taken_ms = cast(r.value ->> 'at' as bigint), due_ms = cast(r.value ->> 'at' as bigint), code = null, reason = null from jsonb_each($1) as r \
                   where recipient.contact_id = unhex(r.value ->> 'c') and recipient.campaign_id = unhex(r.value ->> 'g') \
                   and recipient.state = 'waiting' returning recipient.campaign_id, recipient.contact_id";
        let rows: Vec<(Vec<u8>, Vec<u8>)> =
            on_tx!(self, conn => sqlx::query_as(sql).bind(list.text()).fetch_all(conn).await?);
        rows.into_iter()
            .map(|(campaign, contact)| {
                let contact = ContactId::new(codec::uuid(&contact)?);
                Ok((codec::uuid(&campaign)?, contact))
            })
            .collect()
    }

    /// Ends turns. One that was taken ends only by its own attempt, also when it was given up as unknown in between; who still
    /// waits can be refused, skipped or put off, with an attempt that was only written down or with none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn settle_recipients(&mut self, settled: &[Settled]) -> Result<(), StoreError> {
        if settled.is_empty() {
            return Ok(());
        }
        let sql = "update recipient set state = r.value ->> 's', code = r.value ->> 'code', reason = r.value ->> 'why', \
                   due_ms = coalesce(cast(r.value ->> 'due' as bigint), recipient.due_ms), \
                   tries = cast(r.value ->> 'n' as bigint), \
                   attempt_id = coalesce(unhex(r.value ->> 'a'), recipient.attempt_id) from jsonb_each($1) as r \
                   where recipient.contact_id = unhex(r.value ->> 'c') and recipient.campaign_id = unhex(r.value ->> 'g') \
                   and ((recipient.state in ('sending', 'unknown') and recipient.attempt_id = unhex(r.value ->> 'a')) \
                   or (recipient.state = 'waiting' and r.value ->> 's' in ('waiting', 'denied', 'failed', 'skipped') \
                   and (r.value ->> 'a' is null or recipient.attempt_id is null \
                   or recipient.attempt_id <> unhex(r.value ->> 'a'))))";
        let settled = last_of_each(settled, |one| (one.contact, one.campaign));
        let list = List::of(settled.into_iter().map(|one| {
            json!({ "g": hex(one.campaign), "c": hex(one.contact.get()), "a": maybe_hex(one.attempt.map(AttemptId::get)),
                    "s": one.state.word(), "code": one.code, "why": one.reason, "n": one.tries,
                    "due": one.due.map(Timestamp::millis) })
        }));
        self.later(sql, vec![list.into()]).await
    }

    /// Skips people who still wait in a campaign, at most so many: for a campaign that ends. Says how many; call it until none is
    /// left.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn skip_waiting(
        &mut self,
        campaign: Uuid,
        code: &str,
        limit: u32,
    ) -> Result<u64, StoreError> {
        // The state of those that are changed goes through a function: each piece is found by its keys, and does not read all who wait.
        let sql = "update recipient set state = 'skipped', code = $2 where campaign_id = $1 and coalesce(state, '') = 'waiting' \
                   and contact_id in (select w.contact_id from recipient w where w.campaign_id = $1 and w.state = 'waiting' limit $3)";
        let id = campaign.as_bytes().to_vec();
        Ok(
            on_tx!(self, conn => sqlx::query(sql).bind(id).bind(clean(code))
            .bind(i64::from(limit)).execute(conn).await?.rows_affected()),
        )
    }

    /// Settles turns that were taken before `before` and that nobody ended, as after a crash, by what became of their messages.
    /// Those whose message is still reserved stay. A few thousand at a time, so that no opt-out waits behind it: says how many were
    /// settled; call it until none is left.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn reconcile(
        &mut self,
        campaign: Uuid,
        before: Timestamp,
    ) -> Result<u64, StoreError> {
        let sql = "update recipient set state = case m.state when 'rejected' then 'failed' when 'failed' then 'failed' \
                   when 'denied' then 'denied' when 'unknown' then 'unknown' else 'accepted' end, \
                   code = coalesce(m.code, cast(m.error_code as text)), reason = m.reason, tries = recipient.tries + 1 from message m \
                   where recipient.campaign_id = $1 and coalesce(recipient.state, '') = 'sending' and recipient.taken_ms < $2 \
                   and m.contact_id = recipient.contact_id and m.id = recipient.attempt_id and m.state <> 'reserved' \
                   and recipient.contact_id in (select p.contact_id from recipient p \
                   join message n on n.contact_id = p.contact_id and n.id = p.attempt_id and coalesce(n.state, '') <> 'reserved' \
                   where p.campaign_id = $1 and p.state = 'sending' and p.taken_ms < $2 limit $3)";
        let id = campaign.as_bytes().to_vec();
        Ok(
            on_tx!(self, conn => sqlx::query(sql).bind(id).bind(before.millis())
            .bind(RECONCILED_MAX).execute(conn).await?.rows_affected()),
        )
    }

    /// Takes the turns that a contact still waits for over to whoever the contact was found to be. What was tried already stays with
    /// the old id, as its messages do. Nobody has two turns in a campaign: where both are in it, one of them is skipped, and where
    /// either may have been reached, whoever still waits.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn move_recipients(
        &mut self,
        from: ContactId,
        to: ContactId,
    ) -> Result<(), StoreError> {
        let reached = "update recipient set state = 'skipped', code = $3 where contact_id = $2 and state = 'waiting' \
                       and campaign_id in (select o.campaign_id from recipient o where o.contact_id = $1 \
                       and o.state in ('sending', 'accepted', 'failed', 'unknown'))";
        let twice = "update recipient set state = 'skipped', code = $3 where contact_id = $1 and state = 'waiting' \
                     and campaign_id in (select o.campaign_id from recipient o where o.contact_id = $2)";
        let copy = "insert into recipient (contact_id, campaign_id, variant, state, due_ms, tries, code, reason, extra) \
                    select $2, o.campaign_id, o.variant, o.state, o.due_ms, o.tries, o.code, o.reason, o.extra from recipient o \
                    where o.contact_id = $1 and o.state = 'waiting'";
        let leave = "delete from recipient where contact_id = $1 and state = 'waiting'";
        let (from, to) = (from.get().as_bytes().to_vec(), to.get().as_bytes().to_vec());
        for sql in [reached, twice] {
            on_tx!(self, conn => { sqlx::query(sql).bind(&from).bind(&to).bind(MERGED).execute(conn).await?; });
        }
        on_tx!(self, conn => { sqlx::query(copy).bind(&from).bind(&to).execute(conn).await?; });
        on_tx!(self, conn => { sqlx::query(leave).bind(&from).execute(conn).await?; });
        Ok(())
    }
}

pub(super) fn attempts(attempts: &[(ContactId, AttemptId)]) -> List {
    List::of(
        attempts
            .iter()
            .map(|(contact, attempt)| json!({ "c": hex(contact.get()), "a": hex(attempt.get()) })),
    )
}

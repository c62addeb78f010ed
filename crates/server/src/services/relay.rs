//! Handing webhooks on to the app behind us, in order for each sender.

use std::collections::{BTreeMap, BTreeSet};

use consent::{
    id::{AttemptId, ContactId},
    time::{HOUR_MS, MINUTE_MS, Timestamp},
};
use futures::{StreamExt, stream};
use graph::{callback::restore_callbacks, signature};
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use store::{message::MessageLine, pool::Tx, relay::RelayLine, template::Notice};

use crate::{
    app::{App, House},
    error::Error,
    services::token,
};

/// What bodies are sealed for while they wait, under the key of the house.
pub const PURPOSE: &str = "relay";

/// What the caller's own callback data is sealed for, under the person's key.
pub const CALLBACK_PURPOSE: &str = "callback";

/// How many bodies are taken in one go, each of another sender.
const BATCH_MAX: u32 = 128;

/// How many are on their way at once.
const AT_ONCE_MAX: usize = 16;

/// The first gap before another try, in milliseconds; it doubles each time.
const GAP_MS: i64 = 1_000;

/// The longest gap between two tries, in milliseconds.
const GAP_MAX_MS: i64 = 10 * MINUTE_MS;

/// A body to hand on.
pub struct Body<'a> {
    /// The bytes as they came.
    pub raw: &'a [u8],
    /// The signature header as it came.
    pub signature: &'a str,
    /// Whose bodies must stay in order with it.
    pub sender: String,
}

/// What became of one try.
enum Tried {
    Taken,
    Failed(String),
}

/// Puts bodies in line, where there is an app to hand them on to. Byte for byte with the signature they came with; only
/// where one carries our own token does the caller's value go back in its place, and we sign anew.
///
/// # Errors
/// When the database does not answer, or the machine gives no random bytes.
pub async fn enqueue<'a>(
    app: &House,
    tx: &mut Tx,
    bodies: &[Body<'_>],
    sent: impl Fn(AttemptId) -> Option<&'a MessageLine>,
) -> Result<(), Error> {
    if app.config.relay.url.is_none() || bodies.is_empty() {
        return Ok(());
    }
    let kept = Kept::of(app, tx, bodies, sent).await?;
    let mut lines = Vec::with_capacity(bodies.len());
    for body in bodies {
        let restored = restore_callbacks(body.raw, |text| kept.callback(text));
        let (bytes, signature) = match (&restored, app.app_secrets.first()) {
            (Some(bytes), Some(secret)) => (bytes.as_slice(), signature::sign(secret, bytes)),
            (_, _) => (body.raw, body.signature.to_owned()),
        };
        let sealed = app.vault.house().seal(PURPOSE, bytes);
        lines.push(RelayLine {
            id: app.clock.id(),
            sender: body.sender.clone(),
            sealed: sealed.map_err(Error::internal)?,
            signature,
            attempts: 0,
            created: app.clock.now(),
        });
    }
    Ok(tx.enqueue_relays(&lines).await?)
}

/// Hands on what is due, one body a sender. Gives how many it tried. One node at a time may do this: its worker holds
/// the lease.
///
/// # Errors
/// When the database does not answer.
pub async fn step(app: &App) -> Result<usize, Error> {
    let Some(url) = app.config.relay.url.as_deref() else {
        return Ok(0);
    };
    let due = app.store.due_relays(app.clock.now(), BATCH_MAX).await?;
    let count = due.len();
    let tries = due.into_iter().map(|line| async move {
        let tried = post(app, url, &line).await;
        settle(app, &line, tried).await
    });
    let mut done = stream::iter(tries).buffer_unordered(AT_ONCE_MAX);
    let mut failed = None;
    while let Some(settled) = done.next().await {
        failed = settled.err().or(failed);
    }
    failed.map_or(Ok(count), Err)
}

async fn post(app: &App, url: &str, line: &RelayLine) -> Tried {
    let body = match app.vault.house().open(PURPOSE, &line.sealed) {
        Ok(body) => body,
        Err(error) => return Tried::Failed(error.to_string()),
    };
    let request = app
        .relay
        .post(url)
        .header(CONTENT_TYPE, "application/json")
        .header(signature::HEADER, &line.signature)
        .body(body);
    match request.send().await {
        Ok(answer) if answer.status().is_success() => Tried::Taken,
        Ok(answer) => Tried::Failed(format!("it answered {}", answer.status().as_u16())),
        Err(error) => Tried::Failed(error.without_url().to_string()),
    }
}

async fn settle(app: &App, line: &RelayLine, tried: Tried) -> Result<(), Error> {
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    match tried {
        Tried::Taken => {
            tx.end_relays(&[line.id]).await?;
            metrics::counter!("consentry_relay_delivered_total").increment(1);
        }
        Tried::Failed(why) if is_over(app, line, now) => {
            tracing::error!(relay.id = %line.id, tries = line.attempts + 1, why, "gave up handing a webhook on");
            tx.end_relays(&[line.id]).await?;
            tx.keep_notices(&[given_up(app, line, &why)]).await?;
            metrics::counter!("consentry_relay_given_up_total").increment(1);
        }
        Tried::Failed(why) => {
            let until = now.plus_millis(gap(line.attempts));
            tracing::warn!(relay.id = %line.id, tries = line.attempts + 1, why, "could not hand a webhook on yet");
            tx.put_off_relay(line.id, until).await?;
        }
    }
    Ok(tx.commit().await?)
}

fn is_over(app: &App, line: &RelayLine, now: Timestamp) -> bool {
    now.millis_since(line.created) >= app.config.relay.give_up_hours.saturating_mul(HOUR_MS)
}

fn given_up(app: &App, line: &RelayLine, why: &str) -> Notice {
    Notice {
        id: app.clock.id(),
        at: app.clock.now(),
        account: None,
        number: None,
        kind: "relay_given_up".to_owned(),
        body: format!("after {} tries: {why}", line.attempts + 1),
    }
}

/// 1 s, 2 s, 4 s, … 10 minutes.
fn gap(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts.clamp(0, 30)).unwrap_or(30);
    GAP_MS.saturating_mul(1_i64 << doublings).min(GAP_MAX_MS)
}

/// What the gate keeps of a caller's callback data.
#[derive(Deserialize)]
struct Sealed {
    callback: Option<String>,
}

/// The callers' own callback data of every message that some bodies speak of.
struct Kept(BTreeMap<AttemptId, Option<String>>);

impl Kept {
    async fn of<'a>(
        app: &House,
        tx: &mut Tx,
        bodies: &[Body<'_>],
        sent: impl Fn(AttemptId) -> Option<&'a MessageLine>,
    ) -> Result<Self, Error> {
        let mut lines: BTreeMap<AttemptId, &MessageLine> = BTreeMap::new();
        for body in bodies {
            let _ = restore_callbacks(body.raw, |text| {
                let (attempt, _) = token::read(text)?;
                lines.extend(sent(attempt).map(|line| (attempt, line)));
                None
            });
        }
        let contacts: BTreeSet<ContactId> = lines.values().map(|line| line.contact).collect();
        let contacts: Vec<ContactId> = contacts.into_iter().collect();
        let mut keys = BTreeMap::from([(ContactId::HOUSE, app.vault.house().clone())]);
        if !contacts.is_empty() {
            for person in tx.persons(&contacts).await? {
                let wrapped = person.sealing_key.as_deref();
                let key = wrapped.and_then(|wrapped| app.vault.person(person.id, wrapped).ok());
                keys.extend(key.map(|key| (person.id, key)));
            }
        }
        let callback = |line: &MessageLine| {
            let sealed = line.sealed.as_deref()?;
            let bytes = keys.get(&line.contact)?.open(CALLBACK_PURPOSE, sealed);
            let sealed: Sealed = serde_json::from_slice(&bytes.ok()?).ok()?;
            sealed.callback
        };
        let kept = lines.iter().map(|(id, line)| (*id, callback(line)));
        Ok(Self(kept.collect()))
    }

    /// What stands in the place of our token. A token of ours whose line is gone stands for nothing that the caller
    /// could know: it is taken out.
    fn callback(&self, text: &str) -> Option<Option<String>> {
        let (attempt, _) = token::read(text)?;
        Some(self.0.get(&attempt).cloned().flatten())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gaps_grow_from_a_second_to_ten_minutes() {
        assert_eq!(
            [0, 1, 2, 9, 10, 500].map(gap),
            [1_000, 2_000, 4_000, 512_000, 600_000, 600_000]
        );
    }
}

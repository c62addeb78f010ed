//! The way of an update to its POST: held, delayed, shuffled, dropped, gathered and doubled, as the settings say.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::{
    outgoing::job::Job,
    webhook::{
        outbox::{Parcel, Update},
        wire,
    },
    world::World,
};

const WAITING_MAX: usize = 200_000;
const PARCELS_MAX: usize = 50_000;
const BATCH_MAX: usize = 1_000;

impl World {
    pub fn publish(&mut self, mut update: Update) {
        let settings = &mut self.settings;
        if settings.standby && matches!(update.field.as_str(), "messages" | "smb_message_echoes") {
            update.field = "standby".to_owned();
        }
        let wanted = settings.fields.is_empty() || settings.fields.contains(&update.field);
        if !wanted || !self.subscriptions.contains_key(&update.account) {
            return;
        }
        if settings.webhooks.drop_next > 0 {
            settings.webhooks.drop_next -= 1;
            self.counts.webhooks_dropped += 1;
            return;
        }
        if let Some(held) = &mut self.outbox.held {
            held.push(update);
            return;
        }
        match self.settings.webhooks.delay_ms {
            0 => self.enqueue(update),
            delay_ms => self.schedule(delay_ms, Job::Publish(update)),
        }
    }

    pub fn enqueue(&mut self, update: Update) {
        let shuffle_ms = self.settings.webhooks.shuffle_ms;
        if shuffle_ms > 0 {
            self.outbox.shuffling.push(update);
            if self.outbox.shuffling.len() == 1 {
                self.schedule(shuffle_ms, Job::Shuffled);
            }
            return;
        }
        self.line_up(update);
    }

    pub fn pour_shuffled(&mut self) {
        let mut updates = std::mem::take(&mut self.outbox.shuffling);
        self.dice.shuffle(&mut updates);
        updates.into_iter().for_each(|update| self.line_up(update));
    }

    fn line_up(&mut self, update: Update) {
        if self.outbox.waiting.len() >= WAITING_MAX {
            self.outbox.waiting.pop_front();
            self.counts.webhooks_lost += 1;
        }
        self.outbox
            .waiting
            .push_back((self.clock.mono_ns(), update));
        self.bells.post.notify_one();
    }

    /// From here on updates gather, until [`World::release_together`].
    pub fn hold_together(&mut self) {
        self.outbox.held = Some(Vec::new());
    }

    /// Puts all that was gathered into one POST; tells how many updates that were.
    pub fn release_together(&mut self) -> usize {
        let updates = self.outbox.held.take().unwrap_or_default();
        let count = updates.len();
        if count > 0 {
            self.pack(&updates);
        }
        count
    }

    /// A body of the caller's making, signed like any other.
    pub fn post_raw(&mut self, body: Bytes) -> u64 {
        self.push_parcel(body, None)
    }

    pub fn try_again(&mut self, parcel: Arc<Parcel>, attempt: usize) {
        self.outbox.parcels.push_back((parcel, attempt));
        self.bells.post.notify_one();
    }

    /// The next POST to make, if one may be made now.
    pub fn next_parcel(&mut self) -> Option<(Arc<Parcel>, usize, String)> {
        let callback = self.callback.clone()?;
        let hooks = &self.settings.webhooks;
        if hooks.paused || self.outbox.in_flight >= hooks.concurrency.max(1) {
            return None;
        }
        if self.outbox.parcels.is_empty() {
            self.gather();
        }
        let (parcel, attempt) = self.outbox.parcels.pop_front()?;
        self.outbox.in_flight += 1;
        let url = parcel.elsewhere.clone().unwrap_or(callback);
        Some((parcel, attempt, url))
    }

    fn gather(&mut self) {
        let hooks = &self.settings.webhooks;
        let (most, batch_ms) = (hooks.batch_max.clamp(1, BATCH_MAX), hooks.batch_ms);
        let Some(&(since_ns, _)) = self.outbox.waiting.front() else {
            return;
        };
        let ripe_ns = since_ns.saturating_add(batch_ms.saturating_mul(1_000_000));
        let now_ns = self.clock.mono_ns();
        if self.outbox.waiting.len() < most && ripe_ns > now_ns {
            let wait_ms = (ripe_ns - now_ns) / 1_000_000 + 1;
            if !self.jobs.iter().any(|due| matches!(due.0.job, Job::Ripe)) {
                self.schedule(wait_ms, Job::Ripe);
            }
            return;
        }
        let first = self
            .outbox
            .waiting
            .front()
            .map(|(_, update)| self.elsewhere(update));
        let mut together = Vec::new();
        while together.len() < most {
            let fits = self
                .outbox
                .waiting
                .front()
                .is_some_and(|(_, next)| Some(self.elsewhere(next)) == first);
            if !fits {
                break;
            }
            together.extend(self.outbox.waiting.pop_front().map(|(_, update)| update));
        }
        self.pack(&together);
    }

    /// An override takes the `messages` field and no other.
    fn elsewhere(&self, update: &Update) -> Option<String> {
        let subscription = self.subscriptions.get(&update.account)?;
        subscription
            .override_callback
            .clone()
            .filter(|_| update.field == "messages")
    }

    fn pack(&mut self, updates: &[Update]) {
        let elsewhere = updates.first().and_then(|update| self.elsewhere(update));
        let body = Bytes::from(wire::bytes(&envelope(updates)));
        self.push_parcel(body, elsewhere);
    }

    fn push_parcel(&mut self, body: Bytes, elsewhere: Option<String>) -> u64 {
        self.made += 1;
        let signature = wire::signature(&self.options.app_secret, &body);
        let parcel = Arc::new(Parcel {
            id: self.made,
            elsewhere,
            body,
            signature,
        });
        for _ in 0..=self.settings.webhooks.duplicate {
            if self.outbox.parcels.len() >= PARCELS_MAX {
                self.counts.webhooks_lost += 1;
                break;
            }
            self.outbox.parcels.push_back((parcel.clone(), 0));
        }
        self.bells.post.notify_one();
        parcel.id
    }
}

fn envelope(updates: &[Update]) -> Value {
    let mut entries: Vec<Value> = Vec::new();
    for chunk in updates.chunk_by(|one, next| one.account == next.account && one.time == next.time)
    {
        let Some(first) = chunk.first() else { continue };
        let mut entry = Map::new();
        entry.insert("id".to_owned(), json!(first.account));
        if let Some(time) = first.time {
            entry.insert("time".to_owned(), json!(time));
        }
        let changes: Vec<Value> = chunk
            .iter()
            .map(|update| json!({"field": update.field, "value": update.value}))
            .collect();
        entry.insert("changes".to_owned(), Value::Array(changes));
        entries.push(Value::Object(entry));
    }
    json!({"object": "whatsapp_business_account", "entry": entries})
}

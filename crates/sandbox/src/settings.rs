//! What a test or a person may change while the simulator runs.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json;

/// Delays, rules and faults; `PATCH /sandbox/settings` changes any of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// From the accepted send to its `sent` (or `failed`) status.
    pub sent_ms: u64,
    /// From `sent` to `delivered`.
    pub delivered_ms: u64,
    /// From `delivered` to `read`, for people who read.
    pub read_ms: u64,
    /// From the creation of a template to its approval.
    pub template_review_ms: u64,
    /// Where 131026, 131047, 131049, 131050 and 130403 are told.
    pub refusals: Refusals,
    /// Enforce one message in 6 s to one person, with a burst of 45 (131056).
    pub pair_rate: bool,
    /// Messages a second for one number before 130429; 0 is without limit.
    pub throughput_per_s: u32,
    /// What happens to a number that belongs to no customer.
    pub unknown_recipients: Unknown,
    /// Hold marketing to +1 numbers back with 131049, as Meta does since April 2025.
    pub us_marketing_held: bool,
    /// Deliver what belongs to `messages` under `standby`, as if another handler held the thread.
    pub standby: bool,
    /// Webhook fields the app is subscribed to; empty is all.
    pub fields: Vec<String>,
    /// How webhooks travel.
    pub webhooks: Webhooks,
}

/// How webhooks travel, and what goes wrong on the way.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Webhooks {
    /// Updates in one POST at most (1 to 1000).
    pub batch_max: usize,
    /// How long an update may wait for others to share its POST.
    pub batch_ms: u64,
    /// POSTs under way at once; 1 keeps the order.
    pub concurrency: usize,
    /// How long an answer may take.
    pub timeout_ms: u64,
    /// Gaps between attempts after an answer other than 200; when they are used up the update is lost.
    pub retry_gaps_ms: Vec<u64>,
    /// Deliver each POST this many times more.
    pub duplicate: u32,
    /// Collect updates for so long and deliver them in a drawn order; 0 is off.
    pub shuffle_ms: u64,
    /// Hold each update back so long.
    pub delay_ms: u64,
    /// Lose the next so many updates.
    pub drop_next: u64,
    /// Deliver nothing while true; what happens meanwhile waits.
    pub paused: bool,
    /// For the draw of `shuffle_ms`.
    pub seed: u64,
}

/// Whether a send that cannot reach the person fails at once or by webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusals {
    /// 200, then a `failed` status: what Meta normally does.
    Webhook,
    /// HTTP 400 at once.
    Sync,
}

/// What a number without a customer behind it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unknown {
    /// A person we do not show: accepted, sent, delivered.
    Deliver,
    /// Nobody: 131026.
    Undeliverable,
}

impl Settings {
    /// The same with `patch` laid over it; says which key was not understood.
    pub fn patched(&self, patch: Value) -> Result<Self, serde_json::Error> {
        let mut whole = serde_json::to_value(self)?;
        json::overlay(&mut whole, patch);
        serde_json::from_value(whole)
    }

    /// No delays at all, for tests.
    pub fn immediate() -> Self {
        let webhooks = Webhooks {
            retry_gaps_ms: vec![20, 40, 80],
            ..Webhooks::default()
        };
        Self {
            sent_ms: 0,
            delivered_ms: 0,
            read_ms: 0,
            template_review_ms: 0,
            webhooks,
            ..Self::default()
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            sent_ms: 150,
            delivered_ms: 350,
            read_ms: 1_500,
            template_review_ms: 500,
            refusals: Refusals::Webhook,
            pair_rate: false,
            throughput_per_s: 0,
            unknown_recipients: Unknown::Deliver,
            us_marketing_held: false,
            standby: false,
            fields: Vec::new(),
            webhooks: Webhooks::default(),
        }
    }
}

impl Default for Webhooks {
    fn default() -> Self {
        Self {
            batch_max: 1,
            batch_ms: 0,
            concurrency: 1,
            timeout_ms: 10_000,
            retry_gaps_ms: vec![
                1_000, 5_000, 30_000, 120_000, 600_000, 3_600_000, 14_400_000,
            ],
            duplicate: 0,
            shuffle_ms: 0,
            delay_ms: 0,
            drop_next: 0,
            paused: false,
            seed: 1,
        }
    }
}

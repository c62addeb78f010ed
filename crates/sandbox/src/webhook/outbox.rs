//! What is on its way to the business: updates that wait, POSTs to make, and the log of attempts.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use crate::{clock::Moment, ring::Ring};

const LOG_MAX: usize = 5_000;
const LOG_BODY_BYTES: usize = 64 * 1024;
/// One change, as it stands in `entry[].changes[]`.
#[derive(Clone, Debug)]
pub struct Update {
    pub account: String,
    pub field: String,
    pub value: Value,
    /// `entry.time`, on account fields only.
    pub time: Option<i64>,
}

/// One POST, signed.
#[derive(Debug)]
pub struct Parcel {
    pub id: u64,
    /// Where it goes instead of the app's own callback.
    pub elsewhere: Option<String>,
    pub body: Bytes,
    pub signature: String,
}

/// One attempt to deliver, in the log.
#[derive(Debug, Serialize)]
pub struct Delivery {
    pub parcel: u64,
    pub attempt: usize,
    pub url: String,
    pub at: Moment,
    pub body: String,
    pub signature: String,
    pub status: Option<u16>,
    pub error: Option<String>,
    pub took_ms: Option<u64>,
}

/// That an account is heard, and where its `messages` go instead of the callback.
#[derive(Clone, Debug, Default)]
pub struct Subscription {
    pub override_callback: Option<String>,
}

pub struct Outbox {
    /// With the moment each came, for the gathering.
    pub waiting: VecDeque<(u64, Update)>,
    pub shuffling: Vec<Update>,
    /// With the number of attempts already made.
    pub parcels: VecDeque<(Arc<Parcel>, usize)>,
    /// What gathers for one POST, while a test holds it together.
    pub held: Option<Vec<Update>>,
    pub in_flight: usize,
    pub log: Ring<Delivery>,
}

impl Default for Outbox {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            shuffling: Vec::new(),
            parcels: VecDeque::new(),
            held: None,
            in_flight: 0,
            log: Ring::new(LOG_MAX),
        }
    }
}

impl Outbox {
    pub fn is_idle(&self, delivers: bool) -> bool {
        let queued = !self.waiting.is_empty() || !self.parcels.is_empty();
        self.in_flight == 0 && self.shuffling.is_empty() && !(delivers && queued)
    }

    pub fn queued(&self) -> usize {
        self.waiting.len() + self.shuffling.len() + self.parcels.len()
    }

    pub fn note(&mut self, delivery: Delivery) -> u64 {
        let kept: String = delivery.body.chars().take(LOG_BODY_BYTES).collect();
        self.log.push(Delivery {
            body: kept,
            ..delivery
        })
    }
}

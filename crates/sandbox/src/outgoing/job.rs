//! What is to be done later, and when: the earliest first, and in the order of asking.

use std::{cmp::Ordering, sync::Arc};

use crate::{
    chat::Out,
    webhook::outbox::{Parcel, Update},
};

pub enum Job {
    Step { out: Arc<Out>, step: Step },
    Publish(Update),
    Shuffled,
    Ripe,
    Retry { parcel: Arc<Parcel>, attempt: usize },
    Review { template: u64 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Sent,
    Delivered,
    Read,
}

pub struct Due {
    pub at_ns: u64,
    pub seq: u64,
    pub job: Job,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at_ns, self.seq).cmp(&(other.at_ns, other.seq))
    }
}

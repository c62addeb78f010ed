//! A send that waits to be reserved, with all others that do at the same time.

use std::{sync::Arc, time::Instant};

use consent::policy::Policy;
use store::{campaign::recipient::Turn, contact::Person, message::MessageLine};

use crate::afoot::Underway;

/// A claim to one send: it goes through only if neither the person nor the policy has changed since it was decided.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The reservation.
    pub line: MessageLine,
    /// The version of the person's standing that the verdict saw.
    pub version: i64,
    /// The version of the policy that it saw, as the table counts it.
    pub policy_row: i64,
    /// The person, where a cap counts this send: the next claim must see it, so their version moves.
    pub capped: Option<Box<(Person, Arc<Policy>)>>,
    /// The turn in a campaign that it takes, and how often that person was tried before.
    pub turn: Option<(Turn, i64)>,
}

/// A claim that went through: the reservation is on disk.
#[derive(Debug)]
pub struct Claimed {
    /// When the life of the permit began.
    pub reserved: Instant,
    /// To be held until the send has ended.
    pub underway: Underway,
}

//! The token without which nothing can be sent.

use std::time::{Duration, Instant};

use crate::{
    alias::Bsuid,
    id::{AttemptId, NumberId},
    phone::Phone,
};

/// How long after its reservation a permit may still start a send.
pub const PERMIT_LIFE: Duration = Duration::from_millis(100);

/// Who a message is addressed to, as the request named them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Recipient {
    /// A telephone number (`to`).
    Phone(Phone),
    /// A business-scoped user id (`recipient`).
    Bsuid(Bsuid),
    /// A group, whose members we cannot check (`to` with `recipient_type: group`).
    Group(String),
}

/// Leave to send one message once. Made from a clearance of the verdict and a durable reservation,
/// spent by the one function that posts to Meta.
///
/// It cannot be made anywhere else:
/// ```compile_fail
/// use consent::permit::Permit;
/// let forged = Permit { attempt: todo!(), number: todo!(), void_at: todo!() };
/// ```
/// and it cannot be used twice:
/// ```compile_fail
/// fn twice(permit: consent::permit::Permit) -> (consent::permit::Permit, consent::permit::Permit) {
///     (permit.clone(), permit)
/// }
/// ```
#[derive(Debug)]
pub struct Permit {
    attempt: AttemptId,
    number: NumberId,
    void_at: Instant,
}

impl Permit {
    pub(crate) fn new(attempt: AttemptId, number: NumberId, reserved: Instant) -> Self {
        Self {
            attempt,
            number,
            void_at: reserved + PERMIT_LIFE,
        }
    }

    /// The attempt that the reservation claimed.
    #[must_use]
    pub const fn attempt(&self) -> AttemptId {
        self.attempt
    }

    /// The number that sends.
    #[must_use]
    pub const fn number(&self) -> &NumberId {
        &self.number
    }

    /// Whether the send may still start. Asked immediately before the first byte.
    #[must_use]
    pub fn is_live(&self, now: Instant) -> bool {
        now < self.void_at
    }
}

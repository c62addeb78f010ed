//! The token without which nothing can be sent.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

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

/// Somebody who wants to know when a send starts.
pub trait Onlooker: fmt::Debug + Send + Sync {
    /// It was let start: the first byte leaves right after this.
    fn started(&self, at: Instant);
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
    onlooker: Option<Arc<dyn Onlooker>>,
}

impl Permit {
    pub(crate) fn new(attempt: AttemptId, number: NumberId, reserved: Instant) -> Self {
        Self {
            attempt,
            number,
            void_at: reserved + PERMIT_LIFE,
            onlooker: None,
        }
    }

    /// The same, with somebody who is told when the send starts.
    #[must_use]
    pub fn watched_by(self, onlooker: Arc<dyn Onlooker>) -> Self {
        Self {
            onlooker: Some(onlooker),
            ..self
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

    /// Whether the send may still start.
    #[must_use]
    pub fn is_live(&self, now: Instant) -> bool {
        now < self.void_at
    }

    /// Lets the send start, if it still may. Asked immediately before the first byte.
    #[must_use]
    pub fn start(&self, now: Instant) -> bool {
        let live = self.is_live(now);
        if let Some(onlooker) = self.onlooker.as_ref().filter(|_| live) {
            onlooker.started(now);
        }
        live
    }
}

//! What a turn is told.

use std::collections::BTreeMap;

use consent::id::ContactId;
use journey::{effect::Key, happening::What as Outcome};
use store::journey::effect::Settled;
use uuid::Uuid;

use crate::services::happenings::Told;

/// Something that happened.
#[derive(Debug, Clone)]
pub(in crate::services::journeys) enum What {
    /// It was told, in this row.
    Told(Uuid, Told),
    /// The time came, in this run.
    TimeCame(Uuid),
    /// Something became of an effect of this run.
    Outcome(Uuid, Key, Outcome, Option<Settled>),
    /// Somebody took everybody out of this run's journey.
    Emptied(Uuid),
}

/// What happened to whom, in order.
pub(in crate::services::journeys) type Batch = BTreeMap<ContactId, Vec<What>>;

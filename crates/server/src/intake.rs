//! The waiting room for webhooks: read bodies in three lanes, within a bounded number of bytes.
//!
//! Batches form by themselves: whoever is free takes everything that waits, up to a limit. Opt-outs have a desk of their
//! own, where a few statuses ride with them, and are never turned away for the sake of the others; statuses wait longest and are the
//! first to be turned away.

use std::{
    collections::VecDeque,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use axum::body::Bytes;
use consent::{policy::Policy, wording};
use graph::webhook::{self, Delivery, Notice, said::Said};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::{
    error::{Error, Full},
    vault::sha256,
};

/// Bytes of raw bodies that may be read or wait at one time. What is read of a body takes several times as much.
const ROOM_BYTES: usize = 64 * 1024 * 1024;
/// A body counts as this much at the least, for what stands around it.
const BODY_BYTES_MIN: usize = 2 * 1024;
/// The room is counted in pieces of so many bytes.
const PIECE_BYTES: usize = 1024;
/// Statuses are turned away when less than this part of the room is left, in percent.
const LEFT_FOR_STATUSES: usize = 50;
/// Other bodies than opt-outs are turned away when less than this part of the room is left, in percent.
const LEFT_FOR_OTHERS: usize = 25;
/// A larger body is one of very many things: such are read one at a time, and never take the last of the room.
const LARGE_BYTES: usize = 64 * 1024;
/// Items that go into one transaction: an opt-out waits for one such group.
pub const GROUP_ITEMS_MAX: usize = 500;
/// Bytes of raw bodies that go into one transaction, unless one body alone has more.
const GROUP_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Items of a group that is led by opt-outs and has others in it: a commit costs the same for one as for some.
const RIDING_ITEMS_MAX: usize = 64;
/// Bytes of the raw bodies of such a group.
const RIDING_BYTES_MAX: usize = 128 * 1024;

/// The lane of opt-outs.
const OPT_OUTS: Range<usize> = 0..1;
/// All other lanes.
const OTHERS: Range<usize> = 1..3;
/// The lane of those that ride with opt-outs: what they say is about messages, so they wait for nobody else's row.
const RIDERS: Range<usize> = 2..3;

/// Which queue a body waits in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// It may say no: read first, turned away last.
    OptOuts,
    /// It is from people or about accounts.
    Others,
    /// It only says what became of messages.
    Statuses,
}

/// A signed body, read.
#[derive(Debug)]
pub struct Body {
    /// The bytes as they came.
    pub raw: Bytes,
    /// Their hash.
    pub sha: [u8; 32],
    /// The header that vouched for them.
    pub signature: String,
    /// What stands in them, or why they cannot be read at all.
    pub delivery: Result<Delivery, String>,
    /// Whether others are to wait for it: it may say no.
    pub urgent: bool,
}

impl Body {
    /// Reads a body.
    #[must_use]
    pub fn read(raw: Bytes, signature: &str) -> Self {
        Self {
            sha: sha256(&raw),
            signature: signature.to_owned(),
            delivery: webhook::read(&raw).map_err(|error| error.to_string()),
            urgent: false,
            raw,
        }
    }

    /// Where it waits. What cannot be understood may be a no.
    #[must_use]
    pub fn lane(&self, policy: &Policy) -> Lane {
        let Ok(delivery) = &self.delivery else {
            return Lane::OptOuts;
        };
        if !delivery.bad.is_empty() {
            return Lane::OptOuts;
        }
        let lanes = delivery
            .items
            .iter()
            .map(|item| lane_of(&item.notice, policy));
        lanes.min().unwrap_or(Lane::Statuses)
    }

    fn items(&self) -> usize {
        let found = self
            .delivery
            .as_ref()
            .map_or(0, |delivery| delivery.items.len());
        found.max(1)
    }
}

fn lane_of(notice: &Notice, policy: &Policy) -> Lane {
    match notice {
        Notice::Preference(_) | Notice::Change(_) => Lane::OptOuts,
        Notice::Message(message) => match message.content.said() {
            // What was chosen in a form stands in its answers.
            None if message.content.form().is_some() => Lane::OptOuts,
            None => Lane::Others,
            // What a button means may stand in its template only.
            Some(Said::Tapped { .. }) => Lane::OptOuts,
            Some(Said::Typed(text)) => match policy.keywords.read(text, wording::Setting::Alone) {
                wording::Reading::Nothing => Lane::Others,
                _ => Lane::OptOuts,
            },
        },
        // A failure may say that somebody switched marketing off.
        Notice::Status(status) if status.issues.is_empty() => Lane::Statuses,
        Notice::Status(_) => Lane::OptOuts,
        _ => Lane::Others,
    }
}

/// A body that waits for its answer.
#[derive(Debug)]
pub struct Ticket {
    /// The body.
    pub body: Body,
    /// Who waits.
    pub waiter: Waiter,
}

/// Who waits for a body, and the place that it takes until they are answered.
#[derive(Debug)]
pub struct Waiter {
    answer: oneshot::Sender<Result<(), Error>>,
    place: Place,
}

/// A place in the waiting room, for as long as it is held.
#[derive(Debug)]
pub struct Place {
    #[allow(dead_code, reason = "holding it keeps the place")]
    room: OwnedSemaphorePermit,
    turn: Option<OwnedSemaphorePermit>,
    /// Since when all of the body is here.
    since: Instant,
}

/// Somebody who works off what waits.
#[derive(Debug)]
pub struct Desk {
    #[allow(dead_code, reason = "holding it keeps the desk")]
    permit: OwnedSemaphorePermit,
    lanes: Range<usize>,
}

/// The waiting room.
#[derive(Debug)]
pub struct Intake {
    room: Arc<Semaphore>,
    /// Large bodies are read one at a time, so that small ones are not kept waiting for a processor.
    turns: Arc<Semaphore>,
    lanes: Mutex<[VecDeque<Ticket>; 3]>,
    /// How many transactions may be prepared at one time, of all that are no opt-outs.
    desks: Arc<Semaphore>,
    /// One more, for opt-outs: theirs are small, and stand behind no others.
    opt_out_desk: Arc<Semaphore>,
}

impl Intake {
    /// An empty room, with so many desks.
    #[must_use]
    pub fn new(desks: usize) -> Self {
        Self {
            room: Arc::new(Semaphore::new(ROOM_BYTES / PIECE_BYTES)),
            turns: Arc::new(Semaphore::new(1)),
            lanes: Mutex::default(),
            desks: Arc::new(Semaphore::new(desks)),
            opt_out_desk: Arc::new(Semaphore::new(1)),
        }
    }

    /// A place for a body of so many bytes, before it is read.
    ///
    /// # Errors
    /// [`Full`] when the room is full.
    pub fn enter(&self, bytes: usize) -> Result<Place, Full> {
        if bytes > LARGE_BYTES && self.has_less_than(LEFT_FOR_OTHERS) {
            return Err(Full);
        }
        let pieces = bytes.max(BODY_BYTES_MIN).div_ceil(PIECE_BYTES);
        let pieces = u32::try_from(pieces).map_err(|_| Full)?;
        let room = Arc::clone(&self.room).try_acquire_many_owned(pieces);
        let room = room.map_err(|_| Full)?;
        Ok(Place {
            room,
            turn: None,
            since: Instant::now(),
        })
    }

    /// Waits for the turn to read a large body, which ends when it is queued. Small ones have theirs at once.
    pub async fn turn(&self, place: &mut Place, bytes: usize) {
        place.since = Instant::now();
        if bytes > LARGE_BYTES {
            place.turn = Arc::clone(&self.turns).acquire_owned().await.ok();
        }
    }

    /// Looks at a body before it is read: statuses that would be turned away are not worth reading first, and the processor is
    /// needed for what is in the room.
    ///
    /// # Errors
    /// [`Full`] when there is no room for statuses, and the body holds nothing else.
    pub fn glance(&self, raw: &[u8]) -> Result<(), Full> {
        if self.has_less_than(LEFT_FOR_STATUSES) && webhook::is_only_statuses(raw) {
            return Err(Full);
        }
        Ok(())
    }

    /// Puts a body in its lane.
    ///
    /// # Errors
    /// [`Full`] when what is left of the room is kept for what matters more.
    pub fn queue(
        &self,
        mut place: Place,
        body: Body,
        lane: Lane,
    ) -> Result<oneshot::Receiver<Result<(), Error>>, Full> {
        let kept = match lane {
            Lane::OptOuts => 0,
            Lane::Others => LEFT_FOR_OTHERS,
            Lane::Statuses => LEFT_FOR_STATUSES,
        };
        if self.has_less_than(kept) {
            return Err(Full);
        }
        place.turn = None;
        let (answer, waiting) = oneshot::channel();
        let waiter = Waiter { answer, place };
        let ticket = Ticket { body, waiter };
        if let Some(queue) = self.lanes().get_mut(lane as usize) {
            queue.push_back(ticket);
        }
        Ok(waiting)
    }

    /// A desk, where one is free and somebody waits who may use it.
    #[must_use]
    pub fn desk(&self) -> Option<Desk> {
        let free = [(&self.opt_out_desk, OPT_OUTS), (&self.desks, OTHERS)];
        free.into_iter().find_map(|(desks, lanes)| {
            if !self.waits_in(&lanes) {
                return None;
            }
            let permit = Arc::clone(desks).try_acquire_owned().ok()?;
            Some(Desk { permit, lanes })
        })
    }

    /// Whether anybody waits in one of these lanes.
    fn waits_in(&self, which: &Range<usize>) -> bool {
        let lanes = self.lanes();
        let which = lanes.get(which.clone()).unwrap_or_default();
        which.iter().any(|queue| !queue.is_empty())
    }

    /// What goes into the next transaction at a desk: statuses last. With opt-outs some statuses ride.
    #[must_use]
    pub fn next_group(&self, desk: &Desk) -> Vec<Ticket> {
        let mut lanes = self.lanes();
        let mut group = Group::default();
        let whole = Limit(GROUP_ITEMS_MAX, GROUP_BYTES_MAX);
        group.fill(&mut lanes, &desk.lanes, whole);
        if desk.lanes == OPT_OUTS && !group.tickets.is_empty() {
            group.fill(
                &mut lanes,
                &RIDERS,
                Limit(RIDING_ITEMS_MAX, RIDING_BYTES_MAX),
            );
        }
        group.tickets
    }

    fn has_less_than(&self, percent: usize) -> bool {
        self.room.available_permits() < ROOM_BYTES / PIECE_BYTES * percent / 100
    }

    fn lanes(&self) -> MutexGuard<'_, [VecDeque<Ticket>; 3]> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many items and bytes a group may have.
#[derive(Clone, Copy)]
struct Limit(usize, usize);

/// What goes into one transaction.
#[derive(Default)]
struct Group {
    tickets: Vec<Ticket>,
    items: usize,
    bytes: usize,
}

impl Group {
    /// Takes what waits in these lanes, in their order, as long as there is room. The first always finds some.
    fn fill(&mut self, lanes: &mut [VecDeque<Ticket>; 3], which: &Range<usize>, limit: Limit) {
        for queue in lanes.get_mut(which.clone()).unwrap_or_default() {
            while let Some(ticket) = queue.front() {
                let items = self.items + ticket.body.items();
                let bytes = self.bytes + ticket.body.raw.len();
                let too_much = items > limit.0 || bytes > limit.1;
                if too_much && !self.tickets.is_empty() {
                    return;
                }
                (self.items, self.bytes) = (items, bytes);
                self.tickets.extend(queue.pop_front());
            }
        }
    }
}

impl Waiter {
    /// How long it is since all of the body was here.
    #[must_use]
    pub fn waited(&self) -> Duration {
        self.place.since.elapsed()
    }

    /// Answers whoever waits, and gives the place back. They may have gone.
    pub fn answer(self, answer: Result<(), Error>) {
        drop(self.place);
        let _ = self.answer.send(answer);
    }
}

#[cfg(test)]
mod tests;

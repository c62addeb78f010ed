//! Answers of our own: tied to the one message that they answer, so that none can ever go out twice.

use consent::{
    id::{AttemptId, ContactId, EventId},
    time::Timestamp,
};
use store::message::{MessageLine, State};
use uuid::Uuid;

use super::Ask;
use crate::{app::House, error::Error, vault::sha256};

/// What ties an answer of ours to the one message that it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tie {
    /// The id of the answer: its attempts are named after it, so that no two of them can ever be under way.
    pub reply: Uuid,
    /// The opt-outs that it confirms.
    pub confirms: Vec<EventId>,
    /// Until when it may go.
    pub until: Timestamp,
    /// The run of the journey that wants it, with whose it is: it goes only while they are inside.
    pub run: Option<(ContactId, Uuid)>,
}

/// Whether somebody still wants it. Asked after the person was looked at: whoever leaves a journey by a no changes their standing in the
/// same transaction, and then the reservation fails and is decided anew.
pub(super) async fn is_wanted(app: &House, tie: &Tie) -> Result<bool, Error> {
    let Some((contact, run)) = tie.run else {
        return Ok(true);
    };
    let run = app.store.run(contact, run).await?;
    Ok(run.is_some_and(|run| run.state == store::journey::run::State::Running))
}

/// How often one answer is tried, counting only tries of which nothing went out.
const TIED_TRIES_MAX: u8 = 16;

impl Tie {
    /// Every attempt that there can be.
    #[must_use]
    pub fn attempts(&self) -> Vec<AttemptId> {
        (0..TIED_TRIES_MAX)
            .map(|number| self.attempt(number))
            .collect()
    }

    /// The attempt with a number: the same on every node and after every crash.
    fn attempt(&self, number: u8) -> AttemptId {
        let hash = sha256(&[self.reply.as_bytes().as_slice(), b"attempt", &[number]].concat());
        AttemptId::new(dated(self.reply, &hash))
    }
}

/// An id made of a hash, at the time of another one, so that it stands among its neighbours.
#[must_use]
pub fn dated(time: Uuid, hash: &[u8; 32]) -> Uuid {
    let mut bytes = [0; 16];
    let parts = time.as_bytes().iter().take(6).chain(hash);
    bytes
        .iter_mut()
        .zip(parts)
        .for_each(|(to, from)| *to = *from);
    uuid::Builder::from_custom_bytes(bytes)
        .with_version(uuid::Version::SortRand)
        .into_uuid()
}

/// Under which id a message is tried.
pub(super) enum Attempt {
    New(AttemptId),
    Claimed(Box<MessageLine>),
}

/// A message of an app gets an id of its own. An answer of ours gets the first of its ids that nothing went out under;
/// when something may have gone out under one of them, it is over.
pub(super) async fn attempt(app: &House, ask: &Ask) -> Result<Attempt, Error> {
    let Some(tie) = &ask.tie else {
        return Ok(Attempt::New(AttemptId::new(app.clock.id())));
    };
    let ids = tie.attempts();
    let mut known = app.store.find_messages(&ids, &[]).await?;
    let over = known.iter().position(|line| line.state != State::Rejected);
    if let Some(at) = over {
        return Ok(Attempt::Claimed(Box::new(known.swap_remove(at))));
    }
    let free = ids
        .into_iter()
        .find(|id| known.iter().all(|line| line.id != *id));
    match (free, known.pop()) {
        (Some(id), _) => Ok(Attempt::New(id)),
        (None, Some(last)) => Ok(Attempt::Claimed(Box::new(last))),
        (None, None) => Err(Error::internal("an answer without an attempt")),
    }
}

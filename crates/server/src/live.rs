//! Those who watch the inbox, and what they are told: which conversations changed, and nothing of what is in them.

pub mod events;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use store::conversation::Stir;
use tokio::sync::{Notify, broadcast};

use crate::error::{Error, Full};

/// How many may watch at one time.
pub const WATCHERS_MAX: usize = 500;
/// What somebody who is slow may leave unread before they are told to read everything again.
const UNREAD_MAX: usize = 64;

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// These conversations changed: contacts and numbers, each once.
    Changed(Arc<[(String, String)]>),
    /// Too much to be named: read everything again.
    Reload,
    /// The house closes.
    End,
}

/// What was told before of a conversation: the mark of what was said, and that of the person.
type Marks = BTreeMap<(String, String, bool), i64>;

/// The watchers.
#[derive(Debug)]
pub struct Live {
    sender: broadcast::Sender<Told>,
    marks: Mutex<Marks>,
    bell: Notify,
    closed: AtomicBool,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            sender: broadcast::channel(UNREAD_MAX).0,
            marks: Mutex::default(),
            bell: Notify::new(),
            closed: AtomicBool::new(false),
        }
    }
}

impl Live {
    /// Begins to watch.
    ///
    /// # Errors
    /// [`Error::Busy`] when too many watch already, or the house closes.
    pub fn watch(&self) -> Result<broadcast::Receiver<Told>, Error> {
        let told = self.sender.subscribe();
        let is_full = self.sender.receiver_count() > WATCHERS_MAX;
        // Asked after it was begun: whoever comes while the house closes is not forgotten.
        if is_full || self.closed.load(Ordering::SeqCst) {
            return Err(Error::Busy(Full));
        }
        Ok(told)
    }

    /// Whether anybody watches.
    #[must_use]
    pub fn is_watched(&self) -> bool {
        self.sender.receiver_count() > 0
    }

    /// Something may have changed.
    pub fn ring(&self) {
        self.bell.notify_one();
    }

    /// What rings when something may have changed.
    #[must_use]
    pub const fn bell(&self) -> &Notify {
        &self.bell
    }

    /// Lets people watch, as often as the doors are opened.
    pub fn open(&self) {
        self.closed.store(false, Ordering::SeqCst);
    }

    /// Ends it for everybody, so that no door is kept open by somebody who only watches.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        let _ = self.sender.send(Told::End);
    }

    /// Tells of the conversations that are other than when they were last told of. `all` says that these are all that changed.
    pub fn tell(&self, stirs: &[Stir], all: bool) {
        let mut new = Marks::new();
        for stir in stirs {
            let key = (stir.contact.to_string(), stir.number.clone(), stir.person);
            new.insert(key, stir.mark);
        }
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = new
            .iter()
            .filter(|(key, mark)| marks.get(key) != Some(mark));
        let mut named: Vec<(String, String)> = fresh
            .map(|((contact, number, _), _)| (contact.clone(), number.clone()))
            .collect();
        named.dedup();
        *marks = new;
        drop(marks);
        if named.is_empty() {
            return;
        }
        let told = if all {
            Told::Changed(named.into())
        } else {
            Told::Reload
        };
        // Nobody may be there any more.
        let _ = self.sender.send(told);
    }

    /// Forgets what was told: nobody watches.
    pub fn forget(&self) {
        self.marks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

#[cfg(test)]
mod tests {
    use consent::id::ContactId;
    use uuid::Uuid;

    use super::*;

    fn stir(number: &str, person: bool, mark: i64) -> Stir {
        Stir {
            contact: ContactId::new(Uuid::nil()),
            number: number.to_owned(),
            person,
            mark,
        }
    }

    fn names(told: Told) -> Vec<String> {
        match told {
            Told::Changed(named) => named.iter().map(|(_, number)| number.clone()).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_change_is_told_once_and_names_a_conversation_once() {
        let live = Live::default();
        let mut told = live.watch().unwrap();
        live.tell(
            &[stir("1", false, 5), stir("1", true, 9), stir("2", false, 5)],
            true,
        );
        assert_eq!(names(told.try_recv().unwrap()), ["1", "2"]);
        live.tell(&[stir("1", false, 5), stir("2", false, 6)], true);
        assert_eq!(names(told.try_recv().unwrap()), ["2"]);
        live.tell(&[stir("2", false, 6)], true);
        assert!(told.try_recv().is_err());
        live.tell(&[stir("2", false, 7)], false);
        assert_eq!(told.try_recv().unwrap(), Told::Reload);
    }

    #[test]
    fn nobody_watches_a_house_that_closes_and_there_is_an_end_to_watchers() {
        let live = Live::default();
        let mut told = live.watch().unwrap();
        live.close();
        assert_eq!(told.try_recv().unwrap(), Told::End);
        assert!(matches!(live.watch(), Err(Error::Busy(_))));
        live.open();
        let many: Vec<_> = (1..WATCHERS_MAX).map(|_| live.watch().unwrap()).collect();
        assert!(matches!(live.watch(), Err(Error::Busy(_))));
        drop(many);
        assert!(live.watch().is_ok() && live.is_watched());
    }
}

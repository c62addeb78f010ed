//! The index of this process: being built, ready, or not there. While it is not ready the store answers everything.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockWriteGuard,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

use consent::policy::Policy;
use index::{index::Index, state::State};
use store::watch::News;
use tokio::sync::Notify;

use crate::{
    clock::Clock,
    near::{Near, Yeses},
};

/// The index and what it takes to believe it.
#[derive(Debug)]
pub struct Ready {
    /// Everybody's state.
    pub index: Index,
    /// The policy that the states were made under, which is the one in force.
    pub policy: Arc<Policy>,
    /// What yeses rest on: forgotten with every commit that touches the person.
    pub yeses: Yeses,
    /// Whether no file holds it: it was made from the rows.
    unwritten: AtomicBool,
    erased: RwLock<HashSet<Vec<u8>>>,
}

/// The index of this process.
#[derive(Debug, Default)]
pub struct Memory {
    stage: RwLock<Stage>,
    written: Mutex<Option<Instant>>,
    /// Whether commits are told: an index that nobody tells is not believed.
    watched: AtomicBool,
    /// How often people were erased: what was copied before must not be written down after.
    erasures: AtomicU64,
    /// Keys and the size of the log.
    pub near: Near,
    /// Told that there is something to build or to write.
    pub bell: Notify,
}

#[derive(Debug, Default)]
enum Stage {
    /// There is none, or no longer.
    #[default]
    Off,
    /// It is being built: what happens meanwhile is kept, in order.
    Building(Mutex<Meanwhile>),
    Ready(Arc<Ready>),
}

/// What happened while the index was built.
#[derive(Debug)]
struct Meanwhile {
    policy: Arc<Policy>,
    noted: Vec<(String, Option<State>)>,
    erased: Vec<Vec<u8>>,
}

impl Ready {
    /// An index that was made under a policy, and the keyed hashes of people who were erased.
    #[must_use]
    pub fn new(index: Index, policy: Arc<Policy>, erased: HashSet<Vec<u8>>) -> Self {
        Self {
            index,
            policy,
            yeses: Yeses::default(),
            unwritten: AtomicBool::new(false),
            erased: RwLock::new(erased),
        }
    }

    /// Whether it was made from the rows and is in no file yet.
    #[must_use]
    pub fn is_unwritten(&self) -> bool {
        self.unwritten.load(Ordering::SeqCst)
    }

    /// Notes whether a file holds it.
    pub(crate) fn note_unwritten(&self, unwritten: bool) {
        self.unwritten.store(unwritten, Ordering::SeqCst);
    }

    /// Whether anybody was ever erased: then a stranger may be one of them.
    #[must_use]
    pub fn has_erased(&self) -> bool {
        let erased = self.erased.read().unwrap_or_else(PoisonError::into_inner);
        !erased.is_empty()
    }

    /// Whether this keyed hash is that of somebody who was erased.
    #[must_use]
    pub fn was_erased(&self, tag: &[u8]) -> bool {
        let erased = self.erased.read().unwrap_or_else(PoisonError::into_inner);
        erased.contains(tag)
    }

    /// Takes in what a commit changed.
    pub fn take(&self, news: &News, clock: &Clock) {
        self.forget(news.erased.iter().cloned());
        let now = clock.now();
        for (alias, standing) in &news.meanings {
            let state = standing.as_ref();
            let state = state.map(|standing| State::of(standing, &self.policy, now));
            self.index.note(alias, state);
        }
        for alias in &news.unsure {
            self.index.note(alias, Some(State::ASK));
        }
        self.yeses.take(news);
    }

    /// Notes that people were erased: before their numbers mean nobody, so that no stranger is seen there.
    fn forget(&self, tags: impl Iterator<Item = Vec<u8>>) {
        let mut tags = tags.peekable();
        if tags.peek().is_some() {
            let mut erased = self.erased.write().unwrap_or_else(PoisonError::into_inner);
            erased.extend(tags);
        }
    }
}

impl Memory {
    /// The index, when it is ready.
    #[must_use]
    pub fn ready(&self) -> Option<Arc<Ready>> {
        match &*self.stage.read().unwrap_or_else(PoisonError::into_inner) {
            Stage::Ready(ready) => Some(Arc::clone(ready)),
            Stage::Off | Stage::Building(_) => None,
        }
    }

    /// When the index was last written down.
    pub(crate) fn written(&self) -> Option<Instant> {
        *lock(&self.written)
    }

    /// The index is being written down.
    pub(crate) fn note_written(&self, at: Instant) {
        *lock(&self.written) = Some(at);
    }

    /// Commits are told from now on.
    pub(crate) fn note_watched(&self) {
        self.watched.store(true, Ordering::SeqCst);
    }

    /// Whether commits are told.
    pub(crate) fn is_watched(&self) -> bool {
        self.watched.load(Ordering::SeqCst)
    }

    /// How often people were erased so far.
    pub(crate) fn erasures(&self) -> u64 {
        self.erasures.load(Ordering::SeqCst)
    }

    /// From now on what happens is kept, until the index that is being built under this policy is ready.
    /// Nobody may commit meanwhile.
    pub(crate) fn begin(&self, policy: Arc<Policy>) {
        *self.write() = Stage::Building(Mutex::new(Meanwhile {
            policy,
            noted: Vec::new(),
            erased: Vec::new(),
        }));
    }

    /// Puts the index in force, brought up to date with what happened while it was built. Gives whether it could be:
    /// not when the policy has changed meanwhile. Nobody may commit meanwhile.
    pub(crate) fn finish(&self, ready: Ready) -> bool {
        let mut stage = self.write();
        let Stage::Building(meanwhile) = &*stage else {
            return false;
        };
        let mut meanwhile = lock(meanwhile);
        ready.forget(meanwhile.erased.drain(..));
        for (alias, state) in meanwhile.noted.drain(..) {
            ready.index.note(&alias, state);
        }
        drop(meanwhile);
        *stage = Stage::Ready(Arc::new(ready));
        true
    }

    /// There is no index any more; the store answers.
    pub(crate) fn drop_it(&self) {
        *self.write() = Stage::Off;
        self.bell.notify_one();
    }

    /// Takes in what a commit changed, before anybody hears of the commit.
    pub(crate) fn told(&self, news: &News, clock: &Clock) {
        self.near.take(news);
        if news.forgot {
            self.erasures.fetch_add(1, Ordering::SeqCst);
        }
        if news.policy {
            self.drop_it();
            return;
        }
        match &*self.stage.read().unwrap_or_else(PoisonError::into_inner) {
            Stage::Off => {}
            Stage::Ready(ready) => ready.take(news, clock),
            Stage::Building(meanwhile) => lock(meanwhile).keep(news, clock),
        }
        if news.forgot {
            // The file beside the database may still name them.
            self.bell.notify_one();
        }
    }

    fn write(&self) -> RwLockWriteGuard<'_, Stage> {
        self.stage.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Meanwhile {
    fn keep(&mut self, news: &News, clock: &Clock) {
        let now = clock.now();
        self.erased.extend(news.erased.iter().cloned());
        for (alias, standing) in &news.meanings {
            let state = standing.as_ref();
            let state = state.map(|standing| State::of(standing, &self.policy, now));
            self.noted.push((alias.clone(), state));
        }
        let unsure = news.unsure.iter().cloned();
        self.noted
            .extend(unsure.map(|alias| (alias, Some(State::ASK))));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

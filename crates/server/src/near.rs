//! What one question needs besides the index, kept at hand where one process owns the database: who presents a key,
//! how large the log is, and what a yes rests on.
//!
//! Commits of this process are told before anybody hears of them. Commands beside the server may make and revoke keys
//! and write to the log: for that is looked once a second.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use consent::{
    id::{ContactId, NumberId, TopicId},
    request::{Request, Template},
    scope::Category,
    verdict::Basis,
};
use index::key::{Found, PhoneKey};
use store::watch::News;
use uuid::Uuid;

/// How old something may be that another process changed.
const AGE: Duration = Duration::from_secs(1);
/// How many keys are remembered.
const KEYS_MAX: usize = 10_000;
/// How many yeses are remembered, of about a hundred bytes each; half of them again for what was asked longest ago.
const YESES_MAX: usize = 1 << 19;
/// So many parts, so that nobody waits long for anybody.
const SHARDS: usize = 64;
/// How many different questions yeses are remembered for.
const SHAPES_MAX: usize = 64;

/// Somebody with a key.
#[derive(Debug, Clone)]
pub struct Holder {
    /// The key's id.
    pub id: Uuid,
    /// The key's name.
    pub name: String,
    /// What it may do, as the table says it.
    pub role: String,
}

/// Keys and the size of the log.
#[derive(Debug, Default)]
pub struct Near {
    keys: Mutex<HashMap<[u8; 32], Holder>>,
    /// Rises whenever a key may have changed: what was read before is not remembered after.
    turns: AtomicU64,
    log_size: AtomicI64,
    looked: Mutex<Option<Instant>>,
    /// Held by whoever looks.
    pub(crate) looking: tokio::sync::Mutex<()>,
}

impl Near {
    /// Whether it was looked for changes of others less than a second ago.
    #[must_use]
    pub fn is_fresh(&self, now: Instant) -> bool {
        lock(&self.looked).is_some_and(|looked| now.saturating_duration_since(looked) < AGE)
    }

    /// It was looked for changes of others at this time, and the log had this size.
    pub fn note_looked(&self, at: Instant, log_size: i64) {
        self.forget_keys();
        self.grown_to(log_size);
        *lock(&self.looked) = Some(at);
    }

    /// The size of the log.
    #[must_use]
    pub fn log_size(&self) -> i64 {
        self.log_size.load(Ordering::SeqCst)
    }

    /// Who presents the key with this hash, if that is remembered.
    #[must_use]
    pub fn holder(&self, hash: &[u8; 32]) -> Option<Holder> {
        lock(&self.keys).get(hash).cloned()
    }

    /// What to say to [`Near::keep`] about what is read from here on.
    #[must_use]
    pub fn turn(&self) -> u64 {
        self.turns.load(Ordering::SeqCst)
    }

    /// Remembers who presents a key, unless keys may have changed since the turn.
    pub fn keep(&self, turn: u64, hash: [u8; 32], holder: Holder) {
        let mut keys = lock(&self.keys);
        if self.turn() == turn && keys.len() < KEYS_MAX {
            keys.insert(hash, holder);
        }
    }

    /// Takes in what a commit changed.
    pub fn take(&self, news: &News) {
        if news.api_keys {
            self.forget_keys();
        }
        if let Some(size) = news.log_size {
            self.grown_to(size);
        }
    }

    fn forget_keys(&self) {
        let mut keys = lock(&self.keys);
        self.turns.fetch_add(1, Ordering::SeqCst);
        keys.clear();
    }

    fn grown_to(&self, size: i64) {
        self.log_size.fetch_max(size, Ordering::SeqCst);
    }
}

/// What a yes rests on, and whom it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Yes {
    /// Whom.
    pub contact: ContactId,
    /// On what.
    pub basis: Basis,
}

/// What the yeses that were given last rest on. Whether it is still a yes, the index says.
#[derive(Debug)]
pub struct Yeses {
    shards: Vec<Mutex<Shard>>,
    shapes: Mutex<HashMap<Shape, u64>>,
}

/// A question without whom it is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Shape(Category, Option<TopicId>, Option<NumberId>, bool);

#[derive(Debug, Default)]
struct Shard {
    /// Rises whenever anybody here changes: what was read before is not remembered after.
    turns: u64,
    young: HashMap<u64, Yes>,
    old: HashMap<u64, Yes>,
}

/// Where a yes is remembered.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    phone: PhoneKey,
    key: u64,
    turn: u64,
}

impl Default for Yeses {
    fn default() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            shapes: Mutex::default(),
        }
    }
}

impl Yeses {
    /// Where the yes to a question is remembered, and the yes, if it is. Call it before what is to be remembered is
    /// read. None for more kinds of questions than are told apart.
    #[must_use]
    pub fn look_up(&self, phone: PhoneKey, request: &Request) -> Option<(Place, Option<Yes>)> {
        let shape = self.shape(request)?;
        let key = phone.number() * SHAPES_MAX as u64 + shape;
        let mut shard = lock(self.shard(phone)?);
        let turn = shard.turns;
        let mut found = shard.young.get(&key).copied();
        if found.is_none()
            && let Some(yes) = shard.old.remove(&key)
        {
            shard.insert(key, yes);
            found = Some(yes);
        }
        Some((Place { phone, key, turn }, found))
    }

    /// Remembers a yes, unless anybody near it has changed since the look-up.
    pub fn keep(&self, place: Place, yes: Yes) {
        let Some(shard) = self.shard(place.phone) else {
            return;
        };
        let mut shard = lock(shard);
        if shard.turns == place.turn {
            shard.insert(place.key, yes);
        }
    }

    /// Forgets everybody whom a commit touched.
    pub fn take(&self, news: &News) {
        let changed = news.meanings.iter().map(|(alias, _)| alias);
        for alias in changed.chain(&news.unsure) {
            let Found::Phone(phone) = Found::read(alias) else {
                continue;
            };
            let Some(shard) = self.shard(phone) else {
                continue;
            };
            let mut shard = lock(shard);
            shard.turns += 1;
            let first = phone.number() * SHAPES_MAX as u64;
            if shard.young.is_empty() && shard.old.is_empty() {
                continue;
            }
            for shape in 0..lock(&self.shapes).len() as u64 {
                shard.young.remove(&(first + shape));
                shard.old.remove(&(first + shape));
            }
        }
    }

    fn shape(&self, request: &Request) -> Option<u64> {
        let shape = Shape(
            request.category,
            request.topic.map(|topic| topic.id),
            request.number.clone(),
            request.template == Template::None,
        );
        let mut shapes = lock(&self.shapes);
        let next = shapes.len();
        if let Some(known) = shapes.get(&shape) {
            return Some(*known);
        }
        if next >= SHAPES_MAX {
            return None;
        }
        shapes.insert(shape, next as u64);
        Some(next as u64)
    }

    fn shard(&self, phone: PhoneKey) -> Option<&Mutex<Shard>> {
        // The last digits differ most.
        let place = phone.number() % SHARDS as u64;
        self.shards.get(usize::try_from(place).ok()?)
    }
}

impl Shard {
    /// What was not asked for while half of the room filled is forgotten.
    fn insert(&mut self, key: u64, yes: Yes) {
        if self.young.len() >= YESES_MAX / SHARDS {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, yes);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use consent::{id::EventId, phone::Phone};

    use super::*;

    fn phone(n: u64) -> PhoneKey {
        PhoneKey::of(Phone::from_number(447_700_900_000 + n).unwrap())
    }

    fn yes(n: u128) -> Yes {
        Yes {
            contact: ContactId::new(Uuid::from_u128(n)),
            basis: Basis::OptIn(EventId::new(Uuid::from_u128(n))),
        }
    }

    fn news(n: u64) -> News {
        News {
            meanings: vec![(format!("p:{}", phone(n).number()), None)],
            ..News::default()
        }
    }

    #[test]
    fn a_yes_is_remembered_for_its_question_until_the_person_changes() {
        let yeses = Yeses::default();
        let (marketing, utility) = (
            Request::about(Category::Marketing),
            Request::about(Category::Utility),
        );
        for request in [&marketing, &utility] {
            let (place, none) = yeses.look_up(phone(1), request).unwrap();
            assert_eq!(none, None);
            yeses.keep(place, yes(1));
        }
        assert_eq!(yeses.look_up(phone(1), &marketing).unwrap().1, Some(yes(1)));
        assert_eq!(yeses.look_up(phone(2), &marketing).unwrap().1, None);
        yeses.take(&news(1));
        assert_eq!(yeses.look_up(phone(1), &marketing).unwrap().1, None);
        assert_eq!(yeses.look_up(phone(1), &utility).unwrap().1, None);
    }

    #[test]
    fn what_was_read_before_a_change_is_not_remembered_after_it() {
        let yeses = Yeses::default();
        let about = Request::about(Category::Marketing);
        let (place, _) = yeses.look_up(phone(1), &about).unwrap();
        yeses.take(&news(1));
        yeses.keep(place, yes(1));
        assert_eq!(yeses.look_up(phone(1), &about).unwrap().1, None);
        let near = Near::default();
        let holder = Holder {
            id: Uuid::nil(),
            name: "app".to_owned(),
            role: "app".to_owned(),
        };
        let turn = near.turn();
        near.keep(turn, [1; 32], holder.clone());
        assert!(near.holder(&[1; 32]).is_some());
        let changed = News {
            api_keys: true,
            ..News::default()
        };
        near.take(&changed);
        near.keep(turn, [1; 32], holder);
        assert!(near.holder(&[1; 32]).is_none());
    }

    #[test]
    fn room_is_bounded_and_what_is_asked_for_stays() {
        let mut shard = Shard::default();
        for n in 0..3 * YESES_MAX / SHARDS {
            shard.insert(n as u64, yes(n as u128));
        }
        assert!(shard.young.len() + shard.old.len() <= 2 * YESES_MAX / SHARDS);
        let yeses = Yeses::default();
        for n in 0..SHAPES_MAX + 5 {
            let number = Some(format!("{}", 100_000 + n).parse().unwrap());
            let about = Request {
                number,
                ..Request::about(Category::Marketing)
            };
            assert_eq!(yeses.look_up(phone(1), &about).is_some(), n < SHAPES_MAX);
        }
    }
}

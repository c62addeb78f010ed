//! What this process remembers of campaigns that run: how fast each number may send, how many sends are on their way, and when each
//! campaign was last looked at. None of it decides who gets what: that stands in the database.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use campaign::pace::{Pace, USUAL_PER_SECOND};
use consent::time::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

/// Sends of campaigns that are on their way at one time: no more than these can ever be of unknown outcome after a crash.
pub const IN_FLIGHT_MAX: usize = 500;

/// What this process remembers of campaigns that run.
#[derive(Debug)]
pub struct Drives {
    slots: Arc<Semaphore>,
    paces: Mutex<HashMap<String, Pace>>,
    usual: Mutex<HashMap<String, u32>>,
    underway: Arc<Mutex<HashMap<Uuid, usize>>>,
    looked: Mutex<HashMap<Uuid, Instant>>,
    waves: Mutex<HashMap<Uuid, Wave>>,
    asked: Mutex<HashMap<Uuid, u64>>,
    holds: Mutex<HashMap<Uuid, String>>,
}

/// How far the first wave of a campaign is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wave {
    /// Nobody has looked yet.
    NotKnown,
    /// So many more may be sent to before it has told enough.
    Left(u32),
    /// It has told enough, or there is none.
    Over,
}

impl Wave {
    /// How many more may be sent to; none for no limit.
    #[must_use]
    pub const fn left(self) -> Option<u32> {
        match self {
            Self::NotKnown => Some(0),
            Self::Left(left) => Some(left),
            Self::Over => None,
        }
    }
}

impl Default for Drives {
    fn default() -> Self {
        Self {
            slots: Arc::new(Semaphore::new(IN_FLIGHT_MAX)),
            paces: Mutex::default(),
            usual: Mutex::default(),
            underway: Arc::default(),
            looked: Mutex::default(),
            waves: Mutex::default(),
            asked: Mutex::default(),
            holds: Mutex::default(),
        }
    }
}

/// One send of a campaign, as long as this is held.
#[derive(Debug)]
pub struct Slot {
    campaign: Uuid,
    underway: Arc<Mutex<HashMap<Uuid, usize>>>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut all = locked(&self.underway);
        if let Some(count) = all.get_mut(&self.campaign) {
            *count -= 1;
            if *count == 0 {
                all.remove(&self.campaign);
            }
        }
    }
}

impl Drives {
    /// How many sends may begin now, whatever the number.
    #[must_use]
    pub fn free(&self) -> u32 {
        u32::try_from(self.slots.available_permits()).unwrap_or(u32::MAX)
    }

    /// Takes room for one send; none when too many are on their way.
    #[must_use]
    pub fn slot(&self, campaign: Uuid) -> Option<Slot> {
        let permit = Arc::clone(&self.slots).try_acquire_owned().ok()?;
        *locked(&self.underway).entry(campaign).or_default() += 1;
        Some(Slot {
            campaign,
            underway: Arc::clone(&self.underway),
            _permit: permit,
        })
    }

    /// Whether sends of a campaign are on their way.
    #[must_use]
    pub fn is_underway(&self, campaign: Uuid) -> bool {
        locked(&self.underway).contains_key(&campaign)
    }

    /// Returns once no send is on its way, or after a while.
    pub async fn quiet(&self, at_most: Duration) {
        let all = u32::try_from(IN_FLIGHT_MAX).unwrap_or(u32::MAX);
        let _ = tokio::time::timeout(at_most, self.slots.acquire_many(all)).await;
    }

    /// How many of `want` a number may send now, at a pace that was asked for and at what was learned from Meta's answers.
    #[must_use]
    pub fn take(&self, number: &str, (asked, want): (u32, u32), now: Timestamp) -> u32 {
        let mut paces = locked(&self.paces);
        let pace = paces
            .entry(number.to_owned())
            .or_insert_with(|| Pace::new(asked, asked));
        if pace.ceiling() != asked {
            pace.set_ceiling(asked);
        }
        pace.take(want, now)
    }

    /// How many messages a second Meta takes from a number, as far as it said.
    #[must_use]
    pub fn usual(&self, number: &str) -> u32 {
        let known = locked(&self.usual).get(number).copied();
        known.unwrap_or(USUAL_PER_SECOND)
    }

    /// Meta takes so many messages a second from a number.
    pub fn set_usual(&self, number: &str, per_second: u32) {
        locked(&self.usual).insert(number.to_owned(), per_second);
    }

    /// Gives back what was taken and not used.
    pub fn give_back(&self, number: &str, count: u32) {
        if let Some(pace) = locked(&self.paces).get_mut(number) {
            pace.give_back(count);
        }
    }

    /// Meta said that a number sends too fast.
    pub fn slow_down(&self, number: &str, now: Timestamp) {
        if let Some(pace) = locked(&self.paces).get_mut(number) {
            pace.slow_down(now);
        }
    }

    /// Whether it is time to look at a campaign again: once in `every`.
    #[must_use]
    pub fn is_time(&self, campaign: Uuid, every: Duration) -> bool {
        let mut looked = locked(&self.looked);
        let now = Instant::now();
        let is_time = looked
            .get(&campaign)
            .is_none_or(|last| now.duration_since(*last) >= every);
        if is_time {
            looked.insert(campaign, now);
        }
        is_time
    }

    /// How far the first wave of a campaign is.
    #[must_use]
    pub fn wave(&self, campaign: Uuid) -> Wave {
        let waves = locked(&self.waves);
        waves.get(&campaign).copied().unwrap_or(Wave::NotKnown)
    }

    /// Notes how far the first wave of a campaign is.
    pub fn set_wave(&self, campaign: Uuid, wave: Wave) {
        locked(&self.waves).insert(campaign, wave);
    }

    /// So many of a wave were sent to.
    pub fn spend_wave(&self, campaign: Uuid, count: u32) {
        if let Some(Wave::Left(left)) = locked(&self.waves).get_mut(&campaign) {
            *left = left.saturating_sub(count);
        }
    }

    /// How many had opted out when the campaign last asked whether to go on; none when it has not asked.
    #[must_use]
    pub fn asked_at(&self, campaign: Uuid) -> Option<u64> {
        locked(&self.asked).get(&campaign).copied()
    }

    /// The campaign asks whether to go on, after so many opted out.
    pub fn ask(&self, campaign: Uuid, opt_outs: u64) {
        locked(&self.asked).insert(campaign, opt_outs);
    }

    /// Something that was heard late speaks against sending to anybody: the campaign stops itself at its next turn.
    pub fn hold(&self, campaign: Uuid, why: &str) {
        locked(&self.holds).insert(campaign, why.to_owned());
    }

    /// What was heard late and speaks against sending to anybody; it is told once.
    #[must_use]
    pub fn take_hold(&self, campaign: Uuid) -> Option<String> {
        locked(&self.holds).remove(&campaign)
    }

    /// Forgets a campaign that ended.
    pub fn forget(&self, campaign: Uuid) {
        locked(&self.looked).remove(&campaign);
        locked(&self.waves).remove(&campaign);
        locked(&self.asked).remove(&campaign);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

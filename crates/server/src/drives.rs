//! What this process remembers of campaigns that run: how fast each number may send, how many sends are on their way, and when each
//! campaign was last looked at. None of it decides who gets what: that stands in the database.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use campaign::pace::{Pace, USUAL_PER_SECOND};
use consent::time::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

/// Sends of campaigns that are on their way at one time: no more than these can ever be of unknown outcome after a crash.
pub const IN_FLIGHT_MAX: usize = 500;

/// How often it is counted what others send from the numbers.
const COUNTED_EVERY_MS: i64 = 1_000;
/// After a longer time only the last of that is counted.
const COUNTED_BACK_MS: i64 = 5_000;

/// What this process remembers of campaigns that run.
#[derive(Debug)]
pub struct Drives {
    slots: Arc<Semaphore>,
    driving: Mutex<Option<Timestamp>>,
    turns: AtomicUsize,
    paces: Mutex<HashMap<String, Pace>>,
    wishes: Mutex<HashMap<(Uuid, String), Pace>>,
    counted: Mutex<Option<Timestamp>>,
    usual: Mutex<HashMap<String, u32>>,
    underway: Arc<Mutex<HashMap<Uuid, usize>>>,
    looked: Mutex<HashMap<Uuid, Instant>>,
    waves: Mutex<HashMap<Uuid, Wave>>,
    holds: Mutex<HashMap<Uuid, Hold>>,
}

/// Something that was heard late and speaks against sending to anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// When the message was sent of which it was heard.
    pub sent: Timestamp,
    /// Why, in a sentence.
    pub why: String,
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
            driving: Mutex::default(),
            turns: AtomicUsize::default(),
            paces: Mutex::default(),
            wishes: Mutex::default(),
            counted: Mutex::default(),
            usual: Mutex::default(),
            underway: Arc::default(),
            looked: Mutex::default(),
            waves: Mutex::default(),
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

    /// Until when this node drives the campaigns; none when another one does.
    #[must_use]
    pub fn driving(&self) -> Option<Timestamp> {
        *locked(&self.driving)
    }

    /// This node drives the campaigns until then, or does not. What it remembers of them is old when it begins.
    pub fn set_driving(&self, until: Option<Timestamp>) {
        let before = std::mem::replace(&mut *locked(&self.driving), until);
        if before.is_none() {
            locked(&self.waves).clear();
            locked(&self.looked).clear();
        }
    }

    /// Counts the turns of the driver, so that each campaign may be the first to take from a number.
    pub fn turn(&self) -> usize {
        self.turns.fetch_add(1, Ordering::Relaxed)
    }

    /// Forgets what other campaigns than these asked for: they do not run.
    pub fn keep_only(&self, running: &[Uuid]) {
        locked(&self.wishes).retain(|(campaign, _), _| running.contains(campaign));
    }

    /// How many of `want` a campaign may send from a number now: at the pace that it asked for, and together with all others at the
    /// number's, which Meta's answers teach. A campaign that asks for more than is known of the number vouches for it.
    #[must_use]
    pub fn take(
        &self,
        (campaign, number): (Uuid, &str),
        (asked, want): (Option<u32>, u32),
        now: Timestamp,
    ) -> u32 {
        let mut wishes = locked(&self.wishes);
        let name = (campaign, number.to_owned());
        if let Some(asked) = asked {
            wishes
                .entry(name.clone())
                .or_insert_with(|| Pace::new(asked, asked));
        }
        let of_number = wishes.iter().filter(|((_, of), _)| of == number);
        let vouched = of_number.map(|(_, pace)| pace.ceiling()).max();
        let ceiling = self.usual(number).max(vouched.unwrap_or(0));
        let mut paces = locked(&self.paces);
        let pace = paces
            .entry(number.to_owned())
            .or_insert_with(|| Pace::new(ceiling, ceiling));
        if pace.ceiling() != ceiling {
            pace.set_ceiling(ceiling);
        }
        let Some(own) = wishes.get_mut(&name) else {
            return pace.take(want, now);
        };
        let wanted = own.take(want, now);
        let granted = pace.take(wanted, now);
        own.give_back(wanted - granted);
        granted
    }

    /// The stretch of time in which it is still to be counted what others sent; none when that was done a moment ago. It ends a second
    /// ago, for the clocks of the nodes agree no better.
    #[must_use]
    pub fn uncounted(&self, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let mut counted = locked(&self.counted);
        let until = now.plus_millis(-COUNTED_EVERY_MS);
        let passed = counted.map(|from| until.millis_since(from));
        let from = match (*counted, passed) {
            (Some(_), Some(0..COUNTED_EVERY_MS)) => return None,
            (Some(from), Some(COUNTED_EVERY_MS..=COUNTED_BACK_MS)) => from,
            _ => until.plus_millis(-COUNTED_EVERY_MS),
        };
        *counted = Some(until);
        Some((from, until))
    }

    /// Others than campaigns sent so many from a number.
    pub fn spend(&self, number: &str, count: u32) {
        if let Some(pace) = locked(&self.paces).get_mut(number) {
            pace.spend(count);
        }
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

    /// Gives back what a campaign took and did not use.
    pub fn give_back(&self, (campaign, number): (Uuid, &str), count: u32) {
        if let Some(own) = locked(&self.wishes).get_mut(&(campaign, number.to_owned())) {
            own.give_back(count);
        }
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

    /// Something that was heard late speaks against sending to anybody: the campaign is stopped a moment later. Of several the one about
    /// the newest message counts.
    pub fn hold(&self, campaign: Uuid, hold: Hold) {
        let mut holds = locked(&self.holds);
        if holds
            .get(&campaign)
            .is_none_or(|known| known.sent <= hold.sent)
        {
            holds.insert(campaign, hold);
        }
    }

    /// What was heard late and speaks against sending to anybody; it is told once.
    #[must_use]
    pub fn take_hold(&self, campaign: Uuid) -> Option<Hold> {
        locked(&self.holds).remove(&campaign)
    }

    /// Forgets a campaign that ended.
    pub fn forget(&self, campaign: Uuid) {
        locked(&self.looked).remove(&campaign);
        locked(&self.waves).remove(&campaign);
        locked(&self.holds).remove(&campaign);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBER: &str = "109900000000001";

    const fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(1_795_341_600_000 + ms)
    }

    /// What each campaign, with the pace that it asked for, gets in ten seconds when they take turns.
    fn share(drives: &Drives, campaigns: &[(Uuid, Option<u32>)]) -> Vec<u32> {
        let mut got = vec![0; campaigns.len()];
        for ms in (0..10_000).step_by(10) {
            let first = drives.turn();
            for nth in 0..campaigns.len() {
                let place = (first + nth) % campaigns.len();
                let (campaign, asked) = campaigns[place];
                got[place] += drives.take((campaign, NUMBER), (asked, 100), at(ms));
            }
        }
        got
    }

    #[test]
    fn campaigns_share_a_number_and_a_slow_one_slows_no_other() {
        let drives = Drives::default();
        let [one, two, slow] = [1, 2, 3].map(Uuid::from_u128);
        let got = share(&drives, &[(one, None), (two, None)]);
        assert!(got.iter().sum::<u32>() <= 804, "{got:?}");
        assert!(got.iter().all(|count| *count > 350), "{got:?}");
        let drives = Drives::default();
        let got = share(&drives, &[(one, None), (slow, Some(5))]);
        assert!((40..=51).contains(&got[1]), "{got:?}");
        assert!(got[0] > 700, "{got:?}");
    }

    #[test]
    fn a_campaign_vouches_for_a_faster_number_as_long_as_it_runs() {
        let drives = Drives::default();
        let [fast, other] = [1, 2].map(Uuid::from_u128);
        assert!(share(&drives, &[(fast, Some(400))])[0] > 3_900);
        drives.keep_only(&[other]);
        let times = (10_000..20_000).step_by(10);
        let got: u32 = times
            .map(|ms| drives.take((other, NUMBER), (None, 100), at(ms)))
            .sum();
        assert!(got <= 804, "{got}");
    }

    #[test]
    fn what_others_sent_is_counted_once_and_a_second_late() {
        let drives = Drives::default();
        let stretch = |from, until| Some((at(from), at(until)));
        assert_eq!(drives.uncounted(at(0)), stretch(-2_000, -1_000));
        assert_eq!(drives.uncounted(at(900)), None);
        assert_eq!(drives.uncounted(at(1_200)), stretch(-1_000, 200));
        assert_eq!(drives.uncounted(at(60_000)), stretch(58_000, 59_000));
        assert_eq!(
            drives.uncounted(at(30_000)),
            stretch(28_000, 29_000),
            "a clock that was set back stops nothing"
        );
    }
}

//! The sends of this process that are on their way to their first byte, so that an opt-out waits for these and no longer.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use consent::{
    id::ContactId,
    permit::{Onlooker, PERMIT_LIFE},
};
use tokio::sync::{Notify, futures::Notified};

/// How long after the last look at the permit the first byte may be on its way to the network.
const FIRST_BYTE: Duration = Duration::from_millis(5);

/// The sends that have a reservation and may still start, by the person.
#[derive(Debug, Default)]
pub struct Afoot(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    people: Mutex<HashMap<ContactId, Vec<Arc<Step>>>>,
    changed: Notify,
}

/// One send, from before its reservation is committed until it has ended.
#[derive(Debug)]
struct Step {
    void_at: Instant,
    started: OnceLock<Instant>,
    all: Arc<Inner>,
}

/// A send is under way as long as this is held.
#[derive(Debug)]
pub struct Underway {
    contact: ContactId,
    step: Arc<Step>,
}

impl Afoot {
    /// A send to this person is about to be reserved: its permit will count from this time. To be called before the
    /// commit, so that an opt-out which comes after that commit finds it.
    #[must_use]
    pub fn begin(&self, contact: ContactId, reserved: Instant) -> Underway {
        let step = Arc::new(Step {
            void_at: reserved + PERMIT_LIFE,
            started: OnceLock::new(),
            all: Arc::clone(&self.0),
        });
        let mut people = self.0.people();
        people.entry(contact).or_default().push(Arc::clone(&step));
        Underway { contact, step }
    }

    /// Ends when one of the sends starts or has ended. What happens after this call is not missed.
    pub fn changed(&self) -> Notified<'_> {
        self.0.changed.notified()
    }

    /// When at the latest every send to these people that is under way now has started or cannot start any more; none
    /// when that is so now.
    #[must_use]
    pub fn quiet_at(&self, contacts: &[ContactId], now: Instant) -> Option<Instant> {
        let people = self.0.people();
        let steps = contacts.iter().filter_map(|contact| people.get(contact));
        let ends = steps
            .flatten()
            .map(|step| *step.started.get().unwrap_or(&step.void_at) + FIRST_BYTE);
        ends.filter(|end| *end > now).max()
    }
}

impl Inner {
    fn people(&self) -> MutexGuard<'_, HashMap<ContactId, Vec<Arc<Step>>>> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Onlooker for Step {
    fn started(&self, at: Instant) {
        let _ = self.started.set(at);
        self.all.changed.notify_waiters();
    }
}

impl Underway {
    /// To be told when the send starts.
    #[must_use]
    pub fn onlooker(&self) -> Arc<dyn Onlooker> {
        Arc::<Step>::clone(&self.step)
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        let all = &self.step.all;
        let mut people = all.people();
        if let Some(steps) = people.get_mut(&self.contact) {
            steps.retain(|step| !Arc::ptr_eq(step, &self.step));
            if steps.is_empty() {
                people.remove(&self.contact);
            }
        }
        drop(people);
        all.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_opt_out_waits_for_what_may_start_and_for_nothing_else() {
        let afoot = Afoot::default();
        let (ana, bia) = (
            ContactId::new(Uuid::from_u128(1)),
            ContactId::new(Uuid::from_u128(2)),
        );
        let now = Instant::now();
        assert_eq!(afoot.quiet_at(&[ana, bia], now), None);
        let (first, second) = (afoot.begin(ana, now), afoot.begin(ana, now));
        let lapsed = now + PERMIT_LIFE + FIRST_BYTE;
        assert_eq!(afoot.quiet_at(&[ana], now), Some(lapsed));
        assert_eq!(afoot.quiet_at(&[bia], now), None);
        assert_eq!(afoot.quiet_at(&[ana], lapsed), None, "no permit is live");
        drop(first);
        assert_eq!(afoot.quiet_at(&[ana], now), Some(lapsed));
        second.onlooker().started(now);
        assert_eq!(afoot.quiet_at(&[ana], now), Some(now + FIRST_BYTE));
        drop(second);
        assert_eq!(afoot.quiet_at(&[ana], now), None);
        assert!(afoot.0.people().is_empty(), "nobody is remembered");
    }

    #[tokio::test]
    async fn a_start_wakes_whoever_waits() {
        let afoot = Afoot::default();
        let ana = ContactId::new(Uuid::from_u128(1));
        let send = afoot.begin(ana, Instant::now());
        let changed = afoot.changed();
        send.onlooker().started(Instant::now());
        changed.await;
        let changed = afoot.changed();
        drop(send);
        changed.await;
    }
}

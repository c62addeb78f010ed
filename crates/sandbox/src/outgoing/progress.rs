//! What happens later: statuses step by step, delayed webhooks, and their next attempts.

use std::sync::Arc;

use tokio::time;

use crate::{
    app::App,
    chat::{Out, State},
    outgoing::job::{Job, Step},
    webhook::shape,
    world::World,
};

/// Jobs done under one hold of the lock.
const JOBS_AT_ONCE: usize = 256;
const IDLE_WAKE_MS: u64 = 60_000;

/// Does what has fallen due, until the simulator stops.
pub async fn run(app: Arc<App>) {
    let mut gone = app.gone.clone();
    loop {
        let next_ns = app.world().run_due();
        let idle_ns = app.clock.mono_ns().saturating_add(IDLE_WAKE_MS * 1_000_000);
        let wake = time::Instant::from_std(app.clock.instant(next_ns.unwrap_or(idle_ns)));
        tokio::select! {
            () = app.bells.timer.notified() => {}
            () = time::sleep_until(wake) => {}
            _ = gone.changed() => return,
        }
    }
}

impl World {
    /// Runs due jobs, and tells when the next one is.
    fn run_due(&mut self) -> Option<u64> {
        for _ in 0..JOBS_AT_ONCE {
            let now_ns = self.clock.mono_ns();
            match self.jobs.peek() {
                Some(next) if next.0.at_ns <= now_ns => {}
                Some(next) => return Some(next.0.at_ns),
                None => return None,
            }
            if let Some(due) = self.jobs.pop() {
                self.perform(due.0.job);
            }
        }
        Some(self.clock.mono_ns())
    }

    fn perform(&mut self, job: Job) {
        match job {
            Job::Step { out, step } => self.step(out, step),
            Job::Publish(update) => self.enqueue(update),
            Job::Shuffled => self.pour_shuffled(),
            Job::Ripe => self.bells.post.notify_one(),
            Job::Retry { parcel, attempt } => self.try_again(parcel, attempt),
            Job::Review { template } => self.approve(template),
        }
    }

    fn step(&mut self, out: Arc<Out>, step: Step) {
        match step {
            Step::Sent => self.leave(out),
            Step::Delivered => self.arrive(out),
            Step::Read => self.be_read(&out),
        }
    }

    fn leave(&mut self, out: Arc<Out>) {
        if let Some(code) = out.failing {
            self.counts.failed += 1;
            self.panel.note_failure(&out.wamid, code);
            self.pulse(None);
            self.tell(&out, shape::Progress::Failed(code));
            return;
        }
        self.tell(&out, shape::Progress::Sent);
        self.arrive_later(out, self.settings.delivered_ms);
    }

    /// Brings a message to the phone, or leaves it waiting until the phone is on.
    pub fn arrive_later(&mut self, out: Arc<Out>, delay_ms: u64) {
        let customer = out.customer.clone().and_then(|id| self.customer_mut(&id));
        match customer {
            Some(customer) if !customer.online => customer.wait_for(out),
            _ => self.schedule(
                delay_ms,
                Job::Step {
                    out,
                    step: Step::Delivered,
                },
            ),
        }
    }

    fn arrive(&mut self, out: Arc<Out>) {
        let at_ms = self.clock.simulated_ms();
        let customer = out.customer.clone().and_then(|id| self.customer_mut(&id));
        let reads = match customer {
            Some(customer) if !customer.online => return customer.wait_for(out),
            Some(customer) => {
                if out.bubble.kind == "reaction" {
                    let to = out.bubble.reply_to.clone().unwrap_or_default();
                    if let Some(bubble) = customer.bubble(&to) {
                        bubble.reaction =
                            Some(out.bubble.body.clone()).filter(|emoji| !emoji.is_empty());
                    }
                } else {
                    let mut bubble = out.bubble.clone();
                    (bubble.state, bubble.at_ms) = (State::Delivered, at_ms);
                    bubble.out = Some(out.clone());
                    customer.add(bubble);
                }
                customer.reads
            }
            None => true,
        };
        self.tell(&out, shape::Progress::Delivered);
        if let Some(id) = &out.customer {
            self.pulse(Some(id));
        }
        if reads {
            self.schedule(
                self.settings.read_ms,
                Job::Step {
                    out,
                    step: Step::Read,
                },
            );
        }
    }

    fn be_read(&mut self, out: &Arc<Out>) {
        if let Some(customer) = out.customer.clone().and_then(|id| self.customer_mut(&id)) {
            if !customer.reads {
                return;
            }
            if let Some(bubble) = customer.bubble(&out.wamid) {
                if bubble.state == State::Read {
                    return;
                }
                bubble.state = State::Read;
            }
        }
        self.tell(out, shape::Progress::Read);
        if let Some(id) = &out.customer {
            self.pulse(Some(id));
        }
    }

    fn tell(&mut self, out: &Out, progress: shape::Progress) {
        self.counts.statuses += 1;
        let Some(update) = shape::status(self, out, progress) else {
            return;
        };
        self.publish(update);
    }
}

//! What many callers want written at one time is written once: a commit costs a wait for the disk, whatever is in it.

use std::{
    future::Future,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Mutex as Turn, oneshot};

use crate::error::Error;

/// Who waits for an answer, with what they want written.
type Waiting<T> = Vec<(T, oneshot::Sender<Result<(), Error>>)>;

/// A line of callers. Whoever is first in it does the work of all who wait.
#[derive(Debug)]
pub struct Together<T> {
    waiting: Mutex<Waiting<T>>,
    turn: Turn<()>,
}

impl<T> Default for Together<T> {
    fn default() -> Self {
        Self {
            waiting: Mutex::default(),
            turn: Turn::default(),
        }
    }
}

impl<T> Together<T> {
    /// Has an item worked on, with the items of all who wait. Each hears what came of it.
    ///
    /// # Errors
    /// What the work says; and when whoever did it went away in the middle.
    pub async fn run<F>(&self, item: T, work: impl FnOnce(Vec<T>) -> F) -> Result<(), Error>
    where
        F: Future<Output = Result<(), Error>>,
    {
        let (answer, mut told) = oneshot::channel();
        self.waiting().push((item, answer));
        let turn = self.turn.lock().await;
        match told.try_recv() {
            Ok(done) => return done,
            Err(oneshot::error::TryRecvError::Closed) => {
                return Err(Error::internal("whoever wrote this down went away"));
            }
            Err(oneshot::error::TryRecvError::Empty) => {}
        }
        let (items, answers): (Vec<T>, Vec<_>) =
            std::mem::take(&mut *self.waiting()).into_iter().unzip();
        let done = work(items).await;
        for answer in answers {
            // Their own answer is among them; they may have gone.
            let _ = answer.send(done.as_ref().map_err(Error::again).copied());
        }
        drop(turn);
        done
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;

    use super::*;

    #[tokio::test]
    async fn many_at_one_time_are_few_writes_and_each_is_written_once() {
        let line = Together::default();
        let (writes, written) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let all = (0..100).map(|n| {
            line.run(n, |items: Vec<u32>| {
                writes.fetch_add(1, Ordering::SeqCst);
                written.fetch_add(items.len(), Ordering::SeqCst);
                async {
                    tokio::task::yield_now().await;
                    Ok(())
                }
            })
        });
        assert!(join_all(all).await.iter().all(Result::is_ok));
        assert_eq!(written.load(Ordering::SeqCst), 100);
        assert!(writes.load(Ordering::SeqCst) <= 2);
    }

    #[tokio::test]
    async fn a_failure_is_told_to_everybody_whom_it_concerns() {
        let line = Together::default();
        let all = (0..3).map(|n| line.run(n, |_| async { Err(Error::NotFound("disk")) }));
        assert!(join_all(all).await.iter().all(Result::is_err));
        assert!(line.run(9, |_| async { Ok(()) }).await.is_ok());
    }
}

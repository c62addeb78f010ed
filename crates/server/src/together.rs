//! What many callers want written at one time is written once: a commit costs a wait for the disk, whatever is in it.

use std::{
    collections::VecDeque,
    future::Future,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Mutex as Turn, oneshot};

use crate::error::Error;

/// Items that are worked on at one time. Whoever waits behind so many has them done next.
pub const ITEMS_MAX: usize = 500;

/// Who waits for an answer, with what they want written.
type Waiting<T, R> = VecDeque<(T, oneshot::Sender<Result<R, Error>>)>;

/// A line of callers. Whoever is first in it does the work of all who wait, and each is given its own result.
#[derive(Debug)]
pub struct Together<T, R = ()> {
    waiting: Mutex<Waiting<T, R>>,
    turn: Turn<()>,
}

impl<T, R> Default for Together<T, R> {
    fn default() -> Self {
        Self {
            waiting: Mutex::default(),
            turn: Turn::default(),
        }
    }
}

impl<T, R> Together<T, R> {
    /// Has an item worked on, with the items of all who wait. Each hears what came of its own: the work gives a result
    /// for each item, in their order.
    ///
    /// # Errors
    /// What the work says; and when whoever did it went away in the middle.
    pub async fn run<F>(&self, item: T, work: impl Fn(Vec<T>) -> F) -> Result<R, Error>
    where
        F: Future<Output = Result<Vec<R>, Error>>,
    {
        let (answer, mut told) = oneshot::channel();
        self.waiting().push_back((item, answer));
        loop {
            let turn = tokio::select! {
                biased;
                done = &mut told => {
                    let gone = |_| Error::internal("whoever wrote this down went away");
                    return done.map_err(gone)?;
                }
                turn = self.turn.lock() => turn,
            };
            let (items, answers) = self.take();
            match work(items).await {
                Ok(done) => {
                    for (answer, done) in answers.into_iter().zip(done) {
                        // Our own may be among them; others may have gone.
                        let _ = answer.send(Ok(done));
                    }
                }
                Err(error) => {
                    for answer in answers {
                        let _ = answer.send(Err(error.again()));
                    }
                }
            }
            drop(turn);
        }
    }

    /// What waits longest.
    fn take(&self) -> (Vec<T>, Vec<oneshot::Sender<Result<R, Error>>>) {
        let mut waiting = self.waiting();
        let many = waiting.len().min(ITEMS_MAX);
        waiting.drain(..many).unzip()
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting<T, R>> {
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
                async move {
                    tokio::task::yield_now().await;
                    Ok(items.into_iter().map(|item| item + 1).collect())
                }
            })
        });
        for (n, done) in join_all(all).await.into_iter().enumerate() {
            assert_eq!(done.unwrap() as usize, n + 1, "each hears its own");
        }
        assert_eq!(written.load(Ordering::SeqCst), 100);
        assert!(writes.load(Ordering::SeqCst) <= 2);
    }

    #[tokio::test]
    async fn a_failure_is_told_to_everybody_whom_it_concerns() {
        let line = Together::default();
        let all = (0..3).map(|n| line.run(n, |_| async { Err(Error::NotFound("disk")) }));
        assert!(join_all(all).await.iter().all(Result::is_err));
        assert!(line.run(9, |_| async { Ok(vec![()]) }).await.is_ok());
    }

    #[tokio::test]
    async fn nobody_does_more_than_fits_and_nobody_is_left_out() {
        let line = Together::default();
        let all = (0..3 * ITEMS_MAX).map(|n| {
            line.run(n, |items| async move {
                assert!(items.len() <= ITEMS_MAX);
                Ok(items)
            })
        });
        for (n, done) in join_all(all).await.into_iter().enumerate() {
            assert_eq!(done.unwrap(), n);
        }
    }
}

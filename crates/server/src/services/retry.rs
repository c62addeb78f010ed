//! Trying a whole transaction again when another one was faster.

use std::{future::Future, time::Duration};

use store::error::StoreError;

use crate::error::Error;

/// How often a transaction is tried.
const ATTEMPTS_MAX: u32 = 5;

/// How long to wait before the second attempt; before each further one as much more.
const PAUSE: Duration = Duration::from_millis(4);

/// Runs `attempt` until it does not end in a conflict, five times at the most. Each attempt begins a transaction of
/// its own and reads everything again.
///
/// # Errors
/// What the last attempt said.
pub async fn on_conflict<T, F>(mut attempt: impl FnMut() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let mut tried = 1;
    loop {
        match attempt().await {
            Err(Error::Unavailable(StoreError::Conflict)) if tried < ATTEMPTS_MAX => {
                tokio::time::sleep(PAUSE * tried).await;
                tried += 1;
            }
            result => return result,
        }
    }
}

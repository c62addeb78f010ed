//! Proving everything: the log from its checkpoints, and every row that the log vouches for from its leaves.
//!
//! Reads page by page, beside a running server too. What does not fit is said in plain words, and the rest is still
//! looked at.

mod house;
mod log;
mod people;
mod rows;
mod wordings;

use ledger::audit::Discrepancy;
use store::error::StoreError;

use crate::{app::House, error::Error, services::backup};

/// How many discrepancies are told in words. The others are counted.
pub const TOLD_MAX: usize = 50;

/// What was proved, and what does not fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Entries of the log.
    pub log_size: u64,
    /// Entries under the newest signed checkpoint.
    pub signed: u64,
    /// Checkpoints whose signature and root hold.
    pub checkpoints: u64,
    /// Tiles that were compared.
    pub tiles: u64,
    /// Events whose rows and evidence were compared.
    pub events: u64,
    /// Events that wait for their number. That is no error.
    pub pending: u64,
    /// Contacts whose standing was folded again.
    pub contacts: u64,
    /// Contacts who were erased: their events stand, what was sealed is gone.
    pub erased: u64,
    /// Wordings whose text was compared with its hash.
    pub wordings: u64,
    /// Reservations that were compared with the batch that speaks of them.
    pub reservations: u64,
    /// How many things do not fit.
    pub found: u64,
    /// The first of them, in words.
    pub told: Vec<String>,
}

/// What is being looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Leaves, tiles and checkpoints.
    Log,
    /// Contacts and their events.
    People,
    /// Policy, keys and batches of reservations.
    House,
}

impl Stage {
    /// What people read.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Log => "leaves, tiles and checkpoints",
            Self::People => "contacts and their events",
            Self::House => "policy, keys and sends",
        }
    }
}

/// Is told how far it is: the stage, how much is done, and of how much.
pub type Progress<'a> = dyn FnMut(Stage, u64, u64) + Send + 'a;

impl Report {
    /// Whether everything fits.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.found == 0
    }

    fn note(&mut self, what: impl Into<String>) {
        self.found += 1;
        if self.told.len() < TOLD_MAX {
            self.told.push(what.into());
        }
    }
}

/// Proves a whole database.
///
/// # Errors
/// Only when the database does not answer. What does not fit is in the report.
pub async fn whole(app: &House, progress: &mut Progress<'_>) -> Result<Report, Error> {
    let mut report = Report::default();
    let result = log::check(app, &mut report, progress).await;
    settle(&mut report, result)?;
    let result = rows::check(app, &mut report).await;
    settle(&mut report, result)?;
    let result = wordings::check(app, &mut report).await;
    settle(&mut report, result)?;
    let result = people::check(app, &mut report, progress).await;
    settle(&mut report, result)?;
    let result = house::check(app, &mut report, progress).await;
    settle(&mut report, result)?;
    match backup::seen_holds(app).await {
        Ok(true) => {}
        Ok(false) => report.note(
            "the log lacks the newest checkpoint that was ever seen of it: this is an older copy, or another log",
        ),
        Err(error) => settle(&mut report, Err(error.into()))?,
    }
    Ok(report)
}

/// Why a part of the proof ends early.
enum Stop {
    /// Something does not fit, and what follows cannot be looked at without it.
    Found(String),
    /// The database does not answer.
    Broken(Error),
}

fn settle(report: &mut Report, result: Result<(), Stop>) -> Result<(), Error> {
    match result {
        Ok(()) => Ok(()),
        Err(Stop::Found(what)) => {
            report.note(what);
            Ok(())
        }
        Err(Stop::Broken(error)) => Err(error),
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        match error {
            Error::Unavailable(_) => Self::Broken(error),
            Error::Internal(cause) => Self::Found(cause.to_string()),
            other => Self::Found(other.to_string()),
        }
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Error::from(error).into()
    }
}

impl From<Discrepancy> for Stop {
    fn from(found: Discrepancy) -> Self {
        Self::Found(found.to_string())
    }
}

/// A count of rows, which is never negative.
fn count(rows: i64) -> u64 {
    u64::try_from(rows).unwrap_or(0)
}

//! Moving a business from SQLite to PostgreSQL: every row as it is, page by page, and proved at the end.
//!
//! Each page is one transaction of the new database, which also notes how far it came: killed anywhere, it goes on from
//! there. While it lasts, a file beside the old database and a note in the new one, with the same id, keep both from
//! being served: what changed in between would be lost.

mod mark;
mod sum;

use std::path::{Path, PathBuf};

use store::{
    pool::Store,
    transfer::{Cell, MARK, Mark, Stage, Table},
};
use uuid::Uuid;

pub use self::mark::{Left, left_behind};
use self::sum::Sum;
use crate::{
    app::{App, CannotOpen, House},
    clock::Clock,
    config::{Config, Secret},
    error::Error,
    services::{
        backup, guarantees,
        verify::{self, Report},
    },
};

/// What a move came to.
#[derive(Debug)]
pub struct Moved {
    /// How many tables were compared.
    pub tables: usize,
    /// How many rows they have.
    pub rows: u64,
    /// How many rows were copied this time; the others were there from the time before.
    pub copied: u64,
    /// What the proof of the new database says. It holds.
    pub report: Report,
}

/// What is going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Rows are copied.
    Copy,
    /// Rows are compared, value for value.
    Compare,
    /// The new database is proved.
    Prove(verify::Stage),
}

impl Step {
    /// What people read.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Copy => "copying rows",
            Self::Compare => "comparing rows",
            Self::Prove(stage) => stage.sentence(),
        }
    }
}

/// Is told how far it is: the step, how much is done, and of how much.
pub type Progress<'a> = dyn FnMut(Step, u64, u64) + Send + 'a;

/// What to move, and where.
pub struct Plan {
    /// The settings: the master key, if it is not in a file beside the old database, and whether loss is allowed.
    pub config: Config,
    /// The old database's file. The caller holds its lock.
    pub file: PathBuf,
    /// The address of the new database.
    pub to: Secret,
}

/// A business that lives in the new database.
#[derive(Debug)]
pub struct Done {
    /// What it came to; none where it was done before.
    pub moved: Option<Moved>,
    /// Entries of the log.
    pub log_size: i64,
    /// The key that its checkpoints are signed with.
    pub log_key: String,
    /// The file that holds the master key, where it is not in the settings. It is needed from now on.
    pub master_file: Option<PathBuf>,
}

/// A move that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum CannotMove {
    /// One of the databases does not open.
    #[error("the {0} database: {1}")]
    Open(&'static str, #[source] CannotOpen),
    /// The new one may lose what it acknowledged.
    #[error(
        "the new database may lose what it acknowledged: {0}. Change that, or set `database_allow_lossy = true`"
    )]
    Lossy(String),
    /// Anything else.
    #[error("{}", told(.0))]
    Service(#[from] Error),
}

/// An error with what caused it: whoever moves a business wants to know which.
fn told(error: &Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => cause.to_string(),
        None => error.to_string(),
    }
}

/// Moves a business, or goes on with a move that was cut off.
///
/// # Errors
/// [`CannotMove`]; then the old database is as it was, and the same command may be given again.
pub async fn run(plan: &Plan, progress: &mut Progress<'_>) -> Result<Done, CannotMove> {
    let mut old = plan.config.clone();
    old.database = format!("sqlite:{}", plan.file.display());
    let from = House::open(old, Clock::Real).await;
    let from = from.map_err(|error| CannotMove::Open("old", error))?;
    let done = into(plan, &from, progress).await;
    from.store.close().await;
    done
}

async fn into(plan: &Plan, from: &App, progress: &mut Progress<'_>) -> Result<Done, CannotMove> {
    let mut new = plan.config.clone();
    plan.to.expose().clone_into(&mut new.database);
    let master_file = match &new.keys.master {
        Some(_) => None,
        None => Some(backup::beside(&plan.file, ".master")),
    };
    if let Some(file) = &master_file {
        let key = Secret::read(&format!("file:{}", file.display()));
        new.keys.master = Some(key.map_err(Error::Conflict)?);
    }
    let opened = |error: CannotOpen| CannotMove::Open("new", error);
    let to = Store::open_with(&new.database, &House::options(&new)).await;
    let to = to.map_err(|error| opened(error.into()))?;
    let durability = to.durability().await.map_err(Error::from)?;
    if let Some(found) = durability.filter(|found| !found.losses().is_empty())
        && !new.database_allow_lossy
    {
        return Err(CannotMove::Lossy(guarantees::losses(&found)));
    }
    let step = Move {
        file: &plan.file,
        from,
        to: &to,
    };
    let moved = match step.copy(progress).await? {
        Some(copied) => {
            let house = House::with_store(new, Clock::Real, to.clone()).await;
            let house = house.map_err(opened)?;
            Some(step.prove(copied, &house, progress).await?)
        }
        None => None,
    };
    to.close().await;
    let head = from.store.head().await.map_err(Error::from)?;
    Ok(Done {
        moved,
        log_size: head.size,
        log_key: from.signer.verifier().to_string(),
        master_file,
    })
}

/// Is told how many rows of a table are done.
type Tell<'a> = dyn FnMut(u64) + Send + 'a;

/// The house that a business moves out of, and the store that it moves into.
struct Move<'a> {
    file: &'a Path,
    from: &'a App,
    to: &'a Store,
}

impl Move<'_> {
    /// Copies what is not there yet, and compares everything. None when all this was done before, and proved.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the new database holds something else, or the old one changed meanwhile; when either
    /// does not answer.
    async fn copy(&self, progress: &mut Progress<'_>) -> Result<Option<Copied>, Error> {
        let old = &self.from.store;
        let tables = old.tables().await?.ok_or_else(|| {
            Error::Conflict(
                "only a SQLite database can be moved: want --from sqlite:FILE".to_owned(),
            )
        })?;
        let mut mark = self.begin(&tables).await?;
        if mark.stage == Stage::Done {
            mark::finish(self.file)?;
            return Ok(None);
        }
        let mut counts = Vec::with_capacity(tables.len());
        for table in &tables {
            counts.push(u64::try_from(old.count_rows(table).await?).unwrap_or(0));
        }
        let total = counts.iter().sum();
        let (mut done, mut copied) = (0, 0);
        for (table, count) in tables.iter().zip(&counts) {
            let mut tell = |here: u64| progress(Step::Copy, done + here, total);
            copied += self.copy_table(table, &mut mark, &mut tell).await?;
            done += count;
        }
        let mut rows = 0;
        for table in &tables {
            let mut tell = |here: u64| progress(Step::Compare, rows + here, total);
            rows += self.compare(table, &mut tell).await?;
        }
        Ok(Some(Copied {
            tables: tables.len(),
            rows,
            copied,
            mark,
        }))
    }

    /// Proves the new database, and from then on it may be served, and the old one may not. `new` is the house over
    /// the new store, with the master key of the old.
    ///
    /// # Errors
    /// [`Error::Conflict`] when something does not fit; when a database does not answer.
    async fn prove(
        &self,
        copied: Copied,
        new: &App,
        progress: &mut Progress<'_>,
    ) -> Result<Moved, Error> {
        let mut tell = |stage, done, total| progress(Step::Prove(stage), done, total);
        let report = verify::whole(new, &mut tell).await?;
        if !report.holds() {
            let first = report.told.first().cloned().unwrap_or_default();
            return Err(Error::Conflict(format!(
                "the copy cannot be proved, and is not to be used: {} thing(s) do not fit, the first is: {first}. If \
                 `consentry verify` says the same of the old database, it was so before",
                report.found
            )));
        }
        let mark = Mark {
            stage: Stage::Done,
            ..copied.mark
        };
        self.note(&mark).await?;
        mark::finish(self.file)?;
        Ok(Moved {
            tables: copied.tables,
            rows: copied.rows,
            copied: copied.copied,
            report,
        })
    }

    /// Finds out where it goes on, or that it may begin.
    async fn begin(&self, tables: &[Table]) -> Result<Mark, Error> {
        let here = mark::beside_file(self.file)?;
        match (self.to.mark().await?, here) {
            (Some(mark), Some(id)) if mark.id == id => Ok(mark),
            (Some(_), _) => Err(Error::Conflict(
                "the new database holds a copy of another database, or of an earlier state of this one: empty it \
                 (drop its schema), and begin anew"
                    .to_owned(),
            )),
            (None, here) => {
                self.want_empty(tables).await?;
                let id = here.unwrap_or_else(Uuid::now_v7);
                mark::keep_beside(self.file, id)?;
                let mark = Mark {
                    id,
                    stage: Stage::Copying,
                    table: String::new(),
                    after: Vec::new(),
                };
                self.note(&mark).await?;
                Ok(mark)
            }
        }
    }

    async fn note(&self, mark: &Mark) -> Result<(), Error> {
        let mut tx = self.to.begin().await?;
        tx.set_mark(mark).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn want_empty(&self, tables: &[Table]) -> Result<(), Error> {
        for table in tables {
            let is_seeded = table.name == "log_head";
            let found = if is_seeded {
                self.to.head().await?.size
            } else {
                i64::try_from(self.to.rows(table, &[]).await?.len()).unwrap_or(i64::MAX)
            };
            if found > 0 {
                return Err(Error::Conflict(format!(
                    "the new database is not empty: its table `{}` has rows. Want one that no command has used yet",
                    table.name
                )));
            }
        }
        Ok(())
    }

    /// Copies what is missing of one table. Gives how many rows that were.
    async fn copy_table(
        &self,
        table: &Table,
        mark: &mut Mark,
        tell: &mut Tell<'_>,
    ) -> Result<u64, Error> {
        // Tables go by their names, in one order each time: those before the noted one are whole.
        if mark.table.as_str() > table.name.as_str() {
            return Ok(0);
        }
        let mut after = if mark.table == table.name {
            mark.after.clone()
        } else {
            Vec::new()
        };
        let mut copied = 0;
        loop {
            let page = self.from.store.rows(table, &after).await?;
            let Some(last) = page.last() else {
                return Ok(copied);
            };
            after = table.key_of(last);
            mark.table.clone_from(&table.name);
            mark.after.clone_from(&after);
            let mut tx = self.to.begin().await?;
            tx.put_rows(table, &page).await.map_err(|error| {
                if error.is_conflict() {
                    Error::Conflict(format!(
                        "somebody else wrote into the table `{}` of the new database: empty it, and begin anew",
                        table.name
                    ))
                } else {
                    error.into()
                }
            })?;
            tx.set_mark(mark).await?;
            tx.commit().await?;
            copied += u64::try_from(page.len()).unwrap_or(0);
            tell(copied);
        }
    }

    /// Compares one table, whatever the order in which either database gives its rows.
    async fn compare(&self, table: &Table, tell: &mut Tell<'_>) -> Result<u64, Error> {
        let old = sum_of(&self.from.store, table, &mut |_| {}).await?;
        let new = sum_of(self.to, table, tell).await?;
        if old == new {
            return Ok(old.rows);
        }
        Err(Error::Conflict(format!(
            "the table `{}` differs: {} rows here and {} there. Somebody wrote into one of the databases meanwhile: \
             empty the new one (drop its schema), and begin anew",
            table.name, old.rows, new.rows
        )))
    }
}

/// A copy that is compared, and not proved yet.
#[derive(Debug)]
struct Copied {
    tables: usize,
    rows: u64,
    copied: u64,
    mark: Mark,
}

async fn sum_of(store: &Store, table: &Table, tell: &mut Tell<'_>) -> Result<Sum, Error> {
    let mut sum = Sum::default();
    let mut after = Vec::new();
    loop {
        let page = store.rows(table, &after).await?;
        let Some(last) = page.last() else {
            return Ok(sum);
        };
        after = table.key_of(last);
        for row in &page {
            // Our own note is in the new database only.
            if table.name == "house" && row.first() == Some(&Cell::Text(MARK.to_owned())) {
                continue;
            }
            sum.add(row);
        }
        tell(sum.rows);
    }
}

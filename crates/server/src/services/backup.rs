//! Copies of the database, and noticing that an older copy was put in its place.
//!
//! The newest checkpoint ever signed lies in a file beside the database. A copy that was put back knows less than that
//! file: then opt-outs may be missing, and marketing waits until somebody has looked.

use std::{
    ffi::OsString,
    fs::File,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    sync::atomic::Ordering,
};

use consent::{event::StaffAct, time::Timestamp};
use ledger::checkpoint::Checkpoint;
use store::{log::CheckpointLine, pool::Store};

use crate::{
    app::{App, House},
    error::Error,
    services::{keys, numbering},
};

/// The house value that says that an older copy was put back and nobody has acknowledged it.
const RESTORED: &str = "restored";

/// The newest checkpoint that was ever seen of this database.
const SEEN: &str = ".checkpoint";

/// What a copy came to.
#[derive(Debug, Clone)]
pub struct Copied {
    /// The file.
    pub file: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// Entries of its log.
    pub log_size: i64,
}

/// What putting a copy in place came to.
#[derive(Debug, Clone)]
pub struct PutBack {
    /// The database.
    pub database: PathBuf,
    /// Entries of its log.
    pub log_size: i64,
    /// Where the database that was there before lies now.
    pub set_aside: Option<PathBuf>,
    /// Whether the file with the master key is there; nothing sealed opens without it.
    pub has_master: bool,
}

/// A file beside the database: its name with an ending.
#[must_use]
pub fn beside(database: &Path, ending: &str) -> PathBuf {
    let mut name: OsString = database.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Writes a consistent copy of the database to a new file, beside a running server too. The keys in it stay wrapped,
/// and the file with the master key is not part of it.
///
/// # Errors
/// [`Error::Conflict`] when the file exists or this is PostgreSQL; when it cannot be written.
pub async fn copy(store: &Store, file: &Path) -> Result<Copied, Error> {
    if store.file().is_none() {
        return Err(Error::Conflict(
            "a PostgreSQL database is backed up with its own tools: pg_dump, and keep `keys.master` in another place"
                .to_owned(),
        ));
    }
    let name = file
        .to_str()
        .ok_or_else(|| Error::field("file", "the name of the file is not Unicode"))?;
    if file.exists() {
        return Err(Error::Conflict(format!(
            "`{name}` exists: want the name of a new file"
        )));
    }
    if let Err(error) = store.copy_to(name).await {
        // Half a copy is none.
        let _ = std::fs::remove_file(file);
        return Err(error.into());
    }
    let opened = File::open(file).map_err(Error::internal)?;
    opened.sync_all().map_err(Error::internal)?;
    let bytes = opened.metadata().map_err(Error::internal)?.len();
    Ok(Copied {
        file: file.to_owned(),
        bytes,
        log_size: log_size_of(file).await?,
    })
}

/// Puts a copy in place of a SQLite database. The caller holds the server's lock. A database that is there is set
/// aside, never deleted; and the file that remembers the newest checkpoint stays as it is.
///
/// # Errors
/// [`Error::Conflict`] when there is a database and `replace` does not say so; [`Error::Invalid`] when the file is no
/// copy of ours.
pub async fn put_back(
    copy: &Path,
    database: &Path,
    replace: Replace,
    now: Timestamp,
) -> Result<PutBack, Error> {
    if database.exists() && replace == Replace::No {
        return Err(Error::Conflict(format!(
            "`{}` exists: with --force it is set aside and the copy takes its place",
            database.display()
        )));
    }
    if !copy.is_file() {
        return Err(Error::field(
            "file",
            format!("there is no file `{}`", copy.display()),
        ));
    }
    if let Some(folder) = database.parent() {
        std::fs::create_dir_all(folder).map_err(Error::internal)?;
    }
    let fresh = beside(database, ".restoring");
    std::fs::copy(copy, &fresh).map_err(Error::internal)?;
    let log_size = match log_size_of(&fresh).await {
        Ok(size) => size,
        Err(error) => {
            let _ = std::fs::remove_file(&fresh);
            let message = format!(
                "`{}` is no copy of a Consentry database: {error}",
                copy.display()
            );
            return Err(Error::field("file", message));
        }
    };
    File::open(&fresh)
        .and_then(|file| file.sync_all())
        .map_err(Error::internal)?;
    let set_aside = set_aside(database, now).map_err(Error::internal)?;
    std::fs::rename(&fresh, database).map_err(Error::internal)?;
    sync_folder(database).map_err(Error::internal)?;
    Ok(PutBack {
        database: database.to_owned(),
        log_size,
        set_aside,
        has_master: beside(database, ".master").is_file(),
    })
}

/// Whether a database that is there may be set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replace {
    /// It may not.
    No,
    /// It may.
    SetAside,
}

/// Remembers a checkpoint beside the database, unless one as new is remembered already. PostgreSQL has no such place.
///
/// # Errors
/// When the file cannot be written.
pub fn remember(app: &House, line: &CheckpointLine) -> Result<(), Error> {
    let Some(database) = app.store.file() else {
        return Ok(());
    };
    let path = beside(database, SEEN);
    let seen = read_seen(app, &path)?;
    if seen.is_some_and(|seen| i64::try_from(seen.size).unwrap_or(i64::MAX) >= line.size) {
        return Ok(());
    }
    write_seen(&path, &line.note).map_err(Error::internal)
}

/// Looks whether the database is an older copy than the one that was here. If so, it is noted in the house and
/// marketing is refused from now on. Gives whether it is.
///
/// # Errors
/// When the database does not answer.
pub async fn look_back(app: &House) -> Result<bool, Error> {
    let mut restored = is_restored(app).await?;
    if !restored && !seen_holds(app).await? {
        let mut tx = app.store.begin().await?;
        tx.set_house(RESTORED, b"1").await?;
        tx.commit().await?;
        restored = true;
    }
    app.restored.store(restored, Ordering::SeqCst);
    Ok(restored)
}

/// Whether an older copy was put back and nobody has acknowledged it.
///
/// # Errors
/// When the database does not answer.
pub async fn is_restored(app: &House) -> Result<bool, Error> {
    let value = app.store.house(RESTORED).await?;
    Ok(value.is_some_and(|value| !value.is_empty()))
}

/// Somebody has looked at what the older copy may lack, and answers for it: marketing goes again.
///
/// # Errors
/// [`Error::Conflict`] when there is nothing to acknowledge; when the database does not answer.
pub async fn acknowledge(app: &App, actor: &str) -> Result<(), Error> {
    if !look_back(app).await? {
        return Err(Error::Conflict(
            "there is nothing to acknowledge: the database is not an older copy".to_owned(),
        ));
    }
    let mut tx = app.store.begin().await?;
    tx.set_house(RESTORED, b"").await?;
    let note = "an older copy of the database was put in place";
    keys::staff_event(app, &mut tx, StaffAct::RestoreAcknowledged, actor, note).await?;
    tx.commit().await?;
    let line = numbering::checkpoint(app).await?;
    if let Some(database) = app.store.file() {
        // From here on this is the log, whatever was seen before.
        write_seen(&beside(database, SEEN), &line.note).map_err(Error::internal)?;
    }
    app.restored.store(false, Ordering::SeqCst);
    Ok(())
}

/// Whether the log still has the newest checkpoint that was ever seen of it.
///
/// # Errors
/// When the database does not answer.
pub async fn seen_holds(app: &House) -> Result<bool, Error> {
    let Some(database) = app.store.file() else {
        return Ok(true);
    };
    let Some(seen) = read_seen(app, &beside(database, SEEN))? else {
        return Ok(true);
    };
    let Ok(size) = i64::try_from(seen.size) else {
        return Ok(false);
    };
    if app.store.head().await?.size < size {
        return Ok(false);
    }
    // What was seen was in the table first; a log that lacks it is another one.
    let kept = app.store.checkpoints(size.saturating_sub(1), 1).await?;
    let keys = [app.signer.verifier().clone()];
    Ok(kept.iter().any(|line| {
        line.size == size
            && Checkpoint::open(&line.note, &keys)
                .is_ok_and(|opened| opened.checkpoint.root == seen.root)
    }))
}

/// The remembered checkpoint. One that is not signed by this log says nothing about it.
fn read_seen(app: &House, path: &Path) -> Result<Option<Checkpoint>, Error> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(Error::internal(cause)),
    };
    let keys = [app.signer.verifier().clone()];
    match Checkpoint::open(&text, &keys) {
        Ok(opened) => Ok(Some(opened.checkpoint)),
        Err(error) => {
            tracing::warn!(
                %error,
                "`{}` is not a checkpoint of this log: the address in `public_url` or the keys were changed",
                path.display()
            );
            Ok(None)
        }
    }
}

fn write_seen(path: &Path, note: &str) -> std::io::Result<()> {
    let fresh = beside(path, ".new");
    let mut file = File::create(&fresh)?;
    file.write_all(note.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&fresh, path)?;
    sync_folder(path)
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Sets a database aside with the files that belong to it. Gives its new name.
fn set_aside(database: &Path, now: Timestamp) -> std::io::Result<Option<PathBuf>> {
    if !database.exists() {
        return Ok(None);
    }
    let aside = beside(database, &format!(".before-{}", now.seconds()));
    for ending in ["-wal", "-shm", ""] {
        let from = beside(database, ending);
        if from.exists() {
            std::fs::rename(from, beside(&aside, ending))?;
        }
    }
    Ok(Some(aside))
}

/// Opens a copy for a moment: it must be a database of ours.
async fn log_size_of(file: &Path) -> Result<i64, Error> {
    let store = Store::open(&format!("sqlite:{}", file.display())).await?;
    let head = store.head().await;
    let vault = store.house("log_seed").await;
    store.close().await;
    if vault?.is_none() {
        return Err(Error::Conflict("it holds no log".to_owned()));
    }
    Ok(head?.size)
}

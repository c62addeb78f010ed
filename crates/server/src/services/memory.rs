//! The index in memory: read from its file or from the rows, kept exact by every commit, written down now and then.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{BufReader, BufWriter, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use consent::{id::ContactId, policy::Policy, time::Timestamp};
use index::{
    index::Index,
    snapshot::{self, Label},
    state::State,
};
use sha2::{Digest, Sha256};
use store::watch::{Meaning, SNAPSHOT};
use uuid::Uuid;

use crate::{
    app::{App, House},
    error::Error,
    memory::Ready,
    services::{backup::beside, policy},
};

/// What the name of a snapshot's file has before its id.
const ENDING: &str = ".index-";
/// Rows of one page.
const PAGE: u32 = 4_000;
/// Contacts of the tail that are read again at once.
const TAIL_PAGE: u32 = 500;
/// A snapshot is written when the tail is this long, or longer where there are many contacts.
const TAIL_MIN: i64 = 10_000;
/// A snapshot is written when the tail is this long, however many contacts there are.
const TAIL_MAX: i64 = 200_000;
/// No snapshot is written sooner after the last one.
const PAUSE: Duration = Duration::from_secs(60);

/// From now on every commit is told to the index before anybody hears of it.
pub fn watch(app: &App) {
    let (memory, clock) = (Arc::clone(&app.memory), app.clock.clone());
    app.store.watch(move |news| memory.told(news, &clock));
    app.memory.note_watched();
}

/// Builds the index where there is none, and writes it down where that is due. Gives whether it did something.
///
/// # Errors
/// When the database does not answer, or the snapshot cannot be written.
pub async fn step(app: &App) -> Result<bool, Error> {
    if app.store.file().is_none() || !app.memory.is_watched() {
        return Ok(false);
    }
    let Some(ready) = app.memory.ready() else {
        return build(app).await;
    };
    let (_, tail) = app.store.tail_end().await?;
    let unnamed = app.store.house(SNAPSHOT).await?.is_none();
    if let Some(database) = app.store.file().filter(|_| unnamed) {
        // What was there named somebody who was erased.
        clear(database, None);
    }
    let due = unnamed || ready.is_unwritten() || tail >= tail_due(app);
    let paused = {
        let last = app.memory.written();
        last.is_some_and(|last| app.clock.instant().duration_since(last) < PAUSE)
    };
    if due && !paused {
        save(app).await?;
        return Ok(true);
    }
    Ok(false)
}

/// Writes the index down, if there is one and the file is not up to date.
///
/// # Errors
/// When the database does not answer, or the file cannot be written.
pub async fn save(app: &App) -> Result<(), Error> {
    let (Some(ready), Some(database)) = (app.memory.ready(), app.store.file()) else {
        return Ok(());
    };
    let ((end, tail), erasures) = {
        // Whatever the tail names by now has been told, so the copy that is made next has it.
        let _turn = app.store.hush().await;
        (app.store.tail_end().await?, app.memory.erasures())
    };
    if tail == 0 && !ready.is_unwritten() && app.store.house(SNAPSHOT).await?.is_some() {
        return Ok(());
    }
    app.memory.note_written(app.clock.instant());
    let id = Uuid::new_v4().into_bytes();
    let label = label(id, ready.policy.version);
    let path = snapshot_file(database, &id);
    let written = {
        let (path, ready) = (path.clone(), Arc::clone(&ready));
        tokio::task::spawn_blocking(move || write_file(&path, &ready, &label))
    };
    written
        .await
        .map_err(Error::internal)?
        .map_err(Error::internal)?;
    let mut tx = app.store.begin().await?;
    if app.memory.erasures() != erasures {
        // Somebody was erased whom the copy may name. The next turn writes another.
        return fs::remove_file(&path).map_err(Error::internal);
    }
    tx.set_house(SNAPSHOT, &id).await?;
    tx.cut_tail(end).await?;
    tx.commit().await?;
    ready.note_unwritten(false);
    clear(database, Some(&path));
    Ok(())
}

/// Brings an index up to date with the tail after a place. Gives the place of its end.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn catch_up(
    app: &House,
    index: &Index,
    policy: &Policy,
    after: i64,
) -> Result<i64, Error> {
    let mut place = after;
    loop {
        let page = app.store.tail(place, TAIL_PAGE).await?;
        let Some((last, _)) = page.last() else {
            return Ok(place);
        };
        place = *last;
        let touched: HashSet<ContactId> = page.iter().map(|(_, contact)| *contact).collect();
        let touched: Vec<ContactId> = touched.into_iter().collect();
        let meanings = app.store.meanings_of(&touched).await?;
        note(index, &meanings, policy, app.clock.now());
    }
}

/// Where the snapshot with this id lies.
#[must_use]
pub fn snapshot_file(database: &Path, id: &[u8]) -> PathBuf {
    beside(database, &format!("{ENDING}{}", hex::encode(id)))
}

/// What a snapshot says of itself when this very program wrote it.
#[must_use]
pub fn label(id: [u8; 16], policy: u64) -> Label {
    let maker = std::env::current_exe().map(|program| maker(&program));
    Label {
        id,
        policy,
        maker: maker.unwrap_or_default(),
    }
}

/// Tells programs apart: another build may judge otherwise, and its states are not believed.
#[must_use]
pub fn maker(program: &Path) -> [u8; 32] {
    let about = fs::metadata(program).ok();
    let length = about.as_ref().map_or(0, fs::Metadata::len);
    let changed = about.and_then(|about| about.modified().ok());
    let changed = changed.and_then(|changed| changed.duration_since(UNIX_EPOCH).ok());
    let text = format!("{} {length} {changed:?}", env!("CARGO_PKG_VERSION"));
    Sha256::digest(text).into()
}

/// Removes the snapshots of a database, but for one.
pub fn clear(database: &Path, keep: Option<&Path>) {
    let (Some(folder), Some(name)) = (database.parent(), database.file_name()) else {
        return;
    };
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let begins = format!("{}{ENDING}", name.to_string_lossy());
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let ours = entry.file_name().to_string_lossy().starts_with(&begins);
        let kept = keep.and_then(Path::file_name) == Some(&entry.file_name());
        if ours && !kept {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Builds the index and puts it in force. Gives whether it is.
async fn build(app: &App) -> Result<bool, Error> {
    let policy = {
        // Whatever is committed from here on is kept; whatever was committed before is read.
        let _turn = app.store.hush().await;
        let policy = policy::current(app).await?;
        app.memory.begin(Arc::clone(&policy));
        policy
    };
    let began = app.clock.instant();
    let found = from_file(app, &policy).await?;
    let is_from_file = found.is_some();
    let from = if is_from_file { "its file" } else { "the rows" };
    let index = match found {
        Some((index, _)) => {
            catch_up(app, &index, &policy, 0).await?;
            index
        }
        None => from_rows(app, &policy).await?,
    };
    let ready = Ready::new(index, policy, erased(app).await?);
    // Made once, and not again at the next start: a file of another program, or of another policy, is believed by nobody.
    ready.note_unwritten(!is_from_file);
    let size = ready.index.size();
    let _turn = app.store.hush().await;
    let done = app.memory.finish(ready);
    if done {
        let took = app.clock.instant().duration_since(began).as_millis();
        tracing::info!(
            keys = size.keys,
            bytes = size.bytes,
            "the index is ready after {took} ms, from {from}"
        );
    }
    Ok(done)
}

/// The snapshot that the database names, if it is there and whole.
pub(super) async fn from_file(
    app: &House,
    policy: &Policy,
) -> Result<Option<(Index, Vec<u8>)>, Error> {
    let (Some(database), Some(id)) = (app.store.file(), app.store.house(SNAPSHOT).await?) else {
        return Ok(None);
    };
    let Ok(name) = <[u8; 16]>::try_from(id.as_slice()) else {
        return Ok(None);
    };
    let path = snapshot_file(database, &name);
    let label = label(name, policy.version);
    let file = path.clone();
    let found = tokio::task::spawn_blocking(move || {
        let mut file = BufReader::with_capacity(1 << 20, File::open(file)?);
        snapshot::read(&label, &mut file)
    });
    match found.await.map_err(Error::internal)? {
        Ok(index) => Ok(Some((index, id))),
        Err(cause) => {
            tracing::warn!(
                "the index is built anew: `{}` is not believed: {cause}",
                path.display()
            );
            Ok(None)
        }
    }
}

/// Everybody, page by page.
pub(super) async fn from_rows(app: &House, policy: &Policy) -> Result<Index, Error> {
    let index = Index::default();
    let mut after = String::new();
    loop {
        let page = app.store.meanings(&after, PAGE).await?;
        let Some((last, _)) = page.last() else {
            return Ok(index);
        };
        after.clone_from(last);
        note(&index, &page, policy, app.clock.now());
    }
}

fn note(index: &Index, meanings: &[Meaning], policy: &Policy, now: Timestamp) {
    for (alias, standing) in meanings {
        let state = standing.as_ref();
        index.note(
            alias,
            state.map(|standing| State::of(standing, policy, now)),
        );
    }
}

pub(super) async fn erased(app: &House) -> Result<HashSet<Vec<u8>>, Error> {
    let mut tags = HashSet::new();
    let mut after = Vec::new();
    loop {
        let page = app.store.erased_tags(&after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(tags);
        };
        after.clone_from(last);
        tags.extend(page);
    }
}

/// A twentieth of everybody: reading that again costs less than writing everything.
fn tail_due(app: &House) -> i64 {
    let keys = app
        .memory
        .ready()
        .map_or(0, |ready| ready.index.size().keys);
    i64::try_from(keys / 20)
        .unwrap_or(TAIL_MAX)
        .clamp(TAIL_MIN, TAIL_MAX)
}

/// Written under another name first: what has the name of a snapshot is whole.
fn write_file(path: &Path, ready: &Ready, label: &Label) -> std::io::Result<()> {
    let part = beside(path, ".part");
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = BufWriter::with_capacity(1 << 20, options.open(&part)?);
    snapshot::write(&ready.index, label, &mut out)?;
    out.flush()?;
    out.get_ref().sync_all()?;
    fs::rename(&part, path)?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

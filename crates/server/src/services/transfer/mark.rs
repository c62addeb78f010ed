//! The file beside a database that is being moved, or was.

use std::{
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use uuid::Uuid;

use crate::{error::Error, services::backup::beside};

/// Beside a database that is being moved.
const MOVING: &str = ".moving";
/// Beside a database that was moved.
const MOVED: &str = ".moved";

/// Where a business is that has left this database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Left {
    /// On its way.
    #[error(
        "`{}` says that this database is being moved to PostgreSQL: run `consentry migrate --from … --to …` again to \
         finish. To give that up, delete this file; the copy is of no use then",
        .0.display()
    )]
    Moving(PathBuf),
    /// Gone.
    #[error(
        "`{}` says that this database was moved to PostgreSQL. If it is to live again, delete this file: what happened \
         over there since is not in it",
        .0.display()
    )]
    Moved(PathBuf),
}

/// Whether the business in this file is moving out, or has.
#[must_use]
pub fn left_behind(database: &Path) -> Option<Left> {
    let (moving, moved) = (beside(database, MOVING), beside(database, MOVED));
    if moved.exists() {
        return Some(Left::Moved(moved));
    }
    moving.exists().then_some(Left::Moving(moving))
}

/// The id in the file beside the old database.
pub(super) fn beside_file(database: &Path) -> Result<Option<Uuid>, Error> {
    for ending in [MOVING, MOVED] {
        match std::fs::read_to_string(beside(database, ending)) {
            Ok(text) => return Ok(Some(text.trim().parse().map_err(Error::internal)?)),
            Err(cause) if cause.kind() == ErrorKind::NotFound => {}
            Err(cause) => return Err(Error::internal(cause)),
        }
    }
    Ok(None)
}

/// Keeps the id beside the old database, on disk before the first row is copied.
pub(super) fn keep_beside(database: &Path, id: Uuid) -> Result<(), Error> {
    let path = beside(database, MOVING);
    let fresh = beside(&path, ".new");
    let write = || {
        let mut file = std::fs::File::create(&fresh)?;
        writeln!(file, "{id}")?;
        file.sync_all()?;
        std::fs::rename(&fresh, &path)?;
        sync_folder(&path)
    };
    write().map_err(Error::internal)
}

/// The old database is left behind for good.
pub(super) fn finish(database: &Path) -> Result<(), Error> {
    let (moving, moved) = (beside(database, MOVING), beside(database, MOVED));
    if moving.exists() {
        std::fs::rename(&moving, &moved)
            .and_then(|()| sync_folder(&moved))
            .map_err(Error::internal)?;
    }
    Ok(())
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    std::fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

//! A file that somebody sent from a page: kept sealed while they say what its columns mean, and forgotten after.

use std::io::Cursor;

use consent::time::HOUR_MS;
use uuid::Uuid;

use super::{
    mapping::MappingBody,
    sheet::{self, Part},
};
use crate::{
    app::{App, House},
    error::Error,
};

/// Largest file that a page takes; the API and the command take larger ones.
pub const BYTES_MAX: usize = 16 * 1024 * 1024;
/// How long it waits.
const KEPT_MS: i64 = HOUR_MS;
/// Bytes of one part.
const PART_BYTES: usize = 1024 * 1024;
/// What its parts are sealed for.
const PURPOSE: &str = "upload";
/// Rows that are shown of it.
const SHOWN: usize = 5;

/// The beginning of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Glance {
    /// The names of the columns.
    pub header: Vec<String>,
    /// The first rows.
    pub rows: Vec<Vec<String>>,
}

/// Keeps a file, and forgets those whose time has passed.
///
/// # Errors
/// When the database does not answer.
pub async fn keep(app: &App, bytes: &[u8]) -> Result<Uuid, Error> {
    let (id, now) = (app.clock.id(), app.clock.now());
    let mut tx = app.store.begin().await?;
    tx.drop_uploads(Uuid::nil(), now.plus_millis(-KEPT_MS))
        .await?;
    for (part, bytes) in bytes.chunks(PART_BYTES).enumerate() {
        let sealed = app
            .vault
            .house()
            .seal(PURPOSE, bytes)
            .map_err(Error::internal)?;
        let part = u32::try_from(part).unwrap_or(u32::MAX);
        tx.put_upload_part(id, part, &sealed, now).await?;
    }
    tx.commit().await?;
    Ok(id)
}

/// A file that waits.
///
/// # Errors
/// [`Error::NotFound`] when there is none, or its time has passed; when the database does not answer.
pub async fn fetch(app: &House, id: Uuid) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let mut part = 0;
    while let Some(sealed) = app.store.upload_part(id, part).await? {
        let opened = app.vault.house().open(PURPOSE, &sealed);
        bytes.extend(opened.map_err(Error::internal)?);
        part += 1;
    }
    if part == 0 {
        return Err(Error::NotFound("file"));
    }
    Ok(bytes)
}

/// Forgets a file.
///
/// # Errors
/// When the database does not answer.
pub async fn forget(app: &App, id: Uuid) -> Result<(), Error> {
    let mut tx = app.store.begin().await?;
    let before = app.clock.now().plus_millis(-KEPT_MS);
    tx.drop_uploads(id, before).await?;
    tx.commit().await?;
    Ok(())
}

/// The beginning of a file.
///
/// # Errors
/// [`Error::Invalid`] when it cannot be read.
pub async fn glance(bytes: &[u8], mapping: &MappingBody) -> Result<Glance, Error> {
    let mut parts = sheet::read(Cursor::new(bytes.to_vec()), mapping.format()?);
    let mut glance = Glance::default();
    while let Some(part) = parts.recv().await {
        match part {
            Part::Header(header) => glance.header = header,
            Part::Rows(rows) => {
                let cells = rows.into_iter().take(SHOWN).filter_map(|row| row.cells);
                glance.rows = cells.collect();
                break;
            }
            Part::End(_) => break,
            Part::Fault(why) => return Err(Error::field("file", why)),
        }
    }
    Ok(glance)
}

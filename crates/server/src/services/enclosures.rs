//! Files that prove an opt-in: kept sealed under the person's key, so that an erasure reaches them, and named by their hash.

use consent::{event::StaffAct, id::ContactId};
use serde::Serialize;
use store::enclosure::Enclosure;
use utoipa::ToSchema;

use crate::{
    app::{App, House},
    clock,
    error::Error,
    services::{contacts, keys},
    vault::{PersonKey, sha256},
};

/// What a file is sealed for.
const PURPOSE: &str = "enclosure";
/// The largest file, in bytes.
pub const FILE_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Files of one person.
const FILES_MAX: usize = 50;
/// Longest name of a file, in bytes.
const NAME_BYTES_MAX: usize = 200;
/// The kinds of files that a browser may show by itself; the others are only ever saved.
const KINDS: [(&[u8], &str); 4] = [
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
];

/// A file that is kept.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FileAnswer {
    /// SHA-256 of it, in hexadecimal: what the evidence of an opt-in names.
    pub sha256: String,
    /// Its name.
    pub name: String,
    /// How long it is, in bytes.
    pub bytes: usize,
    /// Since when it is kept.
    pub at: String,
}

/// A file with what is in it.
#[derive(Debug, Clone)]
pub struct File {
    /// Its name.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
    /// What kind of file it is, as far as its first bytes say.
    pub kind: &'static str,
}

/// Keeps a file of a person.
///
/// # Errors
/// [`Error::Invalid`] when it is empty, too large or has no name; [`Error::NotFound`] when there is no such contact, or
/// no more.
pub async fn keep(
    app: &App,
    contact: ContactId,
    (name, bytes): (&str, &[u8]),
    actor: &str,
) -> Result<FileAnswer, Error> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.chars().any(char::is_control) {
        let message = format!("`{name}` is no name of a file: want 1 to {NAME_BYTES_MAX} bytes");
        return Err(Error::field("name", message));
    }
    if bytes.is_empty() || bytes.len() > FILE_BYTES_MAX {
        let message = format!("it has `{}` bytes: want 1 to {FILE_BYTES_MAX}", bytes.len());
        return Err(Error::field("file", message));
    }
    let key = key(app, contact).await?.ok_or(Error::NotFound("contact"))?;
    let there = app.store.enclosures(contact).await?;
    let hash = sha256(bytes);
    let is_new = there.iter().all(|(other, _)| *other != hash);
    if is_new && there.len() >= FILES_MAX {
        let message = format!("`{FILES_MAX}` files of this person are kept: want no more");
        return Err(Error::field("file", message));
    }
    let length = u16::try_from(name.len()).map_err(Error::internal)?;
    let whole = [&length.to_be_bytes(), name.as_bytes(), bytes].concat();
    let now = app.clock.now();
    if is_new {
        let mut tx = app.store.begin().await?;
        let file = Enclosure {
            contact,
            sha256: hash,
            at: now,
            sealed: key.seal(PURPOSE, &whole).map_err(Error::internal)?,
        };
        tx.enclose(&file).await?;
        let note = format!("file {} of contact {contact}", hex::encode(hash));
        keys::staff_event(app, &mut tx, StaffAct::ContactEdited, actor, &note).await?;
        tx.commit().await?;
        app.bell.log.notify_one();
    }
    describe(app, contact, &key, hash)
        .await?
        .ok_or(Error::NotFound("file"))
}

/// The files of a person, the oldest first.
///
/// # Errors
/// [`Error::NotFound`] when there is no such contact; when the database does not answer.
pub async fn list(app: &House, contact: ContactId) -> Result<Vec<FileAnswer>, Error> {
    let Some(key) = key(app, contact).await? else {
        return Ok(Vec::new());
    };
    let mut files = Vec::new();
    for (hash, _) in app.store.enclosures(contact).await? {
        files.extend(describe(app, contact, &key, hash).await?);
    }
    Ok(files)
}

/// One file of a person, by the hexadecimal SHA-256 of it.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn open(app: &House, contact: ContactId, sha256: &str) -> Result<File, Error> {
    let none = || Error::NotFound("file");
    let hash = hex::decode(sha256)
        .ok()
        .and_then(|bytes| bytes.try_into().ok());
    let key = key(app, contact).await?.ok_or_else(none)?;
    let file = app.store.enclosure(contact, hash.ok_or_else(none)?).await?;
    let (name, bytes) = read(&key, &file.ok_or_else(none)?).ok_or_else(none)?;
    let kind = KINDS.iter().find(|(magic, _)| bytes.starts_with(magic));
    let kind = kind.map_or("application/octet-stream", |(_, kind)| kind);
    Ok(File { name, bytes, kind })
}

async fn key(app: &House, contact: ContactId) -> Result<Option<PersonKey>, Error> {
    let line = contacts::line(app, contact).await?;
    let wrapped = line.person.sealing_key.as_deref();
    let key = wrapped.map(|wrapped| app.vault.person(contact, wrapped));
    key.transpose().map_err(Error::internal)
}

async fn describe(
    app: &House,
    contact: ContactId,
    key: &PersonKey,
    hash: [u8; 32],
) -> Result<Option<FileAnswer>, Error> {
    let file = app.store.enclosure(contact, hash).await?;
    Ok(file.and_then(|file| {
        let (name, bytes) = read(key, &file)?;
        Some(FileAnswer {
            sha256: hex::encode(hash),
            name,
            bytes: bytes.len(),
            at: clock::rfc3339(file.at),
        })
    }))
}

/// What was sealed: the name and what is in it. What does not hash to its name is not what was kept.
fn read(key: &PersonKey, file: &Enclosure) -> Option<(String, Vec<u8>)> {
    let whole = key.open(PURPOSE, &file.sealed).ok()?;
    let (length, rest) = whole.split_at_checked(2)?;
    let length = usize::from(u16::from_be_bytes(length.try_into().ok()?));
    let (name, bytes) = rest.split_at_checked(length)?;
    let is_it = sha256(bytes) == file.sha256;
    is_it.then(|| Some((String::from_utf8(name.to_vec()).ok()?, bytes.to_vec())))?
}

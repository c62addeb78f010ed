//! A house whose people are in its snapshot only: a hundred million of them are made in a minute, and the gate starts from
//! the file as it does from its own.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use index::snapshot::Label;
use server::services::{memory, policy};
use store::watch::SNAPSHOT;

use crate::{engine::Engine, seed};

/// The name of the snapshot: any, as long as the database says the same.
const ID: [u8; 16] = *b"bench-snapshot-1";

/// Makes a database in `data` that names a snapshot, and the snapshot beside it with the contacts of `engine`, as
/// `binary` would have written it.
///
/// # Errors
/// When the folder cannot be written to.
pub fn make(data: &Path, binary: &Path, engine: &Engine) -> Result<()> {
    let (file, version) = seed::block_on(async {
        let app = seed::open(data).await?;
        let version = policy::current(&app).await?.version;
        let file: PathBuf = app.store.file().context("no file")?.to_owned();
        let mut tx = app.store.begin().await?;
        tx.set_house(SNAPSHOT, &ID).await?;
        tx.commit().await?;
        app.store.close().await;
        Ok((file, version))
    })?;
    let label = Label {
        id: ID,
        policy: version,
        maker: memory::maker(binary),
    };
    engine.write(&label, &memory::snapshot_file(&file, &ID))
}

//! `backup` and `restore`: copies of a SQLite database, and answering for an older one.

use std::path::{Path, PathBuf};

use serde_json::json;
use server::{
    clock::Clock,
    serve::Lock,
    services::{
        backup::{self, Replace},
        memory,
    },
};

use super::keys::ACTOR;
use crate::{
    args::{Common, Restore},
    exit::OK,
    failure::Failure,
    house, output,
};

const BY_PG_TOOLS: &str = "this is a PostgreSQL database: back it up with pg_dump (or your provider's snapshots), put it \
     back with pg_restore, and keep `keys.master` in another place";

pub async fn backup(common: &Common, file: &Path) -> Result<u8, Failure> {
    sqlite_file(common)?;
    let app = house::open(common).await?;
    let copied = backup::copy(&app.store, file).await?;
    app.store.close().await;
    if common.json {
        output::json(
            &json!({ "file": copied.file, "bytes": copied.bytes, "log_size": copied.log_size }),
        );
    } else {
        output::fields(&[
            ("file", copied.file.display().to_string()),
            ("bytes", copied.bytes.to_string()),
            ("log", format!("{} entries", copied.log_size)),
        ]);
        output::line(
            "The master key is not in it: without `keys.master`, or the file that ends in .master beside the database, \
             nothing sealed in the copy opens. Keep that key in another place.",
        );
    }
    Ok(OK)
}

pub async fn restore(common: &Common, asked: Restore) -> Result<u8, Failure> {
    let database = sqlite_file(common)?;
    if let Some(file) = &asked.file {
        let lock = Lock::take(&database)?;
        let replace = if asked.force {
            Replace::SetAside
        } else {
            Replace::No
        };
        let done = backup::put_back(file, &database, replace, Clock::Real.now()).await?;
        // What lies beside it was written of another database.
        memory::clear(&database, None);
        drop(lock);
        if common.json {
            output::json(&json!({
                "database": done.database, "log_size": done.log_size, "set_aside": done.set_aside,
                "master_key_file": done.has_master,
            }));
        } else {
            let aside = done
                .set_aside
                .map_or_else(|| "-".to_owned(), |file| file.display().to_string());
            output::fields(&[
                ("database", done.database.display().to_string()),
                ("log", format!("{} entries", done.log_size)),
                ("set aside", aside),
            ]);
        }
        let given = house::settings(common)?.keys.master.is_some();
        if !done.has_master && !given {
            output::note(
                &"put the file with the master key (it ends in .master) beside the database before anything is started",
            );
            return Ok(OK);
        }
    }
    let app = house::open(common).await?;
    let older = backup::look_back(&app).await?;
    if asked.acknowledge && (older || asked.file.is_none()) {
        backup::acknowledge(&app, ACTOR).await?;
        if asked.file.is_none() && common.json {
            output::json(&json!({ "acknowledged": true }));
        } else if !common.json {
            output::line("Acknowledged, and kept in the log: marketing goes again.");
        }
    } else if older {
        output::note(
            &"this copy is older than what was here before: opt-outs may be missing, and marketing is refused until you \
              run `consentry restore --acknowledge`",
        );
    }
    app.store.close().await;
    Ok(OK)
}

fn sqlite_file(common: &Common) -> Result<PathBuf, Failure> {
    house::database_file(&house::settings(common)?)
        .ok_or_else(|| Failure::Usage(BY_PG_TOOLS.to_owned()))
}

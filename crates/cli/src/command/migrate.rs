//! `migrate`: creates the database or brings it up to date. Every other command does so too; this one says what it did.

use serde_json::json;

use crate::{args::Common, exit::OK, failure::Failure, house, output};

pub async fn run(common: &Common) -> Result<u8, Failure> {
    let file = house::database_file(&house::settings(common)?);
    let was_there = file.as_ref().map(|file| file.exists());
    let app = house::open(common).await?;
    let size = app
        .store
        .head()
        .await
        .map_err(server::error::Error::from)?
        .size;
    let key = app.signer.verifier().to_string();
    let done = match was_there {
        Some(false) => "created",
        Some(true) | None => "up to date",
    };
    if common.json {
        output::json(&json!({ "state": done, "database": file, "log_size": size, "log_key": key }));
    } else {
        let place = file.map_or_else(
            || "the PostgreSQL database".to_owned(),
            |file| file.display().to_string(),
        );
        output::fields(&[
            ("database", place),
            ("state", done.to_owned()),
            ("log", format!("{size} entries")),
            ("log key", key),
        ]);
    }
    app.store.close().await;
    Ok(OK)
}

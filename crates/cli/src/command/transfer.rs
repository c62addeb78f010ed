//! `migrate --from --to`: moves a business from SQLite to PostgreSQL, with its ledger as it is.

use std::path::PathBuf;

use serde_json::json;
use server::{
    config::{Config, Secret},
    serve::Lock,
    services::transfer::{self, Done, Plan},
};

use crate::{args::Common, bar::Bar, exit::OK, failure::Failure, house, output};

pub async fn run(common: &Common, from: &str, to: &str) -> Result<u8, Failure> {
    let mut config = house::settings(common)?;
    if config.log.level == "info" {
        config.log.level = "warn".to_owned();
    }
    house::begin_log(&config)?;
    let file = source(common, &config, from)?;
    let to = Secret::read(to).map_err(|wrong| Failure::Usage(format!("--to: {wrong}")))?;
    if !["postgres://", "postgresql://"]
        .iter()
        .any(|scheme| to.expose().starts_with(scheme))
    {
        return Err(Failure::Usage(
            "--to: want a PostgreSQL database, as postgres://USER:PASSWORD@HOST/NAME".to_owned(),
        ));
    }
    let lock = Lock::take(&file)?;
    let mut bar = Bar::new();
    let plan = Plan { config, file, to };
    let done = transfer::run(&plan, &mut |step, done, total| {
        bar.tell(step.sentence(), done, total);
    })
    .await;
    bar.end();
    drop(lock);
    let done = done.map_err(|error| Failure::Failed(error.to_string()))?;
    if common.json {
        show_json(&done);
    } else {
        show(&done);
    }
    Ok(OK)
}

/// The file to move out of: where it is said to be, else in the folder for data, as in the settings.
fn source(common: &Common, config: &Config, from: &str) -> Result<PathBuf, Failure> {
    let mut named = config.clone();
    named.database = from.to_owned();
    let file = house::database_file(&named).ok_or_else(|| {
        Failure::Usage(format!(
            "--from: `{from}` is no SQLite database: want sqlite:FILE"
        ))
    })?;
    let inside = common.data.as_ref().map(|data| data.join(&file));
    [Some(file.clone()), inside]
        .into_iter()
        .flatten()
        .find(|file| file.is_file())
        .ok_or_else(|| Failure::Usage(format!("--from: there is no file `{}`", file.display())))
}

fn show_json(done: &Done) {
    let moved = done.moved.as_ref();
    output::json(&json!({
        "state": if moved.is_some() { "moved" } else { "moved before" },
        "tables": moved.map(|moved| moved.tables), "rows": moved.map(|moved| moved.rows),
        "copied": moved.map(|moved| moved.copied), "log_size": done.log_size, "log_key": done.log_key,
        "events": moved.map(|moved| moved.report.events), "contacts": moved.map(|moved| moved.report.contacts),
        "checkpoints": moved.map(|moved| moved.report.checkpoints), "master_key_file": done.master_file,
    }));
}

fn show(done: &Done) {
    let Some(moved) = &done.moved else {
        output::line("This database was moved and proved before; nothing was done.");
        return;
    };
    output::fields(&[
        (
            "rows",
            format!(
                "{} in {} tables, the same on both sides",
                moved.rows, moved.tables
            ),
        ),
        ("copied now", moved.copied.to_string()),
        (
            "log",
            format!("{} entries, proved in the new database", done.log_size),
        ),
        ("log key", done.log_key.clone()),
    ]);
    let master = done.master_file.as_ref().map_or_else(
        || "keys.master as it is in your settings".to_owned(),
        |file| {
            format!(
                "keys.master = \"file:{}\", or what is in that file by another way",
                file.display()
            )
        },
    );
    output::line(format_args!(
        "\nNow give every node the new address as `database`, and {master}: without that key nothing sealed opens. \
         The old file stays as it is, and `serve` refuses it from now on."
    ));
}

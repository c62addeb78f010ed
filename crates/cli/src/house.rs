//! Opening the house for a command: settings, log, database.

use std::path::{Path, PathBuf};

use server::{
    app::{App, House},
    clock::Clock,
    config::Config,
    logs,
};

use crate::{args::Common, failure::Failure};

/// Where the database lies when nobody says where.
const DATA: &str = "consentry-data";

/// Reads the settings, and makes the folder that the database will lie in.
pub fn settings(common: &Common) -> Result<Config, Failure> {
    let data = common.data.clone().unwrap_or_else(|| PathBuf::from(DATA));
    let config = Config::load(common.config.as_deref(), Some(&data))?;
    if let Some(folder) = database_file(&config).as_deref().and_then(Path::parent) {
        std::fs::create_dir_all(folder).map_err(|cause| {
            Failure::io(&format!("make the folder `{}`", folder.display()), &cause)
        })?;
    }
    Ok(config)
}

/// The file of a SQLite database.
pub fn database_file(config: &Config) -> Option<PathBuf> {
    let rest = config.database.strip_prefix("sqlite:")?;
    let rest = rest.trim_start_matches("//");
    let file = rest.split('?').next().unwrap_or(rest);
    Some(PathBuf::from(file))
        .filter(|file| !file.as_os_str().is_empty() && file != Path::new(":memory:"))
}

/// Opens the house for a command that looks at it: warnings only, and the answer alone on stdout.
pub async fn open(common: &Common) -> Result<App, Failure> {
    let mut config = settings(common)?;
    if config.log.level == "info" {
        config.log.level = "warn".to_owned();
    }
    begin_log(&config)?;
    Ok(House::open(config, Clock::Real).await?)
}

/// Opens the house where there is one: a command that looks at campaigns begins no new one in a folder that it was run in by mistake.
pub async fn open_known(common: &Common) -> Result<App, Failure> {
    let data = common.data.clone().unwrap_or_else(|| PathBuf::from(DATA));
    let config = Config::load(common.config.as_deref(), Some(&data))?;
    match database_file(&config) {
        Some(file) if !file.exists() => Err(Failure::Usage(format!(
            "there is no database at `{}`: say with --config or --data where the server's is",
            file.display()
        ))),
        _ => open(common).await,
    }
}

/// Begins to write the log.
pub fn begin_log(config: &Config) -> Result<(), Failure> {
    logs::init(&config.log).map_err(|error| Failure::Failed(error.to_string()))
}

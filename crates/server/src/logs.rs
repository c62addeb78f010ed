//! Where the log goes and how it looks: to stderr, as text for people or JSON for machines.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, fmt};

use crate::config::{Log, LogFormat};

/// A level that cannot be understood.
#[derive(Debug, thiserror::Error)]
#[error(
    "log.level: `{level}` is no filter: want error, warn, info, debug or trace, or one like `info,store=debug`"
)]
pub struct BadLevel {
    level: String,
}

/// Begins to write the log. A process that has begun already goes on as it was.
///
/// # Errors
/// [`BadLevel`] when the level cannot be understood.
pub fn init(log: &Log) -> Result<(), BadLevel> {
    let filter = filter(&log.level)?;
    let lines = fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    // The only failure is that somebody else was first.
    let _ = match log.format {
        LogFormat::Text => lines.with_target(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    Ok(())
}

fn filter(level: &str) -> Result<EnvFilter, BadLevel> {
    EnvFilter::try_new(level).map_err(|_| BadLevel {
        level: level.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_level_that_means_nothing_is_refused_with_what_was_wanted() {
        assert!(filter("info").is_ok() && filter("info,store=debug").is_ok());
        let said = filter("store=loud").unwrap_err().to_string();
        assert!(
            said.contains("`store=loud`") && said.contains("debug"),
            "{said}"
        );
    }

    #[test]
    fn no_telephone_number_is_written_whole() {
        let mut found = Vec::new();
        for file in sources(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").as_path()) {
            let text = std::fs::read_to_string(&file).unwrap();
            for call in calls(&text) {
                if call.contains(".e164()") || call.contains(".digits()") {
                    found.push(format!("{}: {call}", file.display()));
                }
            }
        }
        assert!(found.is_empty(), "{found:#?}");
        let bad = "tracing::info!(to = %phone.e164(), \"sent\");";
        assert!(
            calls(bad).iter().any(|call| call.contains(".e164()")),
            "the search finds one that is there"
        );
    }

    /// The text of every call of a macro that writes to the log.
    fn calls(text: &str) -> Vec<&str> {
        let names = ["error!(", "warn!(", "info!(", "debug!(", "trace!("];
        let begins = names.iter().flat_map(|name| text.match_indices(name));
        begins
            .map(|(at, _)| text[at..].split(");").next().unwrap())
            .collect()
    }

    fn sources(folder: &Path) -> Vec<std::path::PathBuf> {
        let entries = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        entries
            .flat_map(|path| {
                if path.is_dir() {
                    sources(&path)
                } else {
                    vec![path]
                }
            })
            .filter(|path| {
                path.extension().is_some_and(|ext| ext == "rs") && !path.ends_with("logs.rs")
            })
            .collect()
    }
}

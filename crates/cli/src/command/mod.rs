//! From arguments to what is done.

mod backup;
mod campaign;
mod check;
mod explain;
mod export;
mod filter;
mod import;
mod keys;
mod migrate;
mod proof;
mod sandbox;
mod serve;
mod transfer;
mod users;
mod verify;
mod wording;

use crate::{
    args::{Arguments, Command},
    failure::Failure,
};

/// Runs a command and gives its exit code.
pub async fn run(arguments: Arguments) -> Result<u8, Failure> {
    let common = arguments.common;
    match arguments.command {
        Command::Sandbox(asked) => sandbox::run(&common, asked).await,
        Command::Serve => serve::run(&common).await,
        Command::Check(asked) => check::run(&common, asked).await,
        Command::Filter(asked) => filter::run(&common, asked).await,
        Command::Explain(asked) => explain::run(&common, asked).await,
        Command::Import(asked) => import::run(&common, asked).await,
        Command::Export(asked) => export::run(&common, asked).await,
        Command::Verify(asked) => verify::run(&common, asked).await,
        Command::Wording { act } => wording::run(&common, &act),
        Command::Campaign { act } => campaign::run(&common, act).await,
        Command::Keys { act } => keys::run(&common, act).await,
        Command::Users { act } => users::run(&common, act).await,
        Command::Migrate(asked) => match (asked.from, asked.to) {
            (Some(from), Some(to)) => transfer::run(&common, &from, &to).await,
            _ => migrate::run(&common).await,
        },
        Command::Backup { file } => backup::backup(&common, &file).await,
        Command::Restore(asked) => backup::restore(&common, asked).await,
    }
}

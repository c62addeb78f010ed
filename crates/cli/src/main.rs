//! The `consentry` binary: arguments to command.

mod args;
mod command;
mod failure;
mod house;
mod output;
mod question;

use std::process::ExitCode;

use clap::Parser;

use crate::{args::Arguments, failure::Failure};

/// Everything went well, or the answer is yes.
pub const OK: u8 = 0;
/// Something went wrong, or does not hold.
pub const FAILED: u8 = 1;
/// The answer is no.
pub const DENIED: u8 = 3;

fn main() -> ExitCode {
    // Wrong usage ends here, with exit code 2.
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(command::run(arguments)),
        Err(cause) => Err(Failure::io("start", &cause)),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            output::error(&failure);
            ExitCode::from(failure.code())
        }
    }
}

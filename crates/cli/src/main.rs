//! The `consentry` binary: arguments to command.

mod args;
mod bar;
mod command;
mod exit;
mod failure;
mod house;
mod output;
mod question;

use std::process::ExitCode;

use clap::Parser;

use crate::{args::Arguments, failure::Failure};

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

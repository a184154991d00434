//! The binary `tertulia`: the hub, and the commands around it.
//!
//! Every command reads its arguments, does one thing, and says what came of it through the module `print`, the only module that
//! writes to the terminal. How a command ended is an [`exit::Exit`].

mod args;
mod commands;
mod exit;
mod hub;
mod print;
mod sources;
mod sse;

use std::process::ExitCode;

use clap::Parser;

use crate::{args::Args, exit::Failure};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = Args::parse();
    match commands::run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { exit, error }) => {
            if let Some(error) = error {
                print::failure(&error);
            }
            exit.into()
        }
    }
}

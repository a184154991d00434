//! The commands, one module each.

mod serve;

use crate::{
    args::{Args, Command},
    exit::Outcome,
};

/// Does what was asked.
pub(crate) fn run(args: Args) -> Outcome {
    let Args { command, serve, config } = args;
    match command.unwrap_or(Command::Serve(serve)) {
        Command::Serve(serve) => serve::run(&config.load(&serve)?),
    }
}

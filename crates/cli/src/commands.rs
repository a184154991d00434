//! The commands, one module each.

mod admin;
mod backup;
mod completions;
mod config;
mod doctor;
mod listen;
mod register;
mod restore;
mod say;
mod serve;

use std::future::Future;

use anyhow::Context;

use crate::{
    args::{Args, Command},
    exit::Outcome,
};

/// Does what was asked.
pub(crate) fn run(args: Args) -> Outcome {
    let Args { command, serve, config } = args;
    match command.unwrap_or_else(|| Command::Serve(serve.clone())) {
        Command::Serve(mut own) => {
            own.or(serve);
            serve::run(&config.load(&own)?)
        }
        Command::Config(command) => config::run(&command, &config, &serve),
        Command::Doctor { output } => doctor::run(&config.load(&serve)?.config, output.output()),
        Command::Backup { file, output } => backup::run(&config.load(&serve)?.config, &file, output.output()),
        Command::Restore { file, output } => restore::run(&config.load(&serve)?.config, &file, output.output()),
        Command::Listen(args) => listen::run(&args, &config),
        Command::Register(args) => register::run(&args, &config),
        Command::Say(args) => say::run(&args, &config),
        Command::Admin(command) => admin::run(command, &config.load(&serve)?.config),
        Command::Completions { shell } => completions::run(shell),
    }
}

/// Waits for `work` on this thread. The hub itself uses all cores; a command needs one.
fn wait_for(work: impl Future<Output = Outcome>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("cannot start the runtime")?.block_on(work)
}

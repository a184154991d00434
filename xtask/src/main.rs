//! The project's own commands, run as `cargo xtask …`: what must hold before a change lands (`check`, `test`), and
//! what one wants while working (`bench`, `kill`, `tidy`).
//!
//! It knows the tree and the programs around it, and nothing of the hub's crates.

mod bench;
mod check;
mod kill;
mod print;
mod process;
mod steps;
mod test;
mod tidy;
mod tools;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{kill::KillOptions, test::TestOptions, workspace::Workspace};

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Formatting, clippy, tidy, documentation and scripts; stops at the first that fails.
    Check,
    /// What lints cannot see: arrows, names, references, migrations, manifests, links.
    Tidy,
    /// Prepares what the tests need and runs all of them.
    Test(TestOptions),
    /// Kills the hub at random instants and counts what it kept.
    Kill(KillOptions),
    /// Builds in release and prints the table of benchmarks.
    Bench {
        /// Handed to the benchmark program; `--help` lists them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print::line(format_args!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> anyhow::Result<()> {
    let workspace = Workspace::load()?;
    match task {
        Task::Check => check::check(&workspace),
        Task::Tidy => tidy::tidy(&workspace),
        Task::Test(options) => test::test(&workspace, &options),
        Task::Kill(options) => kill::kill(&workspace, &options),
        Task::Bench { arguments } => bench::bench(&workspace, &arguments),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}

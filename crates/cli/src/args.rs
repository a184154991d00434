//! The command line.

use clap::{Parser, Subcommand};

use crate::sources::{ConfigArgs, ServeArgs};

/// One hub where AI agents talk and humans watch.
#[derive(Debug, Parser)]
#[command(name = "tertulia", version, propagate_version = true, args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: ServeArgs,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the hub (what happens without a command, too)
    Serve(ServeArgs),
}

//! `tertulia completions`: what a shell completes.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::{
    args::Args,
    exit::Outcome,
    print::{self, Enough},
};

/// Prints the completions of `shell`.
#[expect(clippy::unnecessary_wraps, reason = "every command ends with an outcome")]
pub(crate) fn run(shell: Shell) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "tertulia", &mut script);
    print::line(String::from_utf8_lossy(&script).trim_end()).or_enough();
    Ok(())
}

//! `tertulia backup`: a consistent copy of everything.

use std::path::Path;

use anyhow::Context;
use tertulia_host::{
    Config,
    control::{Answer, Command},
};

use crate::{
    args::Output,
    commands::{admin, wait_for},
    exit::Outcome,
    print::{self, Enough},
};

/// Writes the copy.
pub(crate) fn run(config: &Config, file: &Path, output: Output) -> Outcome {
    // The hub may have another working directory.
    let file = std::path::absolute(file).context("cannot tell where the backup is to be written")?;
    wait_for(async {
        let answer = admin::carry_out(config, Command::Backup { file }).await?;
        let Answer::BackedUp { file, bytes } = &answer else { return Err(admin::unexpected()) };
        match output {
            Output::Json => print::json(&answer).or_enough(),
            Output::Text => print::line(format_args!("{bytes} bytes in {}", file.display())).or_enough(),
        }
        Ok(())
    })
}

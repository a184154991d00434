//! `tertulia restore`: a backup in the place of the database.

use std::path::Path;

use anyhow::Error;
use serde_json::json;
use tertulia_host::{Config, DataDirError, RestoreError, SystemClock, restore};

use crate::{
    args::Output,
    commands::wait_for,
    exit::{Exit, Failure, Outcome},
    print::{self, Enough},
};

/// Verifies and restores.
pub(crate) fn run(config: &Config, file: &Path, output: Output) -> Outcome {
    wait_for(async {
        let restored = restore(&config.data_dir, file, &SystemClock::new()).await.map_err(failure)?;
        let holds = &restored.holds;
        let aside = restored.aside.as_ref().map(|aside| aside.display().to_string());
        match output {
            Output::Json => print::json(&json!({
                "epoch": holds.epoch.0,
                "agents": holds.agents,
                "messages": holds.messages,
                "aside": aside,
            })),
            Output::Text => print::line(format_args!(
                "restored {} agents and {} messages as epoch {}\n{}",
                holds.agents,
                holds.messages,
                holds.epoch.0,
                aside.map_or_else(
                    || "there was no database before".to_owned(),
                    |aside| format!("the database from before is {aside}"),
                ),
            )),
        }
        .or_enough();
        Ok(())
    })
}

fn failure(error: RestoreError) -> Failure {
    let in_use = matches!(error, RestoreError::DataDir(DataDirError::InUse { .. }));
    if in_use { Failure::new(Exit::InUse, Error::from(error).context("stop the hub first")) } else { error.into() }
}

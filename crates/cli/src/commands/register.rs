//! `tertulia register`: a new agent.

use std::{fs::OpenOptions, io::Write, os::unix::fs::OpenOptionsExt, path::Path};

use anyhow::Context;
use serde::Deserialize;
use serde_json::json;

use crate::{
    args::{Output, RegisterArgs},
    commands::wait_for,
    exit::Outcome,
    hub::Hub,
    print::{self, Enough},
    sources::ConfigArgs,
};

#[derive(Deserialize)]
struct Registered {
    agent: Agent,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Agent {
    id: String,
    name: String,
    api_key: String,
}

/// Registers and prints or saves the key.
pub(crate) fn run(args: &RegisterArgs, config: &ConfigArgs) -> Outcome {
    // Before the name is taken: a key that cannot be kept is a name that is lost.
    let file = args.save.as_deref().map(create_private).transpose()?;
    let hub = Hub::find(&args.hub, config)?;
    wait_for(async {
        let request = hub.post("/api/register").json(&json!({"name": args.name, "avatar": args.avatar}));
        let registered = match hub.send_for::<Registered>(request).await {
            Ok(registered) => registered.agent,
            Err(failure) => {
                args.save.as_deref().map(std::fs::remove_file).transpose()?;
                return Err(failure);
            }
        };
        if let Some(mut file) = file {
            writeln!(file, "{}", registered.api_key).context("the key could not be saved")?;
        }
        show(&registered, args);
        Ok(())
    })
}

fn show(agent: &Agent, args: &RegisterArgs) {
    let key = args.save.is_none().then_some(&agent.api_key);
    match (args.output.output(), key) {
        (Output::Json, key) => print::json(&json!({"id": agent.id, "name": agent.name, "apiKey": key})).or_enough(),
        (Output::Text, Some(key)) => {
            print::note(format_args!("{} is registered. Its key, which nobody can show again:", agent.name));
            print::line(key).or_enough();
        }
        (Output::Text, None) => print::note(format_args!("{} is registered; its key is saved.", agent.name)),
    }
}

fn create_private(file: &Path) -> anyhow::Result<std::fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(file).with_context(|| format!("cannot make {}", file.display()))
}

//! `tertulia say`: a message in the lobby.

use anyhow::{Context, anyhow};
use serde_json::{Value, json};

use crate::{
    args::{Output, SayArgs},
    commands::wait_for,
    exit::Outcome,
    hub::Hub,
    print::{self, Enough},
    sources::ConfigArgs,
};

/// Longest key file, in bytes.
const LONGEST_KEY: usize = 4_096;

/// Says it.
pub(crate) fn run(args: &SayArgs, config: &ConfigArgs) -> Outcome {
    let key = key(args)?;
    let hub = Hub::find(&args.hub, config)?;
    wait_for(async {
        let request = hub.post("/api/messages").bearer_auth(key).json(&json!({"content": args.text}));
        let said: Value = hub.send_for(request).await?;
        match args.output.output() {
            Output::Json => print::json(&said["message"]).or_enough(),
            Output::Text => print::line(said["message"]["id"].as_str().unwrap_or_default()).or_enough(),
        }
        Ok(())
    })
}

fn key(args: &SayArgs) -> anyhow::Result<String> {
    if let Some(file) = &args.key_file {
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let key = text.trim();
        if key.is_empty() || key.len() > LONGEST_KEY {
            return Err(anyhow!("{} holds no key", file.display()));
        }
        return Ok(key.to_owned());
    }
    let missing =
        "an agent's key is needed: TERTULIA_KEY=…, --key-file FILE or --key KEY; `tertulia register` makes one";
    args.key.clone().ok_or_else(|| anyhow!(missing))
}

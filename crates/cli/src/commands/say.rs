//! `tertulia say`: a message in the lobby.

use std::{fs::File, io::Read, path::Path};

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
        let text = read_start(file).with_context(|| format!("cannot read {}", file.display()))?;
        return parse_key(&text).ok_or_else(|| anyhow!("{} holds no key", file.display()));
    }
    let missing =
        "an agent's key is needed: TERTULIA_KEY=…, --key-file FILE or --key KEY; `tertulia register` makes one";
    let key = args.key.as_deref().ok_or_else(|| anyhow!(missing))?;
    parse_key(key).ok_or_else(|| anyhow!("that is no key: a key is one word of visible characters"))
}

/// The beginning of a file, enough to see whether it holds a key: the file may be anything.
fn read_start(file: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    File::open(file)?.take(2 * LONGEST_KEY as u64).read_to_string(&mut text)?;
    Ok(text)
}

fn parse_key(text: &str) -> Option<String> {
    let key = text.trim();
    let is_word = (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    is_word.then(|| key.to_owned())
}

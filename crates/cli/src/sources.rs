//! Where the configuration comes from: the flags that every command has, and the environment.

use std::path::{Path, PathBuf};

use clap::Args;
use tertulia_host::config::{Flag, Loaded, Sources};

use crate::exit::{Exit, Failure};

/// Flags that stand for settings.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ConfigArgs {
    /// Read settings from this file instead of tertulia.toml in the data directory
    #[arg(long, value_name = "FILE", env = "TERTULIA_CONFIG", global = true)]
    config: Option<PathBuf>,
    /// Keep everything in this directory [default: ./tertulia-data]
    #[arg(long, value_name = "DIR", global = true)]
    data_dir: Option<PathBuf>,
    /// Change any setting by its key (see `config print`); may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = assignment, global = true)]
    set: Vec<(String, String)>,
}

/// Flags of `serve` that stand for settings.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ServeArgs {
    /// Listen here, and nowhere else [default: 127.0.0.1:7600, or the next free port]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// Listen on 127.0.0.1 at this port; 0 is any free one
    #[arg(long, value_name = "PORT", conflicts_with = "listen")]
    port: Option<u16>,
    /// The URL under which others reach the hub
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// No limits per address for clients on this machine
    #[arg(long)]
    local_unlimited: bool,
}

impl ServeArgs {
    /// Flags may stand before the command as well as after it; those after it win.
    pub(crate) fn or(&mut self, before: Self) {
        if self.listen.is_none() && self.port.is_none() {
            (self.listen, self.port) = (before.listen, before.port);
        }
        self.public_url = self.public_url.take().or(before.public_url);
        self.local_unlimited |= before.local_unlimited;
    }
}

impl ConfigArgs {
    /// Reads the configuration.
    pub(crate) fn load(&self, serve: &ServeArgs) -> Result<Loaded, Failure> {
        let sources = Sources { file: self.config.clone(), environment: environment(), flags: self.flags(serve) };
        sources.load().map_err(|error| Failure::new(Exit::Config, error))
    }

    fn flags(&self, serve: &ServeArgs) -> Vec<Flag> {
        let flag = |flag: &str, key: &str, value: String| Flag { flag: flag.to_owned(), key: key.to_owned(), value };
        let mut flags = Vec::new();
        flags.extend(self.data_dir.as_deref().map(|dir| flag("--data-dir", "data_dir", text_of(dir))));
        flags.extend(serve.listen.clone().map(|listen| flag("--listen", "listen", listen)));
        flags.extend(serve.port.map(|port| flag("--port", "listen", format!("127.0.0.1:{port}"))));
        flags.extend(serve.public_url.clone().map(|url| flag("--public-url", "public_url", url)));
        if serve.local_unlimited {
            flags.push(flag("--local-unlimited", "limits.local", "exempt".to_owned()));
        }
        flags.extend(self.set.iter().map(|(key, value)| flag("--set", key, value.clone())));
        flags
    }
}

fn text_of(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Variables that are no text are left out; none of ours is.
fn environment() -> Vec<(String, String)> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(text).collect()
}

fn assignment(text: &str) -> Result<(String, String), &'static str> {
    let (key, value) = text.split_once('=').ok_or("it reads KEY=VALUE")?;
    Ok((key.trim().to_owned(), value.trim().to_owned()))
}

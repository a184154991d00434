//! `tertulia config`: what is set, where, and what is wrong with it.

use std::fmt::Write;

use serde_json::json;
use tertulia_host::{
    StartError,
    config::{Loaded, Setting},
};

use crate::{
    args::{ConfigCommand, Output},
    exit::{Exit, Failure, Outcome},
    print::{self, Enough},
    sources::{ConfigArgs, ServeArgs},
};

/// Prints or checks.
pub(crate) fn run(command: &ConfigCommand, config: &ConfigArgs, serve: &ServeArgs) -> Outcome {
    let loaded = config.load(serve)?;
    match command {
        ConfigCommand::Print { output } => show(&loaded, output.output()),
        ConfigCommand::Check => return check(&loaded),
    }
    Ok(())
}

fn check(loaded: &Loaded) -> Outcome {
    let refusals = loaded.config.refusals();
    if !refusals.is_empty() {
        let address = loaded.config.exposed_address().unwrap_or(loaded.config.listen.address());
        return Err(Failure::new(Exit::Config, StartError::Insecure { address, refusals }));
    }
    print::line("The configuration can be used.").or_enough();
    Ok(())
}

fn show(loaded: &Loaded, output: Output) {
    let settings = loaded.settings();
    match output {
        Output::Json => {
            let list: Vec<_> = settings
                .iter()
                .map(
                    |setting| json!({"key": setting.key, "value": setting.value, "origin": setting.origin.to_string()}),
                )
                .collect();
            print::json(&list).or_enough();
        }
        Output::Text => print::line(as_toml(&settings).trim_end()).or_enough(),
    }
}

/// A file that could be used as it is, with the origins as comments.
fn as_toml(settings: &[Setting]) -> String {
    let mut text = String::new();
    let mut section = "";
    for setting in settings {
        let (in_section, name) = setting.key.rsplit_once('.').unwrap_or(("", &setting.key));
        if in_section != section {
            section = in_section;
            write!(text, "\n[{section}]\n").expect("a String takes every text");
        }
        let assignment = match &setting.value {
            Some(value) => format!("{name} = {value}"),
            None => format!("# {name} is not set"),
        };
        writeln!(text, "{assignment:<48} # {}", setting.origin).expect("a String takes every text");
    }
    text
}

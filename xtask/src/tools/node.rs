//! Packages for Node: the event source that published clients use, a WebSocket, AgentChat's SDK, and the driver of the
//! browser.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{Apt, Skipped, require_program, stamp, text};
use crate::process::output;

/// Exact, so that a test that passed once passes again.
const PACKAGES: [&str; 4] = ["agentchatme@1.0.2212", "eventsource@2.0.2", "playwright-core@1.65.1", "ws@8.23.0"];

/// The `node_modules` folder with the packages, made under `tools` if need be.
///
/// # Errors
///
/// When Node or a package cannot be had.
pub(crate) fn node_modules(tools: &Path, apt: &mut Apt) -> Result<PathBuf, Skipped> {
    prepare(&tools.join("node"), apt).map_err(|error| Skipped::new("tests with Node", format_args!("{error:#}")))
}

fn prepare(folder: &Path, apt: &mut Apt) -> anyhow::Result<PathBuf> {
    require_program(apt, "node", &["nodejs"])?;
    let modules = folder.join("node_modules");
    stamp::make_once(folder, &PACKAGES.join("\n"), || {
        require_program(apt, "npm", &["npm"])?;
        // Without a manifest of its own npm would look for one in the folders above.
        fs::write(folder.join("package.json"), "{\"private\":true}\n")?;
        let prefix = text(folder);
        output(
            Command::new("npm")
                .args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", &prefix])
                .args(PACKAGES),
        )
        .map(drop)
    })?;
    Ok(modules)
}

//! Debian's packages: installed only as root or with a sudo that asks for nothing.

use std::process::Command;

use anyhow::{Context, bail};

use crate::process::{on_path, output, succeeds};

/// apt on this machine; the package lists are fetched once.
#[derive(Default)]
pub(crate) struct Apt {
    updated: bool,
}

impl Apt {
    /// Installs `packages` without their recommendations.
    ///
    /// # Errors
    ///
    /// When there is no apt, we may not install, or apt fails.
    pub(crate) fn install(&mut self, packages: &[&str]) -> anyhow::Result<()> {
        let wanted = packages.join(" ");
        if on_path("apt-get").is_none() {
            bail!("there is no apt-get to install {wanted} with");
        }
        let Some(prefix) = privilege() else {
            bail!("installing {wanted} needs root or a sudo without password");
        };
        if !self.updated {
            apt_get(prefix, &["update"]).context("the package lists cannot be fetched")?;
            self.updated = true;
        }
        let mut arguments = vec!["install", "--yes", "--no-install-recommends"];
        arguments.extend(packages);
        apt_get(prefix, &arguments).with_context(|| format!("{wanted} cannot be installed"))
    }
}

/// The words before a command that make it run as root, or `None` when we may not.
fn privilege() -> Option<&'static [&'static str]> {
    let is_root = output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if is_root {
        return Some(&[]);
    }
    succeeds(Command::new("sudo").args(["--non-interactive", "true"])).then_some(&["sudo", "--non-interactive"])
}

fn apt_get(prefix: &[&str], arguments: &[&str]) -> anyhow::Result<()> {
    // `env` carries the setting through sudo, which drops ours.
    let words: Vec<&str> =
        [prefix, &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet"], arguments].concat();
    output(Command::new(words[0]).args(&words[1..])).map(drop)
}

//! What tests need that cargo cannot give: Node and Python packages, a browser.
//!
//! Packages go into `target/test-tools/`, each set beside a stamp that holds the list it was made from, so that a
//! second run costs nothing and a changed list makes it anew. Programs come from `PATH`; what is missing there is
//! installed with apt where that is allowed. What cannot be had is a [`Skipped`] with its reason, never an error.

mod apt;
mod chromium;
mod node;
mod python;
mod stamp;

use std::{fmt, path::Path};

pub(crate) use self::{apt::Apt, chromium::chromium, node::node_modules, python::python};

/// Why something could not be prepared.
#[derive(Debug)]
pub(crate) struct Skipped {
    what: &'static str,
    reason: String,
}

impl Skipped {
    pub(crate) fn new(what: &'static str, reason: impl fmt::Display) -> Self {
        Self { what, reason: reason.to_string() }
    }
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "skipped: {} because {}", self.what, self.reason)
    }
}

/// Makes sure that `program` is on the `PATH`, installing Debian's `packages` if not.
fn require_program(apt: &mut Apt, program: &str, packages: &[&str]) -> anyhow::Result<()> {
    if crate::process::on_path(program).is_some() {
        return Ok(());
    }
    apt.install(packages).map_err(|error| error.context(format!("`{program}` is not on the PATH")))
}

/// The path as text; the build directory's path is one that cargo could print.
fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_skipped_says_why() {
        let skipped = Skipped::new("tests in a browser", "there is no apt-get");

        assert_eq!(skipped.to_string(), "skipped: tests in a browser because there is no apt-get");
    }
}

//! `cargo xtask check`: all that can be said about the tree without running it.

use std::{fs::File, path::Path, process::Command};

use anyhow::{Context, bail};

use crate::{
    print,
    process::{cargo, on_path, run, succeeds},
    steps::Steps,
    tidy::{self, Tree},
    workspace::Workspace,
};

/// Runs every check, and stops at the first that fails.
///
/// # Errors
///
/// The failing step and its reason.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let root = workspace.root();
    let mut steps = Steps::default();
    steps.run("toolchain", || ensure_component(root, "rustfmt").and_then(|()| ensure_component(root, "clippy")))?;
    steps.run("formatting", || {
        run(cargo(root).args(["fmt", "--all", "--check"])).context("run `cargo fmt --all` and commit what it changes")
    })?;
    steps.run("clippy", || {
        run(cargo(root).args(["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]))
    })?;
    steps.run("tidy", || tidy::tidy(workspace))?;
    steps.run("documentation", || {
        run(cargo(root).args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "--deny warnings"))
    })?;
    steps.run("JavaScript syntax", || check_scripts(root))?;
    steps.print_table();
    Ok(())
}

/// Adds `component` through rustup when its cargo command does not work.
fn ensure_component(root: &Path, component: &str) -> anyhow::Result<()> {
    let subcommand = if component == "rustfmt" { "fmt" } else { component };
    if succeeds(cargo(root).args([subcommand, "--version"])) {
        return Ok(());
    }
    if on_path("rustup").is_none() {
        bail!("`cargo {subcommand}` is missing and there is no rustup to add it: install the component {component}");
    }
    run(Command::new("rustup").current_dir(root).args(["component", "add", component]))
}

/// Parses every ES module of the crates with Node, when there is Node.
fn check_scripts(root: &Path) -> anyhow::Result<()> {
    if on_path("node").is_none() {
        print::line("    skipped: there is no `node` on the PATH to parse the scripts with");
        return Ok(());
    }
    let tree = Tree::read(root)?;
    let mut broken = Vec::new();
    for path in tree.files().map(|file| file.path.as_str()).filter(|path| is_module(path)) {
        let script = File::open(root.join(path)).with_context(|| format!("cannot open {path}"))?;
        // Node takes a `.js` file for CommonJS unless a package.json says otherwise; standard input has a flag for it.
        let status = Command::new("node").args(["--check", "--input-type=module", "-"]).stdin(script).status()?;
        if !status.success() {
            print::line(format_args!("{path}: not a valid ES module (above, as [stdin])"));
            broken.push(path);
        }
    }
    if !broken.is_empty() {
        bail!("{} scripts do not parse: {}", broken.len(), broken.join(", "));
    }
    Ok(())
}

fn is_module(path: &str) -> bool {
    let extension = path.rsplit_once('.').map(|(_, extension)| extension);
    extension == Some("mjs") || (path.starts_with("crates/") && extension == Some("js"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_es_modules_are_parsed_as_such() {
        assert!(is_module("crates/site/assets/lobby.js"));
        assert!(is_module("tests/browser/page.mjs"));
        assert!(!is_module("tests/clients/example.js"));
        assert!(!is_module("crates/site/assets/lobby.css"));
    }
}

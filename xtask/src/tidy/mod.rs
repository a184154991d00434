//! Tidy: the house rules that no lint can see, one small check per file.
//!
//! A check is a function from the tree to its [`finding::Finding`]s. All checks run and all findings are printed, each with
//! its place and what to do.

mod arrows;
mod dialect_names;
mod finding;
mod leftovers;
mod libraries;
mod links;
mod manifests;
mod markdown;
mod migrations;
mod modules;
mod privacy;
mod rust_code;
mod tree;
mod wire_references;

use anyhow::bail;

use self::arrows::Dependency;
pub(crate) use self::tree::Tree;
use crate::{print, workspace::Workspace};

/// Runs every check.
///
/// # Errors
///
/// When there is a finding, or the tree cannot be read.
pub(crate) fn tidy(workspace: &Workspace) -> anyhow::Result<()> {
    let tree = Tree::read(workspace.root())?;
    let dependencies = Dependency::all(workspace.metadata());
    let mut findings = [
        arrows::check(&dependencies, &tree),
        libraries::check(&dependencies, &tree),
        dialect_names::check(&tree),
        wire_references::check(&tree),
        privacy::check(&tree),
        leftovers::check(&tree),
        migrations::check(&tree),
        modules::check(&tree),
        manifests::check(&tree),
        links::check(&tree),
    ]
    .concat();
    findings.sort();
    for finding in &findings {
        print::line(finding);
    }
    match findings.len() {
        0 => Ok(()),
        1 => bail!("one finding, listed above"),
        count => bail!("{count} findings, listed above"),
    }
}

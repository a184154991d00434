//! `cargo xtask bench`: builds hub and load generator in release and runs the benchmarks.

use std::process::Command;

use crate::{
    process::{cargo, run},
    workspace::Workspace,
};

/// Builds, then runs the benchmark program with the hub's path and the caller's `arguments`.
///
/// # Errors
///
/// When something does not build or the benchmarks fail.
pub(crate) fn bench(workspace: &Workspace, arguments: &[String]) -> anyhow::Result<()> {
    let root = workspace.root();
    run(cargo(root).args(["build", "--release", "--package", "tertulia", "--package", "tertulia-benches"]))?;
    run(cargo(root).args(["build", "--release", "--package", "tertulia-store-sqlite", "--example", "crowd"]))?;
    run(Command::new(workspace.binary("release", "tertulia-benches"))
        .current_dir(root)
        .arg("--hub")
        .arg(workspace.binary("release", "tertulia"))
        .arg("--crowd")
        .arg(workspace.binary("release", "examples/crowd"))
        .args(arguments))
}

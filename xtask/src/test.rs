//! `cargo xtask test`: prepares what the tests need, then runs every test.
//!
//! # How tests learn what there is
//!
//! By environment variables, absolute paths unless said otherwise:
//!
//! | variable | what it holds |
//! | --- | --- |
//! | `TERTULIA_TEST_BINARY` | the hub's program, built from this tree |
//! | `TERTULIA_TEST_NODE_MODULES` | a `node_modules` folder with agentchatme, eventsource 2, playwright-core and ws; `node` is on the `PATH` |
//! | `TERTULIA_TEST_PYTHON` | an interpreter that can import agentchatme, requests, sseclient and schemathesis |
//! | `TERTULIA_TEST_CHROMIUM` | the browser's program |
//! | `TERTULIA_TEST_OUTPUT` | an existing folder for what people look at afterwards, such as screenshots |
//! | `TERTULIA_SEEDS` | the dialects' public documents, which lie beside the project in `../shared/seeds` |
//! | `TERTULIA_KILL_ROUNDS`, `TERTULIA_KILL_SEED` | numbers for the kill test; without them it has its own |
//!
//! A test whose variable is not set prints `skipped: … because TERTULIA_… is not set` and returns. Under `CI=true` such
//! a test fails instead; and this command fails before it starts any test when something could not be prepared.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use clap::Args;

use crate::{
    print,
    process::{cargo, run},
    steps::Steps,
    tools::{self, Apt, Skipped},
    workspace::Workspace,
};

/// What to test.
#[derive(Args)]
pub(crate) struct TestOptions {
    /// Only tests whose names contain one of these.
    filters: Vec<String>,
    /// How often the kill test kills the hub.
    #[arg(long, value_name = "N")]
    kill_rounds: Option<u32>,
}

/// Variables for the tests, and what they will have to do without.
#[derive(Default)]
struct Prepared {
    variables: Vec<(&'static str, OsString)>,
    skipped: Vec<Skipped>,
}

impl Prepared {
    /// Keeps what was found under `variable`, or says at once why there is nothing.
    fn note<P: Into<OsString>>(&mut self, variable: &'static str, found: Result<P, Skipped>) {
        match found {
            Ok(place) => self.variables.push((variable, place.into())),
            Err(skipped) => {
                print::line(format_args!("    {skipped}"));
                self.skipped.push(skipped);
            }
        }
    }
}

/// Prepares and runs the tests.
///
/// # Errors
///
/// A test failed, the tree does not build, or, under `CI=true`, something could not be prepared.
pub(crate) fn test(workspace: &Workspace, options: &TestOptions) -> anyhow::Result<()> {
    let mut steps = Steps::default();
    let result = run_steps(workspace, options, &mut steps);
    steps.print_table();
    result
}

fn run_steps(workspace: &Workspace, options: &TestOptions, steps: &mut Steps) -> anyhow::Result<()> {
    let mut prepared = prepare(workspace, steps)?;
    if ci() && !prepared.skipped.is_empty() {
        let reasons: Vec<String> = prepared.skipped.iter().map(ToString::to_string).collect();
        bail!("nothing may be skipped under CI=true:\n{}", reasons.join("\n"));
    }
    if let Some(rounds) = options.kill_rounds {
        prepared.variables.push(("TERTULIA_KILL_ROUNDS", rounds.to_string().into()));
    }
    steps.run("build the hub", || build_hub(workspace))?;
    steps.run("tests", || {
        run(cargo(workspace.root())
            .args(["test", "--workspace", "--no-fail-fast", "--"])
            .args(&options.filters)
            .envs(prepared.variables.iter().map(|(name, value)| (name, value))))
    })?;
    for skipped in &prepared.skipped {
        print::line(skipped);
    }
    Ok(())
}

/// Builds the hub's program, with the features that the tests of the whole workspace build it with.
///
/// # Errors
///
/// When it does not build.
pub(crate) fn build_hub(workspace: &Workspace) -> anyhow::Result<()> {
    run(cargo(workspace.root()).args(["build", "--workspace", "--bin", "tertulia"]))
}

fn prepare(workspace: &Workspace, steps: &mut Steps) -> anyhow::Result<Prepared> {
    let folder = workspace.target().join("test-tools");
    let output = workspace.target().join("test-output");
    for needed in [&folder, &output] {
        fs::create_dir_all(needed).with_context(|| format!("cannot make {}", needed.display()))?;
    }
    let mut apt = Apt::default();
    let mut prepared = Prepared::default();
    prepared.note("TERTULIA_TEST_BINARY", Ok(workspace.binary("debug", "tertulia")));
    prepared.note("TERTULIA_TEST_OUTPUT", Ok(output));
    prepared.note("TERTULIA_SEEDS", seeds(workspace.root()));
    steps.run("Node packages", || {
        prepared.note("TERTULIA_TEST_NODE_MODULES", tools::node_modules(&folder, &mut apt));
        Ok(())
    })?;
    steps.run("Python packages", || {
        prepared.note("TERTULIA_TEST_PYTHON", tools::python(&folder, &mut apt));
        Ok(())
    })?;
    steps.run("Chromium", || {
        prepared.note("TERTULIA_TEST_CHROMIUM", tools::chromium(&mut apt));
        Ok(())
    })?;
    Ok(prepared)
}

/// The dialects' public documents. They are not ours to keep in the tree, so that a clone alone does not have them.
fn seeds(root: &Path) -> Result<PathBuf, Skipped> {
    let seeds = root.join("..").join("shared").join("seeds");
    let found = seeds.canonicalize();
    found.map_err(|error| Skipped::new("published examples", format_args!("{}: {error}", seeds.display())))
}

fn ci() -> bool {
    env::var_os("CI").is_some_and(|value| value == "true")
}

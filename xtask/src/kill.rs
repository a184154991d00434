//! `cargo xtask kill`: the kill test alone, for as many rounds as one has patience.

use clap::Args;

use crate::{
    print,
    process::{cargo, run},
    test::build_hub,
    workspace::Workspace,
};

/// How long, and from which random start.
#[derive(Args)]
pub(crate) struct KillOptions {
    /// How often the hub is killed and started again; the test's own number if not given.
    #[arg(long, value_name = "N")]
    rounds: Option<u32>,
    /// The seed that a failing run printed, to kill at the same instants again.
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
}

/// Builds the hub and runs the kill test on it.
///
/// # Errors
///
/// When something does not build or the hub lost, doubled or reordered a message.
pub(crate) fn kill(workspace: &Workspace, options: &KillOptions) -> anyhow::Result<()> {
    print::line("==> build the hub");
    build_hub(workspace)?;
    print::line("==> kill test");
    let mut test = cargo(workspace.root());
    test.args(["test", "--package", "tertulia-tests", "--test", "kill", "--", "--nocapture"]);
    test.env("TERTULIA_TEST_BINARY", workspace.binary("debug", "tertulia"));
    if let Some(rounds) = options.rounds {
        test.env("TERTULIA_KILL_ROUNDS", rounds.to_string());
    }
    if let Some(seed) = options.seed {
        test.env("TERTULIA_KILL_SEED", seed.to_string());
    }
    run(&mut test)
}

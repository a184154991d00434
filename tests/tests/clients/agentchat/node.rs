//! The scenarios with npm's `agentchatme`, and `ws` under it.

use tertulia_testkit::{program_on_path, provided};
use tokio::process::Command;

use super::{scenarios, scenarios_of};

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/clients/agentchat/node/main.mjs");

/// The program with Node's SDK.
pub(crate) fn program() -> Option<Command> {
    let what = "AgentChat's SDK for Node";
    let (modules, node) = (provided("TERTULIA_TEST_NODE_MODULES", what)?, program_on_path("node", what)?);
    let mut command = Command::new(node);
    command.arg(PROGRAM).env("TERTULIA_TEST_NODE_MODULES", modules);
    Some(command)
}

scenarios! {
    program,
    addresses attachments attempts avatars away backlog blocks cold contacts conventions conversations cooldown deletion
    directory drained gaps groups hello history inboxes live messages mutes outages presence profile queue rates recover
    register restart rotate signals standing unhandled unsent webhooks
}

#[tokio::test]
async fn everything_that_the_sdk_offers_is_used() {
    let Some(mut names) = scenarios_of(program).await else { return };
    names.retain(|name| name != "talk");
    assert_eq!(names, SCENARIOS, "every scenario is a test");
}

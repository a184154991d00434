//! MoltChats' gateway, spoken with by Node's `ws`: an engine that is none of ours.

use tertulia_testkit::{Installation, program_on_path, provided};
use tokio::process::Command;

use crate::child::Client;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/clients/gateway.mjs");

#[tokio::test]
async fn two_agents_of_another_engine_meet_talk_and_part() {
    let Some(modules) = provided("TERTULIA_TEST_NODE_MODULES", "the gateway with Node") else { return };
    let Some(node) = program_on_path("node", "the gateway with Node") else { return };
    let installation = Installation::fresh();
    let program = installation.start().await;
    let mut command = Command::new(node);
    let mut client =
        Client::start(command.arg(SCRIPT).arg(installation.url()).env("TERTULIA_TEST_NODE_MODULES", modules));
    for word in ["friends", "talked", "renewed", "parted"] {
        client.prints(word).await;
    }
    program.stop().await;
}

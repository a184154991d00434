//! The published SDKs of AgentChat, unmodified apart from where the hub stands: npm's and PyPI's `agentchatme`.
//!
//! A scenario is one part of the programs in `clients/agentchat`, which calls the SDK and is strict about what it gets.
//! Here each is run against a hub of its own that is a real process with the real clock; what a scenario cannot do
//! itself, such as reading a mailbox or killing the hub, it asks for (`side.rs`). Every program proves by reflection
//! that its scenarios leave out nothing that the SDK offers.

mod letters;
mod node;
mod python;
mod settings;
mod side;
mod stage;
mod talk;

use serde_json::Value;
use tertulia_testkit::Request;
use tokio::process::Command;

use self::{side::Side, stage::Stage};

/// Scenarios about what the hub does not have yet, and a request that nobody answers until it has it.
const TO_COME: &[(&str, &str, &str)] = &[
    ("attachments", "POST", "/v1/uploads"),
    ("avatars", "PUT", "/v1/agents/ada/avatar"),
    ("webhooks", "POST", "/v1/webhooks"),
];

/// A program with an SDK, as it is started: everything but the scenario.
type Started = fn() -> Option<Command>;

/// Makes a test of each scenario, and one that no scenario of the program has been forgotten here.
macro_rules! scenarios {
    ($program:expr, $($name:ident)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                $crate::agentchat::perform($program, stringify!($name)).await;
            }
        )*

        /// What is a test here.
        pub(super) const SCENARIOS: &[&str] = &[$(stringify!($name)),*];
    };
}
use scenarios;

/// Runs one scenario against a hub of its own.
async fn perform(program: Started, scenario: &str) {
    let Some(command) = program() else { return };
    let stage = Stage::set(scenario, 1).await;
    if let Some((_, method, path)) = TO_COME.iter().find(|(to_come, ..)| *to_come == scenario) {
        let answer = stage.send(&Request::new(method, path)).await;
        assert_eq!(answer.status, 404, "{scenario} is no longer to come: it can be played");
        return stage.clear().await;
    }
    let facts = Side::start(command, scenario, &stage).converse(&stage).await;
    assert_eq!(facts.last().map(|fact| &fact["fact"]), Some(&Value::from("done")), "{scenario} ran to its end");
    stage.clear().await;
}

/// The scenarios that the program says it has, when it has proved that they use everything that the SDK offers.
async fn scenarios_of(program: Started) -> Option<Vec<String>> {
    let stage = Stage::empty();
    let facts = Side::start(program()?, "coverage", &stage).converse(&stage).await;
    let names = facts.iter().find(|fact| fact["fact"] == "scenarios").expect("it lists its scenarios");
    serde_json::from_value(names["names"].clone()).expect("names")
}

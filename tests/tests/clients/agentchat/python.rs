//! The scenarios with PyPI's `agentchatme`: with the client that is awaited, and with the one that waits.

use tertulia_testkit::provided;
use tokio::process::Command;

use super::scenarios_of;

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/clients/agentchat/python/main.py");

/// The program with Python's SDK and one of its two clients.
fn program(client: &str) -> Option<Command> {
    let mut command = Command::new(provided("TERTULIA_TEST_PYTHON", "AgentChat's SDK for Python")?);
    command.arg(PROGRAM).arg(client);
    // Nothing is encrypted here, and reading the certificates of the whole world takes every client long.
    command.env_remove("SSL_CERT_FILE").env("SSL_CERT_DIR", env!("CARGO_MANIFEST_DIR"));
    Some(command)
}

/// With the client that is awaited, and the realtime client, which is that one's alone.
pub(crate) mod awaited {
    use crate::agentchat::scenarios;

    pub(crate) fn program() -> Option<tokio::process::Command> {
        super::program("async")
    }

    scenarios! {
        program,
        addresses attachments attempts avatars away backlog blocks cold contacts conventions conversations cooldown
        deletion directory drained gaps groups hello history inboxes live messages mutes outages presence profile queue
        rates recover register restart rotate signals standing unhandled unsent webhooks
    }

    #[tokio::test]
    async fn everything_that_the_sdk_offers_is_used() {
        let Some(mut names) = super::scenarios_of(program).await else { return };
        names.retain(|name| name != "talk");
        assert_eq!(names, SCENARIOS, "every scenario is a test");
    }
}

/// With the client that waits.
mod waiting {
    use crate::agentchat::scenarios;

    fn program() -> Option<tokio::process::Command> {
        super::program("sync")
    }

    scenarios! {
        program,
        addresses attachments attempts avatars backlog blocks cold contacts conventions conversations cooldown deletion
        directory groups history inboxes messages mutes outages presence profile queue rates recover register rotate
        standing unsent webhooks
    }

    #[tokio::test]
    async fn everything_that_the_sdk_offers_is_used() {
        let Some(names) = super::scenarios_of(program).await else { return };
        assert_eq!(names, SCENARIOS, "every scenario is a test");
    }
}

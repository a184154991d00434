//! The description of the API, held against the hub by a program that derives requests from it, good ones and bad
//! ones: no server error, no status or content type that is not described, no body that differs from its schema.
//!
//! A fixed seed makes the same requests every time. Streams never end, and a WebSocket is no answer: both are left to
//! the tests of the wire.

use std::{path::Path, process::Output, time::Duration};

use serde_json::json;
use tertulia_doubles::moltbook::Moltbook;
use tertulia_testkit::{Installation, Request, provided};
use tokio::process::Command;

/// Most requests that are made up for one operation, beside those of the coverage phase.
const EXAMPLES: &str = "40";
const SEED: &str = "1";
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";

/// What opens these stands in their bodies, where no prober can guess it.
const WITH_SECRET_IN_BODY: [&str; 3] =
    ["POST /api/v1/auth/refresh", "POST /api/v1/observers/login", "POST /v1/agents/{handle}/rotate-key/verify"];

/// What deletes the agent that asks, with what stands at the same path.
const ONE_AGENT: &str = "^/v1/agents/[^/]+$";

/// What a run may take on a busy machine. An idle one needs less than a tenth.
const MOST: Duration = Duration::from_mins(4);

#[tokio::test]
async fn the_hub_answers_as_its_description_says() {
    let elsewhere = format!("^/api/(.*stream|ws|me/credentials)|{ONE_AGENT}");
    let options = ["--exclude-path-regex", elsewhere.as_str()];
    let Some(Probed { report, .. }) = probe("every operation of the API", &options).await else { return };
    let shut: Vec<&str> =
        shut_operations(&report).filter(|operation| !WITH_SECRET_IN_BODY.contains(operation)).collect();
    assert!(shut.is_empty(), "the key must open every operation, and not only all but {shut:?}:\n{report}");
}

/// Operations that were never opened, as the prober lists them.
fn shut_operations(report: &str) -> impl Iterator<Item = &str> {
    let lines = report.lines().skip_while(|line| !line.contains("Authentication failed")).skip(1);
    // Its advice ends the list.
    lines.take_while(|line| !line.starts_with('💡')).filter_map(|line| line.strip_prefix("  - "))
}

/// Apart from the others, since they end the key that is used.
#[tokio::test]
async fn credentials_are_answered_as_their_description_says() {
    let options = ["--include-path-regex", "^/api/me/credentials"];
    let Some(Probed { metrics, .. }) = probe("the credentials of the API", &options).await else { return };
    let issued = r#"route="/api/me/credentials",status="201""#;
    assert!(metrics.contains(issued), "a key was issued before the prober was shut out:\n{metrics}");
}

/// Apart from the others, since it ends with the agent that asks.
#[tokio::test]
async fn an_agent_is_answered_as_its_description_says() {
    let options = ["--include-path-regex", ONE_AGENT];
    let Some(Probed { metrics, .. }) = probe("one agent of the API", &options).await else { return };
    let shown = r#"route="/v1/agents/{handle}",status="200""#;
    assert!(metrics.contains(shown), "an agent was shown:\n{metrics}");
}

/// What came of a probe.
struct Probed {
    /// The prober's own words.
    report: String,
    /// The hub's counters.
    metrics: String,
}

/// Probes a fresh hub. Nothing when there is no prober.
async fn probe(what: &str, options: &[&str]) -> Option<Probed> {
    let python = provided("TERTULIA_TEST_PYTHON", what)?;
    let moltbook = Moltbook::start().await;
    let installation = Installation::fresh().set("moltbook.base_url", &moltbook.base_url());
    let program = installation.start().await;
    let body = json!({ "name": "prober" }).to_string();
    let registered = installation.send(&Request::new("POST", "/api/register").json(&body)).await.expect(201);

    let output = run(&python, &installation, &registered.str_at("/agent/apiKey"), options).await;
    let report = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{report}\n{said}\n{}", installation.log());
    assert!(report.contains(" generated, "), "it has made requests:\n{report}");
    let metrics = installation.send(&Request::new("GET", "/metrics")).await.expect(200).text().to_owned();
    program.stop().await;
    Some(Probed { report, metrics })
}

#[expect(clippy::disallowed_methods, reason = "bounds a program that is not ours; nothing is measured with it")]
async fn run(python: &Path, installation: &Installation, key: &str, options: &[&str]) -> Output {
    // It leaves files behind in the folder in which it runs.
    let folder = tempfile::tempdir().expect("a fresh directory");
    let mut command = Command::new(python);
    command.args(["-m", "schemathesis.cli", "run", "--no-color", "--continue-on-failure"]);
    command.args(["--checks", CHECKS, "--seed", SEED, "--max-examples", EXAMPLES, "--generation-database", "none"]);
    command.args(["--generation-with-security-parameters", "false"]);
    command.args(options).arg("--header").arg(format!("Authorization: Bearer {key}"));
    command.arg(format!("{}/openapi.json", installation.url()));
    command.current_dir(folder.path()).kill_on_drop(true);
    tokio::time::timeout(MOST, command.output()).await.expect("it ends in time").expect("it can be started")
}

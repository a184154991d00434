//! Published clients, unmodified, against the hub's program: the examples of chatr's public document with no more
//! than the base URL and the key replaced, `curl -N`, and AgentChat's two SDKs.
//!
//! The examples are read from the document when the tests run; their text is not ours to keep.

mod agentchat;
mod child;
mod example;
mod gateway;
mod moltchats;

use serde_json::json;
use tertulia_testkit::{Installation, Request, program_on_path, provided, seed};
use tokio::process::Command;

use crate::child::Client;

/// chatr's public document.
const DOCUMENT: &str = "000_44cb8c1e4f97ab6f.txt";
const BASE_URL: &str = "https://chatr.ai";
const KEY: &str = "chatr_xxx...";

/// Runs the program that its argument names, and stays: the example's threads end with the main one.
const STAY: &str =
    "import sys, threading; exec(compile(open(sys.argv[1]).read(), sys.argv[1], 'exec')); threading.Event().wait()";

#[tokio::test]
async fn the_published_python_agent_hears_itself_and_others() {
    let Some(python) = provided("TERTULIA_TEST_PYTHON", "the published Python agent") else { return };
    let Some(document) = seed(DOCUMENT, "the published Python agent") else { return };
    let installation = Installation::fresh();
    let program = installation.start().await;
    let folder = tempfile::tempdir().unwrap();
    let example = folder.path().join("example.py");
    std::fs::write(&example, example_in(&document, "python", &installation, &register(&installation, "py").await))
        .unwrap();

    let mut client = Client::start(Command::new(python).args(["-u", "-c", STAY]).arg(&example));
    client.prints("Hello from Python! ").await;
    // From here on it listens: what it is told comes over the stream as it is said.
    say(&installation, &register(&installation, "other").await, "Hello, snake").await;
    client.prints("Hello, snake").await;

    let printed = client.printed();
    let events = printed.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a line of JSON"));
    let live: Vec<_> = events.filter(|event| event["type"] == "message").collect();
    assert_eq!(live.last().map(|event| &event["data"]["content"]), Some(&json!("Hello, snake")));
    assert_eq!(printed.matches("Hello from Python! ").count(), 1, "{printed}");
    program.stop().await;
}

#[tokio::test]
async fn the_published_node_agent_goes_on_after_a_restart_and_after_a_kill() {
    let Some(modules) = provided("TERTULIA_TEST_NODE_MODULES", "the published Node agent") else { return };
    let Some(node) = program_on_path("node", "the published Node agent") else { return };
    let Some(document) = seed(DOCUMENT, "the published Node agent") else { return };
    let installation = Installation::fresh();
    let program = installation.start().await;
    let other = register(&installation, "other").await;
    let folder = tempfile::tempdir().unwrap();
    let example = folder.path().join("example.js");
    std::fs::write(&example, example_in(&document, "javascript", &installation, &register(&installation, "js").await))
        .unwrap();

    let mut client = Client::start(Command::new(node).arg(&example).env("NODE_PATH", modules));
    client.prints("Hello from Node! ").await;
    say(&installation, &other, "before the restart").await;
    client.prints("before the restart").await;
    program.stop().await;
    let program = installation.start().await;
    // It waits two seconds before it comes back, so that it misses this one and is given it with the history.
    say(&installation, &other, "after the restart").await;
    client.prints("after the restart").await;
    program.kill().await;
    let program = installation.start().await;
    say(&installation, &other, "after the kill").await;
    client.prints("after the kill").await;
    say(&installation, &other, "the end").await;
    client.prints("the end").await;

    let expected = ["before the restart", "after the restart", "after the kill", "the end"];
    let printed = client.printed();
    assert_eq!(contents(&printed)[1..], expected, "nothing is lost, repeated or out of order: {printed}");
    assert!(contents(&printed)[0].starts_with("Hello from Node! "), "{printed}");
    program.stop().await;
}

#[tokio::test]
async fn curl_shows_the_room() {
    let Some(curl) = program_on_path("curl", "curl -N") else { return };
    let installation = Installation::fresh();
    let program = installation.start().await;
    let agent = register(&installation, "speaker").await;
    say(&installation, &agent, "said before").await;

    let mut client = Client::start(Command::new(curl).arg("-sN").arg(format!("{}/api/stream", installation.url())));
    client.prints("\"type\":\"stats\"").await;
    assert!(client.printed().starts_with("retry: "), "{}", client.printed());
    assert!(client.printed().contains("said before"), "{}", client.printed());
    say(&installation, &agent, "said live").await;
    client.prints("said live").await;
    program.stop().await;
}

/// The document's example in `language`, with this hub's URL and this key.
fn example_in(document: &str, language: &str, installation: &Installation, key: &str) -> String {
    let (_, block) = document.split_once(&format!("```{language}\n")).expect("the document has such an example");
    let (example, _) = block.split_once("```").expect("the example ends");
    assert!(example.contains(BASE_URL) && example.contains(KEY), "what is to be replaced is there");
    example.replace(BASE_URL, &installation.url()).replace(KEY, key)
}

/// The contents of all messages that Node has printed, in order, as its `console.log` shows them.
fn contents(printed: &str) -> Vec<&str> {
    printed.split("content: '").skip(1).filter_map(|rest| rest.split('\'').next()).collect()
}

/// Registers an agent and returns its key.
async fn register(installation: &Installation, name: &str) -> String {
    let body = json!({ "name": name }).to_string();
    installation.send(&Request::new("POST", "/api/register").json(&body)).await.expect(201).str_at("/agent/apiKey")
}

async fn say(installation: &Installation, key: &str, content: &str) {
    let body = json!({ "content": content }).to_string();
    let request = Request::new("POST", "/api/messages").header("Authorization", &format!("Bearer {key}"));
    let _ = installation.send(&request.json(&body)).await.expect(201);
}

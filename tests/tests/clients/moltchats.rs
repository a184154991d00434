//! MoltChats' published Node example, unmodified apart from where the hub stands.

use serde_json::json;
use tertulia_testkit::{Installation, Request, program_on_path, seed};
use tokio::process::Command;

use crate::child::Client;

/// MoltChats' public document.
const DOCUMENT: &str = "002_0c3ace9b62ea56dc.txt";
const BASE_URL: &str = "https://moltchats.com";

/// Printed when the example has run to its end; it says nothing itself.
const LAST_WORD: &str = "\nconsole.log(`joined as ${auth.agentId}`, servers[0].id);\n";

#[tokio::test]
async fn the_published_moltchats_example_registers_and_joins_a_server() {
    let Some(node) = program_on_path("node", "the published MoltChats example") else { return };
    let Some(document) = seed(DOCUMENT, "the published MoltChats example") else { return };
    let installation = Installation::fresh();
    let program = installation.start().await;
    let folder = tempfile::tempdir().unwrap();
    let example = folder.path().join("example.mjs");
    let (_, block) = document.split_once("```javascript\n").expect("the document has an example");
    let (text, _) = block.split_once("```").expect("the example ends");
    assert!(text.contains(BASE_URL), "what is to be replaced is there");
    std::fs::write(&example, text.replace(BASE_URL, &installation.url()) + LAST_WORD).unwrap();

    let mut client = Client::start(Command::new(node).arg(&example));
    client.prints("joined as ").await;

    let profile = installation.send(&Request::new("GET", "/api/v1/agents/my_agent")).await.expect(200);
    let id = profile.str_at("/id");
    client.prints(&format!("joined as {id} ")).await;
    let profile = profile.json();
    let said = (&profile["displayName"], &profile["bio"], &profile["status"]);
    assert_eq!(said, (&json!("My Agent"), &json!("A helpful bot"), &json!("verified")));
    program.stop().await;
}

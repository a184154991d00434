//! The example of the hub's own document for agents, run as an agent would run it.

use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::Value;
use tertulia_testkit::{TestApp, program_on_path, within};
use tokio::process::Command;

#[tokio::test]
async fn the_example_of_the_skill_registers_and_keeps_its_credentials() {
    let Some(node) = program_on_path("node", "the example of the skill") else { return };
    let mut app = TestApp::start().await;
    let skill = app.get("/api/v1/skill.md").await.expect(200);
    let example =
        skill.text().split_once("```js\n").and_then(|(_, rest)| rest.split_once("```")).expect("an example").0;
    let home = tempfile::tempdir().unwrap();
    let program = home.path().join("register.mjs");
    fs::write(&program, example).unwrap();

    let mut example = Command::new(node);
    example.arg(&program).arg("example_agent").env("HOME", home.path()).kill_on_drop(true);
    let output = within("the example to end", example.output()).await.unwrap();
    let (printed, complaint) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{complaint}");
    assert!(
        printed.lines().any(|line| line.ends_with(" tertulia 1")),
        "the hub's own server, and its member: {printed}"
    );

    let kept = home.path().join(".config/moltchats/credentials.json");
    assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    let kept: Value = serde_json::from_str(&fs::read_to_string(&kept).unwrap()).unwrap();
    assert_eq!(kept["username"], "example_agent");
    assert_eq!(kept["apiBase"], format!("{}/api/v1", app.url()));
    assert!(kept["privateKey"].as_str().unwrap().starts_with("-----BEGIN PRIVATE KEY-----"));
    let caller = app.stranger().with_token(kept["token"].as_str().unwrap());
    assert_eq!(caller.get("/agents/@me").await.expect(200).str_at("/id"), kept["agentId"].as_str().unwrap());
    let refresh = serde_json::json!({ "refreshToken": kept["refreshToken"] });
    let _ = app.stranger().post("/auth/refresh", &refresh).await.expect(200);
    app.stop().await;
}

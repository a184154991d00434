//! `GET /openapi.json`.

use serde_json::Value;
use tertulia_testkit::TestApp;

/// Method, path and what is said of it.
fn operations(description: &Value) -> Vec<(String, String, &Value)> {
    let mut operations = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.push((method.to_uppercase(), path.clone(), operation));
        }
    }
    operations
}

#[tokio::test]
async fn the_description_is_json_and_names_the_hub() {
    let app = TestApp::with(crate::at_chat_example_org).start().await;
    let reply = app.get("/openapi.json").await.expect(200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let description = reply.json();
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"), "{}", description["openapi"]);
    assert_eq!(description["info"]["title"], "tertulia");
    assert_eq!(description["servers"][0]["url"], "https://chat.example.org");
}

#[tokio::test]
async fn every_reference_leads_somewhere() {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let app = TestApp::start().await;
    let description = app.get("/openapi.json").await.json();
    let mut found = Vec::new();
    references(&description, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("a reference within the document");
        assert!(description.pointer(pointer).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn every_operation_says_what_it_answers() {
    let app = TestApp::start().await;
    let description = app.get("/openapi.json").await.json();
    let operations = operations(&description);
    assert!(operations.len() >= 15, "{}", operations.len());
    for (method, path, operation) in operations {
        let responses = operation["responses"].as_object().unwrap();
        assert!(
            responses.keys().any(|status| status.starts_with('2') || ["101", "302"].contains(&status.as_str())),
            "{method} {path}"
        );
        assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{method} {path}");
        if path.starts_with("/api/") {
            for status in ["403", "421", "429", "500", "503"] {
                assert!(responses.contains_key(status), "{method} {path} may answer {status}");
            }
        }
        if operation.get("security").is_some() {
            assert!(responses.contains_key("401"), "{method} {path} needs a key");
        }
    }
    assert_eq!(description["paths"]["/api/message"]["post"]["deprecated"], true);
}

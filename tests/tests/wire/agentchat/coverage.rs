//! The contract's endpoints and error codes, each with a test of its own.

use std::{collections::BTreeSet, fs};

use tertulia_testkit::TestApp;

use super::contract::{Endpoint, codes, endpoints, promised};
use crate::coverage::files;

/// Files that mention what they do not call, or call everything.
const TABLES: [&str; 3] = ["contract.rs", "coverage.rs", "masks.rs"];

/// Not from outside: faults of the hub.
const OUT_OF_REACH: [&str; 2] = ["INTERNAL_ERROR", "PROCESSING_FAILED"];

/// Codes of the contract that this hub has no use for: an alias, e-mail addresses kept apart from those of owners, the
/// owners' pages.
const UNUSED: [&str; 8] = [
    "AGENT_SUSPENDED",
    "EMAIL_IS_OWNER",
    "EMAIL_IS_AGENT",
    "OWNER_NOT_FOUND",
    "CLAIM_NOT_FOUND",
    "INVALID_API_KEY",
    "ALREADY_CLAIMED",
    "TOO_MANY_CLAIMS",
];

/// The sources of the tests of this dialect, without white space: how a call is broken into lines says nothing.
fn sources() -> String {
    let told = files("tests/tests/wire/agentchat");
    let told =
        told.iter().filter(|path| path.file_name().is_some_and(|name| !TABLES.iter().any(|table| name == *table)));
    let text: String = told.map(|path| fs::read_to_string(path).unwrap()).collect();
    text.split_whitespace().collect()
}

/// What tests call: `.get("…")`, `.post(&format!("…"))`, `("PUT","…")` and the like.
fn called(sources: &str) -> BTreeSet<(&'static str, String)> {
    let mut called = BTreeSet::new();
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        let verb = method.to_lowercase();
        for opening in [format!(".{verb}("), format!(".{verb}_nothing("), format!("\"{method}\",")] {
            for after in sources.split(&opening).skip(1) {
                let after = after.trim_start_matches('&').trim_start_matches("format!(");
                let target = after.strip_prefix('"').and_then(|text| text.split(['"', '?']).next());
                called.extend(target.map(|path| (method, path.to_owned())));
            }
        }
    }
    called
}

/// Whether `path` is one of the endpoint's; what is literal in another endpoint is no parameter of this one.
fn is_at(path: &str, endpoint: &Endpoint, all: &BTreeSet<Endpoint>) -> bool {
    let fits = |pattern: &str| {
        let (parts, pattern): (Vec<_>, Vec<_>) = (path.split('/').collect(), pattern.split('/').collect());
        let is_part =
            |(part, pattern): (&&str, &&str)| part == pattern || (pattern.starts_with(':') && !part.is_empty());
        parts.len() == pattern.len() && parts.iter().zip(&pattern).all(is_part)
    };
    let is_literal = |other: &Endpoint| other.0 == endpoint.0 && other.1 == path;
    fits(&endpoint.1) && (endpoint.1 == path || !all.iter().any(is_literal))
}

#[test]
fn every_endpoint_is_called_by_a_test() {
    let (called, all) = (called(&sources()), endpoints());
    let is_called =
        |endpoint: &&Endpoint| called.iter().any(|(method, path)| *method == endpoint.0 && is_at(path, endpoint, &all));
    let missing: Vec<_> = all.iter().filter(|endpoint| !is_called(endpoint)).collect();
    assert!(missing.is_empty(), "no test calls {missing:?}");
}

#[tokio::test]
async fn the_hub_has_the_contracts_endpoints_and_no_other() {
    let app = TestApp::start().await;
    let description = app.get("/v1/openapi.json").await.expect(200).json();
    let mut described = BTreeSet::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        let methods = item.as_object().unwrap().keys().map(|method| method.to_uppercase());
        described.extend(methods.map(|method| (method, unnamed(path))));
    }
    let wanted = endpoints().into_iter().map(|(method, path)| (method.to_owned(), unnamed(&path)));
    let wanted: BTreeSet<_> = wanted.collect();
    // The socket has a section of its own.
    described.remove(&("GET".to_owned(), "/v1/ws".to_owned()));
    assert_eq!(described, wanted, "left: described; right: in the contract");
}

#[tokio::test]
async fn what_the_contract_promises_is_described() {
    let app = TestApp::start().await;
    let description = app.get("/v1/openapi.json").await.expect(200).json();
    let paths = description["paths"].as_object().unwrap();
    for ((method, path), codes) in promised() {
        let item = paths.iter().find(|(described, _)| unnamed(described) == unnamed(&path)).expect("it is described").1;
        let responses = &item[method.to_lowercase()]["responses"];
        for (code, status) in codes {
            assert!(responses.get(status.to_string()).is_some(), "{method} {path}: {status} {code}");
        }
        for (status, response) in responses.as_object().unwrap() {
            assert!(
                response["description"].as_str().is_some_and(|words| !words.is_empty()),
                "{method} {path} {status}"
            );
        }
    }
}

/// A path without the names of its parameters.
fn unnamed(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with([':', '{']) { "*" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[test]
fn every_code_is_seen_with_its_status() {
    let sources = sources();
    let is_seen = |code: &str, status: u16| sources.contains(&format!(",{status},\"{code}\")"));
    let wanted = codes().into_iter().filter(|(code, _)| !OUT_OF_REACH.contains(code) && !UNUSED.contains(code));
    let missing: Vec<_> = wanted.filter(|(code, status)| !is_seen(code, *status)).map(|(code, _)| code).collect();
    assert!(missing.is_empty(), "no test sees {missing:?}");
}

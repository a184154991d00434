//! The contracts' endpoints and error codes, each with a test that mentions it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::contract;

/// Each contract, with how many paths and codes it has at least: a table that is not understood fails.
const CONTRACTS: [(&str, usize, usize); 2] =
    [(include_str!("../../../docs/wire/chatr.md"), 10, 13), (include_str!("../../../docs/wire/rooms.md"), 15, 8)];

/// Everything below a folder of the project.
pub(crate) fn files(folder: &str) -> Vec<PathBuf> {
    fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, files);
            } else {
                files.push(path);
            }
        }
    }
    let mut files = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder), &mut files);
    files
}

/// The sources of these tests and of what they are made of, without the tables that would mention everything.
fn sources() -> String {
    let files = [files("tests/tests"), files("crates/testkit/src")].concat();
    let of_tests = files.iter().filter(|path| {
        let name = path.file_name().unwrap_or_default();
        name != "coverage.rs" && name != "permissions.rs"
    });
    of_tests.map(|path| fs::read_to_string(path).unwrap()).collect()
}

/// Everything in a text between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// The paths in the first column of a contract's table, spelled as tests spell them.
fn paths(contract: &str) -> BTreeSet<String> {
    let is_endpoint =
        |row: &&str| ["POST", "GET", "DELETE", "WebSocket"].iter().any(|word| row.starts_with(&format!("| {word} `/")));
    let cells = contract.lines().filter(is_endpoint).filter_map(|row| row.split('|').nth(1));
    cells.flat_map(quoted).filter(|text| text.starts_with('/')).map(|path| path.replace(":id", "{room}")).collect()
}

fn is_code(text: &str) -> bool {
    text.len() > 3 && text.contains('_') && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

#[test]
fn every_endpoint_of_a_contract_is_called_by_a_test() {
    let sources = sources();
    for (contract, least, _) in CONTRACTS {
        let paths = paths(contract);
        assert!(paths.len() >= least, "{paths:?}");
        let missing: Vec<_> = paths.iter().filter(|path| !sources.contains(path.as_str())).collect();
        assert!(missing.is_empty(), "no test calls {missing:?}");
    }
}

#[test]
fn every_code_of_a_contract_is_provoked_by_a_test() {
    const PLACEHOLDERS: [&str; 1] = ["SNAKE_CODE"];
    let sources = sources();
    for (contract, _, least) in CONTRACTS {
        let words = quoted(contract).flat_map(|text| text.split([' ', '/']));
        let codes: BTreeSet<_> = words.filter(|text| is_code(text) && !PLACEHOLDERS.contains(text)).collect();
        assert!(codes.len() >= least, "{codes:?}");
        let missing: Vec<_> = codes.iter().filter(|code| !sources.contains(**code)).collect();
        assert!(missing.is_empty(), "no test provokes {missing:?}");
    }
}

#[test]
fn every_code_that_a_dialect_can_answer_is_provoked_by_a_test() {
    // Not from outside: a fault of the hub, of the disk; and the moment between stopping and being stopped. What is
    // told to nobody, and an agent that is pending, which has no token to act with. What chatr and rooms would say where
    // they have no endpoint, and to agents that nobody can pause yet.
    const OUT_OF_REACH: [&str; 9] = [
        "INTERNAL_ERROR",
        "PAUSED_BY_OWNER",
        "STORAGE_UNAVAILABLE",
        "SHUTTING_DOWN",
        "INBOUND_WAKE_LIMIT",
        "AGENT_NOT_VERIFIED",
        "INVALID_URL",
        "NOT_HERE",
        "OWN_MESSAGE",
    ];
    // The codes of AgentChat are compared with its contract where that is tested.
    let is_meant = |path: &PathBuf| {
        path.extension().is_some_and(|is| is == "rs") && !path.components().any(|part| part.as_os_str() == "agentchat")
    };
    let of_dialects = files("crates/dialects").into_iter().filter(is_meant);
    let code: String = of_dialects.map(|path| fs::read_to_string(path).unwrap()).collect();
    let codes: BTreeSet<_> = code.split('"').filter(|text| is_code(text)).collect();
    assert!(codes.len() >= 25, "{codes:?}");
    let sources = sources();
    let missing: Vec<_> =
        codes.iter().filter(|code| !OUT_OF_REACH.contains(code) && !sources.contains(**code)).collect();
    assert!(missing.is_empty(), "no test provokes {missing:?}");
}

/// The sources of the tests of MoltChats and of what calls for them, without white space: how a call is broken into
/// lines says nothing.
fn sources_of_moltchats() -> String {
    let of_tests = files("tests/tests/wire/moltchats");
    let of_callers = files("crates/testkit/src/moltchats");
    let files = [of_tests, of_callers, vec![testkit("moltchats.rs")]].concat();
    let asks_of_all = ["permissions.rs", "world.rs"];
    let told =
        files.iter().filter(|path| path.file_name().is_some_and(|name| !asks_of_all.iter().any(|all| name == *all)));
    let text: String = told.map(|path| fs::read_to_string(path).unwrap()).collect();
    text.split_whitespace().collect()
}

fn testkit(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/testkit/src").join(file)
}

/// The ways in which tests write down that an endpoint is called.
fn calls(method: &str, path: &str) -> Vec<String> {
    let verb = method.to_lowercase();
    let mut calls = Vec::new();
    for opening in [format!(".{verb}("), format!(".{verb}_nothing("), format!("\"{method}\","), format!("({method},")] {
        for text in ["\"", "&format!(\"", "format!(\""] {
            calls.extend(["\"", "?", "{query}"].map(|end| format!("{opening}{text}{path}{end}")));
        }
    }
    calls
}

#[test]
fn every_endpoint_of_moltchats_is_called_by_a_test_of_its_own() {
    let sources = sources_of_moltchats();
    let required = contract::endpoints().into_iter().filter(|endpoint| !endpoint.optional);
    let is_called = |endpoint: &contract::Endpoint| {
        calls(endpoint.method, &endpoint.spelled()).iter().any(|call| sources.contains(call.as_str()))
    };
    let missing: Vec<_> = required.filter(|endpoint| !is_called(endpoint)).collect();
    assert!(missing.is_empty(), "no test calls {missing:#?}");
}

#[test]
fn every_code_of_moltchats_is_seen_in_an_answer_with_its_status() {
    // Not from outside: a fault of the hub; what is told to nobody, as the contract says itself; and an agent that is
    // pending, which has no token to act with.
    const OUT_OF_REACH: [&str; 3] = ["INTERNAL_ERROR", "INBOUND_WAKE_LIMIT", "AGENT_NOT_VERIFIED"];
    // Told over the gateway alone, as the reason of an error op.
    const REASONS: [&str; 3] = ["CANNOT_VOUCH_SELF", "VOUCH_EXISTS", "ALREADY_FLAGGED"];
    let sources = sources_of_moltchats();
    let is_seen = |code: &str, status: u16| {
        let as_reason = REASONS.contains(&code) && sources.contains(&format!(".await,\"{code}\")"));
        as_reason || sources.contains(&format!(",{status},\"{code}\")"))
    };
    let codes = contract::codes().into_iter().filter(|(code, _)| !OUT_OF_REACH.contains(code));
    let missing: Vec<_> = codes.filter(|(code, status)| !is_seen(code, *status)).collect();
    assert!(missing.is_empty(), "no test sees {missing:?}");
}

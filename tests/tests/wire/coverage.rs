//! The contract's endpoints and error codes, each with a test that mentions it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

const CONTRACT: &str = include_str!("../../../docs/wire/chatr.md");

fn files_below(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

/// The sources of these tests, without the tables that would mention everything.
fn sources() -> String {
    let files = files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"));
    let of_tests = files.iter().filter(|path| {
        let name = path.file_name().unwrap_or_default();
        name != "coverage.rs" && name != "permissions.rs"
    });
    of_tests.map(|path| fs::read_to_string(path).unwrap()).collect()
}

/// Everything in the contract between backticks.
fn quoted() -> impl Iterator<Item = &'static str> {
    CONTRACT.lines().flat_map(|line| line.split('`').skip(1).step_by(2))
}

fn is_code(text: &str) -> bool {
    text.len() > 3 && text.contains('_') && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

#[test]
fn every_endpoint_of_the_contract_is_called_by_a_test() {
    let sources = sources();
    let rows = CONTRACT.lines().filter(|line| ["| POST `/", "| GET `/"].iter().any(|start| line.starts_with(start)));
    let paths: BTreeSet<_> = rows.flat_map(|row| row.split('`')).filter(|text| text.starts_with('/')).collect();
    assert!(paths.len() >= 10, "{paths:?}");
    let missing: Vec<_> = paths.iter().filter(|path| !sources.contains(**path)).collect();
    assert!(missing.is_empty(), "no test calls {missing:?}");
}

#[test]
fn every_code_of_the_contract_is_provoked_by_a_test() {
    let sources = sources();
    let codes: BTreeSet<_> = quoted().flat_map(|text| text.split([' ', '/'])).filter(|text| is_code(text)).collect();
    assert!(codes.len() >= 13, "{codes:?}");
    let placeholders = ["SNAKE_CODE"];
    let missing: Vec<_> =
        codes.iter().filter(|code| !placeholders.contains(code) && !sources.contains(**code)).collect();
    assert!(missing.is_empty(), "no test provokes {missing:?}");
}

#[test]
fn every_code_that_the_dialects_can_answer_is_provoked_by_a_test() {
    // Not from outside: a fault of the hub, of the disk; and the moment between stopping and being stopped.
    const OUT_OF_REACH: [&str; 3] = ["INTERNAL_ERROR", "STORAGE_UNAVAILABLE", "SHUTTING_DOWN"];
    let files = files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/dialects"));
    let sources_of_dialects = files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let code: String = sources_of_dialects.map(|path| fs::read_to_string(path).unwrap()).collect();
    let codes: BTreeSet<_> = code.split('"').filter(|text| is_code(text)).collect();
    assert!(codes.len() >= 25, "{codes:?}");
    let sources = sources();
    let missing: Vec<_> =
        codes.iter().filter(|code| !OUT_OF_REACH.contains(code) && !sources.contains(**code)).collect();
    assert!(missing.is_empty(), "no test provokes {missing:?}");
}

//! What must not be left behind: unfinished code, ignored or focused tests, and tests that sleep.

use super::{
    finding::Finding,
    rust_code::code_only,
    tree::{SourceFile, Tree},
};

const ANYWHERE: [(&str, &str); 4] = [
    ("todo!", "write it, or leave out what needs it"),
    ("unimplemented!", "write it, or leave out what needs it"),
    ("dbg!", "remove it"),
    ("#[ignore", "a test runs or is not there: make it run everywhere, or remove it"),
];

const SLEEPS: [&str; 2] = ["thread::sleep", "time::sleep"];

/// A framework that runs only this test and forgets the others.
const FOCUSED: [&str; 3] = ["test.only(", "it.only(", "describe.only("];

/// Reports every such line of Rust and JavaScript.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.with_extension("rs") {
        in_rust(file, &mut findings);
    }
    let scripts = tree.files().filter(|file| ["js", "mjs", "cjs", "ts"].iter().any(|end| file.has_extension(end)));
    for file in scripts {
        for (number, line) in file.lines() {
            if FOCUSED.iter().any(|focused| line.contains(focused)) {
                findings.push(Finding::new(&file.path, number, "`.only` hides the other tests: remove it"));
            }
        }
    }
    findings
}

fn in_rust(file: &SourceFile, findings: &mut Vec<Finding>) {
    let mut in_tests = file.path.starts_with("tests/") || file.path.contains("/tests/");
    for (number, line) in (1..).zip(code_only(&file.text).lines()) {
        for (word, advice) in ANYWHERE.iter().filter(|(word, _)| has_word(line, word)) {
            findings.push(Finding::new(&file.path, number, format_args!("`{word}`: {advice}")));
        }
        // By convention the tests of a module are its last item.
        in_tests |= line.trim_start().starts_with("#[cfg(test)]");
        if in_tests && SLEEPS.iter().any(|sleep| has_word(line, sleep)) {
            findings.push(Finding::new(&file.path, number, "a test that sleeps is slow or lucky: wait for the event"));
        }
    }
}

/// Whether `word` occurs in `line` with no letter before or after it.
fn has_word(line: &str, word: &str) -> bool {
    let joins = |character: char| character.is_alphanumeric() || character == '_';
    line.match_indices(word).any(|(at, _)| !line[..at].ends_with(joins) && !line[at + word.len()..].starts_with(joins))
}

#[cfg(test)]
mod tests {
    use super::{super::finding::shown, *};

    fn findings(path: &str, text: &str) -> Vec<String> {
        shown(&check(&Tree::of(&[(path, text)])))
    }

    #[test]
    fn unfinished_code_is_a_finding_and_a_word_about_it_is_none() {
        assert_eq!(
            findings("crates/a/src/b.rs", "//! B, no todo!().\nfn b() {\n    todo!()\n}\n"),
            ["crates/a/src/b.rs:3: `todo!`: write it, or leave out what needs it"]
        );
    }

    #[test]
    fn an_ignored_test_is_a_finding() {
        assert_eq!(findings("tests/tests/a.rs", "#[ignore = \"slow\"]\nfn a() {}\n").len(), 1);
    }

    #[test]
    fn only_tests_may_not_sleep_here() {
        let sleeps = "fn a() { tokio::time::sleep(LONG).await; }\n";

        assert_eq!(findings("tests/tests/a.rs", sleeps).len(), 1);
        assert_eq!(findings("crates/a/src/b.rs", &format!("#[cfg(test)]\nmod tests {{ {sleeps} }}")).len(), 1);
        assert!(findings("crates/host/src/clock.rs", sleeps).is_empty());
        assert!(findings("tests/tests/a.rs", "clock.time::sleep_until(then)\n").is_empty());
    }

    #[test]
    fn a_focused_script_is_a_finding() {
        assert_eq!(findings("tests/browser/a.mjs", "\ntest.only('a', b)\n").len(), 1);
    }
}

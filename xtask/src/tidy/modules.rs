//! Rust files: at most 500 lines, and every module begins by saying what it is for.

use super::{finding::Finding, tree::Tree};

const MAX_LINES: usize = 500;

/// Reports files that are too long and modules without a header.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.with_extension("rs") {
        let lines = file.text.lines().count();
        if lines > MAX_LINES {
            let advice = format!("{lines} lines, {MAX_LINES} are the most: split it by noun");
            findings.push(Finding::new(&file.path, MAX_LINES + 1, advice));
        }
        let is_module = file.path.starts_with("src/") || file.path.contains("/src/");
        if is_module && !file.text.starts_with("//!") {
            let advice = "begin with `//!`: what the module is for, promises and refuses to know";
            findings.push(Finding::new(&file.path, 1, advice));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::{super::finding::shown, *};

    #[test]
    fn a_long_file_is_a_finding() {
        let long = format!("//! A.\n{}", "\n".repeat(500));

        assert_eq!(
            shown(&check(&Tree::of(&[("crates/a/src/b.rs", &long)]))),
            ["crates/a/src/b.rs:501: 501 lines, 500 are the most: split it by noun"]
        );
    }

    #[test]
    fn a_module_without_header_is_a_finding() {
        let tree = Tree::of(&[("crates/a/src/b.rs", "use std::fmt;\n"), ("tests/tests/c.rs", "use std::fmt;\n")]);

        let findings = shown(&check(&tree));

        assert_eq!(findings.len(), 1);
        assert!(findings[0].starts_with("crates/a/src/b.rs:1: begin with `//!`"), "{findings:?}");
    }
}

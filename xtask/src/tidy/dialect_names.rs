//! No dialect's name in the crates that serve all of them. `rooms` is exempt: it is also a word of the core.

use super::{finding::Finding, tree::Tree};

const DIALECTS: [&str; 3] = ["chatr", "moltchats", "agentchat"];

/// Crates below the surfaces.
const NEUTRAL: [&str; 5] = ["crates/model/", "crates/store/", "crates/store-sqlite/", "crates/bus/", "crates/core/"];

/// The list of names nobody may register holds the dialects' own.
const EXEMPT: &str = "crates/model/src/reserved.rs";

/// Reports every line that names a dialect, code or comment.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let neutral = |path: &str| path != EXEMPT && NEUTRAL.iter().any(|folder| path.starts_with(folder));
    for file in tree.files().filter(|file| neutral(&file.path)) {
        for (number, line) in file.lines() {
            let line = line.to_ascii_lowercase();
            // A reference to a contract names the dialect that states the rule, not one that the code knows.
            let told = line.split("wire: ").next().unwrap_or_default();
            for dialect in DIALECTS.iter().filter(|dialect| told.contains(**dialect)) {
                let advice = format!("`{dialect}` is a dialect: say the rule without it, or move it to that dialect");
                findings.push(Finding::new(&file.path, number, advice));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::{super::finding::shown, *};

    #[test]
    fn a_dialect_named_in_the_core_is_a_finding() {
        let tree = Tree::of(&[("crates/core/src/limits.rs", "//! Limits.\nif via == Via::Chatr {}\n")]);

        assert_eq!(
            shown(&check(&tree)),
            ["crates/core/src/limits.rs:2: `chatr` is a dialect: say the rule without it, or move it to that dialect"]
        );
    }

    #[test]
    fn surfaces_and_the_reserved_names_may_say_it() {
        let tree = Tree::of(&[
            ("crates/dialects/chatr/src/lib.rs", "//! chatr."),
            ("crates/model/src/reserved.rs", "const NAMES: &[&str] = &[\"agentchat\"];"),
        ]);

        assert!(check(&tree).is_empty());
    }

    #[test]
    fn a_reference_to_a_contract_is_no_name() {
        let tree = Tree::of(&[("crates/model/src/name.rs", "// wire: chatr.md#names\n")]);

        assert!(check(&tree).is_empty());
    }
}

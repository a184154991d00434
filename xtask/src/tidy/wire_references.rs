//! Every `// wire: <contract>.md#<heading>` beside a rule names a heading that the contract in `docs/wire/` has.

use std::collections::{BTreeSet, HashMap};

use super::{
    finding::Finding,
    markdown::anchors,
    tree::{SourceFile, Tree},
};

/// Folders whose sources state rules of a contract. This program's own do not.
const FOLDERS: [&str; 4] = ["crates/", "tests/", "benches/", "fuzz/"];

/// Anchors of each contract, by its file name.
type Contracts<'a> = HashMap<&'a str, BTreeSet<String>>;

/// Reports every reference that leads nowhere.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let states_rules = |file: &&SourceFile| {
        let source = ["rs", "sql", "js", "mjs"].iter().any(|extension| file.has_extension(extension));
        source && FOLDERS.iter().any(|folder| file.path.starts_with(folder))
    };
    let documents = tree.files().filter_map(|file| Some((file.path.strip_prefix("docs/wire/")?, file)));
    let contracts: Contracts<'_> = documents.map(|(name, document)| (name, anchors(&document.text))).collect();
    let mut findings = Vec::new();
    for file in tree.files().filter(states_rules) {
        for (number, line) in file.lines() {
            for reference in references(line) {
                if let Err(advice) = resolve(&contracts, reference) {
                    findings.push(Finding::new(&file.path, number, advice));
                }
            }
        }
    }
    findings
}

/// The words after `wire:` in a comment; several are separated by commas, and prose may follow.
fn references(line: &str) -> Vec<&str> {
    let comment = ["//", "--"].iter().find_map(|mark| line.find(mark).map(|at| &line[at..]));
    let Some((before, after)) = comment.and_then(|comment| comment.split_once("wire: ")) else {
        return Vec::new();
    };
    let begins_comment = before.trim_start_matches(['/', '!', '-', '*', ' ']).is_empty();
    let words = after.split_whitespace().map(|word| word.trim_matches([',', ';', '.', '(', ')', '`']));
    let mut references: Vec<&str> = words.clone().filter(|word| word.contains(".md")).collect();
    if begins_comment && references.is_empty() {
        references.extend(words.take(1));
    }
    references
}

fn resolve(contracts: &Contracts<'_>, reference: &str) -> Result<(), String> {
    let (contract, anchor) = reference.split_once('#').unwrap_or((reference, ""));
    let Some(anchors) = contracts.get(contract) else {
        return Err(format!("`wire: {reference}` names no contract: docs/wire/{contract} does not exist"));
    };
    if anchor.is_empty() {
        return Err(format!("`wire: {reference}` names no heading: add `#` and its anchor"));
    }
    if anchors.contains(anchor) {
        return Ok(());
    }
    // Headings are numbered; the same number is most likely the one that was meant.
    let number = anchor.split('-').next().unwrap_or_default();
    let near: Vec<&str> = anchors.iter().map(String::as_str).filter(|known| known.starts_with(number)).collect();
    let hint = if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(", ")) };
    Err(format!("`wire: {reference}`: docs/wire/{contract} has no such heading{hint}"))
}

#[cfg(test)]
mod tests {
    use super::{super::finding::shown, *};

    fn findings(source: &str) -> Vec<String> {
        let contract = "# The example\n## 3 The stream\n## Limits\n";
        shown(&check(&Tree::of(&[("docs/wire/example.md", contract), ("crates/edge/src/a.rs", source)])))
    }

    #[test]
    fn a_heading_that_exists_is_fine() {
        assert!(findings("// wire: example.md#3-the-stream, example.md#limits (both)\n").is_empty());
        assert!(findings("const N: u8 = 3; // wire: example.md#limits.\n/// On the wire: bytes.\n").is_empty());
    }

    #[test]
    fn a_heading_that_does_not_exist_is_a_finding() {
        assert_eq!(
            findings("//! A.\n// wire: example.md#3-stream\n"),
            ["crates/edge/src/a.rs:2: `wire: example.md#3-stream`: docs/wire/example.md has no such heading; \
              did you mean 3-the-stream?"]
        );
    }

    #[test]
    fn a_contract_without_heading_or_one_unknown_is_a_finding() {
        assert!(findings("// wire: example.md\n")[0].contains("names no heading"));
        assert!(findings("// wire: other.md#limits\n")[0].contains("docs/wire/other.md does not exist"));
        assert!(findings("// wire: the stream\n")[0].contains("names no contract"));
    }
}

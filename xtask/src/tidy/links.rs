//! Every relative link in a Markdown file leads to a file of the tree, and its anchor to a heading there.

use super::{
    finding::Finding,
    markdown::{anchors, targets},
    tree::{SourceFile, Tree},
};

/// Documents that the hub serves link to its own routes, not to files of the tree.
const SERVED: &str = "crates/";

/// Reports links that lead nowhere.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.with_extension("md").filter(|file| !file.path.starts_with(SERVED)) {
        for (number, target) in targets(&file.text) {
            if let Err(advice) = follow(tree, file, &target) {
                findings.push(Finding::new(&file.path, number, advice));
            }
        }
    }
    findings
}

fn follow(tree: &Tree, file: &SourceFile, target: &str) -> Result<(), String> {
    let target = target.trim_matches(['<', '>']);
    if target.contains(':') || target.starts_with("//") {
        return Ok(()); // another host, or a mail
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = resolve(&file.path, path).ok_or_else(|| format!("`{target}` leaves the tree: link within it"))?;
    if !tree.has(&path) {
        return Err(format!("`{target}` leads nowhere: there is no {path}"));
    }
    let document = tree.get(&path).filter(|document| document.has_extension("md"));
    match document {
        Some(document) if !anchor.is_empty() && !anchors(&document.text).contains(anchor) => {
            Err(format!("`{target}` leads nowhere: {path} has no heading with this anchor"))
        }
        _ => Ok(()),
    }
}

/// The path that `target` means in the document `from`, or `None` when it leaves the tree.
fn resolve(from: &str, target: &str) -> Option<String> {
    if target.is_empty() {
        return Some(from.to_owned());
    }
    let mut parts: Vec<&str> = match target.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => from.rsplit_once('/').map_or_else(Vec::new, |(folder, _)| folder.split('/').collect()),
    };
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{super::finding::shown, *};

    fn findings(text: &str) -> Vec<String> {
        let tree = [("README.md", "# Hub\n"), ("docs/a.md", text), ("docs/wire/b.md", "# Limits\n"), ("x.png", "")];
        shown(&check(&Tree::of(&tree)))
    }

    #[test]
    fn links_within_the_tree_are_followed() {
        let text = "# A\n[1](wire/b.md#limits) [2](../README.md) [3](#a) [4](wire/) [5](/x.png) [6](https://e.org/x)\n";

        assert_eq!(findings(text), Vec::<String>::new());
    }

    #[test]
    fn a_link_that_leads_nowhere_is_a_finding() {
        assert_eq!(
            findings("# A\n[1](c.md)\n[2](wire/b.md#limit)\n[3](../../out.md)\n[4](#b)\n"),
            [
                "docs/a.md:2: `c.md` leads nowhere: there is no docs/c.md",
                "docs/a.md:3: `wire/b.md#limit` leads nowhere: docs/wire/b.md has no heading with this anchor",
                "docs/a.md:4: `../../out.md` leaves the tree: link within it",
                "docs/a.md:5: `#b` leads nowhere: docs/a.md has no heading with this anchor",
            ]
        );
    }
}

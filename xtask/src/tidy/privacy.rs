//! Nothing of the machine it was written on: no path of a home or work folder, no package registry's host.
//!
//! This file alone holds the patterns, and is exempt. The contracts in `docs/wire/` quote what others publish.

use super::{finding::Finding, tree::Tree};

const FOLDERS: [&str; 3] = ["/work/", "/home/", "/root/"];

const REGISTRIES: [&str; 5] = ["crates.io", "npmjs", "pypi.org", "pythonhosted", "deb.debian.org"];

const EXEMPT: [&str; 2] = ["xtask/src/tidy/privacy.rs", "docs/wire/"];

/// Reports every line with such a path or host.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files().filter(|file| !EXEMPT.iter().any(|exempt| file.path.starts_with(exempt))) {
        for (number, line) in file.lines() {
            for folder in FOLDERS.iter().filter(|folder| has_absolute(line, folder)) {
                let advice = format!("`{folder}…` is a path of one machine: use a relative path");
                findings.push(Finding::new(&file.path, number, advice));
            }
            // Cargo writes its registry's name into the lock file itself.
            let written_by_cargo = file.path.ends_with("Cargo.lock") && line.contains("registry+https://");
            for registry in REGISTRIES.iter().filter(|registry| !written_by_cargo && line.contains(**registry)) {
                let advice = format!("`{registry}` is a package registry: name the package, not where it comes from");
                findings.push(Finding::new(&file.path, number, advice));
            }
        }
    }
    findings
}

/// Whether `folder` stands at the beginning of a path, and not inside one such as `docs/work/`.
fn has_absolute(line: &str, folder: &str) -> bool {
    let inside = |before: &str| before.ends_with(|last: char| last.is_alphanumeric() || "._-)}>*~".contains(last));
    line.match_indices(folder).any(|(at, _)| !inside(&line[..at]))
}

#[cfg(test)]
mod tests {
    use super::{super::finding::shown, *};

    fn findings(path: &str, text: &str) -> Vec<String> {
        shown(&check(&Tree::of(&[(path, text)])))
    }

    #[test]
    fn a_path_of_one_machine_is_a_finding() {
        assert_eq!(
            findings("README.md", "Hello.\nRun `/home/ada/hub`.\n"),
            ["README.md:2: `/home/…` is a path of one machine: use a relative path"]
        );
        assert!(findings("README.md", "See docs/work/plan and example.org/home/.\n").is_empty());
    }

    #[test]
    fn a_registry_is_a_finding_except_where_cargo_writes_it() {
        let line = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";

        assert!(findings("Cargo.lock", line).is_empty());
        assert_eq!(findings("CONTRIBUTING.md", line).len(), 1);
    }

    #[test]
    fn contracts_may_say_what_they_say() {
        assert!(findings("docs/wire/example.md", "npmjs").is_empty());
    }
}

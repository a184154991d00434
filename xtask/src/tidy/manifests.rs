//! Manifests: crates inherit edition, version, lints and dependencies; the workspace's table says what each is for.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::{
    finding::Finding,
    tree::{SourceFile, Tree},
};

const ROOT: &str = "Cargo.toml";

/// Where a manifest may name dependencies, also under `target.….`.
const TABLES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// Reports what crates do not inherit, and table lines without purpose or use.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut used = BTreeSet::new();
    for file in tree.files().filter(|file| file.path.ends_with("/Cargo.toml")) {
        match file.text.parse::<Table>() {
            Ok(manifest) => {
                findings.extend(not_inherited(file, &manifest));
                for (name, dependency) in dependencies(&manifest) {
                    used.insert(name.to_owned());
                    findings.extend(own_version(file, name, dependency));
                }
            }
            Err(error) => findings.push(Finding::new(&file.path, 1, format_args!("not TOML: {error}"))),
        }
    }
    if let Some(root) = tree.get(ROOT) {
        findings.extend(table_lines(root, &used));
    }
    findings
}

fn not_inherited(file: &SourceFile, manifest: &Table) -> Vec<Finding> {
    let package = manifest.get("package").and_then(Value::as_table);
    let inherits =
        |value: Option<&Value>| value.and_then(|value| value.get("workspace")) == Some(&Value::Boolean(true));
    let mut findings = Vec::new();
    for key in ["version", "edition"] {
        if !inherits(package.and_then(|package| package.get(key))) {
            findings.push(Finding::new(&file.path, 1, format_args!("inherit it: `{key}.workspace = true`")));
        }
    }
    if !inherits(manifest.get("lints")) {
        findings.push(Finding::new(&file.path, 1, "inherit them: `[lints]` with `workspace = true`"));
    }
    findings
}

/// Every dependency of a manifest with its specification.
fn dependencies(manifest: &Table) -> Vec<(&str, &Value)> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let for_targets = targets.into_iter().flat_map(Table::values).filter_map(Value::as_table);
    std::iter::once(manifest)
        .chain(for_targets)
        .flat_map(|part| TABLES.iter().filter_map(|table| part.get(*table)).filter_map(Value::as_table))
        .flat_map(|table| table.iter().map(|(name, value)| (name.as_str(), value)))
        .collect()
}

fn own_version(file: &SourceFile, name: &str, dependency: &Value) -> Option<Finding> {
    if dependency.get("workspace").is_some() {
        return None;
    }
    let line = file.lines().find(|(_, line)| line.starts_with(name)).map_or(1, |(number, _)| number);
    let advice = format!("`{name}` has a version of its own: write `{name}.workspace = true`");
    Some(Finding::new(&file.path, line, advice))
}

/// Lines of `[workspace.dependencies]` without a comment, or that no crate uses.
fn table_lines(root: &SourceFile, used: &BTreeSet<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let table = root.lines().skip_while(|(_, line)| line.trim() != "[workspace.dependencies]").skip(1);
    for (number, line) in table.take_while(|(_, line)| !line.starts_with('[')) {
        let Some((name, specification)) = line.split_once('=') else { continue };
        let name = name.trim().trim_matches('"');
        if name.starts_with('#') {
            continue;
        }
        let is_ours = specification.contains("path = ");
        let purpose = specification.rsplit_once(" # ").map_or("", |(_, purpose)| purpose.trim());
        if purpose.is_empty() && !is_ours {
            let advice = format!("`{name}`: say behind it, in a comment on the same line, what it is for");
            findings.push(Finding::new(&root.path, number, advice));
        }
        if !used.contains(name) {
            findings.push(Finding::new(&root.path, number, format_args!("`{name}` is used by no crate: remove it")));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::{super::finding::shown, *};

    const GOOD: &str = "[package]\nname = \"a\"\nversion.workspace = true\nedition.workspace = true\n\
                        [lints]\nworkspace = true\n[dependencies]\nbytes.workspace = true\n";

    fn findings(root: &str, member: &str) -> Vec<String> {
        shown(&check(&Tree::of(&[("Cargo.toml", root), ("crates/a/Cargo.toml", member)])))
    }

    #[test]
    fn a_crate_that_inherits_everything_is_fine() {
        assert!(findings("[workspace.dependencies]\nbytes = \"1\" # events\n[other]\nx = 1\n", GOOD).is_empty());
    }

    #[test]
    fn a_crate_that_decides_for_itself_is_a_finding() {
        let own = "[package]\nname = \"a\"\nversion = \"1.0.0\"\nedition = \"2021\"\n";

        let findings = findings("", own);

        assert_eq!(findings.len(), 3, "{findings:?}");
        assert!(findings.contains(&"crates/a/Cargo.toml:1: inherit it: `edition.workspace = true`".to_owned()));
    }

    #[test]
    fn a_version_outside_the_table_is_a_finding() {
        let own = format!("{GOOD}[target.'cfg(unix)'.dependencies]\nlibc = \"0.2\"\n");

        let findings = findings("", &own);

        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].starts_with("crates/a/Cargo.toml:10: `libc` has a version of its own"), "{findings:?}");
    }

    #[test]
    fn a_line_without_purpose_and_one_without_use_are_findings() {
        let root = "[workspace.dependencies]\n# Libraries.\nbytes = \"1\"\nurl = \"2\" # addresses\n";

        assert_eq!(
            findings(root, GOOD),
            [
                "Cargo.toml:3: `bytes`: say behind it, in a comment on the same line, what it is for",
                "Cargo.toml:4: `url` is used by no crate: remove it",
            ]
        );
    }
}

//! Migrations: numbered `0001_name.sql` without holes, each saying in its first line what it is for.

use std::collections::BTreeMap;

use super::{
    finding::Finding,
    tree::{SourceFile, Tree},
};

const FOLDER: &str = "crates/store-sqlite/migrations/";

/// Reports migrations that are numbered or introduced wrongly.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut numbered: BTreeMap<u32, &str> = BTreeMap::new();
    for file in tree.with_extension("sql") {
        let Some(name) = file.path.strip_prefix(FOLDER) else { continue };
        findings.extend(without_purpose(file, name));
        let Some(number) = number(name) else {
            findings.push(Finding::new(&file.path, 1, "call it by four digits and a name, such as 0001_ground.sql"));
            continue;
        };
        if let Some(other) = numbered.insert(number, &file.path) {
            findings.push(Finding::new(&file.path, 1, format_args!("{other} has the same number: take the next")));
        }
    }
    let expected = 1..;
    let first_hole = numbered.iter().zip(expected).find(|((number, _), expected)| **number != *expected);
    if let Some(((_, path), expected)) = first_hole {
        findings.push(Finding::new(path, 1, format_args!("there is no migration {expected:04} before it: renumber")));
    }
    findings
}

fn number(name: &str) -> Option<u32> {
    let (digits, rest) = name.split_once('_')?;
    let named = rest.strip_suffix(".sql").is_some_and(|rest| !rest.is_empty() && !rest.contains('.'));
    (digits.len() == 4 && named).then(|| digits.parse().ok())?
}

/// The first line is `-- 0001_name.sql: purpose`, or `-- purpose`.
fn without_purpose(file: &SourceFile, name: &str) -> Option<Finding> {
    let first = file.text.lines().next().unwrap_or_default();
    let purpose = first.strip_prefix("--").unwrap_or_default().trim();
    let purpose = purpose.strip_prefix(name).unwrap_or(purpose).trim_matches([':', ' ']);
    let advice = format!("begin with a line such as `-- {name}: what it is for`");
    (purpose.is_empty() || purpose.contains(".sql:")).then(|| Finding::new(&file.path, 1, advice))
}

#[cfg(test)]
mod tests {
    use super::{super::finding::shown, *};

    fn findings(files: &[(&str, &str)]) -> Vec<String> {
        let placed: Vec<(String, &str)> = files.iter().map(|(name, text)| (format!("{FOLDER}{name}"), *text)).collect();
        let placed: Vec<(&str, &str)> = placed.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        shown(&check(&Tree::of(&placed)))
    }

    #[test]
    fn numbered_and_introduced_is_fine() {
        let files = [("0001_a.sql", "-- 0001_a.sql: agents.\n"), ("0002_b.sql", "-- Bans.\ncreate table b;\n")];

        assert!(findings(&files).is_empty());
    }

    #[test]
    fn a_hole_a_double_and_a_bad_name_are_findings() {
        assert!(findings(&[("0001_a.sql", "-- A.\n"), ("0003_c.sql", "-- C.\n")])[0].contains("no migration 0002"));
        assert!(findings(&[("0001_a.sql", "-- A.\n"), ("0001_b.sql", "-- B.\n")])[0].contains("the same number"));
        assert!(findings(&[("1_a.sql", "-- A.\n")])[0].contains("four digits"));
    }

    #[test]
    fn no_purpose_or_another_files_name_is_a_finding() {
        for first in ["create table a;", "--", "-- 0001_a.sql:", "-- 0007_old.sql: agents"] {
            assert!(findings(&[("0001_a.sql", first)])[0].contains("begin with a line"), "{first}");
        }
    }
}

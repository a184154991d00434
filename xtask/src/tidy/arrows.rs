//! Which crate may depend on which. The table below is the architecture; cargo only keeps it acyclic.

use std::fmt;

use cargo_metadata::{DependencyKind, Metadata};

use super::{finding::Finding, tree::Tree};

/// Normal and build dependencies that a crate may have on others of the workspace.
///
/// Only the composition root and the test kit name the database engine. Surfaces see neither each other nor a store.
const ROWS: &[(&str, May)] = &[
    ("tertulia-model", May::Use(&[])),
    ("tertulia-trust", May::Use(&["tertulia-model"])),
    ("tertulia-store", May::Use(&["tertulia-model"])),
    ("tertulia-store-sqlite", May::Use(&["tertulia-store", "tertulia-model"])),
    ("tertulia-core", May::Use(&["tertulia-store", "tertulia-trust", "tertulia-model"])),
    ("tertulia-edge", May::Use(&["tertulia-core", "tertulia-model"])),
    ("tertulia-routes", May::Use(&[])),
    ("tertulia-outgoing", May::Use(&[])),
    ("tertulia-moltbook", May::Use(&["tertulia-core", "tertulia-outgoing", "tertulia-model"])),
    ("tertulia-images", May::Use(&[])),
    ("tertulia-objects", May::Use(&["tertulia-model"])),
    ("tertulia-mail", May::Use(&["tertulia-model"])),
    ("tertulia-api", May::Use(&["tertulia-edge", "tertulia-core", "tertulia-model"])),
    ("tertulia-chatr", AT_API),
    ("tertulia-rooms", AT_API),
    ("tertulia-moltchats", SURFACE),
    (
        "tertulia-agentchat",
        May::Use(&[
            "tertulia-edge",
            "tertulia-routes",
            "tertulia-core",
            "tertulia-images",
            "tertulia-objects",
            "tertulia-model",
        ]),
    ),
    ("tertulia-site", SURFACE),
    ("tertulia-host", May::UseAllBut(&["tertulia-testkit"])),
    ("tertulia", May::Use(&["tertulia-host", "tertulia-model"])),
    ("tertulia-testkit", May::UseAllBut(&[])),
    ("tertulia-tests", May::UseAllBut(&["tertulia-store-sqlite"])),
    ("tertulia-fuzz", May::UseAllBut(&["tertulia-store-sqlite"])),
    ("tertulia-benches", May::Use(&["tertulia-model"])),
    ("xtask", May::Use(&[])),
];

/// Surfaces that share the path `/api`.
const AT_API: May = May::Use(&["tertulia-api", "tertulia-edge", "tertulia-routes", "tertulia-core", "tertulia-model"]);

const SURFACE: May = May::Use(&["tertulia-edge", "tertulia-routes", "tertulia-core", "tertulia-model"]);

/// Crates that no other may depend on.
const PROGRAMS: &[&str] = &["tertulia", "tertulia-tests", "tertulia-fuzz", "tertulia-benches", "xtask"];

/// What any crate but the model may use in its tests besides its own row.
const FOR_TESTS: &[&str] = &["tertulia-testkit", "tertulia-doubles"];

/// The core's own tests run on the real engine, behind a double that fails on command: the test kit, which could offer
/// it, stands on the core.
const CORE_IN_TESTS: (&str, &str) = ("tertulia-core", "tertulia-store-sqlite");

/// What a row allows.
enum May {
    Use(&'static [&'static str]),
    /// Every library but these.
    UseAllBut(&'static [&'static str]),
}

impl May {
    fn allows(&self, on: &str) -> bool {
        match self {
            Self::Use(crates) => crates.contains(&on),
            Self::UseAllBut(crates) => !crates.contains(&on) && !PROGRAMS.contains(&on),
        }
    }
}

impl fmt::Display for May {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Use([]) => write!(f, "no crate of the workspace"),
            Self::Use(crates) => write!(f, "{}", crates.join(", ")),
            Self::UseAllBut(crates) => write!(f, "libraries other than {}", [crates, PROGRAMS].concat().join(", ")),
        }
    }
}

/// One line of a crate's dependency table.
#[derive(Clone, Debug)]
pub(super) struct Dependency {
    /// The package that depends.
    pub(super) from: String,
    /// The package it depends on, by its real name.
    pub(super) on: String,
    pub(super) kind: DependencyKind,
    /// The manifest that says so, relative to the root.
    pub(super) manifest: String,
}

impl Dependency {
    /// All of the workspace, of every kind and target.
    pub(super) fn all(metadata: &Metadata) -> Vec<Self> {
        let mut all = Vec::new();
        for package in &metadata.packages {
            let manifest =
                package.manifest_path.strip_prefix(&metadata.workspace_root).unwrap_or(&package.manifest_path);
            all.extend(package.dependencies.iter().map(|dependency| Self {
                from: package.name.to_string(),
                on: dependency.name.clone(),
                kind: dependency.kind,
                manifest: manifest.as_str().replace('\\', "/"),
            }));
        }
        all
    }

    pub(super) fn is_for_tests(&self) -> bool {
        self.kind == DependencyKind::Development
    }

    /// A finding at the line that names the dependency.
    pub(super) fn finding(&self, tree: &Tree, advice: &str) -> Finding {
        let line = tree.get(&self.manifest).and_then(|manifest| {
            manifest
                .lines()
                .find(|(_, line)| line.starts_with(&self.on) && !is_name(line.as_bytes().get(self.on.len())))
        });
        Finding::new(&self.manifest, line.map_or(1, |(number, _)| number), advice)
    }
}

/// Reports every arrow that the table does not have.
pub(super) fn check(dependencies: &[Dependency], tree: &Tree) -> Vec<Finding> {
    dependencies.iter().filter(|dependency| is_ours(&dependency.on)).filter_map(|arrow| broken(arrow, tree)).collect()
}

fn broken(arrow: &Dependency, tree: &Tree) -> Option<Finding> {
    let Dependency { from, on, .. } = arrow;
    let Some((_, may)) = ROWS.iter().find(|(name, _)| name == from) else {
        let advice = format!("{from} has no row in the table of arrows: add one to {}", file!());
        return Some(arrow.finding(tree, &advice));
    };
    let test_crate = from != "tertulia-model" && FOR_TESTS.contains(&on.as_str());
    let for_tests = arrow.is_for_tests() && (test_crate || (from.as_str(), on.as_str()) == CORE_IN_TESTS);
    // A crate's tests may use the crate itself, with other features.
    if may.allows(on) || for_tests || (arrow.is_for_tests() && from == on) {
        return None;
    }
    Some(arrow.finding(tree, &format!("{from} may not depend on {on}: the arrows allow {may}")))
}

fn is_ours(name: &str) -> bool {
    name == "tertulia" || name == "xtask" || name.starts_with("tertulia-")
}

/// Whether a crate's name could go on with this byte.
fn is_name(byte: Option<&u8>) -> bool {
    byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
pub(super) fn example(from: &str, on: &str, kind: DependencyKind) -> Dependency {
    Dependency { from: from.to_owned(), on: on.to_owned(), kind, manifest: "crates/x/Cargo.toml".to_owned() }
}

#[cfg(test)]
mod tests {
    use cargo_metadata::DependencyKind::{Development, Normal};

    use super::{super::finding::shown, *};

    fn findings(from: &str, on: &str, kind: DependencyKind) -> Vec<String> {
        let manifest = format!("[dependencies]\n{on}-more.workspace = true\n{on}.workspace = true\n");
        shown(&check(&[example(from, on, kind)], &Tree::of(&[("crates/x/Cargo.toml", &manifest)])))
    }

    #[test]
    fn a_surface_may_not_see_a_store() {
        assert_eq!(
            findings("tertulia-chatr", "tertulia-store", Normal),
            ["crates/x/Cargo.toml:3: tertulia-chatr may not depend on tertulia-store: \
              the arrows allow tertulia-api, tertulia-edge, tertulia-routes, tertulia-core, tertulia-model"]
        );
    }

    #[test]
    fn a_surface_may_not_see_another() {
        assert_eq!(findings("tertulia-site", "tertulia-chatr", Normal).len(), 1);
        assert_eq!(findings("tertulia-rooms", "tertulia-chatr", Normal).len(), 1);
        assert_eq!(findings("tertulia-api", "tertulia-chatr", Normal).len(), 1);
        assert_eq!(findings("tertulia-site", "tertulia-api", Normal).len(), 1);
        assert!(findings("tertulia-rooms", "tertulia-api", Normal).is_empty());
    }

    #[test]
    fn tests_may_use_the_test_kit_but_the_models_may_not() {
        assert!(findings("tertulia-chatr", "tertulia-testkit", Development).is_empty());
        assert_eq!(findings("tertulia-chatr", "tertulia-testkit", Normal).len(), 1);
        assert_eq!(findings("tertulia-model", "tertulia-testkit", Development).len(), 1);
    }

    #[test]
    fn the_core_has_the_engine_in_its_tests_alone() {
        assert!(findings("tertulia-core", "tertulia-store-sqlite", Development).is_empty());
        assert_eq!(findings("tertulia-core", "tertulia-store-sqlite", Normal).len(), 1);
        assert_eq!(findings("tertulia-edge", "tertulia-store-sqlite", Development).len(), 1);
    }

    #[test]
    fn only_host_and_test_kit_name_the_engine() {
        let naming = ROWS.iter().filter(|(_, may)| may.allows("tertulia-store-sqlite"));

        assert!(naming.map(|(name, _)| *name).eq(["tertulia-host", "tertulia-testkit"]));
    }

    #[test]
    fn nobody_depends_on_a_program() {
        assert_eq!(findings("tertulia-host", "tertulia", Normal).len(), 1);
        assert_eq!(findings("tertulia-testkit", "xtask", Normal).len(), 1);
        assert!(findings("tertulia-host", "tertulia-store-sqlite", Normal).is_empty());
    }

    #[test]
    fn a_crate_without_a_row_is_a_finding() {
        assert!(findings("tertulia-new", "tertulia-core", Normal)[0].contains("no row in the table"));
    }
}

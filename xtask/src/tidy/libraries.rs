//! Which crates may use which library: a database driver, an HTTP client or a serializer belongs to one layer.

use super::{arrows::Dependency, finding::Finding, tree::Tree};

/// Libraries, and the crates that they belong to.
struct Rule {
    libraries: &'static [&'static str],
    holds: Scope,
    /// Whether tests are exempt.
    free_in_tests: bool,
    reason: &'static str,
}

enum Scope {
    /// These crates and no other.
    Only(&'static [&'static str]),
    /// Every crate but these.
    Never(&'static [&'static str]),
}

const RULES: &[Rule] = &[
    Rule {
        libraries: &["sqlx", "rusqlite", "libsqlite3-sys"],
        holds: Scope::Only(&["tertulia-store-sqlite"]),
        free_in_tests: false,
        reason: "SQL stands in the engine's crate",
    },
    Rule {
        libraries: &["reqwest"],
        // Objects go to the one server that the operator names, which may well have a private address.
        holds: Scope::Only(&[
            "tertulia-outgoing",
            "tertulia-objects",
            "tertulia",
            "tertulia-testkit",
            "tertulia-tests",
        ]),
        free_in_tests: true,
        reason: "the hub's requests leave through tertulia-outgoing, which guards addresses and sizes",
    },
    Rule {
        libraries: &["axum", "hyper", "hyper-util", "tower", "http", "http-body", "http-body-util"],
        holds: Scope::Never(&["tertulia-model", "tertulia-store", "tertulia-store-sqlite", "tertulia-core"]),
        free_in_tests: false,
        reason: "HTTP is the surfaces' business",
    },
    Rule {
        libraries: &["serde", "serde_json", "tokio", "tokio-util", "futures-util", "async-trait"],
        holds: Scope::Never(&["tertulia-model"]),
        free_in_tests: false,
        reason: "the model is pure: not serializable, not asynchronous",
    },
];

/// Reports every library in a crate that it does not belong to.
pub(super) fn check(dependencies: &[Dependency], tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for dependency in dependencies {
        for rule in RULES.iter().filter(|rule| rule.is_broken_by(dependency)) {
            let Dependency { from, on, .. } = dependency;
            findings.push(dependency.finding(tree, &format!("{from} may not depend on {on}: {}", rule.reason)));
        }
    }
    findings
}

impl Rule {
    fn is_broken_by(&self, dependency: &Dependency) -> bool {
        let crate_name = dependency.from.as_str();
        let outside = match self.holds {
            Scope::Only(crates) => !crates.contains(&crate_name),
            Scope::Never(crates) => crates.contains(&crate_name),
        };
        let exempt = self.free_in_tests && dependency.is_for_tests();
        outside && !exempt && self.libraries.contains(&dependency.on.as_str())
    }
}

#[cfg(test)]
mod tests {
    use cargo_metadata::DependencyKind::{self, Development, Normal};

    use super::{
        super::{arrows::example, finding::shown},
        *,
    };

    fn findings(from: &str, on: &str, kind: DependencyKind) -> Vec<String> {
        shown(&check(&[example(from, on, kind)], &Tree::of(&[])))
    }

    #[test]
    fn a_database_driver_in_the_core_is_a_finding() {
        assert_eq!(
            findings("tertulia-core", "sqlx", Normal),
            ["crates/x/Cargo.toml:1: tertulia-core may not depend on sqlx: SQL stands in the engine's crate"]
        );
        assert_eq!(findings("tertulia-core", "sqlx", Development).len(), 1);
        assert!(findings("tertulia-store-sqlite", "sqlx", Normal).is_empty());
    }

    #[test]
    fn only_tests_go_round_the_guarded_client() {
        assert_eq!(findings("tertulia-moltbook", "reqwest", Normal).len(), 1);
        assert!(findings("tertulia-moltbook", "reqwest", Development).is_empty());
    }

    #[test]
    fn the_core_knows_no_http_and_the_model_no_serializer() {
        assert_eq!(findings("tertulia-core", "hyper", Normal).len(), 1);
        assert!(findings("tertulia-edge", "hyper", Normal).is_empty());
        assert_eq!(findings("tertulia-model", "serde", Normal).len(), 1);
    }
}

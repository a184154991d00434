//! Replays every corpus, and checks that each target has all its parts.

use std::{collections::BTreeSet, ffi::OsStr, fs, path::Path};

use tertulia_fuzz::TARGETS;

fn entries(folder: &str) -> Vec<std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut entries: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("the folder can be read to its end").path())
        .collect();
    entries.sort();
    entries
}

fn stems(folder: &str) -> BTreeSet<String> {
    entries(folder).iter().filter_map(|path| path.file_stem().and_then(OsStr::to_str)).map(str::to_owned).collect()
}

#[test]
fn every_corpus_file_passes_its_target() {
    for (name, target) in TARGETS {
        let files = entries(&format!("corpus/{name}"));
        assert!(files.len() >= 10, "{name} has only {} files", files.len());
        for file in files {
            let input = fs::read(&file).unwrap();
            let outcome = std::panic::catch_unwind(|| target(&input));
            assert!(outcome.is_ok(), "{} breaks {name}", file.display());
        }
    }
}

#[test]
fn every_target_takes_every_corpus() {
    for (name, _) in TARGETS {
        for file in entries(&format!("corpus/{name}")) {
            let input = fs::read(&file).unwrap();
            for (_, target) in TARGETS {
                target(&input);
                target(&input[..input.len() / 2]);
            }
        }
    }
}

#[test]
fn every_target_has_a_corpus_and_an_entry_point() {
    let targets: BTreeSet<_> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(stems("corpus"), targets);
    assert_eq!(stems("fuzz_targets"), targets);
    let manifest = include_str!("../Cargo.toml");
    for name in targets {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name} has no [[bin]]");
    }
}

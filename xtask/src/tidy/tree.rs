//! The files that tidy reads: what git tracks, and what it would track once added.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use anyhow::Context;

use crate::process::output;

/// A text file of the tree.
pub(crate) struct SourceFile {
    /// Relative to the root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl SourceFile {
    /// Lines with their numbers, from 1.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }

    pub(super) fn has_extension(&self, wanted: &str) -> bool {
        self.path.rsplit_once('.').is_some_and(|(_, extension)| extension == wanted)
    }
}

/// Every file that git does not ignore; texts are in memory, of other files only the names.
pub(crate) struct Tree {
    texts: Vec<SourceFile>,
    paths: BTreeSet<String>,
}

impl Tree {
    /// Reads the tree at `root`.
    ///
    /// # Errors
    ///
    /// When git cannot list it or a file cannot be read.
    pub(crate) fn read(root: &Path) -> anyhow::Result<Self> {
        let listed = output(Command::new("git").current_dir(root).args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ]))
        .context("tidy reads what git tracks")?;
        let mut tree = Self { texts: Vec::new(), paths: BTreeSet::new() };
        for path in listed.split_terminator('\0') {
            let place = root.join(path);
            // A file deleted but not yet committed is still listed.
            if !place.is_file() {
                continue;
            }
            let bytes = fs::read(&place).with_context(|| format!("cannot read {path}"))?;
            tree.add(path, String::from_utf8(bytes).ok());
        }
        Ok(tree)
    }

    /// A tree of these texts.
    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let mut tree = Self { texts: Vec::new(), paths: BTreeSet::new() };
        for (path, text) in files {
            tree.add(path, Some((*text).to_owned()));
        }
        tree
    }

    /// All text files, by path.
    pub(crate) fn files(&self) -> impl Iterator<Item = &SourceFile> {
        self.texts.iter()
    }

    pub(super) fn with_extension(&self, extension: &str) -> impl Iterator<Item = &SourceFile> {
        self.files().filter(move |file| file.has_extension(extension))
    }

    pub(super) fn get(&self, path: &str) -> Option<&SourceFile> {
        self.texts.iter().find(|file| file.path == path)
    }

    /// Whether there is a file or a folder at `path`.
    pub(super) fn has(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        path.is_empty()
            || self.paths.contains(path)
            || self.paths.range(folder.clone()..).next().is_some_and(|first| first.starts_with(&folder))
    }

    /// Adds a file; `text` is `None` for what is not UTF-8.
    fn add(&mut self, path: &str, text: Option<String>) {
        if let Some(text) = text {
            self.texts.push(SourceFile { path: path.to_owned(), text });
        }
        self.paths.insert(path.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_has_its_files_and_their_folders() {
        let tree = Tree::of(&[("docs/wire/a.md", ""), ("docs-old.md", "")]);

        assert!(tree.has("docs/wire/a.md"));
        assert!(tree.has("docs/wire") && tree.has("docs/"));
        assert!(!tree.has("doc") && !tree.has("docs/wire/a"));
    }
}

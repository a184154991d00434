//! The workspace xtask works on: where it is, where it builds, and which packages it has.

use std::path::{Path, PathBuf};

use anyhow::Context;
use cargo_metadata::{Metadata, MetadataCommand};

/// What `cargo metadata` says about the workspace around the current directory.
pub(crate) struct Workspace {
    metadata: Metadata,
}

impl Workspace {
    /// Asks cargo, without resolving dependencies; needs no network.
    ///
    /// # Errors
    ///
    /// When there is no workspace here or one of its manifests cannot be read.
    pub(crate) fn load() -> anyhow::Result<Self> {
        let metadata = MetadataCommand::new().no_deps().exec().context("cannot read the workspace's manifests")?;
        Ok(Self { metadata })
    }

    pub(crate) fn root(&self) -> &Path {
        self.metadata.workspace_root.as_std_path()
    }

    /// The build directory.
    pub(crate) fn target(&self) -> &Path {
        self.metadata.target_directory.as_std_path()
    }

    /// Where a build leaves `program` (`profile` is `debug` or `release`).
    pub(crate) fn binary(&self, profile: &str, program: &str) -> PathBuf {
        self.target().join(profile).join(format!("{program}{}", std::env::consts::EXE_SUFFIX))
    }

    pub(crate) fn metadata(&self) -> &Metadata {
        &self.metadata
    }
}

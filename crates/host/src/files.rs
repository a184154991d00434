//! Where files lie: in a directory of ours, or in a bucket.

use std::path::{Path, PathBuf};

use tertulia_agentchat::Files;
use tertulia_core::Ids;
use tertulia_images::Studio;
use tertulia_objects::{Bucket, BucketError, Objects, Seal, SecretKey};
use tokio_util::task::TaskTracker;

use crate::{
    config::FilesConfig,
    data_dir::{DataDir, DataDirError},
};

/// The directory of files in the data directory.
pub(crate) const DIRECTORY: &str = "files";

/// The file with what addresses of files are signed with.
const SEAL_FILE: &str = "files.secret";

/// Pictures that are made at once, and that wait for it.
const PICTURES_MADE: usize = 2;
const PICTURES_WAITING: usize = 16;

/// Why files cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// The directory cannot be made or used.
    #[error("`files.directory` cannot be used: {}", directory.display())]
    Directory {
        /// Which one.
        directory: PathBuf,
        /// Why.
        source: tertulia_objects::Error,
    },
    /// A setting is missing that `files.s3_endpoint` needs.
    #[error("`files.s3_endpoint` needs `{0}`")]
    Missing(&'static str),
    /// The bucket's settings cannot be used.
    #[error("the bucket in the section [files] cannot be used")]
    Bucket(#[from] BucketError),
    /// The secret cannot be read or written.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
}

/// Opens them. Pictures are made on tasks of `tasks`.
pub(crate) fn open(
    config: &FilesConfig,
    data_dir: &DataDir,
    ids: &dyn Ids,
    tasks: &TaskTracker,
) -> Result<Files, FilesError> {
    let objects = match bucket(config)? {
        Some(bucket) => Objects::in_bucket(&bucket)?,
        None => {
            let directory = directory(config, data_dir.path());
            Objects::on_disk(&directory).map_err(|source| FilesError::Directory { directory, source })?
        }
    };
    let mut secret = [0; 32];
    let kept = data_dir.secret(SEAL_FILE, ids)?;
    let length = kept.len().min(secret.len());
    secret[..length].copy_from_slice(&kept[..length]);
    Ok(Files::new(objects, Seal::new(&secret), Studio::new(tasks.clone(), PICTURES_MADE, PICTURES_WAITING)))
}

/// The directory in which files lie.
pub(crate) fn directory(config: &FilesConfig, data_dir: &Path) -> PathBuf {
    config.directory.clone().unwrap_or_else(|| data_dir.join(DIRECTORY))
}

/// The bucket that is configured; nothing if none is.
pub(crate) fn bucket(config: &FilesConfig) -> Result<Option<Bucket>, FilesError> {
    let Some(endpoint) = config.s3_endpoint.clone() else { return Ok(None) };
    let needed = |setting: &Option<String>, name| setting.clone().ok_or(FilesError::Missing(name));
    let secret_key = config.s3_secret_key.as_ref().ok_or(FilesError::Missing("files.s3_secret_key"))?;
    Ok(Some(Bucket {
        endpoint,
        region: config.s3_region.clone(),
        name: needed(&config.s3_bucket, "files.s3_bucket")?,
        access_key: needed(&config.s3_access_key, "files.s3_access_key")?,
        secret_key: SecretKey::new(secret_key.reveal()),
        virtual_hosted: config.s3_virtual_hosted,
        insecure_http: config.s3_allow_http,
    }))
}

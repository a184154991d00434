//! The section of files.

use std::{num::NonZeroU64, path::PathBuf};

use serde::{Deserialize, Serialize};
use tertulia_core::FileRules;
use url::Url;

use super::{
    secret::Secret,
    units::{Period, Size},
};

/// `[files]`: attachments and pictures, beside the database. With `s3_endpoint` they are in a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilesConfig {
    /// Where they lie. Default `files` in the data directory.
    pub directory: Option<PathBuf>,
    /// Files that one agent announces in a day. Default 200; 0 refuses all.
    pub uploads_per_day: u32,
    /// Bytes of all of them together. Default `1GiB`.
    pub bytes_per_day: Size,
    /// How long a file is kept to which no message refers, at least 2h. Default `1d`.
    pub unsent_kept: Period,
    /// A server that speaks S3, as a URL. Default none.
    pub s3_endpoint: Option<Url>,
    /// Its region. Default `us-east-1`.
    pub s3_region: String,
    /// The bucket. Needed with `s3_endpoint`.
    pub s3_bucket: Option<String>,
    /// Public part of the key. Needed with `s3_endpoint`.
    pub s3_access_key: Option<String>,
    /// Secret part of the key. Needed with `s3_endpoint`.
    pub s3_secret_key: Option<Secret>,
    /// Whether the bucket's name is part of the host's name, instead of the path's beginning. Default no.
    pub s3_virtual_hosted: bool,
    /// Whether plain `http` is spoken with other machines. Default no.
    pub s3_allow_http: bool,
}

impl FilesConfig {
    /// What holds for files, whatever they are for.
    pub(crate) fn rules(&self) -> FileRules {
        FileRules {
            uploads_per_day: self.uploads_per_day,
            bytes_per_day: self.bytes_per_day.0.get(),
            // An upload that is still allowed is not swept.
            unsent_kept: self.unsent_kept.0.max(tertulia_agentchat::UPLOAD_FOR),
        }
    }
}

impl Default for FilesConfig {
    fn default() -> Self {
        let rules = FileRules::default();
        Self {
            directory: None,
            uploads_per_day: rules.uploads_per_day,
            bytes_per_day: Size(NonZeroU64::new(rules.bytes_per_day).expect("a gibibyte is not zero")),
            unsent_kept: Period(rules.unsent_kept),
            s3_endpoint: None,
            s3_region: "us-east-1".to_owned(),
            s3_bucket: None,
            s3_access_key: None,
            s3_secret_key: None,
            s3_virtual_hosted: false,
            s3_allow_http: false,
        }
    }
}

//! Scripts, styles and pictures, built into the binary.
//!
//! All of them stand in one folder whose name changes with any of them, so that they can be kept for ever and a page
//! never mixes the files of two builds. Under another folder name, such as that of an older page, the current file is
//! given and has to be asked for again.

use std::fmt::Write as _;

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};
use tertulia_edge::Refusal;

use crate::Site;

const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const DRAWING: &str = "image/svg+xml";

macro_rules! embedded {
    ($($name:literal: $media_type:ident),* $(,)?) => {
        [$(($name, $media_type, include_bytes!(concat!("../assets/", $name)).as_slice())),*]
    };
}

const FILES: [(&str, &str, &[u8]); 30] = embedded! {
    "site.css": STYLE,
    "conversation.css": STYLE,
    "rooms.css": STYLE,
    "servers.css": STYLE,
    "docs.css": STYLE,
    "theme.js": SCRIPT,
    "lobby.js": SCRIPT,
    "room.js": SCRIPT,
    "rooms.js": SCRIPT,
    "again.js": SCRIPT,
    "arrivals.js": SCRIPT,
    "channel.js": SCRIPT,
    "clock.js": SCRIPT,
    "countdown.js": SCRIPT,
    "counts.js": SCRIPT,
    "docs.js": SCRIPT,
    "faces.js": SCRIPT,
    "feed.js": SCRIPT,
    "log.js": SCRIPT,
    "members.js": SCRIPT,
    "moments.js": SCRIPT,
    "notice.js": SCRIPT,
    "over.js": SCRIPT,
    "people.js": SCRIPT,
    "renewal.js": SCRIPT,
    "shown.js": SCRIPT,
    "sources.js": SCRIPT,
    "stamps.js": SCRIPT,
    "stream.js": SCRIPT,
    "favicon.svg": DRAWING,
};

/// A file, ready to be sent.
#[derive(Debug)]
struct Asset {
    name: &'static str,
    media_type: &'static str,
    bytes: &'static [u8],
    tag: HeaderValue,
}

/// All files, and the version that they make together.
#[derive(Debug)]
pub(crate) struct Assets {
    files: Vec<Asset>,
    version: String,
}

impl Assets {
    pub(crate) fn embedded() -> Self {
        let files = FILES.map(|(name, media_type, bytes)| {
            let tag = format!("\"{}\"", digest(Sha256::new().chain_update(bytes)));
            let tag = HeaderValue::try_from(tag).expect("hexadecimal digits fit into a header");
            Asset { name, media_type, bytes, tag }
        });
        let all = FILES.iter().fold(Sha256::new(), |all, (name, _, bytes)| all.chain_update(name).chain_update(bytes));
        Self { files: files.into(), version: digest(all) }
    }

    /// The path of the folder that they stand in.
    pub(crate) fn folder(&self) -> String {
        format!("/assets/{}", self.version)
    }

    fn answer(&self, name: &str, caching: &'static str, headers: &HeaderMap) -> Result<Response, Refusal> {
        let file = self.files.iter().find(|file| file.name == name).ok_or(Refusal::NotFound)?;
        let about = [
            (header::ETAG, file.tag.clone()),
            (header::CACHE_CONTROL, HeaderValue::from_static(caching)),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        ];
        if is_known(headers, &file.tag) {
            return Ok((StatusCode::NOT_MODIFIED, about).into_response());
        }
        let media_type = [(header::CONTENT_TYPE, HeaderValue::from_static(file.media_type))];
        Ok((about, media_type, file.bytes).into_response())
    }
}

pub(crate) async fn asset(
    State(site): State<Site>,
    Path((version, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let is_current = version == site.assets().version;
    let caching = if is_current { "public, max-age=31536000, immutable" } else { "no-cache" };
    site.assets().answer(&file, caching, &headers)
}

/// For whoever asks without having read the page.
pub(crate) async fn favicon(State(site): State<Site>, headers: HeaderMap) -> Result<Response, Refusal> {
    site.assets().answer("favicon.svg", "public, max-age=86400", &headers)
}

fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let tag = tag.to_str().unwrap_or_default();
    known
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}

fn digest(hash: Sha256) -> String {
    hash.finalize().iter().take(8).fold(String::with_capacity(16), |mut text, byte| {
        // Writing into a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

//! What agents read before they use this surface: five documents with this hub's address and its live limits, and the
//! hash by which a client notices that one of them has changed.
//!
//! They are rendered once, at start, so that what is served and what is hashed are the same bytes.

use std::{fmt::Write as _, sync::Arc};

use askama::Template;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderValue, header};
use serde_json::json;
use sha2::{Digest, Sha256};
use tertulia_edge::Refusal;
use tertulia_routes::{Routes, routes};

use crate::{
    MoltChats,
    figures::{DocumentedLimits, Sizes, TierRow, Times, TrustFigures},
};

/// Edition of the documents, with the change log in `templates/skill.md`. Whoever changes what they say raises it, and
/// says there what a reader has to do.
const EDITION: &str = "1.0.0";

/// What the documents are filled with.
#[derive(Clone, Debug)]
pub struct DocumentOptions {
    /// The hub's name.
    pub name: String,
    /// Where the hub is reached from outside, without a slash at the end.
    pub public_url: String,
    /// The limits that hold here.
    pub limits: DocumentedLimits,
}

/// The documents, as they are served. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Documents(Arc<Rendered>);

#[derive(Debug)]
struct Rendered {
    /// File names and texts, in the order in which they are hashed.
    files: [(&'static str, Bytes); 5],
    hash: String,
}

#[derive(Template)]
#[template(path = "skill.md")]
struct Skill<'a> {
    hub: &'a Facts<'a>,
}

#[derive(Template)]
#[template(path = "heartbeat.md")]
struct Heartbeat<'a> {
    hub: &'a Facts<'a>,
}

#[derive(Template)]
#[template(path = "messaging.md")]
struct Messaging<'a> {
    hub: &'a Facts<'a>,
}

#[derive(Template)]
#[template(path = "rules.md")]
struct Rules<'a> {
    hub: &'a Facts<'a>,
}

#[derive(Template)]
#[template(path = "trust.md")]
struct Trust<'a> {
    hub: &'a Facts<'a>,
}

/// What every document is filled with.
struct Facts<'a> {
    name: &'a str,
    version: &'static str,
    url: &'a str,
    /// The same with the scheme of a WebSocket.
    socket: String,
    /// Front matter for programs: one line of JSON.
    metadata: String,
    limits: &'a DocumentedLimits,
    tiers: [TierRow; 5],
    sizes: Sizes,
    times: Times,
    trust: TrustFigures,
}

impl Documents {
    /// The documents of the hub that `options` tell of.
    #[must_use]
    pub fn new(options: &DocumentOptions) -> Self {
        let facts = Facts::of(options);
        let hub = &facts;
        // wire: moltchats.md#7-documents
        let files = [
            ("skill.md", rendered(&Skill { hub })),
            ("heartbeat.md", rendered(&Heartbeat { hub })),
            ("messaging.md", rendered(&Messaging { hub })),
            ("rules.md", rendered(&Rules { hub })),
            ("trust.md", rendered(&Trust { hub })),
        ];
        let hash = hash_of(files.iter().map(|(_, text)| text));
        Self(Arc::new(Rendered { files, hash }))
    }

    /// What clients compare: it is another one when a document is, and only then.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.0.hash
    }

    fn text(&self, wanted: &str) -> Response {
        let files = self.0.files.iter();
        let text = files.filter(|(file, _)| *file == wanted).map(|(_, text)| text.clone()).next();
        text.map_or_else(|| Refusal::NotFound.into_response(), |text| (headers(), text).into_response())
    }
}

/// What an agent needs to know first: how to register, and every call.
#[utoipa::path(
    get, path = "/skill.md", tag = "moltchats",
    responses((status = 200, description = "Markdown", content_type = "text/markdown", body = String)),
)]
pub(crate) async fn skill(State(moltchats): State<MoltChats>) -> Response {
    moltchats.documents().text("skill.md")
}

/// When to look in, and what to do then.
#[utoipa::path(
    get, path = "/heartbeat.md", tag = "moltchats",
    responses((status = 200, description = "Markdown", content_type = "text/markdown", body = String)),
)]
pub(crate) async fn heartbeat(State(moltchats): State<MoltChats>) -> Response {
    moltchats.documents().text("heartbeat.md")
}

/// How to talk to friends and in channels.
#[utoipa::path(
    get, path = "/messaging.md", tag = "moltchats",
    responses((status = 200, description = "Markdown", content_type = "text/markdown", body = String)),
)]
pub(crate) async fn messaging(State(moltchats): State<MoltChats>) -> Response {
    moltchats.documents().text("messaging.md")
}

/// What is done here, and what is not.
#[utoipa::path(
    get, path = "/rules.md", tag = "moltchats",
    responses((status = 200, description = "Markdown", content_type = "text/markdown", body = String)),
)]
pub(crate) async fn rules(State(moltchats): State<MoltChats>) -> Response {
    moltchats.documents().text("rules.md")
}

/// How trust is won and lost.
#[utoipa::path(
    get, path = "/trust.md", tag = "moltchats",
    responses((status = 200, description = "Markdown", content_type = "text/markdown", body = String)),
)]
pub(crate) async fn trust(State(moltchats): State<MoltChats>) -> Response {
    moltchats.documents().text("trust.md")
}

/// Below the prefixes, all of them.
pub(crate) fn routes() -> Routes<MoltChats> {
    Routes::new()
        .routes(routes!(skill))
        .routes(routes!(heartbeat))
        .routes(routes!(messaging))
        .routes(routes!(rules))
        .routes(routes!(trust))
}

/// The documents that also stand at the root, byte for byte. The root's other two are the hub's own.
// wire: moltchats.md#11-urls-that-must-work
pub(crate) fn at_the_root() -> Router<MoltChats> {
    Router::new().route("/messaging.md", get(messaging)).route("/rules.md", get(rules)).route("/trust.md", get(trust))
}

impl<'a> Facts<'a> {
    fn of(options: &'a DocumentOptions) -> Self {
        let DocumentOptions { name, public_url: url, limits } = options;
        let socket = url.strip_prefix("http").map_or_else(|| url.clone(), |rest| format!("ws{rest}"));
        let metadata = json!({ "api_base": format!("{url}/api/v1"), "ws_base": format!("{socket}/ws") });
        Self {
            name,
            version: EDITION,
            url,
            socket,
            metadata: metadata.to_string(),
            limits,
            tiers: limits.rows(),
            sizes: Sizes::default(),
            times: Times::default(),
            trust: TrustFigures::default(),
        }
    }
}

fn rendered(document: &impl Template) -> Bytes {
    let mut text = document.render().expect("only values that can be written are filled in");
    // Templates lose their last line break.
    text.push('\n');
    text.into()
}

// wire: moltchats.md#7-documents
fn hash_of<'a>(texts: impl Iterator<Item = &'a Bytes>) -> String {
    let digest = texts.fold(Sha256::new(), Digest::chain_update).finalize();
    digest.iter().take(8).fold(String::with_capacity(16), |mut hex, byte| {
        // Writing into a String does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn headers() -> [(http::HeaderName, HeaderValue); 2] {
    [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/markdown; charset=utf-8")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ]
}

#[cfg(test)]
mod tests {
    use tertulia_core::{Limit, Rules};

    use super::*;

    fn options() -> DocumentOptions {
        let limits = DocumentedLimits::of(&Rules::default(), &crate::DEFAULT_LIMITS, crate::FRAMES_PER_CONNECTION);
        let public_url = "https://chat.example".to_owned();
        DocumentOptions { name: "tertulia".to_owned(), public_url, limits }
    }

    fn text(documents: &Documents, file: &str) -> String {
        let (_, text) = documents.0.files.iter().find(|(name, _)| *name == file).unwrap();
        String::from_utf8(text.to_vec()).unwrap()
    }

    #[test]
    fn equal_hubs_have_equal_hashes() {
        let hash = Documents::new(&options()).hash().to_owned();
        assert_eq!(hash, Documents::new(&options()).hash());
        assert!(hash.len() == 16 && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{hash}");
    }

    #[test]
    fn the_hash_is_over_all_five_in_their_order() {
        let documents = Documents::new(&options());
        let all = ["skill.md", "heartbeat.md", "messaging.md", "rules.md", "trust.md"];
        let all: String = all.iter().map(|file| text(&documents, file)).collect();
        assert_eq!(hash_of([Bytes::from(all)].iter()), documents.hash());
    }

    #[test]
    fn whatever_a_document_says_differently_is_another_hash() {
        let before = Documents::new(&options()).hash().to_owned();
        let mut moved = options();
        moved.public_url = "https://elsewhere.example".to_owned();
        let mut stricter = options();
        stricter.limits.quarantined.requests = Limit::per_secs(1, 60);
        for changed in [moved, stricter] {
            assert_ne!(Documents::new(&changed).hash(), before);
        }
    }

    #[test]
    fn the_socket_has_the_scheme_that_goes_with_the_address() {
        let mut plain = options();
        assert!(text(&Documents::new(&plain), "skill.md").contains(r#""ws_base":"wss://chat.example/ws""#));
        plain.public_url = "http://127.0.0.1:7600".to_owned();
        assert!(text(&Documents::new(&plain), "skill.md").contains(r#""ws_base":"ws://127.0.0.1:7600/ws""#));
    }
}

//! What every page has: its frame, its headers, and how it answers when something cannot be read.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use tertulia_core::Error;
use tertulia_edge::{Refusal, RequestHead, weight_of};

use crate::{Site, documents::is_language};

/// A page loads scripts, styles, pictures and answers from this hub, and nothing from anywhere else. Nothing inline
/// runs, and no text becomes markup by a script.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
     trusted-types 'none'",
);

/// The part of the site that a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Lobby,
    Rooms,
    Servers,
    Docs,
    /// None that a link leads to from everywhere.
    Elsewhere,
}

/// A link that every page has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    section: Section,
    pub(crate) path: &'static str,
    pub(crate) words: &'static str,
}

const LINKS: [Link; 4] = [
    Link { section: Section::Lobby, path: "/global", words: "Lobby" },
    Link { section: Section::Rooms, path: "/rooms", words: "Rooms" },
    Link { section: Section::Servers, path: "/servers", words: "Servers" },
    Link { section: Section::Docs, path: "/docs", words: "For agents" },
];

/// What the frame around a page says.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// The hub's name, as the pages write it.
    pub(crate) hub: String,
    pub(crate) version: &'static str,
    /// Where this build's scripts and styles are.
    pub(crate) assets: String,
    /// The hub's time, by which scripts count.
    pub(crate) now: String,
    pub(crate) links: [Link; 4],
    section: Section,
}

impl Frame {
    pub(crate) fn of(site: &Site, section: Section) -> Self {
        let options = site.options();
        Self {
            hub: titled(&options.name),
            version: options.version,
            assets: site.assets().folder(),
            now: site.chat().clock().now().to_string(),
            links: LINKS,
            section,
        }
    }

    /// Whether a link leads to where the reader is.
    pub(crate) fn is_at(&self, link: &Link) -> bool {
        self.section == link.section
    }
}

/// A hub's name begins a sentence: `tertulia` is written `Tertulia`.
fn titled(name: &str) -> String {
    let mut rest = name.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

/// Whether the client names `text/html`; `*/*` is said by everybody and names nothing.
pub(crate) fn wants_page(head: &RequestHead) -> bool {
    head.accept().is_some_and(|accept| weight_of(accept, |range| range.eq_ignore_ascii_case("text/html")) > 0.0)
}

/// Whether the client would rather read Chinese than English.
pub(crate) fn prefers_chinese(head: &RequestHead) -> bool {
    let Some(accepted) = head.accept_language() else { return false };
    let weight = |language: &'static str| weight_of(accepted, |tag| is_language(tag, language));
    weight("zh") > weight("en")
}

/// A page as an answer.
pub(crate) fn respond(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => (status, headers(), html).into_response(),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a page could not be rendered");
            Refusal::Internal.into_response()
        }
    }
}

fn headers() -> [(HeaderName, HeaderValue); 6] {
    [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    ]
}

/// What a reader is told when the core refuses. The site only reads, so most refusals cannot happen here.
pub(crate) fn refusal(error: &Error) -> Refusal {
    match error {
        Error::NotFound(_) => Refusal::NotFound,
        Error::Stopping => Refusal::ShuttingDown,
        Error::Store(_)
        | Error::BadName(_)
        | Error::NameReserved
        | Error::NameTaken
        | Error::BadAvatar(_)
        | Error::BadText(_)
        | Error::LinkNotAllowed
        | Error::Unauthenticated
        | Error::TokenExpired
        | Error::TokenRevoked
        | Error::ObserverToken
        | Error::EmailTaken
        | Error::WrongLogin
        | Error::ChallengeExpired
        | Error::BadSignature
        | Error::BadPublicKey(_)
        | Error::Suspended
        | Error::Quarantined
        | Error::Restricted
        | Error::PausedByOwner
        | Error::TierTooLow
        | Error::AlreadyVouched
        | Error::AlreadyFlagged
        | Error::UnknownAgent(_)
        | Error::NotInvited
        | Error::NotParticipant
        | Error::NotMember
        | Error::NotOneOfTwo
        | Error::Barred(_)
        | Error::Dismissed(_)
        | Error::Blocked
        | Error::Oneself
        | Error::AlreadyFriends
        | Error::RequestExists
        | Error::NotFriends
        | Error::OwnMessage
        | Error::Reach(_)
        | Error::Content(_)
        | Error::Group(_)
        | Error::Protected(_)
        | Error::Code(_)
        | Error::Email(_)
        | Error::Idempotency(_)
        | Error::NotCreator
        | Error::RoomFull
        | Error::TooManyConnections(_)
        | Error::UnknownKeyKind
        | Error::BadWebhookUrl(_)
        | Error::NoWebhook
        | Error::SystemTopic
        | Error::TooManyWebhooks(_)
        | Error::ObjectsUnavailable
        | Error::Throttled(_)
        | Error::Unverified(_) => {
            tracing::error!(error = error as &dyn std::error::Error, "a page could not be read");
            Refusal::Internal
        }
    }
}

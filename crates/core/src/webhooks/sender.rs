//! How bytes leave the hub: what the core asks of the host.

use std::{fmt::Debug, sync::Arc, time::Duration};

use async_trait::async_trait;

/// Why a URL cannot be an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadWebhookUrl {
    /// Longer than [`BadWebhookUrl::MOST_UNITS`].
    #[error("has more than {} characters", Self::MOST_UNITS)]
    TooLong,
    /// Not an absolute URL.
    #[error("is not an absolute URL")]
    NotAUrl,
    /// A scheme that the hub does not speak, or may not.
    #[error("must begin with https://")]
    Scheme,
    /// It carries a user name or a password.
    #[error("must not carry a user name or a password")]
    Credentials,
    /// Port 0.
    #[error("has a port that cannot be called")]
    Port,
    /// An address that is not public.
    #[error("must lead to a public address")]
    NotPublic,
}

impl BadWebhookUrl {
    /// Longest URL, in UTF-16 code units.
    pub const MOST_UNITS: usize = 2_048;
}

/// One attempt.
#[derive(Clone)]
pub struct WebhookRequest {
    /// Where to.
    pub url: Arc<str>,
    /// Headers besides those of every request with a JSON body.
    pub headers: Vec<(&'static str, String)>,
    /// A JSON object.
    pub body: Vec<u8>,
    /// How long all of it may take.
    pub timeout: Duration,
}

/// Shows neither URL nor body: both may hold what is not ours to show.
impl Debug for WebhookRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookRequest").field("body_bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// Why there is no answer. These words are for the operator: whoever owns the endpoint is told only that it cannot be
/// reached, since the difference would let it look around in the hub's network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// The URL, or the address to which it leads, may not be called.
    #[error("the address may not be called")]
    Refused,
    /// No connection, no security, or no whole answer.
    #[error("the server cannot be reached")]
    Unreachable,
    /// It took too long.
    #[error("no answer in time")]
    TimedOut,
    /// The hub itself has too much to send. Nothing was tried.
    #[error("too much is being sent")]
    Busy,
}

/// Sends. Redirects are not followed, only addresses are called that the operator allows, the answer's body is not read,
/// and nothing is sent that is not in the request.
#[async_trait]
pub trait WebhookSender: Debug + Send + Sync + 'static {
    /// Whether the URL may be called, as far as it can be told without asking anybody.
    ///
    /// # Errors
    ///
    /// The rule that it breaks.
    fn check(&self, url: &str) -> Result<(), BadWebhookUrl>;

    /// As [`WebhookSender::check`], and whether its name leads where the hub may call. A name that leads nowhere now may be
    /// taken: it is looked up again whenever something is sent.
    ///
    /// # Errors
    ///
    /// The rule that it breaks.
    async fn look_up(&self, url: &str) -> Result<(), BadWebhookUrl>;

    /// Sends with `POST`; the answer's status.
    async fn post(&self, request: WebhookRequest) -> Result<u16, NotSent>;
}

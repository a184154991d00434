//! How a surface spells what an agent is told through webhooks, and how patiently it is told.

use std::{borrow::Cow, fmt::Debug, time::Duration};

use ring::hmac;
use tertulia_model::{Timestamp, WebhookTopic};

use super::{Breaker, WebhookNotice};
use crate::hex::hex;

/// What goes over the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebhookBytes {
    /// Headers besides those of every request with a JSON body: lower-case names, visible ASCII values.
    pub headers: Vec<(&'static str, String)>,
    /// A JSON object.
    pub body: Vec<u8>,
}

/// When an agent is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Whenever something happens.
    Always,
    /// Only while no open connection tells it what concerns it, and at most as often in an hour as it wants to be woken.
    /// What happens besides is not told later.
    WhileAway,
}

/// What a format's notices are about, how patiently they are sent, and to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manner {
    /// What it has words for.
    pub topics: &'static [WebhookTopic],
    /// What an agent is told of that has not said of what.
    pub default_topics: &'static [WebhookTopic],
    /// When an agent is told.
    pub when: When,
    /// How long to wait after the first failed attempt, the second, and so on: there is one attempt more than waits.
    pub waits: Cow<'static, [Duration]>,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// When an endpoint rests, if any does.
    pub breaker: Option<Breaker>,
}

/// What a surface registers, so that agents can be told through webhooks in its words. An answer with any status 2xx is
/// a success; redirects are not followed.
pub trait WebhookFormat: Debug + Send + Sync + 'static {
    /// Under which name its endpoints are kept; never changes.
    fn name(&self) -> &'static str;

    /// How patiently its notices are sent, and to whom.
    fn manner(&self) -> &Manner;

    /// The bytes of a notice, made anew for every attempt; nothing if it has no words for it.
    fn spell(&self, notice: &WebhookNotice, seal: &WebhookSeal<'_>) -> Option<WebhookBytes>;
}

/// What proves to a receiver that bytes are the hub's, and when they were sent.
#[derive(Clone, Copy)]
pub struct WebhookSeal<'a> {
    secret: &'a str,
    at: Timestamp,
}

impl<'a> WebhookSeal<'a> {
    /// A seal with the text of an endpoint's secret, at the moment of an attempt.
    #[must_use]
    pub const fn new(secret: &'a str, at: Timestamp) -> Self {
        Self { secret, at }
    }

    /// The moment of the attempt.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// `t=<unix seconds>,v1=<hex>`, where the second is the HMAC-SHA256 of the first, a dot and the body.
    // rule: webhook signature
    #[must_use]
    pub fn signature(&self, body: &[u8]) -> String {
        let t = self.at.as_secs().to_string();
        let v1 = self.hmac(&[t.as_bytes(), b".", body]);
        format!("t={t},v1={v1}")
    }

    /// The HMAC-SHA256 of the body alone, in hex: it says nothing about the moment.
    #[must_use]
    pub fn plain_signature(&self, body: &[u8]) -> String {
        self.hmac(&[body])
    }

    fn hmac(&self, parts: &[&[u8]]) -> String {
        let mut signed = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, self.secret.as_bytes()));
        for part in parts {
            signed.update(part);
        }
        hex(signed.sign().as_ref())
    }
}

impl Debug for WebhookSeal<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookSeal").field("at", &self.at).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key is the text of the secret; the vector was made with another implementation of HMAC.
    #[test]
    fn a_signature_covers_the_moment_and_the_exact_body() {
        let seal = WebhookSeal::new("00ff", Timestamp::from_micros(1_700_000_000_999_999));
        let expected = "t=1700000000,v1=1f7490d975df04252436d7ffef6e58594fcec784245c66fab230c0d4b97ee555";
        assert_eq!(seal.signature(br#"{"event":"test"}"#), expected);
        assert_ne!(seal.signature(br#"{"event":"test" }"#), expected);
        assert_eq!(format!("{seal:?}").matches("00ff").count(), 0);
    }
}

//! How webhooks leave the hub: through the one way out, to public addresses only unless the operator says otherwise.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use axum::http::{HeaderName, HeaderValue};
use tertulia_core::{BadWebhookUrl, Clock, NotSent, WebhookRequest, WebhookSender};
use tertulia_outgoing::{Error, Outgoing, Policy, Request, Target, TargetError};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// How long an agent that names a URL waits for where its name leads. It is looked up again whenever something is sent.
const LONGEST_LOOK_UP: Duration = Duration::from_secs(3);

/// Requests that run at once: a little more than there are deliveries under way, for those that are tried out.
const MOST_AT_ONCE: usize = 72;

/// Sends webhooks. An answer is known by its status alone: its body is not read, redirects are not followed.
#[derive(Debug)]
pub(crate) struct Sender {
    outgoing: Outgoing,
    clock: Arc<dyn Clock>,
}

impl Sender {
    pub(crate) fn new(policy: Policy, clock: Arc<dyn Clock>) -> Self {
        Self { outgoing: Outgoing::new(Policy { running: MOST_AT_ONCE, ..policy }), clock }
    }
}

#[async_trait]
impl WebhookSender for Sender {
    fn check(&self, url: &str) -> Result<(), BadWebhookUrl> {
        self.outgoing.target(url).map(drop).map_err(bad_url)
    }

    async fn look_up(&self, url: &str) -> Result<(), BadWebhookUrl> {
        let target = self.outgoing.target(url).map_err(bad_url)?;
        self.outgoing.look_up(&target, self.clock.sleep(LONGEST_LOOK_UP)).await.map_err(bad_url)
    }

    async fn post(&self, request: WebhookRequest) -> Result<u16, NotSent> {
        // What the operator allows may have changed since the URL was taken.
        let target = self.outgoing.target(&request.url).map_err(|_| NotSent::Refused)?;
        let deadline = self.clock.sleep(request.timeout);
        let answer = self.outgoing.send(built(target, request), deadline).await;
        answer.map(|answer| answer.status.as_u16()).map_err(|error| not_sent(&error))
    }
}

const fn bad_url(problem: TargetError) -> BadWebhookUrl {
    match problem {
        TargetError::NotAUrl => BadWebhookUrl::NotAUrl,
        TargetError::Scheme => BadWebhookUrl::Scheme,
        TargetError::Credentials => BadWebhookUrl::Credentials,
        TargetError::Port => BadWebhookUrl::Port,
        TargetError::Address => BadWebhookUrl::NotPublic,
    }
}

fn built(target: Target, WebhookRequest { headers, body, .. }: WebhookRequest) -> Request {
    let request = Request::post(target).body(JSON, body).without_answer();
    headers.into_iter().fold(request, |request, (name, value)| match HeaderValue::try_from(value) {
        Ok(value) => request.header(HeaderName::from_static(name), value),
        Err(_) => request,
    })
}

fn not_sent(error: &Error) -> NotSent {
    match error {
        Error::Target(_) | Error::AddressRefused | Error::RedirectRefused(_) => NotSent::Refused,
        Error::Busy => NotSent::Busy,
        Error::TimedOut => NotSent::TimedOut,
        Error::NameUnknown
        | Error::Connect { .. }
        | Error::Tls(_)
        | Error::Interrupted
        | Error::TooLarge { .. }
        | Error::TooManyRedirects { .. }
        | Error::Setup => NotSent::Unreachable,
    }
}

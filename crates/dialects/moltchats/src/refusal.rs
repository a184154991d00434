//! What edge refuses, in the error envelope; and what every answer says about limits.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tertulia_edge::{Refusal, Renderer, RequestHead, has_quota, insert_quota};

use crate::{Code, MoltChats, failure::Failure};

/// Says refusals in the error envelope.
#[derive(Clone, Debug)]
pub(crate) struct Envelope(pub(crate) MoltChats);

/// The same where the gateway stands. Nobody reads there what is left of a limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AtGateway;

impl Renderer for AtGateway {
    fn render(&self, refusal: &Refusal, _: &RequestHead) -> Response {
        worded(refusal).into_response()
    }
}

impl Renderer for Envelope {
    fn render(&self, refusal: &Refusal, _: &RequestHead) -> Response {
        worded(refusal).into_response()
    }

    // wire: moltchats.md#17-rate-limit-headers
    fn complete(&self, head: &RequestHead, response: &mut Response) {
        if has_quota(response.headers()) {
            return;
        }
        let of_address = || self.0.chat().requests_left(self.0.surface(), head.client().key());
        if let Some(quota) = head.quota().or_else(of_address) {
            insert_quota(response.headers_mut(), &quota);
        }
    }
}

// wire: moltchats.md#15-error-envelope
fn worded(refusal: &Refusal) -> Failure {
    let failure = |code| Failure::new(code, refusal.sentence());
    match refusal {
        // A known path with an unknown method is as unknown as any other.
        Refusal::NotFound | Refusal::MethodNotAllowed => failure(Code::NotFound),
        Refusal::BodyTooLarge { limit } => {
            let message = format!("The request body is too large: at most {limit} bytes are read here.");
            Failure::new(Code::PayloadTooLarge, message)
        }
        Refusal::Throttled(throttle) => Failure::throttled(throttle),
        Refusal::BodyTimeout | Refusal::BrokenBody | Refusal::UpgradeRequired | Refusal::BadHandshake => {
            failure(Code::ValidationError).with_status(refusal.status())
        }
        Refusal::Misdirected | Refusal::ForeignOrigin => failure(Code::Forbidden).with_status(refusal.status()),
        Refusal::ShuttingDown => {
            failure(Code::InternalError).with_status(StatusCode::SERVICE_UNAVAILABLE).retry_after(RESTART)
        }
        Refusal::Internal => failure(Code::InternalError),
    }
}

/// How long a restart takes, as a client is told.
const RESTART: std::time::Duration = std::time::Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_a_code_and_an_unknown_method_is_not_found() {
        let said = |refusal: Refusal| worded(&refusal).into_response().status().as_u16();
        assert_eq!(said(Refusal::NotFound), 404);
        assert_eq!(said(Refusal::MethodNotAllowed), 404);
        assert_eq!(said(Refusal::BodyTooLarge { limit: 1 }), 413);
        assert_eq!(said(Refusal::BodyTimeout), 408);
        assert_eq!(said(Refusal::Misdirected), 421);
        assert_eq!(said(Refusal::ShuttingDown), 503);
        assert_eq!(said(Refusal::Internal), 500);
    }
}

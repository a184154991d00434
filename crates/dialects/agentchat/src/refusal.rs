//! What edge refuses, in the error envelope.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tertulia_edge::{Refusal, Renderer, RequestHead};

use crate::{Code, failure::Failure};

/// How long a restart takes, as a client is told.
pub(crate) const RESTART: std::time::Duration = std::time::Duration::from_secs(1);

/// Says refusals in the error envelope.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Envelope;

impl Renderer for Envelope {
    fn render(&self, refusal: &Refusal, _: &RequestHead) -> Response {
        worded(refusal).into_response()
    }
}

/// The response, its refusal in words if it is one: for who needs the whole answer before edge has it.
pub(crate) fn in_words(response: Response) -> Response {
    match Refusal::of(&response) {
        Some(refusal) => worded(refusal).into_response(),
        None => response,
    }
}

// wire: agentchat.md#16-error-envelope
fn worded(refusal: &Refusal) -> Failure {
    let failure = |code| Failure::new(code, refusal.sentence());
    match refusal {
        // A known path with an unknown method is as unknown as any other.
        Refusal::NotFound | Refusal::MethodNotAllowed => Failure::new(Code::NotFound, "Not found"),
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
        Refusal::Internal => Failure::new(Code::InternalError, "An unexpected error occurred"),
    }
}

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

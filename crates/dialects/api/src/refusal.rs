//! What edge refuses, in the error envelope; and how many requests an address may make.

use axum::response::{IntoResponse, Response};
use serde_json::json;
use tertulia_core::{Error, Quota};
use tertulia_edge::{Admission, Refusal, Renderer, RequestHead};

use crate::{Api, Failure};

/// Says refusals in the error envelope.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Envelope;

impl Renderer for Envelope {
    fn render(&self, refusal: &Refusal, _: &RequestHead) -> Response {
        let failure = |code| Failure::new(refusal.status(), code, refusal.sentence());
        let failure = match refusal {
            Refusal::NotFound => failure("NOT_FOUND"),
            Refusal::MethodNotAllowed => failure("METHOD_NOT_ALLOWED"),
            Refusal::BodyTooLarge { limit } => {
                let error = format!("The request body is too large: at most {limit} bytes are read here.");
                let failure = Failure::new(refusal.status(), "PAYLOAD_TOO_LARGE", error);
                failure.with_details(json!({ "maxBytes": limit }))
            }
            Refusal::BodyTimeout => failure("REQUEST_TIMEOUT"),
            Refusal::BrokenBody => failure("INVALID_BODY"),
            Refusal::Throttled(throttle) => Failure::throttled(throttle),
            Refusal::Misdirected => failure("MISDIRECTED_REQUEST"),
            Refusal::ForeignOrigin => failure("FOREIGN_ORIGIN"),
            Refusal::UpgradeRequired => failure("UPGRADE_REQUIRED"),
            Refusal::BadHandshake => failure("INVALID_HANDSHAKE"),
            Refusal::ShuttingDown => failure("SHUTTING_DOWN"),
            Refusal::Internal => failure("INTERNAL_ERROR"),
        };
        failure.into_response()
    }
}

impl Admission for Api {
    // wire: chatr.md#6-rate-limits, rooms.md#3-rules
    fn admit(&self, head: &RequestHead) -> Result<Option<Quota>, Refusal> {
        match self.0.chat.admit(&self.0.anyone, head.client().key()) {
            Ok(quota) => Ok(quota),
            Err(Error::Throttled(throttle)) => Err(Refusal::Throttled(throttle)),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a request could not be counted");
                Ok(None)
            }
        }
    }
}

//! Words for what is refused about e-mail addresses and the codes that are sent there.

use http::StatusCode;
use serde_json::json;
use tertulia_core::{CodeRefused, EmailRefused};
use tertulia_edge::wait_in_words;

use crate::Failure;

pub(crate) fn code_refused(problem: &CodeRefused) -> Failure {
    let bad_code = |code, problem| Failure::bad_field(code, "code", problem);
    match problem {
        CodeRefused::Expired => {
            Failure::bad_field("EXPIRED", "pendingId", "waits for no code, or not any more; start over")
        }
        CodeRefused::Foreign => Failure::bad_field("EXPIRED", "pendingId", "is not yours; start over"),
        CodeRefused::Wrong => bad_code("INVALID_CODE", "is not the code that was sent"),
        CodeRefused::NoAttemptsLeft => {
            let error = "Too many codes have been tried; start over.";
            Failure::new(StatusCode::TOO_MANY_REQUESTS, "OTP_ATTEMPTS_EXHAUSTED", error)
        }
        CodeRefused::Cooldown { wait } => {
            let error = format!("A code was sent a moment ago; wait {} and try again.", wait_in_words(*wait));
            Failure::new(StatusCode::TOO_MANY_REQUESTS, "OTP_COOLDOWN", error).retry_after(*wait)
        }
        CodeRefused::Hourly { wait } => {
            let error =
                format!("Too many codes were sent to this address; wait {} and try again.", wait_in_words(*wait));
            Failure::new(StatusCode::TOO_MANY_REQUESTS, "OTP_HOURLY_CAP", error).retry_after(*wait)
        }
        CodeRefused::MailFailed => unsent("The code could not be sent; try again later."),
        CodeRefused::MailUnavailable => unsent("This hub sends no mail; its operator has to set it up."),
    }
}

fn unsent(error: &str) -> Failure {
    Failure::new(StatusCode::SERVICE_UNAVAILABLE, "OTP_FAILED", error)
}

pub(crate) fn email_refused(problem: &EmailRefused) -> Failure {
    let conflict = |code, error: String| Failure::new(StatusCode::CONFLICT, code, error);
    match problem {
        EmailRefused::Limit { limit } => {
            let error = format!("At most {limit} agents live with one e-mail address.");
            conflict("EMAIL_LIMIT_REACHED", error).with_details(json!({ "limit": limit }))
        }
        EmailRefused::Exhausted { limit } => {
            let error = format!("At most {limit} agents ever have one e-mail address.");
            conflict("EMAIL_EXHAUSTED", error).with_details(json!({ "limit": limit }))
        }
        EmailRefused::Bound => {
            conflict("EMAIL_BOUND", "An e-mail address is bound to this agent already; it stays.".to_owned())
        }
        EmailRefused::NameChoice { .. } | EmailRefused::Missing => {
            Failure::bad_field("INVALID_EMAIL", "email", "does not say which agent is meant")
        }
    }
}

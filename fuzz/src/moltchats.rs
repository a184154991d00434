//! What the MoltChats surface reads: frames of its gateway.

use serde_json::Value;
use tertulia_moltchats::unreadable_code;

/// Codes, and reasons, that a frame is refused with before anything is looked up.
const CODES: [&str; 4] = ["INVALID_JSON", "UNKNOWN_OP", "VALIDATION_ERROR", "RATE_LIMITED"];

/// Frames of a client: what is understood is an object that names an op; whatever is not is refused with one of a few
/// codes, and `INVALID_JSON` means that it is no object.
///
/// # Panics
///
/// When a property is broken.
pub fn gateway_frames(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let code = unreadable_code(text);
    assert!(code.is_none_or(|code| CODES.contains(&code)), "{code:?} for {text}");
    let read = serde_json::from_str::<Value>(text).ok().filter(Value::is_object);
    assert_eq!(read.is_none(), code == Some("INVALID_JSON"), "{text}");
    assert!(code.is_some() || read.is_some_and(|frame| frame["op"].is_string()), "{text} is understood");
}

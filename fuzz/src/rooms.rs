//! What the rooms surface reads: frames of its WebSocket, and the bodies of creations.

use serde_json::Value;
use tertulia_model::{About, RoomName, TimeToLive};
use tertulia_rooms::{read_plan, refusal_of};

/// Codes that a frame is refused with.
const OF_FRAMES: [&str; 3] = ["INVALID_FRAME", "INVALID_CURSOR", "ROOM_NOT_FOUND"];

/// Codes that a creation is refused with before anything is looked up.
const OF_PLANS: [&str; 6] =
    ["INVALID_JSON", "INVALID_NAME", "INVALID_TTL", "INVALID_DESCRIPTION", "INVALID_TYPE", "INVALID_INVITE"];

/// Most bots in one invitation.
const MOST_INVITED: usize = 100;

/// Frames of a client: what is understood is an object with a type, and whatever is not is refused in JSON that names one
/// of a few codes and is not much longer than what was sent.
///
/// # Panics
///
/// When a property is broken.
pub fn room_frames(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some(refusal) = refusal_of(text) else {
        let frame = text.trim();
        return assert!(frame.starts_with('{') && frame.ends_with('}') && frame.contains("type"), "{frame}");
    };
    let said: Value = serde_json::from_str(&refusal).expect("a refusal is JSON");
    assert_eq!(said["type"], "error");
    assert!(OF_FRAMES.iter().any(|code| said["code"] == **code), "{said}");
    assert!(refusal.len() <= 500 + 6 * text.len(), "{} bytes for {}", refusal.len(), text.len());
}

/// Bodies of creations: a plan keeps to every bound, and whatever is none is refused with one of a few codes.
///
/// # Panics
///
/// When a property is broken.
pub fn room_plans(data: &[u8]) {
    let plan = match read_plan(data) {
        Ok(plan) => plan,
        Err(code) => return assert!(OF_PLANS.contains(&code), "{code}"),
    };
    assert_eq!(RoomName::parse(plan.name.as_str()), Ok(plan.name.clone()), "a name is read as it is printed");
    assert!((TimeToLive::SHORTEST..=TimeToLive::LONGEST).contains(&plan.ttl));
    assert!(plan.invited.len() <= MOST_INVITED);
    if let Some(about) = &plan.description {
        assert_eq!(About::parse(about.as_str()), Ok(Some(about.clone())));
    }
}

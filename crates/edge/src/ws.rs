//! WebSocket frames: how those of the hub are spelt, and how those of a client are read (RFC 6455).
//!
//! A wire form writes whole frames with [`put_text`]; several of them, one after the other, are one push. Extensions are
//! never agreed on, so nothing is ever compressed.
//!
//! Nothing here reads a socket or a clock.

pub(crate) mod handshake;
mod reader;

use bytes::{BufMut, Bytes, BytesMut};

pub(crate) use reader::may_be_sent;
pub use reader::{Fault, FrameReader, Received};

/// The bit that says that a frame is its message's last.
const FINAL: u8 = 0x80;

/// Longest payload of a control frame, in bytes.
const MOST_CONTROL_BYTES: usize = 125;

/// What a frame is.
mod opcode {
    pub(super) const CONTINUATION: u8 = 0x0;
    pub(super) const TEXT: u8 = 0x1;
    pub(super) const BINARY: u8 = 0x2;
    pub(super) const CLOSE: u8 = 0x8;
    pub(super) const PING: u8 = 0x9;
    pub(super) const PONG: u8 = 0xA;
}

/// A ping without a payload.
pub(crate) const PING: Bytes = Bytes::from_static(&[FINAL | opcode::PING, 0]);

/// Appends a text message of one frame.
pub fn put_text(out: &mut BytesMut, text: &str) {
    put_frame(out, opcode::TEXT, text.as_bytes());
}

/// A text message of one frame.
#[must_use]
pub fn text(text: &str) -> Bytes {
    let mut out = BytesMut::with_capacity(text.len() + 10);
    put_text(&mut out, text);
    out.freeze()
}

/// Appends a close frame; without a code it is empty.
pub(crate) fn put_close(out: &mut BytesMut, code: Option<u16>, reason: &str) {
    let mut payload = [0; MOST_CONTROL_BYTES];
    let mut length = 0;
    if let Some(code) = code {
        payload[..2].copy_from_slice(&code.to_be_bytes());
        payload[2..2 + reason.len()].copy_from_slice(reason.as_bytes());
        length = 2 + reason.len();
    }
    put_frame(out, opcode::CLOSE, &payload[..length]);
}

/// The answer to a ping.
pub(crate) fn pong(payload: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(2 + payload.len());
    put_frame(&mut out, opcode::PONG, payload);
    out.freeze()
}

fn put_frame(out: &mut BytesMut, opcode: u8, payload: &[u8]) {
    out.reserve(payload.len() + 10);
    out.put_u8(FINAL | opcode);
    match payload.len() {
        short @ 0..=125 => out.put_u8(u8::try_from(short).expect("at most 125")),
        medium @ 126..=0xFFFF => {
            out.put_u8(126);
            out.put_u16(u16::try_from(medium).expect("at most 0xFFFF"));
        }
        long => {
            out.put_u8(127);
            out.put_u64(long as u64);
        }
    }
    out.put_slice(payload);
}

/// Where in `frames`, whole frames of the hub, the frame ends that has begun before `position`; `position` itself when
/// a frame ends there.
pub(crate) fn end_of_frame(frames: &[u8], position: usize) -> usize {
    let mut end = 0;
    while end < position {
        let Some(length) = frame_length(&frames[end..]) else { return frames.len() };
        end = end.saturating_add(length);
    }
    end.min(frames.len())
}

/// Length of the unmasked frame at the beginning of `frames`, its header included.
fn frame_length(frames: &[u8]) -> Option<usize> {
    match *frames.get(1)? {
        126 => Some(4 + usize::from(u16::from_be_bytes(frames.get(2..4)?.try_into().ok()?))),
        127 => usize::try_from(u64::from_be_bytes(frames.get(2..10)?.try_into().ok()?)).ok()?.checked_add(10),
        short => Some(2 + usize::from(short)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths_are_spelt_in_as_few_bytes_as_possible() {
        for (length, header) in [
            (0, vec![0x81, 0]),
            (125, vec![0x81, 125]),
            (126, vec![0x81, 126, 0, 126]),
            (0xFFFF, vec![0x81, 126, 0xFF, 0xFF]),
            (0x1_0000, vec![0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let frame = text(&"x".repeat(length));
            assert_eq!(frame[..header.len()], header);
            assert_eq!(frame.len(), header.len() + length);
        }
    }

    #[test]
    fn a_close_frame_has_a_code_and_a_reason_or_nothing() {
        let mut out = BytesMut::new();
        put_close(&mut out, Some(1013), "slow");
        put_close(&mut out, None, "");
        assert_eq!(out, [&[0x88, 6, 0x03, 0xF5][..], b"slow", &[0x88, 0]].concat());
    }

    proptest! {
        #[test]
        fn a_frame_that_has_begun_ends_where_the_next_begins(
            lengths in prop::collection::vec(prop_oneof![0..300_usize, 65_000..66_000_usize], 1..6),
            position: prop::sample::Index,
        ) {
            let mut frames = BytesMut::new();
            let mut ends = vec![0];
            for length in lengths {
                put_text(&mut frames, &"x".repeat(length));
                ends.push(frames.len());
            }
            let position = position.index(frames.len() + 1);
            let expected = ends.into_iter().find(|end| *end >= position);
            prop_assert_eq!(Some(end_of_frame(&frames, position)), expected);
        }
    }
}

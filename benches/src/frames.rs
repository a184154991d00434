//! As much of a WebSocket (RFC 6455) as a reader needs: the frames of the hub, however they arrive, and the few that a
//! reader sends.

use anyhow::{Result, bail, ensure};

use crate::framing::Said;

const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;
const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;

/// Longest payload whose length stands in a frame's second byte alone.
const MOST_SHORT: usize = 125;

/// How far a connection has been read, behind its handshake.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    /// A frame that is not whole yet; usually nothing.
    pending: Vec<u8>,
}

/// What stands at the beginning of some bytes.
enum Ahead<'a> {
    /// A whole frame, so many bytes long.
    Frame { first: u8, payload: &'a [u8], length: usize },
    /// Nothing that could be understood before there are so many bytes.
    Needs(usize),
}

impl Frames {
    /// As [`crate::framing::Framing::read`].
    pub(crate) fn read(&mut self, mut bytes: &[u8], hear: &mut impl FnMut(Said<'_>) -> Result<()>) -> Result<()> {
        loop {
            let begun = if self.pending.is_empty() { bytes } else { &self.pending };
            match Ahead::of(begun)? {
                Ahead::Frame { first, payload, length } => {
                    hear(said(first, payload)?)?;
                    if self.pending.is_empty() {
                        bytes = &bytes[length..];
                    } else {
                        // Given back with its frame: thousands of readers begin with a long one.
                        self.pending = Vec::new();
                    }
                }
                Ahead::Needs(_) if bytes.is_empty() => return Ok(()),
                Ahead::Needs(length) => {
                    let missing = length - self.pending.len();
                    let (next, rest) = bytes.split_at(missing.min(bytes.len()));
                    self.pending.extend_from_slice(next);
                    bytes = rest;
                }
            }
        }
    }
}

impl<'a> Ahead<'a> {
    fn of(bytes: &'a [u8]) -> Result<Self> {
        let &[first, second, ref rest @ ..] = bytes else { return Ok(Self::Needs(2)) };
        ensure!(second & MASKED == 0, "the hub masks a frame");
        let extended = match second {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let Some(digits) = rest.get(..extended) else { return Ok(Self::Needs(2 + extended)) };
        let payload = if extended == 0 {
            usize::from(second)
        } else {
            digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit))
        };
        let length = 2 + extended + payload;
        let payload = bytes.get(2 + extended..length);
        Ok(payload.map_or(Self::Needs(length), |payload| Self::Frame { first, payload, length }))
    }
}

fn said(first: u8, payload: &[u8]) -> Result<Said<'_>> {
    Ok(match first ^ FINAL {
        TEXT => Said::Event(payload),
        PING => Said::Ping(payload),
        CLOSE => match payload {
            [high, low, reason @ ..] => Said::Farewell(Some(u16::from_be_bytes([*high, *low])), reason),
            _ => Said::Farewell(None, payload),
        },
        _ => bail!("the hub sends a frame that begins with byte {first:#04x}"),
    })
}

/// A text of a client, of at most 65,535 bytes.
pub(crate) fn asked(text: &str) -> Vec<u8> {
    of_client(TEXT, text.as_bytes())
}

/// A client's answer to a ping.
pub(crate) fn pong(payload: &[u8]) -> Vec<u8> {
    of_client(PONG, payload)
}

/// A client's frame must be masked; a mask of zeros leaves the payload as it is.
fn of_client(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![FINAL | opcode];
    match u8::try_from(payload.len()) {
        Ok(short) if payload.len() <= MOST_SHORT => frame.push(MASKED | short),
        _ => {
            frame.push(MASKED | 0x7E);
            frame.extend(u16::try_from(payload.len()).expect("no client of ours says so much").to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend_from_slice(payload);
    frame
}

/// `event` as the hub writes it: a text in one frame.
pub(crate) fn text(event: &str) -> Vec<u8> {
    let mut frame = vec![FINAL | TEXT];
    match event.len() {
        short @ 0..=MOST_SHORT => frame.push(u8::try_from(short).expect("at most 125")),
        medium @ ..=0xFFFF => {
            frame.push(126);
            frame.extend(u16::try_from(medium).expect("at most 0xFFFF").to_be_bytes());
        }
        long => {
            frame.push(127);
            frame.extend(u64::try_from(long).unwrap_or(u64::MAX).to_be_bytes());
        }
    }
    frame.extend_from_slice(event.as_bytes());
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], step: usize) -> Result<Vec<String>> {
        let (mut frames, mut heard) = (Frames::default(), Vec::new());
        for bytes in bytes.chunks(step) {
            frames.read(bytes, &mut |said| {
                heard.push(format!("{said:?}"));
                Ok(())
            })?;
        }
        assert_eq!(frames.pending.capacity(), 0, "in steps of {step}");
        Ok(heard)
    }

    #[test]
    fn frames_are_the_same_however_they_arrive() {
        let texts = [0, 1, 125, 126, 300, 70_000].map(|length| "x".repeat(length));
        let mut wire = texts.iter().flat_map(|event| text(event)).collect::<Vec<_>>();
        let mut expected: Vec<_> = texts.iter().map(|event| format!("{:?}", Said::Event(event.as_bytes()))).collect();
        wire.extend([0x89, 1, b'p', 0x88, 5, 0x03, 0xF5, b'o', b'f', b'f']);
        expected.extend([Said::Ping(b"p"), Said::Farewell(Some(1013), b"off")].map(|said| format!("{said:?}")));
        for step in (1..20).chain([100, 1_000, 70_000, wire.len()]) {
            assert_eq!(read(&wire, step).unwrap(), expected, "in steps of {step}");
        }
    }

    #[test]
    fn what_the_hub_must_not_send_is_an_error() {
        for bytes in [&[0x81, 0x80, 0, 0, 0, 0][..], &[0x01, 0], &[0x82, 0], &[0xC1, 0]] {
            assert!(read(bytes, 1).is_err(), "{bytes:x?}");
        }
    }

    #[test]
    fn a_clients_frames_are_masked() {
        assert_eq!(asked("ab"), [0x81, 0x82, 0, 0, 0, 0, b'a', b'b']);
        assert_eq!(pong(b""), [0x8A, 0x80, 0, 0, 0, 0]);
    }
}

//! Reads the frames of a client, however they come in pieces.
//!
//! A length is believed before a byte of it is kept, fragments count together, and what was read is given back as soon
//! as it is: a connection that is quiet holds no buffer, whatever it sent before.

use bytes::{Buf, Bytes, BytesMut};

use super::{FINAL, MOST_CONTROL_BYTES, opcode};

const RESERVED: u8 = 0x70;
const OPCODE: u8 = 0x0F;
const MASKED: u8 = 0x80;

/// What a whole frame of a client was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// A text message is complete.
    Text(String),
    /// A binary message is complete.
    Binary(Vec<u8>),
    /// A part of a message that goes on.
    Part,
    /// To be answered with a pong of the same payload.
    Ping(Bytes),
    /// The answer to a ping, or a sign of life.
    Pong,
    /// The client closes; with this code, if it says one.
    Close(Option<u16>),
}

/// What a client must not send. Nothing more can be read after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Against the protocol; says how.
    Protocol(&'static str),
    /// A message longer than is taken.
    TooLarge,
    /// A text, or the reason of a close frame, that is not UTF-8.
    NotUtf8,
}

/// The reading end of one connection.
#[derive(Debug)]
pub struct FrameReader {
    /// Longest message, in bytes.
    longest: usize,
    /// What was fed and not read yet: at most what was fed last, and the beginning of a header or a control frame.
    unread: BytesMut,
    /// The message that is coming in.
    message: Vec<u8>,
    kind: Option<Kind>,
    frame: Option<DataFrame>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Binary,
}

/// A data frame whose payload is coming in.
#[derive(Debug)]
struct DataFrame {
    is_final: bool,
    mask: [u8; 4],
    left: usize,
}

/// A frame's header.
struct Header {
    opcode: u8,
    is_final: bool,
    length: u64,
    mask: [u8; 4],
    size: usize,
}

impl FrameReader {
    /// Reads messages of at most `longest` bytes, beginning with `early`.
    #[must_use]
    pub fn new(longest: usize, early: Bytes) -> Self {
        Self { longest, unread: early.into(), message: Vec::new(), kind: None, frame: None }
    }

    /// Takes what came in. To be called when [`FrameReader::next`] has nothing more: so little is ever kept.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.unread.extend_from_slice(bytes);
    }

    /// The next whole frame of what was fed; nothing when more is needed.
    ///
    /// # Errors
    ///
    /// The client's mistake, after which the rest means nothing.
    #[expect(clippy::should_implement_trait, reason = "it goes on after nothing, and not after a fault")]
    pub fn next(&mut self) -> Result<Option<Received>, Fault> {
        let received = self.read_frame();
        if self.unread.is_empty() {
            // The allocation goes, not only what is in it.
            self.unread = BytesMut::new();
        }
        received
    }

    fn read_frame(&mut self) -> Result<Option<Received>, Fault> {
        if self.frame.is_none() {
            let Some(header) = Header::parse(&self.unread)? else { return Ok(None) };
            if header.opcode >= opcode::CLOSE {
                return self.read_control(&header);
            }
            self.begin_data(&header)?;
        }
        self.read_data()
    }

    fn read_control(&mut self, header: &Header) -> Result<Option<Received>, Fault> {
        if !header.is_final {
            return Err(Fault::Protocol("a control frame in fragments"));
        }
        if header.length > MOST_CONTROL_BYTES as u64 {
            return Err(Fault::Protocol("a control frame longer than 125 bytes"));
        }
        let length = usize::try_from(header.length).unwrap_or(MOST_CONTROL_BYTES);
        if self.unread.len() < header.size + length {
            return Ok(None);
        }
        self.unread.advance(header.size);
        let mut payload = self.unread.split_to(length);
        unmask(&mut payload, header.mask);
        match header.opcode {
            opcode::CLOSE => close_code(&payload).map(|code| Some(Received::Close(code))),
            // A copy: the payload would keep the whole of what was fed.
            opcode::PING => Ok(Some(Received::Ping(Bytes::copy_from_slice(&payload)))),
            opcode::PONG => Ok(Some(Received::Pong)),
            _ => Err(Fault::Protocol("an unknown kind of frame")),
        }
    }

    fn begin_data(&mut self, header: &Header) -> Result<(), Fault> {
        let kind = match (header.opcode, self.kind) {
            (opcode::CONTINUATION, Some(kind)) => kind,
            (opcode::CONTINUATION, None) => return Err(Fault::Protocol("a continuation of nothing")),
            (opcode::TEXT | opcode::BINARY, Some(_)) => {
                return Err(Fault::Protocol("a message inside a fragmented one"));
            }
            (opcode::TEXT, None) => Kind::Text,
            (opcode::BINARY, None) => Kind::Binary,
            _ => return Err(Fault::Protocol("an unknown kind of frame")),
        };
        let left = usize::try_from(header.length).map_err(|_| Fault::TooLarge)?;
        if left > self.longest - self.message.len() {
            return Err(Fault::TooLarge);
        }
        self.kind = Some(kind);
        self.frame = Some(DataFrame { is_final: header.is_final, mask: header.mask, left });
        self.unread.advance(header.size);
        Ok(())
    }

    fn read_data(&mut self) -> Result<Option<Received>, Fault> {
        let Some(frame) = &mut self.frame else { return Ok(None) };
        let length = frame.left.min(self.unread.len());
        let begin = self.message.len();
        self.message.extend_from_slice(&self.unread[..length]);
        self.unread.advance(length);
        unmask(&mut self.message[begin..], frame.mask);
        frame.mask.rotate_left(length % 4);
        frame.left -= length;
        if frame.left > 0 {
            return Ok(None);
        }
        let is_final = frame.is_final;
        self.frame = None;
        if !is_final {
            return Ok(Some(Received::Part));
        }
        let message = std::mem::take(&mut self.message);
        match self.kind.take() {
            Some(Kind::Binary) => Ok(Some(Received::Binary(message))),
            _ => String::from_utf8(message).map(|text| Some(Received::Text(text))).map_err(|_| Fault::NotUtf8),
        }
    }
}

impl Header {
    /// The header at the beginning of `bytes`, if all of it is there. What is wrong in its first bytes is said at once.
    fn parse(bytes: &[u8]) -> Result<Option<Self>, Fault> {
        let &[first, second, ref rest @ ..] = bytes else { return Ok(None) };
        if first & RESERVED != 0 {
            return Err(Fault::Protocol("a reserved bit is set, though no extension was agreed on"));
        }
        if second & MASKED == 0 {
            return Err(Fault::Protocol("a frame without a mask"));
        }
        let long = match second & !MASKED {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let (Some(extended), Some(mask)) = (rest.get(..long), rest.get(long..long + 4)) else { return Ok(None) };
        let length = if long == 0 {
            u64::from(second & !MASKED)
        } else {
            extended.iter().fold(0, |length, byte| length << 8 | u64::from(*byte))
        };
        let mask = mask.try_into().expect("four bytes");
        Ok(Some(Self { opcode: first & OPCODE, is_final: first & FINAL != 0, length, mask, size: 2 + long + 4 }))
    }
}

fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    for four in payload.chunks_mut(4) {
        for (byte, key) in four.iter_mut().zip(mask) {
            *byte ^= key;
        }
    }
}

fn close_code(payload: &[u8]) -> Result<Option<u16>, Fault> {
    match payload {
        [] => Ok(None),
        [_] => Err(Fault::Protocol("half a close code")),
        [high, low, reason @ ..] => {
            let code = u16::from_be_bytes([*high, *low]);
            if !may_be_sent(code) {
                return Err(Fault::Protocol("a close code that must not be sent"));
            }
            std::str::from_utf8(reason).map_err(|_| Fault::NotUtf8)?;
            Ok(Some(code))
        }
    }
}

/// Whether a close frame may carry `code`.
pub(crate) const fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

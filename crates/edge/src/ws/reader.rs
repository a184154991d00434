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
    /// How much of it is known to be UTF-8, if it is a text in fragments.
    checked: usize,
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
        Self { longest, unread: early.into(), message: Vec::new(), checked: 0, kind: None, frame: None }
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
            return self.check_text().map(|()| Some(Received::Part));
        }
        self.checked = 0;
        let message = std::mem::take(&mut self.message);
        match self.kind.take() {
            Some(Kind::Binary) => Ok(Some(Received::Binary(message))),
            _ => String::from_utf8(message).map(|text| Some(Received::Text(text))).map_err(|_| Fault::NotUtf8),
        }
    }

    /// A text that goes on is refused as soon as nothing can make it good. Its last character may be incomplete.
    fn check_text(&mut self) -> Result<(), Fault> {
        if self.kind != Some(Kind::Text) {
            return Ok(());
        }
        match std::str::from_utf8(&self.message[self.checked..]) {
            Ok(_) => self.checked = self.message.len(),
            Err(error) if error.error_len().is_none() => self.checked += error.valid_up_to(),
            Err(_) => return Err(Fault::NotUtf8),
        }
        Ok(())
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
            std::str::from_utf8(reason).map_err(|_| Fault::NotUtf8)?;
            match u16::from_be_bytes([*high, *low]) {
                code if may_be_sent(code) => Ok(Some(code)),
                _ => Err(Fault::Protocol("a close code that must not be sent")),
            }
        }
    }
}

/// Whether a close frame may carry `code`.
pub(crate) const fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

#[cfg(test)]
mod tests {
    use std::io::{self, Cursor, Read, Write};

    use proptest::prelude::*;
    use tungstenite::{
        Error, Message,
        protocol::{Role, WebSocketConfig, WebSocketContext},
    };

    use super::*;

    const LONGEST: usize = 300;

    /// A frame of a client, not always a good one.
    fn frame() -> impl Strategy<Value = Vec<u8>> {
        let first = prop_oneof![
            4 => prop::sample::select(vec![0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0x89, 0x8A]),
            1 => any::<u8>(),
        ];
        let payload = prop_oneof![
            "[a-z\u{e9}\u{1f600}]{0,30}".prop_map(String::into_bytes),
            prop::collection::vec(any::<u8>(), 0..130),
            (1000..1014_u16).prop_map(|code| code.to_be_bytes().to_vec()),
        ];
        (first, payload, prop::option::weighted(0.97, any::<[u8; 4]>())).prop_map(|(first, payload, mask)| {
            let (short, extended) = match u8::try_from(payload.len()) {
                Ok(short @ 0..=125) => (short, vec![]),
                _ => (126, u16::try_from(payload.len()).unwrap().to_be_bytes().to_vec()),
            };
            let mut frame = vec![first, short | if mask.is_some() { MASKED } else { 0 }];
            frame.extend(extended);
            frame.extend(mask.iter().flatten());
            let key = mask.unwrap_or_default();
            frame.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
            frame
        })
    }

    fn frames() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(frame(), 0..8).prop_map(|frames| frames.concat())
    }

    /// Everything up to the first close frame or fault, fed in pieces.
    fn read(pieces: &[&[u8]]) -> (Vec<Received>, Option<Fault>) {
        let mut reader = FrameReader::new(LONGEST, Bytes::new());
        let mut all = Vec::new();
        for piece in pieces {
            reader.feed(piece);
            loop {
                match reader.next() {
                    Ok(None) => break,
                    Ok(Some(received)) => {
                        all.push(received);
                        if matches!(all.last(), Some(Received::Close(_))) {
                            return (all, None);
                        }
                    }
                    Err(fault) => return (all, Some(fault)),
                }
            }
            let most = LONGEST.max(piece.len()) + 14 + MOST_CONTROL_BYTES;
            assert!(reader.unread.len() + reader.message.len() <= most, "too much is kept");
        }
        (all, None)
    }

    /// Bytes to read, and nowhere to write.
    struct Wire<'a>(Cursor<&'a [u8]>);

    impl Read for Wire<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(io::ErrorKind::WouldBlock.into()),
                read => Ok(read),
            }
        }
    }

    impl Write for Wire<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The same by somebody else's reader.
    fn read_elsewhere(bytes: &[u8]) -> (Vec<Received>, Option<Fault>) {
        let config = WebSocketConfig::default()
            .max_message_size(Some(LONGEST))
            .max_frame_size(Some(LONGEST))
            .read_buffer_size(64);
        let mut context = WebSocketContext::new(Role::Server, Some(config));
        let mut wire = Wire(Cursor::new(bytes));
        let mut all = Vec::new();
        loop {
            let fault = match context.read(&mut wire) {
                Ok(Message::Text(text)) => Ok(Received::Text(text.to_string())),
                Ok(Message::Binary(bytes)) => Ok(Received::Binary(bytes.to_vec())),
                Ok(Message::Ping(payload)) => Ok(Received::Ping(payload)),
                Ok(Message::Pong(_)) => Ok(Received::Pong),
                // Its way to say that a code must not be sent.
                Ok(Message::Close(Some(frame))) if frame.reason.as_str() == "Protocol violation" => {
                    Err(Fault::Protocol(""))
                }
                Ok(Message::Close(frame)) => {
                    all.push(Received::Close(frame.map(|frame| frame.code.into())));
                    return (all, None);
                }
                Err(Error::Io(_)) => return (all, None),
                Err(Error::Capacity(_)) => Err(Fault::TooLarge),
                Err(Error::Utf8(_)) => Err(Fault::NotUtf8),
                Err(_) | Ok(Message::Frame(_)) => Err(Fault::Protocol("")),
            };
            match fault {
                Ok(received) => all.push(received),
                Err(fault) => return (all, Some(fault)),
            }
        }
    }

    /// Without what the other reader does not tell.
    fn comparable((mut all, fault): (Vec<Received>, Option<Fault>)) -> (Vec<Received>, Option<Fault>) {
        all.retain(|received| *received != Received::Part);
        let fault = fault.map(|fault| match fault {
            Fault::Protocol(_) => Fault::Protocol(""),
            Fault::TooLarge | Fault::NotUtf8 => fault,
        });
        (all, fault)
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(bytes in frames(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6)) {
            let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).chain([0, bytes.len()]).collect();
            cuts.sort_unstable();
            let pieces: Vec<_> = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect();
            prop_assert_eq!(read(&pieces), read(&[&bytes]));
            let single: Vec<_> = bytes.chunks(1).collect();
            prop_assert_eq!(read(&single), read(&[&bytes]));
        }

        #[test]
        fn others_read_the_same(bytes in frames()) {
            let (ours, theirs) = (comparable(read(&[&bytes])), comparable(read_elsewhere(&bytes)));
            prop_assert_eq!(ours, theirs);
        }
    }

    #[test]
    fn a_quiet_connection_holds_no_buffer() {
        let mut reader = FrameReader::new(100_000, Bytes::new());
        let mut frame = vec![0x82, 0xFF];
        frame.extend(100_000_u64.to_be_bytes());
        frame.extend(vec![0; 4 + 100_000]);
        reader.feed(&frame);
        assert!(matches!(reader.next(), Ok(Some(Received::Binary(bytes))) if bytes.len() == 100_000));
        assert_eq!(reader.next(), Ok(None));
        assert_eq!((reader.unread.capacity(), reader.message.capacity()), (0, 0));
    }
}

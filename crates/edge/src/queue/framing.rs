//! How whole events are wrapped on a connection.

use bytes::{BufMut, Bytes, BytesMut};

/// The chunk that ends an HTTP/1.1 body.
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// HTTP/1.1 chunks, written to the socket by us.
    Chunked,
    /// As they are: an ordinary response body, framed by hyper.
    Raw,
    /// As they are: whole WebSocket frames, written to the socket by us.
    WebSocket,
}

impl Framing {
    /// A stream's last events and the mark of its end.
    pub(super) fn end(self, events: &Bytes) -> Bytes {
        match self {
            Self::Chunked => {
                let mut last = BytesMut::with_capacity(events.len() + 16);
                put_chunk(&mut last, events);
                last.put_slice(LAST_CHUNK);
                last.freeze()
            }
            Self::Raw | Self::WebSocket => events.clone(),
        }
    }

    /// A stream's beginning, in pieces: a large one is not copied.
    pub(super) fn beginning(self, events: Bytes) -> Vec<Bytes> {
        match self {
            Self::Chunked => {
                let size = Bytes::from(format!("{:x}\r\n", events.len()));
                vec![size, events, Bytes::from_static(b"\r\n")]
            }
            Self::Raw | Self::WebSocket => vec![events],
        }
    }
}

/// The events as one chunk.
pub(super) fn chunk(events: &Bytes) -> Bytes {
    let mut out = BytesMut::with_capacity(events.len() + 16);
    put_chunk(&mut out, events);
    out.freeze()
}

/// An empty chunk would end the body, so nothing is written for nothing.
fn put_chunk(out: &mut BytesMut, events: &[u8]) {
    if events.is_empty() {
        return;
    }
    out.put_slice(format!("{:x}\r\n", events.len()).as_bytes());
    out.put_slice(events);
    out.put_slice(b"\r\n");
}

//! A reader's connection, cut into what the hub says: the same to its reader, whichever transport it came over.

use anyhow::Result;

use crate::event_stream::EventStream;
use crate::frames::Frames;

/// What the hub says to a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said<'a> {
    /// An event, one line of JSON.
    Event(&'a [u8]),
    /// That it wants to hear this back.
    Ping(&'a [u8]),
    /// That it closes, with this code if it gives one, and why.
    Farewell(Option<u16>, &'a [u8]),
}

/// How far one connection has been read, by its transport.
#[derive(Debug)]
pub(crate) enum Framing {
    /// A response that goes on.
    EventStream(EventStream),
    /// A WebSocket.
    WebSocket(Frames),
}

impl Framing {
    /// Takes the next bytes, wherever they were cut, and gives all that is whole now to `hear`.
    ///
    /// # Errors
    ///
    /// The bytes are not what the transport wants, or `hear` fails.
    pub(crate) fn read(&mut self, bytes: &[u8], hear: &mut impl FnMut(Said<'_>) -> Result<()>) -> Result<()> {
        match self {
            Self::EventStream(stream) => stream.read(bytes, hear),
            Self::WebSocket(frames) => frames.read(bytes, hear),
        }
    }
}

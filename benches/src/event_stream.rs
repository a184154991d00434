//! Server-sent events: the data of each, line by line, however the stream arrives.

use anyhow::Result;
use memchr::memchr;

use crate::chunks::Chunks;
use crate::framing::Said;

/// Stands in front of an event's data, which the hub writes as one line.
const DATA: &[u8] = b"data: ";

/// How far a stream has been read.
#[derive(Debug)]
pub(crate) struct EventStream {
    chunks: Chunks,
    /// A line that is not whole yet; usually nothing.
    pending: Vec<u8>,
}

impl EventStream {
    /// A stream at the beginning of its body.
    pub(crate) fn new(chunked: bool) -> Self {
        Self { chunks: Chunks::new(chunked), pending: Vec::new() }
    }

    /// As [`crate::framing::Framing::read`].
    pub(crate) fn read(&mut self, mut bytes: &[u8], hear: &mut impl FnMut(Said<'_>) -> Result<()>) -> Result<()> {
        while let Some(mut piece) = self.chunks.next(&mut bytes)? {
            while let Some(end) = memchr(b'\n', piece) {
                let line = &piece[..end];
                if self.pending.is_empty() {
                    hear_line(line, hear)?;
                } else {
                    self.pending.extend_from_slice(line);
                    // Given back with its line: thousands of readers begin with a long one.
                    hear_line(&std::mem::take(&mut self.pending), hear)?;
                }
                piece = &piece[end + 1..];
            }
            self.pending.extend_from_slice(piece);
        }
        Ok(())
    }
}

fn hear_line(line: &[u8], hear: &mut impl FnMut(Said<'_>) -> Result<()>) -> Result<()> {
    line.strip_prefix(DATA).map_or(Ok(()), |data| hear(Said::Event(data)))
}

/// `event` as the hub writes it: a chunk with one event in it.
pub(crate) fn chunk(event: &str) -> Vec<u8> {
    let text = format!("data: {event}\n\n");
    format!("{:x}\r\n{text}\r\n", text.len()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_the_same_however_the_stream_is_cut() {
        let wire =
            [chunk("one"), b"e\r\nretry: 2000\n\n\n\r\n".to_vec(), b"13\r\nid: 1\ndata: two\n\n:\n\r\n".to_vec()];
        let wire = wire.concat();
        for step in 1..=wire.len() {
            let (mut stream, mut heard) = (EventStream::new(true), Vec::new());
            for bytes in wire.chunks(step) {
                let hear = &mut |said: Said<'_>| {
                    heard.push(format!("{said:?}"));
                    Ok(())
                };
                stream.read(bytes, hear).unwrap();
            }
            let expected = [Said::Event(b"one"), Said::Event(b"two")].map(|said| format!("{said:?}"));
            assert_eq!(heard, expected, "in steps of {step}");
            assert_eq!(stream.pending.capacity(), 0, "in steps of {step}");
        }
    }
}
